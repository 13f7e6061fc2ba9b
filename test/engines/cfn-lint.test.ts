import { spawnSync } from 'child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { exampleApp, templateFiles } from '../support/examples';
import { pythonWith } from '../support/python';

/** Errors of cfn-lint, offline. W3005 (redundant DependsOn) is what the CDK writes; warnings are not looked at. */
function lint(...files: string[]): string[] {
  const python = pythonWith('cfn-lint==1.58.0');
  const args = [
    path.join(path.dirname(python), 'cfn-lint'),
    '--format',
    'json',
    '--ignore-checks',
    'W',
    '--regions',
    'eu-west-1',
    '--',
    ...files,
  ];
  const { stdout, stderr } = spawnSync(python, args, { encoding: 'utf8' });
  expect(stderr).toBe('');
  return (JSON.parse(stdout) as { Rule: { Id: string }; Message: string }[]).map(
    ({ Rule, Message }) => `${Rule.Id} ${Message}`,
  );
}

test('[111] cfn-lint finds no error in the reference stacks', () => {
  expect(lint(...templateFiles(exampleApp()))).toEqual([]);
}, 300_000);

test('cfn-lint runs: it finds an error that is planted', () => {
  const [file] = templateFiles(exampleApp());
  const template = JSON.parse(readFileSync(file, 'utf8')) as { Resources: Record<string, unknown> };
  template.Resources.Planted = { Type: 'AWS::MSK::Topic', Properties: { TopicName: 'planted' } };
  const planted = path.join(mkdtempSync(path.join(tmpdir(), 'lint-')), 'planted.template.json');
  writeFileSync(planted, JSON.stringify(template));
  expect(lint(planted).some((line) => line.startsWith('E3003'))).toBe(true);
}, 300_000);
