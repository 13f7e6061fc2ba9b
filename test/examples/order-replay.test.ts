import type { MSKEvent, MSKRecord, SQSEvent } from 'aws-lambda';
import { rangesOf, replay } from '../../examples/handlers/order-replay/replay';
import type { OffsetRange } from '../../examples/handlers/order-replay/replay';
import bucketSample from '../support/poller/samples/lambda-onfailure-s3.json';
import queueSample from '../support/poller/samples/lambda-onfailure-sqs-sns.json';

const body = JSON.stringify(queueSample);
const RANGES: OffsetRange[] = [
  { topic: 'orders-v1.placed', partition: 0, first: 1520n, last: 1522n },
  { topic: 'orders-v1.placed', partition: 3, first: 88n, last: 92n },
  { topic: 'orders-v1.placed', partition: 11, first: 0n, last: 2n },
];

const record = ({ topic, partition, first }: OffsetRange) => ({ topic, partition, offset: Number(first) }) as MSKRecord;
const event = (...bodies: string[]) =>
  ({ Records: bodies.map((each, index) => ({ messageId: `m${index}`, body: each })) }) as SQSEvent;

test('[S-19] a message of the queue, and an object of a bucket, say which offsets of which partition were given up', () => {
  expect(rangesOf(body)).toEqual(RANGES);
  expect(rangesOf(JSON.stringify(bucketSample))).toEqual(RANGES);
});

test('[S-19] the handler is given the records as the mapping gives them', async () => {
  const events: MSKEvent[] = [];
  const answer = await replay(
    event(body),
    async (range) => [record(range)],
    async (each) => {
      events.push(each);
      return { batchItemFailures: [] };
    },
    () => undefined,
  );
  expect(answer).toEqual({ batchItemFailures: [] });
  expect(events).toEqual([
    {
      eventSource: 'aws:kafka',
      eventSourceArn: queueSample.KafkaBatchInfo.eventSourceArn,
      bootstrapServers: queueSample.KafkaBatchInfo.bootstrapServers,
      records: Object.fromEntries(RANGES.map((range) => [`${range.topic}-${range.partition}`, [record(range)]])),
    },
  ]);
});

test('[S-19] a message goes back to the queue where its records fail again, are gone, or it is none of Lambda’s', async () => {
  const reasons: string[] = [];
  let handled = 0;
  const answer = await replay(
    event(body, body, 'hello', body),
    async (range) => {
      if (handled === 1) {
        throw new Error('gone');
      }
      return [record(range)];
    },
    async () => ({ batchItemFailures: ++handled === 1 ? [{}] : [] }),
    (messageId, reason) => {
      reasons.push(`${messageId}: ${reason}`);
      if (reason === 'gone') handled = 2;
    },
  );
  expect(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual(['m0', 'm1', 'm2']);
  expect(reasons).toEqual(['m0: 1 records failed again', 'm1: gone', expect.stringMatching(/^m2: .*JSON/)]);
});
