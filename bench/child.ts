/**
 * One sample: imports what the case needs, synthesizes it, and prints the figures as JSON. A process of its own, so that
 * no case profits from what another has loaded.
 *
 *   node --expose-gc --import tsx bench/child.ts CASE
 */
import { performance } from 'perf_hooks';

const ROUNDS = 40;
const name = process.argv[2];

const beforeImport = performance.now();
// The compiled library, as users load it.
const { CASES } = require('./cases') as typeof import('./cases');
const stackCase = CASES[name];
stackCase.load();
const importMs = performance.now() - beforeImport;

const times: number[] = [];
let template: { Resources: object } = { Resources: {} };
for (let round = 0; round <= ROUNDS; round++) {
  const begin = performance.now();
  template = stackCase.synthesize();
  times.push(performance.now() - begin);
}
const [firstMs, ...warm] = times;
globalThis.gc?.();

console.log(
  JSON.stringify({
    importMs,
    firstMs,
    warmMs: Math.min(...warm),
    heapMb: process.memoryUsage().heapUsed / 1024 / 1024,
    resources: Object.keys(template.Resources).length,
    templateBytes: JSON.stringify(template).length,
  }),
);
