import { createHash } from 'crypto';
import { Lazy, Names, Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** What all content names of a construct begin with: a unique name from its path. */
export function baseName(scope: IConstruct, maxLength: number): string {
  return Names.uniqueResourceName(scope, { maxLength, separator: '-' });
}

/**
 * A name that changes exactly when something changes that cannot be changed in place. CloudFormation makes the successor
 * of a replaced resource first, and with the same name that would fail.
 *
 * @param content what cannot be changed in place, asked when the tree is complete
 */
export function contentName(scope: IConstruct, maxLength: number, content: () => unknown): string {
  return Lazy.string({
    produce: () => {
      // In the words of the own stack: seen from another one a reference reads differently.
      const text = JSON.stringify(Stack.of(scope).resolve(content()));
      const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
      return `${baseName(scope, maxLength - 9)}-${hash}`;
    },
  });
}

/** Says what a name of the user's own means for whatever can only be replaced. */
export function warnFixedName(scope: IConstruct, property: string, changes: string): void {
  Validations.of(scope).addWarning(
    'cdk-msk-macie:MSK-REPLACEMENT-NAME',
    `a change of ${changes} replaces '${scope.node.path}', and fails while the name given by \`${property}\` is taken: ` +
      `leave \`${property}\` out, or change the name together with them`,
  );
}
