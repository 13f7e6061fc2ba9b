import { GetObjectTaggingCommand, ListObjectVersionsCommand, PutObjectTaggingCommand } from '@aws-sdk/client-s3';
import type { ListObjectVersionsCommandOutput, S3Client, Tag } from '@aws-sdk/client-s3';
import type { AwsError } from '../shared/aws-errors';
import { STATE, stateOf } from './upload';
import type { State, Upload } from './upload';

/** An object has no more. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
const MOST_TAGS = 10;

/** The tags of one version as they were read. */
export interface Marked {
  readonly upload: Upload;
  readonly state: State;
  readonly others: readonly Tag[];
}

/** Behind which version a page begins. */
export type Place = Partial<Upload>;

export interface Page {
  readonly uploads: (Upload & { readonly modified: number })[];
  readonly next?: Place;
}

/** Versions of the objects of one bucket. Nothing here reads, writes or deletes content. */
export class GateObjects {
  public constructor(
    private readonly s3: Pick<S3Client, 'send'>,
    private readonly bucket: string,
    private readonly owner: string,
  ) {}

  /** @returns nothing where the version is gone */
  public async read(upload: Upload): Promise<Marked | undefined> {
    try {
      const { TagSet = [] } = await this.s3.send(new GetObjectTaggingCommand(this.address(upload)));
      const mark = TagSet.find(({ Key }) => Key === STATE)?.Value;
      return { upload, state: stateOf(upload, mark), others: TagSet.filter(({ Key }) => Key !== STATE) };
    } catch (error) {
      if (isGone(error as AwsError)) return undefined;
      throw error;
    }
  }

  public hasRoom({ others }: Marked): boolean {
    return others.length < MOST_TAGS;
  }

  /** Leaves the other tags as they were. A version that is gone by now needs none. */
  public async mark({ upload, others }: Marked, Value: string): Promise<void> {
    const Tagging = { TagSet: [...others, { Key: STATE, Value }] };
    try {
      await this.s3.send(new PutObjectTaggingCommand({ ...this.address(upload), Tagging }));
    } catch (error) {
      if (!isGone(error as AwsError)) throw error;
    }
  }

  /** Macie reads the latest version of an object and no other. */
  public async isLatest({ key, versionId }: Upload): Promise<boolean> {
    const { Versions = [] } = await this.s3.send(
      new ListObjectVersionsCommand({
        Bucket: this.bucket,
        ExpectedBucketOwner: this.owner,
        Prefix: key,
        MaxKeys: 1,
      }),
    );
    return Versions.some((one) => one.Key === key && one.VersionId === versionId && one.IsLatest);
  }

  /** The latest versions of all objects, page by page; each says where the one after it begins. */
  public async *latest(prefix: string, from: Place = {}): AsyncGenerator<Page> {
    let next: Place | undefined = from;
    while (next) {
      const page: ListObjectVersionsCommandOutput = await this.s3.send(
        new ListObjectVersionsCommand({
          Bucket: this.bucket,
          ExpectedBucketOwner: this.owner,
          Prefix: prefix,
          KeyMarker: next.key,
          VersionIdMarker: next.versionId,
        }),
      );
      next = page.IsTruncated ? { key: page.NextKeyMarker, versionId: page.NextVersionIdMarker } : undefined;
      const uploads = (page.Versions ?? []).flatMap(({ Key: key, VersionId: versionId, IsLatest, LastModified }) =>
        IsLatest && key !== undefined && versionId !== undefined
          ? [{ key, versionId, modified: LastModified?.getTime() ?? 0 }]
          : [],
      );
      yield { uploads, next };
    }
  }

  private address({ key, versionId }: Upload) {
    return { Bucket: this.bucket, ExpectedBucketOwner: this.owner, Key: key, VersionId: versionId };
  }
}

/** A delete marker has no tags, which Amazon S3 answers as a method that it does not allow. */
function isGone({ name }: AwsError): boolean {
  return ['NoSuchKey', 'NoSuchVersion', 'MethodNotAllowed'].includes(name);
}
