import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import * as path from 'node:path';
import { buildSync } from 'esbuild';
import { CACHE } from './java';

export type * from '@platformatic/kafka' with { 'resolution-mode': 'import' };

type KafkaClient = typeof import('@platformatic/kafka', { with: { 'resolution-mode': 'import' } });

/** The client library wants a newer Node for this one function. */
function polyfill(): void {
  (Promise as any).withResolvers ??= function withResolvers() {
    let resolve, reject;
    const promise = new Promise((a, b) => ([resolve, reject] = [a, b]));
    return { promise, resolve, reject };
  };
}

/**
 * The Kafka client library. It is published as ES modules only, which jest does not load on every Node; so it is
 * bundled once into a CommonJS file.
 */
function load(): KafkaClient {
  polyfill();
  const entry = path.join(__dirname, '..', '..', '..', 'node_modules', '@platformatic', 'kafka');
  const key = createHash('sha256')
    .update(readFileSync(path.join(entry, 'package.json')))
    .digest('hex')
    .slice(0, 16);
  const bundle = path.join(CACHE, 'client', `${key}.cjs`);
  if (!existsSync(bundle)) {
    mkdirSync(path.dirname(bundle), { recursive: true });
    const fresh = `${bundle}.${process.pid}`;
    buildSync({
      stdin: { contents: "export * from '@platformatic/kafka';", resolveDir: __dirname },
      outfile: fresh,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      // Its WebAssembly is read from a file beside the module, which a bundle has left behind.
      alias: { '@platformatic/wasm-utils': '@platformatic/wasm-utils/bundled' },
      define: { 'import.meta.url': 'moduleUrl' },
      banner: { js: 'const moduleUrl = require("node:url").pathToFileURL(__filename).href;' },
      logLevel: 'error',
    });
    renameSync(fresh, bundle);
  }
  return require(bundle);
}

export const kafkaClient: KafkaClient = load();

/** Why Kafka refused: the name of its error wherever it hides (`TOPIC_AUTHORIZATION_FAILED`), else what the client says. */
export function refusal(error: any): string {
  const inside = [...(error.errors ?? []), ...(error.cause ? [error.cause] : [])];
  const found = inside.map(refusal).find((name) => /^[A-Z_]+$/.test(name));
  return error.apiId ?? found ?? error.message;
}
