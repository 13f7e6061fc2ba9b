import { Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { messageEnvironment, messageStatements } from './finding-message-options';
import type { FindingMessageOptions } from './finding-message-options';
import { injectable } from '../../private/injectable';
import { ShippedFunction } from '../../private/shipped-function';

const INTERVAL = Duration.minutes(15);

/** A day of quarters of an hour. */
const TRIES = 96;

/** How people are told of findings that come in numbers. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- props go by the name of their construct
export interface FindingDigestProps extends FindingMessageOptions {}

/**
 * Tells people of findings every quarter of an hour, one message for each bucket and category, however many there are.
 *
 * A run of a job can make thousands of findings within minutes. A target for the same rules as `FindingMessages`.
 */
@injectable
export class FindingDigest extends Construct implements events.IRuleTarget {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.FindingDigest';

  /** Where findings wait for the end of the quarter. */
  public readonly queue: sqs.IQueue;

  /** Findings of which nobody could be told for a day. */
  public readonly failures: sqs.IQueue;

  constructor(scope: Construct, id: string, props: FindingDigestProps) {
    super(scope, id);
    this.failures = new sqs.Queue(this, 'Failures', {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    const queue = new sqs.Queue(this, 'Queue', {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      visibilityTimeout: INTERVAL, // what a run did not tell of is there again for the next one
      deadLetterQueue: { queue: this.failures, maxReceiveCount: TRIES },
    });
    this.queue = queue;
    const shipped = new ShippedFunction(this, 'Formatter', {
      handler: 'finding-digest',
      environment: { ...messageEnvironment(this, props), QUEUE_URL: queue.queueUrl },
      statements: [
        new iam.PolicyStatement({ actions: ['sqs:DeleteMessage', 'sqs:ReceiveMessage'], resources: [queue.queueArn] }),
        ...messageStatements(this, props),
      ],
      timeout: Duration.minutes(14), // two runs never overlap
    });
    new events.Rule(this, 'Schedule', {
      schedule: events.Schedule.rate(INTERVAL),
      // A run that failed is made up for by the next one.
      targets: [new targets.LambdaFunction(shipped.function, { retryAttempts: 0 })],
    });
  }

  /** Called by the rule. */
  public bind(rule: events.IRuleRef, id?: string): events.RuleTargetConfig {
    return new targets.SqsQueue(this.queue).bind(rule, id);
  }

  /**
   * How long the oldest finding waits, in seconds: well beyond 15 minutes means that nobody is told.
   *
   * @default - the maximum over 5 minutes
   */
  public metricAge(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.queue.metricApproximateAgeOfOldestMessage(options);
  }
}
