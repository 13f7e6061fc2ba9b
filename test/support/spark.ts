import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { SPARK_JARS } from './kafka/jar-sets';
import { CACHE, jars, javaTool } from './kafka/java';
import { authority } from './kafka/tls';
import { SPARK_VERSION } from './kafka/versions';
import { pythonWith } from './python';

/** An interpreter with Spark, and with engines that are not Spark to read what it has written. */
export function sparkPython(): string {
  return pythonWith(
    `pyspark==${SPARK_VERSION}`,
    'boto3==1.40.70',
    'duckdb==1.4.2',
    'pyiceberg==0.10.0',
    'pyarrow==22.0.0',
  );
}

export interface Ended {
  /** Undefined where it was killed. */
  readonly code: number | null;
  readonly output: string;
}

/** A script on a Spark of its own. */
export interface SparkRun {
  readonly ended: Promise<Ended>;
  hasEnded(): boolean;
  /** Ends script and JVM at once, as a crash of the machine does. */
  kill(): void;
}

export interface SparkOptions {
  readonly script: string;
  readonly arguments: readonly string[];
  readonly conf: Record<string, string>;
  readonly env: Record<string, string>;
}

export const STORE_PASSWORD = 'changeit';

/** Runs a script as `spark-submit` does, on two cores. Its JVM trusts the test brokers; nothing else is set for Kafka. */
export async function startSpark(options: SparkOptions): Promise<SparkRun> {
  const python = sparkPython();
  const bin = path.dirname(python);
  const conf: Record<string, string> = {
    'spark.ui.enabled': 'false',
    'spark.log.level': 'WARN',
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
    'spark.sql.shuffle.partitions': '2',
    ...options.conf,
  };
  const trust = `-Djavax.net.ssl.trustStore=${await trustStore()} -Djavax.net.ssl.trustStorePassword=${STORE_PASSWORD}`;
  const child = spawn(
    path.join(bin, 'spark-submit'),
    [
      '--master=local[2]',
      '--driver-memory=1g',
      `--driver-java-options=${trust} -XX:+UseSerialGC`,
      `--jars=${(await jars(SPARK_JARS)).join(',')}`,
      ...Object.entries(conf).map(([name, value]) => `--conf=${name}=${value}`),
      options.script,
      ...options.arguments,
    ],
    {
      detached: true, // A process group: the JVM starts the interpreter, and both have to go.
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        PATH: `${bin}:${process.env.PATH}`,
        PYSPARK_PYTHON: python,
        SPARK_LOCAL_IP: '127.0.0.1',
        ...options.env,
      },
    },
  );
  return running(child);
}

function running(child: ChildProcess): SparkRun {
  const chunks: Buffer[] = [];
  child.stdout!.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr!.on('data', (chunk: Buffer) => chunks.push(chunk));
  let done = false;
  const kill = () => {
    if (!done) {
      process.kill(-child.pid!, 'SIGKILL');
    }
  };
  process.once('exit', kill);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      done = true;
      process.off('exit', kill);
      resolve({ code, output: Buffer.concat(chunks).toString() });
    });
  });
  return { ended, hasEnded: () => done, kill };
}

/** The authority of the test brokers as Java has it. */
export async function trustStore(): Promise<string> {
  const { file } = await authority();
  const store = path.join(CACHE, 'tls', 'spark-trust.p12');
  if (!existsSync(store)) {
    mkdirSync(path.dirname(store), { recursive: true });
    execFileSync(javaTool('keytool'), [
      ...['-importcert', '-noprompt', '-alias', 'brokers', '-file', file],
      ...['-keystore', store, '-storetype', 'PKCS12', '-storepass', STORE_PASSWORD],
    ]);
  }
  return store;
}

/** Runs a script that prints JSON. */
export function pythonJson<T>(script: string, ...args: string[]): T {
  return JSON.parse(execFileSync(sparkPython(), ['-c', script, ...args], { maxBuffer: 1 << 26 }).toString()) as T;
}
