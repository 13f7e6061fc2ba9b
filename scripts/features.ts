import { readdirSync, readFileSync } from 'fs';
import * as path from 'path';

const project = path.join(__dirname, '..');

/** A row of docs/features.md. */
export interface FeatureRow {
  readonly id: string;
  readonly feature: string;
  readonly state: string;
  readonly name: string;
  /** Paths below `test/`, separated by commas. */
  readonly tests: string[];
}

export const STATES = ['done', 'part', 'open', 'no'];

export function featureRows(): FeatureRow[] {
  const lines = readFileSync(path.join(project, 'docs', 'features.md'), 'utf8').split('\n');
  return lines
    .map((line) => /^\| ([SB]-\d\d|\d+) \|(.*)\|(.*)\|(.*)\|(.*)\|$/.exec(line)?.slice(1))
    .filter((cells) => cells !== undefined)
    .map((cells) => cells.map((cell) => cell.trim()))
    .map(([id, feature, state, name, tests]) => ({
      id,
      feature,
      state,
      name,
      tests: tests
        .split(',')
        .map((each) => each.trim().replace(/`/g, ''))
        .filter((each) => each !== ''),
    }));
}

/** Whether a title carries the id of a row: `[60]`, also among others: `[60, 64]`. */
export function carries(title: string, id: string): boolean {
  return [...title.matchAll(/\[([SB\d][SB\d\s,-]*)\]/g)].some(([, ids]) => ids.split(/[,\s]+/).includes(id));
}

/** The sources of all tests, by their path below `test/`. */
export function testSources(): Map<string, string> {
  const folder = path.join(project, 'test');
  return new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => [file, sourceWithSuites(path.join(folder, file))]),
  );
}

/** A test file together with the suites beside it that it runs. */
function sourceWithSuites(file: string): string {
  const source = readFileSync(file, 'utf8');
  const suites = [...source.matchAll(/from '\.\/([\w-]+-suite)'/g)].map(([, name]) =>
    readFileSync(path.join(path.dirname(file), `${name}.ts`), 'utf8'),
  );
  return [source, ...suites].join('\n');
}
