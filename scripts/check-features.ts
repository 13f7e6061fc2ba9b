/**
 * Every row of docs/features.md that says done was proven in this run: a test of each file that the row names, with the
 * row's number in its title, ran and passed. Reads the reports that the gate's suites left in `reports/`.
 *
 *   npm run features:check
 */
import { readdirSync, readFileSync } from 'fs';
import * as path from 'path';
import { carries, featureRows } from './features';

interface Report {
  readonly testResults: {
    readonly name: string;
    readonly assertionResults: { readonly fullName: string; readonly status: string }[];
  }[];
}

const project = path.join(__dirname, '..');
const reports = path.join(project, 'reports');
const passed = readdirSync(reports)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(path.join(reports, file), 'utf8')) as Report)
  .flatMap(({ testResults }) => testResults)
  .flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'passed')
      .map(({ fullName }) => ({ file: path.relative(path.join(project, 'test'), name), title: fullName })),
  );

const rows = featureRows();
const missing = rows
  .filter(({ state }) => state === 'done' || state === 'part')
  .flatMap(({ id, tests }) =>
    tests
      .filter((test) => !passed.some(({ file, title }) => file === test && carries(title, id)))
      .map((test) => `row ${id}: no test of ${test} with [${id}] in its title ran and passed`),
  );
missing.forEach((line) => console.error(line));
const count = (state: string) => rows.filter((row) => row.state === state).length;
console.log(`${count('done')} rows done, ${count('part')} in part, ${count('open')} open, ${count('no')} rejected`);
process.exit(missing.length === 0 ? 0 : 1);
