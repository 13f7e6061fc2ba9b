import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type * as stepfunctions from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { FindingCanary } from './finding-canary';
import type { FindingReconciliation } from './finding-reconciliation';
import type { JobStatusEvents } from './job-status-events';
import type { MacieCoverage } from './macie-coverage';
import type { FindingsArchive } from '../findings-archive';
import { validationError } from '../../private/errors';
import { injectable } from '../../private/injectable';

/** What is watched of the way from a finding to whatever is done about it. */
export interface ResponseHealthProps {
  /**
   * Queues of what was given up: those of rules, messages and hubs. One message is an alarm.
   *
   * @default - none
   */
  readonly deadLetterQueues?: sqs.IQueue[];

  /**
   * Queues in which findings wait to be worked on, such as that of a hub.
   *
   * @default - none
   */
  readonly workQueues?: sqs.IQueue[];

  /**
   * How long a finding may wait in a work queue, or a claim be unfinished.
   *
   * @default Duration.minutes(30)
   */
  readonly maximumAge?: Duration;

  /**
   * Functions none of whose invocations may fail.
   *
   * @default - none
   */
  readonly functions?: lambda.IFunction[];

  /**
   * State machines none of whose executions may fail, time out or be aborted.
   *
   * @default - none
   */
  readonly stateMachines?: stepfunctions.IStateMachine[];

  /**
   * The age of the oldest unfinished claim, in seconds, as the hub of the responses measures it.
   *
   * @default - not watched
   */
  readonly claimAge?: cloudwatch.IMetric;

  /**
   * Whose access errors are an alarm.
   *
   * @default - not watched
   */
  readonly jobs?: JobStatusEvents;

  /**
   * Whose sample finding has to arrive.
   *
   * @default - not watched
   */
  readonly canary?: FindingCanary;

  /**
   * That has to be done.
   *
   * @default - not watched
   */
  readonly reconciliation?: FindingReconciliation;

  /**
   * Whose growth of what can not be read is an alarm.
   *
   * @default - not watched
   */
  readonly coverage?: MacieCoverage;

  /**
   * Whose findings have to be written in time. Give its dead letters, `archive.rule.deadLetterQueue`, above as well.
   *
   * @default - not watched
   */
  readonly archive?: FindingsArchive;

  /**
   * Where alarms go.
   *
   * @default - nowhere; see `alarms`
   */
  readonly alarmActions?: cloudwatch.IAlarmAction[];
}

/**
 * An alarm for everything that fails without a sound between a finding and whatever is done about it.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/findings-monitor-events-eventbridge.html
 */
@injectable
export class ResponseHealth extends Construct {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.ResponseHealth';

  /** All of them. */
  public readonly alarms: cloudwatch.Alarm[];

  constructor(scope: Construct, id: string, props: ResponseHealthProps) {
    super(scope, id);
    const age = (props.maximumAge ?? Duration.minutes(30)).toSeconds();
    this.alarms = [
      ...each(props.deadLetterQueues).map(([queue, at]) =>
        this.above(
          `DeadLetters${at}`,
          queue.metricApproximateNumberOfMessagesVisible(),
          0,
          `${queue.node.path} holds what was given up`,
        ),
      ),
      ...each(props.workQueues).map(([queue, at]) =>
        this.above(
          `Waiting${at}`,
          queue.metricApproximateAgeOfOldestMessage(),
          age,
          `findings wait in ${queue.node.path}`,
        ),
      ),
      ...each(props.functions).map(([one, at]) =>
        this.above(`Errors${at}`, one.metricErrors(), 0, `${one.node.path} fails`),
      ),
      ...each(props.stateMachines).map(([one, at]) =>
        this.above(
          `Executions${at}`,
          unfinished(one),
          0,
          `executions of ${one.node.path} fail, time out or are aborted`,
        ),
      ),
      ...(props.claimAge ? [this.above('Claims', props.claimAge, age, 'a response was begun and not ended')] : []),
      ...(props.jobs
        ? [
            this.above(
              'JobAccess',
              props.jobs.metricAccessErrors(),
              0,
              'a classification job could not read an account or a bucket',
            ),
          ]
        : []),
      ...(props.canary ? [props.canary.createSilenceAlarm('Silence')] : []),
      ...(props.reconciliation ? [props.reconciliation.createSilenceAlarm('Silence')] : []),
      ...(props.coverage ? [props.coverage.createGrowthAlarm('Growth')] : []),
      ...(props.archive ? [props.archive.createDelayAlarm('Delay')] : []),
    ];
    if (this.alarms.length === 0) {
      throw validationError('ResponseHealthEmpty', 'nothing is watched; give at least one thing to watch', this);
    }
    this.alarms.forEach((alarm) => alarm.addAlarmAction(...(props.alarmActions ?? [])));
  }

  private above(id: string, metric: cloudwatch.IMetric, threshold: number, description: string): cloudwatch.Alarm {
    return new cloudwatch.Alarm(this, id, {
      metric,
      alarmDescription: description,
      threshold,
      evaluationPeriods: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }
}

/** Numbers from 1, for ids. */
function each<T>(values: T[] = []): [T, number][] {
  return values.map((value, index) => [value, index + 1]);
}

function unfinished(machine: stepfunctions.IStateMachine): cloudwatch.IMetric {
  return new cloudwatch.MathExpression({
    expression: 'failed + timedOut + aborted',
    usingMetrics: {
      failed: machine.metricFailed(),
      timedOut: machine.metricTimedOut(),
      aborted: machine.metricAborted(),
    },
    period: Duration.minutes(5),
  });
}
