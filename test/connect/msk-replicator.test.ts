import { CfnParameter } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import {
  AuthenticationMechanism,
  ClientAuthentication,
  ClientIdentity,
  ClusterKind,
  MskCluster,
  ServerlessCluster,
} from '../../lib/cluster';
import type { IMskCluster, MskClusterAttributes } from '../../lib/cluster';
import {
  MskReplicator,
  MskVpcConnection,
  ReplicatedOffsets,
  ReplicatedTopicNaming,
  ReplicationCompression,
  ReplicationPattern,
  ReplicationStartingPosition,
} from '../../lib/connect';
import type { MskReplicatorProps, MskVpcConnectionProps } from '../../lib/connect';
import {
  app,
  CLUSTER_ARN,
  cluster,
  countsOf,
  idsOf,
  importedVpc,
  keepReportsQuiet,
  onlyOne,
  resourcesOf,
  stack,
  textOf,
  vpc,
  warningsOf,
} from '../support/fixtures';

keepReportsQuiet();

const REPLICATOR = 'AWS::MSK::Replicator';
const CONNECTION = 'AWS::MSK::VpcConnection';
const INGRESS = 'AWS::EC2::SecurityGroupIngress';
const HERE = { region: 'eu-west-1', account: '123456789012' };

function replicator(of: Stack, props: Partial<MskReplicatorProps> = {}, id = 'Copy'): MskReplicator {
  return new MskReplicator(of, id, {
    topics: [ReplicationPattern.literal('paid'), ReplicationPattern.prefixed('orders.')],
    ...props,
    source: props.source ?? cluster(of, 'Orders'),
    target: props.target ?? cluster(of, 'Copies'),
  });
}

function imported(of: Stack, id: string, region: string, more: Partial<MskClusterAttributes> = {}): IMskCluster {
  return MskCluster.fromClusterAttributes(of, id, {
    clusterArn: CLUSTER_ARN.replace('eu-west-1', region).replace('orders', id.toLowerCase()),
    kind: ClusterKind.STANDARD,
    authentication: [ClientAuthentication.iam()],
    subnets: ['a', 'b'].map((each) =>
      ec2.Subnet.fromSubnetAttributes(of, `${id}-${each}`, { subnetId: `subnet-${each}`, routeTableId: 'rtb' }),
    ),
    securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(of, `${id}Group`, 'sg-0a1b2c3d')],
    ...more,
  });
}

/** What the replicator may do: `cluster:topic/name` to actions. */
function allowed(of: Stack): Record<string, string[]> {
  const rights: Record<string, string[]> = {};
  const values = Object.fromEntries(
    idsOf(of, 'AWS::MSK::Cluster').map((id) => [
      `${id}.Arn`,
      `:cluster/${id.startsWith('Orders') ? 'source' : 'target'}/id`,
    ]),
  );
  for (const { Action, Resource } of onlyOne(of, 'AWS::IAM::Policy').Properties.PolicyDocument.Statement) {
    for (const resource of [Resource].flat()) {
      const [, type, name] = /^:(\w+)\/(.*)$/.exec(textOf(resource, values).replace('/id', '')) as string[];
      rights[`${type} ${name}`] = [
        ...(rights[`${type} ${name}`] ?? []),
        ...[Action].flat().map((each) => each.replace('kafka-cluster:', '')),
      ].sort();
    }
  }
  return rights;
}

const INTERNAL = [
  'AlterTopic',
  'AlterTopicDynamicConfiguration',
  'CreateTopic',
  'DescribeTopic',
  'DescribeTopicDynamicConfiguration',
  'ReadData',
  'WriteData',
];
const INTERNAL_TOPICS = Object.fromEntries(
  ['source', 'target'].flatMap((side) =>
    ['*__amazon_msk_replicator_*', 'mskr-offset-syncs.*', '*.checkpoints.internal'].map((name) => [
      `topic ${side}/${name}`,
      INTERNAL,
    ]),
  ),
);
const CONNECT = ['Connect', 'DescribeCluster', 'WriteDataIdempotently'];
const READ = ['DescribeTopic', 'DescribeTopicDynamicConfiguration', 'ReadData'];
const WRITE = ['CreateTopic', 'DescribeTopic', 'DescribeTopicDynamicConfiguration', 'WriteData'];
const CONFIGURE = [...WRITE, 'AlterTopic', 'AlterTopicDynamicConfiguration'].sort();
const COMMIT = ['AlterGroup', 'DescribeGroup'];

describe('a replicator', () => {
  const of = stack();
  replicator(of);
  const template = Template.fromStack(of);
  const arns = ['Orders', 'Copies'].map((name) => ({
    'Fn::GetAtt': [idsOf(template, 'AWS::MSK::Cluster').find((id) => id.startsWith(name)), 'Arn'],
  }));

  test('[92] copies from one cluster to the other, from the oldest record on', () => {
    const { Properties } = onlyOne(template, REPLICATOR);
    expect(Properties.ReplicatorName).toMatch(/^Stack-Copy-[A-F0-9]{8}-[a-f0-9]{8}$/);
    expect(Properties.ReplicationInfoList).toEqual([
      {
        SourceKafkaClusterArn: arns[0],
        TargetKafkaClusterArn: arns[1],
        TargetCompressionType: 'NONE',
        TopicReplication: {
          TopicsToReplicate: ['paid', 'orders\\..*'],
          TopicNameConfiguration: { Type: 'PREFIXED_WITH_SOURCE_CLUSTER_ALIAS' },
          StartingPosition: { Type: 'EARLIEST' },
          CopyTopicConfigurations: true,
          CopyAccessControlListsForTopics: false,
          DetectAndCopyNewTopics: true,
        },
        ConsumerGroupReplication: {
          ConsumerGroupsToReplicate: ['.*'],
          SynchroniseConsumerGroupOffsets: true,
          DetectAndCopyNewConsumerGroups: true,
          ConsumerGroupOffsetSyncMode: 'LEGACY',
        },
      },
    ]);
  });

  test('[92] stands beside each cluster with a group of its own, let in on the port of IAM', () => {
    const { KafkaClusters } = onlyOne(template, REPLICATOR).Properties;
    expect(KafkaClusters).toEqual(
      ['Source', 'Target'].map((side, i) => ({
        AmazonMskCluster: { MskClusterArn: arns[i] },
        VpcConfig: {
          SubnetIds: ['subnet-a', 'subnet-b', 'subnet-c'],
          SecurityGroupIds: [{ 'Fn::GetAtt': [expect.stringMatching(`^Copy${side}SecurityGroup`), 'GroupId'] }],
        },
      })),
    );
    const rules = idsOf(template, INGRESS).map((id) => resourcesOf(template)[id].Properties);
    expect(rules.map(({ FromPort, ToPort }) => [FromPort, ToPort])).toEqual([
      [9098, 9098],
      [9098, 9098],
    ]);
  });

  test('[92] has the documented rights of what is on, on both sides', () => {
    expect(allowed(of)).toEqual({
      'cluster source': CONNECT,
      'cluster target': CONNECT,
      ...INTERNAL_TOPICS,
      'topic source/paid': READ,
      'topic source/orders.*': READ,
      'topic target/*.paid': CONFIGURE,
      'topic target/*.orders.*': CONFIGURE,
      'group target/*__amazon_msk_replicator_*': COMMIT,
      'group target/*': COMMIT,
      'group source/*': ['DescribeGroup'],
    });
  });

  test('[92] has a role that Amazon MSK takes for this account', () => {
    const [id] = idsOf(template, 'AWS::IAM::Role').filter((each) => each.startsWith('Copy'));
    expect(resourcesOf(template)[id].Properties.AssumeRolePolicyDocument.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: 'kafka.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      },
    ]);
  });

  test('[92] waits for both clusters, rights, network and logs', () => {
    expect(onlyOne(template, REPLICATOR).DependsOn?.sort()).toEqual(
      [
        ...idsOf(template, 'AWS::MSK::Cluster'),
        ...idsOf(template, INGRESS),
        ...idsOf(template, 'AWS::IAM::Policy'),
        ...idsOf(template, 'AWS::Logs::LogGroup').filter((id) => id.startsWith('Copy')),
      ].sort(),
    );
    expect(onlyOne(template, REPLICATOR).Properties.LogDelivery.ReplicatorLogDelivery.CloudWatchLogs.Enabled).toBe(
      true,
    );
  });

  test('[92] has no warning', () => {
    expect(warningsOf(of)).toEqual([]);
  });
});

test('[92] says all that it is told, and has no right of what is off', () => {
  const of = stack();
  replicator(of, {
    topics: [ReplicationPattern.regex('(a|b)-eu', '?-eu')],
    excludedTopics: [ReplicationPattern.prefixed('test-')],
    topicNaming: ReplicatedTopicNaming.IDENTICAL,
    startingPosition: ReplicationStartingPosition.LATEST,
    compression: ReplicationCompression.ZSTD,
    copyTopicConfigurations: false,
    copyAccessControlLists: true,
    detectNewTopics: false,
    offsets: ReplicatedOffsets.OFF,
    logs: [],
    description: 'to Europe',
  });
  expect(allowed(of)).toEqual({
    'cluster source': CONNECT,
    'cluster target': ['AlterCluster', ...CONNECT],
    ...INTERNAL_TOPICS,
    'topic source/?-eu': READ,
    'topic target/?-eu': WRITE,
    'group target/*__amazon_msk_replicator_*': COMMIT,
  });
  expect(onlyOne(of, REPLICATOR).Properties).toMatchObject({
    Description: 'to Europe',
    ReplicationInfoList: [
      {
        TargetCompressionType: 'ZSTD',
        TopicReplication: {
          TopicsToReplicate: ['(a|b)-eu'],
          TopicsToExclude: ['test-.*'],
          TopicNameConfiguration: { Type: 'IDENTICAL' },
          StartingPosition: { Type: 'LATEST' },
        },
        ConsumerGroupReplication: { ConsumerGroupsToReplicate: [], SynchroniseConsumerGroupOffsets: false },
      },
    ],
  });
  expect(onlyOne(of, REPLICATOR).Properties).not.toHaveProperty('LogDelivery');
});

describe('the name of a replicator', () => {
  function name(props: Partial<MskReplicatorProps> = {}): string {
    const of = stack();
    replicator(of, props);
    return onlyOne(of, REPLICATOR).Properties.ReplicatorName;
  }

  test('[92] stays with topics and groups, and changes with what can not be changed in place', () => {
    const before = name();
    expect(name({ topics: [ReplicationPattern.all()], consumerGroups: [ReplicationPattern.literal('a')] })).toBe(
      before,
    );
    const others = [
      { compression: ReplicationCompression.GZIP },
      { topicNaming: ReplicatedTopicNaming.IDENTICAL },
      { startingPosition: ReplicationStartingPosition.LATEST },
      { description: 'other' },
    ].map(name);
    expect(new Set([before, ...others]).size).toBe(5);
  });

  test("[92] of the user's own is warned of", () => {
    const of = stack();
    replicator(of, { replicatorName: 'copy' });
    expect(warningsOf(of)).toEqual([
      expect.stringMatching(/`replicatorName`.*\[ack: cdk-msk-macie:MSK-REPLACEMENT-NAME\]/),
    ]);
  });
});

describe('patterns', () => {
  test('[92] of all consumer groups or none', () => {
    const of = stack();
    replicator(of, { consumerGroups: [], topics: [ReplicationPattern.all()] });
    const [{ TopicReplication, ConsumerGroupReplication }] = onlyOne(of, REPLICATOR).Properties.ReplicationInfoList;
    expect(TopicReplication.TopicsToReplicate).toEqual(['.*']);
    expect(ConsumerGroupReplication).toEqual({
      ConsumerGroupsToReplicate: [],
      SynchroniseConsumerGroupOffsets: false,
      DetectAndCopyNewConsumerGroups: false,
    });
  });

  test('[92] hold no wildcard in a name, and take what is not known yet', () => {
    for (const wrong of ['', 'a*', 'a?']) {
      expect(() => ReplicationPattern.literal(wrong)).toThrow('ReplicationPatternWildcard');
    }
    const of = stack();
    const name = new CfnParameter(of, 'Name').valueAsString;
    replicator(of, { topics: [ReplicationPattern.prefixed(name)] });
    expect(textOf(onlyOne(of, REPLICATOR).Properties.ReplicationInfoList[0].TopicReplication.TopicsToReplicate)).toBe(
      '<Name>.*',
    );
  });

  test('[92] that the service refuses fail at synth', () => {
    const both = app();
    replicator(stack({ app: both }), { excludedTopics: [] });
    expect(() => both.synth()).toThrow(/MSK-REPLICATOR-PATTERNS: a replicator is given a list of 0 patterns/);
  });
});

describe('clusters of a replicator', () => {
  test('[92] offer IAM', () => {
    const of = stack();
    const source = cluster(of, 'Orders', { authentication: [ClientAuthentication.scram()] });
    expect(() => replicator(of, { source })).toThrow(
      /MSK-REPLICATOR-CLUSTERS: .*'Stack\/Orders' offers SCRAM: add ClientAuth/,
    );
  });

  test('[92] are two', () => {
    const both = app();
    const of = stack({ app: both });
    const source = cluster(of);
    replicator(of, { source, target: source });
    expect(() => both.synth()).toThrow(/MSK-REPLICATOR-CLUSTERS: source and target are the same cluster/);
  });

  test('[92] may be serverless', () => {
    const of = stack();
    replicator(of, { source: new ServerlessCluster(of, 'Serverless', { vpc: vpc(of) }) });
    expect(onlyOne(of, REPLICATOR).Properties.KafkaClusters[0].AmazonMskCluster.MskClusterArn).toEqual({
      'Fn::GetAtt': [idsOf(of, 'AWS::MSK::ServerlessCluster')[0], 'Arn'],
    });
  });

  test('[92] are known well enough', () => {
    const of = stack({ env: HERE });
    const bare = MskCluster.fromClusterArn(of, 'Bare', CLUSTER_ARN);
    expect(() => replicator(of, { source: bare })).toThrow(/`subnets` of the cluster 'Stack\/Bare' is unknown/);
    const far = imported(of, 'Far', 'us-east-1', { securityGroups: [] });
    expect(() => replicator(of, { source: far, target: far }, 'Second')).toThrow(
      /`securityGroups` of the cluster 'Stack\/Far'/,
    );
  });

  test('[92] in another Region have to let the service in, which is said in full', () => {
    const of = stack({ env: HERE });
    const source = imported(of, 'Far', 'us-east-1');
    replicator(of, { source });
    const warnings = warningsOf(of).filter((each) => each.includes('MSK-REPLICATOR'));
    expect(warnings).toEqual([
      expect.stringMatching(/multi-VPC connectivity with IAM.*cdk-msk-macie:MSK-REPLICATOR-CROSS-REGION\]$/),
    ]);
    expect(JSON.parse(/\{.*\}/.exec(warnings[0])![0])).toEqual({
      Effect: 'Allow',
      Principal: { Service: 'kafka.amazonaws.com' },
      Action: ['kafka:CreateVpcConnection', 'kafka:GetBootstrapBrokers', 'kafka:DescribeClusterV2'],
      Resource: source.clusterArn,
    });
    expect(onlyOne(of, REPLICATOR).Properties.KafkaClusters[0].VpcConfig.SecurityGroupIds).toEqual(['sg-0a1b2c3d']);
    expect(idsOf(of, INGRESS)).toHaveLength(1);
  });

  test('[92] in another Region let the service in by their own policy, where they are of this app', () => {
    const both = app();
    const there = stack({ app: both, id: 'There', env: { ...HERE, region: 'us-east-1' }, crossRegionReferences: true });
    const of = stack({ app: both, env: HERE, crossRegionReferences: true });
    const source = cluster(there, 'Far', { vpcConnectivity: [AuthenticationMechanism.IAM] });
    replicator(of, { source });
    expect(warningsOf(of).filter((each) => each.includes('MSK-REPLICATOR'))).toEqual([]);
    const { Statement } = onlyOne(there, 'AWS::MSK::ClusterPolicy').Properties.Policy;
    expect(Statement).toEqual([
      expect.objectContaining({
        Principal: { Service: 'kafka.amazonaws.com' },
        Action: ['kafka:CreateVpcConnection', 'kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers'],
      }),
    ]);
  });

  test('[92] in another Region are not opened from here for groups that are given either', () => {
    const of = stack({ env: HERE });
    const group = ec2.SecurityGroup.fromSecurityGroupId(of, 'Given', 'sg-99999999');
    replicator(of, { source: imported(of, 'Far', 'us-east-1'), sourceSecurityGroups: [group] });
    expect(onlyOne(of, REPLICATOR).Properties.KafkaClusters[0].VpcConfig.SecurityGroupIds).toEqual(['sg-99999999']);
    expect(idsOf(of, INGRESS)).toHaveLength(1);
  });

  test('[92] decide on the Region of the replicator', () => {
    const of = stack({ env: HERE });
    replicator(of, { target: imported(of, 'Far', 'us-east-1') });
    expect(warningsOf(of).join()).toMatch(/its target, us-east-1, .*MSK-REPLICATOR-REGION/);
  });
});

test('[92] a replicator in a stack of its own depends on both clusters, and none of them on it', () => {
  const both = app();
  const [one, two, of] = ['One', 'Two', 'Between'].map((id) => stack({ app: both, id }));
  const role = new iam.Role(one, 'Role', { assumedBy: new iam.ServicePrincipal('kafka.amazonaws.com') });
  replicator(of, { source: cluster(one, 'Orders'), target: cluster(two, 'Copies'), role });
  both.synth();
  expect([one, two, of].map(({ dependencies }) => dependencies)).toEqual([[], [], [one, two]]);
  expect([one, two, of].map((each) => countsOf(each)[INGRESS] ?? 0)).toEqual([0, 0, 2]);
});

test('[92] two replicators in opposite directions', () => {
  const of = stack();
  const [one, two] = [cluster(of, 'Orders'), cluster(of, 'Copies')];
  const both = { topicNaming: ReplicatedTopicNaming.IDENTICAL, offsets: ReplicatedOffsets.ENHANCED };
  replicator(of, { source: one, target: two, ...both }, 'There');
  replicator(of, { source: two, target: one, ...both }, 'Back');
  expect(countsOf(of)).toMatchObject({ [REPLICATOR]: 2, 'AWS::IAM::Policy': 2, [INGRESS]: 4 });
  expect(warningsOf(of)).toEqual([]);
});

test("[92] a replicator of somebody else's role says what it lacks; an import has its ARN", () => {
  const of = stack();
  const arn = 'arn:aws:kafka:eu-west-1:123456789012:replicator/copy/0a1b2c3d-1';
  expect(MskReplicator.fromReplicatorArn(of, 'Imported', arn).replicatorArn).toBe(arn);
  replicator(of, { role: iam.Role.fromRoleArn(of, 'Role', 'arn:aws:iam::123456789012:role/r', { mutable: false }) });
  expect(warningsOf(of).join()).toMatch(/kafka-cluster:Connect.*MSK-GRANT-NOT-ADDED/);
});

describe('a VPC connection', () => {
  function connection(of: Stack, props: Partial<MskVpcConnectionProps> = {}, id = 'Connection'): MskVpcConnection {
    return new MskVpcConnection(of, id, {
      ...props,
      cluster: props.cluster ?? cluster(of),
      vpc: props.vpc ?? importedVpc(of, 'ClientVpc'),
    });
  }

  test('[48] brings the cluster into the VPC of its clients, on a port for each broker', () => {
    const of = stack();
    const link = connection(of);
    const client = new ec2.SecurityGroup(of, 'Client', { vpc: importedVpc(of, 'Third') });
    client.connections.allowToDefaultPort(link);
    const [clusterId] = idsOf(of, 'AWS::MSK::Cluster');
    expect(onlyOne(of, CONNECTION)).toEqual({
      Type: CONNECTION,
      Properties: {
        TargetClusterArn: { 'Fn::GetAtt': [clusterId, 'Arn'] },
        Authentication: 'SASL_IAM',
        VpcId: 'vpc-0a1b2c3d',
        ClientSubnets: ['subnet-a', 'subnet-b', 'subnet-c'],
        SecurityGroups: [{ 'Fn::GetAtt': [expect.stringMatching(/^ConnectionSecurityGroup/), 'GroupId'] }],
      },
      DependsOn: [clusterId],
    });
    expect(onlyOne(of, INGRESS).Properties).toMatchObject({ FromPort: 14001, ToPort: 14100 });
  });

  test('[48] asks for connectivity, which no cluster has at its creation', () => {
    const of = stack();
    connection(of);
    expect(warningsOf(of)).toEqual([expect.stringMatching(/off for SASL_IAM.*MSK-VPC-CONNECTION-CONNECTIVITY\]$/)]);
  });

  test('[48] serves who says who he is', () => {
    const of = stack();
    const secret = secretsmanager.Secret.fromSecretNameV2(of, 'Secret', 'AmazonMSK_billing');
    const scram = cluster(of, 'Scram', { authentication: [ClientAuthentication.scram()] });
    connection(of, { cluster: scram, identity: ClientIdentity.scram(secret) });
    expect(onlyOne(of, CONNECTION).Properties.Authentication).toBe('SASL_SCRAM');
    const open = cluster(of, 'Open', { authentication: [ClientAuthentication.unauthenticated()] });
    expect(() =>
      connection(of, { cluster: open, identity: ClientIdentity.anonymous(), vpc: importedVpc(of, 'V') }, 'Two'),
    ).toThrow('MSK-VPC-CONNECTION-AUTHENTICATION');
    const serverless = new ServerlessCluster(of, 'Serverless', { vpc: importedVpc(of, 'W') });
    expect(() => connection(of, { cluster: serverless, vpc: importedVpc(of, 'X') }, 'Three')).toThrow(
      /MSK-VPC-CONNECTION-CLUSTER: .*serverless/,
    );
  });

  test('[48] of another account says what the cluster policy has to hold', () => {
    const of = stack({ env: { region: 'eu-west-1', account: '210987654321' } });
    connection(of, { cluster: imported(of, 'Theirs', 'eu-west-1', { subnets: undefined }) });
    const [warning] = warningsOf(of);
    expect(warning).toMatch(/MSK-VPC-CONNECTION-POLICY\]$/);
    expect(warning).toContain('210987654321:root');
    expect(warning).toContain('kafka:CreateVpcConnection');
    expect(warning).toContain("cluster.grants.vpcConnections(new iam.AccountPrincipal('210987654321'))");
  });

  test('[48] spans the zones of the cluster, or fails at synth', () => {
    const both = app();
    const of = stack({ app: both });
    connection(of, { vpcSubnets: { availabilityZones: ['eu-west-1a', 'eu-west-1b'] } });
    expect(() => both.synth()).toThrow(/MSK-VPC-CONNECTION-NETWORK: .* 2 subnets, and the cluster spans 3 zones/);
  });

  test('[48] twice in one VPC, and imported', () => {
    const of = stack();
    const [orders, clients] = [cluster(of), importedVpc(of, 'ClientVpc')];
    ['One', 'Two'].forEach((id) => connection(of, { cluster: orders, vpc: clients }, id));
    expect(countsOf(of)).toMatchObject({ [CONNECTION]: 2, 'AWS::EC2::SecurityGroup': 3 });
    const arn = 'arn:aws-us-gov:kafka:us-gov-west-1:123456789012:vpc-connection/123456789012/orders/0a1b2c3d';
    expect(MskVpcConnection.fromVpcConnectionArn(of, 'Imported', arn).env.region).toBe('us-gov-west-1');
  });
});
