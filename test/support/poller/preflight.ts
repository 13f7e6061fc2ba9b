import type { Resolve, Template, TestKafka } from '../kafka';
import { resourcesOf } from '../kafka';
import type { SimulatedRole } from '../iam';
import type { Mapping } from './mapping';
import { KAFKA_DESTINATION } from './mapping';
import { obstacles } from './network';

interface Needed {
  readonly action: string;
  readonly resource: string;
}

/**
 * Has no resource in the published list of actions, so the simulator asks for `*`; deployments in the field name the
 * cluster, and so do we.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonmanagedstreamingforapachekafka.html
 */
export const ON_ARN_IN_THE_FIELD = 'kafka:GetBootstrapBrokers';

/**
 * What Lambda does with the role of the function, apart from reading.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure-destination.html
 */
export function pollerActions({ eventSourceArn, destination, provisioned }: Mapping): Needed[] {
  return [
    { action: 'kafka:DescribeClusterV2', resource: eventSourceArn },
    { action: ON_ARN_IN_THE_FIELD, resource: eventSourceArn },
    ...[
      'CreateNetworkInterface',
      'DeleteNetworkInterface',
      'DescribeNetworkInterfaces',
      'DescribeSecurityGroups',
      'DescribeSubnets',
      'DescribeVpcs',
    ].map((name) => ({ action: `ec2:${name}`, resource: '*' })),
    ...(provisioned?.schemas?.uri.startsWith('arn:') ? registryActions(provisioned.schemas.uri) : []),
    // Rights on a topic of the cluster are the brokers' to refuse.
    ...(destination === undefined || destination.startsWith(KAFKA_DESTINATION) ? [] : deliveryActions(destination)),
  ];
}

/**
 * What Lambda does with the role of a function in a VPC when the function is made.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 */
export const INTERFACE_ACTIONS: readonly Needed[] = [
  'AssignPrivateIpAddresses',
  'CreateNetworkInterface',
  'DeleteNetworkInterface',
  'DescribeNetworkInterfaces',
  'DescribeSubnets',
  'UnassignPrivateIpAddresses',
].map((name) => ({ action: `ec2:${name}`, resource: '*' }));

/** The rights that a role lacks. */
export async function refused(needed: readonly Needed[], role: SimulatedRole): Promise<string[]> {
  const found: string[] = [];
  for (const { action, resource } of needed) {
    const allowed =
      action === ON_ARN_IN_THE_FIELD
        ? names(role, action, resource)
        : (await role.decide(action, resource)) === 'Allowed';
    if (!allowed) {
      found.push(`the role may not ${action} on ${resource}`);
    }
  }
  return found;
}

/** What would put a mapping into an error: rights that the role lacks, ways that are closed. */
export async function problems(
  mapping: Mapping,
  role: SimulatedRole,
  place: { readonly template: Template; readonly resolve: Resolve; readonly kafka: TestKafka },
): Promise<string[]> {
  const { template, resolve, kafka } = place;
  const found: string[] = [];
  if (!mapping.enabled) {
    found.push('the mapping is not enabled');
  }
  if (mapping.eventSourceArn !== kafka.clusterArn) {
    found.push(`the event source is ${mapping.eventSourceArn}, the cluster is ${kafka.clusterArn}`);
  }
  found.push(...(await refused(pollerActions(mapping), role)));
  // Pollers carry the groups of the cluster: https://docs.aws.amazon.com/lambda/latest/dg/with-msk-cluster-network.html
  const groups = brokerGroups(template, resolve);
  return [...found, ...obstacles(template, resolve, { from: groups, to: groups, port: portOf(kafka) })];
}

export function brokerGroups(template: Template, resolve: Resolve): string[] {
  const [[, { Type, Properties }]] = resourcesOf(template, 'AWS::MSK::Cluster', 'AWS::MSK::ServerlessCluster');
  const { SecurityGroups } = Type === 'AWS::MSK::Cluster' ? Properties!.BrokerNodeGroupInfo : Properties!.VpcConfigs[0];
  return resolve(SecurityGroups);
}

/** Of IAM clients. */
export function portOf(kafka: TestKafka): number {
  return Number(kafka.bootstrap.iam.split(',')[0].split(':')[1]);
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/services-consume-kafka-events.html */
function registryActions(registryArn: string): Needed[] {
  return [
    { action: 'glue:GetRegistry', resource: registryArn },
    { action: 'glue:GetSchemaVersion', resource: `${registryArn.replace(':registry/', ':schema/')}/orders` },
  ];
}

function deliveryActions(destination: string): Needed[] {
  switch (destination.split(':')[2]) {
    case 'sqs':
      return [{ action: 'sqs:SendMessage', resource: destination }];
    case 'sns':
      return [{ action: 'sns:Publish', resource: destination }];
    case 's3':
      return [
        { action: 's3:PutObject', resource: `${destination}/failure` },
        { action: 's3:ListBucket', resource: destination },
      ];
    default:
      throw new Error(`a destination such as ${destination} cannot be played`);
  }
}

function names(role: SimulatedRole, action: string, resource: string): boolean {
  return role.statements.some(
    ({ Effect, Action, Resource }) =>
      Effect === 'Allow' && [Action].flat().includes(action) && [Resource].flat().includes(resource),
  );
}
