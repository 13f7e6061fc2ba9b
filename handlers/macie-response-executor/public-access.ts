import {
  DeletePublicAccessBlockCommand,
  GetPublicAccessBlockCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import type { PublicAccessBlockConfiguration, S3Client } from '@aws-sdk/client-s3';
import type { AwsError } from '../shared/aws-errors';
import type { Case } from '../shared/response-case';
import type { Claims } from '../shared/response-claims';
import type { Action } from './change';
import type { S3For } from './objects';

const CLOSED = { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true };

interface Before {
  readonly settings?: PublicAccessBlockConfiguration;
}

/**
 * Blocks public access to a bucket, once a day at most: where somebody opens it again, a template or another tool wants
 * it open, and fighting over it is for people.
 */
export function publicAccessBlock(s3For: S3For, claims: Claims): Action {
  return {
    name: 'BLOCK_PUBLIC_ACCESS',
    apply: {
      async look(target) {
        const settings = await read(await s3For(target), target);
        if (settings === 'NO_BUCKET') return { outcome: 'GONE' };
        return isClosed(settings) ? { outcome: 'UNCHANGED' } : { outcome: 'CHANGE', before: { settings } };
      },
      async make(target) {
        if (!(await claims.firstToday(target))) return { outcome: 'REFUSED', reason: 'ALREADY_TODAY' };
        await write(await s3For(target), target, CLOSED);
        return { outcome: 'CHANGED', after: { settings: CLOSED } };
      },
    },
    undo: (before) => ({
      async look(target) {
        const settings = await read(await s3For(target), target);
        if (settings === 'NO_BUCKET') return { outcome: 'GONE' };
        // Somebody else has decided since.
        return isClosed(settings) ? { outcome: 'CHANGE', before: { settings } } : { outcome: 'UNCHANGED' };
      },
      async make(target) {
        const { settings } = before as Before;
        await write(await s3For(target), target, settings);
        return { outcome: 'CHANGED', after: { settings } };
      },
    }),
  };
}

function isClosed(settings: PublicAccessBlockConfiguration | undefined): boolean {
  return Object.keys(CLOSED).every((name) => settings?.[name as keyof typeof CLOSED]);
}

async function read(s3: S3Client, target: Case): Promise<PublicAccessBlockConfiguration | undefined | 'NO_BUCKET'> {
  try {
    return (await s3.send(new GetPublicAccessBlockCommand(bucketOf(target)))).PublicAccessBlockConfiguration;
  } catch (error) {
    const { name } = error as AwsError;
    if (name === 'NoSuchPublicAccessBlockConfiguration') return undefined;
    if (name === 'NoSuchBucket') return 'NO_BUCKET';
    throw error;
  }
}

async function write(s3: S3Client, target: Case, settings?: PublicAccessBlockConfiguration): Promise<void> {
  const bucket = bucketOf(target);
  await (settings
    ? s3.send(new PutPublicAccessBlockCommand({ ...bucket, PublicAccessBlockConfiguration: settings }))
    : s3.send(new DeletePublicAccessBlockCommand(bucket)));
}

function bucketOf({ bucket, accountId }: Case) {
  return { Bucket: bucket, ExpectedBucketOwner: accountId };
}
