import { Fn, Resource, Token } from 'aws-cdk-lib';
import type { CfnResource, IResource, RemovalPolicy, ResourceProps, Size } from 'aws-cdk-lib';
import * as msk from 'aws-cdk-lib/aws-msk';
import { DependencyGroup } from 'constructs';
import type { Construct, IDependable } from 'constructs';
import { ClusterKind, MskCluster } from '../cluster';
import type { IMskCluster } from '../cluster';
import { factsOf, removalPolicyOf, resourcesOf } from '../cluster/cluster';
import { AdminRights, KafkaAdmin } from '../cluster/kafka-admin';
import { arnInCluster } from '../private/arn';
import { checkAtSynth } from '../private/checks';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { compareKafkaVersions } from '../rules/msk-data';
import { ADMINISTERED_TOPIC } from '../rules/msk/cluster-facts';
import { renderTopicConfiguration } from './topic-configuration';
import type { TopicConfiguration } from './topic-configuration';
import { TopicAcls } from './topic-acls';
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

  /**
   * The largest batch of records that it takes, after compression; undefined where nobody said. Producers and consumers
   * need settings of the same size.
   */
  readonly maxMessageSize?: Size;

  /** IAM permissions on the topic. */
  readonly grants: TopicGrants;

  /** Kafka's own access control on the topic, for clients that come by user name or certificate. */
  readonly acls: TopicAcls;

  /** The moment from which the topic is there. Consumers depend on it: none of them creates a topic. */
  readonly ready: IDependable;
}

/** Who makes and changes a topic. */
export enum TopicManagement {
  /** CloudFormation itself, with `AWS::MSK::Topic`: for provisioned clusters with Kafka 3.6.0 or later. */
  SERVICE = 'SERVICE',

  /**
   * A Kafka client in the VPC of the cluster, a function that reaches nothing but the brokers. It connects by IAM. An
   * imported cluster needs `vpc`, `subnets` and `securityGroups`.
   */
  ADMIN_HANDLER = 'ADMIN_HANDLER',
}

/** What becomes of a topic of the same name that the cluster has already. */
export enum ExistingTopic {
  /** The deployment fails, and the topic stays as it is. */
  REFUSE = 'REFUSE',

  /**
   * It is taken over with its records: partitions grow and settings change as the template says; what the template does
   * not name stays. It is never deleted from here, whatever the removal policy says: it was there before.
   */
  ADOPT = 'ADOPT',
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
   * How many copies there are of each partition. Another number replaces the topic; the admin handler refuses it.
   * Serverless clusters take none.
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
   * Whether a topic of the name that is there already is taken over.
   *
   * @default ExistingTopic.REFUSE
   */
  readonly existing?: ExistingTopic;

  /**
   * Who makes and changes the topic. A later change would have both make it, and the deployment fail: before a cluster
   * leaves a version that CloudFormation has no topics for, say `ADMIN_HANDLER`.
   *
   * @default - CloudFormation where it can; the admin handler for serverless clusters, for those known to run Kafka below
   * 3.6.0, and where a topic is to be adopted
   */
  readonly management?: TopicManagement;

  /**
   * What happens to the topic and all its records when it is removed from the stack or replaced.
   *
   * @default - as for a cluster of this app; else RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * A topic.
 *
 * On provisioned clusters with Kafka 3.6.0 or later it is kept by CloudFormation without a function; the deploying role
 * needs `kafka-cluster:Connect`, `DescribeTopic`, `DescribeTopicDynamicConfiguration`, `CreateTopic`, and for updates and
 * deletion `AlterTopic`, `AlterTopicDynamicConfiguration`, `DeleteTopic`. Elsewhere it is kept by a Kafka client in the VPC
 * of the cluster, see `TopicManagement.ADMIN_HANDLER`.
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
  public readonly maxMessageSize?: Size;
  public readonly grants: TopicGrants;
  public readonly acls: TopicAcls;
  public readonly ready: IDependable;

  constructor(scope: Construct, id: string, props: KafkaTopicProps) {
    super(scope, id, { physicalName: props.topicName });
    const { cluster } = props;
    const settings = renderTopicConfiguration(props.configuration ?? {});
    const common = {
      topicName: props.topicName,
      partitionCount: props.partitions,
      configs: Object.keys(settings).length ? toBase64(settings) : undefined,
    };
    const resource =
      managementOf(this, props) === TopicManagement.SERVICE
        ? new msk.CfnTopic(this, 'Resource', {
            ...common,
            clusterArn: cluster.clusterArn,
            replicationFactor: props.replicationFactor ?? replicationOf(this, cluster),
          })
        : administered(this, props, common);
    resource.applyRemovalPolicy(props.removalPolicy ?? removalPolicyOf(cluster));
    resource.node.addDependency(cluster.ready);

    this.cluster = cluster;
    this.topicName = props.topicName;
    this.topicArn = arnInCluster(cluster.clusterArn, 'topic', props.topicName);
    this.partitions = props.partitions;
    this.maxMessageSize = props.configuration?.maxMessageSize ?? maxMessageSizeOf(cluster);
    this.ready = resource;
    this.grants = TopicGrants.fromTopic(this);
    this.acls = TopicAcls.fromTopic(this);
    requireNoCollision(this);
    const [declared] = resourcesOf(cluster);
    const links = declared && { ClusterArn: declared };
    checkAtSynth(this, [{ resource, links }], () => factsOf(cluster));
  }
}

/** The oldest version for which CloudFormation has topics. */
const SERVICE_SINCE = '3.6.0';

function managementOf(scope: Construct, { cluster, existing, management }: KafkaTopicProps): TopicManagement {
  const { SERVICE, ADMIN_HANDLER } = TopicManagement;
  const version = cluster.kafkaVersion?.version;
  const isTooOld =
    version !== undefined && !Token.isUnresolved(version) && compareKafkaVersions(version, SERVICE_SINCE) < 0;
  const reason =
    cluster.kind === ClusterKind.SERVERLESS
      ? `'${cluster.node.path}' is serverless, and takes no AWS::MSK::Topic`
      : isTooOld
        ? `Kafka ${version} of '${cluster.node.path}' is too old for AWS::MSK::Topic`
        : existing === ExistingTopic.ADOPT
          ? 'AWS::MSK::Topic adopts no topic that is there already'
          : undefined;
  if (management === SERVICE && reason !== undefined) {
    throw validationError(
      'MSK-TOPIC-CLUSTER',
      `${reason}: leave out \`management\`, and an admin handler in the VPC makes the topic`,
      scope,
    );
  }
  return management ?? (reason === undefined ? SERVICE : ADMIN_HANDLER);
}

/** A topic that the Kafka client of its stack makes. Its properties are named as those of `AWS::MSK::Topic`. */
function administered(
  scope: Construct,
  { cluster, existing, replicationFactor }: KafkaTopicProps,
  { topicName, partitionCount, configs }: { topicName: string; partitionCount: number; configs?: string },
): CfnResource {
  const isServerless = cluster.kind === ClusterKind.SERVERLESS;
  if (isServerless && replicationFactor !== undefined) {
    throw validationError(
      'MSK-TOPIC-REPLICATION',
      `the serverless cluster '${cluster.node.path}' takes no replication factor, got ${replicationFactor}: leave it out`,
      scope,
    );
  }
  const resource = KafkaAdmin.of(scope, cluster).administer(scope, 'Topic', {
    resourceType: ADMINISTERED_TOPIC,
    rights: AdminRights.TOPICS,
    properties: {
      TopicName: topicName,
      PartitionCount: partitionCount,
      ReplicationFactor: isServerless ? undefined : (replicationFactor ?? cluster.zones),
      Configs: configs,
      CreationOnly: isServerless ? ['cleanup.policy'] : undefined,
      Existing: existing === ExistingTopic.ADOPT ? existing : undefined,
    },
  });
  return resource.node.defaultChild as CfnResource;
}

/** What the brokers of a cluster of this app take from any topic that does not say otherwise. */
function maxMessageSizeOf(cluster: IMskCluster): Size | undefined {
  return (cluster as { maxMessageSize?: Size }).maxMessageSize;
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
  public readonly maxMessageSize?: Size;
  public readonly grants: TopicGrants;
  public readonly acls: TopicAcls;
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
    this.acls = TopicAcls.fromTopic(this);
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
