import type { Finding } from '@aws-sdk/client-macie2';
import type { Clock } from '../shared/clock';
import { caseId } from '../shared/response-case';
import type { Case } from '../shared/response-case';
import type { Budget, Claims } from '../shared/response-claims';
import { parseMessage } from '../shared/response-message';
import type { ResponseMessage } from '../shared/response-message';
import type { WriteBack } from '../shared/response-write-back';
import { foundIn, targetOf } from './finding';

/**
 * `Started`: a state machine has it now. `Known`: it, or somebody before, took the case. `Busy`: somebody is at it this
 * minute. `Held`: beyond the budget. All others are the reason why nothing is to be done.
 */
export type DispatchOutcome =
  | 'Started'
  | 'Known'
  | 'Busy'
  | 'Held'
  | 'Sample'
  | 'Archived'
  | 'Missing'
  | 'OutOfScope'
  | 'OwnBucket'
  | 'NoTarget'
  | 'Malformed';

export interface Dispatched {
  readonly outcome: DispatchOutcome;
  readonly caseId?: string;

  /** Whose budget ran out, of what is held. */
  readonly heldBy?: HeldBy;
}

export type HeldBy = 'ACCOUNT' | 'BUCKET';

export interface DispatcherParts {
  readonly claims: Claims;
  readonly budget: Budget;
  readonly ownAccount: string;

  /** Buckets of ours, such as quarantine: what is found in them is there because it was found before. */
  readonly ownBuckets: readonly string[];

  readonly clock: Clock;
  findings(ids: string[]): Promise<Finding[]>;

  /** Whose status in Security Hub is to follow a case that has come to its end; where there is none, nobody's. */
  readonly writeBack?: (wanted: WriteBack) => Promise<void>;

  /** A second start by the same name changes nothing. */
  start(stateMachineArn: string, name: string, input: string): Promise<void>;
}

/** From messages to claimed cases under way. Whatever throws may be dispatched again. */
export class Dispatcher {
  constructor(private readonly parts: DispatcherParts) {}

  /** Reads the findings of a batch in one call, which is how often Macie can be asked. */
  async read(messages: readonly string[]): Promise<(text: string) => Promise<Dispatched>> {
    const ids = [...new Set(messages.flatMap((text) => parseMessage(text)?.findingId ?? []))];
    const findings = ids.length > 0 ? await this.parts.findings(ids) : [];
    return async (text) => {
      const message = parseMessage(text);
      if (!message) return { outcome: 'Malformed' };
      return this.dispatch(
        message,
        text,
        findings.find(({ id }) => id === message.findingId),
      );
    };
  }

  private async dispatch(message: ResponseMessage, text: string, finding?: Finding): Promise<Dispatched> {
    if (!finding) return { outcome: 'Missing' };
    if (finding.sample) return { outcome: 'Sample' };
    if (finding.archived) return { outcome: 'Archived' };
    if (!(message.accounts ?? [this.parts.ownAccount]).includes(finding.accountId ?? '')) {
      return { outcome: 'OutOfScope' };
    }
    const target = targetOf(finding, message.subject);
    if (!target) return { outcome: 'NoTarget' };
    if (message.subject === 'OBJECT' && this.parts.ownBuckets.includes(target.bucket)) return { outcome: 'OwnBucket' };
    const wanted: Case = {
      ...target,
      id: caseId(target, message, `${finding.id}#${finding.count}`),
      status: 'CLAIMED',
      response: message.response,
      stateMachineArn: message.stateMachineArn,
      mode: message.mode,
      subject: message.subject,
      message: text,
      findingId: message.findingId,
      findingType: finding.type ?? '',
      severity: finding.severity?.description ?? '',
      found: foundIn(finding),
      openedAt: new Date(this.parts.clock.now()).toISOString(),
      lease: this.parts.claims.lease(),
    };
    const taken = await this.take(wanted, message.mode === 'ENFORCE' ? message.changes : 0);
    return { ...taken, caseId: wanted.id };
  }

  private async take(wanted: Case, changes: number): Promise<Dispatched> {
    const { claims, budget } = this.parts;
    const claim = await claims.claim(wanted, changes, budget);
    if (claim.kind === 'KNOWN') {
      const { known } = claim;
      if (claims.isBusy(known)) return { outcome: 'Busy' };
      await this.follow(known, wanted.findingId);
      if (known.status !== 'CLAIMED' || !(await claims.takeOver(known))) return { outcome: 'Known' };
      return { outcome: await this.start(known) };
    }
    if (claim.kind === 'TAKEN') return { outcome: await this.start(wanted) };
    if (claim.kind === 'SPENT') await claims.stop(claim.scope);
    await claims.hold(wanted, claim.scope);
    return { outcome: 'Held', heldBy: claim.scope === wanted.accountId ? 'ACCOUNT' : 'BUCKET' };
  }

  /** Another finding about what was dealt with: nothing is to be done any more, and Security Hub may know. */
  private async follow({ id, findingId, mode, status }: Case, another: string): Promise<void> {
    const isOver = status === 'DONE' || status === 'FAILED';
    if (isOver && mode === 'ENFORCE' && findingId !== another) {
      await this.parts.writeBack?.({ caseId: id, findingId: another });
    }
  }

  private async start({ id, stateMachineArn }: Case): Promise<DispatchOutcome> {
    await this.parts.start(stateMachineArn, id, JSON.stringify({ caseId: id, undo: false }));
    await this.parts.claims.move(id, 'STARTED', 'CLAIMED');
    return 'Started';
  }
}
