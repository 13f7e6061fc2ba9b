import { Duration } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';

/** What a step of a response does. */
export enum ResponseAction {
  /** Tags the object so that the policy of its bucket lets nobody read it. */
  RESTRICT = 'RESTRICT',

  /** Tags the object with what was found in it. */
  TAG = 'TAG',

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
}
