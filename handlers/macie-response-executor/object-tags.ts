import { GetObjectTaggingCommand, PutObjectTaggingCommand } from '@aws-sdk/client-s3';
import type { S3Client, Tag } from '@aws-sdk/client-s3';
import type { Case } from '../shared/response-case';
import type { Action, Change } from './change';
import { addressOf, currentEtag, isMissing } from './objects';
import type { S3For } from './objects';

/** An object has no more. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
const MOST_TAGS = 10;

/** Values by key; without a value a tag is to be absent. */
type Tags = Readonly<Record<string, string | null>>;

/** Sets tags under names of ours, and leaves those of others alone. */
export function objectTags(name: string, s3For: S3For, tagsFor: (target: Case) => Tags): Action {
  return {
    name,
    apply: tagging(s3For, tagsFor),
    undo: (before) => tagging(s3For, () => before as Tags),
  };
}

function tagging(s3For: S3For, tagsFor: (target: Case) => Tags): Change {
  return {
    async look(target) {
      const found = await read(await s3For(target), target);
      if (typeof found === 'string') return { outcome: found };
      const wanted = tagsFor(target);
      const tags = merged(found, wanted);
      if (tags.length > MOST_TAGS) return { outcome: 'REFUSED', reason: 'TOO_MANY_TAGS' };
      const before = Object.fromEntries(
        Object.keys(wanted).map((key) => [key, found.find(({ Key }) => Key === key)?.Value ?? null]),
      );
      return isEqual(before, wanted) ? { outcome: 'UNCHANGED' } : { outcome: 'CHANGE', before };
    },

    async make(target) {
      const s3 = await s3For(target);
      const found = await read(s3, target);
      if (typeof found === 'string') return { outcome: found };
      const wanted = tagsFor(target);
      const TagSet = merged(found, wanted);
      if (TagSet.length > MOST_TAGS) return { outcome: 'REFUSED', reason: 'TOO_MANY_TAGS' };
      try {
        await s3.send(new PutObjectTaggingCommand({ ...addressOf(target), Tagging: { TagSet } }));
      } catch (error) {
        if (isMissing(error)) return { outcome: 'GONE' };
        throw error;
      }
      return { outcome: 'CHANGED', after: wanted };
    },
  };
}

async function read(s3: S3Client, target: Case): Promise<Tag[] | 'GONE' | 'REPLACED'> {
  if (target.versionId === undefined) {
    const etag = await currentEtag(s3, target);
    if (etag === undefined) return 'GONE';
    if (etag !== target.etag) return 'REPLACED';
  }
  try {
    const { TagSet = [] } = await s3.send(new GetObjectTaggingCommand(addressOf(target)));
    return TagSet;
  } catch (error) {
    if (isMissing(error)) return 'GONE';
    throw error;
  }
}

function merged(found: Tag[], wanted: Tags): Tag[] {
  const ours = Object.entries(wanted).flatMap(([Key, Value]) => (Value === null ? [] : [{ Key, Value }]));
  return [...found.filter(({ Key = '' }) => !(Key in wanted)), ...ours];
}

function isEqual(before: Tags, wanted: Tags): boolean {
  return Object.entries(wanted).every(([key, value]) => before[key] === value);
}
