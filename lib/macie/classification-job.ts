import { Duration, Lazy, RemovalPolicy, Stack, TagManager, TagType, Token, Validations } from 'aws-cdk-lib';
import type { CfnResource, ITaggableV2 } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { IConstruct } from 'constructs';
import { waitForSession } from './after-session';
import type { IAllowList } from './allow-list';
import type { BucketSelection } from './bucket-selection';
import type { ICustomDataIdentifier } from './custom-data-identifier';
import { exclusionsFor } from './excluded-buckets';
import { JobSchedule } from './job-schedule';
import type { IMacieSession } from './macie-session';
import { ManagedIdentifierSelection } from './managed-identifier-selection';
import type { ObjectScope } from './object-scope';
import { warnOfUnreadable } from './read-access';
import { renderObjectScope } from './render-object-scope';
import { checkAtSynth } from '../private/checks';
import { HandledResource } from '../private/custom-resource';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { isSamePlace } from '../private/same-place';

/**
 * What a changed job does about objects that it has read before the change.
 *
 * Macie can not change a job. Another definition is another job, which knows nothing of what the one before has read.
 */
export enum JobChange {
  /** The new job begins as if there had been none: it reads, and Macie charges for, everything in its scope. */
  RESCAN = 'RESCAN',

  /**
   * The new job reads what was created or changed since the last run of the one before. What the new definition alone
   * would find in older objects stays unfound. Refused while a run is not over, since nobody knows what it has read.
   */
  CONTINUE = 'CONTINUE',
}

/** A classification job: Macie calls it a sensitive data discovery job. */
export interface IClassificationJob extends IConstruct {
  /** The ID of the job; a changed definition takes another. */
  readonly jobId: string;

  /** The ARN of the job. */
  readonly jobArn: string;
}

/** What a job reads, for what, and when. */
export interface ClassificationJobProps {
  /**
   * The name of the job, up to 500 characters. It is the identity of the job as well: a construct that is renamed or
   * moved to another stack keeps its job as long as name and definition stay. In one account and Region every job has a
   * name of its own.
   */
  readonly jobName: string;

  /** The buckets that it reads. */
  readonly buckets: BucketSelection;

  /** What a changed definition does about objects that were read before. */
  readonly onDefinitionChange: JobChange;

  /**
   * What the job is for, up to 200 characters.
   *
   * @default - no description
   */
  readonly description?: string;

  /**
   * When it runs.
   *
   * @default JobSchedule.once()
   */
  readonly schedule?: JobSchedule;

  /**
   * The objects of the buckets that it reads.
   *
   * @default - all that Macie can read
   */
  readonly objects?: ObjectScope;

  /**
   * How many of a hundred objects it reads, chosen at random, each in full: 1 to 100.
   *
   * @default 100
   */
  readonly samplingPercentage?: number;

  /**
   * What it looks for among that which Macie knows by itself.
   *
   * @default ManagedIdentifierSelection.recommended()
   */
  readonly managedIdentifiers?: ManagedIdentifierSelection;

  /**
   * What it looks for besides, up to 30.
   *
   * @default - nothing else
   */
  readonly customIdentifiers?: ICustomDataIdentifier[];

  /**
   * What it does not report, up to 10 lists.
   *
   * @default - it reports all that it finds
   */
  readonly allowLists?: IAllowList[];

  /**
   * Tags of the job, up to 40, besides those of the app and its stacks that the CDK's `Tags` adds.
   *
   * @default - no others
   */
  readonly tags?: Record<string, string>;

  /**
   * What becomes of the job when it is removed from the stack, or with the stack. `RETAIN` leaves it running, at its
   * price, until somebody cancels it in Macie; a job that a changed definition replaces is cancelled all the same.
   *
   * @default RemovalPolicy.DESTROY - it is cancelled
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * The session that it waits for.
   *
   * @default - the session of the same stack, if there is one
   */
  readonly session?: IMacieSession;
}

/**
 * Looks for sensitive data in objects of S3 buckets, once or again and again.
 *
 * CloudFormation has no type for it, hence a custom resource. It is done when the job is created and does not wait for
 * a run, which may take days. Deleting it cancels the job; what was found, and its log, stay.
 *
 * Macie creates one job in ten seconds. Up to 75 in one deployment wait for one another by themselves; let more of them
 * depend on others.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-jobs.html
 */
@injectable
export class ClassificationJob extends Construct implements IClassificationJob {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.ClassificationJob';

  public readonly jobId: string;
  public readonly jobArn: string;

  /** The name of the job. */
  public readonly jobName: string;

  constructor(scope: Construct, id: string, props: ClassificationJobProps) {
    super(scope, id);
    this.jobName = props.jobName;
    requireLimits(this, props);
    requireOnlyName(this);
    warnOfDailyScan(this, props);
    const render = definitionOf(this, props);
    render(); // for its errors, where the user's call is on the stack

    const handled = new HandledJob(this, 'Resource', {
      // Buckets that the job has to leave out may come after it.
      definition: Lazy.uncachedString({ produce: () => Stack.of(this).toJsonString(render()) }),
      change: props.onDefinitionChange,
      tags: props.tags,
    });
    this.jobId = handled.resource.ref;
    this.jobArn = handled.resource.getAttString('JobArn');
    const resource = handled.resource.node.defaultChild as CfnResource;
    resource.applyRemovalPolicy(props.removalPolicy ?? RemovalPolicy.DESTROY, { applyToUpdateReplacePolicy: false });
    waitForSession(handled.resource, props.session);
    checkAtSynth(this, [{ resource }]);
    if (props.buckets._isOpen) this.node.addValidation({ validate: () => warnOfUnnamedBuckets(this) });
    this.node.addValidation({ validate: () => warnOfUnreadable(this, props.buckets._buckets) });
  }
}

interface HandledJobProps {
  readonly definition: string;
  readonly change: JobChange;
  readonly tags?: Record<string, string>;
}

/** The custom resource; tags of aspects reach it as if it were CloudFormation's own. */
class HandledJob extends HandledResource implements ITaggableV2 {
  public readonly cdkTagManager: TagManager;

  constructor(scope: Construct, id: string, { definition, change, tags }: HandledJobProps) {
    const cdkTagManager = new TagManager(TagType.MAP, 'Custom::MacieClassificationJob', tags);
    super(scope, id, {
      handler: 'macie-classification-job',
      resourceType: 'Custom::MacieClassificationJob',
      properties: {
        // One text, because CloudFormation hands numbers over as texts.
        Definition: definition,
        OnDefinitionChange: change,
        Tags: cdkTagManager.renderedTags,
      },
      statements: statementsFor(scope),
      // Where few functions may run at once, some events wait long before theirs begins.
      timeout: Duration.minutes(59),
    });
    this.cdkTagManager = cdkTagManager;
    this.node.addValidation({ validate: () => wrongTags(cdkTagManager.tagValues()) });
  }
}

/** @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonmacie.html */
function statementsFor(scope: Construct): iam.PolicyStatement[] {
  // The ID is Macie's to choose.
  const jobs = Stack.of(scope).formatArn({
    service: 'macie2',
    resource: 'classification-job',
    resourceName: '*',
  });
  return [
    new iam.PolicyStatement({ actions: ['macie2:ListClassificationJobs'], resources: ['*'] }), // knows no resource
    new iam.PolicyStatement({
      actions: [
        'macie2:CreateClassificationJob',
        'macie2:DescribeClassificationJob',
        'macie2:TagResource',
        'macie2:UntagResource',
      ],
      resources: [jobs],
    }),
    new iam.PolicyStatement({
      actions: ['macie2:UpdateClassificationJob'], // cancels; of all jobs, only those that this library has made
      resources: [jobs],
      conditions: { Null: { 'aws:ResourceTag/cdk-msk-macie:definition': 'false' } },
    }),
  ];
}

/** @see https://docs.aws.amazon.com/macie/latest/APIReference/jobs.html */
function definitionOf(job: ClassificationJob, props: ClassificationJobProps): () => object {
  const { description, samplingPercentage = 100, customIdentifiers = [], allowLists = [] } = props;
  const schedule = props.schedule ?? JobSchedule.once();
  const managed = props.managedIdentifiers ?? ManagedIdentifierSelection.recommended();
  return () => {
    const scoping = props.objects && renderObjectScope(props.objects, job);
    return {
      name: props.jobName,
      ...(description === undefined ? {} : { description }),
      ...schedule._definition,
      samplingPercentage,
      ...managed._definition,
      ...listed(
        'customDataIdentifierIds',
        customIdentifiers.map((identifier) => identifier.customDataIdentifierId),
      ),
      ...listed(
        'allowListIds',
        allowLists.map((list) => list.allowListId),
      ),
      s3JobDefinition: {
        ...props.buckets._definition(job, exclusionsFor(job).bucketNames),
        ...(scoping ? { scoping } : {}),
      },
    };
  };
}

function listed(member: string, ids: string[]): object {
  return ids.length > 0 ? { [member]: ids } : {};
}

/** @see https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html */
function requireLimits(job: ClassificationJob, props: ClassificationJobProps): void {
  const { customIdentifiers = [], allowLists = [], managedIdentifiers } = props;
  const problem =
    outside('jobName', props.jobName.length, 1, 500, 'characters', props.jobName) ??
    outside('description', props.description?.length, 0, 200, 'characters', props.description) ??
    outside('samplingPercentage', props.samplingPercentage, 1, 100, 'percent', props.samplingPercentage) ??
    outside('customIdentifiers', customIdentifiers.length, 0, 30, 'identifiers', customIdentifiers) ??
    outside('allowLists', allowLists.length, 0, 10, 'lists', allowLists) ??
    (managedIdentifiers?._selector === 'NONE' && customIdentifiers.length === 0
      ? 'a job without managed identifiers needs customIdentifiers to look for'
      : undefined) ??
    wrongTags(props.tags)[0];
  if (problem) throw validationError('MACIE-JOB-LIMITS', problem, job);
}

function outside(
  what: string,
  size: number | undefined,
  min: number,
  max: number,
  unit: string,
  value: unknown,
): string | undefined {
  if (size === undefined || Token.isUnresolved(value)) return undefined;
  if (Number.isInteger(size) && size >= min && size <= max) return undefined;
  return `${what} has ${size} ${unit}; ${min} to ${max} are allowed`;
}

function wrongTags(tags: Record<string, string> = {}): string[] {
  const keys = Object.keys(tags);
  const reserved = keys.find((key) => /^(aws:|cdk-msk-macie:)/i.test(key));
  if (reserved !== undefined) return [`the tag ${reserved} is reserved; choose a key without that beginning`];
  // The others are for what the custom resource has to remember.
  return keys.length > 40 ? [`tags has ${keys.length} tags; up to 40 are allowed`] : [];
}

/** By the root of the construct tree. */
const JOBS = new WeakMap<IConstruct, Map<string, ClassificationJob[]>>();

/** Two jobs of one name and definition would be one, and whoever goes last would cancel it. */
function requireOnlyName(job: ClassificationJob): void {
  if (Token.isUnresolved(job.jobName)) return;
  const { root } = job.node;
  const named = JOBS.get(root) ?? new Map<string, ClassificationJob[]>();
  JOBS.set(root, named);
  const same = named.get(job.jobName) ?? [];
  const other = same.find((one) => isSamePlace(one, job));
  if (other) {
    throw validationError(
      'MACIE-JOB-NAME',
      `${other.node.path} and ${job.node.path} are both named '${job.jobName}', and a name is the identity of a job; ` +
        'give each its own',
      job,
    );
  }
  named.set(job.jobName, [...same, job]);
}

function warnOfDailyScan(job: ClassificationJob, props: ClassificationJobProps): void {
  const isNarrowed = props.objects !== undefined || (props.samplingPercentage ?? 100) < 100;
  if (!props.schedule?._isDaily || !props.buckets._isEverything || isNarrowed) return;
  Validations.of(job).addWarning(
    'cdk-msk-macie:MACIE-JOB-DAILY-ALL',
    'the job reads every object of every bucket once and then, each day, all that is new: Macie charges by the gigabyte ' +
      'it reads; choose buckets, objects, a sample or a longer interval, or acknowledge this warning if that is meant',
  );
}

function warnOfUnnamedBuckets(job: ClassificationJob): string[] {
  for (const path of exclusionsFor(job).unnamed) {
    Validations.of(job).addWarning(
      'cdk-msk-macie:MACIE-JOB-EXCLUSION',
      `the job reads ${path} too, where results or quarantined objects are kept: its name is not known in this stack; ` +
        'give that bucket a physical name, or make the job in its stack',
    );
  }
  return [];
}
