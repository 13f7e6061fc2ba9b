import { execFile, execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { flinkJars } from '../kafka/jar-sets';
import { javaTool, jars } from '../kafka/java';

const PROJECT = path.join(__dirname, '..', '..', '..');
const RUNNER = path.join(PROJECT, 'assets', 'processors', 'flink-sql-runner', 'flink-sql-runner.jar');
const MAIN_CLASS = 'io.github.cdkmskmacie.flink.SqlRunner';
const OPEN = ['java.base/java.util=ALL-UNNAMED', 'java.base/java.lang=ALL-UNNAMED'];
const JVM = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', ...OPEN.map((name) => `--add-opens=${name}`)];
const PASSWORD = 'changeit';

/** Ends the process when the pipe to it closes, and so with whoever started it, however that one ended. */
const LIFE_LINE = 'exec 3<&0; "$@" & java=$!; (cat <&3 > /dev/null; kill -9 $java 2> /dev/null) & wait $java';

/** The jar of the package, built if it is older than its sources. */
export function runnerJar(): string {
  execFileSync('node', ['--import', 'tsx', 'scripts/build-flink-runner.mjs'], { cwd: PROJECT, env: process.env });
  return RUNNER;
}

/** Plans SQL as a user's build does. Answers how the process ended and all it said. */
export async function explain(version: string, file: string): Promise<{ status: number; output: string }> {
  const classPath = [RUNNER, ...(await jars(flinkJars(version)))].join(path.delimiter);
  return new Promise((resolve) => {
    execFile(javaTool('java'), [...JVM, '-cp', classPath, MAIN_CLASS, '--explain', file], (error, stdout, stderr) =>
      resolve({ status: Number(error?.code ?? 0), output: stdout + stderr }),
    );
  });
}

/** What a job manager runs. */
export interface FlinkProgram {
  readonly jars: readonly string[];
  readonly mainClass: string;
  readonly arguments: readonly string[];
}

export interface FlinkOptions {
  readonly version: string;
  /** The property groups of the application, as the service writes them. */
  readonly properties: readonly { PropertyGroupId: string; PropertyMap: Record<string, string> }[];
  /** The certificate of who signed the brokers' certificates. */
  readonly authorityFile: string;
  readonly env: Record<string, string>;
  /** @default the jar of the package, with the properties */
  readonly program?: FlinkProgram;
}

/**
 * A Flink of its own for one application, as the service runs it: a job manager that runs the jar, and a task manager.
 * Each is a process that can be killed; the state outlives them.
 */
export class TestFlink {
  static async create(options: FlinkOptions): Promise<TestFlink> {
    const folder = mkdtempSync(path.join(tmpdir(), 'cdk-msk-flink-'));
    const reports = path.join(PROJECT, 'reports', 'flink');
    mkdirSync(reports, { recursive: true });
    // Its own, since test files run side by side.
    const logs = mkdtempSync(path.join(reports, `${process.pid}-`));
    writeFileSync(path.join(folder, 'properties.json'), JSON.stringify(options.properties));
    const store = path.join(folder, 'trust.p12');
    const from = ['-importcert', '-noprompt', '-alias', 'brokers', '-file', options.authorityFile];
    execFileSync(javaTool('keytool'), [...from, '-keystore', store, '-storetype', 'PKCS12', '-storepass', PASSWORD], {
      stdio: 'ignore',
    });
    const [rpc, rest] = await freePorts(2);
    const conf = path.join(folder, 'conf');
    mkdirSync(conf);
    writeFileSync(path.join(conf, 'config.yaml'), configuration(folder, rpc, rest));
    const classPath = (await jars(flinkJars(options.version))).join(path.delimiter);
    return new TestFlink(options, folder, logs, conf, rest, store, classPath);
  }

  private readonly running = new Map<'job-manager' | 'task-manager', ChildProcess>();

  private constructor(
    private readonly options: FlinkOptions,
    private readonly folder: string,
    readonly logs: string,
    private readonly conf: string,
    private readonly rest: number,
    private readonly store: string,
    private readonly classPath: string,
  ) {}

  /** Starts the application, from a checkpoint if one is named. */
  startJobManager(checkpoint?: string): void {
    const from = checkpoint === undefined ? [] : ['--fromSavepoint', checkpoint];
    const program = this.options.program ?? {
      jars: [RUNNER],
      mainClass: MAIN_CLASS,
      arguments: ['--properties', path.join(this.folder, 'properties.json')],
    };
    this.start('job-manager', 'org.apache.flink.container.entrypoint.StandaloneApplicationClusterEntryPoint', [
      // The list of jars ends with the next option; what follows the last one is the application's.
      ...['--jars', ...program.jars.map((jar) => `file://${jar}`)],
      ...['--configDir', this.conf, '--job-classname', program.mainClass],
      ...from,
      ...program.arguments,
    ]);
  }

  startTaskManager(): void {
    this.start('task-manager', 'org.apache.flink.runtime.taskexecutor.TaskManagerRunner', ['--configDir', this.conf]);
  }

  /** Ends a process at once, as a crash does. */
  async kill(name: 'job-manager' | 'task-manager'): Promise<void> {
    const child = this.running.get(name)!;
    this.running.delete(name);
    child.ref();
    if (child.exitCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.stdin!.end();
      await ended;
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.running.keys()].map((name) => this.kill(name)));
    rmSync(this.folder, { recursive: true });
  }

  /** How many checkpoints of the present job are complete. */
  async checkpoints(): Promise<number> {
    const { jobs } = await this.ask('jobs');
    const { counts } = jobs.length ? await this.ask(`jobs/${jobs[0].id}/checkpoints`) : { counts: { completed: 0 } };
    return counts.completed;
  }

  /** Waits for some more checkpoints: then the job makes progress. */
  async progress(more: number): Promise<void> {
    const before = await this.checkpoints().catch(() => 0);
    await this.until(`${more} checkpoints after ${before}`, async () => (await this.checkpoints()) >= before + more);
  }

  /** The newest checkpoint that is whole. */
  newestCheckpoint(): string {
    const root = path.join(this.folder, 'checkpoints');
    const all = readdirSync(root).flatMap((job) =>
      readdirSync(path.join(root, job)).map((each) => path.join(root, job, each)),
    );
    const number = (folder: string) => Number(/chk-(\d+)$/.exec(folder)?.[1] ?? -1);
    const whole = all.filter((folder) => number(folder) >= 0 && existsSync(path.join(folder, '_metadata')));
    return whole.sort((a, b) => number(a) - number(b)).at(-1)!;
  }

  log(name: 'job-manager' | 'task-manager'): string {
    return readFileSync(path.join(this.logs, `${name}.log`), 'utf8');
  }

  /** Waits until a log says something new. The process may have ended over it. */
  async says(name: 'job-manager' | 'task-manager', text: string, from: number, withinMs = 40_000): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (!this.log(name).slice(from).includes(text)) {
      if (Date.now() > deadline) {
        throw new Error(`the ${name} said nothing of ${text} within ${withinMs / 1_000} s, see ${this.logs}`);
      }
      await sleep(200);
    }
  }

  async until(what: string, holds: () => Promise<boolean>, withinMs = 90_000): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (!(await holds().catch(() => false))) {
      for (const [name, child] of this.running) {
        if (child.exitCode !== null) {
          throw new Error(`the ${name} ended with ${child.exitCode}: ${this.log(name).slice(-3_000)}`);
        }
      }
      if (Date.now() > deadline) {
        throw new Error(`no ${what} within ${withinMs / 1_000} s, see ${this.logs}`);
      }
      await sleep(200);
    }
  }

  private async ask(what: string): Promise<any> {
    return (await fetch(`http://127.0.0.1:${this.rest}/v1/${what}`)).json();
  }

  private start(name: 'job-manager' | 'task-manager', mainClass: string, args: string[]): void {
    const log = openSync(path.join(this.logs, `${name}.log`), 'a');
    const options = [
      ...JVM,
      '-Xmx700m',
      `-Djavax.net.ssl.trustStore=${this.store}`,
      `-Djavax.net.ssl.trustStorePassword=${PASSWORD}`,
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
      '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
    ];
    const command = [javaTool('java'), ...options, '-cp', this.classPath, mainClass, ...args];
    const child = spawn('sh', ['-c', LIFE_LINE, 'sh', ...command], {
      stdio: ['pipe', log, log],
      env: { PATH: process.env.PATH, HOME: this.folder, FLINK_CONF_DIR: this.conf, ...this.options.env },
    });
    closeSync(log);
    child.unref();
    (child.stdin as unknown as { unref(): void }).unref();
    this.running.set(name, child);
  }
}

function configuration(folder: string, rpc: number, rest: number): string {
  const settings = {
    'jobmanager.rpc.address': '127.0.0.1',
    'jobmanager.rpc.port': rpc,
    'rest.address': '127.0.0.1',
    'rest.bind-address': '127.0.0.1',
    'rest.port': rest,
    'taskmanager.host': '127.0.0.1',
    'taskmanager.numberOfTaskSlots': 2,
    'parallelism.default': 2,
    'io.tmp.dirs': folder,
    // What the scripts of Flink work out from the memory of a machine.
    'taskmanager.cpu.cores': 2,
    'taskmanager.memory.framework.heap.size': '64m',
    'taskmanager.memory.framework.off-heap.size': '64m',
    'taskmanager.memory.jvm-metaspace.size': '128m',
    'taskmanager.memory.jvm-overhead.min': '64m',
    'taskmanager.memory.jvm-overhead.max': '64m',
    'taskmanager.memory.task.heap.size': '256m',
    'taskmanager.memory.task.off-heap.size': '0m',
    'taskmanager.memory.network.min': '64m',
    'taskmanager.memory.network.max': '64m',
    'taskmanager.memory.managed.size': '64m',
    // The service takes care of checkpoints; here they are frequent, and outlive the job.
    'execution.checkpointing.interval': '2 s',
    'execution.checkpointing.dir': `file://${folder}/checkpoints`,
    'execution.checkpointing.externalized-checkpoint-retention': 'RETAIN_ON_CANCELLATION',
    'restart-strategy.type': 'fixed-delay',
    'restart-strategy.fixed-delay.attempts': 1000,
    'restart-strategy.fixed-delay.delay': '500 ms',
    'cluster.registration.error-delay': '500 ms',
    'heartbeat.interval': 1000,
    'heartbeat.timeout': 6000,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
