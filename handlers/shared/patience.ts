import type { AwsError } from './aws-errors';
import type { Clock } from './clock';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Repeats calls that fail with an error worth waiting for, with growing pauses, until one deadline that all calls of
 * an event share: what was born a moment ago, like a policy, is not born anew with the second call.
 */
export class Patience {
  private readonly deadline: number;

  constructor(
    private readonly clock: Clock,
    forMs: number,
  ) {
    this.deadline = clock.now() + forMs;
  }

  /** The answer of the call, or its own last error. */
  public async call<T>(make: () => Promise<T>, worthWaiting: (error: AwsError) => boolean): Promise<T> {
    for (let longest = FIRST_PAUSE_MS; ; longest = Math.min(2 * longest, LONGEST_PAUSE_MS)) {
      try {
        return await make();
      } catch (error) {
        const left = this.deadline - this.clock.now();
        if (left <= 0 || !worthWaiting(error as AwsError)) throw error;
        // The random half spreads the resources of a stack, which all begin at once.
        await this.clock.sleep(Math.min(left, (longest * (1 + Math.random())) / 2));
      }
    }
  }
}
