import type { RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { validationError } from '../private/errors';

/** The groups that a cluster was given; else one of its own, which opens nothing by itself. */
export function securityGroupsOf(
  scope: Construct,
  vpc: ec2.IVpc,
  given: ec2.ISecurityGroup[] | undefined,
  removalPolicy: RemovalPolicy,
): ec2.ISecurityGroup[] {
  if (given?.length === 0) {
    throw validationError(
      'SecurityGroupsMissing',
      '`securityGroups` must not be empty: the cluster would get the default group of the VPC for life; leave it out to have a group made',
      scope,
    );
  }
  return given ?? [ownSecurityGroup(scope, vpc, removalPolicy)];
}

function ownSecurityGroup(scope: Construct, vpc: ec2.IVpc, removalPolicy: RemovalPolicy): ec2.ISecurityGroup {
  const group = new ec2.SecurityGroup(scope, 'SecurityGroup', {
    vpc,
    description: 'Brokers of the MSK cluster',
  });
  // The brokers' network interfaces hold it: deleted before a retained cluster, its deletion would fail.
  group.applyRemovalPolicy(removalPolicy);
  return group;
}
