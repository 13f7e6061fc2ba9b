import { Duration } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';

/** What a step of a response does. */
export enum ResponseAction {
  /** Tags the object so that the policy of its bucket lets nobody read it. */
  RESTRICT = 'RESTRICT',

  /** Tags the object with what was found in it. */
  TAG = 'TAG',

  /** Tags the bucket with what has been found in it. */
  TAG_BUCKET = 'TAG_BUCKET',

  /** Copies the object into quarantine. */
  COPY = 'COPY',

  /** Copies the object into quarantine, compares, and puts a delete marker over it. */
  MOVE = 'MOVE',

  /** Turns on all settings of the bucket that block public access. */
  BLOCK_PUBLIC_ACCESS = 'BLOCK_PUBLIC_ACCESS',

  /** Waits for a person. */
  APPROVAL = 'APPROVAL',
}

/** How an object is restricted. */
export interface RestrictOptions {
  /**
   * Who may go on reading restricted objects, such as the people who look into incidents.
   *
   * @default - nobody but Amazon Macie
   */
  readonly readers?: iam.IRoleRef[];
}

/** What is copied, and where to. */
export interface CopyOptions {
  /**
   * Where copies go: a `QuarantineBucket`, or a bucket of your own with versions.
   *
   * The copy of an object that is encrypted with a KMS key stays encrypted with it. For objects of member accounts it
   * needs a KMS key and Object Ownership that is enforced for its owner, as a `QuarantineBucket` has.
   */
  readonly quarantine: s3.IBucket;

  /** What the keys of the objects begin with; `''` stands for all objects of the buckets. */
  readonly prefixes: string[];

  /**
   * The KMS keys that objects of the buckets are encrypted with, besides those that the buckets are known to have.
   *
   * Those of member accounts are given to `MemberResponseRole`.
   *
   * @default - the keys of the buckets of the pattern
   */
  readonly encryptionKeys?: kms.IKeyRef[];
}

/** What is moved, and where to. */
export interface MoveOptions extends CopyOptions {
  /**
   * Prefixes of tables that no file tells, none of whose objects is ever moved.
   *
   * Tables of Iceberg, Delta Lake and Hudi are known by their files, and so are checkpoints.
   *
   * @default - none
   */
  readonly tablePrefixes?: string[];

  /**
   * Whether a person has to approve, where no `ResponseStep.approval()` comes before.
   *
   * @default true
   */
  readonly approval?: boolean;
}

/** How a person is asked. */
export interface ApprovalOptions {
  /**
   * How long the steps after this one wait; after that nothing is changed and people are told.
   *
   * From one minute to 30 days.
   *
   * @default Duration.hours(24)
   */
  readonly timeout?: Duration;
}

/** One step of a response. Each may be carried out any number of times and leaves the same behind. */
export class ResponseStep {
  /**
   * Keeps everybody from reading the object: it gets a tag, and the policies of the buckets deny reading what has it.
   *
   * Where the object has versions, it is the version of the finding. The policies also keep others from removing the tag.
   *
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/tagging-and-policies.html
   */
  public static restrict(options: RestrictOptions = {}): ResponseStep {
    return new ResponseStep(ResponseAction.RESTRICT, { readers: options.readers ?? [] });
  }

  /**
   * Tags the object with what was found: `macie-response:severity` and `macie-response:found`.
   *
   * All other tags stay. An object that has ten of them gets none, and people are told.
   */
  public static tag(): ResponseStep {
    return new ResponseStep(ResponseAction.TAG, {});
  }

  /**
   * Tags the bucket with what has been found in it so far: `macie-response:found` with the categories, or for findings
   * about the safety of buckets `macie-response:policy` with their types, and `macie-response:severity` with the highest.
   *
   * All other tags stay, and values only grow, so that a scan that finds the same again changes nothing. Stands alone or
   * beside steps of either kind. A bucket that has 50 tags gets none, and people are told.
   *
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/CostAllocTagging.html
   */
  public static tagBucket(): ResponseStep {
    return new ResponseStep(ResponseAction.TAG_BUCKET, {});
  }

  /**
   * Copies the object into quarantine, with its metadata, tags and KMS key, and compares the two.
   *
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
   */
  public static copyObject(options: CopyOptions): ResponseStep {
    return new ResponseStep(ResponseAction.COPY, { quarantine: options });
  }

  /**
   * Moves the object into quarantine: a copy, a comparison, and then a delete marker, if the object is still the same.
   *
   * No version is deleted, so the buckets need versioning. An object under Object Lock or legal hold, one that belongs to
   * a table or to a checkpoint, and one that is not the current version stay where they are, and people are told.
   *
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
   */
  public static moveObject(options: MoveOptions): ResponseStep {
    return new ResponseStep(ResponseAction.MOVE, { quarantine: options });
  }

  /**
   * Blocks public access to the bucket, once a day at most; if it is open again within the day, people are told.
   *
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
   */
  public static blockPublicAccess(): ResponseStep {
    return new ResponseStep(ResponseAction.BLOCK_PUBLIC_ACCESS, {});
  }

  /** Waits until a person approves of the steps after this one, by a signed call of the hub's URL. */
  public static approval(options: ApprovalOptions = {}): ResponseStep {
    return new ResponseStep(ResponseAction.APPROVAL, { timeout: options.timeout ?? Duration.hours(24) });
  }

  private constructor(
    /** What the step does. */
    public readonly action: ResponseAction,

    /** @internal */
    public readonly _options: StepOptions,
  ) {}
}

/** @internal */
export interface StepOptions {
  readonly readers?: iam.IRoleRef[];
  readonly timeout?: Duration;
  readonly quarantine?: MoveOptions;
}
