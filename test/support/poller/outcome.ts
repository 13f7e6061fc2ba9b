import type { PolledRecord } from './event';
import { partitionName } from './event';
import type { Mapping } from './mapping';

/** What an invocation came to: what the function returned, or that it failed. */
export type Answer = { readonly payload: unknown } | { readonly functionError: string; readonly message: string };

/**
 * What of a partition is tried again when the function names some of its records. AWS says of Kafka "only the failed
 * records", and of other streams that everything from the first of them on is; a function has to be right with both.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 */
export type Reading = 'named' | 'from the first named';

/** A batch, or what is left of it, with its history. */
export interface Piece {
  readonly records: readonly PolledRecord[];
  readonly invocations: number;
  readonly retries: number;
}

export interface Step {
  /** To be invoked again, in this order. */
  readonly again: readonly Piece[];
  /** Given up: reported to the destination where there is one, and passed over. */
  readonly exhausted?: Piece;
}

/** Which records of a piece have failed. */
export function failures(
  mapping: Mapping,
  records: readonly PolledRecord[],
  answer: Answer,
): readonly PolledRecord[] | 'all' {
  if ('functionError' in answer) {
    return 'all';
  }
  if (!mapping.provisioned?.partialAnswers) {
    return [];
  }
  const items = (answer.payload as { batchItemFailures?: unknown } | null)?.batchItemFailures;
  if (items === undefined || items === null) {
    return [];
  }
  if (!Array.isArray(items)) {
    return 'all';
  }
  const byName = new Map(records.map((record) => [`${partitionName(record)}@${record.offset}`, record]));
  const named = new Set<PolledRecord>();
  for (const item of items) {
    const { partition, offset } = item?.itemIdentifier ?? {};
    const record = byName.get(`${partition}@${offset}`);
    if (record === undefined) {
      return 'all';
    }
    named.add(record);
  }
  return records.filter((record) => named.has(record));
}

/**
 * What happens after an invocation.
 *
 * A batch that fails as a whole is halved down to single records, and halving is no retry. Of a batch that failed in part,
 * the rest is tried again in one piece, and every such try counts. AWS leaves open how the two combine for Kafka; without
 * halves, good records are given up soonest.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
 */
export function next(mapping: Mapping, piece: Piece, answer: Answer, reading: Reading): Step {
  const invoked: Piece = { ...piece, invocations: piece.invocations + 1 };
  const failed = failures(mapping, piece.records, answer);
  if (failed.length === 0) {
    return { again: [] };
  }
  const { provisioned } = mapping;
  if (provisioned === undefined) {
    return { again: [invoked] };
  }
  if (failed === 'all' && provisioned.bisect && piece.records.length > 1) {
    const middle = Math.ceil(piece.records.length / 2);
    const half = (from: number, to?: number) => ({ ...invoked, records: piece.records.slice(from, to) });
    return { again: [half(0, middle), half(middle)] };
  }
  const rest: Piece = {
    ...invoked,
    records: failed === 'all' ? piece.records : rested(piece.records, failed, reading),
  };
  return piece.retries >= provisioned.retryAttempts
    ? { again: [], exhausted: rest }
    : { again: [{ ...rest, retries: piece.retries + 1 }] };
}

function rested(
  records: readonly PolledRecord[],
  failed: readonly PolledRecord[],
  reading: Reading,
): readonly PolledRecord[] {
  if (reading === 'named') {
    return failed;
  }
  const first = new Map<number, number>();
  for (const { partition, offset } of failed) {
    first.set(partition, Math.min(offset, first.get(partition) ?? Infinity));
  }
  return records.filter(({ partition, offset }) => offset >= (first.get(partition) ?? Infinity));
}
