import { cluster, mapping, resource } from '../templates';
import { named } from './case';
import type { Case } from './case';

const group = named('LAMBDA-MSK-GROUP', 'the group', mapping, 'AmazonManagedKafkaEventSourceConfig.ConsumerGroupId');
const groupMetrics = named(
  'LAMBDA-MSK-GROUP-METRICS',
  'the group',
  mapping,
  'AmazonManagedKafkaEventSourceConfig.ConsumerGroupId',
);
const read = named('LAMBDA-MSK-TOPIC', 'the topics', mapping, 'Topics');

export const MAPPING_CASES: Case[] = [
  ...Object.entries<unknown>({
    MaximumRetryAttempts: 3,
    MaximumRecordAgeInSeconds: 3600,
    BisectBatchOnFunctionError: true,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    'DestinationConfig.OnFailure.Destination': 'kafka://failures',
    'AmazonManagedKafkaEventSourceConfig.SchemaRegistryConfig': { SchemaRegistryURI: 'https://example.com' },
    LoggingConfig: { SystemLogLevel: 'INFO' },
    'MetricsConfig.Metrics': ['EventCount', 'KafkaMetrics'],
  }).map(([path, value]) => ({
    id: 'LAMBDA-MSK-SCALING',
    wrong: `${path} on demand`,
    bad: { Mapping: mapping({ [path]: value }) },
    good: { Mapping: mapping({ [path]: value, ProvisionedPollerConfig: { MinimumPollers: 1 } }) },
    says: path,
  })),
  {
    id: 'LAMBDA-MSK-SCALING',
    wrong: 'retries on a cluster of the template',
    bad: { Cluster: cluster(), Mapping: source({ Ref: 'Cluster' }) },
    good: { Mapping: source('arn:aws:kinesis:eu-west-1:123456789012:stream/orders') },
  },
  {
    id: 'LAMBDA-MSK-SCALING',
    wrong: 'retries by number, not the default of -1',
    bad: { Mapping: mapping({ MaximumRetryAttempts: 0 }) },
    good: {
      Mapping: mapping({ MaximumRetryAttempts: -1, BisectBatchOnFunctionError: false, FunctionResponseTypes: [] }),
    },
  },
  group('my group', 'my-group'),
  group('', 'a'),
  group('a'.repeat(201), 'a'.repeat(200)),
  group('gruppe-ä', 'orders/billing@eu'),
  groupMetrics('team:billing', 'team.billing'),
  groupMetrics('billing*', 'billing_1'),
  read([], ['paid']),
  read(['paid', 'shipped'], ['paid']),
  read(undefined, ['paid']),
  read(['a'], ['aa']),
  read(['.paid'], ['paid.']),
  read(['a'.repeat(250)], ['a'.repeat(249)]),
  {
    id: 'LAMBDA-MSK-DESTINATION',
    wrong: 'endless retries before a destination',
    bad: { Mapping: failing('arn:aws:sqs:eu-west-1:123456789012:failed') },
    good: { Mapping: failing('arn:aws:sqs:eu-west-1:123456789012:failed', { MaximumRetryAttempts: 5 }) },
    says: '10',
  },
  {
    id: 'LAMBDA-MSK-DESTINATION',
    wrong: 'endless retries by number before a destination yet unknown',
    bad: { Mapping: failing({ 'Fn::GetAtt': ['Queue', 'Arn'] }, { MaximumRetryAttempts: -1 }) },
    good: { Mapping: failing({ 'Fn::GetAtt': ['Queue', 'Arn'] }, { MaximumRetryAttempts: { Ref: 'Retries' } }) },
  },
  {
    id: 'LAMBDA-MSK-DESTINATION',
    wrong: 'the topic itself',
    bad: { Mapping: failing('kafka://paid', { MaximumRetryAttempts: 5 }) },
    good: {
      Mapping: failing('kafka://paid-failed', { MaximumRetryAttempts: 5 }),
      Untroubled: mapping({ ProvisionedPollerConfig: { MinimumPollers: 1 } }),
      Stream: failing('arn:aws:sqs:eu-west-1:123456789012:failed', {
        EventSourceArn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders',
        AmazonManagedKafkaEventSourceConfig: undefined,
        Topics: undefined,
      }),
    },
    says: 'kafka://paid',
  },
];

function source(EventSourceArn: unknown) {
  return resource('AWS::Lambda::EventSourceMapping', { EventSourceArn, MaximumRetryAttempts: 3 });
}

function failing(destination: unknown, changes: Record<string, unknown> = {}) {
  return mapping({
    ProvisionedPollerConfig: { MinimumPollers: 1 },
    'DestinationConfig.OnFailure.Destination': destination,
    ...changes,
  });
}
