import type * as events from 'aws-cdk-lib/aws-events';
import type { IConstruct } from 'constructs';
import { SEVERITY_SCORES } from './finding-pattern-checks';
import { FindingCategory, FindingSeverity, SensitiveDataCategory } from './finding-pattern';
import type { FindingPatternOptions } from './finding-pattern';
import { compact, renderSample } from './pattern-parts';
import { validationError } from '../private/errors';

/**
 * The same options for findings that arrive through Security Hub, in its format.
 *
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-event-formats.html
 * @see https://docs.aws.amazon.com/macie/latest/user/securityhub-integration.html
 */
export function renderSecurityHubPattern(options: FindingPatternOptions, scope?: IConstruct): events.EventPattern {
  requireKnownThere(options, scope);
  return securityHubPattern({
    ProductName: ['Macie'],
    AwsAccountId: options.accounts,
    Severity: { Label: renderLabels(options) },
    Types: renderTypes(options),
    Sample: renderSample(options.sampleFindings),
    Resources: {
      Id: renderBucketArns(options),
      DataClassification: { Result: renderResult(options.sensitiveData) },
    },
  });
}

/** @param finding what each finding has to be like */
export function securityHubPattern(finding: Record<string, unknown>): events.EventPattern {
  return {
    source: ['aws.securityhub'],
    detailType: ['Security Hub Findings - Imported'],
    detail: compact({ findings: { ...finding, RecordState: ['ACTIVE'] } }),
  };
}

/** Buckets of any partition by their ARN, which is all that the format has of them. */
export function renderBucketArns({
  buckets,
  bucketNames,
}: Pick<FindingPatternOptions, 'buckets' | 'bucketNames'>): unknown[] | undefined {
  if (!buckets && !bucketNames) return undefined;
  const names = [...(buckets ?? []).map((bucket) => bucket.bucketRef.bucketName), ...(bucketNames ?? [])];
  return names.map((name) => ({ wildcard: `arn:*:s3:::${name}` }));
}

const ALL = Object.values(FindingSeverity);

function renderLabels({ minimumSeverity, severities = ALL }: FindingPatternOptions): string[] | undefined {
  const lowest = minimumSeverity ? SEVERITY_SCORES[minimumSeverity] : 0;
  const meant = severities.filter((severity) => SEVERITY_SCORES[severity] >= lowest);
  return meant.length === ALL.length ? undefined : meant.map((severity) => severity.toUpperCase());
}

/** Types of Macie end those of Security Hub, with a hyphen for the slash; what goes before differs. */
function renderTypes({ categories, types }: FindingPatternOptions): unknown[] | undefined {
  const ofCategories = (categories ?? []).map((category) =>
    category === FindingCategory.CLASSIFICATION ? 'SensitiveData:' : 'Policy:',
  );
  const meant = types
    ?.map(({ value }) => value)
    .filter((type) => !categories || ofCategories.some((beginning) => type.startsWith(beginning)));
  if (meant) return meant.map((type) => ({ wildcard: `*/${type.replace('/', '-')}` }));
  return categories && ofCategories.map((beginning) => ({ wildcard: `*/${beginning}*` }));
}

function renderResult(categories?: SensitiveDataCategory[]): object | undefined {
  const listed = categories && { SensitiveData: { Category: categories } };
  if (!categories?.includes(SensitiveDataCategory.CUSTOM_IDENTIFIER)) return listed;
  return { $or: [listed, { CustomDataIdentifiers: { TotalCount: [{ numeric: ['>', 0] }] } }] };
}

function requireKnownThere(options: FindingPatternOptions, scope?: IConstruct): void {
  const unknown = (['jobIds', 'minimumCount', 'maximumCount'] as const).find((name) => options[name] !== undefined);
  if (unknown) {
    throw validationError(
      'FindingPatternSource',
      `${unknown} is given, which findings that arrive through Security Hub do not say; leave it out or use FindingSource.DIRECT`,
      scope,
    );
  }
  // Its ARN is all that is known of a bucket, and those of objects stand beside it: their keys must not match.
  const inside = options.bucketNames?.find((name) => /\*./.test(name));
  if (inside) {
    throw validationError(
      'FindingPatternSource',
      `'${inside}' in bucketNames has * before its end; through Security Hub that would match keys of objects as well`,
      scope,
    );
  }
}
