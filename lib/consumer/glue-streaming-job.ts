import { Duration, Fn, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as glue from 'aws-cdk-lib/aws-glue';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as assets from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { ResourcePattern } from '../cluster';
import type { ClientIdentity, ConsumerMetrics, IKafkaConsumer } from '../cluster';
import { AuthenticationMechanism } from '../cluster';
import { acceptIdentity } from '../cluster/client-identity';
import type { AcceptedIdentity } from '../cluster/client-identity';
import { removalPolicyOf } from '../cluster/cluster';
import { processorAssetPath } from '../private/assets';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { OwnPolicyPrincipal } from '../private/own-policy';
import type { IKafkaTopic } from '../topic';
import { sameCluster } from '../topic/one-cluster';
import { networkOf, openBrokers, workersReachEachOther } from './glue-job-network';
import { jobStatements } from './glue-job-rights';
import { GlueJobStart, GlueStartingPosition } from './glue-job-start';
import { filesStatements } from './glue-sink';
import type { GlueSink } from './glue-sink';
import { secretGrant } from '../private/secret-grant';
import type { RecordFormat } from './record-format';

/** Properties of a Glue job that writes topics into a data lake. */
export interface GlueStreamingJobProps {
  /**
   * The topic to read. Another topic begins at the starting position; what the earlier one has brought stays.
   */
  readonly topic: IKafkaTopic;

  /**
   * More topics of the same cluster with records of the same format. They can be added at any time, and are read from
   * their oldest record then; a job fails once one of them is left out.
   *
   * @default - none
   */
  readonly additionalTopics?: IKafkaTopic[];

  /**
   * The name under which the checkpoint bucket keeps how far the job has read: letters, digits, `.`, `_` and `-`. With
   * another one it begins at the starting position again. Spark puts its clients into groups that begin with it, `GROUP-…`,
   * but joins none and commits nothing: the cluster does not know them.
   */
  readonly consumerGroup: string;

  /** How the values of records are encoded. */
  readonly format: RecordFormat;

  /** Where records are written to. */
  readonly sink: GlueSink;

  /**
   * The column that says when a record happened: it decides about the day that the record is stored under.
   *
   * @default - the time that Kafka has for the record
   */
  readonly eventTime?: string;

  /**
   * Where a topic that was not read before begins.
   *
   * @default GlueStartingPosition.earliest()
   */
  readonly startingPosition?: GlueStartingPosition;

  /**
   * When the job runs.
   *
   * @default GlueJobStart.continuous()
   */
  readonly start?: GlueJobStart;

  /**
   * Who the job is to the cluster. A secret is read when a run starts, by the job itself: it needs a way to Secrets Manager.
   *
   * @default ClientIdentity.iam()
   */
  readonly identity?: ClientIdentity;

  /**
   * The VPC of the job.
   *
   * @default - the VPC of the cluster
   */
  readonly vpc?: ec2.IVpc;

  /**
   * The one subnet of the job: Glue has one for each connection. It needs a way to Amazon S3, by a gateway endpoint or a
   * NAT gateway, and a way to Glue, CloudWatch and STS.
   *
   * @default - the first subnet of the cluster
   */
  readonly subnet?: ec2.ISubnet;

  /**
   * The size of a worker.
   *
   * @default glue.WorkerType.G_1X
   */
  readonly workerType?: glue.WorkerType;

  /**
   * How many workers there are, at least 2; with `autoScaling` the most that there are.
   *
   * @default 2
   */
  readonly numberOfWorkers?: number;

  /**
   * Whether Glue takes workers away that have nothing to do.
   *
   * @default false
   */
  readonly autoScaling?: boolean;

  /**
   * From the start of one batch to the start of the next, in whole seconds.
   *
   * @default Duration.seconds(100)
   */
  readonly batchInterval?: Duration;

  /**
   * The most records of one batch.
   *
   * @default 1000000
   */
  readonly maxRecordsPerBatch?: number;

  /**
   * When Glue may restart a run that has become old: a day and an hour of UTC, like `Sun:10`.
   *
   * @default - seven days after its start
   * @see https://docs.aws.amazon.com/glue/latest/dg/glue-streaming-maintenance.html
   */
  readonly maintenanceWindow?: string;

  /**
   * The bucket that keeps how far the topics were read, and the dead letters. Give one of yours where the construct may
   * move: a moved job with a bucket of its own begins at the starting position again.
   *
   * @default - a bucket is made, encrypted, and kept as long as the cluster is
   */
  readonly checkpointBucket?: s3.IBucket;

  /**
   * Whether records are written again where the checkpoint is gone. By default such a run fails and says so, because the
   * sink has the records already.
   *
   * @default false
   */
  readonly allowReplay?: boolean;

  /**
   * How long logs are kept. They go with the job.
   *
   * @default logs.RetentionDays.ONE_MONTH
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * More jars. `aws-msk-iam-auth-VERSION-all.jar` is one where a run says that it is missing.
   *
   * @default - none
   */
  readonly extraJars?: glue.Code[];
}

const METRIC_NAMESPACE = 'MskGlueStreaming';

/**
 * Writes topics into an Iceberg table or into dated Parquet files, each record once: a Glue job with the code, its
 * connection, role, network, checkpoint, dead letters, logs, metrics and start.
 *
 * @see https://docs.aws.amazon.com/glue/latest/dg/add-job-streaming.html
 */
@injectable
export class GlueStreamingJob extends Construct implements iam.IGrantable, ec2.IConnectable, IKafkaConsumer {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.GlueStreamingJob';

  /** The job. */
  public readonly job: glue.IJob;

  /** What starts it; none where you do. */
  public readonly trigger?: glue.CfnTrigger;

  /** The connection that gives the job its network. */
  public readonly connection: glue.IConnection;

  /** The role that the job runs as. */
  public readonly role: iam.IRole;

  /** The security group of the job. */
  public readonly securityGroup: ec2.ISecurityGroup;

  /** The bucket with checkpoint and dead letters. */
  public readonly checkpointBucket: s3.IBucket;

  /** Where records are that do not fit: `s3://bucket/prefix`. Parquet files in a folder for each day, with the reason. */
  public readonly deadLetterPath: string;

  /** What the script prints, and what it failed with. */
  public readonly outputLogGroup: logs.ILogGroup;

  /** What Spark and Glue say. */
  public readonly errorLogGroup: logs.ILogGroup;

  /** Where further rights of the job go. */
  public readonly grantPrincipal: iam.IPrincipal;

  /** The network of the job. */
  public readonly connections: ec2.Connections;

  public readonly consumerMetrics: ConsumerMetrics;

  constructor(scope: Construct, id: string, props: GlueStreamingJobProps) {
    super(scope, id);
    const { topic, consumerGroup } = props;
    const { cluster } = topic;
    const topics = [topic, ...(props.additionalTopics ?? [])];
    const identity = acceptIdentity(this, cluster, props.identity);
    const start = props.start ?? GlueJobStart.continuous();
    const { vpc, subnet } = networkOf(this, cluster, props);
    checkProps(this, props, topics);
    if (props.eventTime !== undefined) {
      props.format._checkEventTime(props.eventTime);
    }
    const auth = AUTH[identity.mechanism];

    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('glue.amazonaws.com') });
    this.role = role;
    this.grantPrincipal = role.grantPrincipal;
    this.securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', { vpc, description: 'Glue streaming job' });
    this.connections = new ec2.Connections({ securityGroups: [this.securityGroup] });
    const network = [
      workersReachEachOther(this, this.securityGroup),
      openBrokers(this, cluster, this.securityGroup, identity.port),
    ];

    const brokers = cluster.bootstrapBrokers.forIdentity(props.identity);
    this.connection = new glue.Connection(this, 'Connection', {
      type: glue.ConnectionType.KAFKA,
      network: glue.ConnectionNetwork.subnet(subnet),
      securityGroups: [this.securityGroup],
      properties: {
        KAFKA_BOOTSTRAP_SERVERS: brokers,
        KAFKA_SSL_ENABLED: String(auth !== 'plaintext'),
        ...saslProperties(identity),
      },
    });

    this.checkpointBucket =
      props.checkpointBucket ??
      new s3.Bucket(this, 'CheckpointBucket', {
        encryption: s3.BucketEncryption.S3_MANAGED,
        blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
        enforceSSL: true,
        // A checkpoint is many small files, soon replaced. Going back to an older one would write records twice.
        versioned: false,
        lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7) }],
        removalPolicy: removalPolicyOf(cluster),
      });
    // Offsets mean something in one topic of one cluster only.
    const streamName = `${nameAndUuid(cluster.clusterArn)}/${topic.topicName}/${consumerGroup}`;
    this.deadLetterPath = this.checkpointBucket.s3UrlForObject(`dead-letters/${streamName}`);

    const logPrefix = `/aws-glue/jobs/${role.roleName}`;
    // Named by the role: a name that is always the same could not be made again while an earlier group is kept.
    const logGroup = (id: string, name: string) =>
      new logs.LogGroup(this, id, {
        logGroupName: `${logPrefix}/${name}`,
        retention: props.logRetention ?? logs.RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      });
    this.outputLogGroup = logGroup('OutputLogGroup', 'output');
    this.errorLogGroup = logGroup('ErrorLogGroup', 'error');

    const grantee = OwnPolicyPrincipal.redirect(role, 'Policy', this);
    const script = new assets.Asset(this, 'Script', {
      path: `${processorAssetPath('glue-streaming')}/msk_to_lake.py`,
    });
    props.extraJars?.forEach((jar) => jar.bind(this, grantee));
    const sink = props.sink._bind(this);
    const statements = [
      ...jobStatements(this, {
        connection: this.connection,
        subnet,
        securityGroup: this.securityGroup,
        logGroups: [this.outputLogGroup, this.errorLogGroup],
        metricNamespaces: ['Glue', METRIC_NAMESPACE],
        schema: props.format._bound.schema,
      }),
      new iam.PolicyStatement({
        actions: ['s3:GetObject'],
        resources: [script.bucket.arnForObjects(script.s3ObjectKey)],
      }),
      ...sink.statements,
      ...['checkpoints', 'dead-letters'].flatMap((prefix) =>
        filesStatements(this.checkpointBucket, `${prefix}/${streamName}`),
      ),
    ];
    statements.forEach((statement) => grantee.grantPrincipal.addToPrincipalPolicy(statement));
    if (identity.secret) {
      secretGrant(grantee, identity.secret);
    }
    if (auth === 'iam') {
      for (const { topicName } of topics) {
        // Spark names partitions and keeps offsets in the checkpoint: no broker hears of its groups.
        cluster.grants._consumeWithoutGroup(grantee, ResourcePattern.literal(topicName));
      }
    }

    const job = new glue.PySparkStreamingJob(this, 'Job', {
      // What the job may do is in one policy of its own.
      role: role.withoutPolicyUpdates(),
      script: glue.Code.fromBucket(script.bucket, script.s3ObjectKey),
      extraJars: props.extraJars,
      connections: [this.connection],
      glueVersion: glue.GlueVersion.V5_1,
      workerConfiguration: {
        workerType: props.workerType ?? glue.WorkerType.G_1X,
        numberOfWorkers: props.numberOfWorkers ?? 2,
      },
      // Two runs on one checkpoint would write the same records.
      maxConcurrentRuns: 1,
      // Glue 5 logs as it goes; the arguments of earlier versions do nothing.
      continuousLogging: { enabled: false },
      defaultArguments: {
        '--custom-logGroup-prefix': logPrefix,
        '--job-bookmark-option': 'job-bookmark-disable',
        ...(props.autoScaling && { '--enable-auto-scaling': 'true' }),
        ...sink.arguments,
        ...props.format._bound.arguments,
        '--bootstrap_servers': brokers,
        '--topics': topics.map(({ topicName }) => topicName).join(','),
        '--auth': auth,
        ...(identity.secret && { '--secret_arn': identity.secret.secretArn }),
        '--group_prefix': consumerGroup,
        '--checkpoint': this.checkpointBucket.s3UrlForObject(`checkpoints/${streamName}`),
        '--dead_letter_path': this.deadLetterPath,
        '--starting_position': (props.startingPosition ?? GlueStartingPosition.earliest())._argument,
        '--trigger': start._trigger,
        '--window_seconds': String((props.batchInterval ?? Duration.seconds(100)).toSeconds()),
        '--max_records_per_batch': String(props.maxRecordsPerBatch ?? 1_000_000),
        ...(props.eventTime !== undefined && { '--event_time': props.eventTime }),
        '--stream_name': streamName,
        ...(props.allowReplay && { '--allow_replay': 'true' }),
        '--region': Stack.of(this).region,
        '--metrics_namespace': METRIC_NAMESPACE,
      },
    });
    (job.node.defaultChild as glue.CfnJob).maintenanceWindow = props.maintenanceWindow;
    // A run tries the brokers at once: topic, rights and network have to be there, and to outlive it.
    job.node.addDependency(this.node.findChild('Policy'), topic.ready, cluster.ready, identity.ready, ...network);
    topics.forEach((each) => job.node.addDependency(each.ready));
    this.job = job;
    // Spark commits nothing to Kafka, so that the cluster knows nothing of how far it is.
    this.consumerMetrics = {
      recordsBehind: this.metricOffsetsBehind(),
      timeBehind: this.metricRecordAge(),
      records: this.metricRecords(),
      deadLetters: this.metricDeadLetters(),
    };

    if (start._schedule) {
      this.trigger = new glue.CfnTrigger(this, 'Trigger', {
        type: 'SCHEDULED',
        schedule: start._schedule.expressionString,
        startOnCreation: true,
        actions: [{ jobName: job.jobName }],
      });
    }
  }

  /** How many records the job is behind in the partition where it is most. */
  public metricOffsetsBehind(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('OffsetsBehind', { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** How long the oldest record of a batch had waited when it was written, in seconds. */
  public metricRecordAge(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('RecordAge', { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** How many records were read. Missing data is a job that does not run. */
  public metricRecords(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Records', options);
  }

  /** How many records did not fit. */
  public metricDeadLetters(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('DeadLetters', options);
  }

  /** How long a batch took, in milliseconds; it should stay well below the batch interval. */
  public metricBatchDuration(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('BatchDuration', { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  private metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: METRIC_NAMESPACE,
      metricName,
      dimensionsMap: { JobName: this.job.jobName },
      statistic: cloudwatch.Stats.SUM,
      ...options,
    }).attachTo(this);
  }
}

/** The words of the script for how the job is let in. */
const AUTH: Record<AuthenticationMechanism, string> = {
  [AuthenticationMechanism.IAM]: 'iam',
  [AuthenticationMechanism.SCRAM]: 'scram',
  [AuthenticationMechanism.MUTUAL_TLS]: 'mtls',
  [AuthenticationMechanism.UNAUTHENTICATED]: 'tls',
  [AuthenticationMechanism.PLAINTEXT]: 'plaintext',
};

/**
 * How the job is let in, as its connection says it. The script does not read it: it takes a secret itself, when it starts.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-glue-connection-connectioninput.html
 */
function saslProperties({ mechanism, secret }: AcceptedIdentity): Record<string, string> {
  switch (mechanism) {
    case AuthenticationMechanism.IAM:
      return { KAFKA_SASL_MECHANISM: 'AWS_MSK_IAM' };
    case AuthenticationMechanism.SCRAM:
      return { KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512', KAFKA_SASL_SCRAM_SECRETS_ARN: secret!.secretArn };
    default:
      return {};
  }
}

function nameAndUuid(clusterArn: string): string {
  return Token.isUnresolved(clusterArn)
    ? Fn.select(1, Fn.split(':cluster/', clusterArn))
    : clusterArn.split(':cluster/')[1];
}

function checkProps(scope: Construct, props: GlueStreamingJobProps, topics: IKafkaTopic[]): void {
  const { consumerGroup, numberOfWorkers = 2, maxRecordsPerBatch = 1, maintenanceWindow = 'Sun:0' } = props;
  const known = <T>(value: T, isRight: (value: T) => boolean) => Token.isUnresolved(value) || isRight(value);
  const stranger = topics.find(({ cluster }) => !sameCluster(cluster, props.topic.cluster));
  if (stranger) {
    throw validationError(
      'GlueTopics',
      `a job reads topics of one cluster, but '${stranger.node.path}' is of '${stranger.cluster.node.path}' and not of ` +
        `'${props.topic.cluster.node.path}': make a job for each cluster`,
      scope,
    );
  }
  if (!known(consumerGroup, (group) => /^[\w.-]{1,200}$/.test(group))) {
    throw validationError(
      'GlueConsumerGroup',
      `\`consumerGroup\` has 1 to 200 letters, digits, '.', '_' and '-', got '${consumerGroup}'`,
      scope,
    );
  }
  if (!known(numberOfWorkers, (workers) => Number.isInteger(workers) && workers >= 2)) {
    throw validationError('GlueWorkers', `\`numberOfWorkers\` must be at least 2, got ${numberOfWorkers}`, scope);
  }
  if (!known(maxRecordsPerBatch, (records) => Number.isInteger(records) && records >= 1)) {
    throw validationError(
      'GlueBatch',
      `\`maxRecordsPerBatch\` must be a whole number from 1, got ${maxRecordsPerBatch}`,
      scope,
    );
  }
  if (!known(maintenanceWindow, (window) => /^(Sun|Mon|Tue|Wed|Thu|Fri|Sat):(1?\d|2[0-3])$/.test(window))) {
    throw validationError(
      'GlueMaintenanceWindow',
      `\`maintenanceWindow\` is a day and an hour like 'Sun:10', got '${maintenanceWindow}'`,
      scope,
    );
  }
}
