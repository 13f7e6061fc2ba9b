import type { BucketMetadata } from '@aws-sdk/client-macie2';
import type { Notice } from '../shared/finding-notice';
import { inert } from '../shared/neutral-text';

export interface Coverage {
  readonly metrics: Record<MetricName, number>;
  /** Buckets about which Macie knows nothing, with the reason that it gives. */
  readonly unreadable: readonly string[];
  readonly accounts: readonly string[];
}

type MetricName =
  | 'Buckets'
  | 'Objects'
  | 'UnreadableBuckets'
  | 'UnsupportedObjects'
  | 'UnsupportedFormats'
  | 'UnsupportedStorageClasses'
  | 'NeverScannedBuckets';

/** How many names a message holds. */
const NAMES = 20;

/**
 * What Macie can read, after its own inventory: an administrator's holds the buckets of all members.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-supported-storage.html
 */
export function coverageOf(buckets: readonly BucketMetadata[]): Coverage {
  const unreadable = buckets.filter(({ errorCode }) => errorCode !== undefined);
  const sum = (of: (bucket: BucketMetadata) => number | undefined) =>
    buckets.reduce((total, bucket) => total + (of(bucket) ?? 0), 0);
  const wasScanned = ({ jobDetails, lastAutomatedDiscoveryTime }: BucketMetadata) =>
    lastAutomatedDiscoveryTime !== undefined || jobDetails?.isDefinedInJob === 'TRUE';
  return {
    metrics: {
      Buckets: buckets.length,
      Objects: sum(({ objectCount }) => objectCount),
      UnreadableBuckets: unreadable.length,
      UnsupportedObjects: sum(({ unclassifiableObjectCount }) => unclassifiableObjectCount?.total),
      UnsupportedFormats: sum(({ unclassifiableObjectCount }) => unclassifiableObjectCount?.fileType),
      UnsupportedStorageClasses: sum(({ unclassifiableObjectCount }) => unclassifiableObjectCount?.storageClass),
      NeverScannedBuckets: buckets.filter((bucket) => !wasScanned(bucket)).length,
    },
    unreadable: unreadable.map(
      ({ bucketName, errorCode }) => `${bucketName} (${errorCode?.toLowerCase().replaceAll('_', ' ')})`,
    ),
    accounts: [...new Set(buckets.map(({ accountId }) => accountId ?? ''))],
  };
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
      ['Never looked at', `${many(metrics.NeverScannedBuckets)} buckets, neither by a job nor by discovery`],
    ],
    advice: ['All buckets means all that Macie can read in this Region: what is listed here is not looked at'],
  };
}
