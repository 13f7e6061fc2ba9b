import { mkdtempSync, readFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import type { App } from 'aws-cdk-lib';
import { addReferenceStacks } from '../../examples';
import { app } from './fixtures';

/** All reference stacks in one app, as `bin/examples.ts` has them. */
export function exampleApp(): App {
  const scope = app({ outdir: mkdtempSync(path.join(tmpdir(), 'cdk-examples-')), analyticsReporting: false });
  addReferenceStacks(scope);
  return scope;
}

/** The template files of an app that has been synthesized. */
export function templateFiles(scope: App): string[] {
  return scope.synth().stacks.map(({ templateFullPath }) => templateFullPath);
}

/** What the CDK's own template validator reported of an app. */
export function validatorEntries(scope: App): { readonly ruleName: string }[] {
  const report = JSON.parse(readFileSync(path.join(scope.outdir, 'validation-report.json'), 'utf8')) as {
    pluginReports?: { violations?: { ruleName: string }[] }[];
  };
  return (report.pluginReports ?? []).flatMap(({ violations = [] }) => violations);
}
