import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { messageStatements } from './finding-message-options';
import { schedule } from './scheduled-function';
import { injectable } from '../../private/injectable';
import { ShippedFunction } from '../../private/shipped-function';
import { requireOnly } from '../../private/singleton';

const NAMESPACE = 'CdkMskMacie/Coverage';
const DAY = Duration.days(1);

/** How it is reported what Macie can not read. */
export interface MacieCoverageProps {
  /**
   * Where the report of each day goes; without one there are only metrics.
   *
   * @default - no report
   */
  readonly topic?: sns.ITopic;
}

/**
 * Says every day what Macie can not read: buckets that it is denied, objects of formats and storage classes that it does
 * not support, objects that discovery has skipped, and buckets that neither a job nor discovery has looked at. The report
 * is the inventory of each account as well: how many buckets, and how many of them are public, shared with others, or
 * hold sensitive data.
 *
 * "All buckets" is what Macie can read in the Region. In the account of an administrator the buckets of all members
 * count.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/monitoring-s3-how-it-works.html
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-supported-storage.html
 */
@injectable
export class MacieCoverage extends Construct {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.MacieCoverage';

  constructor(scope: Construct, id: string, props: MacieCoverageProps = {}) {
    super(scope, id);
    requireOnly(
      this,
      'MACIE-COVERAGE-SINGLE',
      'reports of one account and Region',
      (other) => other instanceof MacieCoverage,
    );
    const { topic } = props;
    const reporter = new ShippedFunction(this, 'Reporter', {
      handler: 'macie-coverage',
      environment: { NAMESPACE, ...(topic ? { TOPIC_ARN: topic.topicArn } : {}) },
      statements: [
        // They know no resource.
        new iam.PolicyStatement({ actions: ['macie2:DescribeBuckets', 'macie2:GetResourceProfile'], resources: ['*'] }),
        ...(topic ? messageStatements(this, { topic }) : []),
      ],
      timeout: Duration.minutes(15),
    });
    schedule(this, reporter, DAY);
  }

  /**
   * How many buckets Macie may not read, or does not because the account has too many.
   *
   * @default - the maximum over a day
   */
  public metricUnreadableBuckets(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return metric('UnreadableBuckets', options);
  }

  /**
   * How many objects are of a format or storage class that Macie does not support.
   *
   * @default - the maximum over a day
   */
  public metricUnsupportedObjects(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return metric('UnsupportedObjects', options);
  }

  /**
   * How many buckets neither a job names nor discovery has looked at.
   *
   * @default - the maximum over a day
   */
  public metricNeverScannedBuckets(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return metric('NeverScannedBuckets', options);
  }

  /**
   * How many objects discovery has skipped, because it lacks a permission or a key, or for other reasons.
   *
   * There is none of a day on which the profiles of buckets could not be read.
   *
   * @default - the maximum over a day
   * @see https://docs.aws.amazon.com/macie/latest/user/discovery-coverage.html
   */
  public metricSkippedObjects(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return metric('SkippedObjects', options);
  }

  /**
   * How many buckets discovery can not analyse because of errors.
   *
   * @default - the maximum over a day
   */
  public metricFailedBuckets(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return metric('FailedBuckets', options);
  }

  /**
   * How many buckets everybody may read or write, in all accounts.
   *
   * @default - the maximum over a day
   */
  public metricPublicBuckets(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return metric('PublicBuckets', options);
  }

  /**
   * How many buckets are shared with accounts outside of the organization.
   *
   * @default - the maximum over a day
   */
  public metricSharedBuckets(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return metric('SharedBuckets', options);
  }

  /**
   * How many buckets hold sensitive data, as far as discovery knows.
   *
   * @default - the maximum over a day
   */
  public metricSensitiveBuckets(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return metric('SensitiveBuckets', options);
  }

  /** An alarm when more buckets or objects can not be read than the day before. */
  public createGrowthAlarm(id: string): cloudwatch.Alarm {
    const growth = new cloudwatch.MathExpression({
      expression: 'MAX([DIFF(unreadable), DIFF(failed), DIFF(skipped)])',
      usingMetrics: {
        unreadable: this.metricUnreadableBuckets(),
        failed: this.metricFailedBuckets(),
        skipped: this.metricSkippedObjects(),
      },
      period: DAY,
    });
    return growth.createAlarm(this, id, {
      alarmDescription: 'Macie can not read more buckets or objects than the day before',
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 0,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }
}

function metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
  return new cloudwatch.Metric({ namespace: NAMESPACE, metricName, statistic: 'Maximum', period: DAY, ...options });
}
