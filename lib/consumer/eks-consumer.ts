import { Duration, Stack, Token } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Construct, DependencyGroup } from 'constructs';
import type { IDependable } from 'constructs';
import { AuthenticationMechanism, ClientProperties } from '../cluster';
import type { ClientIdentity, ConsumerMetrics, IKafkaConsumer, IMskCluster } from '../cluster';
import { acceptIdentity } from '../cluster/client-identity';
import { groupMetrics } from '../cluster/consumer-metrics';
import type { AcceptedIdentity } from '../cluster/client-identity';
import { clientGroups, openWay } from '../connect/client-network';
import { allow } from '../connect/service-role';
import { arnInCluster } from '../private/arn';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { OwnPolicyPrincipal, warnNotAdded } from '../private/own-policy';
import type { IKafkaTopic } from '../topic';
import { clientEnvironment } from './client-library';
import type { ClientLibrary } from './client-library';
import { requireConsumer } from './consumed-topics';
import { helmValuesOf, manifestOf } from './eks-manifest';
import type { ManifestParts } from './eks-manifest';
import type { EksPodIdentity } from './eks-pod-identity';
import { EksScaling } from './eks-scaling';
import { secretGrant } from '../private/secret-grant';

/** Properties of pods that read topics. */
export interface EksConsumerProps {
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
   * skip those of the meantime.
   */
  readonly consumerGroup: string;

  /** The name of deployment, service account and all else in Kubernetes: lower-case letters, digits and `-`. */
  readonly workloadName: string;

  /**
   * The namespace in Kubernetes.
   *
   * @default 'default'
   */
  readonly workloadNamespace?: string;

  /** The image, as Kubernetes names it: `REPOSITORY:TAG` or `REPOSITORY@DIGEST`. */
  readonly image: string;

  /** How pods get their role. */
  readonly podIdentity: EksPodIdentity;

  /**
   * The security groups of the pods: those of the nodes, unless pods have some of their own. They are let in to the
   * brokers.
   */
  readonly securityGroups: ec2.ISecurityGroup[];

  /**
   * Who the pods are to the cluster.
   *
   * @default ClientIdentity.iam()
   */
  readonly identity?: ClientIdentity;

  /**
   * The name of a secret of Kubernetes in the namespace that has the fields of the identity's secret: `username` and
   * `password`, or `certificate` and `privateKey`. What brings it there is up to you; the pods' role may read the original.
   *
   * @default - none; an identity with a secret needs one
   */
  readonly credentialsSecret?: string;

  /**
   * The Kafka client that the code uses: `KAFKA_CLIENT_PROPERTIES` has its settings.
   *
   * @default ClientLibrary.JAVA
   */
  readonly clientLibrary?: ClientLibrary;

  /**
   * How many pods there are.
   *
   * @default EksScaling.constant(1)
   */
  readonly scaling?: EksScaling;

  /**
   * What runs instead of the image's own entry point.
   *
   * @default - that of the image
   */
  readonly command?: string[];

  /**
   * Arguments of it.
   *
   * @default - those of the image
   */
  readonly args?: string[];

  /**
   * More environment variables.
   *
   * @default - none
   */
  readonly environment?: Record<string, string>;

  /**
   * CPU of a pod, as Kubernetes writes it.
   *
   * @default '250m'
   */
  readonly cpu?: string;

  /**
   * Memory of a pod, as Kubernetes writes it: what it asks for and the most that it gets.
   *
   * @default '512Mi'
   */
  readonly memory?: string;

  /**
   * How long a pod may take to end after SIGTERM. A consumer that closes in this time leaves its group at once.
   *
   * @default Duration.minutes(2)
   */
  readonly stopTimeout?: Duration;
}

/**
 * Pods of an EKS cluster that read topics: their role and its session name, the way to the brokers, the settings of their
 * Kafka client, and what Kubernetes has to be told, as a manifest and as Helm values.
 *
 * Nothing is applied to Kubernetes here: `kubectl apply`, Helm, a GitOps tool or `eks.Cluster.addManifest()` does it, when
 * `ready` is.
 */
@injectable
export class EksConsumer extends Construct implements iam.IGrantable, ec2.IConnectable, IKafkaConsumer {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.EksConsumer';

  /** The role that talks to the brokers. */
  public readonly role: iam.IRole;

  /**
   * The objects of Kubernetes: service account, deployment, and what scaling and identity ask for. Role and brokers in
   * them are known when the stack is deployed.
   */
  public readonly manifest: Record<string, unknown>[];

  /** The same as one JSON text, which `kubectl apply -f` takes. */
  public readonly manifestJson: string;

  /**
   * Values for a chart of the form that `helm create` makes: what it has no place for is in `extraObjects`.
   */
  public readonly helmValues: Record<string, unknown>;

  /** The moment from which pods can read: whatever applies the manifest depends on it. */
  public readonly ready: IDependable;

  public readonly consumerMetrics: ConsumerMetrics;
  public readonly connections: ec2.Connections;
  public readonly grantPrincipal: iam.IPrincipal;

  private readonly topic: IKafkaTopic;
  private readonly consumerGroup: string;

  constructor(scope: Construct, id: string, props: EksConsumerProps) {
    super(scope, id);
    const { topic, consumerGroup, identity, workloadName, workloadNamespace: namespace = 'default' } = props;
    const { cluster } = topic;
    const topics = [topic, ...(props.additionalTopics ?? [])];
    requireConsumer(this, cluster, topics, consumerGroup);
    requireName(this, 'workloadName', workloadName);
    requireName(this, 'workloadNamespace', namespace);
    const accepted = acceptIdentity(this, cluster, identity);
    requireCredentials(this, accepted, props.credentialsSecret);
    const scaling = (props.scaling ?? EksScaling.constant(1))._bind(this, topics);
    const properties = ClientProperties.fromCluster(cluster, { identity });

    const pod = props.podIdentity._bind(this, { namespace, name: workloadName });
    // Made with the first statement: nobody in particular has none.
    const grantee = () => OwnPolicyPrincipal.redirect(pod.role, 'Policy', this);
    if (accepted.mechanism === AuthenticationMechanism.IAM) {
      topics.forEach((each) => each.grants.consume(grantee(), consumerGroup));
    } else if (accepted.secret) {
      secretGrant(grantee(), accepted.secret);
    }
    this.connections = new ec2.Connections({
      securityGroups: clientGroups(this, 'SecurityGroup', () => cluster.vpc!, props.securityGroups),
    });
    const way = openWay(this, this.connections.securityGroups, cluster, accepted.port);
    if (scaling.lag && accepted.mechanism === AuthenticationMechanism.IAM) {
      this.grantKeda(scaling.kedaRole, cluster, topics, consumerGroup);
    }

    const names = topics.map(({ topicName }) => topicName);
    const parts: ManifestParts = {
      ...props,
      name: workloadName,
      namespace,
      identity: accepted,
      pod,
      environment: {
        ...this.requireFree(props, pod.environment),
        ...pod.environment,
        ...clientEnvironment(properties, { library: props.clientLibrary, topics: names, consumerGroup }),
      },
      secretFields: properties.secretFields,
      cpu: props.cpu ?? '250m',
      memory: props.memory ?? '512Mi',
      stopSeconds: (props.stopTimeout ?? Duration.minutes(2)).toSeconds(),
      scaling,
      bootstrapBrokers: properties.bootstrapBrokers,
      topics: names,
      region: cluster.env.region,
    };
    this.manifest = manifestOf(parts);
    this.manifestJson = Stack.of(this).toJsonString({ apiVersion: 'v1', kind: 'List', items: this.manifest });
    this.helmValues = helmValuesOf(parts);

    const association = this.node.tryFindChild('Association');
    const policy = this.node.tryFindChild('Policy');
    this.ready = new DependencyGroup(
      cluster.ready,
      ...topics.map(({ ready }) => ready),
      ...way,
      pod.role,
      ...(policy ? [policy] : []),
      ...(association ? [association] : []),
    );
    this.role = pod.role;
    this.grantPrincipal = pod.role.grantPrincipal;
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

  /** KEDA compares the ends of partitions with what the group has committed: it reads neither records nor settings. */
  private grantKeda(
    kedaRole: iam.IRole | undefined,
    { clusterArn }: IMskCluster,
    topics: IKafkaTopic[],
    consumerGroup: string,
  ): void {
    if (kedaRole === undefined) {
      throw validationError(
        'KedaRoleMissing',
        "KEDA looks the lag up under its operator's own role, which needs a right to that: give `kedaRole`",
        this,
      );
    }
    const grantee = OwnPolicyPrincipal.redirect(kedaRole, 'KedaPolicy', this);
    allow(grantee, ['kafka-cluster:Connect'], [clusterArn]);
    allow(
      grantee,
      ['kafka-cluster:DescribeTopic'],
      topics.map(({ topicArn }) => topicArn),
    );
    allow(grantee, ['kafka-cluster:DescribeGroup'], [arnInCluster(clusterArn, 'group', consumerGroup)]);
    if (grantee instanceof OwnPolicyPrincipal && grantee.refused.length) {
      warnNotAdded(this, kedaRole, grantee.refused);
    }
  }

  private requireFree({ environment = {} }: EksConsumerProps, taken: Record<string, string>): Record<string, string> {
    const twice = Object.keys(environment).find((name) => name in taken || name.startsWith('KAFKA_'));
    if (twice !== undefined) {
      throw validationError(
        'EksEnvironmentTaken',
        `the environment variable '${twice}' is made here, as all that begin with 'KAFKA_': name yours differently`,
        this,
      );
    }
    return environment;
  }
}

/** @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
function requireName(scope: Construct, prop: string, name: string): void {
  if (!Token.isUnresolved(name) && !/^(?!-)[a-z0-9-]{2,59}(?<!-)$/.test(name)) {
    throw validationError(
      'KubernetesName',
      `\`${prop}\` is '${name}': use 2 to 59 lower-case letters, digits and '-', with a letter or digit at both ends`,
      scope,
    );
  }
}

function requireCredentials(scope: Construct, { secret }: AcceptedIdentity, credentialsSecret?: string): void {
  if ((secret === undefined) !== (credentialsSecret === undefined)) {
    throw validationError(
      'EksCredentialsSecret',
      secret === undefined
        ? '`credentialsSecret` goes with an identity that has a secret: leave it out'
        : 'pods take the secret of their identity from one of Kubernetes: give its name as `credentialsSecret`',
      scope,
    );
  }
}
