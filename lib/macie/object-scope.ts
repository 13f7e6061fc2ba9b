import type { Size } from 'aws-cdk-lib';

/** A tag of a bucket or an object. */
export interface ScanTag {
  /** Its key; upper and lower case differ. */
  readonly key: string;

  /**
   * Its value; upper and lower case differ.
   *
   * @default - any value
   */
  readonly value?: string;
}

/**
 * The objects of the buckets that a job reads.
 *
 * An object has to meet everything that is given; within a list one member is enough. Every `excluded…` list leaves out
 * each object that meets one of its members, whatever else holds. Macie looks at the latest version of an object.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-jobs-scope.html
 */
export interface ObjectScope {
  /**
   * File name extensions without the dot; upper and lower case differ.
   *
   * @default - all that Macie can read
   */
  readonly extensions?: string[];

  /**
   * File name extensions to leave out, without the dot; upper and lower case differ.
   *
   * @default - none is left out
   */
  readonly excludedExtensions?: string[];

  /**
   * How keys begin, without the name of the bucket.
   *
   * @default - any key
   */
  readonly keyPrefixes?: string[];

  /**
   * How keys begin that are left out, without the name of the bucket.
   *
   * @default - none is left out
   */
  readonly excludedKeyPrefixes?: string[];

  /**
   * The least size of an object.
   *
   * @default - any size
   */
  readonly minimumSize?: Size;

  /**
   * The greatest size of an object.
   *
   * @default - any size that Macie can read
   */
  readonly maximumSize?: Size;

  /**
   * Objects that were created or changed at this moment or later; parts of a second are left out.
   *
   * @default - any time
   */
  readonly modifiedSince?: Date;

  /**
   * Objects that were last changed before this moment; parts of a second are left out.
   *
   * @default - any time
   */
  readonly modifiedBefore?: Date;

  /**
   * Tags of which an object has at least one.
   *
   * @default - any tags or none
   */
  readonly tags?: ScanTag[];

  /**
   * Tags of which an object has none.
   *
   * @default - any tags or none
   */
  readonly excludedTags?: ScanTag[];
}
