import type { KinesisStreamBatchResponse, KinesisStreamRecord } from 'aws-lambda';
import { bridged, sizeOf } from './record';
import type { BridgedRecord } from './record';

/** Writes records and returns when the topic has them. */
export type Write = (records: BridgedRecord[]) => Promise<void>;

/** What goes into one request: below the largest batch that a topic takes by default. */
const CHUNK_BYTES = 900_000;
const CHUNK_RECORDS = 1_000;

/**
 * Writes a batch of one shard in its order, some records at a time, the next when the topic has the last.
 *
 * Where it can not go on, it names the first record that may be missing: Lambda gives it this one and all after it again.
 * What of those had been written is then written twice, under the same sequence numbers. A batch of which nothing was
 * written is an error, so that it shows among the errors of the function.
 */
export async function bridge(records: KinesisStreamRecord[], write: Write): Promise<KinesisStreamBatchResponse> {
  let written = 0;
  for (const chunk of chunks(records)) {
    try {
      await write(chunk.map(({ record }) => record));
      written += chunk.length;
    } catch (error) {
      if (written === 0) throw new Error(`nothing written: ${reasonOf(error)}`, { cause: error });
      const [{ sequenceNumber }] = chunk;
      console.warn(`${written} of ${records.length} records written, goes on at ${sequenceNumber}: ${reasonOf(error)}`);
      return { batchItemFailures: [{ itemIdentifier: sequenceNumber }] };
    }
  }
  return { batchItemFailures: [] };
}

/** The client says `Producing messages failed`, and why in the errors inside. */
function reasonOf(error: unknown): string {
  const inside = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  return inside.length ? [...new Set(inside.map(reasonOf))].join('; ') : String(error);
}

interface Pending {
  readonly sequenceNumber: string;
  readonly record: BridgedRecord;
}

function chunks(records: KinesisStreamRecord[]): Pending[][] {
  const all: Pending[][] = [];
  let bytes = Infinity;
  for (const each of records) {
    const record = bridged(each);
    bytes += sizeOf(record);
    if (bytes > CHUNK_BYTES || all[all.length - 1].length === CHUNK_RECORDS) {
      all.push([]);
      bytes = sizeOf(record);
    }
    all[all.length - 1].push({ sequenceNumber: each.kinesis.sequenceNumber, record });
  }
  return all;
}
