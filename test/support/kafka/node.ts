import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { javaTool } from './java';

export interface NodeOptions {
  /** For messages: `node 2 of orders`. */
  readonly name: string;
  readonly host: string;
  /** All open when the node is ready. */
  readonly ports: readonly number[];
  readonly jvmOptions: readonly string[];
  readonly properties: string;
  /** Arguments of `StorageTool format` for the first start. */
  readonly format: readonly string[];
  readonly log: string;
  readonly pidFile: string;
}

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 60_000;

/** The exit code of a JVM that was asked to end by SIGTERM and did so in order. */
export const CLEAN_EXIT = '143';

/** One Kafka process, which can be started again after it has ended. */
export class KafkaNode {
  private child?: ChildProcess;
  private ended?: Promise<string>;
  private formatted = false;
  /** How the process ended, unless we ended it. */
  private surprise?: string;
  private wanted = false;

  constructor(private readonly options: NodeOptions) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  get running(): boolean {
    return this.child !== undefined;
  }

  /** Starts the process and waits until it serves. */
  async start(extraJvmOptions: readonly string[] = []): Promise<void> {
    const { options } = this;
    if (this.running) {
      throw new Error(`${options.name} runs already`);
    }
    const args = [...options.jvmOptions, ...extraJvmOptions, 'FixtureBroker', options.properties];
    const log = openSync(options.log, 'a');
    const child = spawn(javaTool('java'), [...args, ...(this.formatted ? [] : options.format)], {
      stdio: ['pipe', log, log],
    });
    closeSync(log);
    this.child = child;
    this.wanted = true;
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(String(signal ?? code)));
    });
    void this.ended.then((how) => {
      this.child = undefined;
      this.surprise = this.wanted ? how : undefined;
    });
    // Whoever forgets to stop a cluster can still exit; the closed pipe then ends the node.
    child.unref();
    (child.stdin as unknown as { unref(): void }).unref();
    writeFileSync(options.pidFile, String(child.pid));
    await this.ready();
    this.formatted = true;
  }

  /** Sends a signal, waits for the end and answers the exit code or the signal. Impatience ends in SIGKILL. */
  async end(signal: 'SIGTERM' | 'SIGKILL', patienceMs = STOP_WITHIN_MS): Promise<string> {
    const { child } = this;
    if (child === undefined) {
      throw new Error(
        `${this.options.name} does not run${this.surprise ? `: it ended by itself with ${this.surprise}` : ''}`,
      );
    }
    this.wanted = false;
    child.ref();
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    try {
      return await this.ended!;
    } finally {
      clearTimeout(timer);
    }
  }

  /** An error with the end of the log if the process ended without being asked to. */
  checkAlive(): void {
    if (this.surprise !== undefined) {
      const tail = readFileSync(this.options.log, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
      throw new Error(
        `${this.options.name} ended by itself with ${this.surprise}; ${this.options.log} ends with\n${tail}`,
      );
    }
  }

  private async ready(): Promise<void> {
    const deadline = Date.now() + READY_WITHIN_MS;
    for (const port of this.options.ports) {
      while (!(await accepts(this.options.host, port))) {
        this.checkAlive();
        if (Date.now() > deadline) {
          throw new Error(
            `${this.options.name} did not open port ${port} in ${READY_WITHIN_MS / 1000} s, see ${this.options.log}`,
          );
        }
        await sleep(50);
      }
    }
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
    socket.once('connect', () => socket.destroy());
  });
}
