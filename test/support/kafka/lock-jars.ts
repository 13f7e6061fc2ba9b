/** Writes `jars.lock.json` from fresh downloads: `npx tsx test/support/kafka/lock-jars.ts`, after a change of `versions.ts`. */
import { rmSync } from 'node:fs';
import { JAR_SETS } from './jar-sets';
import type { JarHashes } from './java';
import { download, hashes, lockJars } from './java';

async function main(): Promise<void> {
  const locked: Record<string, JarHashes> = {};
  for (const set of JAR_SETS) {
    const folder = await download(set);
    locked[set.name] = hashes(folder);
    rmSync(folder, { recursive: true });
  }
  lockJars(locked);
}

void main();
