import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { removalPolicyOf } from '../cluster/cluster';
import { requireKnown } from '../connect/client-network';
import { ClientLibrary } from '../consumer/client-library';
import { handlerAssetPath } from '../private/assets';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { OwnPolicyPrincipal } from '../private/own-policy';
import type { IKafkaTopic } from '../topic';
import { deadLetters } from './dead-letters';
import { KafkaProducer } from './kafka-producer';
import { ProducerClient } from './producer-client';

/** Properties of a bridge from a Kinesis stream to a topic. */
export interface KinesisBridgeProps {
  /** The stream to read. */
  readonly stream: kinesis.IStream;

  /**
   * The topic to write to, of a cluster with IAM. Records of a stream are up to 1 MiB large, to which key and headers are
   * added: for the largest of them, the topic needs a little more than Kafka takes by default.
   */
  readonly topic: IKafkaTopic;

  /**
   * Where the bridge begins when it is made.
   *
   * @default StartingPosition.TRIM_HORIZON
   */
  readonly startingPosition?: lambda.StartingPosition;

  /**
   * The most records of one invocation, 1 to 10000; 6 MB end a batch earlier.
   *
   * @default 1000
   */
  readonly batchSize?: number;

  /**
   * How long to wait for a batch to fill, up to five minutes.
   *
   * @default - records are moved as soon as they are there
   */
  readonly maxBatchingWindow?: Duration;

  /**
   * How often a batch is tried again. A record that the topic can not take, such as one that is too large, holds up its
   * shard until then; after it, what the batch held is missing in the topic, and its place in the stream is told to the
   * queue.
   *
   * @default - until the stream lets go of the records
   */
  readonly retryAttempts?: number;

  /**
   * Where the function runs.
   *
   * @default - in the subnets of the cluster
   */
  readonly subnets?: ec2.ISubnet[];

  /**
   * The security groups of the function.
   *
   * @default - one is made, that reaches the brokers and nothing else
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * The queue that is told of batches that were given up: shard and sequence numbers, not the records.
   *
   * @default - one is made, encrypted, that keeps them for 14 days and as long as the cluster is kept
   */
  readonly deadLetterQueue?: sqs.IQueue;
}

/**
 * Moves a Kinesis stream into a topic, in order and without loss.
 *
 * The partition key becomes the key, and so all records of one key go to one partition. The records of a shard are
 * written in their order, one batch after another. The service keeps the place in each shard, and moves it on when the
 * topic has the records: after a failure some are written twice. The headers `kinesis-shard-id` and
 * `kinesis-sequence-number` tell them: within a partition, the numbers of a shard only grow, save in what is repeated.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
 */
@injectable
export class KinesisBridge extends Construct {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.KinesisBridge';

  /** The function that writes the records. */
  public readonly function: lambda.Function;

  /** What calls it. */
  public readonly eventSourceMapping: lambda.EventSourceMapping;

  /** The queue that is told of batches that were given up. */
  public readonly deadLetterQueue: sqs.IQueue;

  constructor(scope: Construct, id: string, props: KinesisBridgeProps) {
    super(scope, id);
    const { stream, topic } = props;
    const { cluster } = topic;
    requireReading(this, props);
    const vpc = requireKnown(this, cluster, 'vpc', cluster.vpc);
    const logGroup = new logs.LogGroup(this, 'Log', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    this.function = new lambda.Function(this, 'Function', {
      description: 'cdk-msk-macie: kinesis-bridge',
      code: lambda.Code.fromAsset(handlerAssetPath('kinesis-bridge')),
      handler: 'index.handler',
      runtime: lambda.Runtime.NODEJS_24_X,
      memorySize: 512,
      timeout: TIMEOUT,
      role,
      logGroup,
      vpc,
      vpcSubnets: { subnets: props.subnets ?? requireKnown(this, cluster, 'subnets', cluster.subnets) },
      allowPublicSubnet: true, // It wants no way out: it signs its tokens itself.
      securityGroups: props.securityGroups ?? [closedGroup(this, vpc)],
    });
    const policy = OwnPolicyPrincipal.redirect(role, 'Policy', this);
    const queue = props.deadLetterQueue ?? deadLetters(this, removalPolicyOf(cluster));
    const grants = [
      allow(policy, ['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]),
      readGrant(policy, stream),
      allow(policy, ['sqs:SendMessage'], [queue.queueArn]),
    ];
    const producer = new KafkaProducer(this, 'Producer', {
      topics: [topic],
      client: ProducerClient.lambdaFunction(this.function),
      clientLibrary: ClientLibrary.PLATFORMATIC,
      clientId: 'kinesis-bridge',
    });
    this.eventSourceMapping = new lambda.EventSourceMapping(this, 'Mapping', {
      target: this.function,
      eventSourceArn: stream.streamArn,
      startingPosition: props.startingPosition ?? lambda.StartingPosition.TRIM_HORIZON,
      batchSize: props.batchSize ?? 1000,
      maxBatchingWindow: props.maxBatchingWindow,
      retryAttempts: props.retryAttempts,
      // One batch of a shard at a time, never in halves: what keeps the order.
      parallelizationFactor: 1,
      bisectBatchOnError: false,
      reportBatchItemFailures: true,
      onFailure: { bind: () => ({ destination: queue.queueArn }) },
    });
    // Lambda tries whether it may read the stream when the mapping is made.
    grants.forEach((grant) => grant.applyBefore(this.eventSourceMapping));
    this.eventSourceMapping.node.addDependency(producer, this.function);
    this.deadLetterQueue = queue;
  }

  /** How long ago the record arrived that the bridge has just moved: how far it is behind, at most over all shards. */
  public metricIteratorAge(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.function.metric('IteratorAge', { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }
}

/** Several times what the handler gives one request. */
const TIMEOUT = Duration.minutes(2);

function closedGroup(scope: Construct, vpc: ec2.IVpc): ec2.SecurityGroup {
  return new ec2.SecurityGroup(scope, 'SecurityGroup', {
    vpc,
    description: `Bridge of a Kinesis stream: ${scope.node.path}`,
    allowAllOutbound: false,
  });
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html */
function readGrant(grantee: iam.IGrantable, stream: kinesis.IStream): iam.Grant {
  const read = allow(
    grantee,
    [
      'kinesis:DescribeStream',
      'kinesis:DescribeStreamSummary',
      'kinesis:GetRecords',
      'kinesis:GetShardIterator',
      'kinesis:ListShards',
    ],
    [stream.streamArn],
  );
  const key = stream.encryptionKey;
  return key ? read.combine(allow(grantee, ['kms:Decrypt'], [key.keyArn])) : read;
}

function allow(grantee: iam.IGrantable, actions: string[], resourceArns: string[]): iam.Grant {
  return iam.Grant.addToPrincipal({ grantee, actions, resourceArns });
}

/** Lambda reads no stream from a moment without being told which. */
function requireReading(scope: Construct, { startingPosition }: KinesisBridgeProps): void {
  if (startingPosition === lambda.StartingPosition.AT_TIMESTAMP) {
    throw validationError(
      'KinesisBridgePosition',
      '`startingPosition` is AT_TIMESTAMP: use TRIM_HORIZON, which moves all that the stream has, or LATEST',
      scope,
    );
  }
}
