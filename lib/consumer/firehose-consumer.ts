import { CfnResource, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ClusterKind } from '../cluster';
import type { ConsumerMetrics, IKafkaConsumer, IMskCluster } from '../cluster';
import { acceptIdentity } from '../cluster/client-identity';
import { factsOf, resourcesOf } from '../cluster/cluster';
import { allow, serviceRole, warnRefused } from '../connect/service-role';
import { arnInCluster } from '../private/arn';
import { checkAtSynth } from '../private/checks';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { warnPolicyNotChanged } from '../private/own-policy';
import type { IKafkaTopic } from '../topic';
import type { FirehoseSink } from './firehose-sink';

/** Where a stream of Amazon Data Firehose begins. It is for life: another one replaces the stream. */
export class FirehoseStartingPosition {
  /** With the oldest record there is. */
  public static earliest(): FirehoseStartingPosition {
    return new FirehoseStartingPosition('1970-01-01T00:00:00Z');
  }

  /** With what arrives once the stream is active. */
  public static latest(): FirehoseStartingPosition {
    return new FirehoseStartingPosition(undefined);
  }

  /**
   * With the first record of a time.
   *
   * @param time UTC, like `2026-01-31T12:00:00Z`
   */
  public static atTime(time: string): FirehoseStartingPosition {
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/.test(time)) {
      throw validationError('FirehoseTime', `the time '${time}' is none of UTC: write it like 2026-01-31T12:00:00Z`);
    }
    return new FirehoseStartingPosition(time);
  }

  private constructor(
    /** @internal */
    public readonly _timestamp: string | undefined,
  ) {}
}

/** Properties of a delivery stream. Another topic, position or role replaces it; its sink changes in place. */
export interface FirehoseConsumerProps {
  /** The topic to deliver. Its cluster has to let clients in by IAM: Firehose knows nothing else. */
  readonly topic: IKafkaTopic;

  /** Where to deliver it to. */
  readonly sink: FirehoseSink;

  /**
   * Where to begin. Firehose keeps its offsets to itself, so this is what a replaced or moved stream begins at.
   *
   * @default FirehoseStartingPosition.earliest()
   */
  readonly startingPosition?: FirehoseStartingPosition;

  /**
   * Whether the brokers are reached by their public addresses, instead of a connection that Firehose makes into the VPC.
   *
   * @default false
   */
  readonly publicAccess?: boolean;

  /**
   * The role that Firehose works with. `firehose.amazonaws.com` must be let to take it.
   *
   * @default - a role of its own
   */
  readonly role?: iam.IRole;

  /**
   * The name: 1 to 64 letters, digits, `.`, `_` and `-`. With a name of your own, whatever replaces the stream fails until
   * the name changes too.
   *
   * @default - given by CloudFormation
   */
  readonly deliveryStreamName?: string;

  /**
   * How long errors are logged. The log goes with the stream.
   *
   * @default logs.RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;
}

/**
 * Delivers a topic into a bucket or a table, by Amazon Data Firehose: the stream, its role, the policy of the cluster that
 * lets it connect, log and order of creation.
 *
 * A cluster that is not reached by public addresses needs multi-VPC connectivity for IAM.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/writing-with-msk.html
 */
@injectable
export class FirehoseConsumer extends Construct implements IKafkaConsumer, iam.IGrantable {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.FirehoseConsumer';

  /** The stream. */
  public readonly deliveryStream: CfnDeliveryStream;

  /** The name of the stream. */
  public readonly deliveryStreamName: string;

  /** The ARN of the stream. */
  public readonly deliveryStreamArn: string;

  /** The role that it works with. */
  public readonly role: iam.IRole;

  /** What goes wrong. */
  public readonly logGroup: logs.ILogGroup;

  public readonly grantPrincipal: iam.IPrincipal;
  public readonly consumerMetrics: ConsumerMetrics;

  constructor(scope: Construct, id: string, props: FirehoseConsumerProps) {
    super(scope, id);
    const { topic, sink, publicAccess = false } = props;
    const { cluster } = topic;
    acceptIdentity(this, cluster);
    requireProvisionedForTables(this, cluster, sink);
    const source = serviceRole(
      this,
      props.role,
      'firehose.amazonaws.com',
      Stack.of(this).formatArn({
        service: 'firehose',
        resource: 'deliverystream',
        resourceName: props.deliveryStreamName ?? '*',
      }),
    );
    const { grantee, role } = source;
    grantSource(grantee, topic);
    this.logGroup = new logs.LogGroup(this, 'Logs', {
      retention: props.logRetention ?? logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const stream = new logs.LogStream(this, 'LogStream', {
      logGroup: this.logGroup,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    allow(grantee, ['logs:PutLogEvents'], [this.logGroup.logGroupArn]);
    const destination = sink._bind(this, {
      grantee,
      roleArn: role.roleArn,
      logging: { enabled: true, logGroupName: this.logGroup.logGroupName, logStreamName: stream.logStreamName },
    });
    warnRefused(this, source);
    const admission = publicAccess ? undefined : admitFirehose(cluster);

    this.deliveryStream = new CfnDeliveryStream(this, 'Resource', {
      deliveryStreamName: props.deliveryStreamName,
      deliveryStreamType: 'MSKAsSource',
      mskSourceConfiguration: {
        mskClusterArn: cluster.clusterArn,
        topicName: topic.topicName,
        authenticationConfiguration: {
          connectivity: publicAccess ? 'PUBLIC' : 'PRIVATE',
          roleArn: role.roleArn,
        },
        readFromTimestamp: (props.startingPosition ?? FirehoseStartingPosition.earliest())._timestamp,
      },
      ...destination,
    });
    // Firehose connects when the stream is made; without the policy it stays without a connection.
    this.deliveryStream.node.addDependency(cluster.ready, topic.ready, ...source.policy, stream);
    if (admission) {
      this.deliveryStream.node.addDependency(admission);
    }

    this.deliveryStreamName = this.deliveryStream.ref;
    this.deliveryStreamArn = this.deliveryStream.attrArn;
    this.role = role;
    this.grantPrincipal = grantee.grantPrincipal;
    this.consumerMetrics = {
      recordsBehind: this.metric('KafkaOffsetLag', { statistic: cloudwatch.Stats.MAXIMUM }),
      timeBehind: this.metric(`${sink._metricPrefix}.DataFreshness`, { statistic: cloudwatch.Stats.MAXIMUM }),
      deadLetters: this.metric('FailedValidation.Records', { statistic: cloudwatch.Stats.SUM }),
    };
    const [declared] = resourcesOf(cluster);
    checkAtSynth(
      this,
      [
        {
          resource: this.deliveryStream,
          links: declared && { 'MSKSourceConfiguration.MSKClusterARN': declared },
        },
      ],
      () => factsOf(cluster),
    );
  }

  /**
   * A metric of the stream by its name.
   *
   * @param metricName as in the documentation, for example `DataReadFromSource.Records`
   * @see https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
   */
  public metric(metricName: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/Firehose',
      metricName,
      ...options,
      dimensionsMap: { DeliveryStreamName: this.deliveryStreamName, ...options.dimensionsMap },
    }).attachTo(this);
  }
}

/** @see https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#firehose-assume-role-msk */
function grantSource(grantee: iam.IGrantable, { cluster, topicArn }: IKafkaTopic): void {
  const { clusterArn } = cluster;
  const onCluster = ['GetBootstrapBrokers', 'DescribeCluster', 'DescribeClusterV2'].map((name) => `kafka:${name}`);
  allow(grantee, [...onCluster, 'kafka-cluster:Connect'], [clusterArn]);
  allow(
    grantee,
    ['kafka-cluster:DescribeTopic', 'kafka-cluster:DescribeTopicDynamicConfiguration', 'kafka-cluster:ReadData'],
    [topicArn],
  );
  // Firehose names the group, and says nowhere how.
  allow(grantee, ['kafka-cluster:DescribeGroup'], [arnInCluster(clusterArn, 'group', '*')]);
}

function requireProvisionedForTables(scope: Construct, { kind, node }: IMskCluster, sink: FirehoseSink): void {
  if (kind === ClusterKind.SERVERLESS && sink._needsProvisioned) {
    throw validationError(
      'FIREHOSE-MSK-ICEBERG',
      `the cluster '${node.path}' is serverless, and Firehose delivers none of these to a table: deliver to S3, or use a ` +
        'GlueStreamingJob',
      scope,
    );
  }
}

/** @see https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#access-to-msk-cluster */
function admitFirehose(cluster: IMskCluster): CfnResource | undefined {
  const statement = new iam.PolicyStatement({
    principals: [new iam.ServicePrincipal('firehose.amazonaws.com')],
    actions: ['kafka:CreateVpcConnection'],
    resources: [cluster.clusterArn],
  });
  const { statementAdded, policyDependable } = cluster.addToResourcePolicy(statement);
  if (!statementAdded) {
    warnPolicyNotChanged(cluster, statement);
  }
  return policyDependable instanceof CfnResource ? policyDependable : undefined;
}
