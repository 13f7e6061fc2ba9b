import type * as events from 'aws-cdk-lib/aws-events';
import type { IConstruct } from 'constructs';
import { requireMatchable, SEVERITY_SCORES } from './finding-pattern-checks';
import { FindingSource, SensitiveDataCategory } from './finding-pattern';
import type { FindingPatternOptions } from './finding-pattern';
import { renderSecurityHubPattern } from './render-security-hub-pattern';
import { compact, renderSample } from './pattern-parts';

/**
 * The options as EventBridge takes them.
 *
 * Written as plain JSON rather than with `events.Match`: a list of bucket names mixes values and matchers, and a plain
 * pattern can be printed, measured and tried out.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function renderFindingPattern(options: FindingPatternOptions, scope?: IConstruct): events.EventPattern {
  requireMatchable(options, scope);
  if (options.source === FindingSource.SECURITY_HUB) return renderSecurityHubPattern(options, scope);
  const detail = compact({
    severity: {
      // Order is in the numbers only; and should Macie ever add a level above high, a minimum has to let it through.
      score: options.minimumSeverity && [{ numeric: ['>=', SEVERITY_SCORES[options.minimumSeverity]] }],
      description: options.severities,
    },
    count: renderCount(options),
    category: options.categories,
    type: options.types?.map((type) => type.value),
    accountId: options.accounts,
    sample: renderSample(options.sampleFindings),
    resourcesAffected: { s3Bucket: { name: renderBuckets(options) } },
    classificationDetails: { jobId: options.jobIds, result: renderResult(options.sensitiveData) },
  });
  return { source: ['aws.macie'], detailType: ['Macie Finding'], ...(detail && { detail }) };
}

function renderCount({ minimumCount, maximumCount }: FindingPatternOptions): unknown[] | undefined {
  if (minimumCount === undefined && maximumCount === undefined) return undefined;
  // A range needs a lower end below the upper one.
  if (minimumCount === maximumCount) return [{ numeric: ['=', minimumCount] }];
  const lower = minimumCount === undefined ? [] : ['>=', minimumCount];
  const upper = maximumCount === undefined ? [] : ['<=', maximumCount];
  return [{ numeric: [...lower, ...upper] }];
}

function renderBuckets(options: FindingPatternOptions): unknown[] | undefined {
  if (!options.buckets && !options.bucketNames) return undefined;
  return [
    ...(options.buckets ?? []).map((bucket) => bucket.bucketRef.bucketName),
    ...(options.bucketNames ?? []).map((name) => (name.includes('*') ? { wildcard: name } : name)),
  ];
}

/**
 * What custom data identifiers found is counted apart from what the managed ones found. The service's model also knows
 * a category for it in the common list, so both places count.
 */
function renderResult(categories?: SensitiveDataCategory[]): object | undefined {
  const listed = categories && { sensitiveData: { category: categories } };
  if (!categories?.includes(SensitiveDataCategory.CUSTOM_IDENTIFIER)) return listed;
  return { $or: [listed, { customDataIdentifiers: { totalCount: [{ numeric: ['>', 0] }] } }] };
}
