import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct, IDependable } from 'constructs';
import type { IMskCluster } from '../cluster';
import { validationError } from '../private/errors';

/**
 * Lets clients reach the brokers on one port, by rules of the clients' stack.
 *
 * @returns the rules, to depend on
 */
export function openWay(
  scope: Construct,
  clients: ec2.ISecurityGroup[],
  cluster: IMskCluster,
  portNumber: number,
): IDependable[] {
  const brokers = requireSecurityGroups(scope, cluster);
  const port = ec2.Port.tcp(portNumber);
  for (const group of clients) {
    for (const broker of brokers) {
      broker.addIngressRule(group, port, undefined, true);
      if (!group.allowAllOutbound) {
        group.addEgressRule(broker, port);
      }
    }
  }
  const groups = [...clients, ...brokers];
  const ids = groups.map(({ securityGroupId }) => securityGroupId);
  return groups
    .flatMap((group) => group.node.children)
    .filter(
      (child) =>
        (child instanceof ec2.CfnSecurityGroupIngress && ids.includes(child.sourceSecurityGroupId ?? '')) ||
        (child instanceof ec2.CfnSecurityGroupEgress && ids.includes(child.destinationSecurityGroupId ?? '')),
    );
}

/** The groups of a cluster, which a client opens from its side. */
export function requireSecurityGroups(scope: Construct, cluster: IMskCluster): ec2.ISecurityGroup[] {
  return requireKnown(scope, cluster, 'securityGroups', nonEmpty(cluster.connections.securityGroups));
}

/** What has to be known of a cluster, or an error that names the attribute to give. */
export function requireKnown<T>(scope: Construct, cluster: IMskCluster, attribute: string, value: T | undefined): T {
  if (value === undefined) {
    throw validationError(
      'ClusterAttributeUnknown',
      `\`${attribute}\` of the cluster '${cluster.node.path}' is unknown: give it to MskCluster.fromClusterAttributes()`,
      scope,
    );
  }
  return value;
}

function nonEmpty<T>(list: T[]): T[] | undefined {
  return list.length ? list : undefined;
}

/** The groups that were given, else one of the construct's own. */
export function clientGroups(
  scope: Construct,
  id: string,
  vpc: () => ec2.IVpc,
  given: ec2.ISecurityGroup[] | undefined,
): ec2.ISecurityGroup[] {
  if (given?.length === 0) {
    throw validationError(
      'SecurityGroupsMissing',
      'a list of security groups must not be empty; leave it out to have a group made',
      scope,
    );
  }
  return (
    given ?? [new ec2.SecurityGroup(scope, id, { vpc: vpc(), description: `Client of Amazon MSK: ${scope.node.path}` })]
  );
}
