import type {
  CreateClassificationJobCommandInput,
  CreateClassificationJobCommandOutput,
  DescribeClassificationJobCommandOutput,
  ListClassificationJobsCommandInput,
  ListClassificationJobsCommandOutput,
} from '@aws-sdk/client-macie2';
import { isThrottled, isTransient } from '../shared/aws-errors';
import type { AwsError } from '../shared/aws-errors';
import type { Clock } from '../shared/clock';
import type { CustomResource, EnsureEvent } from '../shared/custom-resource';
import { explained, macieDenial } from '../shared/macie-denial';
import { Patience } from '../shared/patience';
import { continuedFrom, definitionHash, shortHash } from './definition';
import type { Definition } from './definition';

export interface Properties {
  /** What can never change, as JSON. */
  readonly Definition: string;

  /** What becomes of objects that the job before has read, where a changed definition takes a new job. */
  readonly OnDefinitionChange: 'RESCAN' | 'CONTINUE';

  readonly Tags?: Record<string, string>;
}

/** The calls to the service. */
export interface ClassificationJobs {
  create(input: CreateClassificationJobCommandInput): Promise<CreateClassificationJobCommandOutput>;
  describe(jobId: string): Promise<DescribeClassificationJobCommandOutput>;
  list(input: ListClassificationJobsCommandInput): Promise<ListClassificationJobsCommandOutput>;
  cancel(jobId: string): Promise<unknown>;
  tag(arn: string, tags: Record<string, string>): Promise<unknown>;
  untag(arn: string, keys: string[]): Promise<unknown>;
}

type Job = DescribeClassificationJobCommandOutput;

/** What names a resource; the same in all its events. */
type Origin = Pick<EnsureEvent<Properties>, 'StackId' | 'LogicalResourceId' | 'RequestId'>;

/** Which job it is, whoever holds on to it: a hash of its name, since a tag does not take every name. */
const KEY = 'cdk-msk-macie:jobKey';

/** What a job was made from. */
const DEFINITION = 'cdk-msk-macie:definition';

/** The job that it was to take the place of. */
const REPLACES = 'cdk-msk-macie:replaces';

/** One tag for each resource that holds on to the job; two while a construct moves. */
const OWNER = 'cdk-msk-macie:owner:';

/** The policy of the function is as young as the resource, and so may be the session. */
const SETTLING_MS = 120_000;

/** Macie creates one job in ten seconds; whoever waits for that is to hear the reason before the function ends. */
const QUEUE_MS = 840_000;

/**
 * `Custom::MacieClassificationJob`: a job that is there as long as a resource asks for it.
 *
 * A job can not be changed, so another definition is another job, and CloudFormation deletes the old one once all else
 * has succeeded. Tags on the job say what it was made from and who holds on to it. Whoever wants a job that is there
 * joins its owners: a roll-back finds the old job again, a construct that was renamed or moved keeps its job and all
 * that the job remembers. A job is cancelled when its last owner lets go, so a move that is rolled back takes nothing
 * from the stack that had the job before.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-jobs-manage-settings.html
 */
export function classificationJob(jobs: ClassificationJobs, clock: Clock): CustomResource<Properties> {
  return {
    cleansUpFailedCreate: true,

    async ensure(event) {
      const service = patient(jobs, clock, event);
      const definition = definitionOf(event.ResourceProperties);
      const tags = {
        ...event.ResourceProperties.Tags,
        [KEY]: shortHash(definition.name),
        [DEFINITION]: definitionHash(definition),
        [ownerKey(event)]: ownerName(event),
      };

      const current = event.RequestType === 'Update' ? await read(service, event.PhysicalResourceId) : undefined;
      const named = await jobsOf(service, namesOf(event));
      const job = await join(service, event, tags, candidates(event, tags, current, named));
      const settled = job ?? (await create(service, event, definition, tags, current));
      if (event.RequestType === 'Update') {
        for (const one of named) if (isLeftover(one, event, settled)) await letGo(service, event, one);
      }
      return { physicalResourceId: settled.jobId!, data: { JobArn: settled.jobArn! } };
    },

    async remove(event) {
      const service = patient(jobs, clock, event, { offIsGone: true });
      const { ResourceProperties: properties, PhysicalResourceId: id } = event;
      try {
        if (isJobId(id)) {
          const job = await read(service, id);
          if (job) await letGo(service, event, job);
          return;
        }
        // A create that failed, or that CloudFormation did not wait for, may have come as far as a job.
        const definition = definitionOf(properties);
        const wanted = definitionHash(definition);
        for (const job of await jobsOf(service, [definition.name])) {
          if (tagsOf(job)[DEFINITION] === wanted) await letGo(service, event, job);
        }
      } catch (error) {
        if (macieDenial(error as AwsError) !== 'turned-off') throw error; // nothing is left where Macie is off
      }
    },
  };
}

/** Every call repeats itself; when the queue of a stack is too long it says so. */
function patient(
  jobs: ClassificationJobs,
  clock: Clock,
  event: Origin,
  { offIsGone = false } = {},
): ClassificationJobs {
  const settling = new Patience(clock, SETTLING_MS);
  const queue = new Patience(clock, QUEUE_MS, { firstMs: 250, longestMs: 15_000, random: randomOf(event) });
  const isYoung = (error: AwsError) => {
    const denial = macieDenial(error);
    return denial === 'iam' || (denial === 'turned-off' && !offIsGone);
  };
  const wait = async <T>(make: () => Promise<T>): Promise<T> => {
    try {
      return await queue.call(() => settling.call(make, isYoung), isTransient);
    } catch (thrown) {
      const error = thrown as AwsError;
      if (isThrottled(error)) throw queueTooLong(error);
      throw offIsGone ? error : explained(error);
    }
  };
  return {
    create: (input) => wait(() => jobs.create(input)),
    describe: (jobId) => wait(() => jobs.describe(jobId)),
    list: (input) => wait(() => jobs.list(input)),
    cancel: (jobId) => wait(() => jobs.cancel(jobId)),
    tag: (arn, tags) => wait(() => jobs.tag(arn, tags)),
    untag: (arn, keys) => wait(() => jobs.untag(arn, keys)),
  };
}

function queueTooLong({ message }: AwsError): Error {
  return new Error(
    `Macie takes one new job in ten seconds, and this one has waited for ${QUEUE_MS / 60_000} minutes behind others: ` +
      `make some jobs depend on others, or deploy fewer at a time (${message})`,
  );
}

/** All resources of a stack begin at once; what spreads them is their own, and the same at every repetition. */
function randomOf({ StackId, LogicalResourceId, RequestId }: Origin): () => number {
  let tries = 0;
  return () =>
    parseInt(shortHash([StackId, LogicalResourceId, RequestId, tries++].join('\n')).slice(0, 8), 16) / 2 ** 32;
}

/**
 * Jobs of the wanted definition: the current one first, then one of our own, then those of the same key that somebody
 * else still holds on to.
 */
function candidates(event: Origin, wanted: Record<string, string>, current: Job | undefined, named: Job[]): Job[] {
  const has = (job: Job, key: string) => tagsOf(job)[key] === wanted[key];
  const isWanted = (job: Job) => job.jobStatus !== 'CANCELLED' && has(job, DEFINITION);
  const held = named.filter((job) => owners(job).length > 0);
  const own = held.filter((job) => ownerKey(event) in tagsOf(job));
  return [...(current ? [current] : []), ...own, ...held.filter((job) => has(job, KEY))].filter(isWanted);
}

/** Takes the first of the jobs that is still there when our tags are on it. */
async function join(
  service: ClassificationJobs,
  event: EnsureEvent<Properties>,
  tags: Record<string, string>,
  from: Job[],
): Promise<Job | undefined> {
  const old = event.RequestType === 'Update' ? Object.keys(event.OldResourceProperties.Tags ?? {}) : [];
  for (const job of from) {
    const changed = Object.entries(tags).filter(([key, value]) => tagsOf(job)[key] !== value);
    const gone = old.filter((key) => key in tagsOf(job) && !(key in tags));
    if (changed.length > 0) await service.tag(job.jobArn!, Object.fromEntries(changed));
    if (gone.length > 0) await service.untag(job.jobArn!, gone);
    // The last owner may have let go in the meantime, which cancels the job.
    const isOurs = ownerKey(event) in tagsOf(job);
    if (isOurs || (await read(service, job.jobId!))?.jobStatus !== 'CANCELLED') return job;
  }
  return undefined;
}

async function create(
  service: ClassificationJobs,
  event: EnsureEvent<Properties>,
  definition: Definition,
  tags: Record<string, string>,
  current: Job | undefined,
): Promise<CreateClassificationJobCommandOutput> {
  const clientToken = shortHash([event.StackId, event.LogicalResourceId, event.RequestId].join('\n'));
  if (event.RequestType === 'Create') return service.create({ ...definition, tags, clientToken });
  const continues = event.ResourceProperties.OnDefinitionChange === 'CONTINUE';
  return service.create({
    ...(continues ? continuedFrom(endOfLastRun(event.PhysicalResourceId, current), definition) : definition),
    tags: { ...tags, [REPLACES]: event.PhysicalResourceId },
    clientToken,
  });
}

/** What was changed since then is what the job has not read, given that no run was cut short. */
function endOfLastRun(jobId: string, job: Job | undefined): Date {
  const since = job?.lastRunTime ?? job?.createdAt;
  const status = job?.jobStatus;
  if (since && (status === 'IDLE' || status === 'COMPLETE')) return since;
  throw new Error(
    `nobody can continue job ${jobId}, which is ${status ?? 'gone'}, since what it has read so far is not known: ` +
      `${status === 'RUNNING' ? 'deploy again when its run has ended, or ' : ''}choose JobChange.RESCAN`,
  );
}

/** Made by an update of this very job that failed in the end, so that CloudFormation does not know of it. */
function isLeftover(job: Job, event: EnsureEvent<Properties>, settled: Pick<Job, 'jobId'>): boolean {
  return (
    event.RequestType === 'Update' &&
    job.jobId !== settled.jobId &&
    ownerKey(event) in tagsOf(job) &&
    tagsOf(job)[REPLACES] === event.PhysicalResourceId
  );
}

/**
 * Stops being an owner, and cancels the job if nobody else is one. Looks again in between, so that of two who let go
 * at once neither relies on the other.
 */
async function letGo(service: ClassificationJobs, event: Origin, job: Job): Promise<void> {
  if (job.jobStatus === 'CANCELLED' || !(DEFINITION in tagsOf(job))) return;
  const key = ownerKey(event);
  if (key in tagsOf(job)) await service.untag(job.jobArn!, [key]);
  const now = await read(service, job.jobId!);
  if (!now || owners(now).some((owner) => owner !== key)) return;
  if (now.jobStatus === 'COMPLETE' || now.jobStatus === 'CANCELLED') return;
  await service.cancel(job.jobId!).catch((error: AwsError) => {
    if (!isOver(error)) throw error;
  });
}

/** @see https://github.com/hashicorp/terraform-provider-aws/issues/27242 */
function isOver({ name, message }: AwsError): boolean {
  const ended = name === 'ValidationException' && /cannot update (completed|cancelled) job/i.test(message);
  return ended || name === 'ResourceNotFoundException';
}

async function read(service: ClassificationJobs, jobId: string): Promise<Job | undefined> {
  try {
    return await service.describe(jobId);
  } catch (error) {
    if ((error as AwsError).name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

/** A list has no tags, so the jobs of a name are read one by one; the newest comes first. */
async function jobsOf(service: ClassificationJobs, names: string[]): Promise<Job[]> {
  const found: Job[] = [];
  for (const name of names) {
    let nextToken: string | undefined;
    do {
      const page: ListClassificationJobsCommandOutput = await service.list({
        filterCriteria: {
          includes: [{ key: 'name', comparator: 'EQ', values: [name] }],
          excludes: [{ key: 'jobStatus', comparator: 'EQ', values: ['CANCELLED'] }],
        },
        sortCriteria: { attributeName: 'createdAt', orderBy: 'DESC' },
        nextToken,
      });
      for (const { jobId } of page.items ?? []) {
        const job = await read(service, jobId!);
        if (job) found.push(job);
      }
      nextToken = page.nextToken;
    } while (nextToken);
  }
  return found;
}

/** After a change of the name that was rolled back, what is left has the other one. */
function namesOf(event: EnsureEvent<Properties>): string[] {
  const all = [event.ResourceProperties, ...(event.RequestType === 'Update' ? [event.OldResourceProperties] : [])];
  return [...new Set(all.map((properties) => definitionOf(properties).name))];
}

function definitionOf(properties: Pick<Properties, 'Definition'>): Definition {
  return JSON.parse(properties.Definition) as Definition;
}

function tagsOf({ tags = {} }: Job): Record<string, string> {
  return tags;
}

function owners(job: Job): string[] {
  return Object.keys(tagsOf(job)).filter((key) => key.startsWith(OWNER));
}

function ownerKey({ StackId, LogicalResourceId }: Origin): string {
  return OWNER + shortHash([StackId, LogicalResourceId].join('\n'));
}

/** For people who look at the tags. A value has at most 256 characters. */
function ownerName({ StackId, LogicalResourceId }: Origin): string {
  return `${StackId.split('/')[1]}/${LogicalResourceId}`.slice(0, 256);
}

function isJobId(physicalResourceId: string): boolean {
  return /^[0-9a-z]{32}$/.test(physicalResourceId);
}
