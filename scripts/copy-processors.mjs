// Copies the code that stream engines run as it is: processors/glue-streaming/*.py into assets/processors/glue-streaming/,
// which the package ships.
//
//   node scripts/copy-processors.mjs [project folder]
//
// A file whose content stays the same is not touched; whatever no source stands for any more is removed.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const project = path.resolve(process.argv[2] ?? path.join(import.meta.dirname, '..'));
const source = path.join(project, 'processors', 'glue-streaming');
const target = path.join(project, 'assets', 'processors', 'glue-streaming');

const files = readdirSync(source)
  .filter((file) => file.endsWith('.py'))
  .sort();
mkdirSync(target, { recursive: true });
for (const file of readdirSync(target).filter((file) => !files.includes(file))) {
  rmSync(path.join(target, file), { recursive: true });
}
for (const file of files) {
  const content = readFileSync(path.join(source, file));
  const copy = path.join(target, file);
  const isCurrent = existsSync(copy) && readFileSync(copy).equals(content);
  if (!isCurrent) {
    writeFileSync(copy, content);
  }
  const size = (content.byteLength / 1024).toFixed(1);
  console.log(
    `${path.relative(project, copy).padEnd(48)} ${size.padStart(8)} KiB  ${isCurrent ? 'unchanged' : 'written'}`,
  );
}
