import { readFileSync, readdirSync } from 'fs';
import * as path from 'path';
import { Construct } from 'constructs';
import * as library from '../../lib';

const folder = path.join(__dirname, '..');

const tests = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.test\.ts$/.test(file) && !file.startsWith('docs'))
  .map((file) => readFileSync(path.join(folder, file), 'utf8'))
  .join('\n');

const constructs = Object.entries(library)
  .filter(([, each]) => (each as { prototype?: unknown }).prototype instanceof Construct)
  .map(([name]) => name);

const project = path.join(folder, '..');
const pages = readdirSync(path.join(project, 'docs', 'guide')).map((page) => path.join('docs', 'guide', page));
const examples = ['README.md', ...pages]
  .flatMap((page) => [...readFileSync(path.join(project, page), 'utf8').matchAll(/^```ts[^\n]*\n([\s\S]*?)^```$/gm)])
  .map(([, code]) => code)
  .join('\n');

test.each(constructs)('[116] %s has tests', (name) => {
  expect(tests).toMatch(new RegExp(`\\b${name}\\b`));
});
test.each(constructs)('[116] an example that is compiled shows %s', (name) => {
  expect(examples).toMatch(new RegExp(`\\b${name}\\b`));
});
