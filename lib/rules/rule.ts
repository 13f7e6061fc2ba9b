import type { Facts, ResourceFact } from './facts';

/**
 * A check of one kind of resource.
 *
 * `structure`: our own API or Apache Kafka itself leaves no other choice; constructs throw at once. `service`: AWS
 * refuses it today, or accepts it and something does not work; raised at synth and ignored by id once AWS has moved.
 */
export interface Rule {
  /** In words; public, so it never changes. */
  readonly id: string;
  /** What holds when all is well. */
  readonly title: string;
  /** What to do about a finding, in general. */
  readonly remedy: string;
  readonly basis: 'structure' | 'service';
  /** `error` only for a deployment that is known to fail; silent or uncertain consequences are a `warning`. */
  readonly severity: 'error' | 'warning';
  /** CloudFormation types; a trailing `*` stands for any ending. */
  readonly appliesTo: string[];
  /** Public documentation that states the facts. */
  readonly sources: string[];
  /** Never reports on a fact that is unknown. */
  check(resource: ResourceFact, facts: Facts): Problem[];
}

export interface Problem {
  /** The property at fault, as for `ResourceFact.read()`. */
  readonly path: string;
  /** What is wrong with the value. */
  readonly message: string;
  /** What would be right. */
  readonly fix: string;
}

export function appliesTo(rule: Rule, type: string): boolean {
  return rule.appliesTo.some((own) => (own.endsWith('*') ? type.startsWith(own.slice(0, -1)) : type === own));
}

/** A value as a message shows it: on one line, and never longer than a line. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

/** Names in a row, as a sentence has them. */
export function listing(names: readonly string[]): string {
  return names.join(', ');
}
