import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { messageEnvironment, messageStatements } from './finding-message-options';
import type { FindingMessageOptions } from './finding-message-options';
import { injectable } from '../../private/injectable';
import { ShippedFunction } from '../../private/shipped-function';

/** How people are told of each finding. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- props go by the name of their construct
export interface FindingMessagesProps extends FindingMessageOptions {}

/**
 * Tells people of findings, in sentences: what was found where, how much of it, and where to look.
 *
 * A target for `FindingRule`, `GuardDutyFindingRule` and whatever else carries findings. It says neither the keys of
 * objects, unless asked to, nor names of columns, tags or persons; and nothing of what others have written in a name is
 * taken for mark-up or a link.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/findings-monitor-events-eventbridge.html
 */
@injectable
export class FindingMessages extends Construct implements events.IRuleTarget {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.FindingMessages';

  /** What writes the messages. */
  public readonly function: lambda.IFunction;

  /** Findings of which nobody could be told, each with the error. */
  public readonly failures: sqs.IQueue;

  constructor(scope: Construct, id: string, props: FindingMessagesProps) {
    super(scope, id);
    const shipped = new ShippedFunction(this, 'Formatter', {
      handler: 'finding-messages',
      environment: messageEnvironment(this, props),
      statements: messageStatements(this, props),
      keepsFailures: true,
    });
    this.function = shipped.function;
    this.failures = shipped.failures!;
  }

  /** Called by the rule. */
  public bind(rule: events.IRuleRef, id?: string): events.RuleTargetConfig {
    return new targets.LambdaFunction(this.function).bind(rule, id);
  }

  /**
   * How many findings wait of which nobody could be told.
   *
   * @default - the maximum over 5 minutes
   */
  public metricFailures(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.failures.metricApproximateNumberOfMessagesVisible(options);
  }
}
