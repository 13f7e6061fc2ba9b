import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { CfnPipe } from 'aws-cdk-lib/aws-pipes';
import { Construct } from 'constructs';
import { AuthenticationMechanism } from '../cluster';
import type { ClientIdentity, ConsumerMetrics, IKafkaConsumer } from '../cluster';
import { acceptIdentity } from '../cluster/client-identity';
import type { AcceptedIdentity } from '../cluster/client-identity';
import { groupMetrics } from '../cluster/consumer-metrics';
import { requireSecurityGroups } from '../cluster/poller-access';
import { baseName } from '../connect/content-name';
import { allow, serviceRole, warnRefused } from '../connect/service-role';
import { checkAtSynth } from '../private/checks';
import { injectable } from '../private/injectable';
import { secretGrant } from '../private/secret-grant';
import { wayOut } from '../private/way-out';
import type { IKafkaTopic } from '../topic';
import { pollerGrant } from './lambda-consumer';
import type { PipeTarget } from './pipe-target';
import type { RecordFilter } from './record-filter';

/** Where a pipe begins whose group has committed nothing. */
export enum PipeStartingPosition {
  /** With the oldest record there is. */
  TRIM_HORIZON = 'TRIM_HORIZON',

  /** With what arrives from then on. */
  LATEST = 'LATEST',
}

/** How much a pipe logs. */
export enum PipeLogLevel {
  /** Nothing. */
  OFF = 'OFF',

  /** What failed. */
  ERROR = 'ERROR',

  /** What failed, and each step that is taken. */
  INFO = 'INFO',

  /** All that it does. */
  TRACE = 'TRACE',
}

/** Properties of a pipe from a topic. */
export interface PipeConsumerProps {
  /** The topic to read. Another one replaces the pipe. */
  readonly topic: IKafkaTopic;

  /**
   * The consumer group: 1 to 200 letters, digits, `.`, `_` and `-`. A group that has committed offsets goes on from them.
   * Another group replaces the pipe, and begins at the starting position.
   */
  readonly consumerGroup: string;

  /** Where records go. A batch that fails is tried until it succeeds: pipes have no dead letters for Kafka. */
  readonly target: PipeTarget;

  /**
   * Who the pipe is to the cluster.
   *
   * @default ClientIdentity.iam()
   */
  readonly identity?: ClientIdentity;

  /**
   * Where a new consumer group begins. Another position replaces the pipe.
   *
   * @default PipeStartingPosition.TRIM_HORIZON
   */
  readonly startingPosition?: PipeStartingPosition;

  /**
   * The most records of one batch, 1 to 10000.
   *
   * @default 100
   */
  readonly batchSize?: number;

  /**
   * How long to wait for a batch to fill, up to five minutes.
   *
   * @default - until the next look at the topic
   */
  readonly maxBatchingWindow?: Duration;

  /**
   * Which records are taken, up to five filters.
   *
   * @default - all of them
   */
  readonly filters?: RecordFilter[];

  /**
   * What the target is given of a record: text with `<$.value>` and the like.
   *
   * @default - the record, its key and value in base64
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html
   */
  readonly inputTemplate?: string;

  /**
   * Whether records are taken. Stopped and started again, the pipe goes on where it was.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * How much it logs. Records themselves are never logged.
   *
   * @default PipeLogLevel.ERROR
   */
  readonly logLevel?: PipeLogLevel;

  /**
   * The role that the pipe works with. `pipes.amazonaws.com` must be let to take it.
   *
   * @default - a role of its own
   */
  readonly role?: iam.IRole;
}

/**
 * Takes a topic to a queue, a function, a state machine or an event bus, without code: a pipe of EventBridge, its role, way
 * through the cluster's security group, log and order of creation.
 *
 * One record that the target never takes stops its partition: where records may fail, use a `LambdaConsumer`.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-msk.html
 */
@injectable
export class PipeConsumer extends Construct implements IKafkaConsumer, iam.IGrantable {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.PipeConsumer';

  /** The pipe. */
  public readonly pipe: CfnPipe;

  /** The name of the pipe. */
  public readonly pipeName: string;

  /** The ARN of the pipe. */
  public readonly pipeArn: string;

  /** The role that it works with. */
  public readonly role: iam.IRole;

  /** Its log, where it has one. */
  public readonly logGroup?: logs.ILogGroup;

  public readonly grantPrincipal: iam.IPrincipal;
  public readonly consumerMetrics: ConsumerMetrics;

  constructor(scope: Construct, id: string, props: PipeConsumerProps) {
    super(scope, id);
    const { topic, consumerGroup, logLevel = PipeLogLevel.ERROR } = props;
    const { cluster } = topic;
    const identity = acceptIdentity(this, cluster, props.identity);
    requireSecurityGroups(this, cluster);

    const source = serviceRole(
      this,
      props.role,
      'pipes.amazonaws.com',
      Stack.of(this).formatArn({ service: 'pipes', resource: 'pipe', resourceName: '*' }),
    );
    const { grantee, role } = source;
    pollerGrant(grantee, cluster);
    if (identity.mechanism === AuthenticationMechanism.IAM) {
      topic.grants.consume(grantee, consumerGroup);
    }
    if (identity.secret) {
      secretGrant(grantee, identity.secret);
    }
    const target = props.target._bind(grantee);
    if (logLevel !== PipeLogLevel.OFF) {
      this.logGroup = new logs.LogGroup(this, 'Logs', {
        // Names below /aws/vendedlogs/ keep the account's log resource policy from growing with every group.
        logGroupName: `/aws/vendedlogs/pipes/${baseName(this, 128)}`,
        retention: logs.RetentionDays.THREE_MONTHS,
        removalPolicy: RemovalPolicy.DESTROY,
      });
      allow(grantee, ['logs:CreateLogStream', 'logs:PutLogEvents'], [this.logGroup.logGroupArn]);
    }
    warnRefused(this, source);
    const access = cluster.allowPollers(props.identity);

    this.pipe = new CfnPipe(this, 'Resource', {
      roleArn: role.roleArn,
      source: cluster.clusterArn,
      desiredState: props.enabled === false ? 'STOPPED' : undefined,
      sourceParameters: {
        filterCriteria: props.filters && {
          filters: props.filters.map(({ _pattern }) => ({ pattern: JSON.stringify(_pattern) })),
        },
        managedStreamingKafkaParameters: {
          topicName: topic.topicName,
          consumerGroupId: consumerGroup,
          startingPosition: props.startingPosition ?? PipeStartingPosition.TRIM_HORIZON,
          batchSize: props.batchSize,
          maximumBatchingWindowInSeconds: props.maxBatchingWindow?.toSeconds(),
          credentials: credentials(identity),
        },
      },
      target: target.arn,
      targetParameters:
        target.parameters || props.inputTemplate !== undefined
          ? { ...target.parameters, inputTemplate: props.inputTemplate }
          : undefined,
      logConfiguration: this.logGroup && {
        level: logLevel,
        cloudwatchLogsLogDestination: { logGroupArn: this.logGroup.logGroupArn },
      },
    });
    // A pipe tries the connection when it is made.
    this.pipe.node.addDependency(cluster.ready, topic.ready, access, ...source.policy);

    this.pipeName = this.pipe.ref;
    this.pipeArn = this.pipe.attrArn;
    this.role = role;
    this.grantPrincipal = grantee.grantPrincipal;
    this.consumerMetrics = groupMetrics(cluster, consumerGroup, [topic.topicName]);
    const services = ['pipes-data', 'sts', ...(identity.secret ? ['secretsmanager'] : [])];
    checkAtSynth(this, [
      {
        resource: this.pipe,
        facts: () => {
          const { subnets, missingEndpoints } = wayOut(this, cluster.vpc, cluster.subnets, services);
          return { pollerSubnets: subnets, missingEndpoints };
        },
      },
    ]);
  }

  /**
   * A metric of the pipe by its name.
   *
   * @param metricName as in the documentation, for example `ExecutionFailed`
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-monitoring.html
   */
  public metric(metricName: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/EventBridge/Pipes',
      metricName,
      statistic: cloudwatch.Stats.SUM,
      ...options,
      dimensionsMap: { PipeName: this.pipeName, ...options.dimensionsMap },
    }).attachTo(this);
  }
}

function credentials({ mechanism, secret }: AcceptedIdentity): CfnPipe.MSKAccessCredentialsProperty | undefined {
  if (secret === undefined) {
    return undefined;
  }
  return mechanism === AuthenticationMechanism.SCRAM
    ? { saslScram512Auth: secret.secretArn }
    : { clientCertificateTlsAuth: secret.secretArn };
}
