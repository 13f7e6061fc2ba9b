import { Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Construct, DependencyGroup } from 'constructs';
import type { IDependable } from 'constructs';
import { AuthenticationMechanism } from '../cluster';
import type { ClientIdentity } from '../cluster';
import { acceptIdentity } from '../cluster/client-identity';
import { openWay } from '../connect/client-network';
import { allow, serviceRole, warnRefused } from '../connect/service-role';
import { arnInCluster } from '../private/arn';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import type { IKafkaTopic } from '../topic';

/** Properties of a topic that Amazon Redshift reads. */
export interface RedshiftConsumerProps {
  /** The topic. */
  readonly topic: IKafkaTopic;

  /**
   * The security groups of the Redshift cluster or workgroup, which has to be in a VPC that reaches the brokers, with
   * enhanced VPC routing.
   */
  readonly warehouse: ec2.IConnectable;

  /**
   * The name of the external schema that stands for the cluster.
   *
   * @default kafka
   */
  readonly schemaName?: string;

  /** The name of the materialized view that takes the records. */
  readonly viewName: string;

  /**
   * Whether Redshift takes new records by itself.
   *
   * @default true
   */
  readonly autoRefresh?: boolean;

  /**
   * Who Redshift is to the cluster: its role by IAM, or nobody in particular.
   *
   * @default ClientIdentity.iam()
   */
  readonly identity?: ClientIdentity;

  /**
   * The role that Redshift takes. It has to be among the roles of the Redshift cluster or namespace.
   *
   * @default - a role of its own, to be added there
   */
  readonly role?: iam.IRole;
}

/**
 * What Amazon Redshift needs to read a topic into a materialized view: the role with its rights, the way to the brokers,
 * and the SQL, which somebody runs once in the database.
 *
 * @see https://docs.aws.amazon.com/redshift/latest/dg/materialized-view-streaming-ingestion-getting-started-MSK.html
 */
@injectable
export class RedshiftConsumer extends Construct implements iam.IGrantable {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.RedshiftConsumer';

  /** The role that Redshift takes. */
  public readonly role: iam.IRole;

  /** SQL that makes the external schema. It holds the addresses of the brokers, known when the stack is deployed. */
  public readonly schemaSql: string;

  /** SQL that makes the materialized view: JSON values as `SUPER`, and where each record is from. */
  public readonly viewSql: string;

  /** The moment from which Redshift can read: whatever runs the SQL depends on it. */
  public readonly ready: IDependable;

  public readonly grantPrincipal: iam.IPrincipal;

  constructor(scope: Construct, id: string, props: RedshiftConsumerProps) {
    super(scope, id);
    const { topic, schemaName = 'kafka', viewName } = props;
    const { cluster } = topic;
    const { mechanism, port } = acceptIdentity(this, cluster, props.identity);
    const authentication = authenticationOf(this, mechanism);
    requireIdentifier(this, 'schemaName', schemaName);
    requireIdentifier(this, 'viewName', viewName);
    const groups = props.warehouse.connections.securityGroups;
    if (groups.length === 0) {
      throw validationError('RedshiftNetwork', '`warehouse` has no security group, and the brokers let one in', this);
    }
    const source = serviceRole(this, props.role, 'redshift.amazonaws.com');
    if (authentication === 'iam') {
      grantRead(source.grantee, topic);
    }
    warnRefused(this, source);
    const way = openWay(this, groups, cluster, port);

    this.role = source.role;
    this.grantPrincipal = source.grantee.grantPrincipal;
    this.ready = new DependencyGroup(cluster.ready, topic.ready, ...way, ...source.policy);
    this.schemaSql =
      `CREATE EXTERNAL SCHEMA "${schemaName}" FROM KAFKA ` +
      (authentication === 'iam' ? `IAM_ROLE '${this.role.roleArn}' ` : '') +
      `AUTHENTICATION ${authentication} URI '${cluster.bootstrapBrokers.forIdentity(props.identity)}';`;
    this.viewSql =
      `CREATE MATERIALIZED VIEW "${viewName}" AUTO REFRESH ${(props.autoRefresh ?? true) ? 'YES' : 'NO'} AS ` +
      'SELECT kafka_partition, kafka_offset, kafka_timestamp_type, kafka_timestamp, kafka_key, ' +
      'JSON_PARSE(kafka_value) AS kafka_value, kafka_headers, refresh_time ' +
      // A value that is no JSON would end each refresh.
      `FROM "${schemaName}"."${topic.topicName}" WHERE CAN_JSON_PARSE(kafka_value);`;
  }
}

/** @see https://docs.aws.amazon.com/redshift/latest/dg/materialized-view-streaming-ingestion-getting-started-MSK.html */
function grantRead(grantee: iam.IGrantable, { cluster, topicArn }: IKafkaTopic): void {
  allow(grantee, ['kafka-cluster:Connect'], [cluster.clusterArn]);
  allow(grantee, ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'], [topicArn]);
  // Redshift names its groups, and says nowhere how.
  allow(
    grantee,
    ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'],
    [arnInCluster(cluster.clusterArn, 'group', '*')],
  );
}

function authenticationOf(scope: Construct, mechanism: AuthenticationMechanism): string {
  switch (mechanism) {
    case AuthenticationMechanism.IAM:
      return 'iam';
    case AuthenticationMechanism.UNAUTHENTICATED:
    case AuthenticationMechanism.PLAINTEXT:
      return 'none';
    default:
      throw validationError(
        'RedshiftIdentity',
        `Redshift is let in as ClientIdentity.iam() or ClientIdentity.anonymous() here, not by ${mechanism}: add ` +
          'ClientAuthentication.iam() to the `authentication` of the cluster',
        scope,
      );
  }
}

/** Names stand in the SQL between quotes, which end with a quote. */
function requireIdentifier(scope: Construct, name: string, value: string): void {
  if (!Token.isUnresolved(value) && !/^[a-zA-Z_][a-zA-Z0-9_$]{0,126}$/.test(value)) {
    throw validationError(
      'RedshiftName',
      `\`${name}\` is '${value}': use up to 127 letters, digits, \`_\` and \`$\`, the first of them no digit`,
      scope,
    );
  }
}
