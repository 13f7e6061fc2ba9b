import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { kafkaConsumer } from '@aws-lambda-powertools/kafka';
import { App, Duration, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import {
  DecodedFormat,
  FailureDestination,
  KafkaSchemaRegistry,
  KafkaTopic,
  LambdaConsumer,
  PollerScaling,
  RecordCondition,
  RecordFilter,
  RecordPart,
  RecordValidation,
} from '../../lib';
import type { IMskCluster, LambdaConsumerProps, ProvisionedPollersOptions } from '../../lib';
import { EventRuler } from '../support/event-ruler';
import { cluster, nodeFunction } from '../support/fixtures';
import type { TestKafka } from '../support/kafka';
import { kafkaClient, startKafka, templateTopics } from '../support/kafka';
import { Deployment, LocalSchemaRegistry, synthesized } from '../support/poller';
import type { Answer, DataFormat, EventRecord, KafkaEvent, Poller } from '../support/poller';

jest.setTimeout(300_000);

type Mode = 'provisioned' | 'on demand';

/** What is written to the topic. */
interface Written {
  readonly key?: Buffer;
  readonly value: Buffer;
  readonly partition?: number;
  readonly timestamp?: bigint;
}

/** What became of the records of a row. */
interface Counts {
  readonly written: number;
  readonly handled: number;
  readonly filtered: number;
  readonly deadLettered: number;
}

interface Seen {
  readonly events: KafkaEvent[];
  /** The most invocations at a time. */
  readonly most: number;
  readonly poller: Poller;
}

interface Row {
  readonly option: string;
  readonly props?: (stack: Stack, orders: IMskCluster) => Partial<LambdaConsumerProps>;
  /** Options that exist with provisioned pollers only. */
  readonly provisioned?: (stack: Stack, orders: IMskCluster) => ProvisionedPollersOptions;
  /** By default both. */
  readonly modes?: readonly Mode[];
  /** The property that does not exist for a mapping on demand. */
  readonly gated?: string;
  /** @default 2 */
  readonly partitions?: number;
  readonly written?: () => readonly Written[];
  /** Written once the poller reads. */
  readonly later?: readonly Written[];
  /** Each only when the function has seen the one before. */
  readonly apart?: boolean;
  /** The function; by default it takes everything. */
  readonly handler?: (records: EventRecord[], attempt: number) => Answer | Promise<Answer>;
  /** Beside `written`, which is what there is. */
  readonly expected: Omit<Counts, 'written'>;
  /** What else shows that the option has its effect. */
  readonly shows?: (seen: Seen, row: Deployed) => void | Promise<void>;
}

interface Deployed {
  readonly name: string;
  readonly mode: Mode;
  readonly deployment: Deployment;
  readonly mappingId: string;
  readonly destination?: string;
}

const OK: Answer = { payload: null };
const ERROR: Answer = { functionError: 'Unhandled', message: 'boom' };
const MANY = 12;
const ALL = { handled: 40, filtered: 0, deadLettered: 0 };

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const orders = (count: number, more: Partial<Written> = {}): Written[] =>
  Array.from({ length: count }, (_, index) => ({
    key: Buffer.from(`key-${index}`),
    value: json({ total: index }),
    partition: index % 2,
    ...more,
  }));
/** In one partition, with records that the function below fails at. */
const spoiled = (good: number, bad: number): Written[] =>
  [...orders(good), ...orders(bad, { value: json('bad') })].map((each) => ({ ...each, partition: 0 }));
const text = (value?: string | null) => Buffer.from(value ?? '', 'base64').toString();
const isBad = ({ value }: EventRecord) => text(value) === '"bad"';
const failsAtBad = (records: EventRecord[]): Answer => (records.some(isBad) ? ERROR : OK);
const recordsOf = (event: KafkaEvent) => Object.values(event.records).flat();
const sizes = ({ events }: Seen) => events.map((event) => recordsOf(event).length);

/** A schema of each format, and bytes of each that it takes. */
const SCHEMAS: Record<DataFormat, { definition: string; bytes: (total: number) => Buffer; bad: Buffer }> = {
  AVRO: {
    definition: JSON.stringify({ type: 'record', name: 'Order', fields: [{ name: 'total', type: 'int' }] }),
    bytes: (total) => Buffer.from([total * 2]), // Zigzag.
    bad: Buffer.alloc(0),
  },
  JSON: {
    definition: JSON.stringify({ type: 'object', properties: { total: { type: 'integer' } }, required: ['total'] }),
    bytes: (total) => json({ total }),
    bad: json({ sum: 1 }),
  },
  PROTOBUF: {
    definition: 'syntax = "proto3"; message Order { int32 total = 1; }',
    bytes: (total) => Buffer.from([0, 0x08, total]),
    bad: Buffer.from([0, 0x08]),
  },
};
const VERSIONS: Record<DataFormat, string> = {
  AVRO: '3f6b1d84-9c02-4a77-b5de-0d1e8a4c6f29',
  JSON: 'a81c7e55-02d4-4c39-9f6b-6b7d20e9134a',
  PROTOBUF: '0c5e4a1b-9b57-4d6c-8e90-8f7d3a520c5e',
};
const FORMATS = Object.keys(SCHEMAS) as DataFormat[];
const ids = Object.fromEntries(FORMATS.map((format, index) => [format, index + 1])) as Record<DataFormat, number>;

/** As the serializers of each registry frame what they write. */
const FRAMES = {
  Glue(format: DataFormat, data: Buffer, version = VERSIONS[format]): Buffer {
    const compressed = data.length > 3;
    const head = [3, compressed ? 5 : 0, ...Buffer.from(version.replaceAll('-', ''), 'hex')];
    return Buffer.concat([Buffer.from(head), compressed ? deflateSync(data) : data]);
  },
  Confluent(format: DataFormat, data: Buffer, id: string = String(ids[format])): Buffer {
    return Buffer.concat([Buffer.from([0, 0, 0, 0, Number(id)]), data]);
  },
};
type Registry = keyof typeof FRAMES;
const UNKNOWN = { Glue: '00000000-0000-4000-8000-000000000000', Confluent: '77' };

/** Ten that are right; one that names no schema that there is, one that is not what its schema says, one in no frame. */
function serialized(registry: Registry, format: DataFormat, withKeys: boolean): Written[] {
  const frame = FRAMES[registry];
  const { bytes, bad } = SCHEMAS[format];
  const values = [
    ...Array.from({ length: 10 }, (_, index) => frame(format, bytes(index))),
    frame(format, bytes(1), UNKNOWN[registry]),
    frame(format, bad),
    Buffer.from('{"total":1}'),
  ];
  return values.map((value) => ({ value, partition: 0, ...(withKeys && { key: frame(format, bytes(7)) }) }));
}

const schemaRow = (registry: Registry, dataFormat: DataFormat, format: DecodedFormat, parts?: RecordPart[]): Row => ({
  option: `validation: ${registry}, ${dataFormat}, ${format}, ${parts?.join(' and ') ?? 'VALUE'}`,
  props: (stack) => ({
    validation:
      registry === 'Glue'
        ? RecordValidation.glueRegistry(
            (stack.node.tryFindChild('Registry') as KafkaSchemaRegistry | undefined) ??
              (KafkaSchemaRegistry.fromRegistryName(stack, 'Registry', 'schemas') as KafkaSchemaRegistry),
            { format, parts },
          )
        : RecordValidation.confluentRegistry('https://registry.example.com', { format, parts }),
  }),
  gated: 'AmazonManagedKafkaEventSourceConfig.SchemaRegistryConfig',
  modes: ['provisioned'],
  written: () => serialized(registry, dataFormat, parts !== undefined),
  expected: { handled: 10, filtered: 0, deadLettered: 3 },
  async shows({ events }, { deployment, destination }) {
    const schemaId = registry === 'Glue' ? VERSIONS[dataFormat] : String(ids[dataFormat]);
    const records = events.flatMap(recordsOf);
    const { bytes } = SCHEMAS[dataFormat];
    // Of Protobuf, the index of the message is framing too.
    const source = (total: number) => bytes(total).subarray(dataFormat === 'PROTOBUF' ? 1 : 0);
    const given = (total: number) => (format === DecodedFormat.JSON ? json({ total }) : source(total));
    // The default of Protobuf is left out of its JSON.
    const decoded = records.slice(1).map(({ value }) => Buffer.from(value!, 'base64').toString('latin1'));
    expect(decoded).toEqual(Array.from({ length: 9 }, (_, index) => given(index + 1).toString('latin1')));
    for (const record of records) {
      expect(record.valueSchemaMetadata).toEqual({ dataFormat, schemaId });
      expect(record.keySchemaMetadata).toEqual(parts && { dataFormat, schemaId });
      if (parts) {
        expect(Buffer.from(record.key!, 'base64')).toEqual(given(7));
      }
    }
    const reports = deployment.deadLetters.get(destination!)!;
    expect(reports.map(({ requestContext: { condition } }) => condition)).toEqual([
      'SCHEMA_NOT_FOUND',
      'DESERIALIZATION_ERROR',
      'DESERIALIZATION_ERROR',
    ]);
  },
});

const destinationRow = (option: string, onFailure: (stack: Stack, of: IMskCluster) => FailureDestination): Row => ({
  option: `onFailure: ${option}`,
  provisioned: (stack, of) => ({ onFailure: onFailure(stack, of), retryAttempts: 0 }),
  gated: option.includes('cluster') ? 'DestinationConfig.OnFailure.Destination' : undefined,
  modes: ['provisioned'],
  written: () => spoiled(15, 3),
  handler: failsAtBad,
  expected: { handled: 15, filtered: 0, deadLettered: 3 },
  async shows(_, { deployment, destination }) {
    const topic = /^kafka:\/\/(.*)$/.exec(destination!)?.[1];
    if (topic === undefined) {
      const reports = deployment.deadLetters.get(destination!)!;
      expect(reports.map(({ payload }) => payload !== undefined)).toEqual(Array(3).fill(/:s3:/.test(destination!)));
      return;
    }
    const messages = await deployment.records(topic);
    expect(messages.map(({ key }) => key.toString()).sort()).toEqual(['key-0', 'key-1', 'key-2']);
    const reports = messages.map(({ value }) => JSON.parse(value.toString()));
    expect(reports.map(({ requestContext: { condition } }) => condition)).toEqual(Array(3).fill('RetriesExhausted'));
    expect(reports.flatMap(({ payload }) => recordsOf(payload)).every(isBad)).toBe(true);
  },
});

const OLD = 1_700_000_000;

const ROWS: Row[] = [
  { option: 'none: the defaults', props: () => ({ maxBatchingWindow: undefined }), expected: ALL },
  {
    option: 'batchSize',
    props: () => ({ batchSize: 7 }),
    expected: ALL,
    shows: (seen) => expect(Math.max(...sizes(seen))).toBeLessThanOrEqual(7),
  },
  {
    option: 'maxBatchingWindow',
    props: () => ({ maxBatchingWindow: Duration.seconds(1) }),
    written: () => [],
    later: orders(2, { partition: 0 }),
    expected: { ...ALL, handled: 2 },
    shows: (seen) => expect(sizes(seen)).toEqual([2]),
  },
  {
    option: 'maxBatchingWindow: none',
    written: () => [],
    later: orders(2, { partition: 0 }),
    apart: true,
    expected: { ...ALL, handled: 2 },
    shows: (seen) => expect(sizes(seen)).toEqual([1, 1]),
  },
  {
    option: 'startingPosition: LATEST',
    props: () => ({ startingPosition: lambda.StartingPosition.LATEST }),
    later: orders(3),
    expected: { ...ALL, handled: 3 },
  },
  {
    option: 'startingPosition: AT_TIMESTAMP',
    props: () => ({ startingPosition: lambda.StartingPosition.AT_TIMESTAMP, startingPositionTimestamp: OLD }),
    written: () => [
      ...orders(10, { timestamp: BigInt(OLD * 1000 - 1) }),
      ...orders(10, { timestamp: BigInt(OLD * 1000) }),
    ],
    expected: { ...ALL, handled: 10 },
  },
  {
    option: 'filters',
    props: (stack) => ({
      filters: [
        RecordFilter.json({ total: RecordCondition.above(29) }),
        RecordFilter.json({ total: RecordCondition.numbers(0) }),
      ],
      filterEncryptionKey: (stack.node.tryFindChild('Key') as kms.Key | undefined) ?? new kms.Key(stack, 'Key'),
    }),
    expected: { ...ALL, handled: 11, filtered: 29 },
  },
  {
    option: 'metrics',
    props: () => ({ metrics: [lambda.MetricType.EVENT_COUNT, lambda.MetricType.ERROR_COUNT] }),
    expected: ALL,
  },
  {
    option: 'none: a function that fails twice',
    handler: (_, attempt) => (attempt <= 2 ? ERROR : OK),
    expected: ALL,
    shows: ({ poller }) => expect(poller.counts.failedInvocations).toBeGreaterThan(0),
  },
  {
    option: 'logLevel, KAFKA_METRICS',
    props: () => ({
      logLevel: lambda.EventSourceMappingLogLevel.DEBUG,
      metrics: [lambda.MetricType.KAFKA_METRICS],
    }),
    gated: 'LoggingConfig',
    modes: ['provisioned'],
    expected: ALL,
  },
  {
    option: 'minimumPollers: 1',
    props: () => ({ batchSize: 1 }),
    provisioned: () => ({ minimumPollers: 1 }),
    modes: ['provisioned'],
    partitions: MANY,
    written: () => orders(MANY).map((each, partition) => ({ ...each, partition })),
    handler: () => sleep(150, OK),
    expected: { ...ALL, handled: MANY },
    shows: ({ most }) => expect(most).toBe(5),
  },
  {
    option: 'minimumPollers: 2, maximumPollers, pollerGroupName',
    props: () => ({ batchSize: 1 }),
    provisioned: () => ({ minimumPollers: 2, maximumPollers: 3, pollerGroupName: 'shared' }),
    modes: ['provisioned'],
    partitions: MANY,
    written: () => orders(MANY).map((each, partition) => ({ ...each, partition })),
    handler: () => sleep(150, OK),
    expected: { ...ALL, handled: MANY },
    shows: ({ most }) => expect(most).toBe(10),
  },
  {
    option: 'retryAttempts',
    provisioned: () => ({ retryAttempts: 2, bisectBatchOnError: false }),
    gated: 'MaximumRetryAttempts',
    modes: ['provisioned'],
    written: () => spoiled(5, 1),
    handler: failsAtBad,
    expected: { ...ALL, handled: 0, deadLettered: 6 },
    shows: ({ poller, events }) => {
      expect(poller.counts.failedInvocations).toBe(3);
      expect(events).toHaveLength(3);
    },
  },
  {
    option: 'maxRecordAge',
    provisioned: () => ({ maxRecordAge: Duration.minutes(1) }),
    gated: 'MaximumRecordAgeInSeconds',
    modes: ['provisioned'],
    written: () => [...orders(4, { timestamp: BigInt(OLD * 1000) }), ...orders(6)],
    expected: { ...ALL, handled: 6, deadLettered: 4 },
  },
  {
    option: 'bisectBatchOnError',
    provisioned: () => ({ bisectBatchOnError: true, retryAttempts: 0 }),
    gated: 'BisectBatchOnFunctionError',
    modes: ['provisioned'],
    written: () => spoiled(15, 1),
    handler: failsAtBad,
    expected: { ...ALL, handled: 15, deadLettered: 1 },
  },
  {
    option: 'reportBatchItemFailures',
    provisioned: () => ({ reportBatchItemFailures: true, retryAttempts: 1 }),
    gated: 'FunctionResponseTypes',
    modes: ['provisioned'],
    written: () => spoiled(12, 3),
    handler: (records) => ({
      payload: {
        batchItemFailures: records.filter(isBad).map(({ topic, partition, offset }) => ({
          itemIdentifier: { partition: `${topic}-${partition}`, offset },
        })),
      },
    }),
    expected: { ...ALL, handled: 12, deadLettered: 3 },
    shows: ({ events }) => expect(events.flatMap(recordsOf).filter((each) => !isBad(each))).toHaveLength(12),
  },
  destinationRow('a queue', () => FailureDestination.queue()),
  destinationRow('an SNS topic', (stack) => FailureDestination.snsTopic(new sns.Topic(stack, 'Failures'))),
  destinationRow('a bucket', (stack) => FailureDestination.bucket(new s3.Bucket(stack, 'FailuresBucket'))),
  destinationRow('a topic of the cluster', (stack, of) =>
    FailureDestination.kafkaTopic(
      new KafkaTopic(stack, 'FailuresTopic', { cluster: of, topicName: 'failures', partitions: 2 }),
    ),
  ),
  ...(['Glue', 'Confluent'] as const).flatMap((registry) => [
    ...FORMATS.flatMap((format) => [
      schemaRow(registry, format, DecodedFormat.JSON),
      schemaRow(registry, format, DecodedFormat.SOURCE),
    ]),
    schemaRow(registry, 'AVRO', DecodedFormat.JSON, [RecordPart.KEY, RecordPart.VALUE]),
  ]),
  {
    ...schemaRow('Glue', 'AVRO', DecodedFormat.JSON),
    option: 'validation and filters, which see what was decoded',
    props: (stack) => ({
      ...schemaRow('Glue', 'AVRO', DecodedFormat.JSON).props!(stack, undefined as never),
      filters: [RecordFilter.json({ total: RecordCondition.above(6) })],
    }),
    expected: { handled: 3, filtered: 7, deadLettered: 3 },
    shows: () => undefined,
  },
];

const MODES: Mode[] = ['provisioned', 'on demand'];
const modesOf = ({ modes = MODES }: Row) => modes;
const IN_BOTH = MODES.flatMap((mode) =>
  ROWS.filter((row) => modesOf(row).includes(mode)).map((row) => [mode, row.option, row] as const),
);

/** One row for each property that does not exist for a mapping on demand. */
const GATED = ROWS.filter(({ gated }, index) => gated && ROWS.findIndex((row) => row.gated === gated) === index);

/** A consumer of a topic of its own. */
function consumerOf(stack: Stack, owner: IMskCluster, row: Row, mode: Mode, name: string): LambdaConsumer {
  return new LambdaConsumer(stack, `Consumer-${name}`, {
    topic: new KafkaTopic(stack, `Topic-${name}`, { cluster: owner, topicName: name, partitions: row.partitions ?? 2 }),
    consumerGroup: name,
    handler: nodeFunction(stack, `Function-${name}`),
    scaling:
      mode === 'on demand' ? PollerScaling.onDemand() : PollerScaling.provisioned(row.provisioned?.(stack, owner)),
    maxBatchingWindow: Duration.seconds(0),
    ...row.props?.(stack, owner),
  });
}

describe('[122] [S-13] on a broker, with the rights of its function, a mapping', () => {
  const deployed = new Map<string, Deployed>();
  const counts: (Counts & { option: string; mode: Mode })[] = [];
  let kafka: TestKafka;
  let ruler: EventRuler;
  let registry: LocalSchemaRegistry;
  let producer: InstanceType<typeof kafkaClient.Producer>;

  beforeAll(async () => {
    kafka = await startKafka({ authentication: ['iam', 'unauthenticated'] });
    producer = new kafkaClient.Producer({ ...kafka.plaintext(), idempotent: true });
    ruler = await EventRuler.start();
    registry = await LocalSchemaRegistry.start();
    FORMATS.forEach((dataFormat) =>
      registry.register({ dataFormat, definition: SCHEMAS[dataFormat].definition }, VERSIONS[dataFormat]),
    );
    for (const mode of MODES) {
      const app = new App({ analyticsReporting: false });
      const stack = new Stack(app, mode.replace(' ', '-'));
      const owner = cluster(stack);
      const consumers = ROWS.flatMap((row, index) => {
        const name = `${stack.stackName}-${index}`;
        return modesOf(row).includes(mode) ? [{ row, name, made: consumerOf(stack, owner, row, mode, name) }] : [];
      });
      const idOf = ({ eventSourceMapping }: LambdaConsumer) =>
        stack.getLogicalId(eventSourceMapping.node.defaultChild as lambda.CfnEventSourceMapping);
      const mappings = consumers.map(({ made }) => idOf(made));
      const deployment = new Deployment(kafka, synthesized(app, stack.stackName));
      // One broker holds one copy.
      const topics = templateTopics(deployment.stack.template, deployment.resolve);
      await kafka.createTopics(topics.map((topic) => ({ ...topic, replicationFactor: 1, configs: {} })));
      consumers.forEach(({ row, name }, index) => {
        const { destination } = deployment.mapping(mappings[index]);
        deployed.set(`${mode}: ${row.option}`, { name, mode, deployment, mappingId: mappings[index], destination });
      });
    }
  });
  afterAll(async () => {
    await producer?.close();
    await Promise.all([ruler?.stop(), registry?.stop(), kafka?.stop()]);
    if (process.env.POLLER_MATRIX) {
      writeFileSync(process.env.POLLER_MATRIX, report(counts));
    }
  });

  async function write(topic: string, written: readonly Written[]): Promise<void> {
    if (written.length > 0) {
      await producer.send({ acks: -1, messages: written.map((each) => ({ topic, ...each })) });
    }
  }

  test.each(IN_BOTH)('%s, with %s', async (mode, _, row) => {
    const it = deployed.get(`${mode}: ${row.option}`)!;
    const { name, deployment, mappingId, destination } = it;
    const { written = () => orders(40), later = [], handler = () => OK } = row;
    const before = written();
    await write(name, before);
    const handled = new Set<string>();
    const events: KafkaEvent[] = [];
    let most = 0;
    let now = 0;
    const invoke = async (given: unknown): Promise<Answer> => {
      const event = given as KafkaEvent;
      events.push(event);
      most = Math.max(most, ++now);
      const records = recordsOf(event);
      const answer = await handler(records, events.length);
      now--;
      const { batchItemFailures = [] } = ('payload' in answer && (answer.payload as any)) || {};
      const bad = batchItemFailures.map(({ itemIdentifier: { partition, offset } }: any) => `${partition}@${offset}`);
      const places = records.map(({ topic, partition, offset }) => `${topic}-${partition}@${offset}`);
      places.filter((place) => 'payload' in answer && !bad.includes(place)).forEach((place) => handled.add(place));
      return answer;
    };
    const poller = await deployment.consume({ mappingId, invoke, ruler, registry, retryDelayMs: 10 });
    try {
      for (const [index, each] of later.entries()) {
        await write(name, [each]);
        while (row.apart && events.length <= index) await Promise.race([poller.failure, sleep(10)]);
      }
      await poller.caughtUp(20_000);
    } finally {
      await poller.stop();
    }
    const topic = /^kafka:\/\/(.*)$/.exec(destination ?? '')?.[1];
    const reports = deployment.deadLetters.get(destination!) ?? [];
    const deadLettered =
      topic === undefined
        ? reports.reduce((sum, { KafkaBatchInfo }) => sum + KafkaBatchInfo.batchSize, 0)
        : (await deployment.records(topic)).length;
    const result = { handled: handled.size, filtered: poller.counts.filtered, deadLettered };
    counts.push({ option: row.option, mode, written: before.length + later.length, ...result });
    expect(result).toEqual(row.expected);
    await readByPowertools(events);
    await row.shows?.({ events, most, poller }, it);
  });

  test('that is switched off reads nothing', async () => {
    const app = new App({ analyticsReporting: false });
    const stack = new Stack(app, 'Off');
    consumerOf(
      stack,
      cluster(stack),
      { option: 'enabled', props: () => ({ enabled: false }), expected: ALL },
      'provisioned',
      'off',
    );
    const deployment = new Deployment(kafka, synthesized(app, 'Off'));
    await expect(deployment.consume({ invoke: async () => OK })).rejects.toThrow('the mapping is not enabled');
  });

  test.each(GATED)('on demand is refused at synth with $option', ({ gated, ...row }) => {
    const app = new App({ analyticsReporting: false });
    const stack = new Stack(app, 'Gated');
    const { eventSourceMapping } = consumerOf(stack, cluster(stack), row, 'provisioned', 'gated');
    const resource = eventSourceMapping.node.defaultChild as lambda.CfnEventSourceMapping;
    resource.addPropertyDeletionOverride('ProvisionedPollerConfig');
    expect(() => app.synth()).toThrow(`${gated} does not exist for a mapping on demand`);
  });
});

/** Each event is one that the public library for functions reads. */
async function readByPowertools(events: readonly KafkaEvent[]): Promise<void> {
  let read = 0;
  const handler = kafkaConsumer<unknown, unknown>(async ({ records }) => {
    read += records.length;
  });
  for (const event of events) {
    await handler(event as never, {} as never);
  }
  expect(read).toBe(events.flatMap(recordsOf).length);
}

function report(counts: readonly (Counts & { option: string; mode: Mode })[]): string {
  const columns = ['option', 'mode', 'written', 'handled', 'filtered', 'deadLettered'] as const;
  const rows = counts.map((each) => columns.map((column) => each[column]));
  return [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}
