import type { Notice } from '../shared/finding-notice';
import { inert } from '../shared/neutral-text';
import type { Batch } from './table';

export interface Place {
  readonly bucket: string;
  readonly account: string;
  readonly region: string;
}

/** What people are told about a batch of which something is held: how much, never which objects. */
export function heldNotice({ jobId = '', found = 0, unread = 0 }: Batch, { bucket, account, region }: Place): Notice {
  const many = (count: number) => count.toLocaleString('en-US');
  return {
    level: found > 0 ? 'High' : 'Medium',
    what: `${many(found + unread)} uploads to bucket ${inert(bucket)} are held`,
    bucket: inert(bucket),
    category: 'uploads held',
    count: found + unread,
    id: `upload-gate-${jobId}`,
    link: `https://${region}.console.aws.amazon.com/macie/home?region=${region}#jobs?itemId=${encodeURIComponent(jobId)}`,
    isSample: false,
    facts: [
      ['Account', account],
      ['Region', region],
      ['Bucket', inert(bucket)],
      ['Job', jobId],
      ['Sensitive data', `${many(found)} objects`],
      ['Not readable', `${many(unread)} objects, for Macie or for lack of a free tag`],
    ],
    advice: ['Nobody but reviewers can read them until one of them releases them', 'Nothing was moved or deleted'],
  };
}
