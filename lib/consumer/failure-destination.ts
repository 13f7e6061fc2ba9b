import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct, IDependable } from 'constructs';
import { AuthenticationMechanism } from '../cluster';
import { removalPolicyOf } from '../cluster/cluster';
import { validationError } from '../private/errors';
import type { IKafkaTopic } from '../topic';
import { sameCluster } from '../topic/one-cluster';

/**
 * Where Lambda reports the batches that it gave up on.
 *
 * A queue and an SNS topic get a description (which topic, partition and offsets), not the records: those stay in the
 * topic until its retention ends. A bucket and a Kafka topic get the records too.
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

  /**
   * An S3 bucket: one object for each batch, with the event as the function was given it.
   *
   * @param bucket by default one is made, encrypted, closed to the public, and kept as long as the topic is
   */
  public static bucket(bucket?: s3.IBucket): FailureDestination {
    return new BucketDestination(bucket);
  }

  /**
   * Another topic of the same cluster, of four characters at least: it gets the records themselves, with their keys.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure-destination.html
   */
  public static kafkaTopic(topic: IKafkaTopic): FailureDestination {
    return new KafkaDestination(topic);
  }

  /** @internal */
  public abstract _bind(scope: Construct, of: FailureSource): BoundDestination;
}

/** Whose failures are reported. */
export interface FailureSource {
  readonly grantee: iam.IGrantable;
  readonly topic: IKafkaTopic;
  readonly mechanism: AuthenticationMechanism;
}

/** A destination that the pollers may write to. */
export interface BoundDestination {
  /** An ARN, or `kafka://TOPIC`. */
  readonly uri: string;
  readonly grants: iam.Grant[];
  readonly queue?: sqs.IQueue;
  readonly bucket?: s3.IBucket;

  /** What has to be there before a mapping names it. */
  readonly ready?: IDependable;
}

class QueueDestination extends FailureDestination {
  constructor(private readonly queue: sqs.IQueue | undefined) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct, { grantee, topic }: FailureSource): BoundDestination {
    const queue =
      this.queue ??
      new sqs.Queue(scope, 'DeadLetters', {
        encryption: sqs.QueueEncryption.SQS_MANAGED,
        enforceSSL: true,
        retentionPeriod: Duration.days(14),
        removalPolicy: removalPolicyOf(topic.cluster),
      });
    return { uri: queue.queueArn, grants: [queue.grantSendMessages(grantee)], queue };
  }
}

class SnsDestination extends FailureDestination {
  constructor(private readonly topic: sns.ITopic) {
    super();
  }

  /** @internal */
  public _bind(_scope: Construct, { grantee }: FailureSource): BoundDestination {
    return { uri: this.topic.topicArn, grants: [this.topic.grantPublish(grantee)] };
  }
}

class BucketDestination extends FailureDestination {
  constructor(private readonly bucket: s3.IBucket | undefined) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct, { grantee, topic }: FailureSource): BoundDestination {
    const bucket =
      this.bucket ??
      new s3.Bucket(scope, 'DeadLetters', {
        encryption: s3.BucketEncryption.S3_MANAGED,
        blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
        enforceSSL: true,
        removalPolicy: removalPolicyOf(topic.cluster),
      });
    const allow = (action: string, resource: string) =>
      iam.Grant.addToPrincipal({ grantee, actions: [action], resourceArns: [resource] });
    const grants = [allow('s3:PutObject', bucket.arnForObjects('*')), allow('s3:ListBucket', bucket.bucketArn)];
    if (bucket.encryptionKey) {
      grants.push(allow('kms:GenerateDataKey', bucket.encryptionKey.keyArn));
    }
    return { uri: bucket.bucketArn, grants, bucket };
  }
}

class KafkaDestination extends FailureDestination {
  constructor(private readonly topic: IKafkaTopic) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct, { grantee, topic, mechanism }: FailureSource): BoundDestination {
    if (!sameCluster(this.topic.cluster, topic.cluster)) {
      throw validationError(
        'LAMBDA-MSK-DESTINATION',
        `the topic '${this.topic.node.path}' is in another cluster than '${topic.node.path}', and failed records stay in theirs`,
        scope,
      );
    }
    return {
      uri: `kafka://${this.topic.topicName}`,
      // Pollers write as whom they read.
      grants: mechanism === AuthenticationMechanism.IAM ? [this.topic.grants.produce(grantee)] : [],
      ready: this.topic.ready,
    };
  }
}
