/** Whatever a service may leave out, or fill with null. */
type Maybe<T> = T | null | undefined;

/** An event of EventBridge. */
export interface FindingEvent {
  readonly source?: string;
  readonly 'detail-type'?: string;
  readonly id?: string;
  readonly account?: string;
  readonly region?: string;
  readonly time?: string;
  /** The schema in Macie's guide has it here, the examples in the finding. */
  readonly sample?: boolean;
  readonly detail?: unknown;
}

/**
 * What is read of a finding of Macie.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/findings-publish-event-schemas.html
 */
export interface MacieFinding {
  readonly id?: string;
  readonly accountId?: string;
  readonly region?: string;
  readonly type?: string;
  readonly category?: string;
  readonly severity?: Maybe<{ readonly description?: string }>;
  readonly count?: number;
  readonly sample?: boolean;
  readonly createdAt?: string;
  readonly updatedAt?: string;
  readonly resourcesAffected?: Maybe<{
    readonly s3Bucket?: Maybe<{ readonly name?: string }>;
    readonly s3Object?: Maybe<{ readonly key?: string }>;
  }>;
  readonly classificationDetails?: Maybe<{
    readonly jobId?: Maybe<string>;
    readonly result?: Maybe<ClassificationResult>;
  }>;
  readonly policyDetails?: Maybe<{
    readonly action?: Maybe<{ readonly apiCallDetails?: Maybe<{ readonly api?: string }> }>;
  }>;
}

export interface ClassificationResult {
  readonly status?: Maybe<{ readonly code?: string }>;
  readonly additionalOccurrences?: boolean;
  readonly sensitiveData?: Maybe<
    readonly {
      readonly category?: string;
      readonly totalCount?: number;
      readonly detections?: Maybe<readonly Counted[]>;
    }[]
  >;
  readonly customDataIdentifiers?: Maybe<{
    readonly totalCount?: number;
    readonly detections?: Maybe<readonly Counted[]>;
  }>;
}

interface Counted {
  readonly type?: string;
  readonly name?: string;
  readonly count?: number;
}

/**
 * What is read of a finding of GuardDuty.
 *
 * @see https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-format.html
 */
export interface GuardDutyFinding {
  readonly id?: string;
  readonly accountId?: string;
  readonly region?: string;
  readonly type?: string;
  readonly severity?: number;
  readonly updatedAt?: string;
  readonly resource?: Maybe<{ readonly s3BucketDetails?: Maybe<readonly { readonly name?: string }[]> }>;
  readonly service?: Maybe<{
    readonly count?: number;
    readonly action?: Maybe<{ readonly awsApiCallAction?: Maybe<{ readonly api?: string }> }>;
    readonly additionalInfo?: Maybe<{ readonly sample?: boolean }>;
  }>;
}

/**
 * What is read of a finding in the format of Security Hub.
 *
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html
 */
export interface SecurityHubFinding {
  readonly Id?: string;
  readonly ProductName?: string;
  readonly AwsAccountId?: string;
  readonly Region?: string;
  readonly Types?: Maybe<readonly string[]>;
  readonly Severity?: Maybe<{ readonly Label?: string }>;
  readonly UpdatedAt?: string;
  readonly Sample?: boolean;
  readonly Resources?: Maybe<readonly { readonly Type?: string; readonly Id?: string }[]>;
}
