import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { ClassificationJob } from '../classification-job';
import { DeadLetteredRule } from '../dead-lettered-rule';
import { HandledResource } from '../../private/custom-resource';
import { validationError } from '../../private/errors';
import { injectable } from '../../private/injectable';
import { ShippedFunction } from '../../private/shipped-function';
import { requireOnly } from '../../private/singleton';

const LOG_GROUP = '/aws/macie/classificationjobs';
const NAMESPACE = 'CdkMskMacie/ClassificationJobs';

/**
 * What happens to classification jobs, by the words of their log.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-jobs-monitor-cw-logs-ref.html
 */
export enum JobEventType {
  /** A job was created. */
  JOB_CREATED = 'JOB_CREATED',
  /** A job that runs once began. */
  ONE_TIME_JOB_STARTED = 'ONE_TIME_JOB_STARTED',
  /** A run of a job with a schedule began. */
  SCHEDULED_RUN_STARTED = 'SCHEDULED_RUN_STARTED',
  /** A run of a job with a schedule ended. */
  SCHEDULED_RUN_COMPLETED = 'SCHEDULED_RUN_COMPLETED',
  /** A job that runs once ended. */
  JOB_COMPLETED = 'JOB_COMPLETED',
  /** A job was cancelled. */
  JOB_CANCELLED = 'JOB_CANCELLED',
  /** Somebody paused a job. */
  JOB_PAUSED_BY_USER = 'JOB_PAUSED_BY_USER',
  /** Somebody let a job go on. */
  JOB_RESUMED_BY_USER = 'JOB_RESUMED_BY_USER',
  /** The quota of the month is used up. */
  JOB_PAUSED_BY_QUOTA = 'JOB_PAUSED_BY_MACIE_SERVICE_QUOTA_MET',
  /** A new month, or a higher quota. */
  JOB_RESUMED_BY_QUOTA = 'JOB_RESUMED_BY_MACIE_SERVICE_QUOTA_LIFTED',
  /** No bucket meets the criteria of a job. */
  NO_BUCKETS_MATCHED = 'NO_BUCKETS_MATCHED_THE_CRITERIA',
  /** Macie may not read a bucket. */
  BUCKET_ACCESS_DENIED = 'BUCKET_ACCESS_DENIED',
  /** Macie could not find out about a bucket. */
  BUCKET_DETAILS_UNAVAILABLE = 'BUCKET_DETAILS_UNAVAILABLE',
  /** A bucket is gone. */
  BUCKET_DOES_NOT_EXIST = 'BUCKET_DOES_NOT_EXIST',
  /** A bucket is elsewhere now. */
  BUCKET_IN_DIFFERENT_REGION = 'BUCKET_IN_DIFFERENT_REGION',
  /** A bucket belongs to somebody else now. */
  BUCKET_OWNER_CHANGED = 'BUCKET_OWNER_CHANGED',
  /** Macie may not read the buckets of an account. */
  ACCOUNT_ACCESS_DENIED = 'ACCOUNT_ACCESS_DENIED',
}

/** What a job could not read: the events that begin with the word for an account or a bucket. */
const TROUBLE = ['ACCOUNT_', 'BUCKET_'];
const NO_TROUBLE = 'BUCKET_MATCHED_THE_CRITERIA';

/** How the log of classification jobs is read. */
export interface JobStatusEventsProps {
  /**
   * How long the log is kept, if Macie has not made it yet; otherwise it is kept as it is.
   *
   * @default logs.RetentionDays.ONE_YEAR
   */
  readonly retention?: logs.RetentionDays;
}

/** Which events of jobs, and where they go. */
export interface JobStatusRuleOptions {
  /**
   * What has happened.
   *
   * @default - anything
   */
  readonly eventTypes?: JobEventType[];

  /**
   * The jobs that it has happened to.
   *
   * @default - every job of the account in the Region
   */
  readonly jobs?: ClassificationJob[];

  /** Where events go, five targets at most. */
  readonly targets: events.IRuleTarget[];
}

/**
 * What happens to classification jobs, as events of the default bus.
 *
 * Macie sends none: it writes a log, which this makes sure is there, reads, and never deletes. Events have the source
 * `cdk-msk-macie.jobs` and the type `Macie Job Status`; one may come twice.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-jobs-monitor-cw-logs.html
 */
@injectable
export class JobStatusEvents extends Construct {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.JobStatusEvents';

  /** The log of all classification jobs of the account in the Region. */
  public readonly logGroup: logs.ILogGroup;

  constructor(scope: Construct, id: string, props: JobStatusEventsProps = {}) {
    super(scope, id);
    requireOnly(
      this,
      'MACIE-JOB-EVENTS-SINGLE',
      'readers of the log of all jobs of one account and Region',
      (other) => other instanceof JobStatusEvents,
    );
    const stack = Stack.of(this);
    this.logGroup = logs.LogGroup.fromLogGroupName(this, 'LogGroup', LOG_GROUP);
    const group = { service: 'logs', resource: 'log-group', arnFormat: ArnFormat.COLON_RESOURCE_NAME };
    const log = new HandledResource(this, 'Resource', {
      handler: 'macie-job-log',
      resourceType: 'Custom::MacieJobLog',
      properties: { LogGroupName: LOG_GROUP, RetentionInDays: props.retention ?? logs.RetentionDays.ONE_YEAR },
      statements: [
        new iam.PolicyStatement({
          actions: ['logs:CreateLogGroup', 'logs:PutRetentionPolicy'],
          resources: [LOG_GROUP, `${LOG_GROUP}:*`].map((resourceName) => stack.formatArn({ ...group, resourceName })),
        }),
      ],
    }).resource;
    const jobs = { service: 'macie2', resource: 'classification-job', resourceName: '' };
    const reader = new ShippedFunction(this, 'Reader', {
      handler: 'job-status-events',
      environment: { JOB_ARN_PREFIX: stack.formatArn(jobs) },
      statements: [
        new iam.PolicyStatement({
          actions: ['events:PutEvents'],
          resources: [stack.formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' })],
        }),
      ],
      keepsFailures: true,
    });
    reader.function.addPermission('Log', {
      principal: new iam.ServicePrincipal('logs.amazonaws.com'),
      sourceArn: stack.formatArn({ ...group, resourceName: `${LOG_GROUP}:*` }),
      sourceAccount: stack.account,
    });
    const subscription = new logs.CfnSubscriptionFilter(this, 'Subscription', {
      logGroupName: LOG_GROUP,
      filterPattern: '{ $.eventType = "*" }',
      destinationArn: reader.function.functionArn,
    });
    subscription.node.addDependency(log, reader.function);
    const trouble = TROUBLE.map((beginning) => `$.eventType = "${beginning}*"`).join(' || ');
    const filter = new logs.CfnMetricFilter(this, 'AccessErrors', {
      logGroupName: LOG_GROUP,
      filterPattern: `{ (${trouble}) && $.eventType != "${NO_TROUBLE}" }`,
      metricTransformations: [
        { metricNamespace: NAMESPACE, metricName: 'AccessErrors', metricValue: '1', defaultValue: 0 },
      ],
    });
    filter.node.addDependency(log);
  }

  /** Sends what happens to jobs to targets. */
  public onJobEvent(id: string, options: JobStatusRuleOptions): events.Rule {
    const { eventTypes, jobs, targets } = options;
    if (targets.length === 0 || eventTypes?.length === 0 || jobs?.length === 0) {
      throw validationError(
        'JobStatusRule',
        'targets, eventTypes or jobs is an empty list; leave lists out to mean all',
        this,
      );
    }
    const rule = new DeadLetteredRule(this, id, {
      eventPattern: {
        source: ['cdk-msk-macie.jobs'],
        detailType: ['Macie Job Status'],
        detail: { eventType: eventTypes ?? [{ exists: true }], jobId: jobs?.map((job) => job.jobId) },
      },
    });
    targets.forEach((target) => rule.addTarget(target));
    return rule;
  }

  /**
   * How often a job could not read an account or a bucket.
   *
   * @default - the sum over 5 minutes
   */
  public metricAccessErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({ namespace: NAMESPACE, metricName: 'AccessErrors', statistic: 'Sum', ...options });
  }
}
