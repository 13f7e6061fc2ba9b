import type { Facts, ResourceFact } from '../facts';
import { compareKafkaVersions } from '../msk-data';
import type { Problem } from '../rule';
import { INSTANCE_TYPE } from './cluster-facts';

export const CONNECTIVITY = 'BrokerNodeGroupInfo.ConnectivityInfo';
export const VPC_CONNECTIVITY = `${CONNECTIVITY}.VpcConnectivity.ClientAuthentication`;

/** Where a cluster says that it lets clients in by a scheme of `AWS::MSK::VpcConnection`. */
export const SCHEMES: Record<string, string> = {
  SASL_IAM: 'Sasl.Iam.Enabled',
  SASL_SCRAM: 'Sasl.Scram.Enabled',
  TLS: 'Tls.Enabled',
};

/** What this package sets of a cluster once it is there, because Amazon MSK refuses it at creation. */
const CLUSTER_SETTINGS = 'Custom::MskClusterSettings';

/** A setting that a cluster gets after its creation; undefined where it gets none. */
export function lateSetting(
  cluster: ResourceFact,
  facts: Facts,
  name: 'NetworkType' | 'PublicAccess' | 'VpcConnectivity',
): unknown {
  const [settings] = facts.pointingAt(cluster, CLUSTER_SETTINGS, 'ClusterArn');
  return settings?.read(`Settings.${name}`);
}

/** Whether other VPCs can reach a cluster by a scheme, as far as is known: from its creation on, or afterwards. */
export function isConnected(cluster: ResourceFact, scheme: string, facts: Facts): boolean {
  const later = lateSetting(cluster, facts, 'VpcConnectivity');
  return (Array.isArray(later) && later.includes(scheme)) || !cluster.off(`${VPC_CONNECTIVITY}.${SCHEMES[scheme]}`);
}

/** The version of a cluster where it is known to be older than another. */
export function olderThan(cluster: ResourceFact, version: string): string | undefined {
  const own = cluster.text('KafkaVersion');
  const isOlder = own !== undefined && /^\d+\.\d+/.test(own) && compareKafkaVersions(own, version) < 0;
  return isOlder ? own : undefined;
}

/** What keeps a provisioned cluster from being connected to. */
export function connectionProblems(cluster: ResourceFact, path: string): Problem[] {
  if (cluster.text(INSTANCE_TYPE) === 'kafka.t3.small') {
    const message = `${cluster.logicalId} has brokers of kafka.t3.small, which take no connections`;
    return [{ path, message, fix: 'use larger brokers' }];
  }
  const version = olderThan(cluster, '2.7.1');
  return version === undefined
    ? []
    : [{ path, message: `Kafka ${version} takes no connections`, fix: 'use 2.7.1 or later' }];
}
