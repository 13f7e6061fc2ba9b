import { Stack, Token, TokenComparison } from 'aws-cdk-lib';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import type { ScanTag } from './object-scope';
import { emptyList, inBoth } from './scan-checks';
import { validationError } from '../private/errors';

/**
 * Who may reach a bucket, taking together its policy, its access control list and the blocks of public access.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/monitoring-s3-inventory-review.html
 */
export enum BucketPermission {
  /** Everybody may read or write. */
  PUBLIC = 'PUBLIC',

  /** Not everybody may. */
  NOT_PUBLIC = 'NOT_PUBLIC',

  /** Macie could not tell. */
  UNKNOWN = 'UNKNOWN',
}

/**
 * Whom a bucket is shared with.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/monitoring-s3-inventory-review.html
 */
export enum BucketSharing {
  /** With somebody outside of the organization, or with CloudFront. */
  EXTERNAL = 'EXTERNAL',

  /** With accounts of the same organization in Macie. */
  INTERNAL = 'INTERNAL',

  /** With no other account. */
  NOT_SHARED = 'NOT_SHARED',

  /** Macie could not tell. */
  UNKNOWN = 'UNKNOWN',
}

/** Buckets by name. At least one of the three is given. */
export interface NamedBuckets {
  /**
   * Buckets of the job's account and Region.
   *
   * @default - those of `bucketNames` and `memberBucketNames` alone
   */
  readonly buckets?: s3.IBucketRef[];

  /**
   * Names of further buckets of the job's account and Region.
   *
   * @default - none
   */
  readonly bucketNames?: string[];

  /**
   * Names of buckets of member accounts in the job's Region, by account: for the administrator of the organization in
   * Macie only.
   *
   * @default - none
   */
  readonly memberBucketNames?: Record<string, string[]>;
}

/**
 * What is asked of buckets.
 *
 * A bucket has to meet everything that is given; within a list one member is enough. Every `excluded…` list leaves out
 * each bucket that meets one of its members, whatever else holds. Macie compares whole values; upper and lower case
 * differ, and there are no wildcards.
 */
export interface BucketCriteria {
  /**
   * Names of buckets.
   *
   * @default - any name
   */
  readonly bucketNames?: string[];

  /**
   * Names of buckets to leave out.
   *
   * @default - those that this library made for what Macie and its responses write
   */
  readonly excludedBucketNames?: string[];

  /**
   * Owners of buckets, by the twelve digits of the account.
   *
   * @default - every account that Macie sees here
   */
  readonly accounts?: string[];

  /**
   * Owners whose buckets are left out, by the twelve digits of the account.
   *
   * @default - none is left out
   */
  readonly excludedAccounts?: string[];

  /**
   * Who may reach the bucket.
   *
   * @default - no matter who
   */
  readonly effectivePermissions?: BucketPermission[];

  /**
   * Whom the bucket is shared with.
   *
   * @default - no matter with whom
   */
  readonly sharedAccess?: BucketSharing[];

  /**
   * Tags of which a bucket has at least one. Macie knows the tags of the 10,000 buckets that changed last.
   *
   * @default - any tags or none
   */
  readonly tags?: ScanTag[];

  /**
   * Tags of which a bucket has none. A bucket whose tags Macie does not know counts as one without.
   *
   * @default - any tags or none
   */
  readonly excludedTags?: ScanTag[];
}

/**
 * The buckets that a job reads, all in the job's own Region.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-jobs-scope.html
 */
export abstract class BucketSelection {
  /** These buckets, whatever they become: up to 1,000. */
  public static named(buckets: NamedBuckets): BucketSelection {
    return new Named(buckets);
  }

  /** All buckets of these accounts, looked up whenever a run starts. */
  public static ofAccounts(accounts: string[]): BucketSelection {
    return new Matching({ accounts });
  }

  /** Buckets that meet criteria, looked up whenever a run starts. */
  public static matching(criteria: BucketCriteria): BucketSelection {
    return new Matching(criteria);
  }

  /**
   * Every bucket of the Region that Macie can read, new ones too, looked up whenever a run starts; for an administrator
   * in Macie those of all members as well.
   */
  public static all(): BucketSelection {
    return new Matching();
  }

  /**
   * What Macie is told.
   *
   * @param excludedNames buckets that no criteria are to find
   * @internal
   */
  public abstract _definition(owner: IConstruct, excludedNames: string[]): object;

  /**
   * Buckets that are known as such and not by name alone.
   *
   * @internal
   */
  public abstract readonly _buckets: readonly s3.IBucketRef[];

  /**
   * Whether new buckets come in by themselves, so that some may have to be left out.
   *
   * @internal
   */
  public abstract readonly _isOpen: boolean;

  /**
   * Whether nothing narrows it but what is left out.
   *
   * @internal
   */
  public abstract readonly _isEverything: boolean;
}

/** @see https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html */
const MOST_BUCKETS = 1_000;

class Named extends BucketSelection {
  public readonly _isOpen = false;
  public readonly _isEverything = false;
  public readonly _buckets: readonly s3.IBucketRef[];

  public constructor(private readonly named: NamedBuckets) {
    super();
    this._buckets = named.buckets ?? [];
  }

  public _definition(owner: IConstruct): object {
    const { buckets = [], bucketNames = [], memberBucketNames = {} } = this.named;
    const own = [...buckets.map(({ bucketRef }) => bucketRef.bucketName), ...bucketNames];
    const definitions = [
      ...(own.length > 0 ? [{ accountId: Stack.of(owner).account, buckets: own }] : []),
      ...Object.entries(memberBucketNames).map(([accountId, names]) => ({ accountId, buckets: names })),
    ];
    const problem =
      emptyList({ ...this.named, ...memberBucketNames }) ??
      wrongAccounts('memberBucketNames', Object.keys(memberBucketNames)) ??
      wrongNames(
        'bucketNames',
        definitions.flatMap((definition) => definition.buckets),
      ) ??
      elsewhere(buckets, owner) ??
      wrongNumber(definitions.flatMap((definition) => definition.buckets).length);
    if (problem) throw validationError('MACIE-JOB-BUCKETS', problem, owner);
    return { bucketDefinitions: definitions };
  }
}

class Matching extends BucketSelection {
  public readonly _isOpen: boolean;
  public readonly _isEverything: boolean;
  public readonly _buckets = [];

  public constructor(private readonly criteria?: BucketCriteria) {
    super();
    this._isOpen = criteria?.bucketNames === undefined;
    const { bucketNames, effectivePermissions, sharedAccess, tags } = criteria ?? {};
    this._isEverything = !(bucketNames ?? effectivePermissions ?? sharedAccess ?? tags);
  }

  /**
   * Macie joins conditions by AND, in the part that excludes as well. Only names may therefore stand there; the other
   * exclusions are written as opposites, one a value, where a list of values would be ambiguous.
   */
  public _definition(owner: IConstruct, excludedNames: string[]): object {
    const { criteria = {} } = this;
    requireCriteria(this.criteria, owner);
    const includes = [
      ...simple('S3_BUCKET_NAME', 'EQ', criteria.bucketNames),
      ...simple('ACCOUNT_ID', 'EQ', criteria.accounts),
      ...(criteria.excludedAccounts ?? []).flatMap((account) => simple('ACCOUNT_ID', 'NE', [account])),
      ...simple('S3_BUCKET_EFFECTIVE_PERMISSION', 'EQ', criteria.effectivePermissions),
      ...simple('S3_BUCKET_SHARED_ACCESS', 'EQ', criteria.sharedAccess),
      ...(criteria.tags ? [tagCriterion('EQ', criteria.tags)] : []),
      ...(criteria.excludedTags ?? []).map((tag) => tagCriterion('NE', [tag])),
    ];
    const names = [...(criteria.excludedBucketNames ?? []), ...(this._isOpen ? excludedNames : [])];
    // There is no condition that says all; this one every bucket meets.
    const all = simple('S3_BUCKET_EFFECTIVE_PERMISSION', 'EQ', Object.values(BucketPermission));
    return {
      bucketCriteria: {
        includes: { and: includes.length > 0 ? includes : all },
        ...(names.length > 0 ? { excludes: { and: simple('S3_BUCKET_NAME', 'EQ', names) } } : {}),
      },
    };
  }
}

function simple(key: string, comparator: 'EQ' | 'NE', values?: string[]): object[] {
  return values ? [{ simpleCriterion: { key, comparator, values } }] : [];
}

function tagCriterion(comparator: 'EQ' | 'NE', tags: ScanTag[]): object {
  return { tagCriterion: { comparator, tagValues: tags.map(({ key, value }) => ({ key, value })) } };
}

function requireCriteria(criteria: BucketCriteria | undefined, owner: IConstruct): void {
  if (!criteria) return;
  const isEmpty = Object.values(criteria).every((value) => value === undefined);
  const problem =
    (isEmpty ? 'no criterion is given; use BucketSelection.all() to mean every bucket' : undefined) ??
    emptyList(criteria) ??
    wrongNames('bucketNames', criteria.bucketNames) ??
    wrongNames('excludedBucketNames', criteria.excludedBucketNames) ??
    wrongAccounts('accounts', criteria.accounts) ??
    wrongAccounts('excludedAccounts', criteria.excludedAccounts) ??
    inBoth('bucketNames', criteria.bucketNames, 'excludedBucketNames', criteria.excludedBucketNames) ??
    inBoth('accounts', criteria.accounts, 'excludedAccounts', criteria.excludedAccounts);
  if (problem) throw validationError('MACIE-JOB-BUCKETS', problem, owner);
}

function wrongNames(what: string, names: string[] = []): string | undefined {
  const wrong = firstKnown(names, (name) => !/^[a-z0-9._-]+$/i.test(name));
  return wrong === undefined
    ? undefined
    : `'${wrong}' in ${what} is no name of a bucket; Macie compares whole names, so use tags to mean many buckets`;
}

function wrongAccounts(what: string, accounts: string[] = []): string | undefined {
  const wrong = firstKnown(accounts, (account) => !/^\d{12}$/.test(account));
  return wrong === undefined ? undefined : `'${wrong}' in ${what} is not the twelve digits of an account`;
}

function firstKnown(values: string[], isWrong: (value: string) => boolean): string | undefined {
  if (Token.isUnresolved(values)) return undefined;
  return values.find((value) => !Token.isUnresolved(value) && isWrong(value));
}

/** Macie skips a bucket of another Region without a word, and takes one of another account for missing. */
function elsewhere(buckets: s3.IBucketRef[], owner: IConstruct): string | undefined {
  const { account, region } = Stack.of(owner);
  for (const { env, node } of buckets) {
    if (Token.compareStrings(env.region, region) === TokenComparison.DIFFERENT) {
      return `${node.path} is in ${env.region}, and a job reads buckets of its own Region, ${region}; make a job there`;
    }
    if (Token.compareStrings(env.account, account) === TokenComparison.DIFFERENT) {
      return (
        `${node.path} is in account ${env.account}, and the job in ${account}; ` +
        'as its administrator in Macie name it in memberBucketNames, else make a job there'
      );
    }
  }
  return undefined;
}

function wrongNumber(buckets: number): string | undefined {
  if (buckets > 0 && buckets <= MOST_BUCKETS) return undefined;
  return buckets === 0
    ? 'no bucket is named; give buckets, bucketNames or memberBucketNames'
    : `${buckets} buckets are named; a job takes up to ${MOST_BUCKETS}, so use criteria or several jobs`;
}
