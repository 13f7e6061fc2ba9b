/**
 * Measures what is shipped for Spark and Flink against the bare engines, and writes bench/results-engines.json. Needs what
 * `npm run test:engines` needs, and a quarter of an hour.
 *
 *   node --import tsx bench/engines.ts [glue] [flink]
 */
import '../test/support/setup';
import { existsSync, readFileSync, writeFileSync } from 'fs';
import * as path from 'path';
import { flinkRatio } from './flink';
import { glueRatio } from './glue';

const FILE = path.join(__dirname, 'results-engines.json');
const ROUNDS = 3;
const RATIOS: Record<string, (rounds: number) => Promise<object>> = { glue: glueRatio, flink: flinkRatio };

/** Measures some, and keeps the figures of the others. */
export async function measureEngines(names: readonly string[] = Object.keys(RATIOS)): Promise<void> {
  const results = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, object>) : {};
  for (const name of names) {
    results[name] = await RATIOS[name](ROUNDS);
    writeFileSync(FILE, `${JSON.stringify(results, null, 2)}\n`);
    console.log(name, JSON.stringify(results[name], null, 2));
  }
}

if (require.main === module) {
  const names = process.argv.slice(2);
  void measureEngines(names.length > 0 ? names : undefined).then(
    () => process.exit(0),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
}
