import { Duration } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import {
  Brokers,
  ChannelDestination,
  DeliveryLogs,
  ExpressBrokerSize,
  KafkaSchema,
  KafkaSchemaRegistry,
  KafkaTopic,
  MskChannel,
  SchemaDataFormat,
  ServerlessCluster,
  TableRecords,
} from '../../../lib';
import type {
  IcebergChannelDestinationOptions,
  IKafkaSchema,
  IMskCluster,
  MskChannelProps,
  S3ChannelDestinationOptions,
} from '../../../lib';
import { cluster, importedVpc, keepReportsQuiet } from '../../support/fixtures';
import { refuses } from './refused';
import type { Refusal, Write } from './refused';

keepReportsQuiet();

const express = (of: Stack): IMskCluster =>
  cluster(of, 'Orders', { brokers: Brokers.express({ size: ExpressBrokerSize.M7G_LARGE }) });
const to =
  (
    destination: (of: Stack) => ChannelDestination,
    props: Partial<MskChannelProps> = {},
    home: (of: Stack) => IMskCluster = express,
  ): Write =>
  (of) =>
    new MskChannel(of, 'Channel', {
      topic: KafkaTopic.fromTopicName(of, 'Topic', home(of), 'paid'),
      destination: destination(of),
      ...props,
    });
const bucket =
  (options: Partial<S3ChannelDestinationOptions> = {}) =>
  (of: Stack) =>
    ChannelDestination.s3({ bucket: s3.Bucket.fromBucketName(of, 'Archive', 'archive'), ...options });
const channel = (props: Partial<MskChannelProps>) => to(bucket(), props);
const keys = (keyTemplate: string, prefix?: string) => to(bucket({ keyTemplate, prefix }));

const definition = (field: object, name = 'at') => JSON.stringify({ type: 'object', properties: { [name]: field } });
const TIME = definition({ type: 'string', format: 'date-time' });
const schema =
  (text = TIME, dataFormat = SchemaDataFormat.JSON) =>
  (of: Stack) =>
    new KafkaSchema(of, 'Schema', {
      registry: new KafkaSchemaRegistry(of, 'Registry'),
      schemaName: 'paid',
      dataFormat,
      definition: text,
    });
const grown = (next: string) => (of: Stack) => {
  const first = schema()(of);
  first.addVersion('V2', next);
  return first;
};
const importedSchema = (resource: string) => (of: Stack) =>
  KafkaSchema.fromSchemaArn(of, 'Schema', `arn:aws:glue:eu-west-1:123456789012:${resource}`);
const TABLES = 'arn:aws:s3tables:eu-west-1:123456789012:bucket/tables';
/** As a library for table buckets imports one. */
const imported = (of: Stack, tableBucketArn: string): IcebergChannelDestinationOptions['tableBucket'] =>
  Object.assign(new Construct(of, 'Tables'), { env: of.env, tableBucketRef: { tableBucketArn } });
const table =
  (
    options: Partial<IcebergChannelDestinationOptions> = {},
    described: (of: Stack) => IKafkaSchema = schema(),
    tables = TABLES,
  ): Write =>
  (of) =>
    to(() =>
      ChannelDestination.iceberg({
        tableBucket: imported(of, tables),
        databaseName: 'sales',
        tableName: 'paid',
        records: TableRecords.json(described(of)),
        ...options,
      }),
    )(of);
const inTables = (arn: string) => table({}, schema(), arn);
const SEQUENCE = '!{sequence-number}';

describe('[111] channels', () =>
  refuses([
    ...['with space', 'a'.repeat(65)].map((channelName): Refusal => [
      `the name '${channelName}' of a channel`,
      'MSK-CHANNEL-NAME',
      channel({ channelName }),
      channel({ channelName: 'a._-'.repeat(16) }),
      'use 1 to 64 letters',
    ]),
    [
      'a channel from standard brokers',
      'MSK-CHANNEL-CLUSTER',
      to(bucket(), {}, (of) => cluster(of)),
      channel({}),
      'use Amazon Data Firehose or a connector',
    ],
    [
      'a channel from a serverless cluster',
      'MSK-CHANNEL-CLUSTER',
      to(bucket(), {}, (of) => new ServerlessCluster(of, 'Clicks', { vpc: importedVpc(of) })),
      channel({}),
      'use Amazon Data Firehose or a connector',
    ],
    [
      'a freshness of less than a minute',
      'MSK-CHANNEL-FRESHNESS',
      channel({ dataFreshness: Duration.seconds(59) }),
      channel({ dataFreshness: Duration.minutes(5) }),
      'use 300 to 900',
    ],
    [
      'a freshness of a table of more than a quarter of an hour',
      'MSK-CHANNEL-FRESHNESS',
      to(bucket(), { dataFreshness: Duration.seconds(901) }),
      to(bucket(), { dataFreshness: Duration.seconds(900) }),
      'use 300 to 900',
    ],
    [
      'one kind of logs twice',
      'DeliveryLogsTwice',
      channel({ logs: [DeliveryLogs.toLogGroup(), DeliveryLogs.toLogGroup()] }),
      channel({ logs: [DeliveryLogs.toLogGroup()] }),
      'each kind of destination once',
    ],
    ...(
      [
        ['', 'once'],
        ['!{yyyy}/!{MM}/', 'once'],
        [`${SEQUENCE}-!{partition-id}-!{kafka-offset}`, 'once'],
        [`${SEQUENCE}/data`, 'into its last part'],
        ['!{kafka-offset}', 'add !{partition-id}'],
        [`!{shard}/${SEQUENCE}`, 'use channel-id'],
        [`a b/${SEQUENCE}`, 'use letters'],
        [`../${SEQUENCE}`, 'no dot before a slash'],
        [`${'a'.repeat(1007)}${SEQUENCE}`, 'at most 1024'],
      ] as const
    ).map(([template, fix]): Refusal => [
      `the template '${template.slice(-60)}' of keys`,
      'MSK-CHANNEL-KEYS',
      keys(template),
      keys('data/!{HH}/!{partition-id}-!{kafka-offset}.json'),
      fix,
    ]),
    [
      'a prefix and a template too long together',
      'MSK-CHANNEL-KEYS',
      keys(SEQUENCE, 'a'.repeat(1025 - SEQUENCE.length)),
      keys(SEQUENCE, 'a'.repeat(1024 - SEQUENCE.length)),
      'at most 1024',
    ],
    [
      'a prefix too long by itself',
      'MSK-CHANNEL-KEYS',
      to(bucket({ prefix: 'a'.repeat(1025) })),
      to(bucket({ prefix: 'a'.repeat(1024) })),
      'at most 1024',
    ],
    [
      'a registry for a schema',
      'MSK-CHANNEL-CONVERTER',
      table({}, importedSchema('registry/sales/x')),
      table({}, importedSchema('schema/sales/paid')),
      'use that of a schema',
    ],
    [
      'a schema that is not of JSON',
      'MSK-CHANNEL-SCHEMA',
      table({}, schema('syntax = "proto3"; message Paid { string at = 1; }', SchemaDataFormat.PROTOBUF)),
      table({}, schema()),
      'DataFormat JSON',
    ],
    [
      'a field to partition by that is no time',
      'MSK-CHANNEL-SCHEMA',
      table({ partitionedBy: 'at' }, schema(definition({ type: 'string' }))),
      table({ partitionedBy: 'at' }),
      '"format": "date-time"',
    ],
    [
      'a field to partition by that is not there',
      'MSK-CHANNEL-SCHEMA',
      table({ partitionedBy: 'paidAt' }),
      table({ partitionedBy: 'at' }),
      'date-time',
    ],
    [
      'a field that no version of the schema describes as a time',
      'MSK-CHANNEL-SCHEMA',
      table({ partitionedBy: 'paidAt' }, grown(definition({ type: 'string' }, 'paidAt'))),
      table({ partitionedBy: 'paidAt' }, grown(definition({ type: 'string', format: 'date-time' }, 'paidAt'))),
      'date-time',
    ],
    [
      'a bucket of objects for tables',
      'MSK-CHANNEL-CATALOG',
      inTables('arn:aws:s3:eu-west-1:123456789012:bucket/tables'),
      inTables(TABLES),
      'use a table bucket',
    ],
    [
      'a table bucket of another Region',
      'MSK-CHANNEL-CATALOG',
      inTables(TABLES.replace('eu-west-1', 'eu-central-1')),
      inTables(TABLES),
      'eu-west-1',
    ],
  ]));
