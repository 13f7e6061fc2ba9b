import { Duration, RemovalPolicy, Resource, Stack, Token, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { ClientIdentity } from '../cluster';
import { LambdaConsumer, PollerScaling } from '../consumer';
import type { FindingLanding } from '../macie';
import { letMacieDecrypt } from '../macie/read-access';
import { handlerAssetPath } from '../private/assets';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { KEPT_BUCKET } from '../private/kept-bucket';
import type { IKafkaTopic } from '../topic';

/** Where records of a topic land. */
export interface StreamLandingProps {
  /** The topic; its records have to be text, JSON best. */
  readonly topic: IKafkaTopic;

  /** The group that reads the topic, of this landing alone. */
  readonly consumerGroup: string;

  /**
   * The bucket, whose default encryption has to be one that Macie can read.
   *
   * @default - a bucket of its own: encrypted, versioned, private, TLS only, kept when the construct goes
   */
  readonly bucket?: s3.IBucket;

  /**
   * What the keys of the objects begin with, with a slash at its end.
   *
   * @default 'topics/'
   */
  readonly keyPrefix?: string;

  /**
   * What the keys of the objects end with, after a period: Macie goes by it and passes others over in silence.
   *
   * @default 'jsonl'
   */
  readonly fileExtension?: string;

  /**
   * The storage class that objects move to after `archiveAfter`, in a bucket of its own.
   *
   * @default - they stay as they are
   */
  readonly archiveStorageClass?: s3.StorageClass;

  /**
   * When objects move to `archiveStorageClass`: Macie can not read what is archived, so it needs time before.
   *
   * @default Duration.days(30)
   */
  readonly archiveAfter?: Duration;

  /**
   * Who reads the topic.
   *
   * @default - IAM, where the cluster offers it
   */
  readonly identity?: ClientIdentity;
}

/** Classes out of which Macie reads nothing. */
const ARCHIVES = ['GLACIER', 'DEEP_ARCHIVE'];

/** Extensions under which Macie reads lines of JSON. */
const EXTENSIONS = ['jsonl', 'json', 'txt'];

/** Time for a run of a job that runs once a week. */
const TIME_TO_READ = Duration.days(8);

/**
 * Writes the records of a topic to Amazon S3 in a form that Macie can read: JSON Lines with the extension `.jsonl`, the
 * value of each record decoded, an object for each partition and hour.
 *
 * Macie looks at objects, not at streams: what it finds here is still in the topic until its retention ends. A record
 * that is no text goes to the queue for failures, because Macie could not read it.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-supported-storage.html
 */
@injectable
export class StreamLanding extends Construct {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.StreamLanding';

  /** Where the records are. */
  public readonly bucket: s3.IBucket;

  /** What the keys of all objects begin with. */
  public readonly keyPrefix: string;

  /** What reads the topic. */
  public readonly consumer: LambdaConsumer;

  /** For messages about findings, which then say topic and hour. */
  public readonly findingLanding: FindingLanding;

  constructor(scope: Construct, id: string, props: StreamLandingProps) {
    super(scope, id);
    this.keyPrefix = props.keyPrefix ?? 'topics/';
    requirePrefix(this, this.keyPrefix);
    requireReadable(this, props);
    const extension = props.fileExtension ?? 'jsonl';
    requireExtension(this, extension);
    this.bucket = props.bucket ?? ownBucket(this, props);
    if (this.bucket.encryptionKey) {
      letMacieDecrypt(this, this.bucket.encryptionKey);
    } else if (!Resource.isOwnedResource(this.bucket)) {
      Validations.of(this).addWarning(
        'cdk-msk-macie:MACIE-LANDING-KEY',
        `if the bucket ${this.bucket.node.path} is encrypted with a key of AWS KMS, neither can records be written there ` +
          'nor does Macie read them: import it by Bucket.fromBucketAttributes with its encryptionKey',
      );
    }
    this.findingLanding = { bucketName: this.bucket.bucketName, keyPrefix: this.keyPrefix };
    const writer = this.writer(props, extension);
    this.consumer = new LambdaConsumer(this, 'Consumer', {
      topic: props.topic,
      consumerGroup: props.consumerGroup,
      handler: writer,
      identity: props.identity,
      scaling: PollerScaling.provisioned({ reportBatchItemFailures: true }),
      maxBatchingWindow: Duration.minutes(5), // larger objects, and fewer
      batchSize: 10_000,
    });
  }

  private writer({ topic }: StreamLandingProps, extension: string): lambda.Function {
    const logGroup = new logs.LogGroup(this, 'Log', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const topicName = Token.isUnresolved(topic.topicName) ? '*' : topic.topicName;
    const key = this.bucket.encryptionKey;
    const statements = [
      new iam.PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
      new iam.PolicyStatement({
        actions: ['s3:PutObject'],
        resources: [this.bucket.arnForObjects(`${this.keyPrefix}${topicName}/*`)],
      }),
      ...(key
        ? [new iam.PolicyStatement({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [key.keyArn] })]
        : []),
    ];
    return new lambda.Function(this, 'Writer', {
      description: 'cdk-msk-macie: stream-landing',
      code: lambda.Code.fromAsset(handlerAssetPath('stream-landing')),
      handler: 'index.handler',
      runtime: lambda.determineLatestNodeRuntime(this),
      role: new iam.Role(this, 'Role', {
        assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
        inlinePolicies: { Work: new iam.PolicyDocument({ statements }) },
      }),
      logGroup,
      environment: {
        ACCOUNT: Stack.of(this).account,
        BUCKET: this.bucket.bucketName,
        KEY_PREFIX: this.keyPrefix,
        EXTENSION: extension,
      },
      memorySize: 512,
      timeout: Duration.minutes(1),
    });
  }
}

function ownBucket(scope: Construct, props: StreamLandingProps): s3.Bucket {
  const encryptionKey = new kms.Key(scope, 'Key', {
    description: `Records of a topic: ${scope.node.path}`,
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  return new s3.Bucket(scope, 'Bucket', {
    ...KEPT_BUCKET,
    encryptionKey,
    versioned: true,
    lifecycleRules: props.archiveStorageClass && [
      {
        transitions: [
          { storageClass: props.archiveStorageClass, transitionAfter: props.archiveAfter ?? Duration.days(30) },
        ],
      },
    ],
  });
}

function requirePrefix(scope: Construct, prefix: string): void {
  if (Token.isUnresolved(prefix) || /^[\w./=-]*[^/]\/$/.test(prefix)) return;
  throw validationError(
    'StreamLandingPrefix',
    `keyPrefix is '${prefix}'; use letters, digits, '.', '-', '_', '=' and '/', with one slash at its end`,
    scope,
  );
}

function requireExtension(scope: Construct, extension: string): void {
  if (EXTENSIONS.includes(extension)) return;
  throw validationError(
    'MACIE-LANDING-FORMAT',
    `fileExtension is '${extension}', under which Macie reads no lines of JSON; use ${EXTENSIONS.join(', ')}`,
    scope,
  );
}

function requireReadable(scope: Construct, props: StreamLandingProps): void {
  const { archiveStorageClass: archive, archiveAfter, bucket } = props;
  const isArchive = archive !== undefined && ARCHIVES.includes(archive.toString());
  if (isArchive && archiveAfter && archiveAfter.toDays() < TIME_TO_READ.toDays()) {
    throw validationError(
      'MACIE-LANDING-ARCHIVE',
      `objects move to ${archive.toString()} after ${archiveAfter.toDays()} days, where Macie can not read them; ` +
        `give it ${TIME_TO_READ.toDays()} days at least`,
      scope,
    );
  }
  if (bucket && archive) {
    throw validationError(
      'StreamLandingBucket',
      'archiveStorageClass is for a bucket of its own; leave one out',
      scope,
    );
  }
}
