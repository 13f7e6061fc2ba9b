import { Token } from 'aws-cdk-lib';
import type { CfnFindingsFilter } from 'aws-cdk-lib/aws-macie';
import type { FindingField } from './finding-field';
import { validationError } from '../private/errors';

/** What the value of one field of a finding has to be. */
export class FindingCondition {
  /** A condition as Macie writes it; the fields offer the same with checks. */
  public static of(
    field: FindingField,
    operators: CfnFindingsFilter.CriterionAdditionalPropertiesProperty,
  ): FindingCondition {
    return new FindingCondition(field, operators);
  }

  private constructor(
    /** The field. */
    public readonly field: FindingField,

    /** The operators as Macie writes them: `eq`, `neq`, `gt`, `gte`, `lt`, `lte`. */
    public readonly operators: CfnFindingsFilter.CriterionAdditionalPropertiesProperty,
  ) {}
}

/** @see https://docs.aws.amazon.com/macie/latest/user/findings-filter-basics.html */
const MOST_VALUES = 50;

/**
 * Which findings are meant: those that meet every condition.
 *
 * A condition on a list of the finding, such as the tags of a bucket, is met when one member meets it. What Macie calls
 * `eqExactMatch`, that a list has exactly these members, is not known to CloudFormation.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/findings-filter-basics.html
 */
export class FindingCriteria {
  /** The findings that meet all of these conditions, each about another field. */
  public static allOf(...conditions: FindingCondition[]): FindingCriteria {
    return new FindingCriteria(conditions);
  }

  private constructor(
    /** The conditions, each about another field. */
    public readonly conditions: FindingCondition[],
  ) {
    if (conditions.length === 0)
      throw validationError('FindingCriteria', 'without a condition all findings are meant; give one');
    for (const [i, { field, operators }] of conditions.entries()) {
      if (conditions.findIndex((other) => other.field.path === field.path) !== i) {
        throw validationError('FindingCriteria', `${field.path} has two conditions; give all its values in one`);
      }
      for (const values of [operators.eq, operators.neq]) {
        if (!values || Token.isUnresolved(values) || (values.length >= 1 && values.length <= MOST_VALUES)) continue;
        throw validationError(
          'FindingCriteria',
          `${field.path} has ${values.length} values; 1 to ${MOST_VALUES} are allowed`,
        );
      }
    }
  }

  /** The criteria as CloudFormation and Macie write them, by the path of the field. */
  public render(): Record<string, CfnFindingsFilter.CriterionAdditionalPropertiesProperty> {
    return Object.fromEntries(this.conditions.map(({ field, operators }) => [field.path, operators]));
  }
}
