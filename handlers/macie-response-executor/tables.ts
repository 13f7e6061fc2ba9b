import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Case } from '../shared/response-case';

/** Folders that belong to a table or to the state of a stream engine. */
const FOLDER = /^(_delta_log|\.hoodie|_spark_metadata|_?checkpoints?|chk-\d+|savepoint-.*)$/i;

/** What lies in the root of a table, and what tells that it is one: Delta, Hudi, Spark's file sink, Iceberg. */
const MARKS: readonly (readonly [folder: string, file: RegExp])[] = [
  ['_delta_log/', /./],
  ['.hoodie/', /./],
  ['_spark_metadata/', /./],
  ['metadata/', /\.metadata\.json$/],
];

/**
 * Whether an object is part of a table or of a checkpoint: taking one file away breaks the whole.
 *
 * @param declared prefixes of tables that cannot be told by their files
 */
export async function isInTable(s3: S3Client, target: Case, declared: readonly string[]): Promise<boolean> {
  const { key = '' } = target;
  if (declared.some((prefix) => key.startsWith(prefix))) return true;
  const folders = key.split('/').slice(0, -1);
  if (folders.some((folder) => FOLDER.test(folder))) return true;
  for (let depth = folders.length; depth >= 0; depth--) {
    const root = folders
      .slice(0, depth)
      .map((folder) => `${folder}/`)
      .join('');
    for (const [folder, file] of MARKS) {
      if (await hasFile(s3, target, `${root}${folder}`, file)) return true;
    }
  }
  return false;
}

async function hasFile(s3: S3Client, { bucket, accountId }: Case, prefix: string, file: RegExp): Promise<boolean> {
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, EncodingType: 'url', ExpectedBucketOwner: accountId }),
  );
  return Contents.some(({ Key = '' }) => file.test(Key));
}
