import { isDeepStrictEqual } from 'util';
import type { CfnFindingsFilter } from 'aws-cdk-lib/aws-macie';
import { SEVERITY_SCORES } from './finding-pattern-checks';
import type { FindingSeverity } from './finding-pattern';

interface Condition {
  readonly path: string;
  readonly operators: CfnFindingsFilter.CriterionAdditionalPropertiesProperty;
}

/** A matcher of an event pattern: a value, or an object that describes values. */
type Matcher = unknown;

/**
 * Whether every finding that a pattern lets through meets all of the conditions.
 *
 * What the pattern does not say is open, and what only the service can compare counts as not met: this never claims more
 * than it can see.
 */
export function starves(conditions: Condition[], detail: object | undefined): boolean {
  return conditions.every(({ path, operators }) => {
    const matchers = matchersAt(detail, path);
    return matchers !== undefined && matchers.length > 0 && matchers.every((matcher) => isCovered(matcher, operators));
  });
}

function isCovered(matcher: Matcher, { eq, neq }: CfnFindingsFilter.CriterionAdditionalPropertiesProperty): boolean {
  if (eq === undefined && neq === undefined) return false;
  const value = typeof matcher === 'boolean' ? String(matcher) : matcher;
  if (typeof value !== 'string' && !isReference(value)) return false;
  const isOneOf = (values: unknown[]) => values.some((one) => isDeepStrictEqual(one, value));
  if (eq !== undefined && !isOneOf(eq)) return false;
  // A reference may turn out to be any of the excluded texts.
  return neq === undefined || (typeof value === 'string' && !isOneOf(neq));
}

function isReference(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).some((key) => /^(Ref|Fn::)/.test(key));
}

function matchersAt(detail: object | undefined, path: string): Matcher[] | undefined {
  if (path === 'severity.description') return severities(detail);
  let node: unknown = detail;
  for (const step of path.split('.')) node = (node as Record<string, unknown> | undefined)?.[step];
  if (!Array.isArray(node)) return undefined;
  const matchers: Matcher[] = node;
  // A finding without `sample` is a real one, as patterns of ours say too.
  return path === 'sample'
    ? matchers.map((one) => (isDeepStrictEqual(one, { exists: false }) ? false : one))
    : matchers;
}

/** Patterns compare scores where criteria compare words. */
function severities(detail: object | undefined): Matcher[] | undefined {
  const { severity } = (detail ?? {}) as {
    severity?: { description?: unknown[]; score?: { numeric: [string, number] }[] };
  };
  if (severity?.description) return severity.description;
  const lowest = severity?.score?.[0]?.numeric?.[1];
  if (lowest === undefined) return undefined;
  const names = Object.keys(SEVERITY_SCORES) as FindingSeverity[];
  return names.filter((name) => SEVERITY_SCORES[name] >= lowest);
}
