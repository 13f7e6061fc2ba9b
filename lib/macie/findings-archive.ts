import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { excludeFromScans } from './excluded-buckets';
import { FindingRule } from './finding-rule';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { KEPT_BUCKET } from '../private/kept-bucket';

/** Where findings are kept, and for how long. */
export interface FindingsArchiveProps {
  /**
   * How long findings are kept, in whole days.
   *
   * It belongs to the bucket that is made here, so it can not be given together with `bucket`.
   *
   * @default - for ever
   */
  readonly retention?: Duration;

  /**
   * The bucket to keep them in. What it does with old objects is its own affair.
   *
   * @default - a bucket of its own: encrypted, versioned, private, TLS only, left out of scans, kept when the construct goes
   */
  readonly bucket?: s3.IBucket;

  /**
   * The key that encrypts the bucket that is made here.
   *
   * @default - one of its own that is rotated and kept
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Where accesses to the bucket that is made here are logged to.
   *
   * @default - not logged
   */
  readonly serverAccessLogsBucket?: s3.IBucket;

  /**
   * The bus to listen on.
   *
   * @default - the default bus, which gets the findings of this account and, in that of an administrator, of its members
   */
  readonly eventBus?: events.IEventBus;

  /**
   * A standard queue of the same Region for findings that could not be handed over.
   *
   * @default - a queue of its own: encrypted, TLS only, keeps 14 days
   */
  readonly deadLetterQueue?: sqs.IQueue;
}

const METRICS = 'AWS/Firehose';

/**
 * Keeps findings beyond the 90 days after which Macie forgets them: each as it was published, on a line of a compressed
 * file in the folder of its day, without a function in between.
 *
 * Sample findings are left out. What a suppression rule archives is not published and so not kept; a finding that is
 * delivered twice is there twice, with the same id.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/findings-publish-event-schemas.html
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
 */
@injectable
export class FindingsArchive extends Construct {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.FindingsArchive';

  /** Where the findings are. */
  public readonly bucket: s3.IBucket;

  /** What the keys of all findings begin with, with a slash at its end; `day=2026-01-31/` follows, in UTC. */
  public readonly findingsPrefix: string = 'findings/';

  /** Hands the findings over. */
  public readonly rule: FindingRule;

  /** Gathers findings for some minutes and writes them. */
  public readonly deliveryStream: firehose.IDeliveryStream;

  constructor(scope: Construct, id: string, props: FindingsArchiveProps = {}) {
    super(scope, id);
    requireOwnOrGiven(this, props);
    this.bucket = props.bucket ?? ownBucket(this, props);
    if (!props.bucket) excludeFromScans(this, this.bucket.bucketName);

    const logGroup = new logs.LogGroup(this, 'Logs', { retention: logs.RetentionDays.ONE_YEAR });
    const logStream = new logs.LogStream(this, 'LogStream', { logGroup, logStreamName: 'S3' });
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('firehose.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    const policy = new iam.Policy(this, 'Policy', {
      roles: [role],
      statements: [...writing(this), statement(['logs:PutLogEvents'], logGroup.logGroupArn)],
    });
    const stream = new firehose.CfnDeliveryStream(this, 'Stream', {
      deliveryStreamType: 'DirectPut',
      deliveryStreamEncryptionConfigurationInput: { keyType: 'AWS_OWNED_CMK' },
      extendedS3DestinationConfiguration: {
        bucketArn: this.bucket.bucketArn,
        roleArn: role.roleArn,
        prefix: `${this.findingsPrefix}day=!{timestamp:yyyy-MM-dd}/`,
        errorOutputPrefix: 'errors/!{firehose:error-output-type}/day=!{timestamp:yyyy-MM-dd}/',
        bufferingHints: { intervalInSeconds: 300, sizeInMBs: 64 },
        compressionFormat: 'GZIP',
        fileExtension: '.jsonl.gz',
        // EventBridge puts none between events, and readers of lines would see one where there are many.
        processingConfiguration: {
          enabled: true,
          processors: [
            {
              type: 'AppendDelimiterToRecord',
              parameters: [{ parameterName: 'Delimiter', parameterValue: '\\n' }],
            },
          ],
        },
        cloudWatchLoggingOptions: {
          enabled: true,
          logGroupName: logGroup.logGroupName,
          logStreamName: logStream.logStreamName,
        },
      },
    });
    stream.node.addDependency(policy);
    this.deliveryStream = firehose.DeliveryStream.fromDeliveryStreamArn(this, 'Delivery', stream.attrArn);
    this.rule = new FindingRule(this, 'Findings', {
      targets: [new targets.FirehoseDeliveryStream(this.deliveryStream)],
      description: 'Keeps Macie findings beyond 90 days',
      eventBus: props.eventBus,
      deadLetterQueue: props.deadLetterQueue,
    });
  }

  /**
   * How old the oldest finding is that waits to be written, in seconds.
   *
   * @default - the maximum over 5 minutes
   */
  public metricAge(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: METRICS,
      metricName: 'DeliveryToS3.DataFreshness',
      dimensionsMap: { DeliveryStreamName: this.deliveryStream.deliveryStreamName },
      statistic: 'max',
      ...options,
    });
  }

  /** An alarm when findings wait for more than an hour: after a day Firehose gives them up. */
  public createDelayAlarm(id: string): cloudwatch.Alarm {
    return this.metricAge().createAlarm(this, id, {
      alarmDescription: 'Macie findings can not be written to their archive, and are lost after a day',
      threshold: Duration.hours(1).toSeconds(),
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }
}

/** @see https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-s3 */
function writing(archive: FindingsArchive): iam.PolicyStatement[] {
  const { bucket, findingsPrefix } = archive;
  const { region, urlSuffix } = Stack.of(archive);
  const objects = [findingsPrefix, 'errors/'].map((prefix) => bucket.arnForObjects(`${prefix}*`));
  return [
    statement(['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'], bucket.bucketArn),
    statement(['s3:AbortMultipartUpload', 's3:PutObject'], ...objects),
    ...(bucket.encryptionKey
      ? [
          new iam.PolicyStatement({
            actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
            resources: [bucket.encryptionKey.keyArn],
            conditions: { StringEquals: { 'kms:ViaService': `s3.${region}.${urlSuffix}` } },
          }),
        ]
      : []),
  ];
}

function statement(actions: string[], ...resources: string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions, resources });
}

function ownBucket(scope: Construct, props: FindingsArchiveProps): s3.Bucket {
  const encryptionKey =
    props.encryptionKey ??
    new kms.Key(scope, 'Key', {
      description: `Findings of Amazon Macie: ${scope.node.path}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
  return new s3.Bucket(scope, 'Bucket', {
    ...KEPT_BUCKET,
    encryptionKey,
    versioned: true,
    serverAccessLogsBucket: props.serverAccessLogsBucket,
    lifecycleRules: [
      {
        expiration: props.retention,
        // What was deleted by mistake can be had back for a while.
        noncurrentVersionExpiration: props.retention && Duration.days(30),
        abortIncompleteMultipartUploadAfter: Duration.days(7),
      },
    ],
  });
}

function requireOwnOrGiven(
  scope: Construct,
  { bucket, retention, encryptionKey, serverAccessLogsBucket }: FindingsArchiveProps,
): void {
  const ofOwn = Object.entries({ retention, encryptionKey, serverAccessLogsBucket }).find(([, value]) => value);
  if (bucket && ofOwn) {
    throw validationError(
      'FindingsArchiveBucket',
      `bucket is given together with ${ofOwn[0]}, which is for the bucket that is made here; set it on ${bucket.node.path}`,
      scope,
    );
  }
  if (retention && !retention.isUnresolved() && retention.toDays({ integral: false }) < 90) {
    throw validationError(
      'FindingsArchiveRetention',
      `retention is ${retention.toHumanString()}; Macie itself keeps findings for 90 days, so keep them longer or do without an archive`,
      scope,
    );
  }
}
