// Compiles every TypeScript block of README.md and docs/**/*.md against the sources: an invented API can not survive.
//
// A block is a whole file (```ts nofixture, or ```ts in docs/) or the inside of rosetta/NAME.ts-fixture (```ts fixture=NAME).
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const project = path.resolve(import.meta.dirname, '..');
const scratch = path.join(project, '.cache', 'docs');
rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch, { recursive: true });

let blocks = 0;
for (const file of ['README.md', ...markdown('docs')]) {
  const text = readFileSync(path.join(project, file), 'utf8');
  for (const [, info, code] of text.matchAll(/^```ts ?(.*)\n([\s\S]*?)^```$/gm)) {
    const name = `${file.replace(/\W/g, '-')}-${++blocks}.ts`;
    writeFileSync(path.join(scratch, name), `${wrap(info.trim(), code)}\nexport {};\n`);
  }
}
writeFileSync(
  path.join(scratch, 'tsconfig.json'),
  JSON.stringify({
    extends: path.join(project, 'tsconfig.json'),
    compilerOptions: {
      paths: { 'cdk-msk-macie': [path.join(project, 'lib', 'index.ts')] },
      noUnusedLocals: false,
      noUnusedParameters: false,
      typeRoots: [path.join(project, 'node_modules', '@types')],
    },
    include: ['*.ts'],
  }),
);
const { status } = spawnSync(path.join(project, 'node_modules', '.bin', 'tsc'), ['-p', scratch], { stdio: 'inherit' });
console.log(`${blocks} code blocks ${status === 0 ? 'compile' : 'were compiled, with the errors above'}`);
process.exit(status ?? 1);

function wrap(info, code) {
  const fixture = /^fixture=(\w+)$/.exec(info)?.[1];
  if (fixture === undefined) return code;
  const file = path.join(project, 'rosetta', `${fixture}.ts-fixture`);
  if (!existsSync(file)) throw new Error(`no fixture ${file}`);
  return readFileSync(file, 'utf8').replace('/// here', () => code);
}

function markdown(folder) {
  return readdirSync(path.join(project, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    return entry.isDirectory() ? markdown(name) : name.endsWith('.md') ? [name] : [];
  });
}
