import { Fn, Resource, Token } from 'aws-cdk-lib';
import type { IResource, RemovalPolicy, ResourceProps } from 'aws-cdk-lib';
import * as msk from 'aws-cdk-lib/aws-msk';
import { DependencyGroup } from 'constructs';
import type { Construct, IDependable } from 'constructs';
import { ClusterKind, MskCluster } from '../cluster';
import type { IMskCluster } from '../cluster';
import { removalPolicyOf, resourcesOf } from '../cluster/cluster';
import { arnInCluster } from '../private/arn';
import { checkAtSynth } from '../private/checks';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { renderTopicConfiguration } from './topic-configuration';
import type { TopicConfiguration } from './topic-configuration';
import { TopicGrants } from './topic-grants';

/** A topic of an MSK cluster, created here or elsewhere. */
export interface IKafkaTopic extends IResource {
  /** The cluster that holds it. */
  readonly cluster: IMskCluster;

  /**
   * The name of the topic.
   *
   * @attribute
   */
  readonly topicName: string;

  /**
   * The ARN of the topic, as IAM policies name it.
   *
   * @attribute
   */
  readonly topicArn: string;

  /** How many partitions it has; undefined where nobody said. */
  readonly partitions?: number;

  /** IAM permissions on the topic. */
  readonly grants: TopicGrants;

  /** The moment from which the topic is there. Consumers depend on it: none of them creates a topic. */
  readonly ready: IDependable;
}

/** Properties of a topic. */
export interface KafkaTopicProps {
  /** The cluster that holds it. Another cluster replaces the topic. */
  readonly cluster: IMskCluster;

  /**
   * The name: 1 to 249 letters, digits, `.`, `_` and `-`. It has no default: with a generated name, moving the construct
   * would make a new, empty topic. Another name replaces the topic.
   */
  readonly topicName: string;

  /**
   * How many partitions. They can only grow, and growing sends keys to other partitions than before.
   *
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-update-topic.html
   */
  readonly partitions: number;

  /**
   * How many copies there are of each partition. Another number replaces the topic.
   *
   * @default - one in each Availability Zone of the cluster
   */
  readonly replicationFactor?: number;

  /**
   * Settings of the topic.
   *
   * @default - those of the brokers
   */
  readonly configuration?: TopicConfiguration;

  /**
   * What happens to the topic and all its records when it is removed from the stack or replaced.
   *
   * @default - as for a cluster of this app; else RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * A topic, kept by CloudFormation without a function.
 *
 * It needs a provisioned cluster with Kafka 3.6.0 or later, and a deploying role that may `kafka-cluster:Connect`,
 * `DescribeTopic`, `DescribeTopicDynamicConfiguration`, `CreateTopic`, and for updates and deletion `AlterTopic`,
 * `AlterTopicDynamicConfiguration`, `DeleteTopic`.
 *
 * @resource AWS::MSK::Topic
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-topic-operations-information.html
 */
@injectable
export class KafkaTopic extends Resource implements IKafkaTopic {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.KafkaTopic';

  /** A topic that is there already, by its name. */
  public static fromTopicName(scope: Construct, id: string, cluster: IMskCluster, topicName: string): IKafkaTopic {
    return new ImportedTopic(scope, id, cluster.env, topicName, () => cluster);
  }

  /**
   * A topic that is there already, by its ARN; the cluster follows from it.
   *
   * @param topicArn `arn:PARTITION:kafka:REGION:ACCOUNT:topic/CLUSTER_NAME/CLUSTER_UUID/TOPIC`
   */
  public static fromTopicArn(scope: Construct, id: string, topicArn: string): IKafkaTopic {
    const part = (index: number) => Fn.select(index, Fn.split('/', topicArn));
    const prefix = Fn.select(0, Fn.split(':topic/', topicArn));
    const clusterArn = `${prefix}:cluster/${part(1)}/${part(2)}`;
    return new ImportedTopic(scope, id, { environmentFromArn: topicArn }, part(3), (self) =>
      MskCluster.fromClusterArn(self, 'Cluster', clusterArn),
    );
  }

  public readonly cluster: IMskCluster;
  public readonly topicName: string;
  public readonly topicArn: string;
  public readonly partitions?: number;
  public readonly grants: TopicGrants;
  public readonly ready: IDependable;

  constructor(scope: Construct, id: string, props: KafkaTopicProps) {
    super(scope, id, { physicalName: props.topicName });
    if (props.cluster.kind === ClusterKind.SERVERLESS) {
      throw validationError(
        'MSK-TOPIC-CLUSTER',
        `the cluster '${props.cluster.node.path}' is serverless, and AWS::MSK::Topic works for provisioned clusters only: ` +
          'create the topic with an admin client and take it in with KafkaTopic.fromTopicName()',
        this,
      );
    }
    const settings = renderTopicConfiguration(props.configuration ?? {});
    const resource = new msk.CfnTopic(this, 'Resource', {
      clusterArn: props.cluster.clusterArn,
      topicName: props.topicName,
      partitionCount: props.partitions,
      replicationFactor: props.replicationFactor ?? replicationOf(this, props.cluster),
      configs: Object.keys(settings).length ? toBase64(settings) : undefined,
    });
    resource.applyRemovalPolicy(props.removalPolicy ?? removalPolicyOf(props.cluster));
    resource.node.addDependency(props.cluster.ready);

    this.cluster = props.cluster;
    this.topicName = props.topicName;
    this.topicArn = arnInCluster(props.cluster.clusterArn, 'topic', props.topicName);
    this.partitions = props.partitions;
    this.ready = resource;
    this.grants = TopicGrants.fromTopic(this);
    requireNoCollision(this);
    const ofCluster = resourcesOf(props.cluster);
    const links = ofCluster.length ? { ClusterArn: ofCluster[0] } : undefined;
    checkAtSynth(this, [{ resource, links }], () => ofCluster.map((each) => ({ resource: each })));
  }
}

/** The topics that this app makes in each cluster, by the name that Kafka's metrics know them under. */
const TOPICS = new WeakMap<IMskCluster, Map<string, KafkaTopic>>();

/** Kafka refuses two names that differ in `.` and `_` only: its metrics could not tell them apart. */
function requireNoCollision(topic: KafkaTopic): void {
  const { cluster, topicName } = topic;
  if (Token.isUnresolved(topicName)) {
    return;
  }
  const topics = TOPICS.get(cluster) ?? new Map<string, KafkaTopic>();
  TOPICS.set(cluster, topics);
  const key = topicName.replaceAll('.', '_');
  const other = topics.get(key);
  if (other !== undefined) {
    throw validationError(
      'MSK-TOPIC-COLLISION',
      `the cluster '${cluster.node.path}' has a topic '${other.topicName}' already, made by '${other.node.path}', and '${topicName}' ` +
        'can not be told from it in metrics, where `.` and `_` are the same: choose another name',
      topic,
    );
  }
  topics.set(key, topic);
}

class ImportedTopic extends Resource implements IKafkaTopic {
  public readonly cluster: IMskCluster;
  public readonly topicArn: string;
  public readonly partitions?: number;
  public readonly grants: TopicGrants;
  public readonly ready: IDependable = new DependencyGroup();

  constructor(
    scope: Construct,
    id: string,
    environment: ResourceProps,
    public readonly topicName: string,
    cluster: (self: Construct) => IMskCluster,
  ) {
    super(scope, id, environment);
    this.cluster = cluster(this);
    this.topicArn = arnInCluster(this.cluster.clusterArn, 'topic', topicName);
    this.grants = TopicGrants.fromTopic(this);
  }
}

function replicationOf(scope: Construct, cluster: IMskCluster): number {
  if (cluster.zones === undefined) {
    throw validationError(
      'ClusterZonesUnknown',
      `the zones of the cluster '${cluster.node.path}' are unknown, and a topic has a replica in each: give \`subnets\` ` +
        'to MskCluster.fromClusterAttributes(), or `replicationFactor` to the topic',
      scope,
    );
  }
  return cluster.zones;
}

function toBase64(settings: Record<string, string>): string {
  const json = JSON.stringify(settings);
  return Token.isUnresolved(json) ? Fn.base64(json) : Buffer.from(json).toString('base64');
}
