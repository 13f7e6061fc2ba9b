import { subscribe } from 'node:diagnostics_channel';
import type { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection, Consumer } from '../kafka';
import { kafkaClient, refusal } from '../kafka';
import type { PolledRecord } from './event';
import type { Mapping } from './mapping';

type Start = Pick<Mapping, 'topic' | 'group' | 'startingPosition' | 'startingTimestampMs'>;

export interface ReaderOptions {
  readonly connection: Connection;
  readonly start: Start;
  /** Takes what was read. */
  readonly onRecords: (records: PolledRecord[]) => Promise<void> | void;
  /** Whether more of a partition is wanted now. */
  readonly wants: (partition: number) => boolean;
  /** Before partitions are read from their committed offsets on: ends what is under way, and forgets what waits. */
  readonly onAssignment: () => Promise<void>;
}

/** What the service would not get over by itself: the mapping would show the error instead. */
const FATAL = /AUTHORIZATION_FAILED|AUTHENTICATION_FAILED|UNKNOWN_TOPIC_OR_PARTITION|UNKNOWN_TOPIC_ID|Unknown topic/;
/** Longer than a broker needs to come back. */
const PATIENCE_MS = 60_000;
const FETCH_WAIT_MS = 250;
const PAUSE_MS = 100;
const SESSION_MS = 10_000;
/** Bits of a batch in Kafka's log. */
const LOG_APPEND_TIME = 0x08;
const CONTROL = 0x20;

// Of a connection that a broker has cut, the client keeps a timer, which keeps the process, until it is closed once more.
subscribe('tracing:plt:kafka:connections:connects:start', (message) => {
  const { connection } = message as { connection: EventEmitter & { close(): Promise<void> } };
  connection.once('close', () => void connection.close());
});

/** A member of a consumer group that reads one topic and commits when it is told to. */
export class TopicReader {
  private readonly member: Consumer;
  /** Fetches wait at the broker, and on one connection commits would wait behind them. */
  private readonly fetcher: Consumer;
  /** Where to read on, of the partitions that are ours. */
  private readonly positions = new Map<number, bigint>();
  /** Where partitions begin for a group that has committed nothing. */
  private readonly beginnings = new Map<number, bigint>();
  private readonly underWay = new Map<number, Promise<void>>();
  private closed = false;
  private loop?: Promise<void>;
  private fail!: (error: Error) => void;
  /** Rejects when reading ends for a reason that no patience removes. */
  readonly failure = new Promise<never>((_, reject) => (this.fail = reject));

  constructor(private readonly options: ReaderOptions) {
    const { connection, start } = options;
    const common = { ...connection, groupId: start.group };
    this.member = new kafkaClient.Consumer({
      ...common,
      sessionTimeout: SESSION_MS,
      heartbeatInterval: SESSION_MS / 5,
      rebalanceTimeout: SESSION_MS,
      retries: 20,
      retryDelay: PAUSE_MS,
    });
    this.fetcher = new kafkaClient.Consumer({
      ...common,
      retries: 1,
      retryDelay: PAUSE_MS,
      maxWaitTime: FETCH_WAIT_MS,
    });
    this.failure.catch(() => undefined); // Heard by whoever waits for it.
    this.member.on('error', () => undefined);
  }

  /** Joins the group and reads from then on. */
  async open(): Promise<void> {
    const { topic } = this.options.start;
    this.member.topics.track(topic);
    this.fetcher.topics.track(topic);
    await this.persistently(() => this.fetcher.metadata({ topics: [topic] }));
    await this.persistently(() => this.member.joinGroup({}));
    let assignment = this.assigned();
    await assignment;
    this.member.on('consumer:group:join', () => {
      assignment = assignment.then(() => this.assigned()).catch((error) => this.fail(error));
    });
    this.loop = this.read().catch((error) => this.fail(error));
  }

  /** @param offsets the next one to be read, by partition */
  async commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    const { topic } = this.options.start;
    await this.persistently(() =>
      this.member.commit({
        offsets: [...offsets].map(([partition, offset]) => ({
          topic,
          partition,
          offset: BigInt(offset),
          leaderEpoch: -1,
        })),
      }),
    );
  }

  /** How many records of each partition are not committed yet. */
  async lag(): Promise<Map<number, number>> {
    const ends = await this.offsetsAt(LATEST);
    const committed = await this.committed(ends.map((_, partition) => partition));
    return new Map(
      ends.map((end, partition) => {
        const from = committed[partition] >= 0n ? committed[partition] : (this.beginnings.get(partition) ?? 0n);
        return [partition, Number(end - from)];
      }),
    );
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.loop;
    await this.member.close(true).catch(() => undefined);
    await this.fetcher.close(true).catch(() => undefined);
  }

  private async assigned(): Promise<void> {
    this.positions.clear();
    await this.options.onAssignment();
    const { topic } = this.options.start;
    const partitions = this.member.assignments?.find((each) => each.topic === topic)?.partitions ?? [];
    if (partitions.length === 0) {
      return;
    }
    const committed = await this.committed(partitions);
    const start = await this.startOffsets();
    for (const partition of partitions) {
      this.beginnings.set(partition, start[partition]);
      this.positions.set(partition, committed[partition] >= 0n ? committed[partition] : start[partition]);
    }
  }

  private async startOffsets(): Promise<bigint[]> {
    const { startingPosition, startingTimestampMs } = this.options.start;
    switch (startingPosition) {
      case 'TRIM_HORIZON':
        return this.offsetsAt(EARLIEST);
      case 'LATEST':
        return this.offsetsAt(LATEST);
      case 'AT_TIMESTAMP': {
        const [found, ends] = await Promise.all([this.offsetsAt(BigInt(startingTimestampMs!)), this.offsetsAt(LATEST)]);
        return found.map((offset, partition) => (offset >= 0n ? offset : ends[partition]));
      }
    }
  }

  private offsetsAt(timestamp: bigint): Promise<bigint[]> {
    const { topic } = this.options.start;
    return this.persistently(async () => (await this.fetcher.listOffsets({ topics: [topic], timestamp })).get(topic)!);
  }

  /** What the group has committed; below zero where that is nothing. */
  private committed(partitions: number[]): Promise<bigint[]> {
    const { topic } = this.options.start;
    const topics = [{ topic, partitions }];
    return this.persistently(async () => (await this.member.listCommittedOffsets({ topics })).get(topic) ?? []);
  }

  /** One fetch a broker at a time; a slow broker, or a dead one, does not hold up the others. */
  private async read(): Promise<void> {
    while (!this.closed) {
      const leaders = await this.persistently(() => this.partitionsByLeader());
      for (const [leader, partitions] of leaders) {
        if (!this.underWay.has(leader) && partitions.length > 0) {
          const fetch = this.fetchFrom(leader, partitions).finally(() => this.underWay.delete(leader));
          this.underWay.set(leader, fetch);
        }
      }
      await Promise.race([...this.underWay.values(), sleep(PAUSE_MS)]);
    }
    await Promise.all(this.underWay.values());
  }

  private async partitionsByLeader(): Promise<Map<number, number[]>> {
    const { topic } = this.options.start;
    const metadata = await this.fetcher.metadata({ topics: [topic] });
    const leaders = new Map<number, number[]>();
    for (const partition of this.positions.keys()) {
      const { leader } = metadata.topics.get(topic)!.partitions[partition];
      if (metadata.brokers.has(leader) && this.options.wants(partition)) {
        leaders.set(leader, [...(leaders.get(leader) ?? []), partition]);
      }
    }
    return leaders;
  }

  private async fetchFrom(leader: number, partitions: number[]): Promise<void> {
    const { topic } = this.options.start;
    const asked = new Map(partitions.map((partition) => [partition, this.positions.get(partition)!]));
    try {
      const metadata = await this.fetcher.metadata({ topics: [topic] });
      const response = await this.fetcher.fetch({
        node: leader,
        topics: [
          {
            topicId: metadata.topics.get(topic)!.id,
            partitions: [...asked].map(([partition, fetchOffset]) => ({
              partition,
              fetchOffset,
              partitionMaxBytes: 1_048_576,
              currentLeaderEpoch: -1,
              lastFetchedEpoch: -1,
            })),
          },
        ],
      });
      for (const { partitionIndex, records } of response.responses.flatMap((each) => each.partitions)) {
        const from = asked.get(partitionIndex);
        // After a new assignment, what was asked for before is stale.
        if (from !== undefined && this.positions.get(partitionIndex) === from) {
          await this.take(partitionIndex, from, records ?? []);
        }
      }
    } catch (error) {
      await this.pause(error);
    }
  }

  private async take(partition: number, from: bigint, batches: readonly LogBatch[]): Promise<void> {
    const { topic } = this.options.start;
    const records: PolledRecord[] = [];
    for (const batch of batches) {
      this.positions.set(partition, batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n);
      if (batch.attributes & CONTROL) {
        continue;
      }
      const appended = (batch.attributes & LOG_APPEND_TIME) !== 0;
      for (const record of batch.records) {
        const offset = batch.firstOffset + BigInt(record.offsetDelta);
        if (offset >= from) {
          records.push({
            topic,
            partition,
            offset: Number(offset),
            timestamp: Number(appended ? batch.maxTimestamp : batch.firstTimestamp + record.timestampDelta),
            timestampType: appended ? 'LOG_APPEND_TIME' : 'CREATE_TIME',
            key: record.key,
            value: record.value,
            headers: record.headers.map(([name, value]) => [name!.toString(), value]),
          });
        }
      }
    }
    await this.options.onRecords(records);
  }

  private async persistently<T>(work: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (this.closed || Date.now() > deadline) {
          throw error;
        }
        await this.pause(error);
      }
    }
  }

  /** Brokers come back and partitions move; rights do not. */
  private async pause(error: any): Promise<void> {
    if (FATAL.test(refusal(error))) {
      throw error;
    }
    await sleep(PAUSE_MS);
    await this.fetcher.metadata({ topics: [this.options.start.topic], forceUpdate: true }).catch(() => undefined);
  }
}

const LATEST = -1n;
const EARLIEST = -2n;

/** Of the client's own type, what is used here. */
interface LogBatch {
  readonly firstOffset: bigint;
  readonly lastOffsetDelta: number;
  readonly attributes: number;
  readonly firstTimestamp: bigint;
  readonly maxTimestamp: bigint;
  readonly records: readonly {
    readonly offsetDelta: number;
    readonly timestampDelta: bigint;
    readonly key: Buffer | null;
    readonly value: Buffer | null;
    readonly headers: readonly (readonly [Buffer | null, Buffer | null])[];
  }[];
}
