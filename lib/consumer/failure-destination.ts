import { Duration } from 'aws-cdk-lib';
import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/**
 * Where Lambda reports the batches that it gave up on.
 *
 * A queue and a topic get a description (which topic, partition and offsets), not the records: those stay in the topic
 * until its retention ends.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html
 */
export abstract class FailureDestination {
  /**
   * An SQS queue.
   *
   * @param queue a standard queue; by default one is made, encrypted, kept for 14 days and as long as the topic is
   */
  public static queue(queue?: sqs.IQueue): FailureDestination {
    return new QueueDestination(queue);
  }

  /** An SNS topic. */
  public static snsTopic(topic: sns.ITopic): FailureDestination {
    return new SnsDestination(topic);
  }

  /** @internal */
  public abstract _bind(scope: Construct, grantee: iam.IGrantable, removalPolicy: RemovalPolicy): BoundDestination;
}

/** A destination that the pollers may write to. */
export interface BoundDestination {
  readonly arn: string;
  readonly grant: iam.Grant;
  readonly queue?: sqs.IQueue;
}

class QueueDestination extends FailureDestination {
  constructor(private readonly queue: sqs.IQueue | undefined) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct, grantee: iam.IGrantable, removalPolicy: RemovalPolicy): BoundDestination {
    const queue =
      this.queue ??
      new sqs.Queue(scope, 'DeadLetters', {
        encryption: sqs.QueueEncryption.SQS_MANAGED,
        enforceSSL: true,
        retentionPeriod: Duration.days(14),
        removalPolicy,
      });
    return { arn: queue.queueArn, grant: queue.grantSendMessages(grantee), queue };
  }
}

class SnsDestination extends FailureDestination {
  constructor(private readonly topic: sns.ITopic) {
    super();
  }

  /** @internal */
  public _bind(_scope: Construct, grantee: iam.IGrantable): BoundDestination {
    return { arn: this.topic.topicArn, grant: this.topic.grantPublish(grantee) };
  }
}
