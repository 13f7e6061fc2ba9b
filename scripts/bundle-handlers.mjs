// Bundles the Lambda code: handlers/<name>/index.ts into assets/handlers/<name>/index.js, which the package ships, and
// examples/handlers/<name>/index.ts into examples/assets/<name>/index.js, which the reference stacks deploy.
//
//   node scripts/bundle-handlers.mjs [project folder]
//
// A file whose content stays the same is not touched; whatever no source stands for any more is removed.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const project = path.resolve(process.argv[2] ?? path.join(import.meta.dirname, '..'));

const common = {
  absWorkingDir: project,
  bundle: true,
  write: false,
  platform: 'node',
  format: 'cjs',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
  // The Kafka client loads a WebAssembly file from beside its sources; its `bundled` variant has the bytes inside, and
  // wants an `import.meta.url`, which CommonJS does not have. Bundles without the client get nothing of either.
  alias: { '@platformatic/wasm-utils': '@platformatic/wasm-utils/bundled' },
  define: { 'import.meta.url': 'importMetaUrl' },
  inject: [path.join(import.meta.dirname, 'bundle-handlers', 'import-meta-url.js')],
};

// The SDK comes with the Lambda runtime; without it a handler is a few kilobytes that load at once.
await bundleAll('handlers', 'assets/handlers', { ...common, target: 'node20', external: ['@aws-sdk/*'] });

// Function code of a user's own holds all it needs, save the decoders of Powertools for formats that nothing here uses:
// they are loaded on demand.
await bundleAll('examples/handlers', 'examples/assets', {
  ...common,
  target: 'node22',
  external: ['avro-js', 'protobufjs'],
});

async function bundleAll(from, to, options) {
  const sources = path.join(project, from);
  const target = path.join(project, to);
  const names = folders(sources).filter((name) => existsSync(path.join(sources, name, 'index.ts')));
  for (const name of folders(target).filter((name) => !names.includes(name))) {
    rmSync(path.join(target, name), { recursive: true });
  }
  for (const name of names) {
    const entryPoint = `${from}/${name}/index.ts`;
    const outfile = `${to}/${name}/index.js`;
    const [bundle] = await build({ ...options, entryPoints: [entryPoint], outfile }).then(
      ({ outputFiles }) => outputFiles,
      () => process.exit(1), // esbuild has said what is wrong, and where
    );
    const state = write(bundle.path, bundle.contents);
    const size = (bundle.contents.byteLength / 1024).toFixed(1);
    console.log(`${outfile.padEnd(48)} ${size.padStart(8)} KiB  ${state}`);
  }
}

function folders(parent) {
  if (!existsSync(parent)) return [];
  const entries = readdirSync(parent, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return entries.map((entry) => entry.name).sort();
}

/** The bundle is all that its folder holds: the folder is the asset. */
function write(file, contents) {
  const folder = path.dirname(file);
  mkdirSync(folder, { recursive: true });
  for (const other of readdirSync(folder).filter((name) => name !== path.basename(file))) {
    rmSync(path.join(folder, other), { recursive: true });
  }
  if (existsSync(file) && readFileSync(file).equals(contents)) return 'unchanged';
  writeFileSync(file, contents);
  return 'written';
}
