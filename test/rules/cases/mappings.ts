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

const provisioned = () => ({ ProvisionedPollerConfig: { MinimumPollers: 1 } });

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
  {
    id: 'LAMBDA-MSK-DESTINATION',
    wrong: 'a topic with a name of three characters',
    bad: { Mapping: failing('kafka://dlt', { MaximumRetryAttempts: 5 }) },
    good: { Mapping: failing('kafka://dead', { MaximumRetryAttempts: 5 }) },
    says: 'dlt',
  },
  ...Object.entries<[number, number]>({
    BatchSize: [0, 1],
    MaximumBatchingWindowInSeconds: [301, 300],
    MaximumRetryAttempts: [10_001, 10_000],
    MaximumRecordAgeInSeconds: [59, 60],
    'ProvisionedPollerConfig.MinimumPollers': [201, 200],
    'ProvisionedPollerConfig.MaximumPollers': [2_001, 2_000],
  }).map(([path, [bad, good]]): Case => ({
    id: 'LAMBDA-MSK-RANGES',
    wrong: `${path} of ${bad}`,
    bad: { Mapping: mapping({ ...provisioned(), [path]: bad }) },
    good: { Mapping: mapping({ ...provisioned(), [path]: good }) },
    says: String(bad),
  })),
  {
    id: 'LAMBDA-MSK-RANGES',
    wrong: 'fewer pollers at most than at least',
    bad: { Mapping: mapping({ ProvisionedPollerConfig: { MinimumPollers: 3, MaximumPollers: 2 } }) },
    good: {
      Mapping: mapping({
        ProvisionedPollerConfig: { MinimumPollers: 2, MaximumPollers: 2 },
        MaximumRecordAgeInSeconds: -1,
      }),
    },
  },
  {
    id: 'LAMBDA-MSK-RANGES',
    wrong: 'a poller group of 129 characters',
    bad: { Mapping: mapping({ ProvisionedPollerConfig: { PollerGroupName: 'a'.repeat(129) } }) },
    good: { Mapping: mapping({ ProvisionedPollerConfig: { PollerGroupName: 'a'.repeat(128) } }) },
  },
  {
    id: 'LAMBDA-MSK-POSITION',
    wrong: 'no position',
    bad: { Mapping: mapping({ StartingPosition: undefined }) },
    good: { Mapping: mapping({ StartingPosition: 'LATEST' }) },
  },
  {
    id: 'LAMBDA-MSK-POSITION',
    wrong: 'a position in time without the time',
    bad: { Mapping: mapping({ StartingPosition: 'AT_TIMESTAMP' }) },
    good: { Mapping: mapping({ StartingPosition: 'AT_TIMESTAMP', StartingPositionTimestamp: 1_760_000_000 }) },
  },
  {
    id: 'LAMBDA-MSK-POSITION',
    wrong: 'a time for the oldest record',
    bad: { Mapping: mapping({ StartingPosition: 'TRIM_HORIZON', StartingPositionTimestamp: 1_760_000_000 }) },
    good: {
      Mapping: mapping({ StartingPosition: { Ref: 'Position' }, StartingPositionTimestamp: 1_760_000_000 }),
    },
    says: 'TRIM_HORIZON',
  },
  {
    id: 'LAMBDA-MSK-FILTERS',
    wrong: '21 filters',
    bad: { Mapping: filtered(...Array<string>(21).fill('{"value":{"a":[1]}}')) },
    good: { Mapping: filtered(...Array<string>(20).fill('{"value":{"a":[1]}}')) },
    says: '21',
  },
  {
    id: 'LAMBDA-MSK-FILTERS',
    wrong: 'a leaf that is no list',
    bad: { Mapping: filtered('{"value":{"status":"PAID"}}') },
    good: { Mapping: filtered('{"value":{"status":["PAID"]}}') },
    says: 'PAID',
  },
  {
    id: 'LAMBDA-MSK-FILTERS',
    wrong: 'no JSON',
    bad: { Mapping: filtered('value = 1') },
    good: { Mapping: filtered('{"value":["1"]}') },
  },
  {
    id: 'LAMBDA-MSK-FILTERS',
    wrong: 'a filter of more than 4096 characters',
    bad: { Mapping: filtered(JSON.stringify({ value: ['a'.repeat(4096)] })) },
    good: { Mapping: filtered(JSON.stringify({ value: ['a'.repeat(4082)] })) },
    says: '4110',
  },
  ...(
    [
      ['nothing to decode', { SchemaValidationConfigs: undefined }, 'SchemaValidationConfigs'],
      ['a registry by http', { SchemaRegistryURI: 'http://registry' }, 'http://registry'],
      ['three secrets', { AccessConfigs: [{}, {}, {}] }, '3'],
    ] as const
  ).map(([wrong, change, says]): Case => ({
    id: 'LAMBDA-MSK-SCHEMAS',
    wrong,
    bad: { Mapping: decoding(change) },
    good: { Mapping: decoding({ AccessConfigs: [{}, {}] }) },
    says,
  })),
  {
    id: 'LAMBDA-MSK-SCHEMAS',
    wrong: 'no place for what can not be decoded',
    bad: { Mapping: decoding({}, { DestinationConfig: undefined, MaximumRetryAttempts: undefined }) },
    good: { Mapping: decoding({ SchemaRegistryURI: 'arn:aws:glue:eu-west-1:123456789012:registry/orders' }) },
    says: 'dropped',
  },
  {
    id: 'LAMBDA-MSK-REACH',
    wrong: 'isolated subnets without endpoints',
    bad: { Mapping: mapping() },
    extras: { Mapping: { facts: { pollerSubnets: 'isolated', missingEndpoints: ['lambda', 'sts'] } } },
    good: { Mapping: mapping() },
    goodExtras: { Mapping: { facts: { pollerSubnets: 'isolated', missingEndpoints: [] } } },
    says: 'lambda, sts',
  },
  {
    id: 'LAMBDA-MSK-REACH',
    wrong: 'public subnets, whatever their gateway',
    bad: { Mapping: mapping() },
    extras: { Mapping: { facts: { pollerSubnets: 'public', missingEndpoints: ['sts'] } } },
    good: { Mapping: mapping(provisioned()) },
    goodExtras: { Mapping: { facts: { pollerSubnets: 'public', missingEndpoints: ['sts'] } } },
    says: 'public',
  },
];

function filtered(...patterns: string[]) {
  return mapping({ 'FilterCriteria.Filters': patterns.map((Pattern) => ({ Pattern })) });
}

function decoding(change: Record<string, unknown>, changes: Record<string, unknown> = {}) {
  return mapping({
    ...provisioned(),
    DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:eu-west-1:123456789012:failed' } },
    MaximumRetryAttempts: 3,
    'AmazonManagedKafkaEventSourceConfig.SchemaRegistryConfig': {
      SchemaRegistryURI: 'https://registry.example.com',
      EventRecordFormat: 'JSON',
      SchemaValidationConfigs: [{ Attribute: 'VALUE' }],
      ...change,
    },
    ...changes,
  });
}

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
