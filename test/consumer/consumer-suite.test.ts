import { readFileSync } from 'fs';
import * as path from 'path';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as glue from 'aws-cdk-lib/aws-glue';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as opensearch from 'aws-cdk-lib/aws-opensearchservice';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Brokers, ClusterKind, ExpressBrokerSize, StandardBrokerSize } from '../../lib/cluster';
import {
  ChannelDestination,
  ConnectPlugin,
  KafkaConnectVersion,
  MskChannel,
  MskConnector,
  MskVpcConnection,
} from '../../lib/connect';
import {
  FargateConsumer,
  FirehoseConsumer,
  FirehoseSink,
  FirehoseStartingPosition,
  FlinkApplication,
  FlinkCode,
  FlinkRuntime,
  FlinkSql,
  FlinkSqlScript,
  FlinkStartingPosition,
  GlueSink,
  GlueStartingPosition,
  GlueStreamingJob,
  KafkaClientInstance,
  LambdaConsumer,
  OpenSearchIngestionConsumer,
  OpenSearchSink,
  OpenSearchStartingPosition,
  PipeConsumer,
  PipeStartingPosition,
  PipeTarget,
  RecordFormat,
} from '../../lib/consumer';
import { cluster, keepReportsQuiet, nodeFunction, textOf } from '../support/fixtures';
import { parsedYaml } from '../support/yaml';
import { consumerSuite, EDITS } from './consumer-suite';
import type { ConsumerCase } from './consumer-suite';

keepReportsQuiet();

const CONNECTION = 'arn:aws:kafka:eu-west-1:123456789012:vpc-connection/210987654321/orders/0a1b2c3d-1';
const CLUSTER = ['Connect'];
const TOPIC = ['DescribeTopic', 'ReadData'];
const GROUP = ['AlterGroup', 'DescribeGroup'];
const GROUP_LAG = { Records: 'MaxOffsetLag', Time: 'EstimatedMaxTimeLag', Stalled: 'MaxOffsetLag' };

/** A bucket that is there already, and once in a stack. */
function bucketIn(scope: Construct): s3.IBucket {
  const home = Stack.of(scope);
  const found = home.node.tryFindChild('Bucket') as s3.IBucket | undefined;
  return found ?? s3.Bucket.fromBucketName(home, 'Bucket', 'data');
}

/** The text of properties that hold references. */
const text = (value: unknown) => textOf(value);

const FARGATE: ConsumerCase = {
  name: 'FargateConsumer',
  make: (scope, id, { topic, consumerGroup, identity, changed }) =>
    new FargateConsumer(scope, id, {
      topic,
      consumerGroup,
      identity,
      image: ecs.ContainerImage.fromRegistry(`team/program:${changed ? 2 : 1}`),
    }),
  // What a task is made of: a revision of it is another resource, which the service goes over to.
  type: 'AWS::ECS::TaskDefinition',
  createOnly: ['ContainerDefinitions'],
  ways: ['iam', 'scram', 'mutualTls', 'anonymous'],
  interfaces: 'own',
  serverless: true,
  crossAccount: false,
  rights: ({ topic, group }) => ({ cluster: CLUSTER, [`topic/${topic}`]: TOPIC, [`group/${group}`]: GROUP }),
  exposes: [
    'service',
    'taskDefinition',
    'container',
    'ecsCluster',
    'role',
    'logGroup',
    'connections',
    'grantPrincipal',
  ],
  watched: GROUP_LAG,
  progress: ({ ContainerDefinitions: [{ Environment }] }) => [
    Environment.filter(({ Name }: any) => Name !== 'KAFKA_CLIENT_PROPERTIES')
      .map(({ Value }: any) => text(Value))
      .join(),
  ],
  begins: 'replays',
  edits: {
    topic: ['replays', 'replaced'],
    group: ['replays', 'replaced'],
    position: ['—'],
    cluster: ['replays', 'replaced'],
    code: ['keeps', 'replaced'],
    moved: ['keeps', 'replaced'],
  },
};

const LAMBDA: ConsumerCase = {
  name: 'LambdaConsumer',
  make(scope, id, { topic, consumerGroup, identity, latest, changed, foreign }) {
    const handler =
      (scope.node.tryFindChild('Function') as lambda.Function | undefined) ?? nodeFunction(scope, 'Function');
    if (changed) handler.addEnvironment('VERSION', '2');
    return new LambdaConsumer(scope, id, {
      topic,
      consumerGroup,
      identity,
      handler,
      startingPosition: latest ? lambda.StartingPosition.LATEST : undefined,
      vpcConnection: foreign ? MskVpcConnection.fromVpcConnectionArn(scope, `${id}Connection`, CONNECTION) : undefined,
    });
  },
  type: 'AWS::Lambda::EventSourceMapping',
  createOnly: ['EventSourceArn', 'StartingPosition', 'StartingPositionTimestamp', 'SelfManagedEventSource'],
  ways: ['iam', 'scram', 'mutualTls', 'anonymous'],
  interfaces: 'cluster',
  serverless: true,
  crossAccount: true,
  rights: ({ topic, group }) => ({ cluster: CLUSTER, [`topic/${topic}`]: TOPIC, [`group/${group}`]: GROUP }),
  exposes: ['eventSourceMapping', 'deadLetterQueue'],
  watched: { ...GROUP_LAG, DeadLetters: 'ApproximateNumberOfMessagesVisible' },
  progress: ({ EventSourceArn, Topics, AmazonManagedKafkaEventSourceConfig }) => [
    [text(EventSourceArn), Topics, AmazonManagedKafkaEventSourceConfig.ConsumerGroupId].join(),
  ],
  begins: 'replays',
  edits: {
    topic: ['replays', 'replaced'],
    group: ['replays', 'replaced'],
    position: ['keeps', 'replaced'],
    cluster: ['replays', 'replaced'],
    code: ['keeps', 'untouched'],
    moved: ['keeps', 'replaced'],
  },
};

const GLUE: ConsumerCase = {
  name: 'GlueStreamingJob',
  make: (scope, id, { topic, consumerGroup, identity, latest, changed }) =>
    new GlueStreamingJob(scope, id, {
      topic,
      consumerGroup,
      identity,
      format: RecordFormat.json([
        { name: 'id', type: glue.Schema.STRING },
        ...(changed ? [{ name: 'amount', type: glue.Schema.INTEGER }] : []),
      ]),
      sink: GlueSink.parquet({ bucket: bucketIn(scope), prefix: 'paid' }),
      startingPosition: latest ? GlueStartingPosition.latest() : undefined,
    }),
  type: 'AWS::Glue::Job',
  createOnly: ['Name'],
  ways: ['iam', 'scram', 'mutualTls', 'anonymous'],
  interfaces: 'own',
  serverless: true,
  crossAccount: true,
  // Spark reads without a group.
  rights: ({ topic }) => ({ cluster: CLUSTER, [`topic/${topic}`]: TOPIC }),
  exposes: ['job', 'trigger', 'connection', 'role', 'securityGroup', 'checkpointBucket', 'connections'],
  watched: { Records: 'OffsetsBehind', Time: 'RecordAge', Stalled: 'Records', DeadLetters: 'DeadLetters' },
  progress: ({ DefaultArguments }) => [text(DefaultArguments['--checkpoint'])],
  begins: 'replays',
  edits: {
    topic: ['replays', 'in place'],
    group: ['replays', 'in place'],
    position: ['keeps', 'in place'],
    cluster: ['replays', 'in place'],
    code: ['keeps', 'in place'],
    moved: ['replays', 'replaced'],
  },
};

const FLINK = {
  type: 'AWS::KinesisAnalyticsV2::Application',
  createOnly: ['ApplicationName', 'ApplicationMode'],
  ways: ['iam', 'scram', 'mutualTls', 'anonymous'],
  interfaces: 'own',
  serverless: true,
  crossAccount: true,
  rights: ({ topic, group }) => ({ cluster: CLUSTER, [`topic/${topic}`]: TOPIC, [`group/${group}`]: GROUP }),
  watched: GROUP_LAG,
  begins: 'replays',
} as const satisfies Partial<ConsumerCase>;

/** State is the application's and comes first; without it, an application goes on from what its group has committed. */
function flinkProgress({ ApplicationConfiguration }: any, logicalId: string): string[] {
  const groups: { PropertyGroupId: string; PropertyMap: Record<string, unknown> }[] =
    ApplicationConfiguration.EnvironmentProperties.PropertyGroups;
  const maps = Object.fromEntries(groups.map(({ PropertyGroupId, PropertyMap }) => [PropertyGroupId, PropertyMap]));
  const topic = /'topic' = '(\w+)'/.exec(text(maps.variables?.['source.paid'] ?? ''))?.[1] ?? '';
  const brokers = text(maps.kafka['bootstrap.servers']);
  return [`state ${logicalId} ${topic}`, `offsets ${brokers} ${topic} ${text(maps.kafka['group.id'])}`];
}

const FLINK_APPLICATION: ConsumerCase = {
  ...FLINK,
  name: 'FlinkApplication',
  make: (scope, id, { topic, consumerGroup, identity, changed }) =>
    new FlinkApplication(scope, id, {
      consumerGroup,
      identity,
      runtime: FlinkRuntime.FLINK_2_2,
      code: FlinkCode.fromBucket(bucketIn(scope), changed ? 'two.jar' : 'one.jar'),
      sources: [topic],
    }),
  exposes: ['application', 'applicationArn', 'applicationName', 'role', 'logGroup', 'connections'],
  progress: flinkProgress,
  edits: {
    topic: ['—'], // Its code subscribes.
    group: ['keeps', 'in place'],
    position: ['—'],
    cluster: ['replays', 'replaced'],
    code: ['keeps', 'in place'],
    moved: ['keeps', 'replaced'],
  },
};

const FLINK_SQL: ConsumerCase = {
  ...FLINK,
  name: 'FlinkSql',
  tolerates: 'FLINK-RUNNER-NOT-BUILT',
  // Credentials would have to be options of the tables, which anybody may read.
  ways: ['iam', 'anonymous'],
  make: (scope, id, { topic, consumerGroup, identity, latest, changed }) =>
    new FlinkSql(scope, id, {
      consumerGroup,
      identity,
      sql: FlinkSqlScript.inline(
        `CREATE TABLE paid (id STRING) WITH (\${source.paid}, 'format' = 'json');\n` +
          `CREATE TABLE seen (id STRING) WITH ('connector' = 'blackhole');\n` +
          `INSERT INTO seen SELECT ${changed ? 'UPPER(id)' : 'id'} FROM paid;\n`,
      ),
      sources: { paid: topic },
      startingPosition: latest ? FlinkStartingPosition.LATEST : undefined,
    }),
  exposes: ['application', 'connections', 'grantPrincipal'],
  progress: flinkProgress,
  edits: {
    topic: ['replays', 'in place'],
    group: ['keeps', 'in place'],
    position: ['keeps', 'in place'],
    cluster: ['replays', 'replaced'],
    code: ['keeps', 'in place'],
    moved: ['keeps', 'replaced'],
  },
};

const CONNECTOR: ConsumerCase = {
  name: 'MskConnector',
  make: (scope, id, { topic, identity, latest, changed }) =>
    new MskConnector(scope, id, {
      cluster: topic.cluster,
      identity,
      readTopics: [topic],
      plugin: pluginIn(scope, changed ? 2 : 1),
      connectorClass: 'io.confluent.connect.s3.S3SinkConnector',
      kafkaConnectVersion: KafkaConnectVersion.V3_7_X,
      configuration: { 'consumer.override.auto.offset.reset': latest ? 'latest' : 'earliest' },
    }),
  type: 'AWS::KafkaConnect::Connector',
  createOnly: [
    'ConnectorName',
    'ConnectorDescription',
    'KafkaCluster',
    'KafkaClusterClientAuthentication',
    'KafkaClusterEncryptionInTransit',
    'KafkaConnectVersion',
    'LogDelivery',
    'NetworkType',
    'Plugins',
    'ServiceExecutionRoleArn',
    'WorkerConfiguration',
  ],
  ways: ['iam', 'anonymous'],
  interfaces: 'own',
  serverless: true,
  crossAccount: false,
  rights: ({ topic }) => ({
    cluster: ['Connect', 'DescribeCluster'],
    [`topic/${topic}`]: TOPIC,
    'topic/__amazon_msk_connect_*': ['CreateTopic', 'DescribeTopic', 'ReadData', 'WriteData'],
    'group/__amazon_msk_connect_*': GROUP,
    'group/connect-*': GROUP,
  }),
  exposes: ['connectorArn', 'connectorName', 'role', 'connections', 'grantPrincipal'],
  watched: GROUP_LAG,
  progress: ({ ConnectorName, ConnectorConfiguration, KafkaCluster }) => [
    [ConnectorName, ConnectorConfiguration.topics, text(KafkaCluster.ApacheKafkaCluster.BootstrapServers)].join(),
  ],
  begins: 'replays',
  edits: {
    topic: ['replays', 'in place'],
    group: ['—'],
    position: ['keeps', 'in place'],
    cluster: ['replays', 'replaced'],
    code: ['replays', 'replaced'],
    moved: ['replays', 'replaced'],
  },
};

function pluginIn(scope: Construct, revision: number): ConnectPlugin {
  const home = Stack.of(scope);
  const id = `Plugin${revision}`;
  const arn = `arn:aws:kafkaconnect:eu-west-1:123456789012:custom-plugin/s3-sink-${revision}/0a1b2c3d-1`;
  return (home.node.tryFindChild(id) ?? ConnectPlugin.fromPluginArn(home, id, arn)) as ConnectPlugin;
}

const CHANNEL: ConsumerCase = {
  name: 'MskChannel',
  make: (scope, id, { topic }) =>
    new MskChannel(scope, id, { topic, destination: ChannelDestination.s3({ bucket: bucketIn(scope) }) }),
  cluster: (scope, id) => cluster(scope, id, { brokers: Brokers.express({ size: ExpressBrokerSize.M7G_LARGE }) }),
  imported: { kind: ClusterKind.EXPRESS },
  type: 'AWS::MSK::Channel',
  createOnly: [
    'ChannelName',
    'ClusterArn',
    'TopicConfigurationList',
    'EncryptionConfiguration',
    'LoggingInfo',
    'S3DestinationConfiguration',
  ],
  ways: [],
  interfaces: 'none',
  serverless: false,
  crossAccount: false,
  rights: () => ({}),
  exposes: ['channelArn', 'channelName', 'role', 'deadLetterBucket'],
  watched: { Time: 'DeliveryToS3.DataFreshness', DeadLetters: 'DLQDeliverySuccess' },
  progress: ({ ChannelName }, logicalId) => [`${logicalId} ${ChannelName}`],
  begins: 'skips',
  edits: {
    topic: ['skips', 'replaced'],
    group: ['—'],
    position: ['—'],
    cluster: ['skips', 'replaced'],
    code: ['—'],
    moved: ['skips', 'replaced'],
  },
};

const FIREHOSE: ConsumerCase = {
  name: 'FirehoseConsumer',
  make: (scope, id, { topic, latest, changed }) =>
    new FirehoseConsumer(scope, id, {
      topic,
      sink: FirehoseSink.s3({ bucket: bucketIn(scope), prefix: changed ? 'paid/two/' : 'paid/' }),
      startingPosition: latest ? FirehoseStartingPosition.latest() : undefined,
    }),
  cluster: (scope, id) => cluster(scope, id, { brokers: Brokers.standard({ size: StandardBrokerSize.M7G_LARGE }) }),
  tolerates: 'FIREHOSE-MSK-CONNECTIVITY',
  type: 'AWS::KinesisFirehose::DeliveryStream',
  createOnly: ['DeliveryStreamName', 'DeliveryStreamType', 'MSKSourceConfiguration'],
  ways: ['iam'],
  interfaces: 'none',
  serverless: true,
  asksOwner: ['kafka:CreateVpcConnection'],
  crossAccount: false,
  rights: ({ topic }) => ({
    cluster: CLUSTER,
    [`topic/${topic}`]: ['DescribeTopic', 'DescribeTopicDynamicConfiguration', 'ReadData'],
    'group/*': ['DescribeGroup'],
  }),
  exposes: ['deliveryStream', 'deliveryStreamArn', 'deliveryStreamName', 'role', 'logGroup', 'grantPrincipal'],
  watched: {
    Records: 'KafkaOffsetLag',
    Time: 'DeliveryToS3.DataFreshness',
    Stalled: 'KafkaOffsetLag',
    DeadLetters: 'FailedValidation.Records',
  },
  // Offsets are with the stream.
  progress: ({ MSKSourceConfiguration }, logicalId) => [`${logicalId} ${JSON.stringify(MSKSourceConfiguration)}`],
  begins: 'replays',
  edits: {
    topic: ['replays', 'replaced'],
    group: ['—'],
    position: ['replays', 'replaced'],
    cluster: ['replays', 'replaced'],
    code: ['keeps', 'in place'],
    moved: ['replays', 'replaced'],
  },
};

const OPENSEARCH: ConsumerCase = {
  name: 'OpenSearchIngestionConsumer',
  make(scope, id, { topic, consumerGroup, latest, changed }) {
    const home = Stack.of(scope);
    const endpoint = 'https://search-orders-abcdefghij.eu-west-1.es.amazonaws.com';
    const domain =
      (home.node.tryFindChild('Domain') as opensearch.IDomain | undefined) ??
      opensearch.Domain.fromDomainEndpoint(home, 'Domain', endpoint);
    return new OpenSearchIngestionConsumer(scope, id, {
      topic,
      consumerGroup,
      sink: OpenSearchSink.domain(domain, changed ? 'paid-2' : 'paid'),
      startingPosition: latest ? OpenSearchStartingPosition.LATEST : undefined,
    });
  },
  cluster: (scope, id) => cluster(scope, id, { brokers: Brokers.standard({ size: StandardBrokerSize.M7G_LARGE }) }),
  tolerates: 'OSIS-MSK-CONNECTIVITY',
  type: 'AWS::OSIS::Pipeline',
  createOnly: ['PipelineName'],
  ways: ['iam'],
  interfaces: 'none',
  serverless: true,
  asksOwner: ['osis.amazonaws.com', 'osis-pipelines.amazonaws.com'],
  crossAccount: false,
  rights: ({ topic, group }) => ({
    cluster: [...CLUSTER, 'DescribeCluster'],
    [`topic/${topic}`]: ['DescribeTopic', 'DescribeTopicDynamicConfiguration', 'ReadData'],
    [`group/${group}`]: GROUP,
  }),
  exposes: ['pipeline', 'pipelineArn', 'pipelineName', 'role', 'logGroup', 'deadLetterBucket', 'grantPrincipal'],
  watched: { ...GROUP_LAG, DeadLetters: 'kafka-pipeline.opensearch.s3.dlqS3RecordsSuccess.count' },
  progress: ({ PipelineConfigurationBody }) => {
    const { source } = parsedYaml(text(PipelineConfigurationBody))['kafka-pipeline'];
    const [{ name, group_id }] = source.kafka.topics;
    return [[source.kafka.aws.msk.arn, name, group_id].join()];
  },
  begins: 'replays',
  edits: {
    topic: ['replays', 'in place'],
    group: ['replays', 'in place'],
    position: ['keeps', 'in place'],
    cluster: ['replays', 'in place'],
    code: ['keeps', 'in place'],
    moved: ['keeps', 'replaced'],
  },
};

const PIPE: ConsumerCase = {
  name: 'PipeConsumer',
  make: (scope, id, { topic, consumerGroup, identity, latest, changed }) =>
    new PipeConsumer(scope, id, {
      topic,
      consumerGroup,
      identity,
      target: PipeTarget.queue(queueIn(scope)),
      startingPosition: latest ? PipeStartingPosition.LATEST : undefined,
      inputTemplate: changed ? '{"offset": <$.offset>}' : undefined,
    }),
  type: 'AWS::Pipes::Pipe',
  createOnly: ['Name', 'Source'],
  createOnlyWithin: {
    'SourceParameters.ManagedStreamingKafkaParameters': ['TopicName', 'StartingPosition', 'ConsumerGroupID'],
  },
  ways: ['iam', 'scram', 'mutualTls', 'anonymous'],
  interfaces: 'cluster',
  serverless: true,
  crossAccount: false,
  rights: ({ topic, group }) => ({ cluster: CLUSTER, [`topic/${topic}`]: TOPIC, [`group/${group}`]: GROUP }),
  exposes: ['pipe', 'pipeArn', 'pipeName', 'role', 'logGroup', 'grantPrincipal'],
  watched: GROUP_LAG,
  progress: ({ Source, SourceParameters: { ManagedStreamingKafkaParameters: kafka } }) => [
    [text(Source), kafka.TopicName, kafka.ConsumerGroupID].join(),
  ],
  begins: 'replays',
  edits: {
    topic: ['replays', 'replaced'],
    group: ['replays', 'replaced'],
    position: ['keeps', 'replaced'],
    cluster: ['replays', 'replaced'],
    code: ['keeps', 'in place'],
    moved: ['keeps', 'replaced'],
  },
};

const INSTANCE: ConsumerCase = {
  name: 'KafkaClientInstance',
  // An aspect of the CDK says this when a tree is synthesized again, as the suite does.
  tolerates: 'imdsv2RequireImdsv2Aspect',
  make: (scope, id, { topic, consumerGroup, identity, changed }) =>
    new KafkaClientInstance(scope, id, {
      cluster: topic.cluster,
      topics: [topic],
      consumerGroup,
      identity,
      mavenRepository: changed ? 'https://repository.example.com/maven' : undefined,
    }),
  type: 'AWS::EC2::Instance',
  createOnly: ['ImageId', 'SubnetId', 'UserData'],
  ways: ['iam', 'scram', 'mutualTls', 'anonymous'],
  interfaces: 'own',
  serverless: true,
  crossAccount: false,
  rights: ({ topic, group }) => ({
    cluster: [...CLUSTER, 'DescribeCluster'],
    [`topic/${topic}`]: ['DescribeTopic', 'DescribeTopicDynamicConfiguration', 'ReadData'],
    [`group/${group}`]: GROUP,
  }),
  exposes: ['instance', 'role', 'connections', 'grantPrincipal'],
  watched: GROUP_LAG,
  progress: ({ UserData }) => [
    text(UserData['Fn::Base64'])
      .match(/^(bootstrap\.servers|group\.id)=.*/gm)!
      .join(),
  ],
  // The console consumer does, unless it is told otherwise.
  begins: 'skips',
  edits: {
    topic: ['—'], // Whoever sits there names it.
    group: ['skips', 'replaced'],
    position: ['—'],
    cluster: ['skips', 'replaced'],
    code: ['keeps', 'replaced'],
    moved: ['keeps', 'replaced'],
  },
};

function queueIn(scope: Construct): sqs.IQueue {
  const home = Stack.of(scope);
  const found = home.node.tryFindChild('Queue') as sqs.IQueue | undefined;
  return found ?? sqs.Queue.fromQueueArn(home, 'Queue', 'arn:aws:sqs:eu-west-1:123456789012:paid');
}

const CONSUMERS = [
  LAMBDA,
  GLUE,
  FLINK_APPLICATION,
  FLINK_SQL,
  CONNECTOR,
  CHANNEL,
  FIREHOSE,
  OPENSEARCH,
  FARGATE,
  PIPE,
  INSTANCE,
];

CONSUMERS.forEach(consumerSuite);

test('[125] the guide has the table of what each edit does', () => {
  const guide = readFileSync(path.join(__dirname, '../../docs/guide/consumers.md'), 'utf8');
  const row = ({ name, edits }: ConsumerCase) =>
    `| \`${name}\` | ${EDITS.map((edit) => edits[edit].join(', ')).join(' | ')} |`;
  const squeezed = guide.replace(/ +/g, ' ');
  expect(CONSUMERS.map(row).filter((each) => !squeezed.includes(each))).toEqual([]);
});
