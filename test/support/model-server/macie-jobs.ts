import { createHash } from 'crypto';
import { ServiceError } from './server';
import type { Behaviours } from './server';

type JobStatus = 'RUNNING' | 'IDLE' | 'COMPLETE' | 'PAUSED' | 'USER_PAUSED' | 'CANCELLED';

/** A job as `DescribeClassificationJob` shows it. */
export interface FakeJob {
  readonly jobId: string;
  readonly jobArn: string;
  readonly name: string;
  readonly createdAt: string;
  readonly tags: Record<string, string>;
  readonly s3JobDefinition: any;
  readonly [member: string]: any;
  jobStatus: JobStatus;
  lastRunTime?: string;
}

/** @see https://docs.aws.amazon.com/macie/latest/APIReference/jobs-jobid.html */
const ALLOWED_FROM: Record<string, JobStatus[]> = {
  CANCELLED: ['IDLE', 'PAUSED', 'RUNNING', 'USER_PAUSED'],
  RUNNING: ['USER_PAUSED'],
  USER_PAUSED: ['IDLE', 'PAUSED', 'RUNNING'],
};

/** Classification jobs of one account in one Region, in the order they were made. */
export class MacieJobs {
  public readonly jobs: FakeJob[] = [];

  /** Whether Macie is on. */
  public enabled = true;

  /** How far apart creations have to be; `ThrottlingException` otherwise. The service's own limit is 10 s. */
  public createIntervalMs = 0;

  /** How many jobs one page of a list holds. */
  public pageSize = 25;

  /** How many of the newest jobs lists do not show yet. */
  public notListedYet = 0;

  private lastCreation = -Infinity;

  /** @param now what `createIntervalMs` is measured by, and what jobs are dated with */
  public constructor(private readonly now: () => number = () => Date.now()) {}

  public clear(): void {
    Object.assign(this, { enabled: true, createIntervalMs: 0, pageSize: 25, notListedYet: 0, lastCreation: -Infinity });
    this.jobs.length = 0;
  }

  /** Jobs that cost money, or will. */
  public get living(): FakeJob[] {
    return this.jobs.filter(({ jobStatus }) => jobStatus !== 'CANCELLED' && jobStatus !== 'COMPLETE');
  }

  public readonly behaviours: Behaviours = {
    CreateClassificationJob: (input) => {
      this.requireEnabled();
      const repeated = this.jobs.find(({ clientToken }) => clientToken === input.clientToken);
      if (repeated) return pick(repeated, 'jobId', 'jobArn');
      if (this.now() - this.lastCreation < this.createIntervalMs) {
        throw new ServiceError('ThrottlingException', 'Rate exceeded');
      }
      this.lastCreation = this.now();
      requireValid(input);
      const jobId = createHash('md5').update(`job ${this.jobs.length}`).digest('hex');
      const job: FakeJob = {
        ...input,
        jobId,
        jobArn: `arn:aws:macie2:eu-west-1:123456789012:classification-job/${jobId}`,
        tags: { ...input.tags },
        createdAt: new Date(this.now()).toISOString(),
        jobStatus: input.jobType === 'ONE_TIME' || input.initialRun ? 'RUNNING' : 'IDLE',
      };
      this.jobs.push(job);
      return pick(job, 'jobId', 'jobArn');
    },

    DescribeClassificationJob: ({ jobId }) => this.job(jobId),

    ListClassificationJobs: ({ filterCriteria = {}, sortCriteria, nextToken, maxResults = this.pageSize }) => {
      this.requireEnabled();
      const { includes = [], excludes = [] } = filterCriteria;
      const shown = this.jobs
        .slice(0, this.jobs.length - this.notListedYet)
        .filter((job) => includes.every((term: any) => meets(job, term)))
        .filter((job) => excludes.length === 0 || !excludes.every((term: any) => meets(job, term)));
      if (sortCriteria?.orderBy === 'DESC') shown.reverse();
      const from = Number(nextToken ?? 0);
      const to = from + Math.min(maxResults, this.pageSize);
      return {
        items: shown.slice(from, to).map((job) => pick(job, 'jobId', 'name', 'createdAt', 'jobStatus', 'jobType')),
        ...(to < shown.length ? { nextToken: String(to) } : {}),
      };
    },

    UpdateClassificationJob: ({ jobId, jobStatus }) => {
      const job = this.job(jobId);
      if (job.jobStatus === 'COMPLETE') throw invalid(`cannot update completed job for job ${jobId}`);
      if (job.jobStatus === 'CANCELLED') throw invalid(`cannot update cancelled job for job ${jobId}`);
      if (!ALLOWED_FROM[jobStatus]?.includes(job.jobStatus)) {
        throw invalid(`cannot update job ${jobId} from ${job.jobStatus} to ${jobStatus}`);
      }
      job.jobStatus = jobStatus;
    },

    TagResource: ({ resourceArn, tags }) => {
      const job = this.job(resourceArn.split('/')[1]);
      Object.assign(job.tags, tags);
      requireTags(job.tags);
    },

    UntagResource: ({ resourceArn, tagKeys }) => {
      const { tags } = this.job(resourceArn.split('/')[1]);
      for (const key of tagKeys) delete tags[key];
    },
  };

  private job(jobId: string): FakeJob {
    this.requireEnabled();
    const job = this.jobs.find((one) => one.jobId === jobId);
    if (!job) throw new ServiceError('ResourceNotFoundException', 'The requested job could not be found.');
    return job;
  }

  private requireEnabled(): void {
    if (!this.enabled) throw new ServiceError('AccessDeniedException', 'Macie is not enabled');
  }
}

/** @see https://docs.aws.amazon.com/macie/latest/APIReference/jobs.html */
function requireValid(job: any): void {
  const { bucketDefinitions, bucketCriteria } = job.s3JobDefinition;
  const needsIds = ['INCLUDE', 'EXCLUDE'].includes(job.managedDataIdentifierSelector);
  const problems: [boolean, string][] = [
    [(bucketDefinitions === undefined) === (bucketCriteria === undefined), 'bucketDefinitions or bucketCriteria'],
    [(job.jobType === 'SCHEDULED') !== (job.scheduleFrequency !== undefined), 'scheduleFrequency'],
    [job.jobType === 'ONE_TIME' && job.initialRun !== undefined, 'initialRun'],
    [needsIds !== job.managedDataIdentifierIds?.length > 0, 'managedDataIdentifierIds'],
    [job.managedDataIdentifierSelector === 'NONE' && !job.customDataIdentifierIds?.length, 'customDataIdentifierIds'],
    [job.customDataIdentifierIds?.length > 30 || job.allowListIds?.length > 10, 'too many identifiers or lists'],
    [job.samplingPercentage < 1 || job.samplingPercentage > 100, 'samplingPercentage'],
    [job.name.length > 500 || job.description?.length > 200, 'name or description'],
  ];
  const problem = problems.find(([isWrong]) => isWrong);
  if (problem) throw invalid(problem[1]);
  requireTags(job.tags ?? {});
}

function requireTags(tags: Record<string, string>): void {
  const wrong = Object.entries(tags).find(
    ([key, value]) => key.length > 128 || value.length > 256 || !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(key + value),
  );
  if (wrong || Object.keys(tags).length > 50) throw invalid(`tags ${wrong ?? ''}`);
}

function meets(job: FakeJob, { key, comparator, values }: any): boolean {
  if (comparator === 'EQ') return values.includes(job[key]);
  if (comparator === 'NE') return !values.includes(job[key]);
  throw invalid(`${comparator} is not played here`);
}

function invalid(message: string): ServiceError {
  return new ServiceError('ValidationException', message);
}

function pick(job: FakeJob, ...members: string[]): object {
  return Object.fromEntries(members.map((member) => [member, job[member]]));
}
