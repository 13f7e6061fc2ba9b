import { DeleteBucketTaggingCommand, GetBucketTaggingCommand, PutBucketTaggingCommand } from '@aws-sdk/client-s3';
import type { S3Client, Tag } from '@aws-sdk/client-s3';
import type { AwsError } from '../shared/aws-errors';
import type { Case } from '../shared/response-case';
import type { Claims } from '../shared/response-claims';
import type { Action } from './change';
import type { S3For } from './objects';

/** A bucket has no more, without those of AWS. https://docs.aws.amazon.com/AmazonS3/latest/userguide/CostAllocTagging.html */
const MOST_TAGS = 50;
const SEVERITIES = ['Low', 'Medium', 'High'];

/** Values of ours by key; without a value a tag is to be absent. */
type Tags = Readonly<Record<string, string | null>>;

/**
 * Tags a bucket with what has been found in it so far, and how severe it was: values only grow.
 *
 * Amazon S3 writes the tags of a bucket as a whole, without a condition. Steps of ours keep each other away; between the
 * reading and the writing of one there are milliseconds in which somebody else's change can be lost.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html
 */
export function bucketTags(s3For: S3For, claims: Claims): Action {
  const alone = async <T>(target: Case, work: (s3: S3Client) => Promise<T>): Promise<T> => {
    // The lock of the step itself is that of the object.
    const bucket = { ...target, key: '' };
    await claims.lock(bucket, target.id);
    const result = await work(await s3For(target));
    await claims.unlock(bucket, target.id);
    return result;
  };
  return {
    name: 'TAG_BUCKET',
    apply: {
      async look(target) {
        const found = await read(await s3For(target), target);
        if (found === 'NO_BUCKET') return { outcome: 'GONE' };
        const wanted = grown(found, target);
        if (isEqual(found, wanted)) return { outcome: 'UNCHANGED' };
        if (merged(found, wanted).filter(isCounted).length > MOST_TAGS) {
          return { outcome: 'REFUSED', reason: 'TOO_MANY_TAGS' };
        }
        return { outcome: 'CHANGE', before: ofOurs(found, wanted) };
      },
      make: (target) =>
        alone(target, async (s3) => {
          const found = await read(s3, target);
          if (found === 'NO_BUCKET') return { outcome: 'GONE' };
          const after = grown(found, target);
          const tags = merged(found, after);
          if (tags.filter(isCounted).length > MOST_TAGS) return { outcome: 'REFUSED', reason: 'TOO_MANY_TAGS' };
          if (!isEqual(found, after)) await write(s3, target, tags);
          return { outcome: 'CHANGED', after };
        }),
    },
    undo: (before) => {
      /** What was found since, by other cases, is nothing to take back. */
      const isStillOurs = (found: Tag[], target: Case) =>
        isEqual(found, grown(merged([], before as Tags), target)) || isEqual(found, before as Tags);
      return {
        async look(target) {
          const found = await read(await s3For(target), target);
          if (found === 'NO_BUCKET') return { outcome: 'GONE' };
          if (!isStillOurs(found, target) || isEqual(found, before as Tags)) return { outcome: 'UNCHANGED' };
          return { outcome: 'CHANGE', before: ofOurs(found, before as Tags) };
        },
        make: (target) =>
          alone(target, async (s3) => {
            const found = await read(s3, target);
            if (found === 'NO_BUCKET') return { outcome: 'GONE' };
            if (!isStillOurs(found, target)) return { outcome: 'REPLACED' };
            if (!isEqual(found, before as Tags)) await write(s3, target, merged(found, before as Tags));
            return { outcome: 'CHANGED', after: before };
          }),
      };
    },
  };
}

/** What the tags are to say, after all that they say already. */
function grown(tags: Tag[], { subject, found, severity }: Case): Tags {
  const isObject = subject === 'OBJECT';
  const name = isObject ? 'macie-response:found' : 'macie-response:policy';
  const news = isObject ? found.split('+') : [found.replace(/^.*\//, '')];
  const known = valueOf(tags, name)?.split('+') ?? [];
  const highest = Math.max(...[severity, valueOf(tags, 'macie-response:severity')].map(rank));
  return {
    [name]: [...new Set([...known, ...news])].sort().join('+'),
    'macie-response:severity': SEVERITIES[highest] ?? severity,
  };
}

function rank(severity: string | undefined): number {
  return SEVERITIES.indexOf(severity ?? '');
}

function valueOf(tags: Tag[], key: string): string | undefined {
  return tags.find(({ Key }) => Key === key)?.Value;
}

function ofOurs(tags: Tag[], ours: Tags): Tags {
  return Object.fromEntries(Object.keys(ours).map((key) => [key, valueOf(tags, key) ?? null]));
}

/** Tags of AWS are written back as well, which is what Amazon S3 asks for, and are not counted. */
function isCounted({ Key = '' }: Tag): boolean {
  return !Key.startsWith('aws:');
}

function merged(tags: Tag[], ours: Tags): Tag[] {
  const set = Object.entries(ours).flatMap(([Key, Value]) => (Value === null ? [] : [{ Key, Value }]));
  return [...tags.filter(({ Key = '' }) => !(Key in ours)), ...set];
}

function isEqual(tags: Tag[], ours: Tags): boolean {
  return Object.entries(ours).every(([key, value]) => (valueOf(tags, key) ?? null) === value);
}

async function read(s3: S3Client, target: Case): Promise<Tag[] | 'NO_BUCKET'> {
  try {
    return (await s3.send(new GetBucketTaggingCommand(bucketOf(target)))).TagSet ?? [];
  } catch (error) {
    const { name } = error as AwsError;
    if (name === 'NoSuchTagSet') return [];
    if (name === 'NoSuchBucket') return 'NO_BUCKET';
    throw error;
  }
}

async function write(s3: S3Client, target: Case, TagSet: Tag[]): Promise<void> {
  const bucket = bucketOf(target);
  await (TagSet.length > 0
    ? s3.send(new PutBucketTaggingCommand({ ...bucket, Tagging: { TagSet } }))
    : s3.send(new DeleteBucketTaggingCommand(bucket)));
}

function bucketOf({ bucket, accountId }: Case) {
  return { Bucket: bucket, ExpectedBucketOwner: accountId };
}
