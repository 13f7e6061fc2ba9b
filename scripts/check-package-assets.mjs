// Fails where the package would go without something that its constructs deploy.
//
//   node --import tsx scripts/check-package-assets.mjs
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const { bundledRunner } = createRequire(import.meta.url)('../lib/private/flink-runner.ts');

const project = path.join(import.meta.dirname, '..');
const missing = readdirSync(path.join(project, 'handlers'))
  .filter((name) => existsSync(path.join(project, 'handlers', name, 'index.ts')))
  .filter((name) => !existsSync(path.join(project, 'assets', 'handlers', name, 'index.js')))
  .map((name) => `assets/handlers/${name}/index.js: run \`npm run bundle\``);
if (!bundledRunner().built) {
  missing.push(
    'assets/processors/flink-sql-runner/flink-sql-runner.jar, made of the present sources: run `npm run build:flink`',
  );
}
if (missing.length > 0) {
  console.error(['the package lacks', ...missing].join('\n  '));
  process.exit(1);
}
