import { CfnResource, Duration, Resource, Stack } from 'aws-cdk-lib';
import type { IResource } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as msk from 'aws-cdk-lib/aws-msk';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { ClusterKind } from '../cluster';
import type { ConsumerMetrics, IKafkaConsumer, IMskCluster } from '../cluster';
import { factsOf, removalPolicyOf, resourcesOf } from '../cluster/cluster';
import { checkAtSynth } from '../private/checks';
import type { CheckedResource } from '../private/checks';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import type { IKafkaSchema, IKafkaTopic } from '../topic';
import { grantDelivery } from './channel-destination';
import type { ChannelDestination } from './channel-destination';
import { contentName, warnFixedName } from './content-name';
import { bindLogs } from './delivery-logs';
import type { DeliveryLogs } from './delivery-logs';
import { allow, serviceRole, warnRefused } from './service-role';

/** A channel, created here or elsewhere. */
export interface IMskChannel extends IResource {
  /**
   * The ARN of the channel.
   *
   * @attribute
   */
  readonly channelArn: string;
}

/** Properties of a channel. Only `dataFreshness` changes in place: another value of anything else replaces it. */
export interface MskChannelProps {
  /** The topic to deliver, of a cluster with express brokers. Records that are there before the channel are not delivered. */
  readonly topic: IKafkaTopic;

  /** Where to deliver it to. */
  readonly destination: ChannelDestination;

  /**
   * How old data may be when it arrives: 5 to 15 minutes. Five minutes for a table ask for about 2.4 MB per second.
   *
   * @default Duration.minutes(10)
   */
  readonly dataFreshness?: Duration;

  /**
   * The bucket for what can not be delivered.
   *
   * @default - a bucket of its own, encrypted, closed to the public, and kept as long as the cluster is
   */
  readonly deadLetterBucket?: s3.IBucket;

  /**
   * What the keys in that bucket begin with.
   *
   * @default errors/
   */
  readonly deadLetterPrefix?: string;

  /**
   * The key that encrypts what the channel keeps on the way. Its policy has to trust the policies of its account.
   *
   * @default - a key of AWS
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Where the channel says what goes wrong. It keeps its destinations for life. An empty list for nowhere.
   *
   * @default - [DeliveryLogs.toLogGroup()]
   */
  readonly logs?: DeliveryLogs[];

  /**
   * The role that the channel works with. `kafka.amazonaws.com` must be let to take it.
   *
   * @default - a role of its own
   */
  readonly role?: iam.IRole;

  /**
   * The name: 1 to 64 letters, digits, `.`, `_` and `-`, unique in the cluster. With a name of your own, whatever
   * replaces the channel fails until the name changes too.
   *
   * @default - a unique name from the path of the construct and all that can not be changed in place: the new channel is
   * made before the old one is deleted, and records of that time may be delivered twice
   */
  readonly channelName?: string;
}

/**
 * Delivers a topic to S3 by itself: nothing runs, and consumers do not notice.
 *
 * @resource AWS::MSK::Channel
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-data-delivery.html
 */
@injectable
export class MskChannel extends Resource implements IMskChannel, IKafkaConsumer {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.MskChannel';

  /** A channel that is there already, by its ARN. */
  public static fromChannelArn(scope: Construct, id: string, channelArn: string): IMskChannel {
    return new ImportedChannel(scope, id, channelArn);
  }

  public readonly channelArn: string;

  /**
   * The name of the channel.
   *
   * @attribute
   */
  public readonly channelName: string;

  /** The role that the channel works with. */
  public readonly role: iam.IRole;

  /** The bucket of what could not be delivered. */
  public readonly deadLetterBucket: s3.IBucket;

  public readonly consumerMetrics: ConsumerMetrics;

  private readonly topic: IKafkaTopic;
  private readonly freshnessMetric: string;

  constructor(scope: Construct, id: string, props: MskChannelProps) {
    super(scope, id);
    const { topic } = props;
    const { cluster } = topic;
    requireExpress(this, cluster);
    if (props.channelName !== undefined) {
      warnFixedName(this, 'channelName', 'anything but `dataFreshness`');
    }
    this.deadLetterBucket =
      props.deadLetterBucket ??
      new s3.Bucket(this, 'DeadLetters', {
        encryption: s3.BucketEncryption.S3_MANAGED,
        blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
        enforceSSL: true,
        removalPolicy: removalPolicyOf(cluster),
      });
    const source = serviceRole(
      this,
      props.role,
      'kafka.amazonaws.com',
      Stack.of(this).formatArn({ service: 'kafka', resource: 'channel', resourceName: '*' }),
    );
    const { grantee } = source;
    const destination = props.destination._bind(this, {
      grantee,
      roleArn: source.role.roleArn,
      deadLetters: {
        bucketArn: this.deadLetterBucket.bucketArn,
        errorOutputPrefix: props.deadLetterPrefix ?? 'errors/',
      },
      freshness: props.dataFreshness ?? Duration.minutes(10),
    });
    const grants = [...destination.grants, ...grantDelivery(this, grantee, this.deadLetterBucket)];
    if (props.encryptionKey) {
      grants.push(allow(grantee, ['kms:Decrypt', 'kms:GenerateDataKey'], [props.encryptionKey.keyArn]));
    }
    const logs = bindLogs(this, props.logs, { kind: 'msk-channel', writer: grantee });
    warnRefused(this, source);

    const createOnly = {
      clusterArn: cluster.clusterArn,
      topicConfigurationList: [
        {
          topicArn: topic.topicArn,
          recordConverter: { valueConverter: destination.converter },
          recordSchema: destination.schema && { gsrArn: destination.schema.schemaArn },
        },
      ],
      encryptionConfiguration: props.encryptionKey && { kmsKeyArn: props.encryptionKey.keyArn },
      loggingInfo: logs.destinations,
    };
    this.channelName =
      props.channelName ??
      contentName(this, 64, () => ({
        ...createOnly,
        destination: { ...(destination.s3 ?? destination.iceberg), dataFreshnessInSeconds: undefined },
        names: [cluster.clusterName],
      }));
    const resource = new msk.CfnChannel(this, 'Resource', {
      ...createOnly,
      channelName: this.channelName,
      s3DestinationConfiguration: destination.s3,
      icebergDestinationConfiguration: destination.iceberg,
    });
    // A channel that lacks anything when it is made fails, and has to be made anew.
    grants.forEach((grant) => grant.applyBefore(resource));
    resource.node.addDependency(
      cluster.ready,
      topic.ready,
      this.deadLetterBucket,
      ...destination.before,
      ...logs.before,
    );

    this.channelArn = resource.attrChannelArn;
    this.role = source.role;
    this.topic = topic;
    this.freshnessMetric = destination.freshnessMetric;
    this.consumerMetrics = {
      timeBehind: this.metricDataFreshness(),
      deadLetters: this.metric('DLQDeliverySuccess', { statistic: cloudwatch.Stats.SUM }),
    };
    const [declared] = resourcesOf(cluster);
    checkAtSynth(
      this,
      [
        {
          resource,
          links: declared && { ClusterArn: declared },
        },
      ],
      () => [...factsOf(cluster), ...schemaFacts(destination.schema)],
    );
  }

  /**
   * A metric of the channel by its name.
   *
   * @param metricName as in the documentation, for example `FailedRecordCount`
   */
  public metric(metricName: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/Kafka',
      metricName,
      ...options,
      dimensionsMap: {
        ClusterName: this.topic.cluster.clusterName,
        ChannelName: this.channelName,
        Topic: this.topic.topicName,
        ...options.dimensionsMap,
      },
    }).attachTo(this);
  }

  /** How old data is when it arrives, in seconds. */
  public metricDataFreshness(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(this.freshnessMetric, { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }
}

/** A schema of this app, and its versions. */
function schemaFacts(schema: IKafkaSchema | undefined): CheckedResource[] {
  return (schema?.node.children ?? []).filter(CfnResource.isCfnResource).map((resource) => ({ resource }));
}

class ImportedChannel extends Resource implements IMskChannel {
  constructor(
    scope: Construct,
    id: string,
    public readonly channelArn: string,
  ) {
    super(scope, id, { environmentFromArn: channelArn });
  }
}

/** The kind of a cluster is for life, so there is nothing to wait for. */
function requireExpress(scope: Construct, { kind, node }: IMskCluster): void {
  if (kind !== undefined && kind !== ClusterKind.EXPRESS) {
    throw validationError(
      'MSK-CHANNEL-CLUSTER',
      `the cluster '${node.path}' is ${kind.toLowerCase()}, and channels deliver from express brokers only: use Amazon Data ` +
        'Firehose or a connector',
      scope,
    );
  }
}
