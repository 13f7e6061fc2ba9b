import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { IKafkaConsumer } from '../cluster';
import { validationError } from '../private/errors';

/** When a consumer asks for somebody. */
export interface ConsumerAlarmsProps {
  /** The consumer. */
  readonly consumer: IKafkaConsumer;

  /**
   * How many records its slowest partition may be behind.
   *
   * @default - not watched: how far is too far depends on the topic
   */
  readonly maxRecords?: number;

  /**
   * How long it may be behind.
   *
   * @default - not watched
   */
  readonly maxTime?: Duration;

  /**
   * For how long it may be too far behind before an alarm goes off, in minutes.
   *
   * @default Duration.minutes(15)
   */
  readonly sustained?: Duration;

  /**
   * After how long without progress it counts as stalled, in minutes: it is behind and not once less so than a minute
   * before, or it reports nothing where its service reports what it takes.
   *
   * @default Duration.minutes(15)
   */
  readonly stalledAfter?: Duration;

  /**
   * What happens when an alarm goes off, and when it is over.
   *
   * @default - nothing: the alarms are to be looked at
   */
  readonly actions?: cloudwatch.IAlarmAction[];
}

/**
 * The alarms of one consumer, whatever it is: too far behind, stalled, dead letters. Each exists where the service of the
 * consumer offers what it watches.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/consumer-lag.html
 */
export class ConsumerAlarms extends Construct {
  /** Too many records behind, where that was asked for. */
  public readonly recordsAlarm?: cloudwatch.Alarm;

  /** Too long behind, where that was asked for. */
  public readonly timeAlarm?: cloudwatch.Alarm;

  /** Behind, and not getting on. */
  public readonly stalledAlarm?: cloudwatch.Alarm;

  /** Something could not be processed. */
  public readonly deadLettersAlarm?: cloudwatch.Alarm;

  private readonly actions: cloudwatch.IAlarmAction[];

  constructor(scope: Construct, id: string, props: ConsumerAlarmsProps) {
    super(scope, id);
    const { consumer, maxRecords, maxTime } = props;
    const { recordsBehind, timeBehind, records, deadLetters } = consumer.consumerMetrics;
    const { path } = consumer.node;
    const sustained = (props.sustained ?? Duration.minutes(15)).toMinutes();
    const stalled = (props.stalledAfter ?? Duration.minutes(15)).toMinutes();
    this.actions = props.actions ?? [];

    if (maxRecords !== undefined) {
      this.recordsAlarm = this.alarm('Records', {
        metric: eachMinute(this.require(consumer, 'maxRecords', recordsBehind)),
        threshold: maxRecords,
        evaluationPeriods: sustained,
        alarmDescription: `${path} is more than ${maxRecords} records behind`,
      });
    }
    if (maxTime !== undefined) {
      this.timeAlarm = this.alarm('Time', {
        metric: eachMinute(this.require(consumer, 'maxTime', timeBehind)),
        threshold: maxTime.toSeconds(),
        evaluationPeriods: sustained,
        alarmDescription: `${path} is more than ${maxTime.toHumanString()} behind`,
      });
    }
    const alarmDescription = `${path} has not got on for ${stalled} minutes`;
    if (records) {
      this.stalledAlarm = this.alarm('Stalled', {
        metric: eachMinute(records),
        comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        threshold: 0, // Only silence is below nothing: a quiet topic is none.
        evaluationPeriods: stalled,
        alarmDescription,
        treatMissingData: cloudwatch.TreatMissingData.BREACHING,
      });
    } else if (recordsBehind) {
      this.stalledAlarm = this.alarm('Stalled', {
        metric: new cloudwatch.MathExpression({
          expression: 'IF(behind > 0 AND DIFF(behind) >= 0, 1, 0)',
          label: 'behind, and not less so than a minute before',
          period: Duration.minutes(1),
          usingMetrics: { behind: eachMinute(recordsBehind) },
        }),
        threshold: 0,
        evaluationPeriods: stalled,
        alarmDescription,
      });
    }
    if (deadLetters) {
      this.deadLettersAlarm = this.alarm('DeadLetters', {
        metric: deadLetters,
        threshold: 0,
        evaluationPeriods: 1,
        alarmDescription: `${path} has dead letters`,
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      });
    }
  }

  private alarm(id: string, props: cloudwatch.AlarmProps): cloudwatch.Alarm {
    const alarm = new cloudwatch.Alarm(this, id, {
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      // A consumer that has left, or has not come yet, reports nothing.
      treatMissingData: cloudwatch.TreatMissingData.MISSING,
      ...props,
    });
    alarm.addAlarmAction(...this.actions);
    alarm.addOkAction(...this.actions);
    return alarm;
  }

  private require(consumer: IKafkaConsumer, limit: string, metric: cloudwatch.IMetric | undefined): cloudwatch.IMetric {
    if (metric === undefined) {
      throw validationError(
        'ConsumerMetricUnknown',
        `the service of '${consumer.node.path}' does not measure what \`${limit}\` limits: use ` +
          (limit === 'maxTime' ? '`maxRecords`' : '`maxTime`'),
        this,
      );
    }
    return metric;
  }
}

/** The metric at the grain that the alarms count in. */
function eachMinute(metric: cloudwatch.IMetric): cloudwatch.IMetric {
  return metric instanceof cloudwatch.Metric ? metric.with({ period: Duration.minutes(1) }) : metric;
}
