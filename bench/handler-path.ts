import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import type { Mapping } from '../test/support/poller';
import { LocalFunction, Poller } from '../test/support/poller';
import { SAMPLE_MAPPING, SAMPLE_PROVISIONED } from '../test/support/poller/sample-mapping';
import type { TestKafka } from '../test/support/kafka';
import { kafkaClient, startKafka } from '../test/support/kafka';
import { median } from './figures';

const TOPIC = 'bench';
const PARTITIONS = 12;
const RECORDS = 100_000;
const VALUE_BYTES = 200;
const ROUNDS = 5;

/** A function that does nothing, so that what is measured is the way to it. */
const HANDLER = 'exports.handler = async () => ({ batchItemFailures: [] });';

const MAPPING: Mapping = { ...SAMPLE_MAPPING, topic: TOPIC, batchSize: 500, provisioned: SAMPLE_PROVISIONED };

/**
 * Records a second from the broker through the poller to a function in a process of its own and back to the commit,
 * against a bare client that only reads them: the same records, one after the other, as a ratio.
 */
export async function handlerPath(): Promise<object> {
  const code = mkdtempSync(path.join(tmpdir(), 'handler-path-'));
  writeFileSync(path.join(code, 'index.js'), HANDLER);
  const local = new LocalFunction({ name: 'bench', arn: 'arn:bench', code, timeoutMs: 30_000, environment: {} });
  const kafka = await startKafka({ authentication: ['unauthenticated'] });
  try {
    await fill(kafka);
    const bare: number[] = [];
    const ours: number[] = [];
    // The first round warms up.
    for (let round = 0; round <= ROUNDS; round++) {
      bare.push(await perSecond(() => readBare(kafka, `bare-${round}`)));
      ours.push(await perSecond(() => readThroughPoller(kafka, local, `ours-${round}`)));
    }
    const measured = (all: number[]) => all.slice(1);
    return {
      records: RECORDS,
      valueBytes: VALUE_BYTES,
      batchSize: MAPPING.batchSize,
      rounds: ROUNDS,
      bareRecordsPerSecond: Math.round(median(measured(bare))),
      recordsPerSecond: Math.round(median(measured(ours))),
      ratio: Math.round(median(measured(ours).map((each, round) => each / measured(bare)[round])) * 100) / 100,
    };
  } finally {
    await local.stop();
    await kafka.stop();
    rmSync(code, { recursive: true });
  }
}

async function fill(kafka: TestKafka): Promise<void> {
  await kafka.createTopics([{ topicName: TOPIC, partitions: PARTITIONS, replicationFactor: 1 }]);
  const producer = new kafkaClient.Producer({ ...kafka.plaintext(), idempotent: true });
  const value = Buffer.alloc(VALUE_BYTES, 'x');
  for (let sent = 0; sent < RECORDS; sent += 1000) {
    const numbers = Array.from({ length: 1000 }, (_, index) => sent + index);
    await producer.send({
      acks: -1,
      messages: numbers.map((number) => ({ topic: TOPIC, key: Buffer.from(String(number)), value })),
    });
  }
  await producer.close();
}

async function readBare(kafka: TestKafka, groupId: string): Promise<void> {
  const consumer = new kafkaClient.Consumer({ ...kafka.plaintext(), groupId });
  const stream = await consumer.consume({ topics: [TOPIC], mode: 'earliest', autocommit: false });
  const iterator = stream[Symbol.asyncIterator]();
  for (let read = 0; read < RECORDS; read++) {
    await iterator.next();
  }
  await consumer.close(true);
}

async function readThroughPoller(kafka: TestKafka, local: LocalFunction, group: string): Promise<void> {
  const poller = await Poller.start({
    mapping: { ...MAPPING, group },
    connection: kafka.plaintext(),
    bootstrapServers: kafka.bootstrap.plaintext,
    functionArn: local.settings.arn,
    invoke: (event) => local.invoke(event),
  });
  await poller.caughtUp(60_000);
  await poller.stop();
  if (poller.counts.done !== RECORDS) {
    throw new Error(`${poller.counts.done} records of ${RECORDS} went through`);
  }
}

async function perSecond(work: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await work();
  return (RECORDS * 1000) / (performance.now() - begin);
}
