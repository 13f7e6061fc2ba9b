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
 * not support, and buckets that neither a job nor discovery has looked at.
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
        new iam.PolicyStatement({ actions: ['macie2:DescribeBuckets'], resources: ['*'] }), // it knows no resource
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

  /** An alarm when more buckets can not be read than the day before. */
  public createGrowthAlarm(id: string): cloudwatch.Alarm {
    const growth = new cloudwatch.MathExpression({
      expression: 'DIFF(unreadable)',
      usingMetrics: { unreadable: this.metricUnreadableBuckets() },
      period: DAY,
    });
    return growth.createAlarm(this, id, {
      alarmDescription: 'Macie can not read more buckets than the day before',
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
