import type { Case } from '../shared/response-case';
import type { StepOutcome } from '../shared/response-ledger';

/** What a look at the target tells: to be changed, with what is there now; or why nothing is to be done. */
export type Look =
  | { readonly outcome: 'CHANGE'; readonly before: object }
  | { readonly outcome: Exclude<StepOutcome, 'INTENDED' | 'CHANGED' | 'WOULD_CHANGE'>; readonly reason?: string };

export interface Made {
  readonly outcome: 'CHANGED' | 'GONE' | 'REPLACED' | 'REFUSED';
  readonly reason?: string;
  readonly after?: object;
}

/** A change of one target that may be begun any number of times, from whatever point the last try got to. */
export interface Change {
  /** Changes nothing. */
  look(target: Case): Promise<Look>;

  /** @param before what the first look saw */
  make(target: Case, before: object): Promise<Made>;
}

/** What a step does and how it is taken back. */
export interface Action {
  readonly name: string;
  readonly apply: Change;

  /** Takes back what was done to what the entry saw before. */
  undo(before: object): Change;
}
