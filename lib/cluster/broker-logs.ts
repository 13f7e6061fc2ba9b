import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as msk from 'aws-cdk-lib/aws-msk';
import type { Construct } from 'constructs';

/** Options of broker logs in CloudWatch Logs. */
export interface LogGroupBrokerLogsOptions {
  /**
   * The log group.
   *
   * @default - a group `/aws/vendedlogs/msk/CLUSTER_NAME`, kept as long as the cluster is
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
 * Where the brokers' own logs (INFO and above) go.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-logging.html
 */
export abstract class BrokerLogs {
  /** Into CloudWatch Logs. */
  public static toLogGroup(options: LogGroupBrokerLogsOptions = {}): BrokerLogs {
    return new LogGroupBrokerLogs(options);
  }

  /**
   * Makes what is needed below the cluster and says what the cluster is told.
   *
   * @internal
   */
  public abstract _bind(scope: Construct, cluster: LoggedCluster): msk.CfnCluster.BrokerLogsProperty;
}

/** What a destination has to know of the cluster. */
export interface LoggedCluster {
  readonly clusterName: string;
  readonly removalPolicy: RemovalPolicy;
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

  private createLogGroup(scope: Construct, { clusterName, removalPolicy }: LoggedCluster): logs.ILogGroup {
    // Names below /aws/vendedlogs/ keep the account's log resource policy from growing with every cluster.
    const logGroupName = `/aws/vendedlogs/msk/${clusterName}`;
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
    return new logs.LogGroup(scope, 'BrokerLogs', {
      logGroupName,
      retention: this.options.retention ?? logs.RetentionDays.THREE_MONTHS,
      encryptionKey: key,
      removalPolicy,
    });
  }
}
