import { CfnParameter, Duration } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CfnTableBucket } from 'aws-cdk-lib/aws-s3tables';
import { ClusterKind, MskCluster } from '../../lib/cluster';
import {
  ChannelCompression,
  ChannelDestination,
  ChannelRecordFormat,
  ChannelStorageClass,
  DeliveryLogs,
  MskChannel,
  TableCompression,
  TableRecords,
} from '../../lib/connect';
import type { IcebergChannelDestinationOptions, MskChannelProps, S3ChannelDestinationOptions } from '../../lib/connect';
import { KafkaSchema, KafkaSchemaRegistry, KafkaTopic, SchemaDataFormat } from '../../lib/topic';
import type { IKafkaTopic } from '../../lib/topic';
import {
  app,
  CLUSTER_ARN,
  cluster,
  countsOf,
  idsOf,
  keepReportsQuiet,
  onlyOne,
  resourcesOf,
  stack,
  textOf,
  warningsOf,
} from '../support/fixtures';
import { nagFindings } from '../support/nag';

keepReportsQuiet();

const CHANNEL = 'AWS::MSK::Channel';
const TOPIC_ARN = `${CLUSTER_ARN.replace(':cluster/', ':topic/')}/paid`;
const PAID_SCHEMA = JSON.stringify({
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties: { at: { type: 'string', format: 'date-time' } },
});

/** A topic of a cluster with express brokers. */
function topicOf(of: Stack, topicName = 'paid', clusterArn = CLUSTER_ARN): IKafkaTopic {
  const id = `Express${topicName}`;
  const express = MskCluster.fromClusterAttributes(of, id, { clusterArn, kind: ClusterKind.EXPRESS });
  return KafkaTopic.fromTopicName(of, `Topic${topicName}`, express, topicName);
}

function toS3(of: Stack, options: Partial<S3ChannelDestinationOptions> = {}): ChannelDestination {
  return ChannelDestination.s3({ bucket: s3.Bucket.fromBucketName(of, 'Archive', 'archive'), ...options });
}

function toTable(of: Stack, options: Partial<IcebergChannelDestinationOptions> = {}): ChannelDestination {
  return ChannelDestination.iceberg({
    tableBucket: new CfnTableBucket(of, 'Tables', { tableBucketName: 'tables' }),
    databaseName: 'sales',
    tableName: 'paid',
    records: options.records ?? TableRecords.json(schemaOf(of)),
    ...options,
  });
}

function schemaOf(of: Stack): KafkaSchema {
  return new KafkaSchema(of, 'Schema', {
    registry: new KafkaSchemaRegistry(of, 'Registry'),
    schemaName: 'paid',
    dataFormat: SchemaDataFormat.JSON,
    definition: PAID_SCHEMA,
  });
}

function channel(of: Stack, props: Partial<MskChannelProps> = {}, id = 'Channel'): MskChannel {
  return new MskChannel(of, id, {
    ...props,
    topic: props.topic ?? topicOf(of),
    destination: props.destination ?? toS3(of),
  });
}

/** What the role may do: resource to actions, and under which conditions. */
function allowed(of: Stack): Record<string, { actions: string[]; condition?: any }> {
  const rights: Record<string, { actions: string[]; condition?: any }> = {};
  for (const { Action, Resource, Condition } of onlyOne(of, 'AWS::IAM::Policy').Properties.PolicyDocument.Statement) {
    for (const resource of [Resource].flat()) {
      expect(rights).not.toHaveProperty([textOf(resource)]);
      rights[textOf(resource)] = { actions: [Action].flat(), ...(Condition && { condition: Condition }) };
    }
  }
  return rights;
}

const LIST = ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'];
const PUT = ['s3:ListMultipartUploadParts', 's3:PutObject'];

describe('a channel to S3', () => {
  const of = stack();
  const archive = channel(of);
  const template = Template.fromStack(of);
  const [bucketId] = idsOf(template, 'AWS::S3::Bucket');
  const [logGroupId] = idsOf(template, 'AWS::Logs::LogGroup');
  const [roleId] = idsOf(template, 'AWS::IAM::Role');

  test('[95] [139] delivers one topic, and what fails to a bucket of its own', () => {
    const { Properties } = onlyOne(template, CHANNEL);
    expect(Properties).toEqual({
      ChannelName: expect.stringMatching(/^Stack-Channel-[A-F0-9]{8}-[a-f0-9]{8}$/),
      ClusterArn: CLUSTER_ARN,
      TopicConfigurationList: [{ TopicArn: TOPIC_ARN, RecordConverter: { ValueConverter: 'JSON' } }],
      S3DestinationConfiguration: {
        ServiceExecutionRoleArn: { 'Fn::GetAtt': [roleId, 'Arn'] },
        DataFreshnessInSeconds: 600,
        DeadLetterQueueS3: { BucketArn: { 'Fn::GetAtt': [bucketId, 'Arn'] }, ErrorOutputPrefix: 'errors/' },
        Storage: {
          BucketArn: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::archive']] },
          CompressionType: 'GZIP',
          StorageClass: 'STANDARD',
        },
      },
      LoggingInfo: { CloudWatchLogs: { Enabled: true, LogGroup: { Ref: logGroupId } } },
    });
  });

  test('[95] keeps dead letters encrypted and closed, as long as the cluster', () => {
    expect(onlyOne(template, 'AWS::S3::Bucket')).toMatchObject({
      Properties: { PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true } },
      DeletionPolicy: 'RetainExceptOnCreate',
    });
    expect(archive.deadLetterBucket.bucketArn).toBeDefined();
  });

  test('[95] may write to both buckets and its log, and nothing else', () => {
    const arn = 'arn:<AWS::Partition>:s3:::archive';
    expect(allowed(of)).toEqual({
      [arn]: { actions: LIST },
      [`${arn}/*`]: { actions: PUT },
      [`<${bucketId}.Arn>`]: { actions: LIST },
      [`<${bucketId}.Arn>/*`]: { actions: PUT },
      [`<${logGroupId}.Arn>`]: { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'] },
    });
  });

  test('[95] has a role that Amazon MSK takes for channels of this account and Region', () => {
    const [statement] = onlyOne(template, 'AWS::IAM::Role').Properties.AssumeRolePolicyDocument.Statement;
    expect(statement).toMatchObject({
      Principal: { Service: 'kafka.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    });
    expect(textOf(statement.Condition.ArnLike['aws:SourceArn'])).toBe(
      'arn:<AWS::Partition>:kafka:<AWS::Region>:<AWS::AccountId>:channel/*',
    );
  });

  test('[95] waits for rights, log and dead-letter bucket, since one that fails has to be made anew', () => {
    expect(onlyOne(template, CHANNEL).DependsOn?.sort()).toEqual(
      [
        bucketId,
        logGroupId,
        ...idsOf(template, 'AWS::S3::BucketPolicy'),
        ...idsOf(template, 'AWS::IAM::Policy'),
      ].sort(),
    );
  });

  test('[139] has metrics with the dimensions of channels', () => {
    const metric = archive.metricDataFreshness();
    expect(metric).toMatchObject({
      namespace: 'AWS/Kafka',
      metricName: 'DeliveryToS3.DataFreshness',
      statistic: 'Maximum',
    });
    expect(of.resolve(metric.dimensions)).toEqual({
      ClusterName: 'orders',
      ChannelName: onlyOne(template, CHANNEL).Properties.ChannelName,
      Topic: 'paid',
    });
  });

  test('[B-08] has no finding of cdk-nag but for keys of objects and the access log of dead letters', () => {
    expect(nagFindings(of).map(({ id, resource }) => `${resource} ${id.replace(/\[.*/, '')}`)).toEqual([
      'Channel/DeadLetters/Resource AwsSolutions-S1',
      'Channel/Policy/Resource AwsSolutions-IAM5',
      'Channel/Policy/Resource AwsSolutions-IAM5',
    ]);
    expect(warningsOf(of)).toEqual([]);
  });
});

test('[95] a channel to S3 says all that it is told, with keys of both buckets', () => {
  const of = stack();
  const keys = ['ArchiveKey', 'DeadKey', 'ChannelKey'].map((id) => new kms.Key(of, id));
  const [bucket, dead] = ['Own', 'Dead'].map(
    (id, i) => new s3.Bucket(of, id, { encryption: s3.BucketEncryption.KMS, encryptionKey: keys[i] }),
  );
  channel(of, {
    destination: toS3(of, {
      bucket,
      format: ChannelRecordFormat.BYTE_ARRAY,
      prefix: 'paid/',
      keyTemplate: '!{yyyy}/!{sequence-number}',
      compression: ChannelCompression.ZSTD,
      storageClass: ChannelStorageClass.GLACIER_INSTANT_RETRIEVAL,
    }),
    dataFreshness: Duration.minutes(5),
    deadLetterBucket: dead,
    deadLetterPrefix: 'failed/',
    encryptionKey: keys[2],
  });
  expect(onlyOne(of, CHANNEL).Properties).toMatchObject({
    TopicConfigurationList: [{ RecordConverter: { ValueConverter: 'BYTE_ARRAY' } }],
    EncryptionConfiguration: { KmsKeyArn: { 'Fn::GetAtt': [expect.stringMatching(/^ChannelKey/), 'Arn'] } },
    S3DestinationConfiguration: {
      DataFreshnessInSeconds: 300,
      DeadLetterQueueS3: { ErrorOutputPrefix: 'failed/' },
      Storage: {
        OutputPrefix: 'paid/',
        OutputKeyTemplate: '!{yyyy}/!{sequence-number}',
        CompressionType: 'ZSTD',
        StorageClass: 'GLACIER_IR',
      },
    },
  });
  const rights = Object.entries(allowed(of));
  const objects = rights.filter(([resource]) => resource.endsWith('*')).map(([resource]) => resource);
  expect(objects.sort()).toEqual([
    expect.stringMatching(/^<Dead.*\.Arn>\/\*$/),
    expect.stringMatching(/^<Own.*\.Arn>\/paid\/\*$/),
  ]);
  const byKey = rights.filter(([, { actions }]) => actions.includes('kms:GenerateDataKey'));
  const viaS3 = { 'Fn::Join': ['', ['s3.', { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }]] };
  expect(byKey.map(([key, { condition }]) => [key.slice(1, 5), condition?.StringEquals['kms:ViaService']])).toEqual([
    ['Arch', viaS3],
    ['Dead', viaS3],
    ['Chan', undefined],
  ]);
});

describe('a channel to a table', () => {
  const of = stack();
  const archive = channel(of, { destination: toTable(of, { partitionedBy: 'at' }) });
  const template = Template.fromStack(of);
  const [tablesId] = idsOf(template, 'AWS::S3Tables::TableBucket');
  const [schemaId] = idsOf(template, 'AWS::Glue::Schema');
  const tables = `<${tablesId}>`;

  test('[95] makes its table by the schema, in the catalog of the table bucket', () => {
    const { IcebergDestinationConfiguration, TopicConfigurationList } = onlyOne(template, CHANNEL).Properties;
    expect(TopicConfigurationList[0]).toMatchObject({
      RecordConverter: { ValueConverter: 'JSON' },
      RecordSchema: { GsrArn: { 'Fn::GetAtt': [schemaId, 'Arn'] } },
    });
    expect(IcebergDestinationConfiguration).toMatchObject({
      AppendOnly: true,
      SchemaEvolution: { EnableSchemaEvolution: false },
      TableCreation: { EnableTableCreation: true },
      CompressionType: 'ZSTD',
      Catalog: { WarehouseLocation: { Ref: tablesId } },
      DestinationTableList: [
        {
          DestinationDatabaseName: 'sales',
          DestinationTableName: 'paid',
          PartitionSpec: { PartitionStrategy: 'TIME_HOUR', SourceList: [{ SourceName: 'at' }] },
        },
      ],
    });
    const arn = 'arn:aws-cn:s3tables:cn-north-1:123456789012:bucket/tables';
    expect(textOf(IcebergDestinationConfiguration.Catalog.CatalogArn, { [tablesId]: arn })).toBe(
      'arn:<AWS::Partition>:glue:cn-north-1:123456789012:catalog/s3tablescatalog/tables',
    );
    expect(archive.metricDataFreshness().metricName).toBe('DeliveryToIceberg.DataFreshness');
  });

  test('[95] may write its table and read its schema', () => {
    const rights = allowed(of);
    const [registryId] = idsOf(template, 'AWS::Glue::Registry');
    for (const resource of [tables, `${tables}/table/*`]) {
      expect(rights[resource]).toEqual({
        actions: [
          's3tables:CreateNamespace',
          's3tables:CreateTable',
          's3tables:GetTable',
          's3tables:GetTableBucket',
          's3tables:GetTableData',
          's3tables:GetTableMetadataLocation',
          's3tables:PutTableData',
          's3tables:PutTableRecordExpirationConfiguration',
          's3tables:TagResource',
          's3tables:UpdateTableMetadataLocation',
        ],
      });
    }
    for (const resource of [`<${registryId}.Arn>`, `<${schemaId}.Arn>`]) {
      expect(rights[resource]).toEqual({ actions: ['glue:GetSchemaVersion'] });
    }
  });

  test('[95] waits for the table bucket and the schema', () => {
    expect(onlyOne(template, CHANNEL).DependsOn).toEqual(expect.arrayContaining([tablesId, schemaId]));
  });
});

test('[95] records that name their schema need none, and a key of the table bucket is granted', () => {
  const of = stack();
  const records = TableRecords.registered(new KafkaSchemaRegistry(of, 'Registry'));
  channel(of, {
    destination: toTable(of, { records, tableKey: new kms.Key(of, 'Key'), compression: TableCompression.SNAPPY }),
  });
  const { TopicConfigurationList, IcebergDestinationConfiguration } = onlyOne(of, CHANNEL).Properties;
  expect(TopicConfigurationList[0].RecordConverter).toEqual({ ValueConverter: 'JSON_SCHEMA_GSR' });
  expect(TopicConfigurationList[0]).not.toHaveProperty('RecordSchema');
  expect(IcebergDestinationConfiguration.CompressionType).toBe('SNAPPY');
  expect(IcebergDestinationConfiguration.DestinationTableList[0]).not.toHaveProperty('PartitionSpec');
  const rights = Object.values(allowed(of));
  expect(rights.flatMap(({ actions }) => actions)).toContain('s3tables:PutTableEncryption');
  const [byKey] = rights.filter(({ actions }) => actions.includes('kms:Decrypt'));
  expect(textOf(byKey.condition.StringEquals['kms:ViaService'])).toBe('s3tables.<AWS::Region>.<AWS::URLSuffix>');
});

describe('the name of a channel', () => {
  function name(props: Partial<MskChannelProps> = {}, options: Partial<S3ChannelDestinationOptions> = {}): string {
    const of = stack();
    channel(of, { ...props, destination: toS3(of, options) });
    return onlyOne(of, CHANNEL).Properties.ChannelName;
  }

  test('[95] stays with the freshness, and changes with anything else', () => {
    const before = name();
    expect(name({ dataFreshness: Duration.minutes(15) })).toBe(before);
    const others = [name({ logs: [] }), name({ deadLetterPrefix: 'x/' }), name({}, { prefix: 'x/' })];
    expect(new Set([before, ...others]).size).toBe(4);
  });

  test("[95] of the user's own is warned of", () => {
    const of = stack();
    channel(of, { channelName: 'paid' });
    expect(warningsOf(of)).toEqual([expect.stringMatching(/`channelName`.*MSK-REPLACEMENT-NAME\]$/)]);
  });
});

describe('what a channel can not do', () => {
  test('[95] is deliver from other brokers', () => {
    const of = stack();
    const orders = cluster(of);
    const topic = new KafkaTopic(of, 'Paid', { cluster: orders, topicName: 'paid', partitions: 1 });
    expect(() => channel(of, { topic })).toThrow(/MSK-CHANNEL-CLUSTER: .*'Stack\/Orders' is standard.*Firehose/);
  });

  test.each<[string, Partial<MskChannelProps>, Partial<S3ChannelDestinationOptions>]>([
    ['MSK-CHANNEL-FRESHNESS', { dataFreshness: Duration.minutes(16) }, {}],
    ['MSK-CHANNEL-NAME', { channelName: 'with space' }, {}],
    ['MSK-CHANNEL-KEYS', {}, { keyTemplate: '!{topic-name}/' }],
  ])('[95] fails at synth by %s', (id, props, options) => {
    const both = app();
    const of = stack({ app: both });
    channel(of, { ...props, destination: toS3(of, options) });
    expect(() => both.synth()).toThrow(id);
  });

  test('[95] is warned of where it would stay silent', () => {
    const of = stack();
    channel(of, { logs: [], dataFreshness: Duration.minutes(2) });
    expect(
      warningsOf(of)
        .map((each) => /MSK[A-Z-]+/.exec(each.slice(each.indexOf('[ack')))?.[0])
        .sort(),
    ).toEqual(['MSK-CHANNEL-FRESHNESS-FLOOR', 'MSK-CHANNEL-LOGGING']);
  });
});

test('[95] values that are not known yet pass', () => {
  const of = stack();
  const text = (id: string) => new CfnParameter(of, id).valueAsString;
  channel(of, {
    topic: topicOf(of, text('Topic'), text('Cluster')),
    destination: toS3(of, { prefix: text('Prefix') }),
  });
  expect(warningsOf(of)).toEqual([]);
});

test('[95] two channels of one topic, logs by the role, and imports', () => {
  const of = stack();
  const [topic, destination] = [topicOf(of), toS3(of)];
  channel(of, { topic, destination }, 'One');
  const bucket = s3.Bucket.fromBucketName(of, 'Logs', 'logs');
  channel(of, { topic, destination, logs: [DeliveryLogs.toBucket(bucket, 'channel/')] }, 'Two');
  expect(countsOf(of)).toMatchObject({ [CHANNEL]: 2, 'AWS::IAM::Role': 2, 'AWS::S3::Bucket': 2 });
  const policy = resourcesOf(of)[idsOf(of, 'AWS::IAM::Policy').find((id) => id.startsWith('Two'))!];
  expect(textOf(policy.Properties.PolicyDocument.Statement.at(-1).Resource)).toBe(
    'arn:<AWS::Partition>:s3:::logs/channel/*',
  );
  const arn = 'arn:aws-cn:kafka:cn-north-1:123456789012:channel/orders/0a1b2c3d/paid/1';
  expect(MskChannel.fromChannelArn(of, 'Imported', arn).env.region).toBe('cn-north-1');
});

test('[95] a role that can not be changed is told what it lacks', () => {
  const of = stack();
  channel(of, { role: iam.Role.fromRoleArn(of, 'Role', 'arn:aws:iam::123456789012:role/r', { mutable: false }) });
  expect(warningsOf(of).join()).toMatch(/s3:PutObject.*logs:PutLogEvents.*MSK-GRANT-NOT-ADDED/);
});
