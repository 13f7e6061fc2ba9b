import { Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { AuthenticationMechanism, ClientProperties, ClusterKind } from '../cluster';
import type { ClientIdentity, IMskCluster, ResourcePattern } from '../cluster';
import { acceptIdentity } from '../cluster/client-identity';
import { allow } from '../connect/service-role';
import { arnInCluster } from '../private/arn';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { fargateClient } from './fargate-client';
import type { FargateOptions } from './fargate-options';
import { KAFKA_TOOLS, mavenPath } from './kafka-tools';
import { INTERNAL_TOPICS, SOURCE, WORKER_GROUP, mirrorMakerProperties } from './mirror-maker-properties';
import type { MirrorSource } from './mirror-source';

/** Properties of a move from a self-run Kafka. */
export interface MirrorMakerProps extends FargateOptions {
  /** The Kafka to move from. */
  readonly source: MirrorSource;

  /** The cluster to move to. */
  readonly cluster: IMskCluster;

  /** Topics to move, by their names in the source. What is in the source already is moved too. */
  readonly topics: ResourcePattern[];

  /**
   * Consumer groups whose place is moved too, so that their consumers go on where they have been, once they have left the
   * source.
   *
   * @default - none
   */
  readonly consumerGroups?: ResourcePattern[];

  /**
   * Whether topics get the name `source.NAME`. With the same name on both sides, consumers and producers move without
   * another change.
   *
   * @default false
   */
  readonly prefixTopics?: boolean;

  /**
   * Whether settings of topics follow those of the source.
   *
   * @default - true, but for express and serverless clusters, which take some of Kafka's settings only
   */
  readonly syncTopicSettings?: boolean;

  /**
   * Who MirrorMaker is to the cluster.
   *
   * @default ClientIdentity.iam()
   */
  readonly identity?: ClientIdentity;

  /**
   * How many threads share the partitions.
   *
   * @default 4
   */
  readonly tasks?: number;

  /**
   * The image: with Kafka in `/opt/kafka`, `sh`, and `wget` unless `installIamAuth` is off.
   *
   * @default - `apache/kafka` of Docker Hub
   */
  readonly image?: ecs.ContainerImage;

  /**
   * Whether the task fetches `aws-msk-iam-auth` when it starts, and checks it against the hash that was known when this
   * package was made. Turn it off for an image that has it on the class path.
   *
   * @default - true with IAM
   */
  readonly installIamAuth?: boolean;

  /**
   * Where `aws-msk-iam-auth` comes from: a repository of Maven's layout.
   *
   * @default - Maven Central
   */
  readonly mavenRepository?: string;
}

/**
 * MirrorMaker 2 on Fargate: copies topics of a self-run Kafka into a cluster, with their settings and the places of their
 * consumer groups, until all clients have moved.
 *
 * It only reads the source. In the cluster it may make and write the topics named, and its own. One task does it: two would
 * not share the work.
 *
 * @see https://kafka.apache.org/documentation/#georeplication
 */
@injectable
export class MirrorMaker extends Construct implements iam.IGrantable, ec2.IConnectable {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.MirrorMaker';

  /** The service. */
  public readonly service: ecs.FargateService;

  /** What a task is made of. */
  public readonly taskDefinition: ecs.FargateTaskDefinition;

  /** The ECS cluster. */
  public readonly ecsCluster: ecs.ICluster;

  /** The role of MirrorMaker. */
  public readonly role: iam.IRole;

  /** Its log. */
  public readonly logGroup: logs.LogGroup;

  public readonly connections: ec2.Connections;
  public readonly grantPrincipal: iam.IPrincipal;

  constructor(scope: Construct, id: string, props: MirrorMakerProps) {
    super(scope, id);
    const { cluster, source, identity, topics } = props;
    if (topics.length === 0) {
      throw validationError('MirrorTopicsMissing', 'there is nothing to move: name `topics`', this);
    }
    if (!Token.isUnresolved(props.tasks) && !(Number.isInteger(props.tasks ?? 4) && (props.tasks ?? 4) >= 1)) {
      throw validationError('MirrorTasks', `\`tasks\` must be a whole number from 1, got ${props.tasks}`, this);
    }
    const accepted = acceptIdentity(this, cluster, identity);
    const target = ClientProperties.fromCluster(cluster, { identity });
    const prefixed = props.prefixTopics ?? false;
    const consumerGroups = props.consumerGroups ?? [];
    const sure = cluster.kind === undefined || cluster.kind === ClusterKind.STANDARD;
    const syncTopicSettings = props.syncTopicSettings ?? sure;
    const install = props.installIamAuth ?? accepted.mechanism === AuthenticationMechanism.IAM;
    const secrets = {
      ...(source.secret && {
        SOURCE_USERNAME: { secret: source.secret, field: 'username' },
        SOURCE_PASSWORD: { secret: source.secret, field: 'password' },
      }),
      ...Object.fromEntries(
        Object.entries(target.secretFields).map(([name, field]) => [name, { secret: target.secret!, field }]),
      ),
    };

    const client = fargateClient(this, {
      ...props,
      cpu: props.cpu ?? 1024,
      cluster,
      port: accepted.port,
      image: props.image ?? ecs.ContainerImage.fromRegistry(KAFKA_IMAGE),
      entryPoint: ['sh', '-c'],
      command: [startScript(install ? (props.mavenRepository ?? 'https://repo1.maven.org/maven2') : undefined)],
      environment: {
        MIRROR_MAKER_PROPERTIES: mirrorMakerProperties({
          source,
          target,
          topics,
          consumerGroups,
          prefixed,
          syncTopicSettings,
          tasks: props.tasks ?? 4,
        }),
      },
      secrets,
      tasks: 1,
      single: true,
      grants:
        accepted.mechanism === AuthenticationMechanism.IAM
          ? (grantee) =>
              mirrorGrants(grantee, cluster.clusterArn, {
                topics: topics.map(({ arnSuffix }) => (prefixed ? `${SOURCE}.${arnSuffix}` : arnSuffix)),
                groups: consumerGroups.map(({ arnSuffix }) => arnSuffix),
                settings: syncTopicSettings,
              })
          : undefined,
      after: [],
    });
    for (const port of source._ports().filter((each) => each !== 443)) {
      client.connections.allowTo(ec2.Peer.anyIpv4(), ec2.Port.tcp(port), 'the Kafka to move from');
    }

    this.service = client.service;
    this.taskDefinition = client.taskDefinition;
    this.ecsCluster = client.ecsCluster;
    this.role = client.role;
    this.logGroup = client.logGroup;
    this.connections = client.connections;
    this.grantPrincipal = client.role.grantPrincipal;
  }
}

const KAFKA_IMAGE = 'apache/kafka:4.1.1';

/** The image has Kafka and no IAM; nothing that is not what it was may run. */
function startScript(repository: string | undefined): string {
  const [[coordinates, hash]] = Object.entries(KAFKA_TOOLS).filter(([name]) => name.includes('aws-msk-iam-auth'));
  return [
    'set -eu',
    'folder=$(mktemp -d)',
    ...(repository === undefined
      ? []
      : [
          `wget -q -O "$folder/iam.jar" "${repository}/${mavenPath(coordinates)}"`,
          `echo "${hash}  $folder/iam.jar" | sha256sum -c`,
          'export CLASSPATH="$folder/iam.jar"',
        ]),
    'printenv MIRROR_MAKER_PROPERTIES > "$folder/mirror-maker.properties"',
    'exec /opt/kafka/bin/connect-mirror-maker.sh "$folder/mirror-maker.properties"',
  ].join('\n');
}

/** Each action was found by taking it away from a MirrorMaker that runs. */
function mirrorGrants(
  grantee: iam.IGrantable,
  clusterArn: string,
  { topics, groups, settings }: { topics: string[]; groups: string[]; settings: boolean },
): iam.Grant[] {
  const topicArns = (names: string[]) => names.map((name) => arnInCluster(clusterArn, 'topic', name));
  const actions = (...names: string[]) => names.map((name) => `kafka-cluster:${name}`);
  const { checkpoints, ...own } = INTERNAL_TOPICS;
  const internal = Object.values(groups.length ? { ...own, checkpoints } : own);
  return [
    allow(grantee, actions('Connect', 'WriteDataIdempotently'), [clusterArn]),
    allow(
      grantee,
      actions('CreateTopic', 'DescribeTopic', 'DescribeTopicDynamicConfiguration', 'ReadData', 'WriteData'),
      topicArns(internal),
    ),
    allow(
      grantee,
      actions(
        'AlterTopic',
        ...(settings ? ['AlterTopicDynamicConfiguration'] : []),
        'CreateTopic',
        'DescribeTopic',
        'WriteData',
      ),
      topicArns(topics),
    ),
    allow(grantee, actions('AlterGroup', 'DescribeGroup'), [
      ...[WORKER_GROUP, ...groups].map((group) => arnInCluster(clusterArn, 'group', group)),
    ]),
  ];
}
