import { Duration, Token } from 'aws-cdk-lib';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { validationError } from '../private/errors';
import type { IKafkaTopic } from '../topic';

/** Options of a service that grows with what is left to read. */
export interface LagScalingOptions {
  /**
   * The fewest tasks, at least 1: a group that has never committed an offset reports no lag that could start one.
   *
   * @default 1
   */
  readonly minTasks?: number;

  /**
   * The most tasks. Partitions are the limit: a task more has nothing to read.
   *
   * @default - as many as the topic with the most partitions has
   */
  readonly maxTasks?: number;

  /**
   * How many records may be unread before another task is started. From twice as many on two are started at once, from
   * four times as many on four.
   */
  readonly recordsBehind: number;

  /**
   * For how long less than a quarter of `recordsBehind` has to be unread before a task is stopped. Each start and stop
   * makes the group share its partitions anew.
   *
   * @default Duration.minutes(15)
   */
  readonly calmFor?: Duration;
}

/** How many tasks there are. */
export class FargateScaling {
  /** Always as many. */
  public static constant(tasks: number): FargateScaling {
    return new FargateScaling(tasks);
  }

  /**
   * As many as the records that are left to read ask for, by the metric `SumOffsetLag` of the cluster. Tasks are started
   * one by one, not set to a number: what a task more is worth is not known.
   *
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/consumer-lag.html
   */
  public static onLag(options: LagScalingOptions): FargateScaling {
    return new FargateScaling(options.minTasks ?? 1, options);
  }

  private constructor(
    private readonly tasks: number,
    private readonly lag?: LagScalingOptions,
  ) {}

  /**
   * How many tasks the template says; none where they are scaled, as each deployment would set them back to it.
   *
   * @internal
   */
  public _tasks(scope: Construct, topics: IKafkaTopic[]): number | undefined {
    requireCount(scope, this.lag ? 'minTasks' : 'tasks', this.tasks, this.lag ? 1 : 0);
    if (this.lag?.maxTasks !== undefined) {
      requireCount(scope, 'maxTasks', this.lag.maxTasks, this.tasks);
    }
    if (this.lag && !Token.isUnresolved(this.lag.recordsBehind) && !(this.lag.recordsBehind >= 1)) {
      throw validationError(
        'FargateScaling',
        `\`recordsBehind\` must be at least 1, got ${this.lag.recordsBehind}`,
        scope,
      );
    }
    requireWork(scope, this.lag?.maxTasks ?? this.tasks, topics);
    return this.lag ? undefined : this.tasks;
  }

  /** @internal */
  public _bind(scope: Construct, service: ecs.FargateService, topics: IKafkaTopic[], consumerGroup: string): void {
    if (this.lag === undefined) {
      return;
    }
    const { recordsBehind, calmFor = Duration.minutes(15) } = this.lag;
    const scalingTarget = service
      .autoScaleTaskCount({
        minCapacity: this.tasks,
        maxCapacity: this.lag.maxTasks ?? mostPartitions(scope, topics),
      })
      .node.findChild('Target') as appscaling.ScalableTarget;
    const action = (id: string, cooldown: Duration) =>
      new appscaling.StepScalingAction(scope, id, {
        scalingTarget,
        cooldown,
        adjustmentType: appscaling.AdjustmentType.CHANGE_IN_CAPACITY,
        metricAggregationType: appscaling.MetricAggregationType.MAXIMUM,
      });
    const lag = unread(topics, consumerGroup);

    // Bounds are counted from the threshold of the alarm.
    const more = action('More', Duration.minutes(3));
    more.addAdjustment({ adjustment: 1, lowerBound: 0, upperBound: recordsBehind });
    more.addAdjustment({ adjustment: 2, lowerBound: recordsBehind, upperBound: 3 * recordsBehind });
    more.addAdjustment({ adjustment: 4, lowerBound: 3 * recordsBehind });
    new cloudwatch.Alarm(scope, 'Behind', {
      metric: lag,
      threshold: recordsBehind,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 3,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      alarmDescription: `starts tasks: the group ${consumerGroup} has ${recordsBehind} records or more to read`,
    }).addAlarmAction(new actions.ApplicationScalingAction(more));

    const fewer = action('Fewer', Duration.minutes(5));
    fewer.addAdjustment({ adjustment: -1, upperBound: 0 });
    const calm = Math.floor(recordsBehind / 4);
    new cloudwatch.Alarm(scope, 'Calm', {
      metric: lag,
      threshold: calm,
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: calmFor.toMinutes(),
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      alarmDescription: `stops tasks: the group ${consumerGroup} has ${calm} records or fewer to read`,
    }).addAlarmAction(new actions.ApplicationScalingAction(fewer));
  }
}

/** On all topics together. A topic without a committed offset reports nothing. */
function unread(topics: IKafkaTopic[], consumerGroup: string): cloudwatch.IMetric {
  const period = Duration.minutes(1);
  const metrics = topics.map(({ cluster, topicName }) =>
    cluster.metrics.metricSumOffsetLag(consumerGroup, topicName, { period }),
  );
  if (metrics.length === 1) {
    return metrics[0];
  }
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`lag${index}`, metric]));
  return new cloudwatch.MathExpression({
    expression: `SUM([${Object.keys(usingMetrics).join(', ')}])`,
    label: 'unread records',
    period,
    usingMetrics,
  });
}

function mostPartitions(scope: Construct, topics: IKafkaTopic[]): number {
  const known = topics.flatMap(({ partitions }) => partitions ?? []);
  if (known.length < topics.length) {
    throw validationError(
      'TopicPartitionsUnknown',
      'the partitions of a topic that was not made here are unknown, and they are how many tasks can share it: give `maxTasks`',
      scope,
    );
  }
  return Math.max(...known);
}

/** A member of a group that has no partition is paid for and does nothing. */
function requireWork(scope: Construct, tasks: number, topics: IKafkaTopic[]): void {
  const partitions = topics.reduce((all, each) => all + (each.partitions ?? Infinity), 0);
  if (![tasks, partitions].some(Token.isUnresolved) && tasks > partitions) {
    throw validationError(
      'FargateTasksIdle',
      `${tasks} tasks share ${partitions} partitions, so some of them have nothing to read: ask for ${partitions} at the most`,
      scope,
    );
  }
}

function requireCount(scope: Construct, name: string, value: number, least: number): void {
  if (!Token.isUnresolved(value) && !(Number.isInteger(value) && value >= least)) {
    throw validationError('FargateScaling', `\`${name}\` must be a whole number from ${least}, got ${value}`, scope);
  }
}
