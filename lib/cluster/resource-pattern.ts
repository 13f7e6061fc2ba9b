import { Token } from 'aws-cdk-lib';
import { validationError } from '../private/errors';

/**
 * Which topics, consumer groups or transactional ids are meant: one by its name, or all that share a prefix, as in
 * Kafka's own access control.
 *
 * @see https://kafka.apache.org/documentation/#security_authz
 */
export class ResourcePattern {
  /** The one with exactly this name. */
  public static literal(name: string): ResourcePattern {
    return new ResourcePattern(name, name, false);
  }

  /** All whose names begin so. */
  public static prefixed(prefix: string): ResourcePattern {
    return new ResourcePattern(prefix, `${prefix}*`, true);
  }

  private constructor(
    /** The name, or what names begin with. */
    public readonly name: string,
    /** The last part of the ARN in an IAM statement. */
    public readonly arnSuffix: string,
    /** Whether all are meant whose names begin so. */
    public readonly isPrefix: boolean,
  ) {
    if (!Token.isUnresolved(name) && (name === '' || /[*?]/.test(name))) {
      throw validationError(
        'ResourcePatternWildcard',
        `a name or prefix must not be empty or hold a wildcard, got '${name}': for a prefix use ResourcePattern.prefixed('team-')`,
      );
    }
  }
}
