import { createHash } from 'crypto';
import { existsSync, readdirSync, readFileSync } from 'fs';
import * as path from 'path';

// `lib/private` and `build/private` have the same depth, so one path serves both.
const PROJECT = path.join(__dirname, '..', '..');
const SOURCES = path.join(PROJECT, 'processors', 'flink-sql-runner');
const BUILT = path.join(PROJECT, 'assets', 'processors', 'flink-sql-runner');

/** Where the build puts the jar, and beside it the hash of the sources that it was made of. */
export const FLINK_RUNNER = {
  sources: SOURCES,
  jar: path.join(BUILT, 'flink-sql-runner.jar'),
  hash: path.join(BUILT, 'sources.sha256'),
};

/** The jar of the package. It is named by its sources, so that a template is the same before and after the build. */
export interface BundledRunner {
  readonly file: string;
  readonly hash: string;
  readonly built: boolean;
}

export function bundledRunner(): BundledRunner {
  const sources = existsSync(path.join(SOURCES, 'pom.xml')) ? flinkRunnerHash() : undefined;
  const made = existsSync(FLINK_RUNNER.jar) ? readFileSync(FLINK_RUNNER.hash, 'utf8').trim() : undefined;
  // The published package has no sources; a repository may have a jar that is older than they are.
  if (made !== undefined && (sources === undefined || sources === made)) {
    return { file: FLINK_RUNNER.jar, hash: made, built: true };
  }
  return { file: path.join(SOURCES, 'not-built.jar'), hash: sources ?? '', built: false };
}

/** The hash of all that the jar is made of; every version is pinned in the POM. */
export function flinkRunnerHash(): string {
  const hash = createHash('sha256');
  for (const file of ['pom.xml', ...filesBelow('src')]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(SOURCES, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

function filesBelow(folder: string): string[] {
  return readdirSync(path.join(SOURCES, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const name = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(name) : [name];
    })
    .sort();
}
