/**
 * Measures, as ratios in one run, and writes bench/results.json.
 *
 *   npm run build && npm run bench
 *
 * With `-- --engines` also what is shipped for Spark and Flink, see engines.ts.
 */
import { execFileSync } from 'child_process';
import { existsSync, writeFileSync } from 'fs';
import * as path from 'path';

import { rounded } from './figures';
import { handlerPath } from './handler-path';
import { writeReport } from './report';

type Figures = Record<'importMs' | 'firstMs' | 'warmMs' | 'heapMb' | 'resources' | 'templateBytes', number>;

const PAIRS = ['cluster', 'cluster + topic + grant'];
const SAMPLES = 9;
const project = path.join(__dirname, '..');

if (!existsSync(path.join(project, 'build', 'index.js'))) {
  throw new Error('the compiled library is measured: run `npm run build` first');
}

function sample(name: string): Figures {
  const args = ['--expose-gc', '--import', 'tsx', path.join(__dirname, 'child.ts'), name];
  // Assemblies go to memory where there is such a folder: how fast a disk is has nothing to do with either side.
  const memory = existsSync('/dev/shm') ? { TMPDIR: '/dev/shm' } : {};
  const env = { ...process.env, ...memory, CDK_VALIDATION: 'false', NODE_NO_WARNINGS: '1' };
  return JSON.parse(execFileSync('node', args, { cwd: project, env, encoding: 'utf8' })) as Figures;
}

const synth = PAIRS.map((pair) => {
  const ours: Figures[] = [];
  const byHand: Figures[] = [];
  // One after the other, so that whatever else the machine does falls on both.
  for (let round = 0; round < SAMPLES; round++) {
    ours.push(sample(`${pair}, ours`));
    byHand.push(sample(`${pair}, by hand`));
  }
  // The least is what the work takes; whatever is above it is the machine's.
  const least = (samples: Figures[], figure: keyof Figures) => Math.min(...samples.map((each) => each[figure]));
  const figures = Object.keys(ours[0]) as (keyof Figures)[];
  return {
    stack: pair,
    ...Object.fromEntries(
      figures.map((figure) => {
        const [ourLeast, byHandLeast] = [least(ours, figure), least(byHand, figure)];
        return [
          figure,
          { ours: rounded(ourLeast), byHand: rounded(byHandLeast), ratio: rounded(ourLeast / byHandLeast) },
        ];
      }),
    ),
  };
});

void handlerPath().then(async (records) => {
  const results = { node: process.version, samples: SAMPLES, synth, handlerPath: records };
  writeFileSync(path.join(__dirname, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  console.log(JSON.stringify(results, null, 2));
  if (process.argv.includes('--engines')) {
    await (await import('./engines')).measureEngines();
  }
  writeReport();
});
