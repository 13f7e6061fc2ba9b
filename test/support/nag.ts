import { readFileSync } from 'fs';
import * as path from 'path';
import { App } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';

/** What cdk-nag reports, or docs/nag.md explains. */
export interface NagFinding {
  readonly stack: string;
  readonly resource: string;
  readonly id: string;
}

/** The findings of the AwsSolutions pack in one stack, by construct path below the stack. */
export function nagFindings(stack: Stack): NagFinding[] {
  const report = new AwsSolutionsChecks(App.of(stack) as App).validateScope(stack);
  return report.violations
    .flatMap(({ ruleName, violatingResources, violatingConstructs }: any) =>
      [...(violatingConstructs ?? []), ...(violatingResources ?? [])].map(({ constructPath }: any) => ({
        stack: stack.node.id,
        resource: constructPath.split('/').slice(1).join('/'),
        id: ruleName,
      })),
    )
    .sort(byText);
}

/** The rows of docs/nag.md, of one stack or all. */
export function documentedFindings(stack?: string): NagFinding[] {
  const text = readFileSync(path.join(__dirname, '..', '..', 'docs', 'nag.md'), 'utf8');
  return [...text.matchAll(/^\| `([^`]+)` \| `([^`]+)` \| `([^`]+)` \|.*\|$/gm)]
    .map(([, name, resource, id]) => ({ stack: name, resource, id }))
    .filter((row) => stack === undefined || row.stack === stack)
    .sort(byText);
}

function byText(a: NagFinding, b: NagFinding): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
