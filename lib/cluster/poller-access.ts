import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { IConstruct } from 'constructs';
import { validationError } from '../private/errors';
import type { IMskCluster } from './cluster';

/** The rule by which a cluster's security group admits itself on one port; once per port, in the cluster's stack. */
export class PollerAccess extends Construct {
  public static of(cluster: IMskCluster, port: number): PollerAccess {
    const id = `PollerAccess${port}`;
    const existing = cluster.node.tryFindChild(id);
    return existing ?? new PollerAccess(cluster, id, port, requireSecurityGroups(cluster, cluster));
  }

  private constructor(cluster: IMskCluster, id: string, port: number, groups: ec2.ISecurityGroup[]) {
    super(cluster, id);
    // Brokers and pollers carry all groups of the cluster: what one of them allows is allowed.
    const rule = {
      groupId: groups[0].securityGroupId,
      ipProtocol: ec2.Protocol.TCP,
      fromPort: port,
      toPort: port,
      description: 'Pollers of Lambda and EventBridge Pipes',
    };
    new ec2.CfnSecurityGroupIngress(this, 'Ingress', { ...rule, sourceSecurityGroupId: groups[0].securityGroupId });
    if (!groups.some(({ allowAllOutbound }) => allowAllOutbound)) {
      new ec2.CfnSecurityGroupEgress(this, 'Egress', {
        ...rule,
        destinationSecurityGroupId: groups[0].securityGroupId,
      });
    }
  }
}

/** The groups that pollers carry. */
export function requireSecurityGroups(scope: IConstruct, cluster: IMskCluster): ec2.ISecurityGroup[] {
  const groups = cluster.connections.securityGroups;
  if (groups.length === 0) {
    throw validationError(
      'ClusterSecurityGroupsUnknown',
      `the security groups of the cluster '${cluster.node.path}' are unknown, and the pollers carry them: give \`securityGroups\` ` +
        'to MskCluster.fromClusterAttributes()',
      scope,
    );
  }
  return groups;
}
