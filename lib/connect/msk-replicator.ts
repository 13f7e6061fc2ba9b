import { Resource, Stack, Validations } from 'aws-cdk-lib';
import type { IResource } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as msk from 'aws-cdk-lib/aws-msk';
import type { Construct, IDependable } from 'constructs';
import { AuthenticationMechanism, ClusterKind, MskCluster } from '../cluster';
import type { IMskCluster } from '../cluster';
import { LISTENERS, VPC_CONNECTION_SCHEMES } from '../cluster/client-identity';
import { factsOf, resourcesOf } from '../cluster/cluster';
import { checkAtSynth } from '../private/checks';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { isDifferent } from '../private/same-place';
import { clientGroups, openWay, requireKnown, requireSecurityGroups } from './client-network';
import { contentName, warnFixedName } from './content-name';
import { bindLogs } from './delivery-logs';
import type { DeliveryLogs } from './delivery-logs';
import { ReplicationPattern } from './replication-pattern';
import { grantReplication } from './replicator-rights';
import { serviceRole, warnRefused } from './service-role';

/** Where a replicator begins in topics that it has not replicated before. */
export enum ReplicationStartingPosition {
  /** With the oldest record that is there. */
  EARLIEST = 'EARLIEST',

  /** With records that arrive from now on. */
  LATEST = 'LATEST',
}

/** What topics are called in the target. */
export enum ReplicatedTopicNaming {
  /** As in the source, with an alias of the source cluster and a dot in front. */
  PREFIXED = 'PREFIXED_WITH_SOURCE_CLUSTER_ALIAS',

  /** As in the source. Replicators mark their records, so two of them in opposite directions make no loop. */
  IDENTICAL = 'IDENTICAL',
}

/** How records are compressed on the way to the target. */
export enum ReplicationCompression {
  /** Not at all. */
  NONE = 'NONE',

  /** With gzip. */
  GZIP = 'GZIP',

  /** With Snappy. */
  SNAPPY = 'SNAPPY',

  /** With LZ4. */
  LZ4 = 'LZ4',

  /** With Zstandard. */
  ZSTD = 'ZSTD',
}

/** When the offsets of consumer groups are carried over. */
export enum ReplicatedOffsets {
  /** Never. */
  OFF = 'OFF',

  /** As long as producers write to the source. */
  LEGACY = 'LEGACY',

  /**
   * Wherever producers write. It presumes a second replicator in the opposite direction, and topics that are called the
   * same.
   */
  ENHANCED = 'ENHANCED',
}

/** A replicator, created here or elsewhere. */
export interface IMskReplicator extends IResource {
  /**
   * The ARN of the replicator.
   *
   * @attribute
   */
  readonly replicatorArn: string;
}

/**
 * Properties of a replicator. Topics, groups and logs change in place; for the others the docs of the property say that
 * another value replaces the replicator. A replaced one begins again at the starting position.
 */
export interface MskReplicatorProps {
  /** The cluster to copy from. It offers IAM. Another one replaces the replicator. */
  readonly source: IMskCluster;

  /**
   * The cluster to copy to, of the same account. It offers IAM, and the replicator belongs into its Region. Another one
   * replaces the replicator.
   */
  readonly target: IMskCluster;

  /** Which topics to copy: 1 to 100 patterns. A replicator copies up to 750 topics. */
  readonly topics: ReplicationPattern[];

  /**
   * Which of them to leave out: 1 to 100 patterns.
   *
   * @default - none
   */
  readonly excludedTopics?: ReplicationPattern[];

  /**
   * What topics are called in the target. Another value replaces the replicator.
   *
   * @default ReplicatedTopicNaming.PREFIXED
   */
  readonly topicNaming?: ReplicatedTopicNaming;

  /**
   * Where to begin. Another value replaces the replicator.
   *
   * @default ReplicationStartingPosition.EARLIEST
   */
  readonly startingPosition?: ReplicationStartingPosition;

  /**
   * How records are compressed on the way. Another value replaces the replicator.
   *
   * @default ReplicationCompression.NONE
   */
  readonly compression?: ReplicationCompression;

  /**
   * Whether the target's topics get the settings of the source's.
   *
   * @default true
   */
  readonly copyTopicConfigurations?: boolean;

  /**
   * Whether the target's topics get the access control lists of the source's. They bind clients that come in by SCRAM or
   * mutual TLS, and let the replicator alter the target cluster.
   *
   * @default false
   */
  readonly copyAccessControlLists?: boolean;

  /**
   * Whether topics and partitions that are added later are copied too.
   *
   * @default true
   */
  readonly detectNewTopics?: boolean;

  /**
   * The offsets of which consumer groups are carried over: up to 100 patterns.
   *
   * @default - all
   */
  readonly consumerGroups?: ReplicationPattern[];

  /**
   * Which of them to leave out: 1 to 100 patterns.
   *
   * @default - none
   */
  readonly excludedConsumerGroups?: ReplicationPattern[];

  /**
   * When offsets are carried over. Another value replaces the replicator.
   *
   * @default ReplicatedOffsets.LEGACY
   */
  readonly offsets?: ReplicatedOffsets;

  /**
   * One to 16 security groups for the network interfaces beside the source. Other ones replace the replicator.
   *
   * @default - one of its own; if the source is in another Region, the groups of the source
   */
  readonly sourceSecurityGroups?: ec2.ISecurityGroup[];

  /**
   * One to 16 security groups for the network interfaces beside the target. Other ones replace the replicator.
   *
   * @default - one of its own; if the target is in another Region, the groups of the target
   */
  readonly targetSecurityGroups?: ec2.ISecurityGroup[];

  /**
   * Where the replicator logs. An empty list for nowhere.
   *
   * @default - [DeliveryLogs.toLogGroup()]
   */
  readonly logs?: DeliveryLogs[];

  /**
   * The role that the replicator works with. `kafka.amazonaws.com` must be let to take it. Another one replaces the
   * replicator.
   *
   * @default - a role of its own
   */
  readonly role?: iam.IRole;

  /**
   * The name: 1 to 128 letters, digits and hyphens, a hyphen not first. With a name of your own, whatever replaces the
   * replicator fails until the name changes too.
   *
   * @default - a unique name from the path of the construct and all that can not be changed in place: the new replicator
   * is made before the old one is deleted
   */
  readonly replicatorName?: string;

  /**
   * What it does, up to 1024 characters. Another text replaces the replicator.
   *
   * @default - none
   */
  readonly description?: string;
}

/**
 * Copies topics from one cluster to another, in the same Region or another one.
 *
 * @resource AWS::MSK::Replicator
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-replicator.html
 */
@injectable
export class MskReplicator extends Resource implements IMskReplicator {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.MskReplicator';

  /** A replicator that is there already, by its ARN. */
  public static fromReplicatorArn(scope: Construct, id: string, replicatorArn: string): IMskReplicator {
    return new ImportedReplicator(scope, id, replicatorArn);
  }

  public readonly replicatorArn: string;

  /**
   * The name of the replicator.
   *
   * @attribute
   */
  public readonly replicatorName: string;

  /** The role that the replicator works with. */
  public readonly role: iam.IRole;

  constructor(scope: Construct, id: string, props: MskReplicatorProps) {
    super(scope, id);
    const { source, target } = props;
    requireIam(this, source);
    requireIam(this, target);
    if (props.replicatorName !== undefined) {
      warnFixedName(this, 'replicatorName', 'clusters, network, role, naming, starting position or compression');
    }
    const naming = props.topicNaming ?? ReplicatedTopicNaming.PREFIXED;
    const offsets =
      props.consumerGroups?.length === 0 ? ReplicatedOffsets.OFF : (props.offsets ?? ReplicatedOffsets.LEGACY);
    const groups = offsets === ReplicatedOffsets.OFF ? [] : (props.consumerGroups ?? [ReplicationPattern.all()]);
    const sides = [
      side(this, 'Source', source, props.sourceSecurityGroups),
      side(this, 'Target', target, props.targetSecurityGroups),
    ];

    const worker = serviceRole(this, props.role, 'kafka.amazonaws.com');
    const grant = grantReplication(worker.grantee, {
      source,
      target,
      topics: props.topics,
      groups,
      renamed: naming === ReplicatedTopicNaming.PREFIXED,
      copyConfigurations: props.copyTopicConfigurations ?? true,
      copyAccessControlLists: props.copyAccessControlLists ?? false,
    });
    warnRefused(this, worker);
    const logs = bindLogs(this, props.logs, { kind: 'msk-replicator' });

    const createOnly = {
      description: props.description,
      kafkaClusters: sides.map(({ property }) => property),
      serviceExecutionRoleArn: worker.role.roleArn,
      clusters: { sourceKafkaClusterArn: source.clusterArn, targetKafkaClusterArn: target.clusterArn },
      targetCompressionType: props.compression ?? ReplicationCompression.NONE,
      topicNameConfiguration: { type: naming },
      startingPosition: { type: props.startingPosition ?? ReplicationStartingPosition.EARLIEST },
      consumerGroupOffsetSyncMode: offsets === ReplicatedOffsets.OFF ? undefined : offsets,
    };
    this.replicatorName =
      props.replicatorName ??
      contentName(this, 128, () => ({
        ...createOnly,
        // ARNs are references, which stay the same when what they refer to is replaced: the names do not.
        names: [source.clusterName, target.clusterName],
      }));
    const resource = new msk.CfnReplicator(this, 'Resource', {
      replicatorName: this.replicatorName,
      description: createOnly.description,
      kafkaClusters: createOnly.kafkaClusters,
      serviceExecutionRoleArn: createOnly.serviceExecutionRoleArn,
      replicationInfoList: [
        {
          ...createOnly.clusters,
          targetCompressionType: createOnly.targetCompressionType,
          topicReplication: {
            topicsToReplicate: expressions(props.topics),
            topicsToExclude: props.excludedTopics && expressions(props.excludedTopics),
            topicNameConfiguration: createOnly.topicNameConfiguration,
            startingPosition: createOnly.startingPosition,
            copyTopicConfigurations: props.copyTopicConfigurations ?? true,
            copyAccessControlListsForTopics: props.copyAccessControlLists ?? false,
            detectAndCopyNewTopics: props.detectNewTopics ?? true,
          },
          consumerGroupReplication: {
            consumerGroupsToReplicate: expressions(groups),
            consumerGroupsToExclude: props.excludedConsumerGroups && expressions(props.excludedConsumerGroups),
            synchroniseConsumerGroupOffsets: offsets !== ReplicatedOffsets.OFF,
            detectAndCopyNewConsumerGroups: offsets !== ReplicatedOffsets.OFF,
            consumerGroupOffsetSyncMode: createOnly.consumerGroupOffsetSyncMode,
          },
        },
      ],
      logDelivery: logs.destinations && { replicatorLogDelivery: logs.destinations },
    });
    grant.applyBefore(resource);
    resource.node.addDependency(source.ready, target.ready, ...sides.flatMap(({ rules }) => rules), ...logs.before);

    this.replicatorArn = resource.attrReplicatorArn;
    this.role = worker.role;
    warnRegion(this, target);
    resource.node.addDependency(...admitFromOtherRegion(this, source, target));
    const link = (path: string, [cluster]: ReturnType<typeof resourcesOf>) => (cluster ? { [path]: cluster } : {});
    const links = {
      ...link('ReplicationInfoList.0.SourceKafkaClusterArn', resourcesOf(source)),
      ...link('ReplicationInfoList.0.TargetKafkaClusterArn', resourcesOf(target)),
    };
    checkAtSynth(this, [{ resource, links }], () => [...new Set([source, target])].flatMap(factsOf));
  }
}

class ImportedReplicator extends Resource implements IMskReplicator {
  constructor(
    scope: Construct,
    id: string,
    public readonly replicatorArn: string,
  ) {
    super(scope, id, { environmentFromArn: replicatorArn });
  }
}

/** One side of a replicator: where it has its network interfaces, and the rules that let them through. */
interface Side {
  readonly property: msk.CfnReplicator.KafkaClusterProperty;
  readonly rules: IDependable[];
}

/** @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-replicator-prepare-clusters.html */
function side(scope: Construct, id: string, cluster: IMskCluster, given: ec2.ISecurityGroup[] | undefined): Side {
  const subnets = requireKnown(scope, cluster, 'subnets', cluster.subnets);
  // No group of this Region can stand in another one; there the service connects through a link of its own.
  const far = isDifferent(cluster.env.region, Stack.of(scope).region);
  const groups =
    far && given === undefined
      ? requireSecurityGroups(scope, cluster)
      : clientGroups(scope, `${id}SecurityGroup`, () => requireKnown(scope, cluster, 'vpc', cluster.vpc), given);
  return {
    property: {
      amazonMskCluster: { mskClusterArn: cluster.clusterArn },
      vpcConfig: {
        subnetIds: subnets.map(({ subnetId }) => subnetId),
        securityGroupIds: groups.map(({ securityGroupId }) => securityGroupId),
      },
    },
    rules: far ? [] : openWay(scope, groups, cluster, LISTENERS[AuthenticationMechanism.IAM].port),
  };
}

function requireIam(scope: Construct, cluster: IMskCluster): void {
  const offered = cluster.authentication?.map(({ mechanism }) => mechanism);
  if (offered && !offered.includes(AuthenticationMechanism.IAM)) {
    throw validationError(
      'MSK-REPLICATOR-CLUSTERS',
      `a replicator is let in by IAM only, and the cluster '${cluster.node.path}' offers ${offered.join(', ')}: ` +
        'add ClientAuthentication.iam() to its `authentication`',
      scope,
    );
  }
}

function warnRegion(scope: Construct, target: IMskCluster): void {
  const { region } = Stack.of(scope);
  if (isDifferent(region, target.env.region)) {
    Validations.of(scope).addWarning(
      'cdk-msk-macie:MSK-REPLICATOR-REGION',
      `a replicator belongs into the Region of its target, ${target.env.region}, and this stack is in ${region}: ` +
        'move it to a stack of that Region',
    );
  }
}

/**
 * The source lets a replicator of another Region in by its policy, and by multi-VPC connectivity where it has any. Says
 * what of it can not be done from here.
 *
 * @returns what has to be there before the replicator is
 */
function admitFromOtherRegion(scope: Construct, source: IMskCluster, target: IMskCluster): IDependable[] {
  if (!isDifferent(source.env.region, target.env.region)) {
    return [];
  }
  const statement = new iam.PolicyStatement({
    principals: [new iam.ServicePrincipal('kafka.amazonaws.com')],
    actions: ['kafka:CreateVpcConnection', 'kafka:GetBootstrapBrokers', 'kafka:DescribeClusterV2'],
    resources: [source.clusterArn],
  });
  const { statementAdded, policyDependable } = source.addToResourcePolicy(statement);
  const missing = [
    ...(source.kind === ClusterKind.SERVERLESS || connectsByIam(source)
      ? []
      : ['turn on multi-VPC connectivity with IAM for it']),
    ...(statementAdded
      ? []
      : [
          `add to its cluster policy: ${JSON.stringify(Stack.of(scope).resolve(statement.toStatementJson() as unknown))}`,
        ]),
  ];
  if (missing.length > 0) {
    Validations.of(scope).addWarning(
      'cdk-msk-macie:MSK-REPLICATOR-CROSS-REGION',
      `the source '${source.node.path}' is in another Region than the target, and the replicator fails unless it is let in: ` +
        missing.join(', and '),
    );
  }
  return policyDependable ? [policyDependable] : [];
}

function connectsByIam(cluster: IMskCluster): boolean {
  const scheme = VPC_CONNECTION_SCHEMES[AuthenticationMechanism.IAM];
  return cluster instanceof MskCluster && cluster._lateSettings()?.VpcConnectivity?.includes(scheme!) === true;
}

function expressions(patterns: ReplicationPattern[]): string[] {
  return patterns.map(({ expression }) => expression);
}
