import type { Resolve, Template } from '../kafka';
import { resourcesOf } from '../kafka';
import type { RecordPart, SchemaConfig } from './schemas';

export type StartingPosition = 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP';

/** An `AWS::Lambda::EventSourceMapping` of a Kafka topic, as the service runs it. */
export interface Mapping {
  readonly eventSourceArn: string;
  readonly functionName: string;
  readonly enabled: boolean;
  readonly topic: string;
  readonly group: string;
  readonly startingPosition: StartingPosition;
  /** For `AT_TIMESTAMP`. */
  readonly startingTimestampMs?: number;
  readonly batchSize: number;
  readonly windowMs: number;
  /** Patterns, one of which a record has to match. Without any, every record is passed on. */
  readonly filters: readonly Record<string, unknown>[];
  /** ARN of a queue, topic or bucket, or `kafka://TOPIC`. */
  readonly destination?: string;
  /** What exists with provisioned pollers only. On demand, a failing batch is tried again until it succeeds. */
  readonly provisioned?: Provisioned;
}

export interface Provisioned {
  readonly minimumPollers: number;
  readonly retryAttempts: number;
  readonly maxRecordAgeMs: number;
  readonly bisect: boolean;
  readonly partialAnswers: boolean;
  /** By which records are decoded. */
  readonly schemas?: SchemaConfig;
}

export const KAFKA_DESTINATION = 'kafka://';
const DEFAULT_BATCH_SIZE = 100;
const DEFAULT_WINDOW_MS = 500;
/** https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure-destination.html */
const ATTEMPTS_WITH_DESTINATION = 10;

/** @see https://docs.aws.amazon.com/lambda/latest/dg/kafka-scaling-modes.html */
const NEEDS_PROVISIONED = [
  'BisectBatchOnFunctionError',
  'FunctionResponseTypes',
  'MaximumRecordAgeInSeconds',
  'MaximumRetryAttempts',
  'LoggingConfig',
];

const PLAYED = [
  ...NEEDS_PROVISIONED,
  'AmazonManagedKafkaEventSourceConfig',
  'BatchSize',
  'DestinationConfig',
  'Enabled',
  'EventSourceArn',
  'FilterCriteria',
  'FunctionName',
  'KmsKeyArn',
  'MaximumBatchingWindowInSeconds',
  'MetricsConfig',
  'ProvisionedPollerConfig',
  'SourceAccessConfigurations',
  'StartingPosition',
  'StartingPositionTimestamp',
  'Tags',
  'Topics',
];

/**
 * Reads a mapping as Lambda would take it; throws at what the service refuses, and at what cannot be played.
 *
 * @param id logical id; left out, the only mapping of the template
 * @see https://docs.aws.amazon.com/lambda/latest/dg/msk-esm-parameters.html
 */
export function readMapping(template: Template, resolve: Resolve, id?: string): Mapping {
  const all = resourcesOf(template, 'AWS::Lambda::EventSourceMapping').filter(([each, { Properties }]) =>
    id === undefined ? Properties?.Topics !== undefined : each === id,
  );
  if (all.length !== 1) {
    throw new Error(`the template has ${all.length} mappings${id ? ` named ${id}` : ': name one'}`);
  }
  const [logicalId, { Properties }] = all[0];
  const properties = resolve(Properties);
  const strange = Object.keys(properties).find((key) => !PLAYED.includes(key));
  if (strange !== undefined) {
    throw new Error(`${logicalId}: ${strange} cannot be played`);
  }
  const poller = properties.ProvisionedPollerConfig;
  const gated = NEEDS_PROVISIONED.find((key) => key in properties);
  if (poller === undefined && gated !== undefined) {
    throw new Error(`${logicalId}: ${gated} needs ProvisionedPollerConfig`);
  }
  const { ConsumerGroupId, SchemaRegistryConfig } = properties.AmazonManagedKafkaEventSourceConfig ?? {};
  if (ConsumerGroupId === undefined) {
    throw new Error(`${logicalId} names no consumer group: the service takes its own id, which no right can name`);
  }
  if (poller === undefined && SchemaRegistryConfig !== undefined) {
    throw new Error(`${logicalId}: SchemaRegistryConfig needs ProvisionedPollerConfig`);
  }
  const topics: string[] = properties.Topics ?? [];
  if (topics.length !== 1) {
    throw new Error(`${logicalId} has ${topics.length} topics, the service takes one`);
  }
  const destination: string | undefined = properties.DestinationConfig?.OnFailure?.Destination;
  const ownTopic = destination?.startsWith(KAFKA_DESTINATION);
  if (poller === undefined && ownTopic) {
    throw new Error(`${logicalId}: ${destination} needs ProvisionedPollerConfig`);
  }
  if (destination === `${KAFKA_DESTINATION}${topics[0]}`) {
    throw new Error(`${logicalId} reads and reports to the same topic`);
  }
  const window: number | undefined = properties.MaximumBatchingWindowInSeconds;
  const timestamp: number | undefined = properties.StartingPositionTimestamp;
  if ((properties.StartingPosition === 'AT_TIMESTAMP') !== (timestamp !== undefined)) {
    throw new Error(`${logicalId}: AT_TIMESTAMP and StartingPositionTimestamp go together`);
  }
  return {
    eventSourceArn: properties.EventSourceArn,
    functionName: properties.FunctionName,
    enabled: properties.Enabled ?? true,
    topic: topics[0],
    group: ConsumerGroupId,
    startingPosition: properties.StartingPosition,
    startingTimestampMs: timestamp === undefined ? undefined : timestamp * 1000,
    batchSize: properties.BatchSize ?? DEFAULT_BATCH_SIZE,
    windowMs: window === undefined ? DEFAULT_WINDOW_MS : window * 1000,
    filters: (properties.FilterCriteria?.Filters ?? []).map(({ Pattern }: { Pattern: string }) => JSON.parse(Pattern)),
    destination,
    provisioned: poller && {
      minimumPollers: poller.MinimumPollers ?? 1,
      retryAttempts: retryAttempts(properties.MaximumRetryAttempts ?? -1, destination),
      maxRecordAgeMs: unlessInfinite(properties.MaximumRecordAgeInSeconds ?? -1) * 1000,
      bisect: properties.BisectBatchOnFunctionError ?? false,
      partialAnswers: (properties.FunctionResponseTypes ?? []).includes('ReportBatchItemFailures'),
      schemas: SchemaRegistryConfig && schemaConfig(SchemaRegistryConfig),
    },
  };
}

function schemaConfig(properties: Record<string, any>): SchemaConfig {
  const parts = properties.SchemaValidationConfigs.map(({ Attribute }: { Attribute: RecordPart }) => Attribute);
  return { uri: properties.SchemaRegistryURI, format: properties.EventRecordFormat, parts };
}

function retryAttempts(attempts: number, destination: string | undefined): number {
  return attempts === -1 && destination !== undefined ? ATTEMPTS_WITH_DESTINATION : unlessInfinite(attempts);
}

function unlessInfinite(value: number): number {
  return value === -1 ? Infinity : value;
}
