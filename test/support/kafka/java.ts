import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { exclusively } from './exclusive';
import { JAVA_RELEASE, MAVEN_DEPENDENCY_PLUGIN_VERSION } from './versions';

/** The environment is named for jest, which gives each test file a copy that the system does not see. */
const run = (command: string, args: readonly string[]) => promisify(execFile)(command, args, { env: process.env });

/** Git ignores it; whatever is in it can be deleted and comes back. */
export const CACHE = path.join(__dirname, '..', '..', '..', '.cache', 'engines');

const LOCK_FILE = path.join(__dirname, 'jars.lock.json');

/** File name to sha256. */
export type JarHashes = Record<string, string>;

/** Jars from Maven Central under one name in the lock file. */
export interface JarSet {
  readonly name: string;
  /** `group:artifact:version`, or with `:classifier`. */
  readonly dependencies: readonly string[];
  /** Whether what they depend on is left out. @default false */
  readonly alone?: boolean;
}

let javaVersion: Promise<string> | undefined;

/** The version of the JDK on this machine; an error that says what to install where there is none. */
export function requireJava(): Promise<string> {
  javaVersion ??= (async () => {
    const output = await run(javaTool('javac'), ['-version']).catch(() => undefined);
    const version = output && /javac (\d+)\S*/.exec(output.stdout + output.stderr);
    if (!version || Number(version[1]) < JAVA_RELEASE) {
      throw new Error(
        `engines need Java ${JAVA_RELEASE} or newer, a JDK: ${version ? `javac here is ${version[0]}` : `${javaTool('javac')} does not run`}; install one (Debian: openjdk-${JAVA_RELEASE}-jdk-headless) or set JAVA_HOME`,
      );
    }
    return version[0];
  })();
  return javaVersion;
}

/** A program of the JDK: `java`, `javac`, `jar`. */
export function javaTool(name: string): string {
  return process.env.JAVA_HOME ? path.join(process.env.JAVA_HOME, 'bin', name) : name;
}

/** The jars of a set, downloaded once, each equal to its sha256 in the lock file. */
export async function jars(set: JarSet, locked = lockedJars()): Promise<string[]> {
  const expected = locked[set.name];
  if (expected === undefined) {
    throw new Error(`jars.lock.json has no "${set.name}": run \`npx tsx test/support/kafka/lock-jars.ts\``);
  }
  const folder = path.join(CACHE, 'jars', set.name);
  if (difference(expected, hashes(folder)) !== undefined) {
    await exclusively(async () => {
      if (difference(expected, hashes(folder)) === undefined) {
        return; // Another process was faster.
      }
      const fresh = await download(set);
      const wrong = difference(expected, hashes(fresh));
      if (wrong !== undefined) {
        rmSync(fresh, { recursive: true });
        throw new Error(`the download of ${set.name} is not what jars.lock.json says: ${wrong}`);
      }
      rmSync(folder, { recursive: true, force: true });
      renameSync(fresh, folder);
    });
  }
  return Object.keys(expected)
    .sort()
    .map((jar) => path.join(folder, jar));
}

/** Downloads a set beside its place in the cache. */
export async function download(set: JarSet): Promise<string> {
  mkdirSync(path.join(CACHE, 'jars'), { recursive: true });
  const target = mkdtempSync(path.join(CACHE, 'jars', `${set.name}.new-`));
  const pom = path.join(target, 'pom.xml');
  writeFileSync(pom, pomOf(set));
  const goal = `org.apache.maven.plugins:maven-dependency-plugin:${MAVEN_DEPENDENCY_PLUGIN_VERSION}:copy-dependencies`;
  try {
    const options = [
      '-DincludeScope=runtime',
      `-DexcludeTransitive=${set.alone ?? false}`,
      `-DoutputDirectory=${target}`,
    ];
    await run('mvn', ['-B', '-ntp', '-q', '-f', pom, goal, ...options]);
  } catch (error) {
    rmSync(target, { recursive: true });
    const { code, stdout, stderr } = error as NodeJS.ErrnoException & { stdout?: string; stderr?: string };
    throw new Error(
      code === 'ENOENT'
        ? `engines need Maven to download ${set.name}: \`mvn\` is not on the PATH; install it (Debian: maven)`
        : `Maven could not download ${set.name}:\n${stdout ?? ''}${stderr ?? ''}`,
    );
  }
  rmSync(pom);
  return target;
}

/** Our own Java sources in a folder as one jar, compiled once per source text, class path and JDK. */
export async function compiled(name: string, sourceFolder: string, classPath: readonly string[]): Promise<string> {
  const sources = readdirSync(sourceFolder)
    .filter((file) => file.endsWith('.java'))
    .sort()
    .map((file) => path.join(sourceFolder, file));
  const key = createHash('sha256');
  [
    await requireJava(),
    ...classPath.map((jar) => path.basename(jar)),
    ...sources.map((file) => readFileSync(file, 'utf8')),
  ].forEach((part) => key.update(part).update('\0'));
  const folder = path.join(CACHE, 'classes');
  const target = path.join(folder, `${name}-${key.digest('hex').slice(0, 16)}.jar`);
  if (!existsSync(target)) {
    await exclusively(async () => {
      mkdirSync(folder, { recursive: true });
      const classes = mkdtempSync(path.join(folder, `${name}.new-`));
      const options = [
        '-Xlint:all',
        '-Werror',
        '--release',
        String(JAVA_RELEASE),
        '-cp',
        classPath.join(path.delimiter),
      ];
      await run(javaTool('javac'), [...options, '-d', classes, ...sources]);
      await run(javaTool('jar'), ['--create', '--file', `${classes}.jar`, '-C', classes, '.']);
      renameSync(`${classes}.jar`, target);
      rmSync(classes, { recursive: true });
    });
  }
  return target;
}

export function hashes(folder: string): JarHashes {
  const files = existsSync(folder) ? readdirSync(folder).sort() : [];
  return Object.fromEntries(
    files.map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(path.join(folder, file)))
        .digest('hex'),
    ]),
  );
}

export function lockedJars(): Record<string, JarHashes> {
  return existsSync(LOCK_FILE) ? JSON.parse(readFileSync(LOCK_FILE, 'utf8')) : {};
}

export function lockJars(locked: Record<string, JarHashes>): void {
  writeFileSync(LOCK_FILE, `${JSON.stringify(locked, undefined, 2)}\n`);
}

/** The first file that is missing, changed or too many. */
function difference(expected: JarHashes, actual: JarHashes): string | undefined {
  const name = Object.keys({ ...expected, ...actual }).find((file) => expected[file] !== actual[file]);
  return name && `${name} has sha256 ${actual[name] ?? 'nothing'}, expected ${expected[name] ?? 'nothing'}`;
}

function pomOf(set: JarSet): string {
  const dependencies = set.dependencies.map((dependency) => {
    const [groupId, artifactId, version, classifier] = dependency.split(':');
    const elements = Object.entries({ groupId, artifactId, version, ...(classifier && { classifier }) });
    return `<dependency>${elements.map(([name, value]) => `<${name}>${value}</${name}>`).join('')}</dependency>`;
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>engines</groupId><artifactId>${set.name}</artifactId><version>1</version>
<dependencies>${dependencies.join('')}</dependencies></project>`;
}
