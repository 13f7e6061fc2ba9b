import { CfnParameter, Duration, PropertyInjectors, RemovalPolicy, Size } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Brokers, ExpressBrokerSize, KafkaVersion, MskCluster, ServerlessCluster, Retention } from '../../lib/cluster';
import type { IMskCluster } from '../../lib/cluster';
import {
  CleanupPolicy,
  CompressionType,
  ExistingTopic,
  KafkaTopic,
  TopicManagement,
  TopicPresets,
} from '../../lib/topic';
import type { KafkaTopicProps, TopicConfiguration } from '../../lib/topic';
import {
  app,
  CLUSTER_ARN,
  cluster,
  countsOf,
  differences,
  idsOf,
  importedVpc,
  keepReportsQuiet,
  onlyOne,
  resourcesOf,
  stack,
  textOf,
  warningsOf,
} from '../support/fixtures';
import { nagFindings } from '../support/nag';

keepReportsQuiet();

const TOPIC = 'AWS::MSK::Topic';
const TOPIC_ARN = `${CLUSTER_ARN.replace(':cluster/', ':topic/')}/paid`;

function topic(of: Stack, props: Partial<KafkaTopicProps> = {}, id = 'Paid'): KafkaTopic {
  return new KafkaTopic(of, id, { topicName: 'paid', partitions: 12, ...props, cluster: props.cluster ?? cluster(of) });
}

function rendered(props: Partial<KafkaTopicProps> = {}, of = stack()): any {
  topic(of, props);
  return onlyOne(of, TOPIC).Properties;
}

/** The settings as the service reads them. */
function settings(configuration: TopicConfiguration, of = stack()): Record<string, string> {
  return JSON.parse(Buffer.from(rendered({ configuration }, of).Configs, 'base64').toString('utf8'));
}

function role(of: Stack): iam.Role {
  return new iam.Role(of, 'Role', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
}

describe('a topic', () => {
  const of = stack();
  const paid = topic(of);
  const template = Template.fromStack(of);

  test('[60] [S-05] is one resource without a function', () => {
    const [id] = idsOf(template, 'AWS::MSK::Cluster');
    expect(onlyOne(template, TOPIC)).toEqual({
      Type: TOPIC,
      Properties: {
        ClusterArn: { 'Fn::GetAtt': [id, 'Arn'] },
        TopicName: 'paid',
        PartitionCount: 12,
        ReplicationFactor: 3,
      },
      DependsOn: [id],
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
    expect(Object.values(countsOf(template)).reduce((sum, count) => sum + count)).toBe(5);
  });

  test('[70] knows its ARN and partitions', () => {
    const [id] = idsOf(template, 'AWS::MSK::Cluster');
    expect(textOf(of.resolve(paid.topicArn), { [`${id}.Arn`]: CLUSTER_ARN })).toBe(TOPIC_ARN);
    expect(paid).toMatchObject({ topicName: 'paid', partitions: 12 });
  });

  test('[B-08] has no finding of cdk-nag and no warning', () => {
    expect(nagFindings(of)).toEqual([]);
    expect(warningsOf(of)).toEqual([]);
  });
});

test('[B-08] cluster, topic, grant and network rule are seven resources without a finding of cdk-nag', () => {
  const of = stack();
  const paid = topic(of);
  const client = new ec2.SecurityGroup(of, 'Client', { vpc: importedVpc(of, 'ClientVpc') });
  paid.grants.consume(role(of), 'billing');
  client.connections.allowToDefaultPort(paid.cluster);
  const clients = [
    ...idsOf(of, 'AWS::IAM::Role'),
    ...idsOf(of, 'AWS::EC2::SecurityGroup').filter((id) => /^Client/.test(id)),
  ];
  const counts = Object.keys(resourcesOf(of)).filter((id) => !clients.includes(id));
  expect(clients).toHaveLength(2);
  expect(counts).toHaveLength(7);
  expect(nagFindings(of)).toEqual([]);
});

describe('the settings', () => {
  test('[63] are none where none is given', () => {
    expect(rendered().Configs).toBeUndefined();
    expect(rendered({ configuration: {} }).Configs).toBeUndefined();
  });

  test('[63] [S-03] are Kafka’s, in base64, in the order of their names', () => {
    const configuration: TopicConfiguration = {
      retention: Retention.of(Duration.days(3)),
      cleanupPolicy: CleanupPolicy.COMPACT_AND_DELETE,
      retentionSize: Size.gibibytes(10),
      maxMessageSize: Size.mebibytes(2),
      compressionType: CompressionType.ZSTD,
      minInSyncReplicas: 2,
      other: { 'segment.ms': '3600000', 'delete.retention.ms': '60000' },
    };
    expect(Object.entries(settings(configuration))).toEqual([
      ['cleanup.policy', 'compact,delete'],
      ['compression.type', 'zstd'],
      ['delete.retention.ms', '60000'],
      ['max.message.bytes', '2097152'],
      ['min.insync.replicas', '2'],
      ['retention.bytes', '10737418240'],
      ['retention.ms', '259200000'],
      ['segment.ms', '3600000'],
    ]);
  });

  test('[S-03] may keep records for ever', () => {
    expect(settings({ retention: Retention.forever() })).toEqual({ 'retention.ms': '-1' });
  });

  test('[71] of dead letters keep records for two weeks, those of states the newest of each key', () => {
    const size = Size.mebibytes(2);
    expect(settings(TopicPresets.deadLetter())).toEqual({ 'cleanup.policy': 'delete', 'retention.ms': '1209600000' });
    expect(settings(TopicPresets.deadLetter(Retention.forever(), size))).toEqual({
      'cleanup.policy': 'delete',
      'max.message.bytes': '2097152',
      'retention.ms': '-1',
    });
    expect(settings(TopicPresets.compacted())).toEqual({ 'cleanup.policy': 'compact' });
    expect(settings({ ...TopicPresets.compacted(size), compressionType: CompressionType.ZSTD })).toEqual({
      'cleanup.policy': 'compact',
      'compression.type': 'zstd',
      'max.message.bytes': '2097152',
    });
    // Every kind of cluster takes them.
    const of = stack();
    const clicks = new ServerlessCluster(of, 'Clicks', { vpc: importedVpc(of) });
    const presets = { dead: TopicPresets.deadLetter(), compacted: TopicPresets.compacted() };
    const express = cluster(of, 'Express', { brokers: Brokers.express({ size: ExpressBrokerSize.M7G_LARGE }) });
    for (const [topicName, configuration] of Object.entries(presets)) {
      topic(of, { cluster: clicks, topicName, configuration }, `Serverless${topicName}`);
      topic(of, { cluster: express, topicName, configuration }, `Express${topicName}`);
    }
    expect(() => Template.fromStack(of)).not.toThrow();
  });

  test('[S-08] know the largest record: the topic’s own, else that of the cluster, which has to fetch as much', () => {
    const of = stack();
    const orders = cluster(of, 'Orders', { serverProperties: { maxMessageSize: Size.mebibytes(12) } });
    const maxMessageSize = Size.mebibytes(10);
    const own = topic(of, { cluster: orders, topicName: 'own', configuration: { maxMessageSize } }, 'Own');
    const larger = cluster(of, 'Plain');
    const sizes = [own, topic(of, { cluster: orders }), topic(of, { cluster: larger }, 'None')].map((each) =>
      each.maxMessageSize?.toMebibytes(),
    );
    expect(sizes).toEqual([10, 12, undefined]);
    expect(warningsOf(of)).toEqual([]);
    topic(of, { cluster: larger, topicName: 'large', configuration: { maxMessageSize } }, 'Large');
    expect(warningsOf(of)).toEqual([expect.stringContaining('[ack: cdk-msk-macie:MSK-TOPIC-MESSAGE-SIZE]')]);
  });

  test('may be false or zero', () => {
    expect(settings({ minInSyncReplicas: 0, other: { preallocate: 'false' } })).toEqual({
      'min.insync.replicas': '0',
      preallocate: 'false',
    });
  });

  test('with a property of their own win over the same ones by name', () => {
    const other = { 'retention.ms': '1', 'retention.bytes': '2' };
    expect(settings({ retention: Retention.of(Duration.hours(1)), other })).toEqual({
      'retention.bytes': '2',
      'retention.ms': '3600000',
    });
  });

  test('[63] may be known at deployment only, numbers too', () => {
    const of = stack();
    const number = (id: string) => new CfnParameter(of, id, { type: 'Number' }).valueAsNumber;
    const configuration: TopicConfiguration = {
      retention: Retention.of(Duration.millis(number('Milliseconds'))),
      retentionSize: Size.bytes(number('Bytes')),
      maxMessageSize: Size.bytes(number('Largest')),
      minInSyncReplicas: number('InSync'),
      other: { 'segment.ms': new CfnParameter(of, 'Segment').valueAsString },
    };
    const { Configs } = rendered({ configuration }, of);
    const values = { Milliseconds: '1', Bytes: '2', Largest: '3', InSync: '4', Segment: '5' };
    expect(JSON.parse(textOf(Configs['Fn::Base64'], values))).toEqual({
      'max.message.bytes': '3',
      'min.insync.replicas': '4',
      'retention.bytes': '2',
      'retention.ms': '1',
      'segment.ms': '5',
    });
  });

  test('[66] stay as they are when one of them changes', () => {
    const withRetention = (days: number) =>
      settings({ retention: Retention.of(Duration.days(days)), cleanupPolicy: CleanupPolicy.COMPACT });
    expect(differences(withRetention(1), withRetention(2))).toEqual(['retention.ms']);
  });
});

describe('an edit', () => {
  const template = (props: Partial<KafkaTopicProps>) => {
    const of = stack();
    topic(of, props);
    return { id: idsOf(of, TOPIC)[0], resources: resourcesOf(of) };
  };
  const before = template({});

  test.each<[string, Partial<KafkaTopicProps>, string]>([
    ['[64] more partitions', { partitions: 24 }, 'PartitionCount'],
    ['[67] another name', { topicName: 'paid-orders' }, 'TopicName'],
    ['[66] a setting', { configuration: { minInSyncReplicas: 2 } }, 'Configs'],
  ])('%s touches one property of the same resource', (_name, props, property) => {
    expect(differences(before.resources, template(props).resources)).toEqual([`${before.id}.Properties.${property}`]);
  });
});

describe('the replicas', () => {
  test.each([2, 3])('[69] [S-02] are one in each of %d zones', (zones) => {
    const of = stack();
    const properties = rendered({ cluster: cluster(of, 'Orders', { zones }) }, of);
    expect(properties.ReplicationFactor).toBe(zones);
    expect(warningsOf(of)).toEqual([]);
  });

  test('[69] are as many as asked for', () => {
    const of = stack();
    const orders = cluster(of, 'Orders', { zones: 2 });
    expect(rendered({ cluster: orders, replicationFactor: 1 }, of).ReplicationFactor).toBe(1);
  });

  test('[69] fail where the zones are unknown, and say what to give', () => {
    const of = stack();
    const orders = MskCluster.fromClusterArn(of, 'Orders', CLUSTER_ARN);
    expect(() => topic(of, { cluster: orders })).toThrow(
      /ClusterZonesUnknown: .* 'Stack\/Orders' are unknown.*`subnets` to MskCluster\.fromClusterAttributes\(\), or `replicationFactor`/,
    );
    expect(rendered({ cluster: orders, replicationFactor: 3 }, stack()).ReplicationFactor).toBe(3);
  });

  test('[69] fail above the number of brokers', () => {
    expect(() => rendered({ replicationFactor: 4 })).toThrow(/MSK-TOPIC-REPLICATION: .* 4 is above the 3 brokers/);
  });

  test.each([
    [1, /single replica/],
    [2, /min\.insync\.replicas 2 equals the replication factor/],
  ])('[69] [S-02] warn where writes stop with one broker away: %d', (replicationFactor, message) => {
    const of = stack();
    topic(of, { replicationFactor });
    expect(warningsOf(of, '/Stack/Paid')).toEqual([expect.stringMatching(message)]);
    expect(warningsOf(of)).toEqual([expect.stringContaining('[ack: cdk-msk-macie:MSK-TOPIC-DURABILITY]')]);
  });
});

describe('a cluster', () => {
  test('[13] [69] that takes no such topic has it made by the admin handler, and the message says why it is no other', () => {
    const of = stack();
    const clicks = new ServerlessCluster(of, 'Clicks', { vpc: importedVpc(of) });
    const old = cluster(of, 'Old', { kafkaVersion: KafkaVersion.of('3.5.1') });
    const management = TopicManagement.SERVICE;
    expect(() => topic(of, { cluster: clicks, management })).toThrow(
      /MSK-TOPIC-CLUSTER: 'Stack\/Clicks' is serverless.*leave out `management`/,
    );
    expect(() => topic(of, { cluster: old, management }, 'Second')).toThrow(/MSK-TOPIC-CLUSTER: Kafka 3\.5\.1/);
    const existing = ExistingTopic.ADOPT;
    expect(() => topic(of, { cluster: cluster(of), existing, management }, 'Third')).toThrow(
      /MSK-TOPIC-CLUSTER: AWS::MSK::Topic adopts no topic/,
    );
  });

  test('[110] may have several topics', () => {
    const of = stack();
    const orders = cluster(of);
    ['paid', 'shipped'].forEach((topicName) => topic(of, { cluster: orders, topicName }, topicName));
    expect(countsOf(of)[TOPIC]).toBe(2);
    expect(countsOf(of)['AWS::MSK::Cluster']).toBe(1);
  });

  test('may be in another stack, which comes first', () => {
    const theApp = app();
    const owner = stack({ app: theApp, id: 'Owner' });
    const topics = stack({ app: theApp, id: 'Topics' });
    topic(topics, { cluster: cluster(owner), replicationFactor: 3 });
    theApp.synth();
    expect([topics.dependencies, owner.dependencies]).toEqual([[owner], []]);
    expect(onlyOne(topics, TOPIC).DependsOn).toBeUndefined();
  });
});

describe('removal', () => {
  const policyOf = (orders: (of: Stack) => IMskCluster, removalPolicy?: RemovalPolicy) => {
    const of = stack();
    topic(of, { cluster: orders(of), removalPolicy, replicationFactor: 3 });
    return onlyOne(of, TOPIC).DeletionPolicy;
  };
  const demo = (of: Stack) => cluster(of, 'Orders', { removalPolicy: RemovalPolicy.DESTROY });
  const imported = (of: Stack) => MskCluster.fromClusterArn(of, 'Orders', CLUSTER_ARN);

  test('[68] keeps the topic and its records', () => {
    expect(policyOf((of) => cluster(of))).toBe('RetainExceptOnCreate');
    expect(policyOf(imported)).toBe('RetainExceptOnCreate');
  });

  test('[68] [107] follows the cluster, unless the topic says otherwise', () => {
    expect(policyOf(demo)).toBe('Delete');
    expect(policyOf(demo, RemovalPolicy.RETAIN)).toBe('Retain');
    expect(policyOf((of) => cluster(of), RemovalPolicy.DESTROY)).toBe('Delete');
  });
});

describe('the name', () => {
  test.each(['paid orders', '', '.', '..', 'a'.repeat(250), '__consumer_offsets', 'paid/2'])(
    '[63] [111] fails for one that Kafka refuses: %j',
    (topicName) => {
      expect(() => rendered({ topicName })).toThrow('MSK-TOPIC-NAME');
    },
  );

  test.each(['p', 'a'.repeat(249), 'orders.paid_v2-eu'])('may be %j', (topicName) => {
    expect(rendered({ topicName }).TopicName).toBe(topicName);
  });

  test('may be known at deployment only', () => {
    const of = stack();
    const paid = topic(of, { topicName: new CfnParameter(of, 'Name').valueAsString });
    paid.grants.produce(role(of));
    expect(onlyOne(of, TOPIC).Properties.TopicName).toEqual({ Ref: 'Name' });
    expect(JSON.stringify(onlyOne(of, 'AWS::IAM::Policy').Properties.PolicyDocument)).toContain('{"Ref":"Name"}');
  });
});

describe('the partitions', () => {
  test.each([0, -1, 1.5])('[111] fail for %d', (partitions) => {
    expect(() => rendered({ partitions })).toThrow('MSK-TOPIC-PARTITIONS');
  });

  test('may be known at deployment only', () => {
    const of = stack();
    const partitions = new CfnParameter(of, 'Count', { type: 'Number' }).valueAsNumber;
    expect(rendered({ partitions }, of).PartitionCount).toEqual({ Ref: 'Count' });
  });
});

describe('a topic that is there already', () => {
  test('[191] is taken in by its name, and creates nothing', () => {
    const of = stack();
    const orders = MskCluster.fromClusterArn(of, 'Orders', CLUSTER_ARN);
    const paid = KafkaTopic.fromTopicName(of, 'Paid', orders, 'paid');
    expect(paid).toMatchObject({ topicName: 'paid', topicArn: TOPIC_ARN, partitions: undefined });
    expect(paid.cluster).toBe(orders);
    expect(paid.env).toEqual({ account: '123456789012', region: 'eu-west-1' });
    expect(countsOf(of)).toEqual({});
  });

  test.each(['aws', 'aws-cn', 'aws-us-gov'])(
    '[113] [191] is taken in by its ARN, with its cluster: %s',
    (partition) => {
      const of = stack();
      const inPartition = (arn: string) => arn.replace('arn:aws:', `arn:${partition}:`);
      const paid = KafkaTopic.fromTopicArn(of, 'Paid', inPartition(TOPIC_ARN));
      expect(paid).toMatchObject({ topicName: 'paid', topicArn: inPartition(TOPIC_ARN) });
      expect(paid.cluster).toMatchObject({ clusterName: 'orders', clusterArn: inPartition(CLUSTER_ARN) });
      expect(paid.env).toEqual({ account: '123456789012', region: 'eu-west-1' });
      expect(paid.cluster.env).toEqual(paid.env);
    },
  );

  test('[191] may be known by an ARN of the deployment only', () => {
    const of = stack();
    const paid = KafkaTopic.fromTopicArn(of, 'Paid', new CfnParameter(of, 'Arn').valueAsString);
    const known = (value: string) => textOf(of.resolve(value), { Arn: TOPIC_ARN });
    expect([paid.topicName, paid.topicArn, paid.cluster.clusterArn].map(known)).toEqual([
      'paid',
      TOPIC_ARN,
      CLUSTER_ARN,
    ]);
    expect(paid.grants.consume(role(of), 'billing').success).toBe(true);
  });

  test('[70] [86] [191] grants what a topic of this app grants', () => {
    const of = stack();
    const paid = KafkaTopic.fromTopicArn(of, 'Paid', TOPIC_ARN);
    const grantee = role(of);
    paid.grants.consume(grantee, 'billing');
    paid.grants.produce(grantee);
    const statements: any[] = onlyOne(of, 'AWS::IAM::Policy').Properties.PolicyDocument.Statement;
    expect(Object.fromEntries(statements.map(({ Action, Resource }) => [Resource, Action]))).toEqual({
      [CLUSTER_ARN]: ['kafka-cluster:Connect', 'kafka-cluster:WriteDataIdempotently'],
      [TOPIC_ARN]: ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData', 'kafka-cluster:WriteData'],
      [`${CLUSTER_ARN.replace(':cluster/', ':group/')}/billing`]: [
        'kafka-cluster:AlterGroup',
        'kafka-cluster:DescribeGroup',
      ],
    });
  });
});

test('a team may inject its own defaults', () => {
  const theApp = app();
  PropertyInjectors.of(theApp).add({
    constructUniqueId: KafkaTopic.PROPERTY_INJECTION_ID,
    inject: (props: KafkaTopicProps) => ({ ...props, partitions: 7 }),
  });
  expect(rendered({}, stack({ app: theApp })).PartitionCount).toBe(7);
});

test.each(['orders.paid', 'orders_paid'])('[111] fails with a name that metrics can not tell from %s', (taken) => {
  const scope = stack();
  const held = cluster(scope);
  new KafkaTopic(scope, 'First', { cluster: held, topicName: taken, partitions: 1 });
  expect(() => new KafkaTopic(scope, 'Second', { cluster: held, topicName: 'orders_paid', partitions: 1 })).toThrow(
    new RegExp(`MSK-TOPIC-COLLISION: .*'${taken}' already, made by 'Stack/First'`),
  );
  // Another cluster has names of its own.
  new KafkaTopic(scope, 'Third', { cluster: cluster(scope, 'Other'), topicName: 'orders_paid', partitions: 1 });
});
