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

test.each(constructs)('[116] %s has tests', (name) => {
  expect(tests).toMatch(new RegExp(`\\b${name}\\b`));
});
