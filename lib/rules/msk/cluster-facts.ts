import type { Facts, ResourceFact } from '../facts';

export const CLUSTER = 'AWS::MSK::Cluster';
export const SERVERLESS_CLUSTER = 'AWS::MSK::ServerlessCluster';
export const CONFIGURATION = 'AWS::MSK::Configuration';
export const TOPIC = 'AWS::MSK::Topic';
/** A topic that an admin handler of this package makes, with the same properties. */
export const ADMINISTERED_TOPIC = 'Custom::MskTopic';
export const CLUSTER_POLICY = 'AWS::MSK::ClusterPolicy';

export const SUBNETS = 'BrokerNodeGroupInfo.ClientSubnets';
export const INSTANCE_TYPE = 'BrokerNodeGroupInfo.InstanceType';
export const STORAGE = 'BrokerNodeGroupInfo.StorageInfo.EBSStorageInfo';

/** A page of the developer guide. */
export function mskGuide(page: string): string {
  return `https://docs.aws.amazon.com/msk/latest/developerguide/${page}.html`;
}

/** A page of the CloudFormation template reference. */
export function templateReference(page: string): string {
  return `https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/${page}.html`;
}

/** Which kind of brokers a provisioned cluster has; undefined where its size is unknown or no broker size at all. */
export function brokerClass(cluster: ResourceFact): 'STANDARD' | 'EXPRESS' | undefined {
  const size = cluster.type === CLUSTER ? cluster.text(INSTANCE_TYPE) : undefined;
  return size?.startsWith('express.') ? 'EXPRESS' : size?.startsWith('kafka.') ? 'STANDARD' : undefined;
}

/** Whether a cluster runs in KRaft mode; undefined where its version is unknown. */
export function isKraft(cluster: ResourceFact): boolean | undefined {
  return cluster.text('KafkaVersion')?.endsWith('.kraft');
}

/** Whether a standard cluster keeps old records outside its brokers; undefined where that is unknown. */
export function isTiered(cluster: ResourceFact): boolean | undefined {
  const mode = cluster.text('StorageMode');
  return cluster.absent('StorageMode') ? false : mode === undefined ? undefined : mode === 'TIERED';
}

/** What the CDK writes before it has looked up a VPC: two subnets that say nothing about the real ones. */
const PLACEHOLDER = /^"?([sp]-(12345|67890)|dummy1[a-c])"?$/;

/** What tells the subnets of a list apart; undefined where their number is unknown. */
export function subnetsOf(resource: ResourceFact, path: string): (string | undefined)[] | undefined {
  const subnets = resource.identities(path);
  return subnets?.some((subnet) => PLACEHOLDER.test(subnet ?? '')) ? undefined : subnets;
}

/**
 * What tells the Availability Zones of subnets apart; undefined for a subnet of unknown zone.
 *
 * @param given the zones as a construct knows them
 */
export function subnetZones(resource: ResourceFact, path: string, given: unknown): (string | undefined)[] {
  const zones: (string | undefined)[] = Array.isArray(given)
    ? given.map((zone) => (typeof zone === 'string' ? zone : undefined))
    : (resource.targets(path) ?? []).map((subnet) => subnet?.identity('AvailabilityZone'));
  return zones.map((zone) => (PLACEHOLDER.test(zone ?? '') ? undefined : zone));
}

/** Members of a list that repeat an earlier one; unknown members repeat nothing. */
export function repeated(values: readonly (string | undefined)[]): string[] {
  return values.filter((value, i): value is string => value !== undefined && values.indexOf(value) < i);
}

/** The provisioned clusters that use a configuration. */
export function clustersUsing(configuration: ResourceFact, facts: Facts): ResourceFact[] {
  return facts.pointingAt(configuration, CLUSTER, 'ConfigurationInfo.Arn');
}

/** Server properties as Kafka reads them; undefined where the text is unknown. */
export function serverProperties(configuration: ResourceFact): Map<string, string> | undefined {
  const text = configuration.text('ServerProperties');
  const lines = text?.split(/\r?\n/).map((line) => line.trim());
  return lines && new Map(lines.filter((line) => /^[^#!=]+=/.test(line)).map(property));
}

function property(line: string): [string, string] {
  const at = line.indexOf('=');
  return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
}

/** How many replicas a record has and needs by default; a member is undefined where unknown. */
export interface ReplicationFacts {
  readonly replicationFactor: number | undefined;
  readonly minInSyncReplicas: number | undefined;
}

/** @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-default-configuration.html */
export function replicationOf(cluster: ResourceFact, properties: Map<string, string> | undefined): ReplicationFacts {
  const zones = subnetsOf(cluster, SUBNETS)?.length;
  const own = (name: string, defaults: Record<number, number>): number | undefined => {
    const value = properties?.get(name);
    return properties === undefined ? undefined : value !== undefined ? integer(value) : defaults[zones ?? 0];
  };
  return {
    replicationFactor: own('default.replication.factor', { 2: 2, 3: 3 }),
    minInSyncReplicas: own('min.insync.replicas', { 2: 1, 3: 2 }),
  };
}

export function integer(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}
