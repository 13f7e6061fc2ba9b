import { Construct } from 'constructs';
import { FindingCategory } from './finding-pattern';
import type { FindingSeverity, FindingSource, SampleFindings } from './finding-pattern';
import { FindingRule } from './finding-rule';
import type { FindingDeliveryOptions } from './finding-rule';
import { GuardDutyFindingRule } from './guard-duty-finding-rule';
import type { GuardDutySeverity } from './guard-duty-finding-rule';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { injectable } from '../private/injectable';

/** Which findings about access, and how they reach their targets. */
export interface UnusualAccessRulesProps extends FindingDeliveryOptions {
  /**
   * The way on which findings arrive.
   *
   * @default FindingSource.DIRECT
   */
  readonly source?: FindingSource;

  /**
   * The lowest severity on Macie's scale, for findings about buckets that became less safe.
   *
   * @default - every severity
   */
  readonly minimumPolicySeverity?: FindingSeverity;

  /**
   * The lowest severity on GuardDuty's scale, for findings about unusual access.
   *
   * @default - every severity
   */
  readonly minimumAccessSeverity?: GuardDutySeverity;

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

/**
 * Sends findings about access to buckets to targets: Macie's about buckets that became less safe, and GuardDuty's about
 * whoever reads them in an unusual way.
 *
 * GuardDuty makes its findings only where its S3 Protection is on, which this neither turns on nor checks.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/findings-types.html
 * @see https://docs.aws.amazon.com/guardduty/latest/ug/s3-protection.html
 */
@injectable
export class UnusualAccessRules extends Construct {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.UnusualAccessRules';

  /** For Macie's findings about buckets. */
  public readonly policyRule: FindingRule;

  /** For GuardDuty's findings. */
  public readonly accessRule: GuardDutyFindingRule;

  constructor(scope: Construct, id: string, props: UnusualAccessRulesProps) {
    super(scope, id);
    const { minimumPolicySeverity, minimumAccessSeverity, ruleName, ...common } = props;
    this.policyRule = new FindingRule(this, 'Policy', {
      ...common,
      ruleName: ruleName && `${ruleName}-policy`,
      categories: [FindingCategory.POLICY],
      minimumSeverity: minimumPolicySeverity,
    });
    this.accessRule = new GuardDutyFindingRule(this, 'Access', {
      ...common,
      ruleName: ruleName && `${ruleName}-access`,
      minimumSeverity: minimumAccessSeverity,
    });
  }
}
