import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { HeadObjectCommandOutput, S3Client, ServerSideEncryption } from '@aws-sdk/client-s3';
import type { AwsError } from '../shared/aws-errors';
import { isMissing } from './objects';

/** An object, or a version of it. */
export interface Place {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
  readonly etag?: string;
  readonly accountId: string;
}

export interface Encryption {
  readonly sse?: string;
  readonly kmsKeyId?: string;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
const MOST_COPIED = 5 * 1024 ** 3;
const PART = 1024 ** 3;

/** What a function reads twice within its time. */
const MOST_READ = 20 * 1024 ** 3;

export async function describe(s3: S3Client, place: Place): Promise<HeadObjectCommandOutput | undefined> {
  try {
    return await s3.send(new HeadObjectCommand({ ...address(place), ChecksumMode: 'ENABLED' }));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export function encryptionOf({
  ServerSideEncryption: sse,
  SSEKMSKeyId: kmsKeyId,
}: HeadObjectCommandOutput): Encryption {
  return { sse, kmsKeyId };
}

/**
 * Copies exactly the version that is meant, with metadata and tags, to where nothing is yet.
 *
 * An object that is there already stays; whether it is the copy, a comparison has to tell.
 */
export async function copy(s3: S3Client, from: Place, to: Place, { sse, kmsKeyId }: Encryption): Promise<void> {
  const described = await describe(s3, from);
  if (!described) return;
  const target = {
    Bucket: to.bucket,
    Key: to.key,
    ExpectedBucketOwner: to.accountId,
    ServerSideEncryption: sse as ServerSideEncryption | undefined,
    SSEKMSKeyId: kmsKeyId,
    ChecksumAlgorithm: 'CRC64NVME' as const,
  };
  const origin = {
    CopySource: sourceOf(from),
    CopySourceIfMatch: described.ETag,
    ExpectedSourceBucketOwner: from.accountId,
  };
  try {
    if ((described.ContentLength ?? 0) <= MOST_COPIED) {
      await s3.send(new CopyObjectCommand({ ...target, ...origin, IfNoneMatch: '*' }));
    } else {
      await copyInParts(s3, described, from, target, origin);
    }
  } catch (error) {
    if ((error as AwsError).name !== 'PreconditionFailed') throw error;
  }
}

interface Target {
  readonly Bucket: string;
  readonly Key: string;
  readonly ExpectedBucketOwner: string;
}

async function copyInParts(
  s3: S3Client,
  described: HeadObjectCommandOutput,
  from: Place,
  target: Target,
  origin: object,
) {
  const { CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, ContentType, Metadata } = described;
  const { ContentLength: size = 0 } = described;
  const { TagSet = [] } = await s3.send(new GetObjectTaggingCommand(address(from)));
  const { UploadId } = await s3.send(
    new CreateMultipartUploadCommand({
      ...target,
      ...{ CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, ContentType, Metadata },
      ChecksumType: 'FULL_OBJECT',
      Tagging: new URLSearchParams(TagSet.map(({ Key = '', Value = '' }): [string, string] => [Key, Value])).toString(),
    }),
  );
  const { Bucket, Key, ExpectedBucketOwner } = target;
  const upload = { Bucket, Key, ExpectedBucketOwner, UploadId };
  try {
    const Parts = [];
    for (let first = 0, PartNumber = 1; first < size; first += PART, PartNumber++) {
      const CopySourceRange = `bytes=${first}-${Math.min(first + PART, size) - 1}`;
      const part = new UploadPartCopyCommand({
        ...upload,
        CopySource: sourceOf(from),
        ...origin,
        PartNumber,
        CopySourceRange,
      });
      Parts.push({ PartNumber, ETag: (await s3.send(part)).CopyPartResult?.ETag });
    }
    const complete = { ...upload, MultipartUpload: { Parts }, IfNoneMatch: '*' };
    await s3.send(new CompleteMultipartUploadCommand(complete));
  } catch (error) {
    // What a killed function leaves behind, the lifecycle of the quarantine removes.
    await s3.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
    throw error;
  }
}

/** Whether two objects have the same bytes: by checksums of the service where both have one, else by reading both. */
export async function isSame(s3: S3Client, one: Place, other: Place): Promise<boolean> {
  const [left, right] = [await describe(s3, one), await describe(s3, other)];
  if (!left || !right || left.ContentLength !== right.ContentLength) return false;
  const [known, copied] = [left.ChecksumCRC64NVME, right.ChecksumCRC64NVME];
  if (known !== undefined && copied !== undefined) return known === copied;
  if ((left.ContentLength ?? 0) > MOST_READ) return false;
  return (await digest(s3, one, left)) === (await digest(s3, other, right));
}

async function digest(s3: S3Client, place: Place, { ETag }: HeadObjectCommandOutput): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ ...address(place), IfMatch: ETag }));
  const hash = createHash('sha256');
  for await (const chunk of Body as Readable) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function address({ bucket, key, versionId, accountId }: Place) {
  return { Bucket: bucket, Key: key, VersionId: versionId, ExpectedBucketOwner: accountId };
}

function sourceOf({ bucket, key, versionId }: Place): string {
  const path = key.split('/').map(encodeURIComponent).join('/');
  return `${bucket}/${path}${versionId === undefined ? '' : `?versionId=${encodeURIComponent(versionId)}`}`;
}
