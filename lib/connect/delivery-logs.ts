import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct, IDependable } from 'constructs';
import { validationError } from '../private/errors';
import { baseName } from './content-name';
import { allow } from './service-role';

/** Options of logs in CloudWatch Logs. */
export interface LogGroupDeliveryLogsOptions {
  /**
   * The log group.
   *
   * @default - a group below `/aws/vendedlogs/`, deleted together with what it is about
   */
  readonly logGroup?: logs.ILogGroup;

  /**
   * How long the log group that is made here keeps its events.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly retention?: logs.RetentionDays;
}

/**
 * Where a connector, replicator or channel says what it does and what goes wrong.
 *
 * Connectors and channels keep their destinations for life: without any, errors stay invisible until they are replaced.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
 */
export abstract class DeliveryLogs {
  /** Into CloudWatch Logs. */
  public static toLogGroup(options: LogGroupDeliveryLogsOptions = {}): DeliveryLogs {
    return new LogGroupLogs(options);
  }

  /**
   * Into a bucket. Logs are let in by the policy of a bucket of this app; an imported bucket has to admit them.
   *
   * @param prefix of the keys, for example `connect/`; by default none
   */
  public static toBucket(bucket: s3.IBucket, prefix?: string): DeliveryLogs {
    return new BucketLogs(bucket, prefix);
  }

  /** Into a stream of Amazon Data Firehose. */
  public static toFirehose(deliveryStream: firehose.IDeliveryStream): DeliveryLogs {
    return new FirehoseLogs(deliveryStream);
  }

  /**
   * Makes what is needed below the construct and says what the service is told.
   *
   * @internal
   */
  public abstract _bind(scope: Construct, of: LogSource): BoundLogs;
}

/** Who writes logs. */
export interface LogSource {
  /** Names the kind in the name of a log group. */
  readonly kind: string;

  /** The role that writes, where it is not the log delivery of CloudWatch. */
  readonly writer?: iam.IGrantable;
}

/** The one or other member of what the service is told, and what has to be there before. */
export interface BoundLogs {
  readonly destination: LogDestinations;
  readonly before: IDependable[];
}

/** As connectors, replicators and channels have it alike. */
export interface LogDestinations {
  readonly cloudWatchLogs?: { readonly enabled: boolean; readonly logGroup: string };
  readonly s3?: { readonly enabled: boolean; readonly bucket: string; readonly prefix?: string };
  readonly firehose?: { readonly enabled: boolean; readonly deliveryStream: string };
}

/** All destinations in one; none for an empty list. */
export function bindLogs(
  scope: Construct,
  given: DeliveryLogs[] | undefined,
  source: LogSource,
): { readonly destinations?: LogDestinations; readonly before: IDependable[] } {
  const wanted = given ?? [DeliveryLogs.toLogGroup()];
  if (new Set(wanted.map((each) => each.constructor)).size < wanted.length) {
    throw validationError('DeliveryLogsTwice', '`logs` must name each kind of destination once', scope);
  }
  const bound = wanted.map((each) => each._bind(scope, source));
  return {
    destinations: bound.length
      ? (Object.assign({}, ...bound.map(({ destination }) => destination)) as LogDestinations)
      : undefined,
    before: bound.flatMap(({ before }) => before),
  };
}

class LogGroupLogs extends DeliveryLogs {
  constructor(private readonly options: LogGroupDeliveryLogsOptions) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct, { kind, writer }: LogSource): BoundLogs {
    const logGroup =
      this.options.logGroup ??
      new logs.LogGroup(scope, 'Logs', {
        // Names below /aws/vendedlogs/ keep the account's log resource policy from growing with every group.
        logGroupName: `/aws/vendedlogs/${kind}/${baseName(scope, 128)}`,
        retention: this.options.retention ?? logs.RetentionDays.THREE_MONTHS,
        removalPolicy: RemovalPolicy.DESTROY,
      });
    if (writer) {
      allow(writer, ['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
    }
    return {
      destination: { cloudWatchLogs: { enabled: true, logGroup: logGroup.logGroupName } },
      before: [logGroup], // The service does not make it.
    };
  }
}

class BucketLogs extends DeliveryLogs {
  constructor(
    private readonly bucket: s3.IBucket,
    private readonly prefix?: string,
  ) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct, { writer }: LogSource): BoundLogs {
    if (writer) {
      allow(writer, ['s3:PutObject'], [this.bucket.arnForObjects(`${this.prefix ?? ''}*`)]);
    } else {
      this.admitLogDelivery(scope);
    }
    return {
      destination: { s3: { enabled: true, bucket: this.bucket.bucketName, prefix: this.prefix } },
      before: [this.bucket],
    };
  }

  /** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-S3.html */
  private admitLogDelivery(scope: Construct): void {
    const stack = Stack.of(scope);
    const principals = [new iam.ServicePrincipal('delivery.logs.amazonaws.com')];
    const source = {
      StringEquals: { 'aws:SourceAccount': stack.account },
      ArnLike: { 'aws:SourceArn': stack.formatArn({ service: 'logs', resource: '*' }) },
    };
    const statements = [
      new iam.PolicyStatement({
        principals,
        actions: ['s3:GetBucketAcl'],
        resources: [this.bucket.bucketArn],
        conditions: source,
      }),
      new iam.PolicyStatement({
        principals,
        actions: ['s3:PutObject'],
        resources: [this.bucket.arnForObjects(`${this.prefix ?? ''}*`)],
        conditions: {
          ...source,
          StringEquals: { ...source.StringEquals, 's3:x-amz-acl': 'bucket-owner-full-control' },
        },
      }),
    ];
    const refused = statements.filter((statement) => !this.bucket.addToResourcePolicy(statement).statementAdded);
    this.bucket.encryptionKey?.addToResourcePolicy(
      new iam.PolicyStatement({
        principals,
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        conditions: source,
      }),
    );
    if (refused.length) {
      const json: unknown = stack.resolve(refused.map((statement) => statement.toStatementJson() as unknown));
      Validations.of(scope).addWarning(
        'cdk-msk-macie:MSK-LOGS-BUCKET-POLICY',
        `the policy of the bucket '${this.bucket.node.path}' can not be changed from here; add to it: ${JSON.stringify(json)}`,
      );
    }
  }
}

class FirehoseLogs extends DeliveryLogs {
  constructor(private readonly deliveryStream: firehose.IDeliveryStream) {
    super();
  }

  /** @internal */
  public _bind(_scope: Construct, { writer }: LogSource): BoundLogs {
    const { deliveryStreamName, deliveryStreamArn } = this.deliveryStream;
    if (writer) {
      allow(writer, ['firehose:PutRecord', 'firehose:PutRecordBatch'], [deliveryStreamArn]);
    }
    return {
      destination: { firehose: { enabled: true, deliveryStream: deliveryStreamName } },
      before: [this.deliveryStream],
    };
  }
}
