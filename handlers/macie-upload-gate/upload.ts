import { createHash } from 'crypto';

/** One version of one object: what a scan is about, and what is released. */
export interface Upload {
  readonly key: string;
  readonly versionId: string;
}

/** The tag that the policy of the bucket goes by. */
export const STATE = 'macie-gate:state';

const PENDING = 'scan-';
const RELEASED = 'released-';
const HELD = 'held-';

/** What people write into the tag who have looked into an object. */
const REVIEWED = `${RELEASED}by-`;

/** What marks of an object say of it; `foreign` is a mark that belongs to another object, or to nobody. */
export type State =
  | { readonly is: 'untagged' | 'released' | 'reviewed' | 'held' | 'foreign' }
  | { readonly is: 'pending'; readonly batch: string };

/**
 * The identity of an upload. It holds the version, which Amazon S3 chooses: nobody can know it before, so a mark that was
 * copied or uploaded along with an object never fits it.
 */
export function idOf({ key, versionId }: Upload): string {
  return createHash('sha256').update(`${key}\n${versionId}`).digest('hex').slice(0, 32);
}

export const pending = (batch: string): string => PENDING + batch;
export const released = (upload: Upload): string => RELEASED + idOf(upload);
export const held = (upload: Upload): string => HELD + idOf(upload);

export function stateOf(upload: Upload, mark: string | undefined): State {
  if (mark === undefined) return { is: 'untagged' };
  if (mark === released(upload)) return { is: 'released' };
  if (mark === held(upload)) return { is: 'held' };
  if (mark.startsWith(REVIEWED)) return { is: 'reviewed' };
  return mark.startsWith(PENDING) ? { is: 'pending', batch: mark.slice(PENDING.length) } : { is: 'foreign' };
}
