import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { MSKEvent } from 'aws-lambda';
import { landingFiles } from './files';

const { ACCOUNT, BUCKET, EXTENSION = '', KEY_PREFIX = '' } = process.env;
const s3 = new S3Client({});

/**
 * Writes records of topics to objects that Macie can read.
 *
 * A record that is no text can not be read by Macie: it is given back, and goes to the queue for failures in the end. A
 * repeated batch overwrites what it wrote, or writes records twice; none is lost. Nothing of a record is logged.
 */
export async function handler(event: MSKEvent) {
  const { files, unreadable } = landingFiles(event, KEY_PREFIX, EXTENSION);
  for (const { key, body } of files) {
    const object = { Bucket: BUCKET, Key: key, Body: body, ContentType: 'application/x-ndjson' };
    await s3.send(new PutObjectCommand({ ...object, ExpectedBucketOwner: ACCOUNT }));
  }
  return { batchItemFailures: unreadable.map((itemIdentifier) => ({ itemIdentifier })) };
}
