import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as msk from 'aws-cdk-lib/aws-msk';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** Options of broker logs in CloudWatch Logs. */
export interface LogGroupBrokerLogsOptions {
  /**
   * The log group.
   *
   * @default - a group `/aws/vendedlogs/msk/CLUSTER_NAME`, or `…/authorizer` below it, kept as long as the cluster is
   */
  readonly logGroup?: logs.ILogGroup;

  /**
   * How long the log group that is made here keeps its events.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly retention?: logs.RetentionDays;

  /**
   * The key of the log group that is made here. CloudWatch Logs is let in by the policy of a key of this app; an
   * imported key has to admit it.
   *
   * @default - encrypted with a key that CloudWatch Logs owns
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
   */
  readonly encryptionKey?: kms.IKey;
}

/**
 * Where logs of the brokers go: their own (INFO and above), or those of their authorizer.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-logging.html
 */
export abstract class BrokerLogs {
  /** Into CloudWatch Logs. */
  public static toLogGroup(options: LogGroupBrokerLogsOptions = {}): BrokerLogs {
    return new LogGroupBrokerLogs(options);
  }

  /**
   * Into a bucket. Its policy lets the log delivery service in, and its key, if it has one of this app.
   *
   * @param bucket one of this app; the policy of an imported one has to let `delivery.logs.amazonaws.com` in
   * @param prefix what the keys of the objects begin with; by default nothing
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-S3.html
   */
  public static toBucket(bucket: s3.IBucket, prefix?: string): BrokerLogs {
    return new BucketBrokerLogs(bucket, prefix);
  }

  /**
   * Into an Amazon Data Firehose stream. The service marks it with the tag `LogDeliveryEnabled`, which the stream has to
   * keep.
   */
  public static toDeliveryStream(stream: firehose.IDeliveryStream): BrokerLogs {
    return new DeliveryStreamBrokerLogs(stream);
  }

  /**
   * Makes what is needed below the cluster and says what the cluster is told.
   *
   * @internal
   */
  public abstract _bind(scope: Construct, cluster: LoggedCluster): msk.CfnCluster.BrokerLogsProperty;
}

/** What a destination has to know of the cluster, and which of its logs these are. */
export interface LoggedCluster {
  readonly clusterName: string;
  readonly removalPolicy: RemovalPolicy;
  readonly logs: 'BrokerLogs' | 'AuthorizerLogs';
}

/** What the cluster is told, every destination once. */
export function renderLogs(
  scope: Construct,
  destinations: BrokerLogs[],
  cluster: LoggedCluster,
): msk.CfnCluster.BrokerLogsProperty {
  return Object.assign(
    { cloudWatchLogs: { enabled: false } },
    ...destinations.map((destination) => destination._bind(scope, cluster)),
  ) as msk.CfnCluster.BrokerLogsProperty;
}

class LogGroupBrokerLogs extends BrokerLogs {
  constructor(private readonly options: LogGroupBrokerLogsOptions) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct, cluster: LoggedCluster): msk.CfnCluster.BrokerLogsProperty {
    const logGroup = this.options.logGroup ?? this.createLogGroup(scope, cluster);
    return { cloudWatchLogs: { enabled: true, logGroup: logGroup.logGroupName } };
  }

  private createLogGroup(scope: Construct, cluster: LoggedCluster): logs.ILogGroup {
    // Names below /aws/vendedlogs/ keep the account's log resource policy from growing with every cluster.
    const ofTheCluster = `/aws/vendedlogs/msk/${cluster.clusterName}`;
    const logGroupName = cluster.logs === 'BrokerLogs' ? ofTheCluster : `${ofTheCluster}/authorizer`;
    const key = this.options.encryptionKey;
    key?.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal(`logs.${Stack.of(scope).region}.${Stack.of(scope).urlSuffix}`)],
        actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
        resources: ['*'],
        conditions: {
          ArnEquals: {
            'kms:EncryptionContext:aws:logs:arn': Stack.of(scope).formatArn({
              service: 'logs',
              resource: 'log-group',
              resourceName: logGroupName,
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            }),
          },
        },
      }),
    );
    return new logs.LogGroup(scope, cluster.logs, {
      logGroupName,
      retention: this.options.retention ?? logs.RetentionDays.THREE_MONTHS,
      encryptionKey: key,
      removalPolicy: cluster.removalPolicy,
    });
  }
}

class BucketBrokerLogs extends BrokerLogs {
  constructor(
    private readonly bucket: s3.IBucket,
    private readonly prefix: string | undefined,
  ) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct): msk.CfnCluster.BrokerLogsProperty {
    const { account } = Stack.of(scope);
    const delivery = new iam.ServicePrincipal('delivery.logs.amazonaws.com');
    // The service would write these statements itself; a policy of this app would take them away again.
    const source = {
      StringEquals: { 'aws:SourceAccount': account },
      ArnLike: { 'aws:SourceArn': Stack.of(scope).formatArn({ service: 'logs', resource: '*' }) },
    };
    this.bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [delivery],
        actions: ['s3:GetBucketAcl'],
        resources: [this.bucket.bucketArn],
        conditions: source,
      }),
    );
    this.bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [delivery],
        actions: ['s3:PutObject'],
        resources: [this.bucket.arnForObjects(`${this.prefix ? `${this.prefix}/` : ''}AWSLogs/${account}/*`)],
        conditions: {
          StringEquals: { ...source.StringEquals, 's3:x-amz-acl': 'bucket-owner-full-control' },
          ArnLike: source.ArnLike,
        },
      }),
    );
    this.bucket.encryptionKey?.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [delivery],
        actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
        resources: ['*'],
        conditions: source,
      }),
    );
    return { s3: { enabled: true, bucket: this.bucket.bucketName, prefix: this.prefix } };
  }
}

class DeliveryStreamBrokerLogs extends BrokerLogs {
  constructor(private readonly stream: firehose.IDeliveryStream) {
    super();
  }

  /** @internal */
  public _bind(): msk.CfnCluster.BrokerLogsProperty {
    return { firehose: { enabled: true, deliveryStream: this.stream.deliveryStreamName } };
  }
}
