import { App } from 'aws-cdk-lib';
import { KinesisToMsk } from '../../examples/kinesis-to-msk';
import { kafkaClient, resourcesOf } from '../support/kafka';
import type { TestKafka } from '../support/kafka';
import { LocalStream, eventOf, play, readStreamMapping, shardId } from '../support/kinesis';
import type { StreamRecord } from '../support/kinesis';
import { Deployment, synthesized } from '../support/poller';
import { startCluster } from '../support/poller/deployment';
import type { LocalFunction } from '../support/poller/invoke';

jest.setTimeout(300_000);

const RECORDS = 100_000;
const TOPIC = 'clicks';

let kafka: TestKafka;
let deployment: Deployment;
let bridge: string;

beforeAll(async () => {
  const app = new App({ analyticsReporting: false });
  new KinesisToMsk(app, 'kinesis-to-msk');
  const stack = synthesized(app, 'kinesis-to-msk');
  kafka = await startCluster(stack.template, '4.1.2');
  deployment = new Deployment(kafka, stack);
  await deployment.createTopics();
  [bridge] = resourcesOf(stack.template, 'AWS::Lambda::Function')
    .map(([id]) => id)
    .filter((id) => id.startsWith('BridgeFunction'));
});
afterAll(async () => {
  await Promise.all(executions.map((execution) => execution.stop()));
  await kafka.stop();
});

const executions: LocalFunction[] = [];

/** An execution environment of the bridge, as each shard has one; a failed test leaves none behind. */
async function environment(): Promise<LocalFunction> {
  const execution = await deployment.function(bridge);
  executions.push(execution);
  return execution;
}

interface Read {
  readonly partition: number;
  readonly key: string;
  readonly value: string;
  readonly shard: string;
  readonly sequenceNumber: string;
  readonly arrival: string;
}

/** All that is in the topic, partition by partition in its order. */
async function readAll(): Promise<Read[]> {
  const ends = await kafka.admin.listOffsets({
    topics: [
      {
        name: TOPIC,
        partitions: Array.from({ length: 12 }, (_, partitionIndex) => ({
          partitionIndex,
          timestamp: kafkaClient.ListOffsetTimestamps.LATEST,
        })),
      },
    ],
  });
  const total = ends[0].partitions.reduce((sum, { offset }) => sum + Number(offset), 0);
  const arn = (kind: string, name: string) => `${kafka.clusterArn.replace(':cluster/', `:${kind}/`)}/${name}`;
  const allow = (Resource: string, ...actions: string[]) => ({
    Effect: 'Allow',
    Action: actions.map((action) => `kafka-cluster:${action}`),
    Resource,
  });
  const reader = await kafka.addPrincipal({
    roleArn: `arn:aws:iam::${kafka.identity.account}:role/reader`,
    statements: [
      allow(kafka.clusterArn, 'Connect'),
      allow(arn('topic', TOPIC), 'DescribeTopic', 'ReadData'),
      allow(arn('group', '*'), 'DescribeGroup', 'AlterGroup'),
    ],
  });
  const consumer = kafka.consumer(reader.connection, { groupId: `reader-${total}` });
  const read: Read[] = [];
  try {
    const stream = await consumer.consume({ topics: [TOPIC], mode: 'earliest', autocommit: false });
    for await (const { partition, key, value, headers } of stream) {
      const named = new Map([...headers].map(([name, content]) => [name.toString(), content.toString()]));
      const header = (name: string) => named.get(name)!;
      read.push({
        partition,
        key: key.toString(),
        value: value.toString(),
        shard: header('kinesis-shard-id'),
        sequenceNumber: header('kinesis-sequence-number'),
        arrival: header('kinesis-arrival-milliseconds'),
      });
      if (read.length === total) break;
    }
  } finally {
    await consumer.close(true);
  }
  return read;
}

/** What a reader does that wants each record once: it keeps the highest number of each shard and partition. */
function withoutRepeats(read: Read[]): { once: Read[]; repeats: number } {
  const highest = new Map<string, bigint>();
  const once = read.filter(({ partition, shard, sequenceNumber }) => {
    const place = `${partition} ${shard}`;
    const number = BigInt(sequenceNumber);
    if (number <= (highest.get(place) ?? -1n)) return false;
    highest.set(place, number);
    return true;
  });
  return { once, repeats: read.length - once.length };
}

test('[S-10] the function of the template reaches the brokers', async () => {
  expect(await deployment.obstaclesOf(bridge)).toEqual([]);
});

test('[S-10] 100,000 records of 4 shards: order of each shard kept and none lost, with functions killed and batches repeated', async () => {
  const { batchSize, functionName } = readStreamMapping(deployment.stack.template, deployment.resolve);
  expect(functionName).toBe(bridge);
  const stream = new LocalStream(4);
  const puts = new Map<string, StreamRecord>();
  for (let number = 0; number < RECORDS; number++) {
    const record = stream.put(`visitor-${number % 997}`, JSON.stringify({ click: number, page: `/${number % 31}` }));
    puts.set(record.sequenceNumber, record);
  }
  expect(stream.shards.map(({ length }) => length > RECORDS / 8)).toEqual([true, true, true, true]);

  const environments = await Promise.all(stream.shards.map(environment));
  const counts = await play(stream, environments, {
    batchSize,
    // At several moments of the writing: before, within and after the request to the brokers.
    onDelivery: (delivery, execution) => {
      if (delivery % 9 === 0) setTimeout(() => execution.kill(), (delivery % 5) * 15);
    },
    repeat: (delivery) => delivery % 10 === 0,
  });
  expect(counts.failed).toBeGreaterThan(3);
  expect(counts.repeated).toBeGreaterThan(3);

  const read = await readAll();
  const { once, repeats } = withoutRepeats(read);
  // Each once, and nothing that was not put: a record out of order would have been taken for a repeat, and be missing.
  expect(once).toHaveLength(RECORDS);
  const wrong = once.filter(({ key, value, sequenceNumber, arrival }) => {
    const put = puts.get(sequenceNumber)!;
    return key !== put.partitionKey || value !== put.data || Number(arrival) !== Math.round(put.arrival * 1000);
  });
  expect(wrong).toEqual([]);
  // Whatever came twice bears the number that it had the first time: the batches that were repeated, and what was killed.
  expect(repeats).toBeGreaterThanOrEqual(counts.repeated * 500);
  // Counted another way: by the header alone, wherever a record is. What is there beyond the records is repeats, and
  // there are no more of them than records were delivered again.
  const numbers = new Set(read.map(({ shard, sequenceNumber }) => `${shard} ${sequenceNumber}`));
  expect([numbers.size, read.length]).toEqual([RECORDS, RECORDS + repeats]);
  expect(repeats).toBeLessThanOrEqual(counts.deliveries * batchSize - RECORDS);
  const partitionsOfKeys = new Map<string, Set<number>>();
  for (const { key, partition } of read) {
    partitionsOfKeys.set(key, (partitionsOfKeys.get(key) ?? new Set()).add(partition));
  }
  expect([...partitionsOfKeys.values()].filter(({ size }) => size !== 1)).toEqual([]);
});

test('[S-10] a broker that is lost holds up nothing for good', async () => {
  const stream = new LocalStream(1);
  for (let number = 0; number < 5000; number++) stream.put(`late-${number % 50}`, `late ${number}`);
  const execution = await environment();
  const counts = await play(stream, [execution], {
    batchSize: 100,
    // It is dead for the rest of the records, however busy the machine is.
    onDelivery: async (delivery) => {
      if (delivery === 10) await kafka.kill(2);
    },
  });
  await kafka.restart(2);
  await kafka.inSync();
  const late = (await readAll()).filter(({ key }) => key.startsWith('late-'));
  expect(new Set(late.map(({ value }) => value)).size).toBe(5000);
  expect(counts.failed + counts.partial).toBeGreaterThan(0);
});

test('[S-10] the largest record that a stream takes goes through, key and headers included', async () => {
  const execution = await environment();
  const record = { partitionKey: 'k'.repeat(256), data: 'x'.repeat(1024 * 1024), sequenceNumber: '1', arrival: 1 };
  const answer = await execution.invoke(eventOf(shardId(0), [record]));
  expect(answer).toEqual({ payload: { batchItemFailures: [] } });
});
