import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { validationError } from '../private/errors';
import type { IKafkaTopic } from '../topic';

/** When a consumer group is too far behind. */
export interface ConsumerLagAlarmProps {
  /** The topic that it reads. */
  readonly topic: IKafkaTopic;

  /** The group. */
  readonly consumerGroup: string;

  /**
   * How many records the slowest partition may be behind.
   *
   * @default - not watched
   */
  readonly maxRecords?: number;

  /**
   * How long the group may be behind, by the service's estimate.
   *
   * @default - not watched
   */
  readonly maxTime?: Duration;

  /**
   * For how long it may be too far behind before the alarm goes off, in minutes.
   *
   * @default Duration.minutes(15)
   */
  readonly sustained?: Duration;

  /**
   * What happens when the alarm goes off, and when it is over.
   *
   * @default - nothing: the alarm is to be looked at
   */
  readonly actions?: cloudwatch.IAlarmAction[];
}

/**
 * Goes off when a consumer group stays too far behind, in records or in time.
 *
 * The metrics are free and there for every kind of cluster, as long as the group has members or offsets.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/consumer-lag.html
 */
export class ConsumerLagAlarm extends Construct {
  /** The alarm on records, where one was asked for. */
  public readonly recordsAlarm?: cloudwatch.Alarm;

  /** The alarm on time, where one was asked for. */
  public readonly timeAlarm?: cloudwatch.Alarm;

  constructor(scope: Construct, id: string, props: ConsumerLagAlarmProps) {
    super(scope, id);
    const { topic, consumerGroup, maxRecords, maxTime } = props;
    if (maxRecords === undefined && maxTime === undefined) {
      throw validationError('ConsumerLagUnlimited', 'give `maxRecords` or `maxTime`: how far behind is too far', this);
    }
    const { metrics } = topic.cluster;
    const minutes = (props.sustained ?? Duration.minutes(15)).toMinutes();
    const period = Duration.minutes(1);
    if (maxRecords !== undefined) {
      this.recordsAlarm = this.alarm(
        'Records',
        metrics.metricMaxOffsetLag(consumerGroup, topic.topicName, { period }),
        maxRecords,
        minutes,
        `the group ${consumerGroup} is more than ${maxRecords} records behind on ${topic.topicName}`,
        props.actions,
      );
    }
    if (maxTime !== undefined) {
      this.timeAlarm = this.alarm(
        'Time',
        metrics.metricEstimatedTimeLag(consumerGroup, topic.topicName, { period }),
        maxTime.toSeconds(),
        minutes,
        `the group ${consumerGroup} is more than ${maxTime.toHumanString()} behind on ${topic.topicName}`,
        props.actions,
      );
    }
  }

  private alarm(
    id: string,
    metric: cloudwatch.IMetric,
    threshold: number,
    evaluationPeriods: number,
    alarmDescription: string,
    actions: cloudwatch.IAlarmAction[] = [],
  ): cloudwatch.Alarm {
    const alarm = new cloudwatch.Alarm(this, id, {
      metric,
      threshold,
      evaluationPeriods,
      alarmDescription,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      // A group that has left, or has not come yet, reports nothing.
      treatMissingData: cloudwatch.TreatMissingData.MISSING,
    });
    alarm.addAlarmAction(...actions);
    alarm.addOkAction(...actions);
    return alarm;
  }
}
