import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { IMskCluster } from './cluster';

/** The rule by which a cluster's security group admits itself on one port; once per port, in the cluster's stack. */
export class PollerAccess extends Construct {
  public static of(cluster: IMskCluster, port: number): PollerAccess {
    const id = `PollerAccess${port}`;
    return (cluster.node.tryFindChild(id) as PollerAccess | undefined) ?? new PollerAccess(cluster, id, port);
  }

  private constructor(cluster: IMskCluster, id: string, port: number) {
    super(cluster as unknown as Construct, id);
    // Brokers and pollers carry all groups of the cluster: what one of them allows is allowed.
    const groups = cluster.connections.securityGroups;
    const rule = {
      groupId: groups[0].securityGroupId,
      ipProtocol: ec2.Protocol.TCP,
      fromPort: port,
      toPort: port,
      description: 'Pollers of Lambda and EventBridge Pipes',
    };
    new ec2.CfnSecurityGroupIngress(this, 'Ingress', { ...rule, sourceSecurityGroupId: groups[0].securityGroupId });
    if (!groups.some(({ allowAllOutbound }) => allowAllOutbound)) {
      new ec2.CfnSecurityGroupEgress(this, 'Egress', { ...rule, destinationSecurityGroupId: groups[0].securityGroupId });
    }
  }
}
