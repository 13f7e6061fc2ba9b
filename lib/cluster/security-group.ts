import type { RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';

/** The group of a cluster that was given none. It opens nothing by itself. */
export function ownSecurityGroup(scope: Construct, vpc: ec2.IVpc, removalPolicy: RemovalPolicy): ec2.ISecurityGroup {
  const group = new ec2.SecurityGroup(scope, 'SecurityGroup', {
    vpc,
    description: 'Brokers of the MSK cluster',
  });
  // The brokers' network interfaces hold it: deleted before a retained cluster, its deletion would fail.
  group.applyRemovalPolicy(removalPolicy);
  return group;
}
