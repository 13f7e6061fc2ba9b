import { Fn, Resource, Stack } from 'aws-cdk-lib';
import type { IResource } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as kafkaconnect from 'aws-cdk-lib/aws-kafkaconnect';
import type { Construct } from 'constructs';
import { AuthenticationMechanism, ResourcePattern } from '../cluster';
import type { ClientIdentity, ConsumerMetrics, IKafkaConsumer, IMskCluster } from '../cluster';
import { acceptIdentity } from '../cluster/client-identity';
import type { AcceptedIdentity } from '../cluster/client-identity';
import { groupMetrics } from '../cluster/consumer-metrics';
import { arnInCluster } from '../private/arn';
import { checkAtSynth } from '../private/checks';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import type { IKafkaTopic } from '../topic';
import { requireTopicsOf } from '../topic/one-cluster';
import { clientGroups, openWay, requireKnown } from './client-network';
import type { IConnectPlugin } from './connect-plugin';
import type { IConnectWorkerConfiguration } from './connect-worker-configuration';
import { ConnectorCapacity } from './connector-capacity';
import { baseName, contentName } from './content-name';
import { bindLogs } from './delivery-logs';
import type { DeliveryLogs } from './delivery-logs';
import { allow, serviceRole, warnRefused } from './service-role';

/**
 * A version of Kafka Connect.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-connect-connectors.html
 */
export class KafkaConnectVersion {
  /** 2.7.1. */
  public static readonly V2_7_1 = new KafkaConnectVersion('2.7.1');

  /** 3.7.x. */
  public static readonly V3_7_X = new KafkaConnectVersion('3.7.x');

  /** A version that this package does not know yet. */
  public static of(version: string): KafkaConnectVersion {
    return new KafkaConnectVersion(version);
  }

  private constructor(
    /** As Amazon MSK writes it. */
    public readonly version: string,
  ) {}
}

/** A connector, created here or elsewhere. */
export interface IMskConnector extends IResource {
  /**
   * The ARN of the connector.
   *
   * @attribute
   */
  readonly connectorArn: string;

  /**
   * The name of the connector.
   *
   * @attribute
   */
  readonly connectorName: string;
}

/**
 * Properties of a connector. Only the capacity and the settings of the connector change in place: anything else replaces
 * it.
 */
export interface MskConnectorProps {
  /** The cluster that it reads from or writes to. */
  readonly cluster: IMskCluster;

  /** Its code. */
  readonly plugin: IConnectPlugin;

  /** The class of the plugin to run: `connector.class`. */
  readonly connectorClass: string;

  /** The version of Kafka Connect. It has no default: another one replaces the connector. */
  readonly kafkaConnectVersion: KafkaConnectVersion;

  /**
   * The topics that it reads. They become `topics` of the settings, unless those name `topics` or `topics.regex`.
   *
   * @default - none
   */
  readonly readTopics?: IKafkaTopic[];

  /**
   * The topics that it writes: those of a source connector, or the dead-letter topic of a sink.
   *
   * @default - none
   */
  readonly writeTopics?: IKafkaTopic[];

  /**
   * Topics that it makes and writes itself, as many source connectors do with one topic per table.
   *
   * @default - none
   */
  readonly ownTopics?: ResourcePattern[];

  /**
   * The settings of the connector, apart from its class. Secrets do not belong here: they would be readable in the
   * template and the console. Use a configuration provider.
   *
   * @default - none
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-connect-config-provider.html
   */
  readonly configuration?: Record<string, string>;

  /**
   * How much it may work.
   *
   * @default ConnectorCapacity.provisioned()
   */
  readonly capacity?: ConnectorCapacity;

  /**
   * Settings of the workers.
   *
   * @default - those of the service: keys and values are text
   */
  readonly workerConfiguration?: IConnectWorkerConfiguration;

  /**
   * Who the connector is to the cluster: its role by IAM, or nobody in particular. MSK Connect knows nothing else.
   *
   * @default ClientIdentity.iam()
   */
  readonly identity?: ClientIdentity;

  /**
   * The VPC of the workers.
   *
   * @default - that of the cluster
   */
  readonly vpc?: ec2.IVpc;

  /**
   * The subnets of the workers. Workers have private addresses only: from a public subnet they reach nothing outside.
   *
   * @default - the private subnets of the VPC
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-connect-internet-access.html
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The security groups of the workers.
   *
   * @default - one of its own
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Where the workers log. A connector keeps its destinations for life. An empty list for nowhere.
   *
   * @default - [DeliveryLogs.toLogGroup()]
   */
  readonly logs?: DeliveryLogs[];

  /**
   * The role that the connector works with. `kafkaconnect.amazonaws.com` must be let to take it.
   *
   * @default - a role of its own
   */
  readonly role?: iam.IRole;

  /**
   * The name: 1 to 128 characters. A sink connector is the consumer group `connect-NAME`, and a source connector with an
   * `offsetStorageTopic` of its own finds its offsets by its name: with a name of your own, a connector that has to be
   * replaced goes on where it stopped, and stands still from the deletion of the old to the start of the new one.
   *
   * @default - a unique name from the path of the construct and all that can not be changed in place: the new connector
   * is made before the old one is deleted, and begins anew
   */
  readonly connectorName?: string;

  /**
   * What it does, up to 1024 characters. Another text replaces the connector.
   *
   * @default - none
   */
  readonly description?: string;
}

/**
 * A connector of MSK Connect: code, workers, rights of its role, way to the brokers, logs and order of creation.
 *
 * Rights on what it moves the data to or from are yours to grant: it is a grantee.
 *
 * @resource AWS::KafkaConnect::Connector
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-connect.html
 */
@injectable
export class MskConnector extends Resource implements IMskConnector, ec2.IConnectable, iam.IGrantable, IKafkaConsumer {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.MskConnector';

  /**
   * A connector that is there already, by its ARN.
   *
   * @param connectorArn `arn:PARTITION:kafkaconnect:REGION:ACCOUNT:connector/NAME/ID`
   */
  public static fromConnectorArn(scope: Construct, id: string, connectorArn: string): IMskConnector {
    return new ImportedConnector(scope, id, connectorArn);
  }

  public readonly connectorArn: string;
  public readonly connectorName: string;
  public readonly connections: ec2.Connections;
  public readonly grantPrincipal: iam.IPrincipal;
  public readonly consumerMetrics: ConsumerMetrics;

  /** The role that the connector works with. */
  public readonly role: iam.IRole;

  private readonly cluster: IMskCluster;

  constructor(scope: Construct, id: string, props: MskConnectorProps) {
    super(scope, id);
    const { cluster, plugin, workerConfiguration } = props;
    const identity = requireConnectIdentity(this, cluster, props.identity);
    requireTopicsOf(this, cluster, [...(props.readTopics ?? []), ...(props.writeTopics ?? [])]);
    const vpc = props.vpc ?? requireKnown(this, cluster, 'vpc', cluster.vpc);
    const { subnets, hasPublic } = vpc.selectSubnets(props.vpcSubnets);
    this.connections = new ec2.Connections({
      securityGroups: clientGroups(this, 'SecurityGroup', () => vpc, props.securityGroups),
    });
    const rules = openWay(this, this.connections.securityGroups, cluster, identity.port);

    const source = serviceRole(
      this,
      props.role,
      'kafkaconnect.amazonaws.com',
      // While a connector is replaced, its predecessor works with the same role.
      Stack.of(this).formatArn({
        service: 'kafkaconnect',
        resource: 'connector',
        resourceName: props.connectorName === undefined ? `${baseName(this, 119)}-*` : `${props.connectorName}/*`,
      }),
    );
    if (identity.mechanism === AuthenticationMechanism.IAM) {
      grantCluster(source.grantee, props, workerConfiguration);
    }
    warnRefused(this, source);
    const logs = bindLogs(this, props.logs, { kind: 'msk-connect' });

    const createOnly = {
      connectorDescription: props.description,
      kafkaConnectVersion: props.kafkaConnectVersion.version,
      kafkaCluster: {
        apacheKafkaCluster: {
          bootstrapServers: cluster.bootstrapBrokers.forIdentity(props.identity),
          vpc: {
            subnets: subnets.map(({ subnetId }) => subnetId),
            securityGroups: this.connections.securityGroups.map(({ securityGroupId }) => securityGroupId),
          },
        },
      },
      kafkaClusterClientAuthentication: {
        authenticationType: identity.mechanism === AuthenticationMechanism.IAM ? 'IAM' : 'NONE',
      },
      kafkaClusterEncryptionInTransit: {
        encryptionType: identity.mechanism === AuthenticationMechanism.PLAINTEXT ? 'PLAINTEXT' : 'TLS',
      },
      plugins: [{ customPlugin: { customPluginArn: plugin.pluginArn, revision: plugin.pluginRevision } }],
      workerConfiguration: workerConfiguration && {
        workerConfigurationArn: workerConfiguration.workerConfigurationArn,
        revision: workerConfiguration.workerConfigurationRevision,
      },
      serviceExecutionRoleArn: source.role.roleArn,
      logDelivery: logs.destinations && { workerLogDelivery: logs.destinations },
    };
    this.connectorName =
      props.connectorName ??
      contentName(this, 128, () => ({
        ...createOnly,
        // ARNs are references, which stay the same when what they refer to is replaced: the names do not.
        names: [plugin.pluginName, workerConfiguration?.workerConfigurationName, cluster.clusterName],
      }));
    const resource = new kafkaconnect.CfnConnector(this, 'Resource', {
      ...createOnly,
      connectorName: this.connectorName,
      capacity: (props.capacity ?? ConnectorCapacity.provisioned())._property,
      connectorConfiguration: settings(props),
    });
    // MSK Connect starts the connector when it is made: all that it needs has to be there, and to outlive it.
    const topics = [...(props.readTopics ?? []), ...(props.writeTopics ?? [])].map(({ ready }) => ready);
    resource.node.addDependency(cluster.ready, ...source.policy, ...topics, ...rules, ...logs.before);

    this.connectorArn = resource.attrConnectorArn;
    this.role = source.role;
    this.grantPrincipal = source.grantee.grantPrincipal;
    this.cluster = cluster;
    this.consumerMetrics = groupMetrics(
      cluster,
      `connect-${this.connectorName}`,
      (props.readTopics ?? []).map(({ topicName }) => topicName),
    );
    checkAtSynth(this, [{ resource, facts: () => ({ publicSubnets: hasPublic }) }]);
  }

  /**
   * A metric of the connector by its name.
   *
   * @param metricName as in the documentation, for example `RunningTaskCount`
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/mkc-monitoring-overview.html
   */
  public metric(metricName: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/KafkaConnect',
      metricName,
      ...options,
      dimensionsMap: { ConnectorName: this.connectorName, ...options.dimensionsMap },
    }).attachTo(this);
  }

  /** How many tasks have failed: more than none asks for somebody. */
  public metricErroredTaskCount(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('ErroredTaskCount', { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** How many records the slowest partition of a topic is behind, for a sink connector. */
  public metricMaxOffsetLag(topic: IKafkaTopic, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.cluster.metrics.metricMaxOffsetLag(`connect-${this.connectorName}`, topic.topicName, options);
  }
}

class ImportedConnector extends Resource implements IMskConnector {
  public readonly connectorName: string;

  constructor(
    scope: Construct,
    id: string,
    public readonly connectorArn: string,
  ) {
    super(scope, id, { environmentFromArn: connectorArn });
    this.connectorName = Fn.select(1, Fn.split('/', connectorArn));
  }
}

const INTERNAL = ResourcePattern.prefixed('__amazon_msk_connect_');
const GROUPS = [INTERNAL, ResourcePattern.prefixed('connect-')];
const OWN_TOPIC = [
  'kafka-cluster:CreateTopic',
  'kafka-cluster:DescribeTopic',
  'kafka-cluster:ReadData',
  'kafka-cluster:WriteData',
];

/** @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-connect-service-execution-role.html */
function grantCluster(
  grantee: iam.IGrantable,
  { cluster, readTopics = [], writeTopics = [], ownTopics = [] }: MskConnectorProps,
  workerConfiguration: IConnectWorkerConfiguration | undefined,
): void {
  const arn = (type: 'topic' | 'group', pattern: ResourcePattern) =>
    arnInCluster(cluster.clusterArn, type, pattern.arnSuffix);
  const offsets = workerConfiguration?.offsetStorageTopic;
  const kept = [INTERNAL, ...(offsets === undefined ? [] : [ResourcePattern.literal(offsets)]), ...ownTopics];
  const connect = ['kafka-cluster:Connect', 'kafka-cluster:DescribeCluster'];
  const writes = writeTopics.length + ownTopics.length > 0;
  allow(grantee, writes ? [...connect, 'kafka-cluster:WriteDataIdempotently'] : connect, [cluster.clusterArn]);
  allow(
    grantee,
    OWN_TOPIC,
    kept.map((pattern) => arn('topic', pattern)),
  );
  allow(
    grantee,
    ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'],
    GROUPS.map((group) => arn('group', group)),
  );
  for (const { topicArn } of readTopics) {
    allow(grantee, ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'], [topicArn]);
  }
  for (const { topicArn } of writeTopics) {
    allow(grantee, ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'], [topicArn]);
  }
}

/** MSK Connect signs with its role or says nothing of itself. */
function requireConnectIdentity(
  scope: Construct,
  cluster: IMskCluster,
  identity: ClientIdentity | undefined,
): AcceptedIdentity {
  const known = [
    AuthenticationMechanism.IAM,
    AuthenticationMechanism.UNAUTHENTICATED,
    AuthenticationMechanism.PLAINTEXT,
  ];
  const offered = cluster.authentication?.map(({ mechanism }) => mechanism);
  const wanted = identity?.mechanism;
  if ((wanted && !known.includes(wanted)) || (offered && !offered.some((each) => known.includes(each)))) {
    throw validationError(
      'MSK-CONNECT-AUTHENTICATION',
      `a connector is let in by IAM or without authentication only, not by ${wanted ?? offered!.join(', ')}: ` +
        'add ClientAuthentication.iam() to the `authentication` of the cluster and leave `identity` out',
      scope,
    );
  }
  return acceptIdentity(scope, cluster, identity);
}

function settings({ connectorClass, configuration = {}, readTopics }: MskConnectorProps): Record<string, string> {
  const named = 'topics' in configuration || 'topics.regex' in configuration;
  return {
    ...configuration,
    'connector.class': connectorClass,
    ...(readTopics?.length && !named ? { topics: readTopics.map(({ topicName }) => topicName).join(',') } : {}),
  };
}
