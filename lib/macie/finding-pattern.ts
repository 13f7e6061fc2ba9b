import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { FindingType } from './finding-type';

/**
 * How serious Macie takes a finding.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/findings-severity.html
 */
export enum FindingSeverity {
  /** Little at stake: a score of 1. */
  LOW = 'Low',

  /** Some of it at stake: a score of 2. */
  MEDIUM = 'Medium',

  /** Data in danger: a score of 3. */
  HIGH = 'High',
}

/**
 * What a finding is about.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/findings-types.html
 */
export enum FindingCategory {
  /** Sensitive data in an object. */
  CLASSIFICATION = 'CLASSIFICATION',

  /** A bucket that became less safe. */
  POLICY = 'POLICY',
}

/**
 * A kind of sensitive data inside of a finding.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/managed-data-identifiers.html
 */
export enum SensitiveDataCategory {
  /** Passwords, keys, tokens. */
  CREDENTIALS = 'CREDENTIALS',

  /** Card and bank account numbers. */
  FINANCIAL_INFORMATION = 'FINANCIAL_INFORMATION',

  /** Personal and health information. */
  PERSONAL_INFORMATION = 'PERSONAL_INFORMATION',

  /** What a custom data identifier of the account looks for. */
  CUSTOM_IDENTIFIER = 'CUSTOM_IDENTIFIER',
}

/**
 * What to do with the sample findings that Macie makes on request.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/findings-samples.html
 */
export enum SampleFindings {
  /** Real findings only. */
  EXCLUDE = 'EXCLUDE',

  /** Real and sample findings alike. */
  INCLUDE = 'INCLUDE',

  /** Sample findings only, to try a path out. */
  ONLY = 'ONLY',
}

/**
 * The way on which findings arrive.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/findings-publish-event-schemas.html
 */
export enum FindingSource {
  /** From the service that made them, to the account and Region in which it did, and to the administrator's. */
  DIRECT = 'DIRECT',

  /**
   * Through AWS Security Hub, which also gathers them over Regions; `FindingsPublication` sends them there.
   *
   * @see https://docs.aws.amazon.com/macie/latest/user/securityhub-integration.html
   */
  SECURITY_HUB = 'SECURITY_HUB',
}

/**
 * Which findings are meant.
 *
 * A finding has to meet every option that is given; within a list one member is enough. Macie does not publish the
 * findings that a suppression rule archives, so none of them ever arrives.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/findings-publish-event-schemas.html
 */
export interface FindingPatternOptions {
  /**
   * The way on which findings arrive.
   *
   * Security Hub says neither which job a finding comes from nor how often it has occurred, and names of buckets can
   * have `*` at their end only. A finding about a bucket arrives on both ways.
   *
   * @default FindingSource.DIRECT
   */
  readonly source?: FindingSource;

  /**
   * The lowest severity that is meant, all higher ones with it.
   *
   * @default - every severity
   * @see https://docs.aws.amazon.com/macie/latest/user/findings-severity.html
   */
  readonly minimumSeverity?: FindingSeverity;

  /**
   * Exactly these severities.
   *
   * @default - every severity
   */
  readonly severities?: FindingSeverity[];

  /**
   * Findings about sensitive data, about the safety of buckets, or both.
   *
   * @default - both
   */
  readonly categories?: FindingCategory[];

  /**
   * Kinds of sensitive data of which at least one was found in the object, alone or among others.
   *
   * @default - whatever was found, and findings about the safety of buckets
   */
  readonly sensitiveData?: SensitiveDataCategory[];

  /**
   * Types of findings.
   *
   * @default - every type
   */
  readonly types?: FindingType[];

  /**
   * The lowest number of times that the finding has occurred.
   *
   * A finding about a bucket counts on when its cause comes again; one about sensitive data is always the first.
   *
   * @default 1
   */
  readonly minimumCount?: number;

  /**
   * The highest number of times that the finding has occurred: with 1, news only.
   *
   * @default - any number
   */
  readonly maximumCount?: number;

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
   * Accounts that a finding is about, by their twelve digits: the owners of the buckets.
   *
   * An administrator's account also receives the findings of its members.
   *
   * @default - every account whose findings arrive
   */
  readonly accounts?: string[];

  /**
   * Ids of the classification jobs that a finding comes from.
   *
   * Another definition of a job makes another job, with another id.
   *
   * @default - every job, and automated discovery
   */
  readonly jobIds?: string[];

  /**
   * Whether sample findings are meant.
   *
   * @default SampleFindings.EXCLUDE
   */
  readonly sampleFindings?: SampleFindings;
}
