import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { stack } from '../../support/fixtures';

/** Writes constructs into a stack. */
export type Write = (of: Stack) => unknown;

/** What is wrong, the rule, the wrong construct, its valid neighbour, and how the message says what would be right. */
export type Refusal = [what: string, id: string, wrong: Write, right: Write, fix?: string | RegExp];

/** The home of the stacks that are written into. */
export const HOME = { account: '123456789012', region: 'eu-west-1' };

function errors(write: Write): string {
  const of = stack({ env: HOME });
  try {
    write(of);
    Template.fromStack(of);
    return '';
  } catch (error) {
    return `${(error as { code?: string }).code} ${(error as Error).message}`;
  }
}

/** What the props of constructs can say although Amazon MSK refuses it: each beside its valid neighbour. */
export function refuses(refusals: Refusal[]): void {
  test.each(refusals)(
    '%s that Amazon MSK refuses is refused at synth by %s, and its valid neighbour passes',
    (_, id, wrong, right, fix = '') => {
      expect(errors(wrong)).toContain(id);
      expect(errors(wrong)).toMatch(fix);
      expect(errors(right)).toBe('');
    },
  );
}
