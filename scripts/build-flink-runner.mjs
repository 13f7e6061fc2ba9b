// Builds the Flink SQL runner with Maven into assets/processors/flink-sql-runner/, which the package ships.
//
//   node --import tsx scripts/build-flink-runner.mjs           unless the jar is as new as its sources
//   node --import tsx scripts/build-flink-runner.mjs --twice   builds two times and compares the bytes
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const { FLINK_RUNNER, bundledRunner, flinkRunnerHash } = createRequire(import.meta.url)(
  '../lib/private/flink-runner.ts',
);

const TWICE = process.argv.includes('--twice');

if (bundledRunner().built && !TWICE) {
  console.log(`${shown()} is up to date`);
} else {
  const first = build();
  if (TWICE && build() !== first) {
    console.error('two builds of the same sources differ');
    process.exit(1);
  }
  console.log(`${shown()} built: ${(statSync(FLINK_RUNNER.jar).size / 1e6).toFixed(1)} MB, sha256 ${first}`);
}

/** The sha256 of the jar. */
function build() {
  // On top of an old `target` the shade plugin would shade its own output.
  const goals = ['clean', 'package'];
  try {
    execFileSync('mvn', ['-B', '-ntp', '-q', '-f', path.join(FLINK_RUNNER.sources, 'pom.xml'), ...goals], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  } catch (error) {
    console.error(
      error.code === 'ENOENT'
        ? 'the Flink SQL runner is built with Maven and a JDK of 17 or newer: install them (Debian: maven, openjdk-17-jdk-headless)'
        : 'Maven could not build the Flink SQL runner',
    );
    process.exit(1);
  }
  const target = path.join(FLINK_RUNNER.sources, 'target');
  mkdirSync(path.dirname(FLINK_RUNNER.jar), { recursive: true });
  copyFileSync(path.join(target, 'flink-sql-runner.jar'), `${FLINK_RUNNER.jar}.new`);
  rmSync(target, { recursive: true });
  writeFileSync(FLINK_RUNNER.hash, `${flinkRunnerHash()}\n`);
  renameSync(`${FLINK_RUNNER.jar}.new`, FLINK_RUNNER.jar);
  return createHash('sha256').update(readFileSync(FLINK_RUNNER.jar)).digest('hex');
}

function shown() {
  return path.relative(process.cwd(), FLINK_RUNNER.jar);
}
