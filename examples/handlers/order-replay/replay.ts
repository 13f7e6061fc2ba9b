import type { MSKEvent, MSKRecord, SQSBatchResponse, SQSEvent } from 'aws-lambda';

/** Records that were given up, by where they are. */
export interface OffsetRange {
  readonly topic: string;
  readonly partition: number;
  readonly first: bigint;
  readonly last: bigint;
}

/** Reads records where they are; rejects where some of them are gone. */
export type ReadRange = (range: OffsetRange) => Promise<MSKRecord[]>;

/** Whoever takes the events of the mapping, and names what it could not process. */
export type Handle = (event: MSKEvent) => Promise<{ readonly batchItemFailures: readonly unknown[] }>;

/**
 * Where the records of a message are that Lambda has written to the queue: it names the first and the last offset of each
 * partition.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html
 */
export function rangesOf(body: string): OffsetRange[] {
  const { KafkaBatchInfo } = JSON.parse(body) as {
    KafkaBatchInfo: {
      recordsInfo: Record<string, { firstRecordOffset: string; lastRecordOffset: string }>;
    };
  };
  return Object.entries(KafkaBatchInfo.recordsInfo).map(([name, { firstRecordOffset, lastRecordOffset }]) => {
    // Names of topics may hold hyphens, numbers of partitions do not.
    const hyphen = name.lastIndexOf('-');
    return {
      topic: name.slice(0, hyphen),
      partition: Number(name.slice(hyphen + 1)),
      first: BigInt(firstRecordOffset),
      last: BigInt(lastRecordOffset),
    };
  });
}

/**
 * Gives the records of each message to the handler once more, in the form that it knows. A message whose records are gone,
 * or fail again, goes back to the queue; the others leave it.
 */
export async function replay(
  event: SQSEvent,
  read: ReadRange,
  handle: Handle,
  log: (messageId: string, reason: string) => void,
): Promise<SQSBatchResponse> {
  const failed: string[] = [];
  for (const { messageId, body } of event.Records) {
    try {
      const { KafkaBatchInfo } = JSON.parse(body) as {
        KafkaBatchInfo: Pick<MSKEvent, 'eventSourceArn' | 'bootstrapServers'>;
      };
      const records: Record<string, MSKRecord[]> = {};
      for (const range of rangesOf(body)) {
        records[`${range.topic}-${range.partition}`] = await read(range);
      }
      const { eventSourceArn, bootstrapServers } = KafkaBatchInfo;
      const { batchItemFailures } = await handle({
        eventSource: 'aws:kafka',
        eventSourceArn,
        bootstrapServers,
        records,
      });
      if (batchItemFailures.length > 0) {
        throw new Error(`${batchItemFailures.length} records failed again`);
      }
    } catch (error) {
      log(messageId, (error as Error).message);
      failed.push(messageId);
    }
  }
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}
