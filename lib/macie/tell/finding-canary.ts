import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { schedule } from './scheduled-function';
import { SampleFindings } from '../finding-pattern';
import { FindingRule } from '../finding-rule';
import { FindingType } from '../finding-type';
import { injectable } from '../../private/injectable';
import { ShippedFunction } from '../../private/shipped-function';
import { requireOnly } from '../../private/singleton';

const NAMESPACE = 'CdkMskMacie/Canary';
const TYPE = FindingType.SENSITIVE_DATA_PERSONAL;

/** How often it is tried whether findings arrive. */
export interface FindingCanaryProps {
  /**
   * How often a sample finding is made, from an hour to a day.
   *
   * @default Duration.days(1)
   */
  readonly interval?: Duration;
}

/**
 * Makes a sample finding at intervals and sees that it arrives, by the same way as all others.
 *
 * Silence of a rule looks like an account without findings. Sample findings are marked as such; rules leave them out
 * unless they ask for them.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/findings-samples.html
 */
@injectable
export class FindingCanary extends Construct {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.FindingCanary';

  private readonly interval: Duration;

  constructor(scope: Construct, id: string, props: FindingCanaryProps = {}) {
    super(scope, id);
    requireOnly(
      this,
      'MACIE-CANARY-SINGLE',
      'canaries of one account and Region',
      (one) => one instanceof FindingCanary,
    );
    this.interval = props.interval ?? Duration.days(1);
    const canary = new ShippedFunction(this, 'Canary', {
      handler: 'finding-canary',
      environment: { NAMESPACE, FINDING_TYPE: TYPE.value },
      statements: [
        new iam.PolicyStatement({ actions: ['macie2:CreateSampleFindings'], resources: ['*'] }), // it knows no resource
      ],
      keepsFailures: true,
    });
    schedule(this, canary, this.interval);
    new FindingRule(this, 'Arrivals', {
      types: [TYPE],
      sampleFindings: SampleFindings.ONLY,
      targets: [new targets.LambdaFunction(canary.function)],
    });
  }

  /**
   * How many sample findings have arrived.
   *
   * @default - the sum over the interval
   */
  public metricArrived(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: NAMESPACE,
      metricName: 'CanaryArrived',
      statistic: 'Sum',
      period: this.interval,
      ...options,
    });
  }

  /** An alarm when none has arrived in an interval; one has to be missing for that long. */
  public createSilenceAlarm(id: string): cloudwatch.Alarm {
    return this.metricArrived().createAlarm(this, id, {
      alarmDescription: 'The sample finding of Macie did not arrive: findings are lost on their way',
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    });
  }
}
