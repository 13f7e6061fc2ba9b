import type { KinesisStreamRecord } from 'aws-lambda';
import { bridge } from '../../handlers/kinesis-bridge/bridge';
import type { BridgedRecord } from '../../handlers/kinesis-bridge/record';
import { eventOf, shardId } from '../support/kinesis';

beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation(() => undefined));
afterEach(() => void jest.restoreAllMocks());

/** Records `1`, `2`, … of these sizes. */
function records(...sizes: number[]): KinesisStreamRecord[] {
  return eventOf(
    shardId(3),
    sizes.map((size, index) => ({
      partitionKey: `key-${index % 2}`,
      data: 'x'.repeat(size),
      sequenceNumber: String(index + 1),
      arrival: 1_700_000_000.123,
    })),
  ).Records;
}

const headersOf = ({ headers }: BridgedRecord) =>
  Object.fromEntries([...headers].map(([name, value]) => [name.toString(), value.toString()]));
const numbersOf = (written: BridgedRecord[]) => written.map((each) => headersOf(each)['kinesis-sequence-number']);

/** A topic that refuses its requests of these numbers, the first being 1. */
function topic(...refused: number[]) {
  const requests: string[][] = [];
  const write = (written: BridgedRecord[]) => {
    requests.push(numbersOf(written));
    return refused.includes(requests.length) ? Promise.reject(new Error('NOT_LEADER')) : Promise.resolve();
  };
  return { requests, write };
}

test('[S-10] key and value are kept; shard, sequence number and time of arrival are headers', async () => {
  let got: BridgedRecord[] = [];
  const binary = { ...records(1)[0] };
  binary.kinesis = {
    ...binary.kinesis,
    data: Buffer.from([0, 255, 128]).toString('base64'),
    partitionKey: 'schlüssel',
  };
  await bridge([binary], (written) => Promise.resolve(void (got = written)));
  const [{ key, value }] = got;
  expect([key, value]).toEqual([Buffer.from('schlüssel'), Buffer.from([0, 255, 128])]);
  expect(headersOf(got[0])).toEqual({
    'kinesis-shard-id': 'shardId-000000000003',
    'kinesis-sequence-number': '1',
    'kinesis-arrival-milliseconds': '1700000000123',
  });
  // Older than a topic may keep its records: it would be gone at once.
  expect(got[0]).not.toHaveProperty('timestamp');
});

test('[S-10] no request is larger than a topic takes by default, unless one record is, and all go in their order', async () => {
  const { requests, write } = topic();
  const sizes = [400_000, 400_000, 400_000, 1_048_576, 10, 10];
  expect(await bridge(records(...sizes), write)).toEqual({ batchItemFailures: [] });
  expect(requests).toEqual([['1', '2'], ['3'], ['4'], ['5', '6']]);
  const many = topic();
  await bridge(records(...Array<number>(2500).fill(1)), many.write);
  expect(many.requests.map(({ length }) => length)).toEqual([1000, 1000, 500]);
});

test('[S-10] where it can not go on, it names the first record that may be missing, and stops', async () => {
  const { requests, write } = topic(3);
  expect(await bridge(records(800_000, 800_000, 800_000, 800_000), write)).toEqual({
    batchItemFailures: [{ itemIdentifier: '3' }],
  });
  expect(requests).toEqual([['1'], ['2'], ['3']]);
  expect(console.warn).toHaveBeenCalledWith('2 of 4 records written, goes on at 3: Error: NOT_LEADER');
});

test('[S-10] a batch of which nothing was written is an error, which Lambda counts', async () => {
  await expect(bridge(records(1, 1), topic(1).write)).rejects.toThrow('nothing written: Error: NOT_LEADER');
  const inside = new AggregateError([new Error('MESSAGE_TOO_LARGE'), new Error('MESSAGE_TOO_LARGE')], 'failed');
  await expect(bridge(records(1), () => Promise.reject(inside))).rejects.toThrow(
    /^nothing written: Error: MESSAGE_TOO_LARGE$/,
  );
});

test('[S-10] nothing of a record is printed', async () => {
  const secret = records(800_000, 800_000);
  await bridge(secret, topic(2).write);
  expect(JSON.stringify((console.warn as jest.Mock).mock.calls)).not.toMatch(/key-|xxx/);
});
