/**
 * The main job: synthesizes every reference stack into `cdk.out` and prints what was made and checked.
 *
 *   npm run synth
 */
import { spawnSync } from 'child_process';
import { existsSync, readFileSync, rmSync } from 'fs';
import * as path from 'path';
import { describeFinding, evaluate, Facts, RULES, appliesTo } from '../lib/rules';
import type { Template } from '../lib/rules';

const project = path.join(__dirname, '..');
const out = path.join(project, 'cdk.out');
const REPORT = 'validation-report.json';

interface Manifest {
  readonly artifacts: Record<
    string,
    { readonly type: string; readonly properties?: { templateFile: string }; readonly additionalMetadataFile?: string }
  >;
}

interface Row {
  readonly stack: string;
  readonly resources: number;
  readonly functions: number;
  readonly checks: number;
  readonly failed: number;
  readonly warnings: number;
}

rmSync(out, { recursive: true, force: true });
const synth = spawnSync('npx', ['cdk', 'synth', '--quiet'], { cwd: project, stdio: ['ignore', 'inherit', 'inherit'] });
if (synth.status !== 0) {
  process.exit(synth.status ?? 1);
}

const manifest = read<Manifest>('manifest.json');
const stacks = Object.entries(manifest.artifacts).filter(([, { type }]) => type === 'aws:cloudformation:stack');
const templates: Record<string, Template> = Object.fromEntries(
  stacks.map(([name, { properties }]) => [name, read<Template>(properties?.templateFile ?? '')]),
);
const facts = Facts.fromTemplates(templates);
const findings = evaluate(facts);

const rows: Row[] = stacks.map(([name]) => {
  const resources = Object.values(templates[name].Resources ?? {}) as { Type: string }[];
  const own = findings.filter(({ stack }) => stack === name);
  return {
    stack: name,
    resources: resources.length,
    functions: resources.filter(({ Type }) => Type === 'AWS::Lambda::Function').length,
    checks: resources.flatMap(({ Type }) => RULES.filter((rule) => appliesTo(rule, Type))).length,
    failed: own.filter(({ severity }) => severity === 'error').length,
    warnings: own.filter(({ severity }) => severity === 'warning').length + annotated(name),
  };
});

print(rows);
findings.forEach((finding) => console.log(describeFinding(finding)));
const entries = reportEntries();
entries.forEach((entry) => console.log(entry));
console.log(
  `\ntemplates: cdk.out   validator of the CDK: ${entries.length === 0 ? 'no entry' : `${entries.length} entries`}` +
    '\ndeploy one: npx cdk deploy NAME   delete it: npx cdk destroy NAME',
);
// Without Maven there is no jar, and nothing wrong with the templates.
const faults = entries.filter((entry) => !entry.startsWith('Annotation::cdk-msk-macie:FLINK-RUNNER-NOT-BUILT:'));
process.exit(findings.some(({ severity }) => severity === 'error') || faults.length > 0 ? 1 : 0);

/** Warnings that constructs left on a stack. */
function annotated(name: string): number {
  const file = manifest.artifacts[name].additionalMetadataFile;
  const metadata = file === undefined ? {} : read<Record<string, { type: string }[]>>(file);
  return Object.values(metadata)
    .flat()
    .filter(({ type }) => type === 'aws:cdk:warning').length;
}

/** What the template validator of the CDK had to say. */
function reportEntries(): string[] {
  if (!existsSync(path.join(out, REPORT))) {
    return [];
  }
  const report = read<{ pluginReports?: { violations?: { ruleName: string; description: string }[] }[] }>(REPORT);
  return (report.pluginReports ?? []).flatMap(({ violations = [] }) =>
    violations.map(({ ruleName, description }) => `${ruleName}: ${description}`),
  );
}

function read<T>(file: string): T {
  return JSON.parse(readFileSync(path.join(out, file), 'utf8')) as T;
}

function print(lines: Row[]): void {
  const columns: [string, (row: Row) => string][] = [
    ['stack', (row) => row.stack],
    ['resources', (row) => String(row.resources)],
    ['functions', (row) => String(row.functions)],
    ['checks passed', (row) => `${row.checks - row.failed} of ${row.checks}`],
    ['warnings', (row) => String(row.warnings)],
  ];
  const table = [columns.map(([title]) => title), ...lines.map((row) => columns.map(([, cell]) => cell(row)))];
  const widths = columns.map((_, column) => Math.max(...table.map((cells) => cells[column].length)));
  const render = (cells: string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('   ');
  console.log();
  table.forEach((cells, index) => {
    console.log(render(cells));
    if (index === 0) {
      console.log(widths.map((width) => '-'.repeat(width)).join('   '));
    }
  });
  console.log();
}
