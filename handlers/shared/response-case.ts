import { createHash } from 'node:crypto';
import type { ResponseMessage, ResponseMode, ResponseSubject } from './response-message';

/**
 * `CLAIMED`: taken, and not yet known to be under way. `HELD`: beyond the budget, until a person resumes. `STARTED`: the
 * state machine has it. `DONE`, `FAILED`: it came to its end.
 */
export type CaseStatus = 'CLAIMED' | 'HELD' | 'STARTED' | 'DONE' | 'FAILED';

/** What a response acts on: a version of an object, or a bucket. */
export interface Target {
  readonly accountId: string;
  readonly region: string;
  readonly bucket: string;
  readonly key?: string;

  /** Absent where the bucket had no versions when Macie read the object. */
  readonly versionId?: string;

  readonly etag?: string;
}

/** One target and one plan; everything else that travels is its id. */
export interface Case extends Target {
  readonly id: string;
  readonly status: CaseStatus;
  readonly response: string;
  readonly stateMachineArn: string;
  readonly mode: ResponseMode;
  readonly subject: ResponseSubject;
  readonly message: string;
  readonly findingId: string;
  readonly findingType: string;
  readonly severity: string;

  /** What Macie found, as tags show it. */
  readonly found: string;

  readonly openedAt: string;

  /** Until when whoever claimed the case may be taken to be starting it. */
  readonly lease: number;

  /** The scope of the budget that ran out. */
  readonly heldFor?: string;
}

/**
 * The same for each finding about the same version of the same object, whichever job made it. A finding about a bucket
 * keeps its id when its cause comes again, with a higher count: that is another case.
 */
export function caseId(target: Target, { actions, mode }: ResponseMessage, occurrence: string): string {
  const { accountId, region, bucket, key = '', versionId, etag = '' } = target;
  const which = key === '' ? occurrence : (versionId ?? etag);
  return createHash('sha256')
    .update(JSON.stringify([accountId, region, bucket, key, which, actions, mode]))
    .digest('hex');
}
