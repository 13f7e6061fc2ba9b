import { messageOf } from '../shared/finding-message';
import type { FindingMessage } from '../shared/finding-message';
import { consoleLink, LEVELS, text } from '../shared/finding-notice';
import type { Case } from '../shared/response-case';
import type { StepResult } from '../shared/response-results';

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

const ADVICE: Partial<Record<Occasion, string>> = {
  APPROVAL: 'Approve or reject the case by a signed call of the operator of the hub',
};

/** What people read: whatever names the object stays in the table, under the id of the case. */
export function responseMessage(occasion: Occasion, one: Case, steps: StepResult[]): FindingMessage {
  const dryRun = one.mode === 'DRY_RUN' ? ' (dry run)' : '';
  const wanting = steps.some(({ outcome }) => outcome === 'REFUSED') ? ', a person has to look' : '';
  const advice = ADVICE[occasion];
  const region = text(one.region);
  const findingId = text(one.findingId);
  return messageOf({
    level: LEVELS.find((level) => level === one.severity) ?? 'High',
    what: `Macie response${dryRun}: ${SUBJECTS[occasion]}${wanting}`,
    facts: [
      ['Case', one.id],
      ['Finding', findingId],
      ['Type', text(one.findingType)],
      ['Bucket', text(one.bucket)],
      ['Account', text(one.accountId)],
      ['Region', region],
      ...steps.map((step, i) => [`Step ${i + 1}`, stepText(step)] as const),
    ],
    advice: advice === undefined ? [] : [advice],
    category: `Macie response: ${occasion}`,
    count: 1,
    id: one.id,
    link: consoleLink(region, 'macie', `findings?itemId=${encodeURIComponent(findingId)}`),
    isSample: false, // no sample gets so far
  });
}

function stepText({ action, outcome, reason }: StepResult): string {
  return `${action}: ${outcome}${reason === undefined ? '' : ` (${reason})`}`;
}
