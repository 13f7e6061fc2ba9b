import type { Case } from './response-case';
import { entryId } from './response-ledger';
import type { Ledger, Phase, StepOutcome } from './response-ledger';
import { parseMessage } from './response-message';

export interface StepResult {
  readonly action: string;
  readonly outcome: StepOutcome | 'NOT_REACHED';
  readonly reason?: string;
}

/** How the steps of a case ended, or their release, as far as they got. */
export async function resultsOf(one: Case, ledger: Ledger, phase: Phase = 'APPLY'): Promise<StepResult[]> {
  const { actions = [] } = parseMessage(one.message) ?? {};
  return Promise.all(
    actions.map(async (action, step) => {
      const entry = await ledger.find(entryId(one.id, step, phase));
      return { action: action.split(':')[0], outcome: entry?.outcome ?? 'NOT_REACHED', reason: entry?.reason };
    }),
  );
}
