import { Aspects, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { MacieSession } from './macie-session';
import type { IMacieSession } from './macie-session';

/**
 * Macie has to be on before anything else about it can be made: a resource waits for the session that was given, or for
 * the one of its own stack, in whichever order the two were written.
 *
 * @param resource the resource alone: what it works with, such as a bucket that is kept, must not wait for a session
 */
export function waitForSession(resource: IConstruct, session?: IMacieSession): void {
  if (session) {
    resource.node.addDependency(session);
    return;
  }
  Aspects.of(resource).add({
    visit: (node) => {
      if (node !== resource) return;
      const stack = Stack.of(resource);
      const isOfStack = (other: IConstruct) => other instanceof MacieSession && Stack.of(other) === stack;
      resource.node.addDependency(...stack.node.findAll().filter(isOfStack));
    },
  });
}
