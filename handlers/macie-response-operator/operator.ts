import type { Case } from '../shared/response-case';
import type { Claims } from '../shared/response-claims';
import type { Dispatched } from '../macie-response-dispatcher/dispatcher';

/** What a person asks for. */
export type Order =
  | { readonly operation: 'approve' | 'reject' | 'release'; readonly caseId: string }
  | { readonly operation: 'resume'; readonly accountId: string; readonly bucket?: string };

export interface OperatorParts {
  readonly claims: Claims;

  /** Dispatches messages that were held. */
  dispatch(messages: string[]): Promise<Dispatched[]>;
  start(stateMachineArn: string, name: string, input: string): Promise<void>;

  /** Answers a waiting step; an answer to one that waits no more is `false`. */
  approve(token: string): Promise<boolean>;
  reject(token: string): Promise<boolean>;
}

export interface Reply {
  readonly statusCode: number;
  readonly said: string;

  /** How many cases a resumed budget left waiting, as far as was looked. */
  readonly held?: number;
}

/** How many held cases one call takes up: as many as a function gets through. */
const MOST_RESUMED = 200;

/** What people decide. Each call is signed, so the ledger knows who it was. */
export class Operator {
  constructor(private readonly parts: OperatorParts) {}

  async carryOut(order: Order, by: string): Promise<Reply> {
    if (order.operation === 'resume') return this.resume(order.accountId, order.bucket);
    const one = await this.parts.claims.find(order.caseId);
    if (!one) return { statusCode: 404, said: 'there is no such case' };
    return order.operation === 'release' ? this.release(one, by) : this.decide(one, order.operation, by);
  }

  private async decide({ id }: Case, operation: 'approve' | 'reject', by: string): Promise<Reply> {
    const answer = operation === 'approve' ? 'APPROVED' : 'REJECTED';
    const decision = await this.parts.claims.decide(id, answer, by);
    if (decision?.token === undefined) return { statusCode: 409, said: 'nothing waits for approval' };
    if (decision.answer !== answer) return { statusCode: 409, said: `it is ${decision.answer} already` };
    const heard = await this.parts[operation](decision.token);
    return { statusCode: 200, said: heard ? answer : 'nothing waits any more' };
  }

  private async release(one: Case, by: string): Promise<Reply> {
    if (one.status !== 'DONE' && one.status !== 'FAILED') return { statusCode: 409, said: `the case is ${one.status}` };
    await this.parts.claims.release(one.id, by);
    const input = JSON.stringify({ caseId: one.id, undo: true });
    await this.parts.start(one.stateMachineArn, `release-${one.id}`, input);
    return { statusCode: 200, said: 'RELEASING' };
  }

  /** The budget holds for what was held as well: where it runs out again, the rest goes on waiting. */
  private async resume(accountId: string, bucket?: string): Promise<Reply> {
    const scope = bucket === undefined ? accountId : `${accountId}#${bucket}`;
    await this.parts.claims.resume(scope);
    let started = 0;
    let held: Case[] = [];
    for (let taken = 0; taken < MOST_RESUMED;) {
      held = await this.parts.claims.held(scope);
      if (held.length === 0) break;
      const outcomes = await this.parts.dispatch(held.slice(0, 50).map(({ message }) => message));
      started += outcomes.filter(({ outcome }) => outcome === 'Started').length;
      taken += outcomes.length;
      if (outcomes.some(({ outcome }) => outcome === 'Held')) break;
    }
    return { statusCode: 200, said: `${started} RESUMED`, held: held.length };
  }
}
