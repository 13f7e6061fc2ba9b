import { Token } from 'aws-cdk-lib';
import { validationError } from '../private/errors';

/** Which topics or consumer groups a replicator copies, or leaves out. */
export class ReplicationPattern {
  /** All of them. */
  public static all(): ReplicationPattern {
    return new ReplicationPattern('.*', '*');
  }

  /** The one with exactly this name. */
  public static literal(name: string): ReplicationPattern {
    return new ReplicationPattern(escaped(name), requireName(name));
  }

  /** All whose names begin so. */
  public static prefixed(prefix: string): ReplicationPattern {
    return new ReplicationPattern(`${escaped(prefix)}.*`, `${requireName(prefix)}*`);
  }

  /**
   * All that a regular expression of Java matches as a whole.
   *
   * @param expression for example `(orders|returns)-eu`
   * @param arnPattern what covers the same names in an IAM policy, for example `*-eu`: `*` for any characters, `?` for one
   */
  public static regex(expression: string, arnPattern: string): ReplicationPattern {
    return new ReplicationPattern(expression, arnPattern);
  }

  private constructor(
    /** As the replicator is told. */
    public readonly expression: string,
    /** The last part of the ARN in an IAM statement. */
    public readonly arnSuffix: string,
  ) {}
}

/** Of what names are made of, only the dot means something in an expression. */
function escaped(name: string): string {
  return Token.isUnresolved(name) ? name : name.replace(/[.\\+*?()|[\]{}^$]/g, '\\$&');
}

function requireName(name: string): string {
  if (!Token.isUnresolved(name) && (name === '' || /[*?]/.test(name))) {
    throw validationError(
      'ReplicationPatternWildcard',
      `a name or prefix must not be empty or hold a wildcard, got '${name}': use ReplicationPattern.all() or .regex()`,
    );
  }
  return name;
}
