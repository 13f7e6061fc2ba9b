import type { Case } from '../shared/response-case';
import type { StepOutcome } from '../shared/response-ledger';

export interface StepResult {
  readonly action: string;
  readonly outcome: StepOutcome | 'NOT_REACHED';
  readonly reason?: string;
}

/** Why people are told something. */
export type Occasion = 'APPROVAL' | 'FINISHED' | 'FAILED' | 'EXPIRED' | 'REJECTED' | 'RELEASED';

const SUBJECTS: Record<Occasion, string> = {
  APPROVAL: 'approval wanted',
  FINISHED: 'done',
  FAILED: 'failed, a person has to look',
  EXPIRED: 'not approved in time, nothing was changed, a person has to look',
  REJECTED: 'rejected, nothing was changed',
  RELEASED: 'taken back',
};

/** What people read: whatever names the object stays in the table, under the id of the case. */
export function responseMessage(
  occasion: Occasion,
  one: Case,
  steps: StepResult[],
): { Subject: string; Message: string } {
  const dryRun = one.mode === 'DRY_RUN' ? ' (dry run)' : '';
  const wanting = steps.some(({ outcome }) => outcome === 'REFUSED') ? ', a person has to look' : '';
  const lines = [
    `Macie response${dryRun}: ${SUBJECTS[occasion]}${wanting}`,
    `case: ${one.id}`,
    `finding: ${one.findingId}, ${one.findingType}, ${one.severity}`,
    `account and Region: ${one.accountId}, ${one.region}`,
    `bucket: ${one.bucket}`,
    ...steps.map(({ action, outcome, reason }) => `${action}: ${outcome}${reason === undefined ? '' : ` (${reason})`}`),
  ];
  return { Subject: lines[0].slice(0, 100), Message: lines.join('\n') };
}
