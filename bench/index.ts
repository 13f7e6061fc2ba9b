/**
 * Measures, as ratios in one run, and writes bench/results.json.
 *
 *   npm run build && npm run bench
 */
import { execFileSync } from 'child_process';
import { existsSync, writeFileSync } from 'fs';
import * as path from 'path';

import { handlerPath } from './handler-path';

type Figures = Record<'importMs' | 'firstMs' | 'warmMs' | 'heapMb' | 'resources' | 'templateBytes', number>;

const PAIRS = ['cluster', 'cluster + topic + grant'];
const SAMPLES = 9;
const project = path.join(__dirname, '..');

if (!existsSync(path.join(project, 'build', 'index.js'))) {
  throw new Error('the compiled library is measured: run `npm run build` first');
}

function sample(name: string): Figures {
  const args = ['--expose-gc', '--import', 'tsx', path.join(__dirname, 'child.ts'), name];
  const env = { ...process.env, CDK_VALIDATION: 'false', NODE_NO_WARNINGS: '1' };
  return JSON.parse(execFileSync('node', args, { cwd: project, env, encoding: 'utf8' })) as Figures;
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

const rounded = (value: number) => Math.round(value * 100) / 100;

const synth = PAIRS.map((pair) => {
  const ours: Figures[] = [];
  const byHand: Figures[] = [];
  // One after the other, so that whatever else the machine does falls on both.
  for (let round = 0; round < SAMPLES; round++) {
    ours.push(sample(`${pair}, ours`));
    byHand.push(sample(`${pair}, by hand`));
  }
  const of = (samples: Figures[], figure: keyof Figures) => median(samples.map((each) => each[figure]));
  const ratio = (figure: keyof Figures) => median(ours.map((each, round) => each[figure] / byHand[round][figure]));
  const figures = Object.keys(ours[0]) as (keyof Figures)[];
  return {
    stack: pair,
    ...Object.fromEntries(
      figures.map((figure) => [
        figure,
        { ours: rounded(of(ours, figure)), byHand: rounded(of(byHand, figure)), ratio: rounded(ratio(figure)) },
      ]),
    ),
  };
});

void handlerPath().then((records) => {
  const results = { node: process.version, samples: SAMPLES, synth, handlerPath: records };
  writeFileSync(path.join(__dirname, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  console.log(JSON.stringify(results, null, 2));
});
