import { createHash } from 'crypto';
import { ArnFormat, Duration, Lazy, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { CfnApplication, CfnApplicationCloudWatchLoggingOption } from 'aws-cdk-lib/aws-kinesisanalyticsv2';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { AuthenticationMechanism, ResourcePattern } from '../cluster';
import type { ConsumerMetrics, IKafkaConsumer, IMskCluster } from '../cluster';
import { acceptIdentity } from '../cluster/client-identity';
import type { AcceptedIdentity } from '../cluster/client-identity';
import { removalPolicyOf } from '../cluster/cluster';
import { groupMetrics } from '../cluster/consumer-metrics';
import { clientGroups, openWay, requireKnown } from '../connect/client-network';
import { allow, serviceRole, warnRefused } from '../connect/service-role';
import { HandledResource } from '../private/custom-resource';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { secretGrant } from '../private/secret-grant';
import type { IKafkaTopic } from '../topic';
import type { FlinkCodeLocation } from './flink-code';
import { FlinkLogLevel, FlinkMetricsLevel } from './flink-application-options';
import type { FlinkApplicationProps } from './flink-application-options';
import { clientProperties } from './flink-client-properties';
import { requireApplicationName, requireGroups, requireParallelism, requireTopics } from './flink-limits';
import type { FlinkRuntime } from './flink-runtime';

/**
 * An application of Managed Service for Apache Flink that reads and writes topics: its role and way to the brokers, what
 * its Kafka clients have to know, its log, and its start.
 *
 * It is started when everything that it needs is there, and stopped before that goes. Changes of code and settings reach a
 * running application in place: the service saves the state, restarts the job and restores it.
 *
 * @see https://docs.aws.amazon.com/managed-flink/latest/java/what-is.html
 */
@injectable
export class FlinkApplication extends Construct implements iam.IGrantable, ec2.IConnectable, IKafkaConsumer {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.FlinkApplication';

  /** The application. */
  public readonly application: CfnApplication;

  /** The name of the application. */
  public readonly applicationName: string;

  /** The ARN of the application. */
  public readonly applicationArn: string;

  /** The role that it runs as. */
  public readonly role: iam.IRole;

  /** Its log. */
  public readonly logGroup: logs.LogGroup;

  public readonly connections: ec2.Connections;
  public readonly grantPrincipal: iam.IPrincipal;
  public readonly consumerMetrics: ConsumerMetrics;

  private readonly runtime: FlinkRuntime;
  private readonly cluster: IMskCluster;
  private readonly consumerGroup: string;

  constructor(scope: Construct, id: string, props: FlinkApplicationProps) {
    super(scope, id);
    const { sources = [], sinks = [] } = props;
    const topics = requireTopics(this, [...sources, ...sinks]);
    const { cluster } = topics[0];
    const identity = acceptIdentity(this, cluster, props.identity);
    requireApplicationName(this, props.applicationName);
    requireParallelism(this, props.parallelism, props.parallelismPerKpu);
    if (props.propertyGroups && KAFKA_GROUP in props.propertyGroups) {
      throw validationError(
        'FlinkGroupTaken',
        `the property group '${KAFKA_GROUP}' is made here, with what a Kafka client needs: name yours differently`,
        this,
      );
    }

    const service = serviceRole(this, props.role, 'kinesisanalytics.amazonaws.com', this.formatArn('*'));
    const code = props.code._bind(this);
    // The log says why an application did not start, which is asked for when a failed deployment has been rolled back.
    const removalPolicy =
      removalPolicyOf(cluster) === RemovalPolicy.DESTROY ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN;
    this.logGroup = new logs.LogGroup(this, 'Log', {
      retention: props.logRetention ?? logs.RetentionDays.THREE_MONTHS,
      removalPolicy,
    });
    const stream = new logs.LogStream(this, 'LogStream', { logGroup: this.logGroup, removalPolicy });
    const rights = [
      codeGrant(service.grantee, code),
      this.logGrant(service.grantee, stream),
      networkGrant(service.grantee),
      ...this.kafkaGrants(service.grantee, identity, props),
    ];
    warnRefused(this, service);

    const vpc = () => props.vpc ?? requireKnown(this, cluster, 'vpc', cluster.vpc);
    const subnets =
      props.vpc === undefined && props.vpcSubnets === undefined
        ? requireKnown(this, cluster, 'subnets', cluster.subnets)
        : vpc().selectSubnets(props.vpcSubnets).subnets;
    this.connections = new ec2.Connections({
      securityGroups: clientGroups(this, 'SecurityGroup', vpc, props.securityGroups ?? [this.ownGroup(vpc())]),
    });
    const way = openWay(this, this.connections.securityGroups, cluster, identity.port);

    this.application = new CfnApplication(this, `Resource${clusterMark(cluster)}`, {
      applicationName: props.applicationName,
      runtimeEnvironment: props.runtime.name,
      serviceExecutionRole: service.role.roleArn,
      applicationConfiguration: {
        applicationCodeConfiguration: {
          codeContentType: 'ZIPFILE',
          codeContent: {
            s3ContentLocation: {
              bucketArn: code.bucket.bucketArn,
              fileKey: code.key,
              objectVersion: code.objectVersion,
            },
          },
        },
        environmentProperties: {
          propertyGroups: requireGroups(this, {
            ...props.propertyGroups,
            [KAFKA_GROUP]: {
              'bootstrap.servers': cluster.bootstrapBrokers.forIdentity(props.identity),
              'group.id': props.consumerGroup,
              ...clientProperties(identity),
            },
          }),
        },
        flinkApplicationConfiguration: {
          checkpointConfiguration: props.checkpointInterval && {
            configurationType: 'CUSTOM',
            checkpointingEnabled: true,
            checkpointInterval: props.checkpointInterval.toMilliseconds(),
          },
          monitoringConfiguration: {
            configurationType: 'CUSTOM',
            logLevel: props.logLevel ?? FlinkLogLevel.INFO,
            metricsLevel: props.metricsLevel ?? FlinkMetricsLevel.APPLICATION,
          },
          parallelismConfiguration: {
            configurationType: 'CUSTOM',
            parallelism: props.parallelism ?? 1,
            parallelismPerKpu: props.parallelismPerKpu ?? 1,
            autoScalingEnabled: props.autoScaling ?? true,
          },
        },
        applicationSnapshotConfiguration: { snapshotsEnabled: props.snapshots ?? true },
        vpcConfigurations: [
          {
            subnetIds: subnets.map(({ subnetId }) => subnetId),
            securityGroupIds: this.connections.securityGroups.map(({ securityGroupId }) => securityGroupId),
          },
        ],
      },
      // Only what differs from the service's own choice: the property can not be read back, and so shows no drift.
      runConfiguration: props.allowNonRestoredState
        ? { flinkRunConfiguration: { allowNonRestoredState: true } }
        : undefined,
    });
    this.node.defaultChild = this.application;
    const logging = new CfnApplicationCloudWatchLoggingOption(this, 'Logging', {
      applicationName: this.application.ref,
      cloudWatchLoggingOption: { logStreamArn: this.streamArn(stream) },
    });
    rights.forEach((grant) => grant.applyBefore(this.application));
    this.application.node.addDependency(cluster.ready, identity.ready, ...topics.map(({ ready }) => ready), ...way);

    this.applicationName = this.application.ref;
    this.applicationArn = this.formatArn(this.application.ref);
    this.role = service.role;
    this.grantPrincipal = service.role;
    this.runtime = props.runtime;
    this.cluster = cluster;
    this.consumerGroup = props.consumerGroup;
    this.consumerMetrics = groupMetrics(
      cluster,
      props.consumerGroup,
      sources.map(({ topicName }) => topicName),
    );
    if (props.start ?? true) {
      this.keepRunning(props).resource.node.addDependency(logging);
    }
  }

  /**
   * A metric of the application by its name.
   *
   * @param metricName as in the documentation, for example `lastCheckpointDuration`
   * @param options statistic, period; by default the average of five minutes
   * @see https://docs.aws.amazon.com/managed-flink/latest/java/metrics-dimensions.html
   */
  public metric(metricName: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/KinesisAnalytics',
      metricName,
      ...options,
      dimensionsMap: { Application: this.applicationName, ...options.dimensionsMap },
    });
  }

  /** How often the job was restarted since it was submitted; Flink 2 gave the metric another name. */
  public metricRestarts(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    const name = (this.runtime.major ?? 2) < 2 ? 'fullRestarts' : 'numRestarts';
    return this.metric(name, { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /**
   * How many records the slowest partition of a source is behind. It grows up to one checkpoint interval while all is
   * well, as offsets are committed with checkpoints.
   */
  public metricMaxOffsetLag(source: IKafkaTopic, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.cluster.metrics.metricMaxOffsetLag(this.consumerGroup, source.topicName, options);
  }

  /** Opens the way to the brokers alone. */
  private ownGroup(vpc: ec2.IVpc): ec2.SecurityGroup {
    return new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: `Flink application ${this.node.path}`,
      allowAllOutbound: false,
    });
  }

  private formatArn(applicationName: string): string {
    return Stack.of(this).formatArn({
      service: 'kinesisanalytics',
      resource: 'application',
      resourceName: applicationName,
    });
  }

  private streamArn(stream: logs.LogStream): string {
    return Stack.of(this).formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName: `${this.logGroup.logGroupName}:log-stream:${stream.logStreamName}`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }

  /** @see https://docs.aws.amazon.com/managed-flink/latest/java/cloudwatch-logs.html */
  private logGrant(grantee: iam.IGrantable, stream: logs.LogStream): iam.Grant {
    const groups = Stack.of(this).formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName: '*',
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    return allow(grantee, ['logs:DescribeLogGroups'], [groups])
      .combine(allow(grantee, ['logs:DescribeLogStreams'], [this.logGroup.logGroupArn]))
      .combine(allow(grantee, ['logs:PutLogEvents'], [this.streamArn(stream)]));
  }

  private kafkaGrants(grantee: iam.IGrantable, identity: AcceptedIdentity, props: FlinkApplicationProps): iam.Grant[] {
    if (identity.mechanism !== AuthenticationMechanism.IAM) {
      return identity.secret ? [secretGrant(grantee, identity.secret)] : [];
    }
    const { sources = [], sinks = [], consumerGroup, transactionalIdPrefix } = props;
    return [
      ...sources.map((topic) => topic.grants.consume(grantee, consumerGroup)),
      ...sinks.map((topic) =>
        transactionalIdPrefix === undefined
          ? topic.grants.produce(grantee)
          : topic.cluster.grants.produceInTransactions(
              grantee,
              ResourcePattern.literal(topic.topicName),
              ResourcePattern.prefixed(transactionalIdPrefix),
            ),
      ),
    ];
  }

  /** CloudFormation makes applications and starts none; deleting one that runs would take its state along. */
  private keepRunning({ snapshots = true, allowNonRestoredState = false }: FlinkApplicationProps): HandledResource {
    return new HandledResource(this, 'State', {
      handler: 'flink-application-state',
      resourceType: 'Custom::FlinkApplicationState',
      properties: {
        ApplicationName: this.application.ref,
        Snapshots: String(snapshots),
        AllowNonRestoredState: String(allowNonRestoredState),
        // Whatever changes the application has to be waited for, and started again if it did not run.
        Revision: Lazy.string({ produce: () => this.revision() }),
      },
      statements: [
        new iam.PolicyStatement({
          actions: [
            'kinesisanalytics:DescribeApplication',
            'kinesisanalytics:StartApplication',
            'kinesisanalytics:StopApplication',
          ],
          resources: [this.formatArn(this.application.ref)],
        }),
      ],
      timeout: Duration.minutes(14),
    });
  }

  private revision(): string {
    const rendered: unknown = Stack.of(this).resolve(this.application._toCloudFormation());
    return createHash('sha256').update(JSON.stringify(rendered)).digest('hex').slice(0, 16);
  }
}

/**
 * The cluster is part of the logical id: state knows topics and offsets but not clusters, and an update in place would
 * take offsets of the one for offsets of the other. A token would make the id change with every synthesis, so the path of
 * the cluster stands for its ARN.
 */
function clusterMark({ clusterArn, node }: IMskCluster): string {
  const cluster = Token.isUnresolved(clusterArn) ? node.path : clusterArn;
  return createHash('sha256').update(cluster).digest('hex').slice(0, 8);
}

const KAFKA_GROUP = 'kafka';

/** One object, not the bucket. */
function codeGrant(grantee: iam.IGrantable, { bucket, key, objectVersion }: FlinkCodeLocation): iam.Grant {
  const actions = objectVersion === undefined ? ['s3:GetObject'] : ['s3:GetObject', 's3:GetObjectVersion'];
  const grant = allow(grantee, actions, [bucket.arnForObjects(key)]);
  return bucket.encryptionKey ? grant.combine(bucket.encryptionKey.grantDecrypt(grantee)) : grant;
}

/** @see https://docs.aws.amazon.com/managed-flink/latest/java/vpc-permissions.html */
function networkGrant(grantee: iam.IGrantable): iam.Grant {
  // EC2 knows no resource for its describe calls, and the interfaces do not exist yet.
  return allow(
    grantee,
    [
      'ec2:CreateNetworkInterface',
      'ec2:CreateNetworkInterfacePermission',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeDhcpOptions',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSecurityGroups',
      'ec2:DescribeSubnets',
      'ec2:DescribeVpcs',
    ],
    ['*'],
  );
}
