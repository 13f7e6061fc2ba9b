import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import type { AwsError } from '../shared/aws-errors';
import type { Case } from '../shared/response-case';

/** The clients of the account that a target is in. */
export type S3For = (target: Case) => Promise<S3Client>;

/** Where a call is about, and whose bucket it has to be: names of buckets can be taken over by somebody else. */
export function addressOf({ bucket, key, versionId, accountId }: Case) {
  return { Bucket: bucket, Key: key, VersionId: versionId, ExpectedBucketOwner: accountId };
}

/** Not there, or behind a delete marker. */
export function isMissing(error: unknown): boolean {
  const { name, $metadata } = error as AwsError;
  return /^(NoSuchKey|NoSuchVersion|NotFound|MethodNotAllowed)$/.test(name) || $metadata?.httpStatusCode === 404;
}

/** The eTag of what a key holds now, read without any right to its content. */
export async function currentEtag(s3: S3Client, { bucket, key, accountId }: Case): Promise<string | undefined> {
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: key,
      MaxKeys: 1, // the key itself comes before everything that it begins
      EncodingType: 'url', // XML can not hold each character that a key can
      ExpectedBucketOwner: accountId,
    }),
  );
  const [first] = Contents;
  if (first?.Key === undefined || decodeURIComponent(first.Key.replace(/\+/g, ' ')) !== key) return undefined;
  return first.ETag?.replace(/"/g, '');
}
