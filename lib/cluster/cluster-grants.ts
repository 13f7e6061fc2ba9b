import * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { arnInCluster } from '../private/arn';
import type { ClusterResource } from '../private/arn';
import { validationError } from '../private/errors';
import {
  ADMINISTER,
  CONNECT_VPC,
  CONSUME,
  DESCRIBE,
  PRODUCE,
  STREAMS_GROUP,
  STREAMS_INTERNAL_TOPICS,
  TRANSACT,
} from '../private/kafka-actions';
import { foreignPrincipal, isForeign } from '../private/foreign-principal';
import { OwnPolicyPrincipal, warnNotAdded, warnPolicyNotChanged } from '../private/own-policy';
import { AuthenticationMechanism } from './client-authentication';
import type { IMskCluster } from './cluster';
import { ResourcePattern } from './resource-pattern';

/**
 * IAM permissions on topics and consumer groups of a cluster. They touch IAM only: the network is opened from the
 * client's side, `client.connections.allowToDefaultPort(cluster)`.
 *
 * The statements go into one policy per grantee and cluster, in the grantee's stack. For a grantee of another account they
 * go into the policy of the cluster too; what can not be written from here is said in a warning, in full.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/iam-access-control.html
 */
export class ClusterGrants {
  /** Permissions on a cluster, created here or elsewhere. */
  public static fromCluster(cluster: IMskCluster): ClusterGrants {
    return new ClusterGrants(cluster, () => cluster.clusterArn, cluster);
  }

  /**
   * Permissions on a cluster of which only the ARN is at hand.
   *
   * @param scope where a warning about a grant that can not land belongs
   */
  public static fromClusterArn(scope: IConstruct, clusterArn: string): ClusterGrants {
    return new ClusterGrants(scope, () => clusterArn);
  }

  private constructor(
    private readonly scope: IConstruct,
    private readonly clusterArn: () => string,
    private readonly cluster?: IMskCluster,
  ) {}

  /** Lets the grantee write to topics. */
  public produce(grantee: iam.IGrantable, topic: ResourcePattern): iam.Grant {
    return this.grant(grantee, [
      { actions: PRODUCE.cluster },
      { type: 'topic', pattern: topic, actions: PRODUCE.topic },
    ]);
  }

  /** Lets the grantee read topics as a member of consumer groups. */
  public consume(grantee: iam.IGrantable, topic: ResourcePattern, consumerGroup: ResourcePattern): iam.Grant {
    return this.grant(grantee, [
      { actions: CONSUME.cluster },
      { type: 'topic', pattern: topic, actions: CONSUME.topic },
      { type: 'group', pattern: consumerGroup, actions: CONSUME.group },
    ]);
  }

  /**
   * Lets the grantee read partitions that it names, and keep its place somewhere else than in a consumer group.
   *
   * @internal
   */
  public _consumeWithoutGroup(grantee: iam.IGrantable, topic: ResourcePattern): iam.Grant {
    return this.grant(grantee, [
      { actions: CONSUME.cluster },
      { type: 'topic', pattern: topic, actions: CONSUME.topic },
    ]);
  }

  /**
   * Lets the grantee write to topics in transactions: all records of one, on all topics, or none.
   *
   * @param transactionalId the `transactional.id` of the producer
   */
  public produceInTransactions(
    grantee: iam.IGrantable,
    topic: ResourcePattern,
    transactionalId: ResourcePattern,
  ): iam.Grant {
    return this.grant(grantee, [
      { actions: PRODUCE.cluster },
      { type: 'topic', pattern: topic, actions: PRODUCE.topic },
      { type: 'transactional-id', pattern: transactionalId, actions: TRANSACT.transactionalId },
    ]);
  }

  /** Lets the grantee see topics and their settings, and how far consumer groups are, but no records. */
  public describe(grantee: iam.IGrantable, topic: ResourcePattern, consumerGroup: ResourcePattern): iam.Grant {
    return this.grant(grantee, [
      { actions: DESCRIBE.cluster },
      { type: 'topic', pattern: topic, actions: DESCRIBE.topic },
      { type: 'group', pattern: consumerGroup, actions: DESCRIBE.group },
    ]);
  }

  /** Lets the grantee create, change and delete topics, with all their records. It may read and write none of them. */
  public administer(grantee: iam.IGrantable, topic: ResourcePattern): iam.Grant {
    return this.grant(grantee, [
      { actions: ADMINISTER.cluster },
      { type: 'topic', pattern: topic, actions: ADMINISTER.topic },
    ]);
  }

  /**
   * Lets the grantee run a Kafka Streams application: read its input as the group of that name, write its output, and
   * own the topics, groups and transactional ids that begin with its id. Express brokers do not support all of Kafka
   * Streams.
   *
   * @param applicationId the `application.id` of the application
   * @see https://kafka.apache.org/documentation/streams/developer-guide/security.html
   */
  public kafkaStreams(
    grantee: iam.IGrantable,
    applicationId: string,
    input: ResourcePattern[],
    output: ResourcePattern[],
  ): iam.Grant {
    const own = ResourcePattern.prefixed(`${applicationId}-`);
    return this.grant(grantee, [
      { actions: PRODUCE.cluster },
      ...input.map((pattern): Right => ({ type: 'topic', pattern, actions: CONSUME.topic })),
      ...output.map((pattern): Right => ({ type: 'topic', pattern, actions: PRODUCE.topic })),
      { type: 'topic', pattern: own, actions: STREAMS_INTERNAL_TOPICS },
      { type: 'group', pattern: ResourcePattern.literal(applicationId), actions: STREAMS_GROUP },
      { type: 'transactional-id', pattern: own, actions: TRANSACT.transactionalId },
    ]);
  }

  /**
   * Lets another account, or a service, connect its VPCs to the cluster: `new iam.AccountPrincipal('210987654321')`. The
   * cluster has multi-VPC connectivity, and clients are granted what they do there as everybody else.
   *
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/mvpc-cluster-owner-action-policy.html
   */
  public vpcConnections(principal: iam.IPrincipal): iam.AddToResourcePolicyResult {
    const statement = new iam.PolicyStatement({
      principals: [principal],
      actions: CONNECT_VPC,
      resources: [this.clusterArn()],
    });
    const result = this.cluster?.addToResourcePolicy(statement) ?? { statementAdded: false };
    if (!result.statementAdded) {
      warnPolicyNotChanged(this.scope, statement);
    }
    return result;
  }

  private grant(grantee: iam.IGrantable, rights: Right[]): iam.Grant {
    this.requireIam();
    const redirected = OwnPolicyPrincipal.redirect(grantee, `MskAccess${this.scope.node.addr.slice(-8)}`);
    const statements = rights.map(({ type, pattern, actions }) => ({
      actions,
      resources: [type && pattern ? arnInCluster(this.clusterArn(), type, pattern.arnSuffix) : this.clusterArn()],
    }));
    const grant = statements
      .map(({ actions, resources }) =>
        iam.Grant.addToPrincipal({ grantee: redirected, actions, resourceArns: resources }),
      )
      .reduce((all, each) => all.combine(each));
    // Who has redirected the grantee already sees what was refused and says so himself.
    if (!grant.success && !(grantee.grantPrincipal instanceof OwnPolicyPrincipal)) {
      warnNotAdded(
        this.scope,
        grantee,
        statements.map((statement) => new iam.PolicyStatement(statement)),
      );
    }
    return this.cluster && isForeign(grantee, this.cluster)
      ? this.admit(this.cluster, grantee, grant, statements)
      : grant;
  }

  /** Another account needs the policy of the cluster as well as its own. */
  private admit(cluster: IMskCluster, grantee: iam.IGrantable, grant: iam.Grant, statements: Statement[]): iam.Grant {
    const { principal, conditions } = foreignPrincipal(grantee, this.scope);
    for (const statement of statements) {
      const admission = new iam.PolicyStatement({ ...statement, principals: [principal], conditions });
      if (!cluster.addToResourcePolicy(admission).statementAdded) {
        warnPolicyNotChanged(cluster, admission);
      }
    }
    return grant;
  }

  private requireIam(): void {
    const offered = this.cluster?.authentication?.map(({ mechanism }) => mechanism);
    if (offered && !offered.includes(AuthenticationMechanism.IAM)) {
      throw validationError(
        'ClusterWithoutIam',
        `IAM permissions have no effect on the cluster '${this.scope.node.path}', which lets clients in by ${offered.join(', ')}: ` +
          'add ClientAuthentication.iam() to its `authentication`, or use Kafka ACLs',
        this.scope,
      );
    }
  }
}

interface Statement {
  readonly actions: string[];
  readonly resources: string[];
}

interface Right {
  /** The cluster itself where left out. */
  readonly type?: ClusterResource;
  readonly pattern?: ResourcePattern;
  readonly actions: string[];
}
