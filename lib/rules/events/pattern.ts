import { hasUnknown } from '../facts';
import { UNKNOWN } from '../resolve';
import { show } from '../rule';
import type { Problem, Rule } from '../rule';

const RULE = 'AWS::Events::Rule';
const PATTERN = 'EventPattern';
const MAX_LENGTH = 2048;

export const patternLength: Rule = {
  id: 'EVENTS-PATTERN-LENGTH',
  title: 'An event pattern has at most 2,048 characters',
  remedy: 'Split the pattern over several rules, or match by prefix; up to 4,096 characters after a raise of the quota',
  basis: 'service',
  severity: 'error',
  appliesTo: [RULE],
  sources: ['https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html'],
  check(rule) {
    const pattern = rule.read(PATTERN);
    if (pattern === undefined || pattern === UNKNOWN) {
      return [];
    }
    // Unknown values count as empty text: what is known alone must be too long.
    const known = (_key: string, value: unknown) => (value === UNKNOWN ? '' : value);
    const text = typeof pattern === 'string' ? pattern : JSON.stringify(pattern, known);
    if (text.length <= MAX_LENGTH) {
      return [];
    }
    const message = `the event pattern has ${hasUnknown(pattern) ? 'at least ' : ''}${text.length} characters`;
    return [{ path: PATTERN, message, fix: `use at most ${MAX_LENGTH}, in several rules if need be` }];
  },
};

export const maciePattern: Rule = {
  id: 'EVENTS-MACIE-PATTERN',
  title: 'A pattern for Macie findings matches what Macie sends',
  remedy: 'Match the source aws.macie, the detail type "Macie Finding", and severities from 1 (Low) to 3 (High)',
  basis: 'service',
  severity: 'warning',
  appliesTo: [RULE],
  sources: [
    'https://docs.aws.amazon.com/macie/latest/user/findings-publish-event-schemas.html',
    'https://docs.aws.amazon.com/macie/latest/user/findings-severity.html',
  ],
  check(rule) {
    const problems: Problem[] = [];
    const sources = rule.list(`${PATTERN}.source`) ?? [];
    const types = rule.list(`${PATTERN}.detail-type`) ?? [];
    if (sources.includes('aws.macie2')) {
      const message = 'the source "aws.macie2" never matches';
      problems.push({ path: `${PATTERN}.source`, message, fix: 'use "aws.macie"' });
    }
    if (types.includes('Macie Alert')) {
      const message = 'the detail type "Macie Alert" never matches';
      problems.push({ path: `${PATTERN}.detail-type`, message, fix: 'use "Macie Finding"' });
    }
    if (!sources.some((source) => source === 'aws.macie' || source === 'aws.macie2')) {
      return problems;
    }
    const path = `${PATTERN}.detail.severity`;
    const scores = (rule.list(`${path}.score`) ?? []).flatMap(numbersOf).filter((score) => score < 1 || score > 3);
    if (scores.length > 0) {
      const message = `the severity score of a Macie finding is compared with ${show(scores[0])}`;
      problems.push({ path: `${path}.score`, message, fix: 'use 1 (Low), 2 (Medium) or 3 (High)' });
    }
    return problems;
  },
};

/** The numbers that one alternative of a pattern compares with. */
function numbersOf(alternative: unknown): number[] {
  const { numeric } = Object(alternative) as { numeric?: unknown };
  return [alternative, ...(Array.isArray(numeric) ? (numeric as unknown[]) : [])].filter(
    (part): part is number => typeof part === 'number',
  );
}
