import { Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { shutGate } from './gate-policy';
import { validationError } from '../../private/errors';
import { injectable } from '../../private/injectable';
import type { IAllowList } from '../allow-list';
import type { ICustomDataIdentifier } from '../custom-data-identifier';
import { DeadLetteredRule } from '../dead-lettered-rule';
import type { DiscoveryResultsExport } from '../discovery-results-export';
import { ManagedIdentifierSelection } from '../managed-identifier-selection';
import { letMacieDecrypt, warnOfUnreadable } from '../read-access';
import { ResponseFunction } from '../response/response-function';
import { messageStatements } from '../tell/finding-message-options';
import { schedule } from '../tell/scheduled-function';

const NAMESPACE = 'CdkMskMacie/UploadGate';

/** What becomes of uploads that Macie can not read, or not to their end. */
export enum UnreadableUploads {
  /** They stay held until a reviewer releases them. */
  HOLD = 'HOLD',

  /** They are released unseen. */
  RELEASE = 'RELEASE',
}

/** Which uploads are held, what they are scanned for, and how often. */
export interface UploadGateProps {
  /** The bucket, with versions and of this app: its policy and its notifications are part of the gate. */
  readonly bucket: s3.Bucket;

  /**
   * The export of discovery results of the account and Region. What Macie writes there about an object is what releases
   * it; that there is no finding would say nothing.
   */
  readonly resultsExport: DiscoveryResultsExport;

  /**
   * What the keys of gated objects begin with, up to 5.
   *
   * @default - all objects of the bucket
   */
  readonly keyPrefixes?: string[];

  /**
   * How often uploads are put into a batch, and how often results are looked at, in whole minutes.
   *
   * @default Duration.minutes(15)
   */
  readonly interval?: Duration;

  /**
   * How many uploads one job scans, 1 to 10,000.
   *
   * @default 10000
   */
  readonly maxObjectsPerBatch?: number;

  /**
   * How many jobs are made in a day (UTC) at most; what is uploaded beyond that waits.
   *
   * @default 96
   */
  readonly maxJobsPerDay?: number;

  /**
   * What uploads are scanned for among that which Macie knows by itself.
   *
   * @default ManagedIdentifierSelection.recommended()
   */
  readonly managedIdentifiers?: ManagedIdentifierSelection;

  /**
   * What uploads are scanned for besides, up to 30.
   *
   * @default - nothing else
   */
  readonly customIdentifiers?: ICustomDataIdentifier[];

  /**
   * What is not reported, up to 10 lists.
   *
   * @default - all is reported
   */
  readonly allowLists?: IAllowList[];

  /**
   * What becomes of uploads that Macie can not read.
   *
   * @default UnreadableUploads.HOLD
   */
  readonly unreadable?: UnreadableUploads;

  /**
   * How long the results of a job are waited for when it is over. What it says nothing about by then is scanned again,
   * twice at most.
   *
   * @default Duration.hours(1)
   */
  readonly resultsGrace?: Duration;

  /**
   * How often the bucket is searched for uploads that no event has told of.
   *
   * @default Duration.days(1)
   */
  readonly reconciliationInterval?: Duration;

  /**
   * Roles of people who look into what is held: they may read it, and release it by setting the tag `macie-gate:state` to
   * `released-by-` and their name.
   *
   * @default - nobody
   */
  readonly reviewers?: iam.IRoleRef[];

  /**
   * Where people are told how many uploads of a batch are held.
   *
   * @default - nobody is told; metrics say it
   */
  readonly topic?: sns.ITopic;
}

/**
 * Uploads to a bucket can be read only when Macie has found nothing in them.
 *
 * The policy of the bucket denies reading to everybody until an object carries the tag of its release. Uploads are
 * gathered into batches, and one classification job scans each batch. What its discovery results say is clean is
 * released, by version; all else stays held. Nothing is ever moved or deleted.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/tagging-and-policies.html
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-results-repository-s3.html
 */
@injectable
export class UploadGate extends Construct {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.UploadGate';

  /** Where uploads are announced. */
  public readonly queue: sqs.Queue;

  /** Announcements that nobody understood, and those that failed ten times. */
  public readonly deadLetterQueue: sqs.Queue;

  /** Which uploads wait, in which batch, and which are held. Retained. */
  public readonly table: dynamodb.Table;

  private readonly gateName: string;

  constructor(scope: Construct, id: string, props: UploadGateProps) {
    super(scope, id);
    const { bucket, topic, keyPrefixes = [''], interval = Duration.minutes(15) } = props;
    requireBucket(this, bucket);
    requireOnlyGate(this, bucket);
    requireLimits(this, props, interval);
    this.gateName = this.node.addr.slice(-8);

    this.deadLetterQueue = newQueue(this, 'DeadLetterQueue');
    this.queue = newQueue(this, 'Queue', this.deadLetterQueue);
    this.table = new dynamodb.Table(this, 'Table', {
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
      sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      encryption: dynamodb.TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });

    const objects = keyPrefixes.map((prefix) => bucket.arnForObjects(`${prefix}*`));
    const stage = (name: string, description: string, statements: iam.PolicyStatement[], more = {}) =>
      new ResponseFunction(this, name, {
        handler: 'macie-upload-gate',
        description,
        roleName: this.roleName(name),
        timeout: Duration.minutes(15),
        environment: {
          GATE: this.gateName,
          STAGE: name.toLowerCase(),
          NAMESPACE,
          ACCOUNT: Stack.of(this).account,
          BUCKET: bucket.bucketName,
          TABLE_NAME: this.table.tableName,
          ...more,
        },
        statements: [...statements],
      });
    const rights = rightsOf(this, props, objects);
    const collect = stage('Collect', 'Has Amazon Macie scan uploads in batches', rights.collect, {
      QUEUE_URL: this.queue.queueUrl,
    });
    const release = stage('Release', 'Releases uploads that Amazon Macie has found to be clean', rights.release, {
      RESULTS_BUCKET: props.resultsExport.bucket.bucketName,
      RESULTS_PREFIX: props.resultsExport.resultsPrefix,
      ...(topic ? { TOPIC_ARN: topic.topicArn } : {}),
    });
    const reconcile = stage('Reconcile', 'Finds uploads that no event has told of', rights.reconcile, {
      QUEUE_URL: this.queue.queueUrl,
    });

    shutGate(this, {
      bucket,
      objects,
      collectRole: this.roleName('Collect'),
      releaseRole: this.roleName('Release'),
      reviewers: props.reviewers ?? [],
    });
    if (bucket.encryptionKey) letMacieDecrypt(this, bucket.encryptionKey);
    this.node.addValidation({ validate: () => warnOfUnreadable(this, [bucket]) });
    announce(this, bucket, keyPrefixes, this.queue);

    // More than the environment of a function can hold.
    const input = events.RuleTargetInput.fromObject({
      prefixes: keyPrefixes,
      job: jobOf(props),
      maxObjects: props.maxObjectsPerBatch ?? 10_000,
      maxJobsPerDay: props.maxJobsPerDay ?? 96,
      graceSeconds: (props.resultsGrace ?? Duration.hours(1)).toSeconds(),
      releaseUnread: props.unreadable === UnreadableUploads.RELEASE,
    });
    schedule(collect, collect, interval, input);
    schedule(release, release, interval, input);
    schedule(reconcile, reconcile, props.reconciliationInterval ?? Duration.days(1), input);
  }

  /**
   * How long the oldest upload has waited that is in a batch, in seconds.
   *
   * @default - the maximum over 15 minutes
   */
  public metricOldestWaiting(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('OldestWaitingSeconds', { statistic: 'Maximum', period: Duration.minutes(15), ...options });
  }

  /**
   * A metric of the gate, by what it counts: `Collected`, `JobsStarted`, `JobsPaused`, `Throttled`, `DayExhausted`,
   * `Released`, `HeldForFindings`, `HeldUnread`, `ScannedAgain`, `Missed` and, once a day, `Held`.
   *
   * @default - the sum over 5 minutes
   */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: NAMESPACE,
      metricName,
      dimensionsMap: { Gate: this.gateName },
      statistic: 'Sum',
      ...options,
    });
  }

  /** An alarm when uploads wait for longer than they should, in a batch or before one. */
  public createAgeAlarm(id: string, maximumAge: Duration): cloudwatch.Alarm {
    const period = Duration.minutes(15);
    const oldest = new cloudwatch.MathExpression({
      expression: 'MAX([FILL(batched, 0), FILL(announced, 0)])',
      usingMetrics: {
        batched: this.metricOldestWaiting({ period }),
        announced: this.queue.metricApproximateAgeOfOldestMessage({ period, statistic: 'Maximum' }),
      },
      period,
    });
    return oldest.createAlarm(this, id, {
      alarmDescription: 'Uploads wait too long to be scanned',
      threshold: maximumAge.toSeconds(),
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }

  /** An alarm when uploads are held because of what is in them. */
  public createHeldAlarm(id: string): cloudwatch.Alarm {
    return above(this.metric('HeldForFindings'), this, id, 'Uploads with sensitive data are held');
  }

  /** An alarm when announcements of uploads could not be worked off. */
  public createFailureAlarm(id: string): cloudwatch.Alarm {
    const metric = this.deadLetterQueue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' });
    return above(metric, this, id, 'Announcements of uploads could not be worked off');
  }

  private roleName(stage: string): string {
    return `macie-gate-${stage.toLowerCase()}-${this.node.addr.slice(-8)}-${Stack.of(this).region}`;
  }
}

function above(metric: cloudwatch.Metric, scope: Construct, id: string, alarmDescription: string): cloudwatch.Alarm {
  return metric.createAlarm(scope, id, {
    alarmDescription,
    threshold: 0,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: 1,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
}

/** What each function may do; no other may do what it does. */
function rightsOf(gate: UploadGate, { bucket, resultsExport, topic }: UploadGateProps, objects: string[]) {
  const stack = Stack.of(gate);
  const job = stack.formatArn({ service: 'macie2', resource: 'classification-job', resourceName: '*' }); // Macie's to choose
  const own = { StringEquals: { 's3:ResourceAccount': stack.account } };
  const on = (resources: string[], ...actions: string[]) => new iam.PolicyStatement({ actions, resources });
  const table = (...actions: string[]) => on([gate.table.tableArn], ...actions.map((action) => `dynamodb:${action}`));
  const tags = (...actions: string[]) =>
    new iam.PolicyStatement({ actions: actions.map((action) => `s3:${action}`), resources: objects, conditions: own });
  const versions = new iam.PolicyStatement({
    actions: ['s3:ListBucketVersions'],
    resources: [bucket.bucketArn],
    conditions: own,
  });
  return {
    collect: [
      on([gate.queue.queueArn], 'sqs:ReceiveMessage', 'sqs:DeleteMessage'),
      table('ConditionCheckItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'),
      tags('GetObjectVersionTagging', 'PutObjectVersionTagging'),
      versions,
      on([job], 'macie2:CreateClassificationJob'),
      on(['*'], 'macie2:ListClassificationJobs'), // knows no resource
    ],
    release: [
      table('DeleteItem', 'PutItem', 'Query', 'UpdateItem'),
      tags('GetObjectVersionTagging', 'PutObjectVersionTagging'),
      on([job], 'macie2:DescribeClassificationJob'),
      new iam.PolicyStatement({
        actions: ['s3:ListBucket'],
        resources: [resultsExport.bucket.bucketArn],
        conditions: { StringLike: { 's3:prefix': `${resultsExport.resultsPrefix}*` } },
      }),
      on([resultsExport.bucket.arnForObjects(`${resultsExport.resultsPrefix}*`)], 's3:GetObject'),
      on([resultsExport.encryptionKey.keyArn], 'kms:Decrypt'),
      ...(topic ? messageStatements(gate, { topic }) : []),
    ],
    reconcile: [
      on([gate.queue.queueArn], 'sqs:SendMessage'),
      table('DeleteItem', 'GetItem', 'PutItem', 'Query'),
      tags('GetObjectVersionTagging'),
      versions,
    ],
  };
}

/** What all jobs of the gate have in common. */
function jobOf({ managedIdentifiers, customIdentifiers, allowLists }: UploadGateProps): object {
  return {
    ...(managedIdentifiers ?? ManagedIdentifierSelection.recommended())._definition,
    customDataIdentifierIds: customIdentifiers?.map((identifier) => identifier.customDataIdentifierId),
    allowListIds: allowLists?.map((list) => list.allowListId),
  };
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html */
function announce(gate: UploadGate, bucket: s3.Bucket, keyPrefixes: string[], queue: sqs.Queue): void {
  const resource = bucket.node.defaultChild as s3.CfnBucket;
  // The CDK writes all notifications of a bucket anew as soon as it writes any.
  const isWrittenByCdk = () => bucket.node.tryFindChild('Notifications') !== undefined;
  if (isWrittenByCdk()) {
    bucket.enableEventBridgeNotification();
  } else {
    resource.addPropertyOverride('NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled', true);
    gate.node.addValidation({
      validate: () =>
        isWrittenByCdk()
          ? [
              `${bucket.node.path} got other notifications after its gate, which turn EventBridge off: set eventBridgeEnabled on the bucket`,
            ]
          : [],
    });
  }
  const rule = new DeadLetteredRule(gate, 'Uploads', {
    eventPattern: {
      source: ['aws.s3'],
      detailType: ['Object Created'],
      detail: {
        bucket: { name: [bucket.bucketName] },
        ...(keyPrefixes.includes('') ? {} : { object: { key: keyPrefixes.map((prefix) => ({ prefix })) } }),
      },
    },
    description: `Uploads that are held until Amazon Macie has read them`,
  });
  rule.addTarget(new targets.SqsQueue(queue, { message: events.RuleTargetInput.fromEventPath('$.detail') }));
}

function newQueue(scope: Construct, id: string, deadLetterQueue?: sqs.Queue): sqs.Queue {
  return new sqs.Queue(scope, id, {
    encryption: sqs.QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
    visibilityTimeout: Duration.minutes(20), // longer than a function may take
    deadLetterQueue: deadLetterQueue && { queue: deadLetterQueue, maxReceiveCount: 10 },
  });
}

/** Without versions, what was scanned can not be told from what has taken its place. */
function requireBucket(gate: UploadGate, bucket: s3.Bucket): void {
  const resource = bucket.node.defaultChild as s3.CfnBucket;
  const versioning: unknown = Stack.of(bucket).resolve(resource.versioningConfiguration);
  const status = (versioning as { readonly status?: unknown } | undefined)?.status;
  if (status === 'Enabled' || (typeof status === 'object' && status !== null)) return;
  throw validationError(
    'MACIE-GATE-VERSIONS',
    `${bucket.node.path} keeps no versions, so an upload during a scan would be released by what was scanned before; ` +
      'set versioned on the bucket',
    gate,
  );
}

function requireOnlyGate(gate: UploadGate, bucket: s3.Bucket): void {
  const other = gate.node.root.node
    .findAll()
    .find((one) => one instanceof UploadGate && one !== gate && GATED.get(one) === bucket);
  if (other) {
    throw validationError(
      'MACIE-GATE-SINGLE',
      `${other.node.path} and ${gate.node.path} are both gates of ${bucket.node.path}; make it one with keyPrefixes of both`,
      gate,
    );
  }
  GATED.set(gate, bucket);
}

const GATED = new WeakMap<Construct, s3.Bucket>();

function requireLimits(gate: UploadGate, props: UploadGateProps, interval: Duration): void {
  const { maxObjectsPerBatch = 1, maxJobsPerDay = 1, keyPrefixes, customIdentifiers = [], allowLists = [] } = props;
  const within = (value: number, min: number, max: number) =>
    Token.isUnresolved(value) || (Number.isInteger(value) && value >= min && value <= max);
  const wrongPrefix = keyPrefixes?.find((prefix) => !Token.isUnresolved(prefix) && /^$|[*?]/.test(prefix));
  const problems: [boolean, string][] = [
    [!within(maxObjectsPerBatch, 1, 10_000), `maxObjectsPerBatch is ${maxObjectsPerBatch}; 1 to 10000 are possible`],
    [!within(maxJobsPerDay, 1, 1_440), `maxJobsPerDay is ${maxJobsPerDay}; 1 to 1440 are possible, one in a minute`],
    [
      keyPrefixes !== undefined && !within(keyPrefixes.length, 1, 5),
      `keyPrefixes has ${keyPrefixes?.length} entries; give 1 to 5, or leave it out`,
    ],
    [wrongPrefix !== undefined, `'${wrongPrefix}' in keyPrefixes begins no key; write its first characters alone`],
    [customIdentifiers.length > 30, `customIdentifiers has ${customIdentifiers.length} identifiers; 30 are possible`],
    [allowLists.length > 10, `allowLists has ${allowLists.length} lists; 10 are possible`],
    [
      props.managedIdentifiers?._selector === 'NONE' && customIdentifiers.length === 0,
      'a gate without managed identifiers needs customIdentifiers to look for',
    ],
  ];
  const minutes = interval.isUnresolved() ? 15 : interval.toMinutes({ integral: false });
  problems.push([
    !within(minutes, 1, 1_440),
    `interval is ${interval.toHumanString()}; whole minutes up to a day are possible`,
  ]);
  const problem = problems.find(([isWrong]) => isWrong);
  if (problem) throw validationError('MACIE-GATE-LIMITS', problem[1], gate);
}
