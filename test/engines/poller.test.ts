import { kafkaConsumer } from '@aws-lambda-powertools/kafka';
import type { MSKEvent } from 'aws-lambda';
import { EventRuler } from '../support/event-ruler';
import type { Template } from '../support/kafka';
import { lambdaEvent, readMapping } from '../support/poller';
import type { Answer, KafkaEvent, Mapping, PolledRecord, Reading } from '../support/poller';
import { Waiting } from '../support/poller/batch';
import { eventRecord } from '../support/poller/event';
import { failureRecord } from '../support/poller/failure-record';
import { passes } from '../support/poller/filter';
import { failures, next } from '../support/poller/outcome';
import { SAMPLE_MAPPING, SAMPLE_PROVISIONED } from '../support/poller/sample-mapping';
import answerSample from '../support/poller/samples/lambda-batch-item-failures-response.json';
import bucketSample from '../support/poller/samples/lambda-onfailure-s3.json';
import eventSample from '../support/poller/samples/lambda-msk-event.json';
import queueSample from '../support/poller/samples/lambda-onfailure-sqs-sns.json';
import schemaSample from '../support/poller/samples/lambda-msk-event-schema-registry.json';
import serverlessSample from '../support/poller/samples/lambda-msk-event-serverless.json';

jest.setTimeout(300_000);

const SOURCE = { eventSourceArn: 'arn:cluster', bootstrapServers: 'b-1:9098', absent: 'omitted' } as const;

function record(change: Partial<PolledRecord> = {}): PolledRecord {
  return {
    topic: 'orders',
    partition: 0,
    offset: 0,
    timestamp: 1_795_166_100_125,
    timestampType: 'CREATE_TIME',
    key: null,
    value: Buffer.from('value'),
    headers: [],
    ...change,
  };
}

/** Records of one partition with these offsets. */
const offsets = (partition: number, ...numbers: number[]) => numbers.map((offset) => record({ partition, offset }));

const failing = (...records: PolledRecord[]): Answer => ({
  payload: {
    batchItemFailures: records.map(({ topic, partition, offset }) => ({
      itemIdentifier: { partition: `${topic}-${partition}`, offset },
    })),
  },
});
const ERROR: Answer = { functionError: 'Unhandled', message: 'boom' };

describe('[S-13] a mapping', () => {
  const read = (properties: object): Mapping => {
    const Properties = {
      EventSourceArn: 'arn:cluster',
      FunctionName: 'billing',
      Topics: ['orders'],
      StartingPosition: 'TRIM_HORIZON',
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'billing' },
      ...properties,
    };
    const template: Template = { Resources: { Mapping: { Type: 'AWS::Lambda::EventSourceMapping', Properties } } };
    return readMapping(template, (value) => value);
  };
  const ProvisionedPollerConfig = { MinimumPollers: 2 };

  test("has the service's defaults for what it does not say", () => {
    expect(read({})).toEqual({ ...SAMPLE_MAPPING, windowMs: 500 });
    expect(read({ ProvisionedPollerConfig }).provisioned).toEqual({
      minimumPollers: 2,
      retryAttempts: Infinity,
      maxRecordAgeMs: Infinity,
      bisect: false,
      partialAnswers: false,
    });
  });

  test('has all that it says', () => {
    const mapping = read({
      BatchSize: 7,
      MaximumBatchingWindowInSeconds: 2,
      StartingPosition: 'AT_TIMESTAMP',
      StartingPositionTimestamp: 1_700_000_000,
      FilterCriteria: { Filters: [{ Pattern: '{"value":{"a":[1]}}' }] },
      DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:::q' } },
      ProvisionedPollerConfig,
      MaximumRetryAttempts: 5,
      MaximumRecordAgeInSeconds: 60,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    expect(mapping).toEqual({
      ...SAMPLE_MAPPING,
      batchSize: 7,
      windowMs: 2000,
      startingPosition: 'AT_TIMESTAMP',
      startingTimestampMs: 1_700_000_000_000,
      filters: [{ value: { a: [1] } }],
      destination: 'arn:aws:sqs:::q',
      provisioned: { ...SAMPLE_PROVISIONED, minimumPollers: 2, retryAttempts: 5, maxRecordAgeMs: 60_000 },
    });
  });

  test('with a destination and no end of retries gets ten', () => {
    const DestinationConfig = { OnFailure: { Destination: 'arn:aws:sqs:::q' } };
    const mapping = read({ ProvisionedPollerConfig, DestinationConfig, MaximumRetryAttempts: -1 });
    expect(mapping.provisioned!.retryAttempts).toBe(10);
  });

  test.each<[string, object, string]>([
    ['retries on demand', { MaximumRetryAttempts: 3 }, 'MaximumRetryAttempts needs ProvisionedPollerConfig'],
    ['halving on demand', { BisectBatchOnFunctionError: true }, 'BisectBatchOnFunctionError needs'],
    [
      'partial answers on demand',
      { FunctionResponseTypes: ['ReportBatchItemFailures'] },
      'FunctionResponseTypes needs',
    ],
    [
      'schemas on demand',
      { AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'billing', SchemaRegistryConfig: {} } },
      'SchemaRegistryConfig needs ProvisionedPollerConfig',
    ],
    [
      'a topic of the cluster for failures, on demand',
      { DestinationConfig: { OnFailure: { Destination: 'kafka://failures' } } },
      'kafka://failures needs ProvisionedPollerConfig',
    ],
    [
      'failures that go back to the topic',
      { ProvisionedPollerConfig, DestinationConfig: { OnFailure: { Destination: 'kafka://orders' } } },
      'reads and reports to the same topic',
    ],
    ['two topics', { Topics: ['a', 'b'] }, 'has 2 topics'],
    ['no group', { AmazonManagedKafkaEventSourceConfig: undefined }, 'names no consumer group'],
    ['a time without AT_TIMESTAMP', { StartingPositionTimestamp: 1 }, 'go together'],
    ['an option of another source', { TumblingWindowInSeconds: 1 }, 'TumblingWindowInSeconds cannot be played'],
  ])('is refused with %s', (_, properties, message) => {
    expect(() => read(properties)).toThrow(message);
  });
});

describe('[S-13] an event', () => {
  /** What a broker would have held for an event. */
  const polled = (sample: KafkaEvent): PolledRecord[] =>
    Object.values(sample.records)
      .flat()
      .map((each) => ({
        ...each,
        keySchema: each.keySchemaMetadata,
        valueSchema: each.valueSchemaMetadata,
        key: bytes(each.key),
        value: bytes(each.value),
        headers: each.headers.map((header) => {
          const [[name, value]] = Object.entries(header);
          return [name, Buffer.from(value)] as const;
        }),
      }));
  const bytes = (text: string | null | undefined) => (typeof text === 'string' ? Buffer.from(text, 'base64') : null);
  /** Samples mix the two forms of what is absent. */
  const inOneForm = (sample: KafkaEvent) =>
    JSON.parse(JSON.stringify(sample), (_, value) => (value === null ? undefined : value));

  test.each<[string, unknown]>([
    ['a provisioned cluster', eventSample],
    ['a serverless cluster', serverlessSample],
    ['records decoded by their schemas', schemaSample],
  ])('is the documented one for %s', (_, json) => {
    const sample = json as KafkaEvent;
    expect(lambdaEvent({ ...sample, absent: 'omitted' }, polled(sample))).toEqual(inOneForm(sample));
  });

  test('has header bytes as Java prints them, in order, a repeated name twice', () => {
    const headers = [
      ['city', Buffer.from('Málaga')],
      ['raw', Buffer.from([0, 127, 128, 200, 255])],
      ['city', Buffer.from('x')],
      ['empty', Buffer.alloc(0)],
      ['none', null],
    ] as const;
    expect(eventRecord(record({ headers }), 'omitted').headers).toEqual([
      { city: [77, -61, -95, 108, 97, 103, 97] },
      { raw: [0, 127, -128, -56, -1] },
      { city: [120] },
      { empty: [] },
      { none: [] },
    ]);
  });

  test('tells an empty key or value from one that is not there', () => {
    const empty = { key: Buffer.alloc(0), value: Buffer.alloc(0) };
    expect(eventRecord(record(empty), 'omitted')).toMatchObject({ key: '', value: '' });
    const none = eventRecord(record({ value: null }), 'omitted');
    expect('key' in none || 'value' in none).toBe(false);
    expect(eventRecord(record({ value: null }), 'null')).toMatchObject({ key: null, value: null });
  });

  test('groups by partition, whatever dots and dashes the topic has', () => {
    const topic = 'orders-v1.placed-0';
    const { records } = lambdaEvent(SOURCE, [record({ topic, partition: 11 }), record({ topic, partition: 1 })]);
    expect(Object.keys(records)).toEqual([`${topic}-11`, `${topic}-1`]);
    expect(records[`${topic}-11`][0]).toMatchObject({ topic, partition: 11 });
  });

  test('is of the public type where key and value are there', () => {
    const full = lambdaEvent(SOURCE, [record({ key: Buffer.from('k') })]);
    const typed: MSKEvent = { ...full, records: full.records as MSKEvent['records'] };
    // The members that AWS's Go library decodes, and the kinds of their values.
    const [[decoded]] = Object.values(JSON.parse(JSON.stringify(typed)).records as MSKEvent['records']);
    expect(Object.fromEntries(Object.entries(decoded).map(([name, value]) => [name, typeof value]))).toEqual({
      topic: 'string',
      partition: 'number',
      offset: 'number',
      timestamp: 'number',
      timestampType: 'string',
      key: 'string',
      value: 'string',
      headers: 'object',
    });
  });

  test.each(['omitted', 'null'] as const)('is read by Powertools, what is absent being %s', async (absent) => {
    const sample = eventSample as unknown as KafkaEvent;
    const seen: unknown[] = [];
    const handler = kafkaConsumer<string, string>(async ({ records }) => {
      records.forEach(({ key, value, headers, offset }) => seen.push([offset, key ?? null, value ?? null, headers]));
    });
    await handler(lambdaEvent({ ...sample, absent }, polled(sample)) as never, {} as never);
    expect(seen).toHaveLength(9);
    expect(seen).toContainEqual([1522, 'o-0988', null, [{ reason: 'erasure-request' }]]);
    expect(seen).toContainEqual([1521, null, expect.stringContaining('"o-1002"'), []]);
    expect(seen).toContainEqual([
      88,
      null,
      expect.stringContaining('größe'),
      expect.arrayContaining([{ city: 'Málaga' }, { tag: 'gift' }, { tag: 'express' }]),
    ]);
  });
});

describe('[S-13] a batch', () => {
  const waiting = (limits: Partial<{ batchSize: number; windowMs: number }>, ...records: PolledRecord[]) => {
    const all = new Waiting({ batchSize: 100, windowMs: 500, ...limits }, SOURCE);
    records.forEach((each) => all.add(each, true, 0));
    return all;
  };
  const IDLE = new Set<number>();

  test('ends with its size, over partitions', () => {
    const all = waiting({ batchSize: 3 }, ...offsets(0, 1, 2), ...offsets(1, 1, 2));
    expect(all.take(IDLE, 0)).toMatchObject({ records: [...offsets(0, 1, 2), ...offsets(1, 1)], oversize: false });
    expect(all.take(IDLE, 0)).toBe(500);
    expect([all.count(0), all.count(1)]).toEqual([0, 1]);
  });

  test('ends with its window, counted from its first record', () => {
    const all = waiting({}, ...offsets(0, 1));
    all.add(record({ offset: 2 }), true, 400);
    expect(all.take(IDLE, 499)).toBe(1);
    expect(all.take(IDLE, 500)).toMatchObject({ records: offsets(0, 1, 2) });
    expect(all.take(IDLE, 500)).toBe(Infinity);
  });

  test('has no records of a partition that has another batch on its way', () => {
    const all = waiting({ windowMs: 0 }, ...offsets(0, 1), ...offsets(1, 7), ...offsets(0, 2));
    expect(all.take(new Set([0]), 0)).toMatchObject({ records: offsets(1, 7) });
    expect(all.take(new Set([0]), 0)).toBe(Infinity);
    expect(all.take(IDLE, 0)).toMatchObject({ records: offsets(0, 1, 2) });
  });

  test('ends before the payload that one invocation takes, and comes close to it', () => {
    const LIMIT = 6_291_456;
    const value = Buffer.alloc(100_000, 'x');
    const all = waiting({ batchSize: 10_000 }, ...offsets(0, ...Array(60).keys()).map((each) => ({ ...each, value })));
    const batch = all.take(IDLE, 0) as { records: PolledRecord[] };
    const bytes = (records: PolledRecord[]) => Buffer.byteLength(JSON.stringify(lambdaEvent(SOURCE, records)));
    expect(bytes(batch.records)).toBeLessThanOrEqual(LIMIT);
    const [following] = (all.take(IDLE, 500) as { records: PolledRecord[] }).records;
    expect(bytes([...batch.records, following])).toBeGreaterThan(LIMIT);
    expect(following.offset).toBe(batch.records.length);
  });

  test('is one record alone that fits no invocation', () => {
    const large = record({ offset: 5, value: Buffer.alloc(4_800_000) });
    const all = waiting({ windowMs: 0 }, ...offsets(0, 4), large, ...offsets(0, 6));
    expect(all.take(IDLE, 0)).toMatchObject({ records: offsets(0, 4), oversize: false });
    expect(all.take(IDLE, 0)).toMatchObject({ records: [large], oversize: true });
    expect(all.take(IDLE, 0)).toMatchObject({ records: offsets(0, 6), oversize: false });
  });

  test('does not count what no filter let through, and waits for nothing if that is all', () => {
    const all = new Waiting({ batchSize: 1, windowMs: 500 }, SOURCE);
    all.add(record({ offset: 1 }), false, 0);
    all.add(record({ offset: 2 }), true, 0);
    all.add(record({ offset: 3 }), false, 0);
    expect(all.take(IDLE, 0)).toMatchObject({ records: offsets(0, 2), filtered: offsets(0, 1, 3) });
    all.add(record({ offset: 4 }), false, 0);
    expect(all.take(IDLE, 0)).toMatchObject({ records: [], filtered: offsets(0, 4) });
  });
});

describe('[S-13] an answer', () => {
  const records = [...offsets(0, 1, 2, 5), ...offsets(1, 1, 2)];
  const [first, second] = records;
  const mapping: Mapping = { ...SAMPLE_MAPPING, provisioned: SAMPLE_PROVISIONED };

  test.each<[string, unknown, ReturnType<typeof failures>]>([
    ['nothing', null, []],
    ['something else', { ok: true }, []],
    ['no failures', { batchItemFailures: [] }, []],
    ['null for failures', { batchItemFailures: null }, []],
    ['two records', (failing(second, records[3]) as { payload: unknown }).payload, [second, records[3]]],
    ['one record twice', (failing(second, second) as { payload: unknown }).payload, [second]],
    ['a record that was not there', (failing(second, record({ offset: 3 })) as { payload: unknown }).payload, 'all'],
    [
      'a partition without its topic',
      { batchItemFailures: [{ itemIdentifier: { partition: '0', offset: 1 } }] },
      'all',
    ],
    ['an identifier as of Kinesis', { batchItemFailures: [{ itemIdentifier: '1' }] }, 'all'],
    ['no identifier', { batchItemFailures: [{}] }, 'all'],
    ['what is no list', { batchItemFailures: 'all' }, 'all'],
  ])('with %s', (_, payload, expected) => {
    expect(failures(mapping, records, { payload })).toEqual(expected);
  });

  test('as documented names records of the documented event', () => {
    const event = eventSample as unknown as KafkaEvent;
    const all = Object.values(event.records).flat() as unknown as PolledRecord[];
    const named = failures(mapping, all, { payload: answerSample }) as PolledRecord[];
    expect(named.map(({ partition, offset }) => [partition, offset])).toEqual([
      [0, 1521],
      [11, 0],
    ]);
  });

  test('is not looked at unless the mapping says so', () => {
    const silent: Mapping = { ...mapping, provisioned: { ...SAMPLE_PROVISIONED, partialAnswers: false } };
    expect(failures(silent, records, failing(first))).toEqual([]);
    expect(failures(SAMPLE_MAPPING, records, failing(first))).toEqual([]);
  });

  const piece = (of = records) => ({ records: of, invocations: 0, retries: 0 });

  test('that is an error, on demand, has the same batch tried again without end', () => {
    const { again, exhausted } = next(SAMPLE_MAPPING, { records, invocations: 999, retries: 0 }, ERROR, 'named');
    expect(again).toEqual([{ records, invocations: 1000, retries: 0 }]);
    expect(exhausted).toBeUndefined();
  });

  test('that is an error halves the batch, which is no retry', () => {
    expect(next(mapping, piece(), ERROR, 'named').again).toEqual([
      { records: records.slice(0, 3), invocations: 1, retries: 0 },
      { records: records.slice(3), invocations: 1, retries: 0 },
    ]);
  });

  test('that is an error has one record, or a batch that is not halved, tried again and then given up', () => {
    const whole: Mapping = { ...mapping, provisioned: { ...SAMPLE_PROVISIONED, bisect: false } };
    for (const [settings, of] of [
      [mapping, [first]],
      [whole, records],
    ] as const) {
      const { again } = next(settings, piece([...of]), ERROR, 'named');
      expect(again).toEqual([{ records: of, invocations: 1, retries: 1 }]);
      expect(next(settings, again[0], ERROR, 'named')).toEqual({
        again: [],
        exhausted: { records: of, invocations: 2, retries: 1 },
      });
    }
  });

  test.each<[Reading, PolledRecord[]]>([
    ['named', [second]],
    ['from the first named', records.slice(1, 3)],
  ])('that names a record has tried again, read as "%s", what it should', (reading, rest) => {
    expect(next(mapping, piece(), failing(second), reading).again).toEqual([
      { records: rest, invocations: 1, retries: 1 },
    ]);
    const last = { records, invocations: 1, retries: 1 };
    expect(next(mapping, last, failing(second), reading).exhausted!.records).toEqual(rest);
  });
});

describe('[S-13] what a destination gets', () => {
  const sample = eventSample as unknown as KafkaEvent;
  const records = Object.values(sample.records)
    .flat()
    .map((each) =>
      record({ topic: each.topic, partition: each.partition, offset: each.offset, timestamp: each.timestamp }),
    );
  const given = (answer: Answer | undefined, destination: string) =>
    failureRecord(
      { ...sample, absent: 'omitted' },
      queueSample.requestContext.functionArn,
      { records, condition: 'RetryAttemptsExhausted', invocations: 4, answer },
      {
        requestId: queueSample.requestContext.requestId,
        now: new Date(queueSample.timestamp),
        destination,
      },
    );

  test('is the documented record, at a queue or topic', () => {
    const { KafkaBatchInfo, ...rest } = given(ERROR, 'arn:aws:sqs:eu-west-1:111122223333:q');
    const { KafkaBatchInfo: expected, ...expectedRest } = queueSample;
    expect(rest).toEqual(expectedRest);
    expect(KafkaBatchInfo).toEqual({ ...expected, payloadSize: expect.any(Number) });
  });

  test('has the event too, in a bucket', () => {
    const { payload, KafkaBatchInfo } = given(ERROR, 'arn:aws:s3:::bucket');
    expect(Object.keys(JSON.parse(payload!).records)).toEqual(Object.keys(JSON.parse(bucketSample.payload).records));
    expect(KafkaBatchInfo.payloadSize).toBe(payload!.length);
  });

  test('says nothing of the function where that answered, or was not asked', () => {
    expect(given(failing(records[0]), 'arn:aws:sqs:::q').responseContext).toEqual({
      statusCode: 200,
      executedVersion: '$LATEST',
    });
    expect(given(undefined, 'arn:aws:sqs:::q').responseContext).toBeUndefined();
  });
});

describe('[S-13] filters', () => {
  let ruler: EventRuler;
  beforeAll(async () => (ruler = await EventRuler.start()));
  afterAll(() => ruler.stop());

  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  test.each<[string, Record<string, unknown>[], Partial<PolledRecord>, boolean]>([
    ['no pattern', [], {}, true],
    ['a member of the value', [{ value: { total: [{ numeric: ['>', 10] }] } }], { value: json({ total: 11 }) }, true],
    ['another value', [{ value: { total: [{ numeric: ['>', 10] }] } }], { value: json({ total: 9 }) }, false],
    ['one of two patterns', [{ partition: [1] }, { partition: [0] }], {}, true],
    ['none of two', [{ partition: [1] }, { partition: [2] }], {}, false],
    ['the topic and the value', [{ topic: ['orders'], value: { a: ['b'] } }], { value: json({ a: 'b' }) }, true],
    ['text', [{ value: ['value'] }], {}, true],
    ['other text', [{ value: ['values'] }], {}, false],
    ['text for JSON', [{ value: ['{"a":1}'] }], { value: json({ a: 1 }) }, false],
    ['JSON for text', [{ value: { a: [1] } }], {}, false],
    ['a tombstone', [{ value: { a: [1] } }], { value: null }, false],
    ['the rest, of what is no text', [{ partition: [0], value: { a: [1] } }], { value: Buffer.from([255]) }, true],
    ['the wrong rest', [{ partition: [1], value: { a: [1] } }], { value: Buffer.from([255]) }, false],
    ['nothing else, of what is no text', [{ value: { a: [1] } }], { value: Buffer.from([255]) }, true],
  ])('with %s', async (_, patterns, change, expected) => {
    expect(await passes(ruler, patterns, record(change))).toBe(expected);
  });
});
