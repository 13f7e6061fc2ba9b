import type { Clock } from '../shared/clock';
import type { Case } from '../shared/response-case';
import type { Claims } from '../shared/response-claims';
import { entryId } from '../shared/response-ledger';
import type { Ledger, LedgerEntry, Phase, StepOutcome } from '../shared/response-ledger';
import type { Action, Change, Look } from './change';

/** What the state machine says to each step. */
export interface StepEvent {
  readonly caseId: string;
  readonly step: number;
  readonly undo: boolean;
}

export interface ExecutorParts {
  readonly action: Action;
  readonly claims: Claims;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly actor: string;
}

/**
 * Carries one step of one case out, or takes it back.
 *
 * The intention and what it found are written down before anything changes, and the end after it: whoever comes after a
 * step that died in between knows what to go on with, and what to take back.
 */
export class Executor {
  constructor(private readonly parts: ExecutorParts) {}

  async run({ caseId, step, undo }: StepEvent): Promise<{ outcome: StepOutcome }> {
    const { action, claims, ledger } = this.parts;
    const target = await claims.find(caseId);
    if (!target) throw new Error('there is no such case');
    const phase: Phase = undo ? 'UNDO' : 'APPLY';
    const id = entryId(caseId, step, phase);
    const known = await ledger.find(id);
    if (known && known.outcome !== 'INTENDED') {
      // Whoever came to this end may have died with the lock in hand.
      if (target.mode === 'ENFORCE') await claims.unlock(target, id);
      return { outcome: known.outcome };
    }
    if (!undo) return this.carryOut(action.apply, target, step, phase, known);
    const applied = await ledger.find(entryId(caseId, step, 'APPLY'));
    if (applied?.outcome !== 'CHANGED') return { outcome: 'UNCHANGED' };
    return this.carryOut(action.undo(parsed(applied.before)), target, step, phase, known);
  }

  private async carryOut(change: Change, target: Case, step: number, phase: Phase, known?: LedgerEntry) {
    if (target.mode === 'DRY_RUN') {
      const look = await change.look(target);
      const outcome = look.outcome === 'CHANGE' ? 'WOULD_CHANGE' : look.outcome;
      return this.record(target, step, phase, look, outcome);
    }
    // Tags are written as a whole: two steps at one object would undo each other.
    const owner = entryId(target.id, step, phase);
    await this.parts.claims.lock(target, owner);
    const result = await this.changeLocked(change, target, step, phase, known);
    await this.parts.claims.unlock(target, owner);
    return result;
  }

  private async changeLocked(change: Change, target: Case, step: number, phase: Phase, known?: LedgerEntry) {
    let entry = known;
    if (!entry) {
      const look = await change.look(target);
      if (look.outcome !== 'CHANGE') return this.record(target, step, phase, look, look.outcome);
      entry = await this.parts.ledger.open(await this.entry(target, step, phase, look, 'INTENDED'));
      if (entry.outcome !== 'INTENDED') return { outcome: entry.outcome };
    }
    const { outcome, reason, after } = await change.make(target, parsed(entry.before));
    await this.parts.ledger.close(entry.id, outcome, reason, after && JSON.stringify(after));
    return { outcome };
  }

  private async record(target: Case, step: number, phase: Phase, look: Look, outcome: StepOutcome) {
    const entry = await this.parts.ledger.open(await this.entry(target, step, phase, look, outcome));
    return { outcome: entry.outcome };
  }

  private async entry(
    target: Case,
    step: number,
    phase: Phase,
    look: Look,
    outcome: StepOutcome,
  ): Promise<LedgerEntry> {
    const { id, mode, response, findingId, accountId, region, bucket, key, versionId, etag } = target;
    return {
      id: entryId(id, step, phase),
      caseId: id,
      step,
      phase,
      action: this.parts.action.name,
      mode,
      outcome,
      reason: 'reason' in look ? look.reason : undefined,
      before: 'before' in look ? JSON.stringify(look.before) : undefined,
      response,
      findingId,
      accountId,
      region,
      bucket,
      key,
      versionId,
      etag,
      actor: this.parts.actor,
      approver: await this.parts.claims.decidedBy(id, phase),
      at: new Date(this.parts.clock.now()).toISOString(),
    };
  }
}

function parsed(before: string | undefined): object {
  return JSON.parse(before ?? '{}') as object;
}
