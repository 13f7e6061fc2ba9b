import type { AwsError } from './aws-errors';
import type { Clock } from './clock';

export interface Pauses {
  readonly firstMs: number;
  readonly longestMs: number;
  /** From 0 to less than 1. */
  random(): number;
}

const PAUSES: Pauses = { firstMs: 250, longestMs: 10_000, random: () => Math.random() };

/**
 * Repeats calls that fail with an error worth waiting for, with growing pauses, until one deadline that all calls of
 * an event share: what was born a moment ago, like a policy, is not born anew with the second call.
 */
export class Patience {
  private readonly deadline: number;

  constructor(
    private readonly clock: Clock,
    forMs: number,
    private readonly pauses = PAUSES,
  ) {
    this.deadline = clock.now() + forMs;
  }

  /** The answer of the call, or its own last error. */
  public async call<T>(make: () => Promise<T>, worthWaiting: (error: AwsError) => boolean): Promise<T> {
    const { firstMs, longestMs } = this.pauses;
    for (let longest = firstMs; ; longest = Math.min(2 * longest, longestMs)) {
      try {
        return await make();
      } catch (error) {
        const left = this.deadline - this.clock.now();
        if (left <= 0 || !worthWaiting(error as AwsError)) throw error;
        // The random half spreads the resources of a stack, which all begin at once.
        await this.clock.sleep(Math.min(left, (longest * (1 + this.pauses.random())) / 2));
      }
    }
  }
}
