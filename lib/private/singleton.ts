import type { IConstruct } from 'constructs';
import { validationError } from './errors';
import { isSamePlace } from './same-place';

/**
 * Refuses a second construct of one kind in an account and Region, as far as both are known.
 *
 * @param code the rule id
 * @param what the thing there is one of
 * @param isOneOf whether a construct is another of the kind
 */
export function requireOnly(
  construct: IConstruct,
  code: string,
  what: string,
  isOneOf: (other: IConstruct) => boolean,
): void {
  const other = construct.node.root.node
    .findAll()
    .find((one) => isOneOf(one) && one !== construct && isSamePlace(one, construct));
  if (!other) return;
  throw validationError(code, `${other.node.path} and ${construct.node.path} are both ${what}; keep one`, construct);
}
