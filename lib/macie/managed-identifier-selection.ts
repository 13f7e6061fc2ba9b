import type { ManagedDataIdentifier } from './managed-data-identifier';
import { validationError } from '../private/errors';

/**
 * The managed data identifiers that a job uses.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-jobs-mdis-recommended.html
 */
export class ManagedIdentifierSelection {
  /** The set that AWS recommends when a run starts: it may grow. */
  public static recommended(): ManagedIdentifierSelection {
    return new ManagedIdentifierSelection('RECOMMENDED');
  }

  /** All there are when a run starts. */
  public static all(): ManagedIdentifierSelection {
    return new ManagedIdentifierSelection('ALL');
  }

  /** None: custom identifiers alone. */
  public static none(): ManagedIdentifierSelection {
    return new ManagedIdentifierSelection('NONE');
  }

  /** These alone. */
  public static only(identifiers: ManagedDataIdentifier[]): ManagedIdentifierSelection {
    return new ManagedIdentifierSelection('INCLUDE', identifiers);
  }

  /** All there are when a run starts but these. */
  public static allExcept(identifiers: ManagedDataIdentifier[]): ManagedIdentifierSelection {
    return new ManagedIdentifierSelection('EXCLUDE', identifiers);
  }

  /**
   * What Macie is told.
   *
   * @internal
   */
  public readonly _definition: object;

  private constructor(
    /** @internal */
    public readonly _selector: string,
    identifiers?: ManagedDataIdentifier[],
  ) {
    if (identifiers?.length === 0) {
      const instead = _selector === 'INCLUDE' ? 'none' : 'all';
      throw validationError('MACIE-JOB-IDENTIFIERS', `the list of identifiers is empty; use ${instead}() to mean that`);
    }
    this._definition = {
      managedDataIdentifierSelector: _selector,
      managedDataIdentifierIds: identifiers && [...new Set(identifiers.map(({ id }) => id))],
    };
  }
}
