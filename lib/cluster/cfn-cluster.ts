import { Token, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as msk from 'aws-cdk-lib/aws-msk';
import type { Construct } from 'constructs';
import { ClientAuthentication } from './client-authentication';
import type { MskClusterAttributes } from './cluster';
import { ClusterKind } from './cluster-kind';
import { KafkaVersion } from './kafka-version';

/** What can be read off a cluster that was written with the CloudFormation class. */
export function attributesOfCfnCluster(cluster: msk.CfnCluster): MskClusterAttributes {
  const nodes = concrete<msk.CfnCluster.BrokerNodeGroupInfoProperty>(cluster.brokerNodeGroupInfo);
  return {
    clusterArn: cluster.attrArn,
    kind: kindOf(nodes?.instanceType),
    kafkaVersion: Token.isUnresolved(cluster.kafkaVersion) ? undefined : KafkaVersion.of(cluster.kafkaVersion),
    authentication: authenticationOf(cluster),
    subnets: importedSubnets(cluster, nodes?.clientSubnets),
    securityGroups: importedGroups(cluster, nodes?.securityGroups),
    addPollerRule: true,
    numberOfBrokers: cluster.numberOfBrokerNodes,
    instanceType: concrete<string>(nodes?.instanceType),
  };
}

export function attributesOfCfnServerlessCluster(cluster: msk.CfnServerlessCluster): MskClusterAttributes {
  const configs = concrete<unknown[]>(cluster.vpcConfigs);
  const config = concrete<msk.CfnServerlessCluster.VpcConfigProperty>(configs?.[0]);
  return {
    clusterArn: cluster.attrArn,
    kind: ClusterKind.SERVERLESS,
    subnets: importedSubnets(cluster, config?.subnetIds),
    securityGroups: importedGroups(cluster, config?.securityGroups),
    addPollerRule: true,
  };
}

/** The value of an L1 property, or undefined where a token hides it: unknown, not absent. */
function concrete<T>(value: unknown): T | undefined {
  return Token.isUnresolved(value) ? undefined : (value as T | undefined);
}

function kindOf(instanceType: string | undefined): ClusterKind | undefined {
  if (instanceType === undefined || Token.isUnresolved(instanceType)) {
    return undefined;
  }
  return instanceType.startsWith('express.') ? ClusterKind.EXPRESS : ClusterKind.STANDARD;
}

function importedSubnets(scope: Construct, ids: string[] | undefined): ec2.ISubnet[] | undefined {
  if (ids === undefined || Token.isUnresolved(ids)) {
    return undefined;
  }
  return ids.map((subnetId, index) => {
    const subnet = ec2.Subnet.fromSubnetAttributes(scope, `Subnet${index}`, { subnetId });
    Validations.of(subnet).acknowledge({
      id: '@aws-cdk/aws-ec2:noSubnetRouteTableId',
      reason: 'an L1 names its subnets by their IDs alone',
    });
    return subnet;
  });
}

function importedGroups(scope: Construct, ids: string[] | undefined): ec2.ISecurityGroup[] | undefined {
  return ids && !Token.isUnresolved(ids)
    ? ids.map((groupId, index) => ec2.SecurityGroup.fromSecurityGroupId(scope, `SecurityGroup${index}`, groupId))
    : undefined;
}

/** @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-update-security.html */
function authenticationOf(cluster: msk.CfnCluster): ClientAuthentication[] | undefined {
  const iam = member(cluster.clientAuthentication, 'sasl', 'iam', 'enabled');
  const scram = member(cluster.clientAuthentication, 'sasl', 'scram', 'enabled');
  // Older templates turn mutual TLS on by the list of authorities alone.
  const authorities = member(cluster.clientAuthentication, 'tls', 'certificateAuthorityArnList');
  const tls = member(cluster.clientAuthentication, 'tls', 'enabled') ?? authorities !== undefined;
  const unauthenticated = member(cluster.clientAuthentication, 'unauthenticated', 'enabled');
  const clientBroker = member(cluster.encryptionInfo, 'encryptionInTransit', 'clientBroker') ?? 'TLS';
  if ([iam, scram, tls, unauthenticated, clientBroker].some((each) => Token.isUnresolved(each))) {
    return undefined;
  }
  // Where nothing is turned on, nobody is asked who he is.
  const open = unauthenticated === true || ![iam, scram, tls].includes(true);
  return [
    ...(iam === true ? [ClientAuthentication.iam()] : []),
    ...(scram === true ? [ClientAuthentication.scram()] : []),
    ...(tls === true ? [ClientAuthentication.mutualTls([])] : []),
    ...(open && clientBroker !== 'PLAINTEXT' ? [ClientAuthentication.unauthenticated()] : []),
    // Mutual TLS does not guard the plaintext listener beside it.
    ...((open || (iam !== true && scram !== true)) && clientBroker !== 'TLS' ? [ClientAuthentication.plaintext()] : []),
  ];
}

/** A member of a nested L1 property; the token where one stands in the way. */
function member(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (inner, step) => (Token.isUnresolved(inner) ? inner : (inner as Record<string, unknown> | undefined)?.[step]),
    value,
  );
}
