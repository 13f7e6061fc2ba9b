import { readFileSync, statSync } from 'fs';
import { Stack, Token } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import { validationError } from '../private/errors';

/** A file of words in S3. */
export interface AllowListWordsLocation {
  /** The bucket, in the account and Region of the list. */
  readonly bucketName: string;

  /** The key of the object. */
  readonly objectKey: string;

  /**
   * The key that the object is encrypted with.
   *
   * @default - the object can be read by whoever may read the bucket
   */
  readonly encryptionKey?: kms.IKey;
}

/** @see https://docs.aws.amazon.com/macie/latest/user/allow-lists-options.html */
const LIMITS = { bytes: 35 * 1024 * 1024, words: 100_000, characters: 90 };

/**
 * Where the words of an allow list are: a text file with one on each line.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/allow-lists-options.html
 */
export abstract class AllowListWords {
  /**
   * A file beside the app, up to 35 MB with 1 to 100,000 lines of 1 to 90 characters, uploaded when the stack is
   * deployed.
   *
   * It goes to the bucket that the environment was bootstrapped with. With a key of its own that bucket's key has to let
   * in the role of Macie.
   */
  public static fromFile(path: string): AllowListWords {
    return new WordsFile(path);
  }

  /**
   * A file that is in a general purpose bucket already, in the account and Region of the list.
   *
   * If the bucket has a key, the role of Macie is let in by the key's policy.
   */
  public static fromBucket(bucket: s3.IBucket, objectKey: string): AllowListWords {
    return new WordsObject(bucket, objectKey);
  }

  /** Makes sure that the file is in S3. */
  public abstract bind(scope: Construct): AllowListWordsLocation;
}

class WordsFile extends AllowListWords {
  constructor(private readonly path: string) {
    super();
  }

  public bind(scope: Construct): AllowListWordsLocation {
    requireWords(scope, this.path);
    const asset = new Asset(scope, 'Words', { path: this.path });
    return { bucketName: asset.s3BucketName, objectKey: asset.s3ObjectKey };
  }
}

class WordsObject extends AllowListWords {
  constructor(
    private readonly bucket: s3.IBucket,
    private readonly objectKey: string,
  ) {
    super();
  }

  public bind(scope: Construct): AllowListWordsLocation {
    const { region } = this.bucket.env;
    const own = Stack.of(scope).region;
    if (!Token.isUnresolved(region) && !Token.isUnresolved(own) && region !== own) {
      throw validationError(
        'MACIE-ALLOW-LIST-PLACE',
        `the words are in a bucket in ${region}; the bucket has to be in ${own}, like the list`,
        scope,
      );
    }
    return {
      bucketName: this.bucket.bucketName,
      objectKey: this.objectKey,
      encryptionKey: this.bucket.encryptionKey,
    };
  }
}

function requireWords(scope: Construct, path: string): void {
  const problem = findProblem(path);
  if (problem) throw validationError('MACIE-ALLOW-LIST-WORDS', `${path} ${problem}`, scope);
}

/** By number of the line alone: what stands there may be nobody's business. */
function findProblem(path: string): string | undefined {
  const bytes = statSync(path, { throwIfNoEntry: false })?.size;
  if (bytes === undefined) return 'does not exist';
  if (bytes > LIMITS.bytes) return `has ${bytes} bytes; up to ${LIMITS.bytes} are allowed`;
  const lines = readFileSync(path, 'utf8').split(/\r?\n/);
  if (lines.some((line) => line.includes('\u0000') || line.includes('\uFFFD'))) return 'is no plain text in UTF-8';
  const tooLong = lines.findIndex((line) => line.length > LIMITS.characters);
  if (tooLong >= 0) {
    return `has ${lines[tooLong].length} characters on line ${tooLong + 1}; up to ${LIMITS.characters} are allowed`;
  }
  const words = lines.filter((line) => line.trim() !== '').length;
  return words >= 1 && words <= LIMITS.words ? undefined : `has ${words} words; 1 to ${LIMITS.words} are allowed`;
}
