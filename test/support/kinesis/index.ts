import { createHash } from 'node:crypto';
import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import type { LocalFunction } from '../poller/invoke';
import type { Resolve, Template } from '../kafka';

/** A record as it lies in a shard. */
export interface StreamRecord {
  readonly partitionKey: string;
  readonly data: string;
  readonly sequenceNumber: string;
  /** Seconds, with milliseconds behind the point. */
  readonly arrival: number;
}

/** The shards of a stream: each has an equal part of the hashes of partition keys. */
export class LocalStream {
  readonly shards: StreamRecord[][];
  private puts = 0;

  constructor(shards: number) {
    this.shards = Array.from({ length: shards }, () => []);
  }

  /** @see https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html */
  put(partitionKey: string, data: string): StreamRecord {
    const hash = BigInt(`0x${createHash('md5').update(partitionKey).digest('hex')}`);
    const shard = Number((hash * BigInt(this.shards.length)) >> 128n);
    // 56 digits, in the order of arrival, with gaps: numbers of a shard grow, and no more is promised.
    const sequenceNumber = `49${String(this.puts++ * 7).padStart(54, '0')}`;
    const record = { partitionKey, data, sequenceNumber, arrival: 1_700_000_000 + this.puts / 1000 };
    this.shards[shard].push(record);
    return record;
  }

  get size(): number {
    return this.shards.reduce((sum, { length }) => sum + length, 0);
  }
}

export const shardId = (index: number) => `shardId-${String(index).padStart(12, '0')}`;

/** The mapping of a template, of which only what is played here may be set. */
export function readStreamMapping(template: Template, resolve: Resolve): { batchSize: number; functionName: string } {
  const mappings = Object.values(template.Resources).filter(
    ({ Type, Properties }) =>
      Type === 'AWS::Lambda::EventSourceMapping' && Properties!.AmazonManagedKafkaEventSourceConfig === undefined,
  );
  const [{ Properties }] = mappings;
  const { BatchSize, FunctionName, EventSourceArn, DestinationConfig, StartingPosition, ...rest } = Properties!;
  const played = {
    BisectBatchOnFunctionError: false,
    ParallelizationFactor: 1,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  };
  if (mappings.length !== 1 || JSON.stringify(sorted(rest)) !== JSON.stringify(sorted(played))) {
    throw new Error(`one mapping with ${JSON.stringify(played)} can be played, not ${JSON.stringify(rest)}`);
  }
  if (StartingPosition !== 'TRIM_HORIZON' || !DestinationConfig || !EventSourceArn) {
    throw new Error('the mapping begins elsewhere, or has no destination or source');
  }
  return { batchSize: BatchSize, functionName: resolve(FunctionName) };
}

const sorted = (value: object) => Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));

export interface PlayOptions {
  readonly batchSize: number;
  /** Told of each delivery before it is made; what it does to the function is up to the test. */
  readonly onDelivery?: (delivery: number, execution: LocalFunction) => void | Promise<void>;
  /** Whether a batch is delivered once more although it was done. */
  readonly repeat?: (delivery: number) => boolean;
}

export interface Counts {
  deliveries: number;
  failed: number;
  partial: number;
  repeated: number;
}

const GIVES_UP_AFTER = 200;

/**
 * Plays the pollers of Lambda: one batch of a shard at a time, the next when the last is done; what failed is delivered
 * again, from the first record that the function names.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 */
export async function play(stream: LocalStream, executions: LocalFunction[], options: PlayOptions): Promise<Counts> {
  const counts: Counts = { deliveries: 0, failed: 0, partial: 0, repeated: 0 };
  await Promise.all(
    stream.shards.map(async (records, shard) => {
      const execution = executions[shard];
      let failures = 0;
      for (let position = 0; position < records.length;) {
        const batch = records.slice(position, position + options.batchSize);
        const delivery = ++counts.deliveries;
        await options.onDelivery?.(delivery, execution);
        const answer = await execution.invoke(eventOf(shardId(shard), batch));
        if (!('payload' in answer)) {
          counts.failed++;
          if (++failures > GIVES_UP_AFTER) throw new Error(`the bridge fails: ${answer.message} ${execution.output}`);
          continue;
        }
        failures = 0;
        const { batchItemFailures } = answer.payload as { batchItemFailures: { itemIdentifier: string }[] };
        if (batchItemFailures.length) {
          counts.partial++;
          const named = batch.findIndex(({ sequenceNumber }) => sequenceNumber === batchItemFailures[0].itemIdentifier);
          if (named < 0) throw new Error(`${batchItemFailures[0].itemIdentifier} is not in the batch`);
          position += named;
        } else if (options.repeat?.(delivery)) {
          counts.repeated++;
        } else {
          position += batch.length;
        }
      }
    }),
  );
  return counts;
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html */
export function eventOf(shard: string, records: StreamRecord[]): KinesisStreamEvent {
  const arn = 'arn:aws:kinesis:us-east-1:111122223333:stream/clicks';
  return {
    Records: records.map(({ partitionKey, data, sequenceNumber, arrival }): KinesisStreamRecord => ({
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey,
        sequenceNumber,
        data: Buffer.from(data).toString('base64'),
        approximateArrivalTimestamp: arrival,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: `${shard}:${sequenceNumber}`,
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: 'arn:aws:iam::111122223333:role/bridge',
      awsRegion: 'us-east-1',
      eventSourceARN: arn,
    })),
  };
}
