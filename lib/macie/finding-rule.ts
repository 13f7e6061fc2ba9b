import { Stack } from 'aws-cdk-lib';
import type { Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as events from 'aws-cdk-lib/aws-events';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DeadLetteredRule } from './dead-lettered-rule';
import type { FindingPatternOptions } from './finding-pattern';
import { renderRetryPolicy } from './finding-retry-policy';
import { renderFindingPattern } from './render-finding-pattern';
import { checkAtSynth } from '../private/checks';
import { injectable } from '../private/injectable';

/** How findings reach their targets. */
export interface FindingDeliveryOptions {
  /**
   * Where findings go, five targets at most: those of `aws-events-targets`, or your own.
   *
   * A target that brings no dead-letter queue or no retry policy gets that of the rule.
   */
  readonly targets: events.IRuleTarget[];

  /**
   * The bus to listen on.
   *
   * Macie publishes to the default bus of its account and Region; another one sees the findings that something forwards.
   *
   * @default - the default bus
   */
  readonly eventBus?: events.IEventBus;

  /**
   * The name of the rule, up to 64 letters, digits, `.`, `-` and `_`.
   *
   * @default - made of the names of the stack and of the construct's path
   */
  readonly ruleName?: string;

  /**
   * What the rule is for.
   *
   * @default - no description
   */
  readonly description?: string;

  /**
   * Whether the rule is on.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * A standard queue of the same Region for the findings that a target did not take.
   *
   * EventBridge is let in by its policy and its key.
   *
   * @default - a queue of the rule's own: encrypted, TLS only, keeps 14 days, deleted with the rule
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html
   */
  readonly deadLetterQueue?: sqs.IQueue;

  /**
   * For how long EventBridge tries to deliver a finding, from 1 minute to 24 hours.
   *
   * @default Duration.hours(24)
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html
   */
  readonly maximumEventAge?: Duration;

  /**
   * How often EventBridge tries again, from 0 to 185 times.
   *
   * @default 185
   */
  readonly retryAttempts?: number;
}

/** Which findings, and how they reach their targets. */
export interface FindingRuleProps extends FindingPatternOptions, FindingDeliveryOptions {}

/**
 * Sends Macie findings to targets.
 *
 * It needs no session: where an administrator's account or a central bus receives the findings of others, a rule is all
 * there is. EventBridge gets findings from Macie by best effort, so in rare cases one is missing; and a function or
 * state machine that took a finding and then failed is beyond the rule's dead-letter queue.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/findings-monitor-events-eventbridge.html
 */
@injectable
export class FindingRule extends Construct {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.FindingRule';

  /** The rule; its `addTarget` adds the dead-letter queue as well. */
  public readonly rule: events.Rule;

  private readonly deadLettered: DeadLetteredRule;

  constructor(scope: Construct, id: string, props: FindingRuleProps) {
    super(scope, id);
    this.deadLettered = new DeadLetteredRule(this, 'Rule', {
      eventPattern: renderFindingPattern(props, this),
      eventBus: props.eventBus,
      ruleName: props.ruleName,
      description: props.description,
      enabled: props.enabled,
      deadLetterQueue: props.deadLetterQueue,
      retryPolicy: renderRetryPolicy(this, props),
    });
    this.rule = this.deadLettered;
    props.targets.forEach((target) => this.addTarget(target));
    const resource = this.rule.node.defaultChild as events.CfnRule;
    this.node.addValidation({ validate: () => findMissingTarget(resource) });
    checkAtSynth(this, [{ resource }]);
  }

  /** Where findings go that a target did not take; made when the first target needs it, or here. */
  public get deadLetterQueue(): sqs.IQueue {
    return this.deadLettered.deadLetterQueue;
  }

  /** Sends the findings to one more target. */
  public addTarget(target: events.IRuleTarget): void {
    this.rule.addTarget(target);
  }

  /**
   * How many messages wait in the dead-letter queue.
   *
   * Anything above 0 is a finding that nobody got.
   *
   * @default - the maximum over 5 minutes
   */
  public metricDeadLetters(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.deadLetterQueue.metricApproximateNumberOfMessagesVisible(options);
  }
}

function findMissingTarget(rule: events.CfnRule): string[] {
  const targets: unknown = Stack.of(rule).resolve(rule.targets);
  return targets ? [] : ['FindingRuleWithoutTarget: without a target nobody gets the findings; add one'];
}
