import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { IMskCluster } from '../cluster';
import { validationError } from '../private/errors';
import { zoneOf } from '../private/subnets';

/** Where a job runs; an error says what to give where it is unknown. */
export function networkOf(
  scope: Construct,
  cluster: IMskCluster,
  props: { readonly vpc?: ec2.IVpc; readonly subnet?: ec2.ISubnet },
): { vpc: ec2.IVpc; subnet: ec2.ISubnet } {
  const vpc = props.vpc ?? cluster.vpc;
  const subnet = props.subnet ?? cluster.subnets?.[0];
  if (vpc === undefined || subnet === undefined) {
    throw validationError(
      'GlueNetwork',
      `the network of the cluster '${cluster.node.path}' is unknown, and the job runs in it: give \`vpc\` and \`subnet\`, or ` +
        '`vpc` and `subnets` to MskCluster.fromClusterAttributes()',
      scope,
    );
  }
  if (zoneOf(scope, subnet) === undefined) {
    throw validationError(
      'GlueNetwork',
      `the Availability Zone of the subnet '${subnet.node.path}' is unknown, and the connection names it: import the subnet ` +
        'with `ec2.Subnet.fromSubnetAttributes(…, { subnetId, availabilityZone })`',
      scope,
    );
  }
  if (cluster.connections.securityGroups.length === 0) {
    throw validationError(
      'ClusterSecurityGroupsUnknown',
      `the security groups of the cluster '${cluster.node.path}' are unknown, and one has to let the job in: give ` +
        '`securityGroups` to MskCluster.fromClusterAttributes()',
      scope,
    );
  }
  return { vpc, subnet };
}

/**
 * Glue refuses a connection without a group that lets itself in on all ports. The job has a group of its own for it, so
 * that the brokers' group never has such a rule.
 *
 * @see https://docs.aws.amazon.com/glue/latest/dg/setup-vpc-for-glue-access.html
 */
export function workersReachEachOther(scope: Construct, group: ec2.ISecurityGroup): Construct {
  return new ec2.CfnSecurityGroupIngress(scope, 'WorkerAccess', {
    groupId: group.securityGroupId,
    sourceSecurityGroupId: group.securityGroupId,
    ipProtocol: ec2.Protocol.TCP,
    fromPort: 0,
    toPort: 65535,
    description: 'Workers of the Glue job',
  });
}

/** A rule in the stack of the job: the cluster must not wait for it. */
export function openBrokers(
  scope: Construct,
  cluster: IMskCluster,
  group: ec2.ISecurityGroup,
  port: number,
): Construct {
  return new ec2.CfnSecurityGroupIngress(scope, 'BrokerAccess', {
    groupId: cluster.connections.securityGroups[0].securityGroupId,
    sourceSecurityGroupId: group.securityGroupId,
    ipProtocol: ec2.Protocol.TCP,
    fromPort: port,
    toPort: port,
    description: 'Glue streaming job',
  });
}
