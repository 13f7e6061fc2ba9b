import type { Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { ClientIdentity } from '../cluster';
import type { IKafkaTopic } from '../topic';
import type { FlinkCode } from './flink-code';
import type { FlinkRuntime } from './flink-runtime';

/** How much an application writes to its log. */
export enum FlinkLogLevel {
  /** Failures alone. */
  ERROR = 'ERROR',

  /** What may become one. */
  WARN = 'WARN',

  /** What happens. */
  INFO = 'INFO',

  /** All of it, at a price: only while something is looked for. */
  DEBUG = 'DEBUG',
}

/** For what there are metrics of its own; each step costs a multiple of the one before. */
export enum FlinkMetricsLevel {
  /** The application as a whole. */
  APPLICATION = 'APPLICATION',

  /** Each task. */
  TASK = 'TASK',

  /** Each operator. */
  OPERATOR = 'OPERATOR',

  /** Each operator on each thread. */
  PARALLELISM = 'PARALLELISM',
}

/** What `FlinkApplication` and `FlinkSql` share. */
export interface FlinkApplicationOptions {
  /**
   * The consumer group: the application commits its offsets for it with each checkpoint, so that its lag is measured. It
   * has no default: an application that starts without a snapshot goes on from what its group has committed.
   */
  readonly consumerGroup: string;

  /**
   * Who the application is to the cluster.
   *
   * @default ClientIdentity.iam()
   */
  readonly identity?: ClientIdentity;

  /**
   * The name of the application: 1 to 128 letters, digits, `.`, `_` and `-`. Another name replaces it, without its state.
   *
   * @default - given by CloudFormation
   */
  readonly applicationName?: string;

  /**
   * The role that it runs as. It is to be the role of this application alone.
   *
   * @default - a new one
   */
  readonly role?: iam.IRole;

  /**
   * The VPC of its network interfaces.
   *
   * @default - that of the cluster
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Their subnets. An application in a VPC reaches the internet, and the endpoints of AWS, only by what the VPC has for it.
   *
   * @default - those of the brokers, or the private ones of `vpc`
   * @see https://docs.aws.amazon.com/managed-flink/latest/java/vpc-internet.html
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Their security groups.
   *
   * @default - a new one, which lets the application reach the brokers and nothing else
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * How many threads each operator has. With autoscaling this is the least.
   *
   * @default 1
   */
  readonly parallelism?: number;

  /**
   * How many threads share a Kinesis Processing Unit, which is one CPU with 4 GB and what is paid for: 1 to 8.
   *
   * @default 1
   */
  readonly parallelismPerKpu?: number;

  /**
   * Whether the service doubles the parallelism when the CPUs are busy and halves it when they idle. Each change restarts
   * the job.
   *
   * @default true
   * @see https://docs.aws.amazon.com/managed-flink/latest/java/how-scaling-auto.html
   */
  readonly autoScaling?: boolean;

  /**
   * How often the state is saved, and what was written becomes visible to who reads committed records only.
   *
   * @default Duration.minutes(1)
   */
  readonly checkpointInterval?: Duration;

  /**
   * Whether the state is saved before the application stops or changes. Without, a change begins with empty state.
   *
   * @default true
   */
  readonly snapshots?: boolean;

  /**
   * Whether a change may drop state that the new code has no place for, instead of failing.
   *
   * @default false
   */
  readonly allowNonRestoredState?: boolean;

  /**
   * Whether the application is started once it is there, and stopped before it is deleted.
   *
   * @default true
   */
  readonly start?: boolean;

  /**
   * How much it writes to its log.
   *
   * @default FlinkLogLevel.INFO
   */
  readonly logLevel?: FlinkLogLevel;

  /**
   * For what there are metrics.
   *
   * @default FlinkMetricsLevel.APPLICATION
   */
  readonly metricsLevel?: FlinkMetricsLevel;

  /**
   * How long the log is kept.
   *
   * @default logs.RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;
}

/** Properties of a Flink application. */
export interface FlinkApplicationProps extends FlinkApplicationOptions {
  /** The version of Flink that the code was built for. Another version changes the application in place. */
  readonly runtime: FlinkRuntime;

  /** The code. */
  readonly code: FlinkCode;

  /**
   * The topics that it reads.
   *
   * @default - none
   */
  readonly sources?: IKafkaTopic[];

  /**
   * The topics that it writes, on the cluster that the sources are on.
   *
   * @default - none
   */
  readonly sinks?: IKafkaTopic[];

  /**
   * The beginning of the transactional ids of its sinks, for writing exactly once: `setTransactionalIdPrefix` of the code.
   *
   * @default - none: it may not write in transactions
   */
  readonly transactionalIdPrefix?: string;

  /**
   * Runtime properties, by group and name. Everybody who may describe the application can read them. The group `kafka` is
   * taken: it has the properties that a Kafka client of this application needs.
   *
   * @default - only the group `kafka`
   * @see https://docs.aws.amazon.com/managed-flink/latest/java/how-properties.html
   */
  readonly propertyGroups?: Record<string, Record<string, string>>;
}
