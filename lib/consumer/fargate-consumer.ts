import { Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { AuthenticationMechanism, ClientProperties } from '../cluster';
import type { ClientIdentity, ConsumerMetrics, IKafkaConsumer } from '../cluster';
import { acceptIdentity } from '../cluster/client-identity';
import { groupMetrics } from '../cluster/consumer-metrics';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import type { IKafkaTopic } from '../topic';
import { clientEnvironment } from './client-library';
import type { ClientLibrary } from './client-library';
import { requireConsumer } from './consumed-topics';
import { fargateClient } from './fargate-client';
import type { FargateOptions } from './fargate-options';
import { FargateScaling } from './fargate-scaling';

/** Properties of a service on Fargate that reads topics. */
export interface FargateConsumerProps extends FargateOptions {
  /** The topic to read. */
  readonly topic: IKafkaTopic;

  /**
   * More topics of the same cluster.
   *
   * @default - none
   */
  readonly additionalTopics?: IKafkaTopic[];

  /**
   * The consumer group. It has no default: with a generated name, moving the construct would read all records again, or
   * skip those of the meantime. What the code does with another group is its `auto.offset.reset`.
   */
  readonly consumerGroup: string;

  /** The program. It finds topics, group, brokers and settings in its environment. */
  readonly image: ecs.ContainerImage;

  /**
   * Who it is to the cluster.
   *
   * @default ClientIdentity.iam()
   */
  readonly identity?: ClientIdentity;

  /**
   * The Kafka client that it uses: `KAFKA_CLIENT_PROPERTIES` has its settings.
   *
   * @default ClientLibrary.JAVA
   */
  readonly clientLibrary?: ClientLibrary;

  /**
   * How many tasks there are.
   *
   * @default FargateScaling.constant(1)
   */
  readonly scaling?: FargateScaling;

  /**
   * What runs instead of the image's own entry point.
   *
   * @default - that of the image
   */
  readonly entryPoint?: string[];

  /**
   * What runs instead of the image's own command.
   *
   * @default - that of the image
   */
  readonly command?: string[];

  /**
   * More environment variables. Whoever may describe the task definition reads them: secrets go into `secrets`.
   *
   * @default - none
   */
  readonly environment?: Record<string, string>;

  /**
   * More environment variables that have secrets for their values.
   *
   * @default - none
   */
  readonly secrets?: Record<string, ecs.Secret>;

  /**
   * How long a task may take to end after SIGTERM, up to two minutes. A consumer that closes in this time commits what it
   * has done and leaves its group at once; one that is killed is missed after its session timeout only.
   *
   * @default Duration.minutes(2)
   */
  readonly stopTimeout?: Duration;
}

/**
 * A container of yours on Fargate that reads topics: rights, way to the brokers, settings of its Kafka client, secrets,
 * log, start when all that is there, roll-back of a version that does not start, scaling on lag.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate.html
 */
@injectable
export class FargateConsumer extends Construct implements iam.IGrantable, ec2.IConnectable, IKafkaConsumer {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.FargateConsumer';

  /** The service. */
  public readonly service: ecs.FargateService;

  /** What a task is made of. */
  public readonly taskDefinition: ecs.FargateTaskDefinition;

  /** The container. */
  public readonly container: ecs.ContainerDefinition;

  /** The ECS cluster. */
  public readonly ecsCluster: ecs.ICluster;

  /** The role of the code. */
  public readonly role: iam.IRole;

  /** Its log. */
  public readonly logGroup: logs.LogGroup;

  public readonly consumerMetrics: ConsumerMetrics;
  public readonly connections: ec2.Connections;
  public readonly grantPrincipal: iam.IPrincipal;

  private readonly topic: IKafkaTopic;
  private readonly consumerGroup: string;

  constructor(scope: Construct, id: string, props: FargateConsumerProps) {
    super(scope, id);
    const { topic, consumerGroup, identity } = props;
    const { cluster } = topic;
    const topics = [topic, ...(props.additionalTopics ?? [])];
    requireConsumer(this, cluster, topics, consumerGroup);
    requireStopTimeout(this, props.stopTimeout);
    const accepted = acceptIdentity(this, cluster, identity);
    const scaling = props.scaling ?? FargateScaling.constant(1);
    const tasks = scaling._tasks(this, topics);
    const properties = ClientProperties.fromCluster(cluster, { identity });
    const environment = clientEnvironment(properties, {
      library: props.clientLibrary,
      topics: topics.map(({ topicName }) => topicName),
      consumerGroup,
    });
    requireFree(this, [...Object.keys(environment), ...Object.keys(properties.secretFields)], props);

    const client = fargateClient(this, {
      ...props,
      cluster,
      port: accepted.port,
      tasks,
      environment: { ...props.environment, ...environment },
      secrets: Object.fromEntries(
        Object.entries(properties.secretFields).map(([name, field]) => [name, { secret: properties.secret!, field }]),
      ),
      moreSecrets: props.secrets,
      stopTimeout: props.stopTimeout ?? Duration.minutes(2),
      grants:
        accepted.mechanism === AuthenticationMechanism.IAM
          ? (grantee) => topics.map((each) => each.grants.consume(grantee, consumerGroup))
          : undefined,
      after: topics.map(({ ready }) => ready),
    });
    scaling._bind(this, client.service, topics, consumerGroup);

    this.service = client.service;
    this.taskDefinition = client.taskDefinition;
    this.container = client.container;
    this.ecsCluster = client.ecsCluster;
    this.role = client.role;
    this.logGroup = client.logGroup;
    this.connections = client.connections;
    this.grantPrincipal = client.role.grantPrincipal;
    this.topic = topic;
    this.consumerGroup = consumerGroup;
    this.consumerMetrics = groupMetrics(
      cluster,
      consumerGroup,
      topics.map(({ topicName }) => topicName),
    );
  }

  /** How many records the slowest partition of the topic is behind. */
  public metricMaxOffsetLag(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.topic.cluster.metrics.metricMaxOffsetLag(this.consumerGroup, this.topic.topicName, options);
  }

  /** How many seconds the topic is behind, by the service's estimate. */
  public metricEstimatedTimeLag(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.topic.cluster.metrics.metricEstimatedTimeLag(this.consumerGroup, this.topic.topicName, options);
  }
}

/** @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html */
function requireStopTimeout(scope: Construct, timeout: Duration | undefined): void {
  if (timeout && !timeout.isUnresolved() && timeout.toSeconds() > 120) {
    throw validationError(
      'FargateStopTimeout',
      `\`stopTimeout\` must be two minutes at the most, got ${timeout.toHumanString()}`,
      scope,
    );
  }
}

/** A variable of the same name would win or lose without a word. */
function requireFree(scope: Construct, taken: string[], props: FargateConsumerProps): void {
  const given = [...Object.keys(props.environment ?? {}), ...Object.keys(props.secrets ?? {})];
  const twice = given.find((name) => taken.includes(name));
  if (twice !== undefined) {
    throw validationError(
      'FargateEnvironmentTaken',
      `the environment variable '${twice}' is set here, to what the Kafka client needs: name yours differently`,
      scope,
    );
  }
}
