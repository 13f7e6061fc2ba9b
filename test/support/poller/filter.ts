import type { EventRuler } from '../event-ruler';
import type { PolledRecord } from './event';
import { eventRecord } from './event';

type Pattern = Readonly<Record<string, unknown>>;

/**
 * Whether one of the patterns lets a record through: it is seen with its value decoded.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kafka-filtering.html
 */
export async function passes(ruler: EventRuler, patterns: readonly Pattern[], record: PolledRecord): Promise<boolean> {
  const answers = await Promise.all(patterns.map((pattern) => matches(ruler, pattern, record)));
  return patterns.length === 0 || answers.includes(true);
}

async function matches(ruler: EventRuler, pattern: Pattern, record: PolledRecord): Promise<boolean> {
  const metadata = withoutValue(eventRecord(record, 'omitted'));
  if (!('value' in pattern)) {
    return ruler.matches(pattern, metadata);
  }
  const value = decoded(record.value);
  if (value === BINARY) {
    // Of what is no text, only the rest is looked at.
    const rest = withoutValue(pattern);
    return Object.keys(rest).length === 0 || ruler.matches(rest, metadata);
  }
  // A pattern for text never matches JSON, and the other way round.
  if (value !== undefined && Array.isArray(pattern.value) !== (typeof value === 'string')) {
    return false;
  }
  return ruler.matches(pattern, value === undefined ? metadata : { ...metadata, value });
}

function withoutValue(object: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== 'value'));
}

const BINARY = Symbol('not UTF-8');

function decoded(value: Buffer | null): object | string | typeof BINARY | undefined {
  if (value === null) {
    return undefined;
  }
  const text = value.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(value)) {
    return BINARY;
  }
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? json : text;
  } catch {
    return text;
  }
}
