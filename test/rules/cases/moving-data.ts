import { change, cluster, express, resource, serverless } from '../templates';
import type { Properties } from '../templates';
import { late, named } from './case';
import type { Case } from './case';

const make =
  (type: string, properties: Properties, always: Record<string, unknown> = {}) =>
  (changes: Record<string, unknown> = {}) =>
    resource(type, change(change(properties, structuredClone(always)), changes));

const ARN = 'arn:aws:kafka:eu-west-1:123456789012:cluster/orders/0a1b2c3d-0000-4000-8000-000000000001-7';
const OTHER_ARN = ARN.replace('orders', 'copies');

const CONNECTOR = {
  ConnectorName: 'archive',
  ConnectorConfiguration: { 'connector.class': 'org.example.Sink', topics: 'paid' },
  Capacity: { ProvisionedCapacity: { WorkerCount: 1, McuCount: 1 } },
  KafkaConnectVersion: '3.7.x',
  KafkaCluster: {
    ApacheKafkaCluster: {
      BootstrapServers: 'b-1.example.com:9098,b-2.example.com:9098',
      Vpc: { Subnets: ['subnet-a', 'subnet-b'], SecurityGroups: ['sg-a'] },
    },
  },
  KafkaClusterClientAuthentication: { AuthenticationType: 'IAM' },
  KafkaClusterEncryptionInTransit: { EncryptionType: 'TLS' },
  Plugins: [{ CustomPlugin: { CustomPluginArn: 'arn:aws:kafkaconnect:::custom-plugin/a', Revision: 1 } }],
  ServiceExecutionRoleArn: 'arn:aws:iam::123456789012:role/connect',
  LogDelivery: { WorkerLogDelivery: { CloudWatchLogs: { Enabled: true, LogGroup: 'connect' } } },
};
const connector = make('AWS::KafkaConnect::Connector', CONNECTOR);

const SCALED = {
  'Capacity.ProvisionedCapacity': undefined,
  'Capacity.AutoScaling': {
    MinWorkerCount: 1,
    MaxWorkerCount: 4,
    McuCount: 1,
    ScaleInPolicy: { CpuUtilizationPercentage: 20 },
    ScaleOutPolicy: { CpuUtilizationPercentage: 80 },
    MaxAutoscalingTaskCount: 4,
  },
};
const scaled = make('AWS::KafkaConnect::Connector', CONNECTOR, SCALED);

const plugin = make('AWS::KafkaConnect::CustomPlugin', {
  Name: 'sink',
  ContentType: 'ZIP',
  Location: { S3Location: { BucketArn: 'arn:aws:s3:::plugins', FileKey: 'sink.zip', ObjectVersion: 'v1' } },
});

const file = (...lines: string[]) => Buffer.from(lines.join('\n')).toString('base64');
const CONVERTERS = ['key.converter=a.Key', 'value.converter=a.Value'];
const workers = make('AWS::KafkaConnect::WorkerConfiguration', {
  Name: 'text',
  PropertiesFileContent: file(...CONVERTERS),
});

const replicator = make('AWS::MSK::Replicator', {
  ReplicatorName: 'orders-to-copies',
  ServiceExecutionRoleArn: 'arn:aws:iam::123456789012:role/replicator',
  KafkaClusters: [ARN, OTHER_ARN].map((MskClusterArn) => ({
    AmazonMskCluster: { MskClusterArn },
    VpcConfig: { SubnetIds: ['subnet-a', 'subnet-b'], SecurityGroupIds: ['sg-a'] },
  })),
  ReplicationInfoList: [
    {
      SourceKafkaClusterArn: ARN,
      TargetKafkaClusterArn: OTHER_ARN,
      TargetCompressionType: 'NONE',
      TopicReplication: { TopicsToReplicate: ['paid'] },
      ConsumerGroupReplication: { ConsumerGroupsToReplicate: [] },
    },
  ],
});
const INFO = 'ReplicationInfoList.0';
const SOURCE = `${INFO}.SourceKafkaClusterArn`;
const MODE = `${INFO}.ConsumerGroupReplication.ConsumerGroupOffsetSyncMode`;
const NAMING = `${INFO}.TopicReplication.TopicNameConfiguration`;

const connection = make('AWS::MSK::VpcConnection', {
  TargetClusterArn: { 'Fn::GetAtt': ['Cluster', 'Arn'] },
  Authentication: 'SASL_IAM',
  VpcId: 'vpc-a',
  ClientSubnets: ['subnet-x', 'subnet-y', 'subnet-z'],
  SecurityGroups: ['sg-a'],
});
const CONNECTIVITY = 'BrokerNodeGroupInfo.ConnectivityInfo.VpcConnectivity.ClientAuthentication';

const DEAD_LETTERS = { BucketArn: 'arn:aws:s3:::failed', ErrorOutputPrefix: 'errors/' };
const ROLE = 'arn:aws:iam::123456789012:role/channel';
const S3 = 'S3DestinationConfiguration';
const ICEBERG = 'IcebergDestinationConfiguration';
const CHANNEL = {
  ChannelName: 'paid-archive',
  ClusterArn: ARN,
  TopicConfigurationList: [{ TopicArn: `${ARN}/paid`, RecordConverter: { ValueConverter: 'JSON' } }],
  [S3]: {
    ServiceExecutionRoleArn: ROLE,
    DataFreshnessInSeconds: 600,
    DeadLetterQueueS3: DEAD_LETTERS,
    Storage: { BucketArn: 'arn:aws:s3:::archive', CompressionType: 'GZIP', StorageClass: 'STANDARD' },
  },
  LoggingInfo: { CloudWatchLogs: { Enabled: true, LogGroup: 'channel' } },
};
const s3Channel = make('AWS::MSK::Channel', CHANNEL);
const WAREHOUSE = 'arn:aws-cn:s3tables:cn-north-1:123456789012:bucket/tables';
const CATALOG = 'arn:aws-cn:glue:cn-north-1:123456789012:catalog/s3tablescatalog/tables';
const TABLE = {
  ServiceExecutionRoleArn: ROLE,
  DeadLetterQueueS3: DEAD_LETTERS,
  AppendOnly: true,
  SchemaEvolution: { EnableSchemaEvolution: false },
  TableCreation: { EnableTableCreation: true },
  Catalog: { CatalogArn: CATALOG },
  CompressionType: 'ZSTD',
  DestinationTableList: [
    {
      DestinationDatabaseName: 'sales',
      DestinationTableName: 'paid',
      PartitionSpec: { PartitionStrategy: 'TIME_HOUR', SourceList: [{ SourceName: 'at' }] },
    },
  ],
};
const CONVERTER = 'TopicConfigurationList.0.RecordConverter.ValueConverter';
const SCHEMA = 'TopicConfigurationList.0.RecordSchema';
const GSR = { GsrArn: 'arn:aws:glue:eu-west-1:123456789012:schema/sales/paid' };
const tableChannel = make('AWS::MSK::Channel', CHANNEL, { [S3]: undefined, [ICEBERG]: TABLE, [SCHEMA]: GSR });
const SPEC = `${ICEBERG}.DestinationTableList.0.PartitionSpec`;
const KEYS = `${S3}.Storage.OutputKeyTemplate`;

/** A case of one resource that differs from a valid one in the values at some paths. */
function changed(
  id: string,
  wrong: string,
  of: (changes?: Record<string, unknown>) => unknown,
  bad: Record<string, unknown>,
  good: Record<string, unknown> = {},
  says?: string,
): Case {
  return { id, wrong, bad: { Subject: of(bad) }, good: { Subject: of(good) }, says };
}

const CONNECT_CASES: Case[] = [
  named('MSK-CONNECT-NAME', 'the name', connector, 'ConnectorName')('', 'a'),
  named('MSK-CONNECT-NAME', 'the name', connector, 'ConnectorName')('a'.repeat(129), 'a'.repeat(128)),
  named('MSK-CONNECT-NAME', 'the text', connector, 'ConnectorDescription')('a'.repeat(1025), 'a'.repeat(1024)),
  ...[plugin, workers].flatMap((of) => [
    named('MSK-CONNECT-NAME', 'the name', of, 'Name')('a'.repeat(129), 'a'.repeat(128)),
    named('MSK-CONNECT-NAME', 'the text', of, 'Description')('a'.repeat(1025), 'a'.repeat(1024)),
  ]),
  changed('MSK-CONNECT-PLUGINS', 'no plugin', connector, { Plugins: [] }),
  changed('MSK-CONNECT-PLUGINS', 'two plugins', connector, {
    Plugins: ['a', 'b'].map((CustomPluginArn) => ({ CustomPlugin: { CustomPluginArn, Revision: 1 } })),
  }),
  changed('MSK-CONNECT-PLUGINS', 'revision 0', connector, { 'Plugins.0.CustomPlugin.Revision': 0 }),
  ...[0, 1.5].map((revision) =>
    changed('MSK-CONNECT-PLUGINS', `worker settings of revision ${revision}`, connector, {
      WorkerConfiguration: { WorkerConfigurationArn: 'arn', Revision: revision },
    }),
  ),
  changed('MSK-CONNECT-CAPACITY', 'no capacity', connector, { Capacity: {} }),
  changed('MSK-CONNECT-CAPACITY', 'both capacities', connector, {
    'Capacity.AutoScaling': SCALED['Capacity.AutoScaling'],
  }),
  changed(
    'MSK-CONNECT-CAPACITY',
    '3 units',
    connector,
    { 'Capacity.ProvisionedCapacity.McuCount': 3 },
    { 'Capacity.ProvisionedCapacity.McuCount': 8 },
  ),
  changed(
    'MSK-CONNECT-CAPACITY',
    '11 workers',
    connector,
    { 'Capacity.ProvisionedCapacity.WorkerCount': 11 },
    { 'Capacity.ProvisionedCapacity.WorkerCount': 10 },
  ),
  changed('MSK-CONNECT-CAPACITY', 'no worker', scaled, { 'Capacity.AutoScaling.MinWorkerCount': 0 }, SCALED),
  changed('MSK-CONNECT-CAPACITY', '11 workers at most', scaled, { 'Capacity.AutoScaling.MaxWorkerCount': 11 }, SCALED),
  changed(
    'MSK-CONNECT-CAPACITY',
    'a range upside down',
    scaled,
    { 'Capacity.AutoScaling.MinWorkerCount': 5 },
    { 'Capacity.AutoScaling.MinWorkerCount': 4 },
  ),
  changed(
    'MSK-CONNECT-CAPACITY',
    '101 percent',
    scaled,
    { 'Capacity.AutoScaling.ScaleOutPolicy.CpuUtilizationPercentage': 101 },
    { 'Capacity.AutoScaling.ScaleOutPolicy.CpuUtilizationPercentage': 100 },
  ),
  changed(
    'MSK-CONNECT-CAPACITY',
    '0 percent',
    scaled,
    { 'Capacity.AutoScaling.ScaleInPolicy.CpuUtilizationPercentage': 0 },
    { 'Capacity.AutoScaling.ScaleInPolicy.CpuUtilizationPercentage': 1 },
  ),
  changed(
    'MSK-CONNECT-SCALING',
    'flapping',
    scaled,
    { 'Capacity.AutoScaling.ScaleInPolicy.CpuUtilizationPercentage': 80 },
    { 'Capacity.AutoScaling.ScaleInPolicy.CpuUtilizationPercentage': 79 },
  ),
  changed(
    'MSK-CONNECT-CAPACITY',
    'fewer tasks than workers',
    scaled,
    { 'Capacity.AutoScaling.MaxAutoscalingTaskCount': 3 },
    { 'Capacity.AutoScaling.MaxAutoscalingTaskCount': undefined },
  ),
  {
    id: 'MSK-CONNECT-SCALING',
    wrong: 'tasks.max beside scaling',
    bad: { Subject: scaled({ ConnectorConfiguration: { 'tasks.max': '2' } }) },
    good: { Subject: connector({ ConnectorConfiguration: { 'tasks.max': '2' } }) },
  },
  changed(
    'MSK-CONNECT-AUTHENTICATION',
    'SCRAM',
    connector,
    { 'KafkaClusterClientAuthentication.AuthenticationType': 'SCRAM' },
    {},
    'SCRAM',
  ),
  changed('MSK-CONNECT-AUTHENTICATION', 'IAM in plain text', connector, {
    'KafkaClusterEncryptionInTransit.EncryptionType': 'PLAINTEXT',
  }),
  ...['b-1:9092', 'b-1:9094', 'b-1:9096'].map((servers) =>
    changed(
      'MSK-CONNECT-AUTHENTICATION',
      `IAM at ${servers}`,
      connector,
      { 'KafkaCluster.ApacheKafkaCluster.BootstrapServers': servers },
      { 'KafkaCluster.ApacheKafkaCluster.BootstrapServers': 'b-1:14001' },
      servers.slice(-4),
    ),
  ),
  changed(
    'MSK-CONNECT-AUTHENTICATION',
    'nobody at the port of IAM',
    connector,
    { 'KafkaClusterClientAuthentication.AuthenticationType': 'NONE' },
    {
      'KafkaClusterClientAuthentication.AuthenticationType': 'NONE',
      'KafkaCluster.ApacheKafkaCluster.BootstrapServers': 'b-1:9094',
    },
  ),
  changed('MSK-CONNECT-LOGGING', 'no logs', connector, { LogDelivery: undefined }),
  changed('MSK-CONNECT-LOGGING', 'logs that are off', connector, {
    'LogDelivery.WorkerLogDelivery.CloudWatchLogs.Enabled': false,
  }),
  changed(
    'MSK-CONNECT-SECRETS',
    'a password',
    connector,
    { ConnectorConfiguration: { 'database.password': 'hunter2' } },
    { ConnectorConfiguration: { 'database.password': '${secretManager:db:password}' } },
    'database.password',
  ),
  {
    id: 'MSK-CONNECT-NETWORK',
    wrong: 'a public subnet',
    bad: { Subject: connector() },
    good: { Subject: connector() },
    extras: { Subject: { facts: { publicSubnets: true } } },
    goodExtras: { Subject: { facts: { publicSubnets: false } } },
  },
  ...[
    'not base64!',
    file('key.converter=a.Key'),
    file('value.converter=a.Value'),
    file('#key.converter=a', 'x=y'),
    file('key.converter=', CONVERTERS[1]),
  ].map((content) =>
    changed('MSK-CONNECT-CONVERTERS', `the content ${content}`, workers, { PropertiesFileContent: content }),
  ),
  {
    id: 'MSK-CONNECT-OFFSETS',
    wrong: 'two connectors of one topic of offsets',
    bad: {
      Workers: workers({ PropertiesFileContent: file(...CONVERTERS, 'offset.storage.topic=offsets') }),
      One: connector({ WorkerConfiguration: { WorkerConfigurationArn: { Ref: 'Workers' }, Revision: 1 } }),
      Two: connector({ WorkerConfiguration: { WorkerConfigurationArn: { Ref: 'Workers' }, Revision: 1 } }),
    },
    good: {
      Workers: workers(),
      One: connector({ WorkerConfiguration: { WorkerConfigurationArn: { Ref: 'Workers' }, Revision: 1 } }),
      Two: connector({ WorkerConfiguration: { WorkerConfigurationArn: { Ref: 'Workers' }, Revision: 1 } }),
    },
    says: 'One, Two',
  },
  changed('MSK-CONNECT-ARCHIVE', 'a type that is none', plugin, { ContentType: 'TAR' }),
  changed(
    'MSK-CONNECT-ARCHIVE',
    'a JAR called ZIP',
    plugin,
    { ContentType: 'JAR' },
    { ContentType: 'JAR', 'Location.S3Location.FileKey': 'sink.jar' },
  ),
  changed('MSK-CONNECT-ARCHIVE-VERSION', 'an object without version', plugin, {
    'Location.S3Location.ObjectVersion': undefined,
  }),
  changed(
    'MSK-CONNECT-ARCHIVE-VERSION',
    'an object without version beside an asset',
    plugin,
    { 'Location.S3Location.ObjectVersion': undefined },
    { 'Location.S3Location': { BucketArn: 'a', FileKey: `${'0a1b'.repeat(16)}.zip` } },
  ),
];

const REPLICATOR_CASES: Case[] = [
  ...['', '-a', 'a_b', 'a'.repeat(129)].map((name) =>
    named('MSK-REPLICATOR-NAME', 'the name', replicator, 'ReplicatorName')(name, 'a'.repeat(128)),
  ),
  named('MSK-REPLICATOR-NAME', 'the text', replicator, 'Description')('a'.repeat(1025), 'a'.repeat(1024)),
  changed('MSK-REPLICATOR-CLUSTERS', 'one cluster', replicator, {
    KafkaClusters: [{ AmazonMskCluster: { MskClusterArn: ARN } }],
  }),
  changed('MSK-REPLICATOR-CLUSTERS', 'two flows', replicator, { ReplicationInfoList: [{}, {}] }),
  changed('MSK-REPLICATOR-CLUSTERS', 'one cluster twice', replicator, { [SOURCE]: OTHER_ARN }),
  changed(
    'MSK-REPLICATOR-CLUSTERS',
    'two accounts',
    replicator,
    { [SOURCE]: ARN.replace('123456789012', '210987654321') },
    { [SOURCE]: ARN.replace('eu-west-1', 'eu-central-1') },
    '210987654321',
  ),
  {
    id: 'MSK-REPLICATOR-CLUSTERS',
    wrong: 'a source without IAM',
    bad: {
      Cluster: cluster({ 'ClientAuthentication.Sasl.Iam.Enabled': false }),
      Subject: replicator({ [SOURCE]: { 'Fn::GetAtt': ['Cluster', 'Arn'] } }),
    },
    good: { Cluster: cluster(), Subject: replicator({ [SOURCE]: { 'Fn::GetAtt': ['Cluster', 'Arn'] } }) },
    says: 'IAM',
  },
  ...[['a'], ['a', 'b', 'c', 'd'], ['a', 'a']].map((subnets) =>
    changed(
      'MSK-REPLICATOR-NETWORK',
      `the subnets ${subnets.join()}`,
      replicator,
      { 'KafkaClusters.0.VpcConfig.SubnetIds': subnets },
      { 'KafkaClusters.0.VpcConfig.SubnetIds': ['a', 'b', 'c'] },
    ),
  ),
  ...[0, 17].map((count) =>
    changed(
      'MSK-REPLICATOR-NETWORK',
      `${count} groups`,
      replicator,
      { 'KafkaClusters.1.VpcConfig.SecurityGroupIds': Array.from({ length: count }, (_, i) => `sg-${i}`) },
      { 'KafkaClusters.1.VpcConfig.SecurityGroupIds': Array.from({ length: 16 }, (_, i) => `sg-${i}`) },
    ),
  ),
  ...['TopicReplication.TopicsToReplicate', 'TopicReplication.TopicsToExclude'].flatMap((path) =>
    [[], Array(101).fill('a'), ['a'.repeat(250)]].map((patterns) =>
      changed(
        'MSK-REPLICATOR-PATTERNS',
        `${path} of ${patterns.length}`,
        replicator,
        { [`${INFO}.${path}`]: patterns },
        { [`${INFO}.${path}`]: ['a'.repeat(249)] },
      ),
    ),
  ),
  changed(
    'MSK-REPLICATOR-PATTERNS',
    'no group to exclude',
    replicator,
    { [`${INFO}.ConsumerGroupReplication.ConsumerGroupsToExclude`]: [] },
    { [`${INFO}.ConsumerGroupReplication.ConsumerGroupsToReplicate`]: ['a'.repeat(256)] },
  ),
  ...['TopicReplication', 'ConsumerGroupReplication', 'TargetCompressionType'].map((member) =>
    changed('MSK-REPLICATOR-SETTINGS', `no ${member}`, replicator, { [`${INFO}.${member}`]: undefined }),
  ),
  changed(
    'MSK-REPLICATOR-SETTINGS',
    'a compression of topics',
    replicator,
    { [`${INFO}.TargetCompressionType`]: 'zstd' },
    { [`${INFO}.TargetCompressionType`]: 'ZSTD' },
  ),
  ...[undefined, { Type: 'PREFIXED_WITH_SOURCE_CLUSTER_ALIAS' }].map((naming) =>
    changed(
      'MSK-REPLICATOR-OFFSETS',
      `offsets to both sides, names ${naming?.Type}`,
      replicator,
      { [MODE]: 'ENHANCED', [NAMING]: naming },
      { [MODE]: 'ENHANCED', [NAMING]: { Type: 'IDENTICAL' } },
    ),
  ),
  {
    id: 'MSK-REPLICATOR-SELF-MANAGED',
    wrong: 'standard brokers',
    bad: { Cluster: cluster(), Subject: selfManaged() },
    good: { Cluster: express(), Subject: selfManaged() },
    says: 'express',
  },
  {
    id: 'MSK-REPLICATOR-SELF-MANAGED',
    wrong: 'plain text',
    bad: { Cluster: express(), Subject: selfManaged('PLAINTEXT') },
    good: { Cluster: express(), Subject: selfManaged() },
  },
];

function selfManaged(encryption = 'TLS') {
  return replicator({
    'KafkaClusters.0.AmazonMskCluster': undefined,
    'KafkaClusters.0.ApacheKafkaCluster': { ApacheKafkaClusterId: 'abc', BootstrapBrokerString: 'b:9094' },
    'KafkaClusters.0.EncryptionInTransit': { EncryptionType: encryption },
    'KafkaClusters.1.AmazonMskCluster.MskClusterArn': { 'Fn::GetAtt': ['Cluster', 'Arn'] },
  });
}

function connected(
  id: string,
  wrong: string,
  bad: { cluster?: unknown; connection?: Record<string, unknown> },
  good: { cluster?: unknown; connection?: Record<string, unknown>; later?: Record<string, unknown> } = {},
): Case {
  const template = (of: typeof good) => ({
    Cluster: of.cluster ?? cluster(),
    Subject: connection(of.connection),
    ...(of.later && { Later: late(of.later) }),
  });
  return { id, wrong, bad: template(bad), good: template(good) };
}

const VPC_CONNECTION_CASES: Case[] = [
  connected('MSK-VPC-CONNECTION-AUTHENTICATION', 'IAM without SASL_', { connection: { Authentication: 'IAM' } }),
  connected(
    'MSK-VPC-CONNECTION-AUTHENTICATION',
    'SCRAM that the cluster lacks',
    { connection: { Authentication: 'SASL_SCRAM' } },
    {
      cluster: cluster({ 'ClientAuthentication.Sasl.Scram.Enabled': true }),
      connection: { Authentication: 'SASL_SCRAM' },
    },
  ),
  connected('MSK-VPC-CONNECTION-CLUSTER', 'a serverless cluster', { cluster: serverless() }),
  connected('MSK-VPC-CONNECTION-CLUSTER', 'small brokers', {
    cluster: cluster({ 'BrokerNodeGroupInfo.InstanceType': 'kafka.t3.small' }),
  }),
  connected(
    'MSK-VPC-CONNECTION-CLUSTER',
    'Kafka 2.6.3',
    { cluster: cluster({ KafkaVersion: '2.6.3' }) },
    { cluster: cluster({ KafkaVersion: '2.7.1' }) },
  ),
  connected(
    'MSK-VPC-CONNECTION-CONNECTIVITY',
    'connectivity that is off',
    {},
    { cluster: cluster({ [CONNECTIVITY]: { Sasl: { Iam: { Enabled: true } } } }) },
  ),
  connected(
    'MSK-VPC-CONNECTION-CONNECTIVITY',
    'connectivity that stays off',
    {},
    { later: { VpcConnectivity: ['SASL_IAM'] } },
  ),
  connected('MSK-VPC-CONNECTION-NETWORK', 'no group', { connection: { SecurityGroups: [] } }),
  connected('MSK-VPC-CONNECTION-NETWORK', 'two subnets for three zones', { connection: { ClientSubnets: ['a', 'b'] } }),
  connected('MSK-VPC-CONNECTION-NETWORK', 'a subnet twice', { connection: { ClientSubnets: ['a', 'b', 'a'] } }),
  {
    ...connected('MSK-VPC-CONNECTION-NETWORK', 'a zone twice', {}),
    extras: { Subject: { facts: { subnetZones: ['a', 'b', 'a'] } } },
    goodExtras: { Subject: { facts: { subnetZones: ['a', 'b', 'c'] } } },
  },
];

const timed = (properties: unknown) => JSON.stringify({ type: 'object', properties });

function schemaCase(wrong: Record<string, unknown>, SchemaDefinition: string): Case {
  const template = (properties: Record<string, unknown>) => ({
    Schema: resource('AWS::Glue::Schema', { Name: 'paid', DataFormat: 'JSON', ...properties }),
    Subject: tableChannel({ [`${SCHEMA}.GsrArn`]: { 'Fn::GetAtt': ['Schema', 'Arn'] } }),
  });
  return {
    id: 'MSK-CHANNEL-SCHEMA',
    wrong: `${JSON.stringify(wrong)} instead of ${SchemaDefinition}`,
    bad: template(wrong),
    good: template({ SchemaDefinition }),
    says: 'Schema',
  };
}

const CHANNEL_CASES: Case[] = [
  ...['', 'with space', 'a'.repeat(65)].map((name) =>
    named('MSK-CHANNEL-NAME', 'the name', s3Channel, 'ChannelName')(name, 'a._-'.repeat(16)),
  ),
  ...[cluster(), serverless()].map((wrong, i) => ({
    id: 'MSK-CHANNEL-CLUSTER',
    wrong: ['standard brokers', 'a serverless cluster'][i],
    bad: { Cluster: wrong, Subject: s3Channel({ ClusterArn: { 'Fn::GetAtt': ['Cluster', 'Arn'] } }) },
    good: { Cluster: express(), Subject: s3Channel({ ClusterArn: { 'Fn::GetAtt': ['Cluster', 'Arn'] } }) },
  })),
  changed('MSK-CHANNEL-CLUSTER', 'no cluster', s3Channel, { ClusterArn: undefined }),
  changed('MSK-CHANNEL-DESTINATION', 'two topics', s3Channel, { TopicConfigurationList: [{}, {}] }),
  changed('MSK-CHANNEL-DESTINATION', 'no destination', s3Channel, { [S3]: undefined }),
  changed('MSK-CHANNEL-DESTINATION', 'both destinations', s3Channel, { [ICEBERG]: TABLE }),
  changed('MSK-CHANNEL-DESTINATION', 'no dead-letter bucket', s3Channel, { [`${S3}.DeadLetterQueueS3`]: undefined }),
  changed('MSK-CHANNEL-DESTINATION', 'no prefix of dead letters', tableChannel, {
    [`${ICEBERG}.DeadLetterQueueS3.ErrorOutputPrefix`]: undefined,
  }),
  ...[59, 901].map((seconds) =>
    named('MSK-CHANNEL-FRESHNESS', 'freshness', s3Channel, `${S3}.DataFreshnessInSeconds`)(seconds, 900),
  ),
  ...[60, 299].map((seconds) =>
    named('MSK-CHANNEL-FRESHNESS-FLOOR', 'freshness', s3Channel, `${S3}.DataFreshnessInSeconds`)(seconds, 300),
  ),
  ...[
    [`${ICEBERG}.AppendOnly`, false],
    [`${ICEBERG}.SchemaEvolution.EnableSchemaEvolution`, true],
    [`${ICEBERG}.TableCreation.EnableTableCreation`, false],
    [`${ICEBERG}.TableCreation`, undefined],
    [`${ICEBERG}.DestinationTableList`, []],
    [`${SPEC}.PartitionStrategy`, 'TIME_DAY'],
    [`${SPEC}.SourceList`, []],
    [`${SPEC}.SourceList`, undefined],
    [`${SPEC}.SourceList`, [{ SourceName: 'a' }, { SourceName: 'b' }]],
  ].map(([path, value]) =>
    changed('MSK-CHANNEL-TABLE', `${String(path)} ${JSON.stringify(value)}`, tableChannel, { [String(path)]: value }),
  ),
  changed(
    'MSK-CHANNEL-TABLE',
    'creation of no table',
    tableChannel,
    { [`${ICEBERG}.AppendOnly`]: false },
    {
      [SPEC]: undefined,
    },
  ),
  changed(
    'MSK-CHANNEL-CONVERTER',
    'registered schemas to S3',
    s3Channel,
    { [CONVERTER]: 'JSON_SCHEMA_GSR' },
    {
      [CONVERTER]: 'BYTE_ARRAY',
    },
  ),
  changed('MSK-CHANNEL-CONVERTER', 'bytes to a table', tableChannel, { [CONVERTER]: 'BYTE_ARRAY' }),
  changed('MSK-CHANNEL-CONVERTER', 'plain JSON without schema', tableChannel, { [SCHEMA]: undefined }),
  changed(
    'MSK-CHANNEL-CONVERTER',
    'two schemas',
    tableChannel,
    { [CONVERTER]: 'JSON_SCHEMA_GSR' },
    {
      [CONVERTER]: 'JSON_SCHEMA_GSR',
      [SCHEMA]: undefined,
    },
  ),
  changed('MSK-CHANNEL-CONVERTER', 'a registry for a schema', tableChannel, {
    [`${SCHEMA}.GsrArn`]: 'arn:aws:glue:eu-west-1:123456789012:registry/sales',
  }),
  changed('MSK-CHANNEL-CATALOG', 'the catalog of the account', tableChannel, {
    [`${ICEBERG}.Catalog.CatalogArn`]: 'arn:aws:glue:eu-west-1:123456789012:catalog',
  }),
  changed(
    'MSK-CHANNEL-CATALOG',
    'a bucket of objects for tables',
    tableChannel,
    { [`${ICEBERG}.Catalog.WarehouseLocation`]: WAREHOUSE.replace('s3tables', 's3') },
    { [`${ICEBERG}.Catalog.WarehouseLocation`]: WAREHOUSE },
  ),
  ...['', WAREHOUSE.replace('cn-north-1', 'cn-northwest-1')].map((warehouse) => ({
    ...changed(
      'MSK-CHANNEL-CATALOG',
      `the catalog, or the bucket ${warehouse}, of another Region`,
      tableChannel,
      warehouse === ''
        ? { [`${ICEBERG}.Catalog.CatalogArn`]: CATALOG.replace('cn-north-1', 'cn-northwest-1') }
        : { [`${ICEBERG}.Catalog.WarehouseLocation`]: warehouse },
      { [`${ICEBERG}.Catalog.WarehouseLocation`]: WAREHOUSE },
      'cn-northwest-1',
    ),
    extras: { Subject: { facts: { region: 'cn-north-1' } } },
    goodExtras: { Subject: { facts: { region: 'cn-north-1' } } },
  })),
  ...[
    { DataFormat: 'AVRO' },
    { SchemaDefinition: { Ref: 'Unknown' }, DataFormat: 'PROTOBUF' },
    { SchemaDefinition: timed({ at: { type: 'string' } }) },
    { SchemaDefinition: timed({ other: { type: 'string', format: 'date-time' } }) },
  ].flatMap((wrong) =>
    [timed({ at: { format: 'date-time' } }), timed({ at: { $ref: '#/definitions/time' } }), timed(undefined)].map(
      (right) => schemaCase(wrong, right),
    ),
  ),
  named('MSK-CHANNEL-KEYS', 'a prefix', s3Channel, `${S3}.Storage.OutputPrefix`)('a'.repeat(1025), 'a'.repeat(1024)),
  ...[
    '!{yyyy}/!{MM}/',
    '!{topic-name}',
    '!{sequence-number}-!{partition-id}-!{kafka-offset}',
    '!{kafka-offset}',
    '!{sequence-number}/data',
    '!{shard}/!{sequence-number}',
    'a b/!{sequence-number}',
    '../!{sequence-number}',
    `${'a'.repeat(1007)}!{sequence-number}`,
  ].map((template) =>
    named('MSK-CHANNEL-KEYS', 'keys', s3Channel, KEYS)(template, 'data/!{HH}/!{partition-id}-!{kafka-offset}.json'),
  ),
  named('MSK-CHANNEL-STORAGE', 'compression', s3Channel, `${S3}.Storage.CompressionType`)('SNAPPY', 'ZSTD'),
  named('MSK-CHANNEL-STORAGE', 'class', s3Channel, `${S3}.Storage.StorageClass`)('STANDARD_IA', 'GLACIER_IR'),
  named('MSK-CHANNEL-STORAGE', 'compression', tableChannel, `${ICEBERG}.CompressionType`)('GZIP', 'SNAPPY'),
  changed('MSK-CHANNEL-LOGGING', 'no logs', s3Channel, { LoggingInfo: undefined }),
];

export const MOVING_DATA_CASES: Case[] = [
  ...CONNECT_CASES,
  ...REPLICATOR_CASES,
  ...VPC_CONNECTION_CASES,
  ...CHANNEL_CASES,
];
