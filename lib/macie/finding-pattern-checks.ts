import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { FindingCategory, FindingSeverity } from './finding-pattern';
import type { FindingPatternOptions } from './finding-pattern';
import { validationError } from '../private/errors';

/** The numbers that Macie gives to severities. */
export const SEVERITY_SCORES: Record<FindingSeverity, number> = {
  [FindingSeverity.LOW]: 1,
  [FindingSeverity.MEDIUM]: 2,
  [FindingSeverity.HIGH]: 3,
};

/** Refuses what EventBridge would take, or refuse after minutes, and what no finding ever matches. */
export function requireMatchable(options: FindingPatternOptions, scope?: IConstruct): void {
  const misuse =
    findEmptyList(options) ??
    findWrongFormat(options) ??
    findEmptyRange(options) ??
    findUnreachableSeverity(options) ??
    findImpossibleCategory(options);
  if (misuse) throw validationError(misuse.code, misuse.message, scope);
}

interface Misuse {
  readonly code: 'FindingPatternEmptyList' | 'FindingPatternFormat' | 'FindingPatternNeverMatches';
  readonly message: string;
}

function findEmptyList(options: FindingPatternOptions): Misuse | undefined {
  const { severities, categories, sensitiveData, types, buckets, bucketNames, accounts, jobIds } = options;
  const lists = { severities, categories, sensitiveData, types, buckets, bucketNames, accounts, jobIds };
  const name = Object.entries(lists).find(([, list]) => list?.length === 0)?.[0];
  if (!name) return undefined;
  return { code: 'FindingPatternEmptyList', message: `${name} is an empty list; leave it out to mean all` };
}

const FORMATS = {
  accounts: { format: /^\d{12}$/, wanted: 'the twelve digits of an account' },
  bucketNames: { format: /^(?!.*\*\*)[\w.*-]+$/, wanted: 'a name, with * for any characters but never two in a row' },
  jobIds: { format: /^\w+$/, wanted: 'the id of a job, which is the end of its ARN' },
} as const;

function findWrongFormat(options: FindingPatternOptions): Misuse | undefined {
  for (const option of ['accounts', 'bucketNames', 'jobIds'] as const) {
    const { format, wanted } = FORMATS[option];
    const values = options[option] ?? [];
    const wrong = Token.isUnresolved(values)
      ? undefined
      : values.find((value) => !Token.isUnresolved(value) && !format.test(value));
    if (wrong !== undefined) {
      return { code: 'FindingPatternFormat', message: `'${wrong}' in ${option} is not ${wanted}` };
    }
  }
  return undefined;
}

function findEmptyRange({ minimumCount = 1, maximumCount = Infinity }: FindingPatternOptions): Misuse | undefined {
  if (Token.isUnresolved(minimumCount) || Token.isUnresolved(maximumCount)) return undefined;
  if (minimumCount <= maximumCount && maximumCount >= 1) return undefined;
  return {
    code: 'FindingPatternNeverMatches',
    message: `no finding has occurred ${minimumCount} to ${maximumCount} times; count from 1 upwards`,
  };
}

function findUnreachableSeverity({ minimumSeverity, severities }: FindingPatternOptions): Misuse | undefined {
  if (!minimumSeverity || !severities) return undefined;
  if (severities.some((severity) => SEVERITY_SCORES[severity] >= SEVERITY_SCORES[minimumSeverity])) return undefined;
  const given = `minimumSeverity ${minimumSeverity} and severities ${severities.join(', ')}`;
  return { code: 'FindingPatternNeverMatches', message: `no finding meets ${given} at once; give one of the two` };
}

/** A finding about a bucket has neither a job nor sensitive data; only such a finding can occur again. */
function findImpossibleCategory(options: FindingPatternOptions): Misuse | undefined {
  const { minimumCount = 1 } = options;
  const asked = Object.entries({
    categories: options.categories,
    types: options.types?.flatMap((type) => categoriesOf(type.value)),
    sensitiveData: options.sensitiveData && [FindingCategory.CLASSIFICATION],
    jobIds: options.jobIds && [FindingCategory.CLASSIFICATION],
    minimumCount: !Token.isUnresolved(minimumCount) && minimumCount > 1 ? [FindingCategory.POLICY] : undefined,
  }).filter((entry): entry is [string, FindingCategory[]] => entry[1] !== undefined);

  const isPossible = (category: FindingCategory) => asked.every(([, allowed]) => allowed.includes(category));
  if (Object.values(FindingCategory).some(isPossible)) return undefined;
  const parts = asked.map(([name, allowed]) => `${name} (${[...new Set(allowed)].join(', ')})`);
  return { code: 'FindingPatternNeverMatches', message: `no finding meets ${parts.join(' and ')} at once` };
}

function categoriesOf(type: string): FindingCategory[] {
  if (type.startsWith('SensitiveData:')) return [FindingCategory.CLASSIFICATION];
  if (type.startsWith('Policy:')) return [FindingCategory.POLICY];
  return Object.values(FindingCategory);
}
