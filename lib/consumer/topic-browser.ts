import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { AuthenticationMechanism, ClusterKind } from '../cluster';
import type { ClientIdentity, IMskCluster, ResourcePattern } from '../cluster';
import { acceptIdentity } from '../cluster/client-identity';
import { javaSecurity } from '../cluster/client-settings';
import { allow } from '../connect/service-role';
import { arnInCluster } from '../private/arn';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { fargateClient } from './fargate-client';
import type { FargateOptions } from './fargate-options';
import { TopicBrowserAccess } from './topic-browser-access';

/** Properties of a topic browser. */
export interface TopicBrowserProps extends FargateOptions {
  /** The cluster to look into. */
  readonly cluster: IMskCluster;

  /** Topics that are shown, with their records. */
  readonly topics: ResourcePattern[];

  /**
   * Consumer groups that are shown, with how far they are.
   *
   * @default - none
   */
  readonly consumerGroups?: ResourcePattern[];

  /**
   * Whether the topics can be written, changed, made and deleted too, and groups set back, by whoever gets in.
   *
   * @default false
   */
  readonly writable?: boolean;

  /**
   * How people get in.
   *
   * @default TopicBrowserAccess.portForwarding()
   */
  readonly access?: TopicBrowserAccess;

  /**
   * Who the browser is to the cluster: an IAM role, a user with a password, or nobody in particular.
   *
   * @default ClientIdentity.iam()
   */
  readonly identity?: ClientIdentity;

  /**
   * The image: Kafbat UI. Name it by its digest to run nothing but what you have looked at.
   *
   * @default - `ghcr.io/kafbat/kafka-ui:v1.3.0`
   * @see https://github.com/kafbat/kafka-ui
   */
  readonly image?: ecs.ContainerImage;
}

/**
 * A browser for topics and their records: Kafbat UI on Fargate, which may only read unless told otherwise, and which nobody
 * reaches but by a session into its task.
 */
@injectable
export class TopicBrowser extends Construct implements iam.IGrantable, ec2.IConnectable {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.TopicBrowser';

  /** The service. */
  public readonly service: ecs.FargateService;

  /** What a task is made of. */
  public readonly taskDefinition: ecs.FargateTaskDefinition;

  /** The ECS cluster. */
  public readonly ecsCluster: ecs.ICluster;

  /** The role of the browser. */
  public readonly role: iam.IRole;

  /** Its log. */
  public readonly logGroup: logs.LogGroup;

  /** The load balancer, where people get in by one. */
  public readonly loadBalancer?: elbv2.ApplicationLoadBalancer;

  public readonly connections: ec2.Connections;
  public readonly grantPrincipal: iam.IPrincipal;

  constructor(scope: Construct, id: string, props: TopicBrowserProps) {
    super(scope, id);
    const { cluster, identity, writable = false } = props;
    const accepted = acceptIdentity(this, cluster, identity);
    const { mechanism, secret } = accepted;
    const access = props.access ?? TopicBrowserAccess.portForwarding();
    if (mechanism === AuthenticationMechanism.MUTUAL_TLS) {
      throw validationError(
        'TopicBrowserIdentity',
        'the browser takes a certificate from a file alone, which the task does not have: give it another identity',
        this,
      );
    }
    if (props.topics.length === 0) {
      throw validationError('TopicBrowserTopics', 'there is nothing to look at: name `topics`', this);
    }

    const client = fargateClient(this, {
      ...props,
      cpu: props.cpu ?? 512,
      memoryLimitMiB: props.memoryLimitMiB ?? 2 * (props.cpu ?? 512),
      cluster,
      port: accepted.port,
      image: props.image ?? ecs.ContainerImage.fromRegistry('ghcr.io/kafbat/kafka-ui:v1.3.0'),
      environment: {
        DYNAMIC_CONFIG_ENABLED: 'false',
        KAFKA_CLUSTERS_0_NAME: cluster.clusterName,
        KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS: cluster.bootstrapBrokers.forIdentity(identity),
        KAFKA_CLUSTERS_0_READONLY: String(!writable),
        ...settings(mechanism),
      },
      secrets: secret
        ? { BROWSER_USERNAME: { secret, field: 'username' }, BROWSER_PASSWORD: { secret, field: 'password' } }
        : {},
      tasks: 1,
      execute: access._sessions,
      grants: mechanism === AuthenticationMechanism.IAM ? (grantee) => browserGrants(grantee, props) : undefined,
      after: [],
    });
    client.container.addPortMappings({ containerPort: PORT });
    this.loadBalancer = access._bind(this, { service: client.service, vpc: client.ecsCluster.vpc, port: PORT });

    this.service = client.service;
    this.taskDefinition = client.taskDefinition;
    this.ecsCluster = client.ecsCluster;
    this.role = client.role;
    this.logGroup = client.logGroup;
    this.connections = client.connections;
    this.grantPrincipal = client.role.grantPrincipal;
  }
}

const PORT = 8080;

/** Names of properties as the browser reads them from its environment; it fills in `${NAME}` by itself. */
function settings(mechanism: AuthenticationMechanism): Record<string, string> {
  const properties: Record<string, string> = {
    ...javaSecurity(mechanism),
    ...(mechanism === AuthenticationMechanism.SCRAM && {
      'sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required ' +
        'username="${BROWSER_USERNAME}" password="${BROWSER_PASSWORD}";',
    }),
  };
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      `KAFKA_CLUSTERS_0_PROPERTIES_${name.replaceAll('.', '_').toUpperCase()}`,
      value,
    ]),
  );
}

function browserGrants(grantee: iam.IGrantable, props: TopicBrowserProps): iam.Grant[] {
  const { cluster, topics, consumerGroups = [], writable = false } = props;
  const actions = (...names: string[]) => names.map((name) => `kafka-cluster:${name}`);
  const arns = (type: 'topic' | 'group', patterns: ResourcePattern[]) =>
    patterns.map(({ arnSuffix }) => arnInCluster(cluster.clusterArn, type, arnSuffix));
  const settingsOfBrokers = cluster.kind === ClusterKind.SERVERLESS ? [] : ['DescribeClusterDynamicConfiguration'];
  return [
    allow(
      grantee,
      actions('Connect', 'DescribeCluster', ...settingsOfBrokers, ...(writable ? ['WriteDataIdempotently'] : [])),
      [cluster.clusterArn],
    ),
    allow(
      grantee,
      actions(
        'DescribeTopic',
        'DescribeTopicDynamicConfiguration',
        'ReadData',
        ...(writable
          ? ['AlterTopic', 'AlterTopicDynamicConfiguration', 'CreateTopic', 'DeleteTopic', 'WriteData']
          : []),
      ),
      arns('topic', topics),
    ),
    ...(consumerGroups.length
      ? [
          allow(
            grantee,
            actions('DescribeGroup', ...(writable ? ['AlterGroup', 'DeleteGroup'] : [])),
            arns('group', consumerGroups),
          ),
        ]
      : []),
  ];
}
