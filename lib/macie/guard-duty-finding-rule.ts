import { Token } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as events from 'aws-cdk-lib/aws-events';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DeadLetteredRule } from './dead-lettered-rule';
import { FindingSource, SampleFindings } from './finding-pattern';
import type { FindingDeliveryOptions } from './finding-rule';
import { renderRetryPolicy } from './finding-retry-policy';
import { compact } from './pattern-parts';
import { renderBucketArns, securityHubPattern } from './render-security-hub-pattern';
import { checkAtSynth } from '../private/checks';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';

/**
 * How serious GuardDuty takes a finding, on its own scale from 1 to 10.
 *
 * @see https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html
 */
export enum GuardDutySeverity {
  /** Something was tried and did no harm: 1.0 to 3.9. */
  LOW = 'LOW',

  /** Something deviates: 4.0 to 6.9. */
  MEDIUM = 'MEDIUM',

  /** Something is compromised: 7.0 to 8.9. */
  HIGH = 'HIGH',

  /** An attack is under way: 9.0 and above. */
  CRITICAL = 'CRITICAL',
}

const LOWEST: Record<GuardDutySeverity, number> = {
  [GuardDutySeverity.LOW]: 1,
  [GuardDutySeverity.MEDIUM]: 4,
  [GuardDutySeverity.HIGH]: 7,
  [GuardDutySeverity.CRITICAL]: 9,
};

/** Which findings of GuardDuty are meant: those about access to Amazon S3. */
export interface GuardDutyPatternOptions {
  /**
   * The way on which findings arrive.
   *
   * @default FindingSource.DIRECT
   */
  readonly source?: FindingSource;

  /**
   * The lowest severity that is meant, all higher ones with it.
   *
   * @default - every severity
   */
  readonly minimumSeverity?: GuardDutySeverity;

  /**
   * Types of findings, such as `Exfiltration:S3/AnomalousBehavior`.
   *
   * @default - every type of S3 Protection
   * @see https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-s3.html
   */
  readonly types?: string[];

  /**
   * Buckets that a finding is about, besides those of `bucketNames`.
   *
   * @default - every bucket, unless `bucketNames` is given
   */
  readonly buckets?: s3.IBucketRef[];

  /**
   * Names of buckets that a finding is about, besides those of `buckets`; `*` stands for any characters.
   *
   * @default - every bucket, unless `buckets` is given
   */
  readonly bucketNames?: string[];

  /**
   * Accounts that a finding is about, by their twelve digits.
   *
   * @default - every account whose findings arrive
   */
  readonly accounts?: string[];

  /**
   * Whether sample findings are meant.
   *
   * @default SampleFindings.EXCLUDE
   */
  readonly sampleFindings?: SampleFindings;
}

/** Which findings of GuardDuty, and how they reach their targets. */
export interface GuardDutyFindingRuleProps extends GuardDutyPatternOptions, FindingDeliveryOptions {}

/**
 * Sends findings of GuardDuty about unusual access to Amazon S3 to targets.
 *
 * Macie itself looks at what is in objects and at how buckets are set up, not at who reads them: that is S3 Protection
 * of GuardDuty. A rule turns nothing on: there is one detector in an account and Region, mostly the organization's.
 *
 * Such a finding is about a bucket and an access. It names no object, so responses that need one do not take it.
 *
 * @see https://docs.aws.amazon.com/guardduty/latest/ug/s3-protection.html
 */
@injectable
export class GuardDutyFindingRule extends Construct {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.GuardDutyFindingRule';

  /** The event pattern alone, for a rule, pipe or archive of your own. */
  public static patternOf(options: GuardDutyPatternOptions = {}): events.EventPattern {
    return renderPattern(options);
  }

  /** The rule; its `addTarget` adds the dead-letter queue as well. */
  public readonly rule: events.Rule;

  private readonly deadLettered: DeadLetteredRule;

  constructor(scope: Construct, id: string, props: GuardDutyFindingRuleProps) {
    super(scope, id);
    this.deadLettered = new DeadLetteredRule(this, 'Rule', {
      eventPattern: renderPattern(props, this),
      eventBus: props.eventBus,
      ruleName: props.ruleName,
      description: props.description,
      enabled: props.enabled,
      deadLetterQueue: props.deadLetterQueue,
      retryPolicy: renderRetryPolicy(this, props),
    });
    this.rule = this.deadLettered;
    if (props.targets.length === 0) {
      throw validationError(
        'FindingRuleWithoutTarget',
        'targets is empty: nobody would get the findings; give one',
        this,
      );
    }
    props.targets.forEach((target) => this.rule.addTarget(target));
    checkAtSynth(this, [{ resource: this.rule.node.defaultChild as events.CfnRule }]);
  }

  /** Where findings go that a target did not take; made when the first target needs it, or here. */
  public get deadLetterQueue(): sqs.IQueue {
    return this.deadLettered.deadLetterQueue;
  }

  /**
   * How many messages wait in the dead-letter queue.
   *
   * @default - the maximum over 5 minutes
   */
  public metricDeadLetters(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.deadLetterQueue.metricApproximateNumberOfMessagesVisible(options);
  }
}

/** Every type of S3 Protection has this in the middle. */
const OF_S3 = ':S3/';

function renderPattern(options: GuardDutyPatternOptions, scope?: Construct): events.EventPattern {
  requireS3(options, scope);
  const { minimumSeverity, sampleFindings = SampleFindings.EXCLUDE, types, accounts } = options;
  if (options.source === FindingSource.SECURITY_HUB) {
    const severities = Object.values(GuardDutySeverity);
    return securityHubPattern({
      ProductName: ['GuardDuty'],
      AwsAccountId: accounts,
      // Each scale has four words; below its lowest one Security Hub has another, for what is only said.
      Severity: { Label: minimumSeverity && severities.slice(severities.indexOf(minimumSeverity)) },
      Types: types
        ? types.map((type) => ({ wildcard: `*/${type.replace('/', '-')}` }))
        : [{ wildcard: `*${OF_S3.replace('/', '-')}*` }],
      Sample: sampleOf(sampleFindings),
      Resources: { Id: renderBucketArns(options) },
    });
  }
  const buckets = [
    ...(options.buckets ?? []).map((bucket) => bucket.bucketRef.bucketName),
    ...(options.bucketNames ?? []).map((name) => (name.includes('*') ? { wildcard: name } : name)),
  ];
  return {
    source: ['aws.guardduty'],
    detailType: ['GuardDuty Finding'],
    detail: compact({
      type: types ?? [{ wildcard: `*${OF_S3}*` }],
      accountId: accounts,
      severity: minimumSeverity && [{ numeric: ['>=', LOWEST[minimumSeverity]] }],
      resource: { s3BucketDetails: { name: options.buckets || options.bucketNames ? buckets : undefined } },
      service: { additionalInfo: { sample: sampleOf(sampleFindings) } },
    }),
  };
}

function sampleOf(samples: SampleFindings): unknown[] | undefined {
  return { EXCLUDE: [false, { exists: false }], INCLUDE: undefined, ONLY: [true] }[samples];
}

function requireS3({ types, bucketNames, source }: GuardDutyPatternOptions, scope?: Construct): void {
  const wrong = types?.find((type) => !Token.isUnresolved(type) && !type.includes(OF_S3));
  if (types?.length === 0 || wrong !== undefined) {
    const given = wrong === undefined ? 'an empty list' : `'${wrong}'`;
    throw validationError(
      'GuardDutyType',
      `types has ${given}; types of S3 Protection look like Exfiltration:S3/AnomalousBehavior`,
      scope,
    );
  }
  const inside = source === FindingSource.SECURITY_HUB ? bucketNames?.find((name) => /\*./.test(name)) : undefined;
  if (inside === undefined) return;
  throw validationError(
    'FindingPatternSource',
    `'${inside}' in bucketNames has * before its end; through Security Hub that would match keys of objects as well`,
    scope,
  );
}
