import { execFileSync } from 'child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';

const PROJECT = path.join(__dirname, '..', '..');
const LONG_AGO = new Date('2020-01-01T00:00:00Z');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'bundle-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
}

function bundle(): string[] {
  const script = path.join(PROJECT, 'scripts', 'bundle-handlers.mjs');
  const output = execFileSync(process.execPath, [script, folder], { encoding: 'utf8' });
  return output.trim().split('\n');
}

const read = (file: string) => readFileSync(path.join(folder, file), 'utf8');

test('bundling writes what changed, leaves the rest alone, and removes what has no source', () => {
  put('handlers/shared/greeting.ts', "export const greeting: string = 'hello';");
  put('handlers/one/index.ts', "export { greeting as handler } from '../shared/greeting';");
  put('handlers/two/index.ts', "import { X } from '@aws-sdk/client-x'; export const handler = () => new X();");
  put('examples/handlers/three/index.ts', 'export const handler = () => import.meta.url;');
  expect(bundle()).toEqual([
    expect.stringMatching(/^assets\/handlers\/one\/index\.js +\d\.\d KiB {2}written$/),
    expect.stringMatching(/^assets\/handlers\/two\/index\.js .* written$/),
    expect.stringMatching(/^examples\/assets\/three\/index\.js .* written$/),
  ]);
  expect(require(path.join(folder, 'assets/handlers/one/index.js'))).toEqual({ handler: 'hello' });
  expect(read('assets/handlers/two/index.js')).toContain('require("@aws-sdk/client-x")'); // comes with the runtime
  expect(read('assets/handlers/two/index.js')).not.toContain('__filename');
  expect(require(path.join(folder, 'examples/assets/three/index.js')).handler()).toMatch(/^file:.*three\/index\.js$/);

  const one = path.join(folder, 'assets/handlers/one/index.js');
  const before = readFileSync(one);
  utimesSync(one, LONG_AGO, LONG_AGO);
  put('handlers/shared/greeting.ts', "// another comment\nexport const greeting: string = 'hello';");
  put('assets/handlers/one/index.js.map', 'stale');
  put('assets/handlers/gone/index.js', 'stale');
  rmSync(path.join(folder, 'examples/handlers/three'), { recursive: true });
  expect(bundle()).toEqual([expect.stringMatching(/one.* unchanged$/), expect.stringMatching(/two.* unchanged$/)]);
  expect(statSync(one).mtime).toEqual(LONG_AGO);
  expect(readFileSync(one).equals(before)).toBe(true);
  expect(readdirSync(path.join(folder, 'assets/handlers'))).toEqual(['one', 'two']);
  expect(readdirSync(path.join(folder, 'assets/handlers/one'))).toEqual(['index.js']);
  expect(existsSync(path.join(folder, 'examples/assets/three'))).toBe(false);

  put('handlers/shared/greeting.ts', "export const greeting: string = 'hello again';");
  expect(bundle()[0]).toMatch(/one.* written$/);
});

test('the handlers of the package stay small: no SDK client is inside', () => {
  const assets = path.join(PROJECT, 'assets', 'handlers');
  const sizes = readdirSync(assets).map((name) => [name, statSync(path.join(assets, name, 'index.js')).size]);
  expect(sizes.map(([name]) => name)).toEqual(expect.arrayContaining(['bootstrap-brokers', 'macie-session']));
  const large = sizes.filter(([, size]) => (size as number) > 25_000);
  // The Kafka client comes with no runtime.
  expect(large.map(([name]) => name)).toEqual(['kafka-admin', 'kinesis-bridge']);
  expect(Math.max(...large.map(([, size]) => size as number))).toBeLessThan(800_000);
});
