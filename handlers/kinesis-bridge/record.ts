import type { KinesisStreamRecord } from 'aws-lambda';

/** What readers of the topic find beside key and value; the guide names them. */
export const SHARD_ID = 'kinesis-shard-id';
export const SEQUENCE_NUMBER = 'kinesis-sequence-number';

/** A record of a stream as the topic gets it. */
export interface BridgedRecord {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly timestamp: bigint;
  readonly headers: Record<string, Buffer>;
}

/** The event id is the shard and the sequence number: `shardId-000000000000:4954…`. */
export function bridged({ eventID, kinesis }: KinesisStreamRecord): BridgedRecord {
  return {
    key: Buffer.from(kinesis.partitionKey),
    value: Buffer.from(kinesis.data, 'base64'),
    timestamp: BigInt(Math.floor(kinesis.approximateArrivalTimestamp * 1000)),
    headers: {
      [SHARD_ID]: Buffer.from(eventID.slice(0, eventID.indexOf(':'))),
      [SEQUENCE_NUMBER]: Buffer.from(kinesis.sequenceNumber),
    },
  };
}

/** What a record adds to a batch of Kafka, or a little more. */
export function sizeOf({ key, value, headers }: BridgedRecord): number {
  const named = Object.entries(headers).map(([name, content]) => name.length + content.length);
  return named.reduce((sum, each) => sum + each, key.length + value.length + OVERHEAD);
}

const OVERHEAD = 64;
