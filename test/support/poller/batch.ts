import type { EventSource, PolledRecord } from './event';
import { PAYLOAD_BYTES, bytesOf, envelopeBytes, partitionBytes } from './event';

export interface BatchLimits {
  readonly batchSize: number;
  readonly windowMs: number;
}

/** Records that go into one invocation, and those in between that no filter let through. */
export interface Batch {
  readonly records: PolledRecord[];
  readonly filtered: PolledRecord[];
  /** One record that no invocation can take. */
  readonly oversize: boolean;
}

interface Entry {
  readonly record: PolledRecord;
  readonly passed: boolean;
  readonly bytes: number;
  readonly arrivedAt: number;
}

/** Records that have been read and wait for an invocation, in the order in which they came. */
export class Waiting {
  private entries: Entry[] = [];
  private readonly counts = new Map<number, number>();

  constructor(
    private readonly limits: BatchLimits,
    private readonly source: EventSource,
  ) {}

  add(record: PolledRecord, passed: boolean, now: number): void {
    const bytes = passed ? bytesOf(record, this.source.absent) : 0;
    this.entries.push({ record, passed, bytes, arrivedAt: now });
    this.change(record.partition, 1);
  }

  /** How many records of a partition wait. */
  count(partition: number): number {
    return this.counts.get(partition) ?? 0;
  }

  clear(): void {
    this.entries = [];
    this.counts.clear();
  }

  /**
   * The next batch, of partitions that have no other on its way; or in how many milliseconds to ask again, which is
   * `Infinity` while there is nothing.
   */
  take(busy: ReadonlySet<number>, now: number): Batch | number {
    const taken = new Set<Entry>();
    const partitions = new Set<number>();
    let bytes = envelopeBytes(this.source);
    let records = 0;
    let full = false;
    let oldest = Infinity;
    for (const entry of this.entries) {
      const { record } = entry;
      if (busy.has(record.partition)) {
        continue;
      }
      if (entry.passed) {
        const more = entry.bytes + (partitions.has(record.partition) ? 0 : partitionBytes(record));
        full = records === this.limits.batchSize || (bytes + more > PAYLOAD_BYTES && records > 0);
        if (full) {
          break;
        }
        bytes += more;
        records++;
        partitions.add(record.partition);
        oldest = Math.min(oldest, entry.arrivedAt);
      }
      taken.add(entry);
    }
    const nothingToWaitFor = records === 0 && taken.size > 0;
    const ripe = full || records === this.limits.batchSize || now - oldest >= this.limits.windowMs;
    if (!ripe && !nothingToWaitFor) {
      return oldest + this.limits.windowMs - now;
    }
    this.entries = this.entries.filter((entry) => !taken.has(entry));
    taken.forEach(({ record }) => this.change(record.partition, -1));
    const all = [...taken];
    const part = (passed: boolean) => all.filter((entry) => entry.passed === passed).map(({ record }) => record);
    return { records: part(true), filtered: part(false), oversize: bytes > PAYLOAD_BYTES };
  }

  private change(partition: number, by: number): void {
    this.counts.set(partition, this.count(partition) + by);
  }
}
