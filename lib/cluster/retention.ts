import { Tokenization } from 'aws-cdk-lib';
import type { Duration } from 'aws-cdk-lib';

/** How long records are kept: a time, or for ever. */
export class Retention {
  /** Without a limit. */
  public static forever(): Retention {
    return new Retention('-1');
  }

  /** For so long. */
  public static of(duration: Duration): Retention {
    return new Retention(Tokenization.stringifyNumber(duration.toMilliseconds()));
  }

  private constructor(
    /** Milliseconds, -1 without a limit. */
    public readonly milliseconds: string,
  ) {}
}
