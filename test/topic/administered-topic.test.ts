import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import {
  ClientAuthentication,
  ClusterKind,
  KafkaVersion,
  MskCluster,
  Retention,
  ServerlessCluster,
} from '../../lib/cluster';
import type { IMskCluster } from '../../lib/cluster';
import { CleanupPolicy, ExistingTopic, KafkaTopic, TopicManagement } from '../../lib/topic';
import type { KafkaTopicProps } from '../../lib/topic';
import {
  app,
  CLUSTER_ARN,
  cluster,
  countsOf,
  idsOf,
  importedVpc,
  onlyOne,
  resourcesOf,
  stack,
} from '../support/fixtures';
import { nagFindings } from '../support/nag';

const TOPIC = 'Custom::MskTopic';

function clicks(of: Stack, id = 'Clicks', removalPolicy?: RemovalPolicy): ServerlessCluster {
  const vpc = (of.node.tryFindChild('ImportedVpc') as ec2.IVpc | undefined) ?? importedVpc(of);
  return new ServerlessCluster(of, id, { vpc, removalPolicy });
}

function topic(of: Stack, home: IMskCluster, props: Partial<KafkaTopicProps> = {}, id = 'Paid'): KafkaTopic {
  return new KafkaTopic(of, id, { topicName: 'paid', partitions: 6, ...props, cluster: home });
}

/** The functions, by what they say they are. */
function functionsOf(of: Stack): Record<string, any> {
  const all = Object.values(resourcesOf(of)).filter(({ Type }) => Type === 'AWS::Lambda::Function');
  return Object.fromEntries(all.map(({ Properties }) => [Properties.Description.split(' ')[1], Properties]));
}

describe('a topic of a serverless cluster', () => {
  const of = stack();
  const home = clicks(of);
  const paid = topic(of, home, {
    configuration: { retention: Retention.of(Duration.days(1)), maxMessageSize: Size.mebibytes(8) },
  });
  topic(of, home, { topicName: 'shipped' }, 'Shipped');
  const resources = resourcesOf(of);
  const { 'kafka-admin': admin, 'kafka-admin-dispatcher': dispatcher } = functionsOf(of);

  test('[61] [S-04] is made by a function in the VPC, of which there is one, and the settings are those of AWS::MSK::Topic', () => {
    const [id] = idsOf(of, TOPIC);
    const { Properties, DeletionPolicy, UpdateReplacePolicy } = resources[id];
    expect(Properties).toEqual({
      ServiceToken: { 'Fn::GetAtt': [expect.stringMatching(/dispatcher/), 'Arn'] },
      ServiceTimeout: '750',
      Function: { Ref: expect.stringMatching(/^CdkMskMaciekafkaadmin[^d]/) },
      ClusterArn: { 'Fn::GetAtt': [idsOf(of, 'AWS::MSK::ServerlessCluster')[0], 'Arn'] },
      Brokers: { 'Fn::GetAtt': [idsOf(of, 'Custom::MskBootstrapBrokers')[0], 'BootstrapBrokerStringSaslIam'] },
      TopicName: 'paid',
      PartitionCount: 6,
      Configs: Buffer.from('{"max.message.bytes":"8388608","retention.ms":"86400000"}').toString('base64'),
      CreationOnly: ['cleanup.policy'],
    });
    expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['RetainExceptOnCreate', 'Retain']);
    expect(idsOf(of, TOPIC)).toHaveLength(2);
    expect(countsOf(of)['AWS::Lambda::Function']).toBe(3); // and the lookup of brokers
    expect(paid.maxMessageSize!.toMebibytes()).toBe(8);
  });

  test('[61] the function in the VPC reaches the port of the brokers, and nothing else', () => {
    expect(admin.VpcConfig.SubnetIds).toEqual(['subnet-a', 'subnet-b', 'subnet-c']);
    expect(admin.VpcConfig.SecurityGroupIds).toHaveLength(1);
    const [group] = admin.VpcConfig.SecurityGroupIds[0]['Fn::GetAtt'];
    expect(resources[group].Properties.SecurityGroupEgress).toEqual([
      expect.objectContaining({ CidrIp: '255.255.255.255/32' }), // the CDK's word for nowhere
    ]);
    const [brokers] = idsOf(of, 'AWS::EC2::SecurityGroup').filter((id) => id !== group);
    const port = { IpProtocol: 'tcp', FromPort: 9098, ToPort: 9098 };
    expect(onlyOne(of, 'AWS::EC2::SecurityGroupEgress').Properties).toEqual({
      ...port,
      GroupId: { 'Fn::GetAtt': [group, 'GroupId'] },
      DestinationSecurityGroupId: { 'Fn::GetAtt': [brokers, 'GroupId'] },
    });
    expect(onlyOne(of, 'AWS::EC2::SecurityGroupIngress').Properties).toMatchObject({
      ...port,
      GroupId: { 'Fn::GetAtt': [brokers, 'GroupId'] },
      SourceSecurityGroupId: { 'Fn::GetAtt': [group, 'GroupId'] },
    });
    expect([admin.Timeout, dispatcher.Timeout]).toEqual([240, 900]);
    expect([admin.Runtime, dispatcher.VpcConfig]).toEqual(['nodejs24.x', undefined]);
    expect(admin.Environment).toBeUndefined();
  });

  test('waits for rights, rules and brokers, all of which go after it', () => {
    const waits = idsOf(of, TOPIC).map((id) => resources[id].DependsOn!);
    for (const type of ['AWS::IAM::Policy', 'AWS::EC2::SecurityGroupEgress', 'AWS::EC2::SecurityGroupIngress']) {
      const needed = idsOf(of, type).filter((id) => /kafkaadmin/.test(id));
      expect(needed.length).toBeGreaterThan(0);
      for (const each of waits) {
        expect(each).toEqual(expect.arrayContaining(needed));
      }
    }
    expect(waits[0]).toContain(idsOf(of, 'AWS::MSK::ServerlessCluster')[0]);
  });

  test('[B-08] cdk-nag has the rights of the function to say, which docs/guide/topics.md explains', () => {
    const inAdmin = nagFindings(of).filter(({ resource }) => /kafka-admin/.test(resource));
    expect(inAdmin.map(({ id }) => id.replace(/<\w+/, '<…').replace(/Clicks\w+/, 'Clicks')).sort()).toEqual([
      'AwsSolutions-IAM5[Resource::*]',
      expect.stringMatching(/^AwsSolutions-IAM5\[Resource::.*\/\*\]$/),
    ]);
  });
});

test('[69] a serverless cluster takes no replication factor, and only its own settings', () => {
  const of = stack();
  const home = clicks(of);
  expect(() => topic(of, home, { replicationFactor: 3 }, 'Factor')).toThrow(
    /MSK-TOPIC-REPLICATION: .* takes no replication factor, got 3/,
  );
  const minInSyncReplicas = 2;
  topic(of, home, { configuration: { minInSyncReplicas, maxMessageSize: Size.mebibytes(9) } });
  expect(() => Template.fromStack(of)).toThrow(
    /MSK-TOPIC-SERVERLESS: .*refuse "?min\.insync\.replicas[^]*MSK-TOPIC-SERVERLESS: .*9437184/,
  );
});

test('[61] each cluster of a stack has a function of its own, in its VPC', () => {
  const of = stack();
  topic(of, clicks(of));
  topic(of, clicks(of, 'Views'), {}, 'Viewed');
  const admins = Object.values(resourcesOf(of)).filter(({ Properties }) =>
    / kafka-admin$/.test(Properties?.Description),
  );
  expect(admins).toHaveLength(2);
});

test('an old version, an adoption and the word of the user take the handler; a new version does not', () => {
  const of = stack();
  const old = cluster(of, 'Old', { kafkaVersion: KafkaVersion.of('3.5.1') });
  topic(of, old);
  topic(of, cluster(of, 'New'), { existing: ExistingTopic.ADOPT }, 'Adopted');
  topic(of, cluster(of, 'Other'), { management: TopicManagement.ADMIN_HANDLER }, 'Said');
  topic(of, cluster(of, 'Native'), {}, 'Served');
  const administered = idsOf(of, TOPIC).map((id) => resourcesOf(of)[id].Properties);
  expect(administered.map(({ Existing, ReplicationFactor }) => [Existing, ReplicationFactor])).toEqual([
    [undefined, 3],
    ['ADOPT', 3],
    [undefined, 3],
  ]);
  expect(idsOf(of, 'AWS::MSK::Topic')).toHaveLength(1);
});

describe('[62] an imported cluster', () => {
  const attributes = (of: Stack) => ({
    clusterArn: CLUSTER_ARN,
    kind: ClusterKind.SERVERLESS,
    vpc: importedVpc(of),
    subnets: importedVpc(of, 'Other').privateSubnets,
    securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(of, 'Brokers', 'sg-brokers')],
  });

  test.each(['vpc', 'subnets', 'securityGroups'] as const)('needs %s, and the message says so', (attribute) => {
    const of = stack();
    const home = MskCluster.fromClusterAttributes(of, 'Clicks', { ...attributes(of), [attribute]: undefined });
    expect(() => topic(of, home)).toThrow(
      `ClusterNetworkUnknown: a Kafka client has to reach the brokers of 'Stack/Clicks', whose \`${attribute}\` nobody knows: ` +
        'give it to MskCluster.fromClusterAttributes()',
    );
  });

  test('has the function in its subnets, and the rule on its group in this stack', () => {
    const of = stack();
    topic(of, MskCluster.fromClusterAttributes(of, 'Clicks', attributes(of)));
    expect(functionsOf(of)['kafka-admin'].VpcConfig.SubnetIds).toEqual(['subnet-a', 'subnet-b', 'subnet-c']);
    expect(onlyOne(of, 'AWS::EC2::SecurityGroupIngress').Properties.GroupId).toBe('sg-brokers');
    expect(onlyOne(of, TOPIC).Properties.ClusterArn).toBe(CLUSTER_ARN);
  });

  test('that does not offer IAM is refused: the client comes by IAM', () => {
    const of = stack();
    const authentication = [ClientAuthentication.scram()];
    const home = MskCluster.fromClusterAttributes(of, 'Old', {
      ...attributes(of),
      kind: ClusterKind.STANDARD,
      kafkaVersion: KafkaVersion.of('2.8.1'),
      authentication,
    });
    expect(() => topic(of, home)).toThrow(/ClientIdentityNotOffered: .* does not let clients in by IAM/);
  });
});

test('[110] a topic in another stack than its cluster has its functions there, and makes no cycle', () => {
  const theApp = app();
  const owner = stack({ app: theApp, id: 'Owner' });
  const home = clicks(owner);
  const topics = stack({ app: theApp, id: 'Topics' });
  topic(topics, home);
  expect(() => theApp.synth()).not.toThrow();
  expect(countsOf(owner)['AWS::Lambda::Function']).toBe(1);
  expect(countsOf(topics)).toMatchObject({ 'AWS::Lambda::Function': 2, 'AWS::EC2::SecurityGroupIngress': 1 });
});

test('[68] the demo word of the cluster deletes its topics', () => {
  const of = stack();
  topic(of, clicks(of, 'Clicks', RemovalPolicy.DESTROY), { configuration: { cleanupPolicy: CleanupPolicy.COMPACT } });
  expect(onlyOne(of, TOPIC)).toMatchObject({ DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
});
