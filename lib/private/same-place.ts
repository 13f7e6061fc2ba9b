import { Stack, Token, TokenComparison } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Where the account or Region of a stack is not known, two stacks may well be deployed to different places. */
export function isSamePlace(one: IConstruct, other: IConstruct): boolean {
  const [left, right] = [topStack(Stack.of(one)), topStack(Stack.of(other))];
  return left === right || (isSame(left.account, right.account) && isSame(left.region, right.region));
}

/** Whether the two can not be in one account and Region, as far as anybody knows. */
export function isOtherPlace(one: IConstruct, other: IConstruct): boolean {
  const [left, right] = [topStack(Stack.of(one)), topStack(Stack.of(other))];
  return left !== right && (isDifferent(left.account, right.account) || isDifferent(left.region, right.region));
}

function topStack(stack: Stack): Stack {
  return stack.nestedStackParent ? topStack(stack.nestedStackParent) : stack;
}

function isSame(one: string, other: string): boolean {
  return Token.compareStrings(one, other) === TokenComparison.SAME;
}

/** Known to be different. */
export function isDifferent(one: string, other: string): boolean {
  return Token.compareStrings(one, other) === TokenComparison.DIFFERENT;
}
