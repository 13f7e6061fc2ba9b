import { createHash } from 'crypto';
import { Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { IDependable } from 'constructs';
import { AuthenticationMechanism } from '../cluster';
import type { ClientIdentity, ConsumerMetrics, IKafkaConsumer, IMskCluster } from '../cluster';
import { acceptIdentity } from '../cluster/client-identity';
import { groupMetrics } from '../cluster/consumer-metrics';
import { requireSecurityGroups } from '../cluster/poller-access';
import { MskVpcConnection } from '../connect';
import type { IMskVpcConnection } from '../connect';
import { checkAtSynth } from '../private/checks';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { OwnPolicyPrincipal, warnNotAdded } from '../private/own-policy';
import { secretGrant } from '../private/secret-grant';
import { wayOut } from '../private/way-out';
import type { IKafkaTopic } from '../topic';
import { PollerScaling } from './poller-scaling';
import { warnLargeRecords } from './record-size';
import type { RecordFilter } from './record-filter';
import type { RecordValidation } from './record-validation';

/** Properties of a Lambda function that consumes a topic. */
export interface LambdaConsumerProps {
  /** The topic to read. Another topic replaces the mapping, which begins at the starting position. */
  readonly topic: IKafkaTopic;

  /**
   * The consumer group: 1 to 200 letters, digits, `.`, `_` and `-`. It has no default: with a generated name, moving the
   * construct would read all records again. A group that has committed offsets goes on from them; another group begins
   * at the starting position.
   */
  readonly consumerGroup: string;

  /** The function. It needs no VPC for the records: Lambda's pollers bring them. */
  readonly handler: lambda.IFunction;

  /**
   * Who the pollers are to the cluster.
   *
   * @default ClientIdentity.iam()
   */
  readonly identity?: ClientIdentity;

  /**
   * How the pollers scale, and what happens to batches that fail.
   *
   * @default PollerScaling.provisioned()
   */
  readonly scaling?: PollerScaling;

  /**
   * Where a new consumer group begins. With `LATEST`, records that arrive while the mapping is made, or for up to 90
   * seconds while it is changed, are skipped.
   *
   * @default StartingPosition.TRIM_HORIZON
   */
  readonly startingPosition?: lambda.StartingPosition;

  /**
   * From when on, in seconds since 1970, for `StartingPosition.AT_TIMESTAMP`.
   *
   * @default - none
   */
  readonly startingPositionTimestamp?: number;

  /**
   * The most records of one invocation, 1 to 10000; 6 MB end a batch earlier.
   *
   * @default 100
   */
  readonly batchSize?: number;

  /**
   * How long to wait for a batch to fill, up to five minutes.
   *
   * @default - 500 milliseconds; once set, it can be unset only by replacing the mapping
   */
  readonly maxBatchingWindow?: Duration;

  /**
   * Which records the function is to see, up to 20 filters: a record that one of them lets through. By default an account
   * may have 5 for a mapping.
   *
   * @default - all of them
   */
  readonly filters?: RecordFilter[];

  /**
   * The key that encrypts the filters. It is not for records.
   *
   * @default - a key of AWS
   */
  readonly filterEncryptionKey?: kms.IKey;

  /**
   * Decodes records by their schemas before the function sees them. It takes provisioned pollers.
   *
   * @default - the function is given the bytes
   */
  readonly validation?: RecordValidation;

  /**
   * Metrics of the mapping beside the free ones, at the price of custom metrics. `KAFKA_METRICS` takes provisioned pollers.
   *
   * @default - none
   * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
   */
  readonly metrics?: lambda.MetricType[];

  /**
   * What the pollers write into the log of the function. It takes provisioned pollers.
   *
   * @default - nothing
   * @see https://docs.aws.amazon.com/lambda/latest/dg/esm-logging.html
   */
  readonly logLevel?: lambda.EventSourceMappingLogLevel;

  /**
   * The managed VPC connection by which a cluster of another account is reached. The pollers have its subnets and security
   * groups then, and not those of the cluster: the groups of an `MskVpcConnection` are let in to themselves on its ports.
   *
   * @default - the cluster is of the account of the function
   * @see https://docs.aws.amazon.com/lambda/latest/dg/msk-cross-account.html
   */
  readonly vpcConnection?: IMskVpcConnection;

  /**
   * Whether records are read. Switched off and on again, the consumer goes on where it stopped.
   *
   * @default true
   */
  readonly enabled?: boolean;
}

/**
 * Feeds a Lambda function from a topic: mapping, rights of the function's role, way through the cluster's security
 * group, order of creation, and a queue for what fails.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html
 */
@injectable
export class LambdaConsumer extends Construct implements IKafkaConsumer {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.LambdaConsumer';

  /** The mapping. */
  public readonly eventSourceMapping: lambda.EventSourceMapping;

  /** The queue of batches that failed for good, where the scaling has one. */
  public readonly deadLetterQueue?: sqs.IQueue;

  /** The bucket of batches that failed for good, where the scaling has one. */
  public readonly deadLetterBucket?: s3.IBucket;

  public readonly consumerMetrics: ConsumerMetrics;

  private readonly topic: IKafkaTopic;
  private readonly consumerGroup: string;

  constructor(scope: Construct, id: string, props: LambdaConsumerProps) {
    super(scope, id);
    const { topic, consumerGroup, handler } = props;
    const { cluster } = topic;
    const identity = acceptIdentity(this, cluster, props.identity);
    const scaling = props.scaling ?? PollerScaling.provisioned();
    requireGroup(this, consumerGroup);
    requireRole(this, handler);
    if (props.vpcConnection === undefined) {
      requireSecurityGroups(this, cluster);
      warnLargeRecords(this, topic);
    }

    const role = OwnPolicyPrincipal.redirect(handler, 'Policy', this);
    const grants = [pollerGrant(role, cluster)];
    if (identity.mechanism === AuthenticationMechanism.IAM) {
      grants.push(topic.grants.consume(role, consumerGroup));
    }
    if (identity.mechanism === AuthenticationMechanism.SCRAM) {
      grants.push(allow(role, ['kafka:ListScramSecrets'], [cluster.clusterArn]));
    }
    if (identity.secret) {
      grants.push(secretGrant(role, identity.secret));
    }
    if (props.vpcConnection) {
      grants.push(allow(role, ['kafka:DescribeVpcConnection'], [props.vpcConnection.vpcConnectionArn]));
    }
    const destination = scaling._onFailure?._bind(this, { grantee: role, topic, mechanism: identity.mechanism });
    const validation = props.validation?._bind(role);
    grants.push(...(destination?.grants ?? []), ...(validation?.grants ?? []));
    if (role instanceof OwnPolicyPrincipal && role.refused.length) {
      warnNotAdded(this, handler, role.refused);
    }
    const access = props.vpcConnection ? admitPollers(props.vpcConnection) : [cluster.allowPollers(props.identity)];

    this.eventSourceMapping = new lambda.EventSourceMapping(this, mappingId(topic, consumerGroup), {
      ...scaling._mappingOptions,
      target: handler,
      eventSourceArn: props.vpcConnection?.vpcConnectionArn ?? cluster.clusterArn,
      kafkaTopic: topic.topicName,
      kafkaConsumerGroupId: consumerGroup,
      startingPosition: props.startingPosition ?? lambda.StartingPosition.TRIM_HORIZON,
      startingPositionTimestamp: props.startingPositionTimestamp,
      batchSize: props.batchSize,
      maxBatchingWindow: props.maxBatchingWindow,
      enabled: props.enabled,
      sourceAccessConfigurations: identity.secret && [
        { type: sourceAccess(identity.mechanism), uri: identity.secret.secretArn },
      ],
      filters: props.filters?.map(({ _pattern }) => lambda.FilterCriteria.filter(_pattern)),
      filterEncryption: props.filterEncryptionKey,
      schemaRegistryConfig: validation?.registry,
      metricsConfig: props.metrics && { metrics: props.metrics },
      logLevel: props.logLevel,
      onFailure: destination && { bind: () => ({ destination: destination.uri }) },
      supportS3OnFailureDestination: true,
    });
    // Lambda tries the connection when the mapping is made: topic, rights and network have to be there, and to outlive it.
    grants.forEach((grant) => grant.applyBefore(this.eventSourceMapping));
    this.eventSourceMapping.node.addDependency(topic.ready, cluster.ready, identity.ready, ...access);
    if (destination?.ready) {
      this.eventSourceMapping.node.addDependency(destination.ready);
    }

    this.deadLetterQueue = destination?.queue;
    this.deadLetterBucket = destination?.bucket;
    this.topic = topic;
    this.consumerGroup = consumerGroup;
    this.consumerMetrics = {
      ...groupMetrics(cluster, consumerGroup, [topic.topicName]),
      deadLetters: this.deadLetterQueue?.metricApproximateNumberOfMessagesVisible({
        statistic: cloudwatch.Stats.MAXIMUM,
      }),
    };
    const resource = this.eventSourceMapping.node.defaultChild as lambda.CfnEventSourceMapping;
    // Provisioned pollers have a way of their own, and so has a connection.
    const needsWay = () => resource.provisionedPollerConfig === undefined && props.vpcConnection === undefined;
    checkAtSynth(this, [
      { resource, facts: () => (needsWay() ? pollerWay(this, cluster, identity.secret !== undefined) : {}) },
    ]);
  }

  /** How many records the slowest partition of this consumer is behind. */
  public metricMaxOffsetLag(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.topic.cluster.metrics.metricMaxOffsetLag(this.consumerGroup, this.topic.topicName, options);
  }

  /**
   * A metric of the mapping by its name, for `metrics` that were asked for.
   *
   * @param metricName as in the documentation, for example `DroppedEventCount`
   * @param options statistic, period; by default the sum of five minutes
   * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
   */
  public metric(metricName: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/Lambda',
      metricName,
      statistic: cloudwatch.Stats.SUM,
      period: Duration.minutes(5),
      ...options,
      dimensionsMap: {
        EventSourceMappingUUID: this.eventSourceMapping.eventSourceMappingId,
        ...options.dimensionsMap,
      },
    }).attachTo(this);
  }
}

/**
 * Pollers carry the groups of the connection, as those of a cluster carry the cluster's: these let themselves in, on the
 * ports that brokers have behind a connection. One that is not of this app has to do so already.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-msk-cluster-network.html
 */
function admitPollers(connection: IMskVpcConnection): IDependable[] {
  if (!(connection instanceof MskVpcConnection)) {
    return [connection];
  }
  connection.connections.allowDefaultPortInternally();
  return [connection, ...connection.connections.securityGroups];
}

/**
 * What this app tells about the way of the pollers to AWS: on demand they need one to Lambda and STS, and to Secrets
 * Manager for their secret.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-msk-cluster-network.html
 */
function pollerWay(scope: Construct, cluster: IMskCluster, withSecret: boolean): Record<string, unknown> {
  const services = ['lambda', 'sts', ...(withSecret ? ['secretsmanager'] : [])];
  const { subnets, missingEndpoints } = wayOut(scope, cluster.vpc, cluster.subnets, services);
  return { pollerSubnets: subnets, missingEndpoints };
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html */
export function pollerGrant(role: iam.IGrantable, cluster: IMskCluster): iam.Grant {
  const subnets = cluster.subnets?.map(({ subnetId }) => subnetId);
  return [
    allow(role, ['kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers'], [cluster.clusterArn]),
    // EC2 knows no resource for its describe calls, and the interfaces do not exist yet.
    allow(
      role,
      [
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'ec2:DescribeVpcs',
        'ec2:DeleteNetworkInterface',
      ],
      ['*'],
    ),
    allow(
      role,
      ['ec2:CreateNetworkInterface'],
      ['*'],
      subnets && { StringEqualsIfExists: { 'ec2:SubnetID': subnets } },
    ),
  ].reduce((all, each) => all.combine(each));
}

function allow(
  grantee: iam.IGrantable,
  actions: string[],
  resourceArns: string[],
  conditions?: Record<string, Record<string, unknown>>,
): iam.Grant {
  return iam.Grant.addToPrincipal({ grantee, actions, resourceArns, conditions });
}

/**
 * Topic and group are part of the logical id: Lambda can change neither in place, and CloudFormation would drop the edit
 * without a word. A token would make the id change with every synthesis, so the path of the topic stands for it.
 */
function mappingId(topic: IKafkaTopic, consumerGroup: string): string {
  const known = (value: string, substitute: string) => (Token.isUnresolved(value) ? substitute : value);
  const identity = [known(topic.topicName, topic.node.path), known(consumerGroup, '')].join('\n');
  return `Mapping${createHash('sha256').update(identity).digest('hex').slice(0, 8)}`;
}

function sourceAccess(mechanism: AuthenticationMechanism): lambda.SourceAccessConfigurationType {
  return mechanism === AuthenticationMechanism.SCRAM
    ? lambda.SourceAccessConfigurationType.SASL_SCRAM_512_AUTH
    : lambda.SourceAccessConfigurationType.CLIENT_CERTIFICATE_TLS_AUTH;
}

/** Without a name Lambda takes one that nobody can grant anything on. */
function requireGroup(scope: Construct, consumerGroup: string): void {
  if (consumerGroup === '') {
    throw validationError('LAMBDA-MSK-GROUP', '`consumerGroup` must not be empty: use 1 to 200 characters', scope);
  }
}

function requireRole(scope: Construct, handler: lambda.IFunction): void {
  if (handler.role === undefined) {
    throw validationError(
      'FunctionRoleUnknown',
      `the role of the function '${handler.node.path}' is unknown, and the pollers read the topic with its rights: import it ` +
        'with `lambda.Function.fromFunctionAttributes(…, { role })`',
      scope,
    );
  }
}
