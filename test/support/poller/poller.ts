import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventRuler } from '../event-ruler';
import type { Connection } from '../kafka';
import { kafkaClient } from '../kafka';
import type { Batch } from './batch';
import { Waiting } from './batch';
import type { Absent, EventSource, PolledRecord } from './event';
import { lambdaEvent } from './event';
import type { Condition, FailureRecord, GivenUp } from './failure-record';
import { failureRecord, topicFailureRecord } from './failure-record';
import { passes } from './filter';
import type { Mapping } from './mapping';
import { KAFKA_DESTINATION } from './mapping';
import type { Answer, Piece, Reading } from './outcome';
import { next } from './outcome';
import { TopicReader } from './reader';
import type { LocalSchemaRegistry } from './schema-registry';
import { SchemaDecoder } from './schemas';

export interface PollerOptions {
  readonly mapping: Mapping;
  /** To the brokers, as the role of the function. */
  readonly connection: Connection;
  readonly bootstrapServers: string;
  readonly functionArn: string;
  readonly invoke: (event: unknown) => Promise<Answer>;
  /** The destination of the mapping, unless it is a topic of the cluster: there the poller writes by itself. */
  readonly onFailure?: (message: FailureRecord) => Promise<void> | void;
  /** For a mapping with filters. */
  readonly ruler?: EventRuler;
  /** For a mapping that decodes records. */
  readonly registry?: LocalSchemaRegistry;
  /** @default 'named' */
  readonly reading?: Reading;
  /** @default 'omitted' */
  readonly absent?: Absent;
  /** Between an invocation that failed and the next one. AWS gives no figure. @default 100 */
  readonly retryDelayMs?: number;
}

export interface PollerCounts {
  read: number;
  filtered: number;
  invocations: number;
  failedInvocations: number;
  /** Records whose invocation ended well, or that were given up. */
  done: number;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/kafka-scaling-modes.html */
const INVOCATIONS_PER_POLLER = 5;

/**
 * Plays Lambda's event source mapping: reads a topic as a member of the consumer group, invokes the function with batches,
 * and commits when a batch is through. It does not scale: it has the least number of pollers that the mapping names, one
 * without any.
 */
export class Poller {
  /** Begins to read; rejects where the role may not. */
  static async start(options: PollerOptions): Promise<Poller> {
    const poller = new Poller(options);
    try {
      await poller.reader.open();
    } catch (error) {
      await poller.stop();
      throw error;
    }
    return poller;
  }

  readonly counts: PollerCounts = { read: 0, filtered: 0, invocations: 0, failedInvocations: 0, done: 0 };
  /** Records that were given up. */
  readonly givenUp: PolledRecord[] = [];

  private readonly source: EventSource;
  private readonly waiting: Waiting;
  private readonly reader: TopicReader;
  private readonly decoder?: SchemaDecoder;
  private readonly busy = new Set<number>();
  private readonly running = new Set<Promise<void>>();
  private timer?: NodeJS.Timeout;
  private assignment = 0;
  private stopping = false;
  private crashed = false;
  private broke!: (error: Error) => void;
  private readonly broken = new Promise<never>((_, reject) => (this.broke = reject));

  private constructor(private readonly options: PollerOptions) {
    const { mapping, bootstrapServers, absent = 'omitted' } = options;
    if (mapping.filters.length > 0 && options.ruler === undefined) {
      throw new Error('a mapping with filters needs the engine that matches them');
    }
    const schemas = mapping.provisioned?.schemas;
    if (schemas !== undefined) {
      if (options.registry === undefined) {
        throw new Error('a mapping that decodes records needs the registry of their schemas');
      }
      this.decoder = new SchemaDecoder(schemas, options.registry);
    }
    this.source = { eventSourceArn: mapping.eventSourceArn, bootstrapServers, absent };
    this.waiting = new Waiting(mapping, this.source);
    this.broken.catch(() => undefined); // Heard by whoever waits for it.
    this.reader = new TopicReader({
      connection: options.connection,
      start: mapping,
      wants: (partition) => this.waiting.count(partition) < 2 * mapping.batchSize,
      onRecords: (records) => this.accept(records),
      onAssignment: () => this.reassigned(),
    });
    this.reader.failure.catch((error) => this.broke(error));
  }

  /** Rejects when the poller cannot go on. */
  get failure(): Promise<never> {
    return this.broken;
  }

  /** Records of each partition that are not committed. */
  lag(): Promise<Map<number, number>> {
    return this.reader.lag();
  }

  /** Waits until all that the topic holds is committed. */
  async caughtUp(withinMs: number): Promise<void> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const lag = await Promise.race([this.broken, this.lag()]);
      const behind = [...lag].filter(([, records]) => records > 0);
      if (behind.length === 0) {
        return;
      }
      if (Date.now() > deadline) {
        const list = behind.map(([partition, records]) => `${records} of partition ${partition}`).join(', ');
        throw new Error(`not caught up in ${withinMs / 1000} s: ${list}`);
      }
      await Promise.race([this.broken, sleep(50)]);
    }
  }

  /** Ends after the invocations that are under way. What they have not finished stays uncommitted. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    await Promise.all(this.running);
    await this.reader.close();
  }

  /** Ends as a poller whose machine is lost: nothing more is committed. */
  async crash(): Promise<void> {
    this.crashed = true;
    this.stopping = true;
    clearTimeout(this.timer);
    await this.reader.close();
  }

  private async accept(records: readonly PolledRecord[]): Promise<void> {
    const assignment = this.assignment;
    const decoded = await Promise.all(records.map((record) => this.decoder?.decode(record) ?? record));
    const passed = await Promise.all(decoded.map((record) => typeof record !== 'string' && this.passes(record)));
    for (const [index, record] of records.entries()) {
      const result = decoded[index];
      if (typeof result === 'string') {
        await this.giveUp({ records: [record], invocations: 0, retries: 0 }, result);
      }
    }
    if (assignment !== this.assignment) {
      return; // They will come again.
    }
    const now = Date.now();
    const undecodable = decoded.filter((each) => typeof each === 'string').length;
    decoded.forEach((record, index) =>
      this.waiting.add(typeof record === 'string' ? records[index] : record, passed[index], now),
    );
    this.counts.read += records.length;
    this.counts.filtered += passed.filter((each) => !each).length - undecodable;
    this.schedule();
  }

  private passes(record: PolledRecord): boolean | Promise<boolean> {
    const { ruler, mapping } = this.options;
    return mapping.filters.length === 0 || passes(ruler!, mapping.filters, record);
  }

  private async reassigned(): Promise<void> {
    this.assignment++;
    this.waiting.clear();
    await Promise.all(this.running);
  }

  private schedule(): void {
    clearTimeout(this.timer);
    const most = (this.options.mapping.provisioned?.minimumPollers ?? 1) * INVOCATIONS_PER_POLLER;
    while (!this.stopping && this.running.size < most) {
      const batch = this.waiting.take(this.busy, Date.now());
      if (typeof batch === 'number') {
        if (batch !== Infinity) {
          this.timer = setTimeout(() => this.schedule(), batch);
        }
        return;
      }
      this.begin(batch);
    }
  }

  private begin(batch: Batch): void {
    const partitions = new Set([...batch.records, ...batch.filtered].map(({ partition }) => partition));
    partitions.forEach((partition) => this.busy.add(partition));
    const run = this.process(batch)
      .catch((error) => this.broke(error))
      .then(() => {
        partitions.forEach((partition) => this.busy.delete(partition));
        this.running.delete(run);
        this.schedule();
      });
    this.running.add(run);
  }

  /** Invokes until nothing of the batch is left, then commits: as late as can be, so that a crash repeats the most. */
  private async process(batch: Batch): Promise<void> {
    if (batch.oversize) {
      await this.giveUp({ records: batch.records, invocations: 0, retries: 0 }, 'MaximumPayloadSizeExceeded');
    } else if (batch.records.length > 0 && !(await this.invoke(batch.records))) {
      return;
    }
    if (this.crashed) {
      return;
    }
    const offsets = new Map<number, number>();
    for (const { partition, offset } of [...batch.records, ...batch.filtered]) {
      offsets.set(partition, Math.max(offset + 1, offsets.get(partition) ?? 0));
    }
    await this.reader.commit(offsets);
    this.counts.done += batch.records.length;
  }

  /** Whether the batch is through; the other end is that the poller stops. */
  private async invoke(records: readonly PolledRecord[]): Promise<boolean> {
    const { mapping, reading = 'named', retryDelayMs = 100 } = this.options;
    const pieces: Piece[] = [{ records, invocations: 0, retries: 0 }];
    for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) {
      const young = await this.withoutAged(piece);
      if (young.records.length === 0) {
        continue;
      }
      const answer = await this.options.invoke(lambdaEvent(this.source, young.records));
      if (this.crashed) {
        return false;
      }
      const { again, exhausted } = next(mapping, young, answer, reading);
      this.counts.invocations++;
      this.counts.failedInvocations += again.length > 0 || exhausted !== undefined ? 1 : 0;
      if (exhausted !== undefined) {
        await this.giveUp(exhausted, 'RetryAttemptsExhausted', answer);
      }
      pieces.unshift(...again);
      if (again.length > 0) {
        if (this.stopping) {
          return false;
        }
        await sleep(retryDelayMs);
      }
    }
    return true;
  }

  private async withoutAged(piece: Piece): Promise<Piece> {
    const limit = Date.now() - (this.options.mapping.provisioned?.maxRecordAgeMs ?? Infinity);
    const aged = piece.records.filter(({ timestamp }) => timestamp < limit);
    if (aged.length === 0) {
      return piece;
    }
    await this.giveUp({ ...piece, records: aged }, 'RecordAgeExceeded');
    return { ...piece, records: piece.records.filter((record) => !aged.includes(record)) };
  }

  private async giveUp({ records, invocations }: Piece, condition: Condition, answer?: Answer): Promise<void> {
    const { mapping, functionArn, onFailure } = this.options;
    const { destination } = mapping;
    this.givenUp.push(...records);
    if (destination?.startsWith(KAFKA_DESTINATION)) {
      await this.writeFailures(destination, { records, condition, invocations, answer });
    } else if (destination !== undefined) {
      if (onFailure === undefined) {
        throw new Error(`nothing plays ${destination}`);
      }
      const context = { requestId: randomUUID(), now: new Date(), destination };
      await onFailure(failureRecord(this.source, functionArn, { records, condition, invocations, answer }, context));
    } else if (condition === 'MaximumPayloadSizeExceeded') {
      // AWS does not say what becomes of it.
      const [{ partition, offset }] = records;
      throw new Error(`record ${offset} of partition ${partition} fits no invocation, and there is no destination`);
    }
  }

  /** As whom it reads, into another topic of the cluster. */
  private async writeFailures(destination: string, givenUp: GivenUp): Promise<void> {
    const { connection, functionArn } = this.options;
    const topic = destination.slice(KAFKA_DESTINATION.length);
    const context = { requestId: randomUUID(), now: new Date(), destination };
    const messages = givenUp.records.map((record) => ({
      topic,
      ...(record.key && { key: record.key }),
      value: Buffer.from(
        JSON.stringify(topicFailureRecord(this.source, functionArn, { ...givenUp, records: [record] }, context)),
      ),
    }));
    const producer = new kafkaClient.Producer({ ...connection, retries: 3, retryDelay: 100, idempotent: true });
    await producer.send({ acks: -1, messages }).finally(() => producer.close());
  }
}
