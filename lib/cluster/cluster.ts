import { CfnResource, Fn, RemovalPolicy, Resource, Token, Validations } from 'aws-cdk-lib';
import type { IResource, ResourceProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as msk from 'aws-cdk-lib/aws-msk';
import { DependencyGroup } from 'constructs';
import type { Construct, IDependable } from 'constructs';
import type { CheckedResource } from '../private/checks';
import { validationError } from '../private/errors';
import { isTokenList } from '../private/subnets';
import { BootstrapBrokers } from './bootstrap-brokers';
import { attributesOfCfnCluster, attributesOfCfnServerlessCluster } from './cfn-cluster';
import { ClientAuthentication } from './client-authentication';
import { acceptIdentity, LISTENERS } from './client-identity';
import type { ClientIdentity } from './client-identity';
import { ClusterGrants } from './cluster-grants';
import { ClusterKind } from './cluster-kind';
import { ClusterMetrics } from './cluster-metrics';
import { ClusterPolicy } from './cluster-policy';
import type { LateSettings } from './cluster-settings';
import type { KafkaVersion } from './kafka-version';
import { OperationChain } from './operation-chain';
import { PollerAccess } from './poller-access';

/**
 * An MSK cluster, of any kind, created here or elsewhere.
 *
 * What is undefined is unknown: whoever needs it says so in an error that names the attribute to give.
 */
export interface IMskCluster extends IResource, ec2.IConnectable {
  /**
   * The ARN of the cluster.
   *
   * @attribute
   */
  readonly clusterArn: string;

  /**
   * The name of the cluster.
   *
   * @attribute
   */
  readonly clusterName: string;

  /** The kind of the cluster. */
  readonly kind?: ClusterKind;

  /** The version of Kafka; a serverless cluster has none. */
  readonly kafkaVersion?: KafkaVersion;

  /** How clients are let in. */
  readonly authentication?: ClientAuthentication[];

  /** In how many Availability Zones its brokers are: the replication factor of its topics. */
  readonly zones?: number;

  /** How many brokers it has; a serverless cluster has none to count. */
  readonly numberOfBrokers?: number;

  /** The size of its brokers, as `AWS::MSK::Cluster` takes it for `InstanceType`. */
  readonly instanceType?: string;

  /** The VPC that its brokers are reached from. */
  readonly vpc?: ec2.IVpc;

  /** The subnets of its brokers, one for each Availability Zone. */
  readonly subnets?: ec2.ISubnet[];

  /** IAM permissions on topics and consumer groups of the cluster. */
  readonly grants: ClusterGrants;

  /** CloudWatch metrics of the cluster. */
  readonly metrics: ClusterMetrics;

  /** The broker strings that clients connect with. */
  readonly bootstrapBrokers: BootstrapBrokers;

  /**
   * The moment from which the cluster is ACTIVE and its settings are in place. Whatever asks the service for something
   * inside the cluster depends on it: `resource.node.addDependency(cluster.ready)`.
   */
  readonly ready: IDependable;

  /**
   * Lets the pollers of Lambda and EventBridge Pipes reach the brokers. They sit in the cluster's own subnets and carry
   * its security groups, so a group has to admit itself. Consumers call it; calling it again adds nothing.
   *
   * @param identity who the poller is to the cluster; by default IAM
   * @returns the rule, to depend on
   * @see https://docs.aws.amazon.com/lambda/latest/dg/with-msk-cluster-network.html
   */
  allowPollers(identity?: ClientIdentity): IDependable;

  /**
   * Adds a statement to the policy of the cluster: who of other accounts, and which services, may connect and do what.
   * There is one policy per cluster; all statements go into it. That of an imported cluster is not this app's.
   *
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/mvpc-cluster-owner-action-policy.html
   */
  addToResourcePolicy(statement: iam.PolicyStatement): iam.AddToResourcePolicyResult;
}

/** What is known of a cluster that was created elsewhere. Whatever is left out is unknown. */
export interface MskClusterAttributes {
  /** The ARN of the cluster. */
  readonly clusterArn: string;

  /**
   * The kind of the cluster.
   *
   * @default - unknown
   */
  readonly kind?: ClusterKind;

  /**
   * How it lets clients in.
   *
   * @default - IAM for a serverless cluster, else unknown
   */
  readonly authentication?: ClientAuthentication[];

  /**
   * Its version of Kafka.
   *
   * @default - unknown
   */
  readonly kafkaVersion?: KafkaVersion;

  /**
   * How many brokers it has.
   *
   * @default - unknown
   */
  readonly numberOfBrokers?: number;

  /**
   * The size of its brokers, for example `express.m7g.large`.
   *
   * @default - unknown
   */
  readonly instanceType?: string;

  /**
   * Its security groups. Consumers open them from their side.
   *
   * @default - unknown: the cluster has no connections, and consumers that need them are refused
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Its VPC.
   *
   * @default - unknown
   */
  readonly vpc?: ec2.IVpc;

  /**
   * The subnets of its brokers, one for each Availability Zone.
   *
   * @default - unknown
   */
  readonly subnets?: ec2.ISubnet[];

  /**
   * Whether this import adds the rule by which the cluster's security groups admit the pollers of Lambda and
   * EventBridge Pipes. A rule may exist once only: where another stack owns the cluster, call `cluster.allowPollers()`
   * there and say `false` here.
   *
   * @default - nothing is added, and a warning asks for the answer
   */
  readonly addPollerRule?: boolean;

  /**
   * The broker string of one listener, if it is known: `b-1…:9098,b-2…:9098`.
   *
   * @default - looked up when the stack is deployed
   */
  readonly bootstrapBrokers?: string;
}

/** What owned, imported and adapted clusters share; `MskCluster.from…` brings in clusters from elsewhere. */
export abstract class MskCluster extends Resource implements IMskCluster {
  /** A cluster by its ARN. Grants and broker strings work; what is unknown is said when it is needed. */
  public static fromClusterArn(scope: Construct, id: string, clusterArn: string): IMskCluster {
    return MskCluster.fromClusterAttributes(scope, id, { clusterArn });
  }

  /** A cluster by what is known of it: also the way in for clusters of `@aws-cdk/aws-msk-alpha`. */
  public static fromClusterAttributes(scope: Construct, id: string, attributes: MskClusterAttributes): IMskCluster {
    return new ImportedCluster(scope, id, attributes);
  }

  /** A provisioned cluster of this app that was written with the CloudFormation class. */
  public static fromCfnCluster(cluster: msk.CfnCluster): IMskCluster {
    return adapted(cluster, () => attributesOfCfnCluster(cluster));
  }

  /** A serverless cluster of this app that was written with the CloudFormation class. */
  public static fromCfnServerlessCluster(cluster: msk.CfnServerlessCluster): IMskCluster {
    return adapted(cluster, () => attributesOfCfnServerlessCluster(cluster));
  }

  public abstract readonly clusterArn: string;
  public abstract readonly clusterName: string;
  public abstract readonly connections: ec2.Connections;
  public abstract readonly ready: IDependable;
  public abstract readonly kind?: ClusterKind;
  public abstract readonly kafkaVersion?: KafkaVersion;
  public abstract readonly authentication?: ClientAuthentication[];
  public abstract readonly zones?: number;
  public abstract readonly numberOfBrokers?: number;
  public abstract readonly instanceType?: string;
  public abstract readonly vpc?: ec2.IVpc;
  public abstract readonly subnets?: ec2.ISubnet[];

  public readonly grants: ClusterGrants;
  public readonly metrics: ClusterMetrics;
  public readonly bootstrapBrokers: BootstrapBrokers;

  constructor(scope: Construct, id: string, props?: ResourceProps) {
    super(scope, id, props);
    this.grants = ClusterGrants.fromCluster(this);
    this.metrics = ClusterMetrics.fromCluster(this);
    this.bootstrapBrokers = BootstrapBrokers.fromCluster(this);
  }

  public allowPollers(identity?: ClientIdentity): IDependable {
    return PollerAccess.of(this, acceptIdentity(this, this, identity).port);
  }

  public addToResourcePolicy(statement: iam.PolicyStatement): iam.AddToResourcePolicyResult {
    const policy = ClusterPolicy.of(this);
    policy.add(statement);
    return { statementAdded: true, policyDependable: policy.resource };
  }

  /**
   * What makes the broker lookup run again: whatever changes which brokers and listeners there are.
   *
   * @internal
   */
  public _listenerFacts(): Record<string, unknown> {
    return { Authentication: this.authentication?.map(({ mechanism }) => mechanism) };
  }

  /**
   * A broker string that is known without asking the service.
   *
   * @internal
   */
  public _knownBootstrapBrokers(): string | undefined {
    return undefined;
  }

  /**
   * What is set of the cluster after its creation; undefined where nobody knows.
   *
   * @internal
   */
  public _lateSettings(): LateSettings | undefined {
    return undefined;
  }

  /**
   * What this app declares of the cluster, the cluster first: rules about other resources look at it.
   *
   * @internal
   */
  public _resources(): CfnResource[] {
    return [];
  }
}

/** What happens to a cluster of this app when it is removed, and so to what belongs to it; kept by default. */
export function removalPolicyOf(cluster: IMskCluster): RemovalPolicy {
  return (cluster as { removalPolicy?: RemovalPolicy }).removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
}

/** What rules about other resources have to know of a cluster, the cluster first; nothing for one from elsewhere. */
export function factsOf(cluster: IMskCluster): CheckedResource[] {
  return resourcesOf(cluster).map((resource) => ({ resource }));
}

/** What this app declares of a cluster, the cluster first; nothing for one from elsewhere. */
export function resourcesOf(cluster: IMskCluster): CfnResource[] {
  return cluster instanceof MskCluster ? cluster._resources() : [];
}

/** @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonmanagedstreamingforapachekafka.html */
function requireClusterArn(scope: Construct, arn: string): string {
  if (!Token.isUnresolved(arn) && !/^arn:[^:]+:kafka:[^:]*:[^:]*:cluster\/[^/]+\/[^/]+$/.test(arn)) {
    throw validationError(
      'ClusterArn',
      `the ARN of a cluster is arn:PARTITION:kafka:REGION:ACCOUNT:cluster/NAME/UUID, got '${arn}'`,
      scope,
    );
  }
  return arn;
}

class ImportedCluster extends MskCluster {
  public readonly clusterArn: string;
  public readonly clusterName: string;
  public readonly connections: ec2.Connections;
  public readonly ready: IDependable;
  public readonly kind?: ClusterKind;
  public readonly kafkaVersion?: KafkaVersion;
  public readonly authentication?: ClientAuthentication[];
  public readonly zones?: number;
  public readonly numberOfBrokers?: number;
  public readonly instanceType?: string;
  public readonly vpc?: ec2.IVpc;
  public readonly subnets?: ec2.ISubnet[];

  constructor(
    scope: Construct,
    id: string,
    private readonly attributes: MskClusterAttributes,
    private readonly resource?: CfnResource,
  ) {
    super(scope, id, resource ? {} : { environmentFromArn: attributes.clusterArn });
    this.clusterArn = requireClusterArn(this, attributes.clusterArn);
    this.clusterName = Fn.select(1, Fn.split('/', attributes.clusterArn));
    this.kind = attributes.kind;
    this.kafkaVersion = attributes.kafkaVersion;
    this.authentication =
      attributes.authentication ??
      (attributes.kind === ClusterKind.SERVERLESS ? [ClientAuthentication.iam()] : undefined);
    this.numberOfBrokers = attributes.numberOfBrokers;
    this.instanceType = attributes.instanceType;
    this.vpc = attributes.vpc;
    this.subnets = attributes.subnets;
    this.zones = attributes.subnets && !isTokenList(attributes.subnets) ? attributes.subnets.length : undefined;
    this.connections = importedConnections(this, attributes.securityGroups);
    // It is there already; what was adapted from this app is ready when its resource is.
    this.ready = new OperationChain(resource);
  }

  /** @internal */
  public override _listenerFacts(): Record<string, unknown> {
    return { ...super._listenerFacts(), Brokers: this.attributes.numberOfBrokers };
  }

  /** @internal */
  public override _resources(): CfnResource[] {
    return this.resource ? [this.resource] : [];
  }

  public override addToResourcePolicy(statement: iam.PolicyStatement): iam.AddToResourcePolicyResult {
    // What was adapted is of this app; the policy of any other cluster belongs to whoever owns it.
    return CfnResource.isCfnResource(this.node.scope)
      ? super.addToResourcePolicy(statement)
      : { statementAdded: false };
  }

  public override allowPollers(identity?: ClientIdentity): IDependable {
    if (this.attributes.addPollerRule === true) {
      return super.allowPollers(identity);
    }
    if (this.attributes.addPollerRule === undefined) {
      const { port } = acceptIdentity(this, this, identity);
      Validations.of(this).addWarning(
        'cdk-msk-macie:MSK-POLLER-ACCESS',
        `the pollers of Lambda and EventBridge Pipes carry the security groups of the cluster: one rule has to let each ` +
          `group reach itself on port ${port}; call \`cluster.allowPollers()\` in the stack that owns the cluster and ` +
          'import it with `addPollerRule: false`, or with `addPollerRule: true` to add the rule here',
      );
    }
    return new DependencyGroup();
  }

  /** @internal */
  public override _knownBootstrapBrokers(): string | undefined {
    return this.attributes.bootstrapBrokers;
  }
}

/**
 * The adapter of an L1 is made once, so that its lookup exists once. It stands beside the L1, not below it: what depends
 * on a construct waits for everything below it, and a topic must not wait for a broker lookup.
 */
function adapted(cluster: CfnResource, attributes: () => MskClusterAttributes): IMskCluster {
  const scope = cluster.node.scope!;
  const id = `${cluster.node.id}MskCluster`;
  const existing = scope.node.tryFindChild(id) as IMskCluster | undefined;
  return existing ?? new ImportedCluster(scope, id, attributes(), cluster);
}

/**
 * The connections of an import. Opening them without groups or port would do nothing, or fail without naming what to
 * give.
 */
function importedConnections(cluster: ImportedCluster, securityGroups: ec2.ISecurityGroup[] = []): ec2.Connections {
  const [authentication] = cluster.authentication ?? [];
  const connections = new ec2.Connections({
    securityGroups,
    defaultPort: authentication && ec2.Port.tcp(LISTENERS[authentication.mechanism].port),
  });
  const unknown = [...(securityGroups.length ? [] : ['securityGroups']), ...(authentication ? [] : ['authentication'])];
  if (unknown.length) {
    Object.defineProperty(connections, 'defaultPort', {
      enumerable: false, // Whoever copies or prints the connections asks for nothing.
      get: () => {
        throw validationError(
          'ClusterConnectionsUnknown',
          `the cluster '${cluster.node.path}' can not be connected to: give ${unknown.map((each) => `\`${each}\``).join(' and ')} ` +
            'to MskCluster.fromClusterAttributes()',
          cluster,
        );
      },
    });
  }
  return connections;
}
