import { Consumer } from '@platformatic/kafka';
import type { ConsumerOptions } from '@platformatic/kafka';
import type { MSKRecord } from 'aws-lambda';
import type { OffsetRange } from './replay';

/** Of a batch in Kafka's log: the broker has set the time; there are no records of users in it. */
const LOG_APPEND_TIME = 0x08;
const CONTROL = 0x20;
const BYTES_AT_ONCE = 1_048_576;

/** Reads ranges of offsets from a topic. It joins no group and commits nothing. */
export class TopicReader {
  private readonly consumer: Consumer;

  constructor(options: ConsumerOptions<Buffer, Buffer, Buffer, Buffer>) {
    this.consumer = new Consumer(options);
  }

  async read({ topic, partition, first, last }: OffsetRange): Promise<MSKRecord[]> {
    this.consumer.topics.track(topic);
    const [earliest] = (
      await this.consumer.listOffsets({ topics: [topic], partitions: { [topic]: [partition] }, timestamp: -2n })
    )
      .get(topic)!
      .slice(partition);
    if (earliest > first) {
      throw new Error(`offsets ${first} to ${earliest - 1n} of ${topic}-${partition} are gone from the topic`);
    }
    const metadata = await this.consumer.metadata({ topics: [topic] });
    const { id, partitions } = metadata.topics.get(topic)!;
    const records: MSKRecord[] = [];
    for (let from = first; from <= last;) {
      const { responses } = await this.consumer.fetch({
        node: partitions[partition].leader,
        topics: [
          {
            topicId: id,
            partitions: [
              {
                partition,
                fetchOffset: from,
                partitionMaxBytes: BYTES_AT_ONCE,
                currentLeaderEpoch: -1,
                lastFetchedEpoch: -1,
              },
            ],
          },
        ],
      });
      const batches = responses.flatMap((response) => response.partitions.flatMap((each) => each.records ?? []));
      if (batches.length === 0) {
        throw new Error(`offsets ${from} to ${last} of ${topic}-${partition} can not be read`);
      }
      for (const batch of batches) {
        for (const record of batch.attributes & CONTROL ? [] : batch.records) {
          const offset = batch.firstOffset + BigInt(record.offsetDelta);
          if (offset >= from && offset <= last) {
            const appended = (batch.attributes & LOG_APPEND_TIME) !== 0;
            records.push({
              topic,
              partition,
              offset: Number(offset),
              timestamp: Number(appended ? batch.maxTimestamp : batch.firstTimestamp + record.timestampDelta),
              timestampType: appended ? 'LOG_APPEND_TIME' : 'CREATE_TIME',
              ...member('key', record.key),
              ...member('value', record.value),
              headers: record.headers.map(([name, value]) => ({ [String(name)]: [...new Int8Array(value ?? [])] })),
            } as MSKRecord);
          }
        }
        from = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
      }
    }
    return records;
  }

  close(): Promise<void> {
    return this.consumer.close(true);
  }
}

/** Lambda leaves out what a record does not have. */
function member(name: string, bytes: Buffer | null): Record<string, string> {
  return bytes === null ? {} : { [name]: bytes.toString('base64') };
}
