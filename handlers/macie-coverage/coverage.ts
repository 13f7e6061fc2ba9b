import type { BucketMetadata, ResourceStatistics } from '@aws-sdk/client-macie2';
import type { Notice } from '../shared/finding-notice';
import { inert } from '../shared/neutral-text';

export interface Coverage {
  readonly metrics: Record<MetricName, number> & Partial<Record<SkippedName, number>>;
  /** Buckets about which Macie knows nothing, with the reason that it gives. */
  readonly unreadable: readonly string[];

  /** The inventory, account by account. */
  readonly accounts: readonly AccountInventory[];
}

export interface AccountInventory {
  readonly account: string;
  readonly buckets: number;
  readonly objects: number;
  readonly isPublic: number;
  readonly isShared: number;
  readonly isSensitive: number;
}

type MetricName =
  | 'Buckets'
  | 'Objects'
  | 'UnreadableBuckets'
  | 'UnsupportedObjects'
  | 'UnsupportedFormats'
  | 'UnsupportedStorageClasses'
  | 'NeverScannedBuckets'
  | 'FailedBuckets'
  | 'PublicBuckets'
  | 'SharedBuckets'
  | 'SensitiveBuckets';

/** Known where the profiles of buckets could be read. */
type SkippedName = 'SkippedObjects' | 'SkippedByPermission' | 'SkippedByEncryption';

/** From here on a score means that sensitive data was found; 50 is that of a bucket that is not analysed yet. */
const SENSITIVE = 51;

/** How many names a message holds. */
const NAMES = 20;

/**
 * What Macie can read, after its own inventory: an administrator's holds the buckets of all members.
 *
 * @param profiles what discovery has skipped in each bucket; nothing where that could not be read
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-supported-storage.html
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-scoring-s3.html
 */
export function coverageOf(buckets: readonly BucketMetadata[], profiles?: readonly ResourceStatistics[]): Coverage {
  const unreadable = buckets.filter(({ errorCode }) => errorCode !== undefined);
  const accounts = [...new Set(buckets.map(({ accountId = '' }) => accountId))].sort();
  return {
    metrics: {
      Buckets: buckets.length,
      Objects: sum(buckets, ({ objectCount }) => objectCount),
      UnreadableBuckets: unreadable.length,
      UnsupportedObjects: sum(buckets, ({ unclassifiableObjectCount }) => unclassifiableObjectCount?.total),
      UnsupportedFormats: sum(buckets, ({ unclassifiableObjectCount }) => unclassifiableObjectCount?.fileType),
      UnsupportedStorageClasses: sum(
        buckets,
        ({ unclassifiableObjectCount }) => unclassifiableObjectCount?.storageClass,
      ),
      NeverScannedBuckets: count(buckets, (bucket) => !wasScanned(bucket)),
      FailedBuckets: count(buckets, ({ sensitivityScore }) => sensitivityScore === -1),
      PublicBuckets: count(buckets, isPublic),
      SharedBuckets: count(buckets, isShared),
      SensitiveBuckets: count(buckets, isSensitive),
      ...(profiles && {
        SkippedObjects: sum(profiles, ({ totalItemsSkipped }) => totalItemsSkipped),
        SkippedByPermission: sum(
          profiles,
          ({ totalItemsSkippedPermissionDenied }) => totalItemsSkippedPermissionDenied,
        ),
        SkippedByEncryption: sum(
          profiles,
          ({ totalItemsSkippedInvalidEncryption = 0, totalItemsSkippedInvalidKms = 0 }) =>
            totalItemsSkippedInvalidEncryption + totalItemsSkippedInvalidKms,
        ),
      }),
    },
    unreadable: unreadable.map(
      ({ bucketName, errorCode }) => `${bucketName} (${errorCode?.toLowerCase().replaceAll('_', ' ')})`,
    ),
    accounts: accounts.map((account) => {
      const owned = buckets.filter(({ accountId = '' }) => accountId === account);
      return {
        account,
        buckets: owned.length,
        objects: sum(owned, ({ objectCount }) => objectCount),
        isPublic: count(owned, isPublic),
        isShared: count(owned, isShared),
        isSensitive: count(owned, isSensitive),
      };
    }),
  };
}

function wasScanned({ jobDetails, lastAutomatedDiscoveryTime }: BucketMetadata): boolean {
  return lastAutomatedDiscoveryTime !== undefined || jobDetails?.isDefinedInJob === 'TRUE';
}

function isPublic({ publicAccess }: BucketMetadata): boolean {
  return publicAccess?.effectivePermission === 'PUBLIC';
}

function isShared({ sharedAccess }: BucketMetadata): boolean {
  return sharedAccess === 'EXTERNAL';
}

function isSensitive({ sensitivityScore = 0 }: BucketMetadata): boolean {
  return sensitivityScore >= SENSITIVE;
}

function count<T>(all: readonly T[], is: (one: T) => boolean): number {
  return all.filter(is).length;
}

function sum<T>(all: readonly T[], of: (one: T) => number | undefined): number {
  return all.reduce((total, one) => total + (of(one) ?? 0), 0);
}

/** The accounts with the most buckets first; no message grows with the organization. */
function inventoryFacts(accounts: readonly AccountInventory[], many: (value: number) => string): [string, string][] {
  const shown = [...accounts].sort((a, b) => b.buckets - a.buckets).slice(0, NAMES);
  return shown.map(({ account, buckets, objects, isPublic: open, isShared: shared, isSensitive: sensitive }) => [
    account,
    `${many(buckets)} buckets, ${many(objects)} objects; ${many(open)} public, ${many(shared)} shared outside, ${many(sensitive)} with sensitive data`,
  ]);
}

export function coverageNotice({ metrics, unreadable, accounts }: Coverage, account: string, region: string): Notice {
  const many = (value: number) => value.toLocaleString('en-US');
  const named = unreadable.slice(0, NAMES).map(inert).join('; ');
  return {
    level: metrics.UnreadableBuckets > 0 ? 'Medium' : 'Low',
    what: `Macie can not read ${many(metrics.UnreadableBuckets)} of ${many(metrics.Buckets)} buckets`,
    category: 'coverage',
    count: metrics.UnreadableBuckets,
    id: `coverage-${account}-${region}`,
    link: `https://${region}.console.aws.amazon.com/macie/home?region=${region}#s3-buckets`,
    isSample: false,
    facts: [
      ['Account', account],
      ['Region', region],
      ['Accounts', `${many(accounts.length)} with buckets`],
      ['Not readable', unreadable.length > NAMES ? `${named}; and ${unreadable.length - NAMES} more` : named || 'none'],
      ['Objects', many(metrics.Objects)],
      [
        'Not supported',
        `${many(metrics.UnsupportedObjects)} objects: ${many(metrics.UnsupportedFormats)} by their format, ${many(metrics.UnsupportedStorageClasses)} by their storage class`,
      ],
      ['Skipped', skippedText(metrics, many)],
      ['Not analysed', `${many(metrics.FailedBuckets)} buckets, because of errors`],
      ['Never looked at', `${many(metrics.NeverScannedBuckets)} buckets, neither by a job nor by discovery`],
      ...inventoryFacts(accounts, many),
    ],
    advice: ['All buckets means all that Macie can read in this Region: what is listed here is not looked at'],
  };
}

function skippedText(metrics: Coverage['metrics'], many: (value: number) => string): string {
  const { SkippedObjects, SkippedByPermission = 0, SkippedByEncryption = 0 } = metrics;
  if (SkippedObjects === undefined) return 'not known: the profiles of buckets could not be read';
  return `${many(SkippedObjects)} objects by discovery: ${many(SkippedByPermission)} for want of permission, ${many(SkippedByEncryption)} for their encryption or its key`;
}
