import type { KinesisStreamRecord } from 'aws-lambda';

/** What readers of the topic find beside key and value; the guide names them. */
const SHARD_ID = Buffer.from('kinesis-shard-id');
const SEQUENCE_NUMBER = Buffer.from('kinesis-sequence-number');
const ARRIVAL = Buffer.from('kinesis-arrival-milliseconds');

/**
 * A record of a stream as the topic gets it. It has no timestamp, so that it is as old as it is in the topic: with the
 * time of its arrival in the stream, what is older than the retention of the topic would be gone as soon as it is there.
 */
export interface BridgedRecord {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly headers: Map<Buffer, Buffer>;
}

/** The event id is the shard and the sequence number: `shardId-000000000000:4954…`. */
export function bridged({ eventID, kinesis }: KinesisStreamRecord): BridgedRecord {
  return {
    key: Buffer.from(kinesis.partitionKey),
    value: Buffer.from(kinesis.data, 'base64'),
    headers: new Map([
      [SHARD_ID, Buffer.from(eventID.slice(0, eventID.indexOf(':')))],
      [SEQUENCE_NUMBER, Buffer.from(kinesis.sequenceNumber)],
      [ARRIVAL, Buffer.from(String(Math.round(kinesis.approximateArrivalTimestamp * 1000)))],
    ]),
  };
}

/** What a record adds to a batch of Kafka, or a little more. */
export function sizeOf({ key, value, headers }: BridgedRecord): number {
  const named = [...headers].map(([name, content]) => name.length + content.length);
  return named.reduce((sum, each) => sum + each, key.length + value.length + OVERHEAD);
}

const OVERHEAD = 64;
