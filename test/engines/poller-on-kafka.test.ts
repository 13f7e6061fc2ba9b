import { setTimeout as sleep } from 'timers/promises';
import { EventRuler } from '../support/event-ruler';
import type { TestKafka } from '../support/kafka';
import { kafkaClient, startKafka } from '../support/kafka';
import { Poller } from '../support/poller';
import type { Answer, FailureRecord, KafkaEvent, Mapping, PollerOptions } from '../support/poller';
import { SAMPLE_MAPPING, SAMPLE_PROVISIONED } from '../support/poller/sample-mapping';

jest.setTimeout(300_000);

const ERROR: Answer = { functionError: 'Unhandled', message: 'boom' };

describe('[S-13] on a broker, a poller', () => {
  let kafka: TestKafka;
  let producer: InstanceType<typeof kafkaClient.Producer>;
  const pollers: Poller[] = [];
  let topics = 0;

  beforeAll(async () => {
    kafka = await startKafka({
      authentication: ['unauthenticated'],
      serverProperties: { 'message.max.bytes': '8000000' },
    });
    producer = new kafkaClient.Producer({ ...kafka.plaintext(), idempotent: true });
  });
  afterEach(async () => {
    await Promise.all(pollers.splice(0).map((poller) => poller.stop()));
  });
  afterAll(async () => {
    await producer.close();
    await kafka.stop();
  });

  /** A topic of its own for each test. */
  async function topic(partitions = 1, configs: Record<string, string> = {}): Promise<string> {
    const topicName = `orders-v1.placed-${++topics}`;
    await kafka.createTopics([{ topicName, partitions, replicationFactor: 1, configs }]);
    return topicName;
  }

  const send = (name: string, partition: number, ...values: (string | Buffer | null)[]) =>
    producer.send({
      acks: -1,
      messages: values.map((value) => ({
        topic: name,
        partition,
        value: value === null ? (null as unknown as undefined) : Buffer.from(value),
      })),
    });

  async function start(mapping: Partial<Mapping>, options: Partial<PollerOptions>): Promise<Poller> {
    const poller = await Poller.start({
      mapping: { ...SAMPLE_MAPPING, ...mapping },
      connection: kafka.plaintext(),
      bootstrapServers: kafka.bootstrap.plaintext,
      functionArn: 'arn:function',
      invoke: async () => ({ payload: null }),
      retryDelayMs: 10,
      ...options,
    });
    pollers.push(poller);
    return poller;
  }

  /** A function that keeps what it is given, and fails where it is told to. */
  function recorder(fails: (values: string[]) => boolean = () => false) {
    const events: KafkaEvent[] = [];
    const values = (event: KafkaEvent) =>
      Object.values(event.records)
        .flat()
        .map(({ value }) => Buffer.from(value ?? '', 'base64').toString());
    const invoke = async (event: unknown): Promise<Answer> => {
      events.push(event as KafkaEvent);
      return fails(values(event as KafkaEvent)) ? ERROR : { payload: null };
    };
    return { events, invoke, seen: () => events.map(values) };
  }

  test('gives records as the broker has them', async () => {
    const name = await topic();
    const headers = new Map([
      [Buffer.from('city'), Buffer.from('Málaga')],
      [Buffer.from('tag'), Buffer.from('gift')],
      [Buffer.from('tag'), Buffer.from('express')],
    ]);
    const before = Date.now();
    await producer.send({
      acks: -1,
      messages: [
        { topic: name, key: Buffer.from('k'), value: Buffer.from([0xff]), headers },
        { topic: name, key: Buffer.alloc(0), value: Buffer.alloc(0) },
        { topic: name },
      ],
    });
    const { events, invoke } = recorder();
    await (await start({ topic: name }, { invoke })).caughtUp(60_000);
    const [first, empty, none] = events.flatMap(({ records }) => records[`${name}-0`]);
    expect(first).toEqual({
      topic: name,
      partition: 0,
      offset: 0,
      timestamp: expect.any(Number),
      timestampType: 'CREATE_TIME',
      key: 'aw==',
      value: '/w==',
      headers: [{ city: [77, -61, -95, 108, 97, 103, 97] }, { tag: [103, 105, 102, 116] }, { tag: expect.any(Array) }],
    });
    expect(first.timestamp).toBeGreaterThanOrEqual(before);
    expect(empty).toMatchObject({ offset: 1, key: '', value: '', headers: [] });
    expect('key' in none || 'value' in none).toBe(false);
    expect(events[0]).toMatchObject({ eventSource: 'aws:kafka', bootstrapServers: kafka.bootstrap.plaintext });
  });

  test('skips the gaps that transactions leave, and says when the broker set the time', async () => {
    const name = await topic(1, { 'message.timestamp.type': 'LogAppendTime' });
    const transactional = new kafkaClient.Producer({ ...kafka.plaintext(), transactionalId: name, idempotent: true });
    for (const value of ['a', 'b']) {
      const transaction = await transactional.beginTransaction();
      await transaction.send({ messages: [{ topic: name, value: Buffer.from(value), timestamp: 1n }] });
      await transaction.commit();
    }
    await transactional.close();
    await send(name, 0, 'c');
    const { events, invoke } = recorder();
    await (await start({ topic: name }, { invoke })).caughtUp(60_000);
    const records = events.flatMap((event) => event.records[`${name}-0`]);
    expect(records.map(({ offset }) => offset)).toEqual([0, 2, 4]);
    expect(records[0].timestampType).toBe('LOG_APPEND_TIME');
    expect(records[0].timestamp).toBeGreaterThan(1_700_000_000_000);
  });

  test.each<[string, Partial<Mapping>, string[]]>([
    ['TRIM_HORIZON', {}, ['old', 'new']],
    ['LATEST', { startingPosition: 'LATEST' }, ['new']],
    ['AT_TIMESTAMP', { startingPosition: 'AT_TIMESTAMP', startingTimestampMs: 5000 }, ['old', 'new']],
    ['AT_TIMESTAMP of the future', { startingPosition: 'AT_TIMESTAMP', startingTimestampMs: 6000 }, ['new']],
  ])('begins at %s', async (_, mapping, expected) => {
    const name = await topic();
    await producer.send({
      acks: -1,
      messages: [5000n].map((timestamp) => ({ topic: name, value: Buffer.from('old'), timestamp })),
    });
    const { seen, invoke } = recorder();
    const poller = await start({ ...mapping, topic: name, group: `group-${topics}` }, { invoke });
    await send(name, 0, 'new');
    await poller.caughtUp(60_000);
    expect(seen().flat()).toEqual(expected);
  });

  test('goes on where the group has committed, whatever the starting position', async () => {
    const name = await topic();
    await send(name, 0, 'first');
    await (await start({ topic: name, group: 'kept' }, {})).caughtUp(60_000);
    await pollers.pop()!.stop();
    await send(name, 0, 'second');
    const { seen, invoke } = recorder();
    await (await start({ topic: name, group: 'kept', startingPosition: 'LATEST' }, { invoke })).caughtUp(60_000);
    expect(seen()).toEqual([['second']]);
  });

  test('commits after the function has answered: a crash before that repeats everything', async () => {
    const name = await topic();
    await send(name, 0, 'a', 'b');
    let asked: () => void;
    const reached = new Promise<void>((resolve) => (asked = resolve));
    const first = await start(
      { topic: name, group: 'crash' },
      { invoke: () => (asked(), new Promise(() => undefined)) },
    );
    await reached;
    await sleep(300);
    expect([...(await first.lag()).values()]).toEqual([2]);
    pollers.pop();
    await first.crash();
    const { seen, invoke } = recorder();
    await (await start({ topic: name, group: 'crash' }, { invoke })).caughtUp(60_000);
    expect(seen()).toEqual([['a', 'b']]);
  });

  test('on demand stops at a record that always fails; its partition does not move, others do', async () => {
    const name = await topic(2);
    const { seen, invoke } = recorder((values) => values.includes('poison'));
    const poller = await start({ topic: name }, { invoke });
    await send(name, 0, 'poison');
    await until(() => seen().length > 3);
    await send(name, 0, 'behind');
    await send(name, 1, 'a', 'b');
    await until(async () => (await poller.lag()).get(1) === 0);
    expect((await poller.lag()).get(0)).toBe(2);
    expect(seen().flat()).not.toContain('behind');
    expect(poller.givenUp).toEqual([]);
  });

  test('with provisioned pollers isolates such a record, reports it and goes on', async () => {
    const name = await topic(2);
    await send(name, 0, 'a', 'b', 'poison', 'c', 'd');
    const { seen, invoke } = recorder((values) => values.includes('poison'));
    const messages: FailureRecord[] = [];
    const destination = 'arn:aws:sqs:us-east-1:111122223333:dead';
    const poller = await start(
      { topic: name, destination, provisioned: SAMPLE_PROVISIONED },
      { invoke, onFailure: (message) => void messages.push(message) },
    );
    await poller.caughtUp(60_000);
    expect(poller.givenUp.map(({ offset }) => offset)).toEqual([2]);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject({
      // Five records, three, two and then the one that is left twice.
      requestContext: { condition: 'RetryAttemptsExhausted', functionArn: 'arn:function', approximateInvokeCount: 4 },
      KafkaBatchInfo: {
        batchSize: 1,
        recordsInfo: { [`${name}-0`]: { firstRecordOffset: '2', lastRecordOffset: '2' } },
      },
    });
    const good = seen().filter((values) => !values.includes('poison'));
    expect(good.flat()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('reports a record that fits no invocation, and one that is too old', async () => {
    const name = await topic(1, { 'max.message.bytes': '8000000' });
    await producer.send({ acks: -1, messages: [{ topic: name, value: Buffer.from('aged'), timestamp: 1000n }] });
    await send(name, 0, Buffer.alloc(5_000_000), 'small');
    const { seen, invoke } = recorder();
    const messages: FailureRecord[] = [];
    const mapping = {
      topic: name,
      destination: 'arn:aws:sqs:::dead',
      provisioned: { ...SAMPLE_PROVISIONED, maxRecordAgeMs: 60_000 },
    };
    await (await start(mapping, { invoke, onFailure: (message) => void messages.push(message) })).caughtUp(60_000);
    expect(seen()).toEqual([['small']]);
    expect(messages.map(({ requestContext }) => requestContext.condition)).toEqual([
      'RecordAgeExceeded',
      'MaximumPayloadSizeExceeded',
    ]);
  });

  test('does not guess what becomes of a record that fits no invocation without a destination', async () => {
    const name = await topic(1, { 'max.message.bytes': '8000000' });
    await send(name, 0, Buffer.alloc(5_000_000));
    const poller = await start({ topic: name }, {});
    await expect(poller.caughtUp(60_000)).rejects.toThrow('record 0 of partition 0 fits no invocation');
  });

  test('passes over what no filter lets through, without an invocation', async () => {
    const ruler = await EventRuler.start();
    const name = await topic();
    await send(name, 0, '{"total":1}', '{"total":20}', 'text');
    const { seen, invoke } = recorder();
    const filters = [{ value: { total: [{ numeric: ['>', 10] }] } }];
    const poller = await start({ topic: name, filters }, { invoke, ruler });
    await poller.caughtUp(60_000);
    await send(name, 0, 'more text');
    await poller.caughtUp(60_000);
    expect(seen()).toEqual([['{"total":20}']]);
    expect(poller.counts).toMatchObject({ read: 4, filtered: 3, invocations: 1, done: 1 });
    await ruler.stop();
  });

  test('says so when the topic is not there', async () => {
    await expect(start({ topic: 'nobody' }, {})).rejects.toThrow('Unknown topic nobody');
  });

  async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!(await holds())) {
      if (Date.now() > deadline) {
        throw new Error('did not come about in 20 s');
      }
      await sleep(20);
    }
  }
});
