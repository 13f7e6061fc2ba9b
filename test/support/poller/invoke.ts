import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import * as path from 'node:path';
import { newerNode } from '../node';
import type { Answer } from './outcome';

const PROJECT = path.join(__dirname, '..', '..', '..');
const OUTPUT_KEPT = 20_000;

/** Of a function, what decides how it runs. */
export interface FunctionSettings {
  readonly name: string;
  readonly arn: string;
  /** The folder that is deployed. */
  readonly code: string;
  readonly timeoutMs: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** What runs in the newer Node: one bundle, one event at a time. */
const CHILD = `
const { handler } = require(process.argv[1]);
process.on('message', async ({ event, context, deadline }) => {
  const asked = { ...context, getRemainingTimeInMillis: () => deadline - Date.now() };
  process.send(
    await Promise.resolve()
      .then(() => handler(JSON.parse(event), asked))
      .then((payload) => ({ payload: JSON.stringify(payload ?? null) }), (error) => ({ error: String(error?.stack ?? error) })),
  );
});
process.send({ ready: true });`;

/**
 * A function on this machine: one execution environment at a time, made when it is needed, gone when the function takes
 * too long or its process dies.
 */
export class LocalFunction {
  /** How many environments there have been. */
  environments = 0;
  /** The end of what the function has printed. */
  output = '';

  private child?: ChildProcess;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(readonly settings: FunctionSettings) {}

  /** Asks the function, after whoever asked before. */
  invoke(event: unknown): Promise<Answer> {
    const answer = this.turn.then(() => this.run(event));
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  /** Ends the environment at once, whatever it is doing. */
  kill(): void {
    this.child?.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.turn;
    const { child } = this;
    if (child !== undefined) {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGKILL');
      await ended;
    }
  }

  private async run(event: unknown): Promise<Answer> {
    const child = (this.child ??= await this.start());
    const { name, arn, timeoutMs } = this.settings;
    const requestId = randomUUID();
    return new Promise((resolve) => {
      const failed = (message: string) => resolve({ functionError: 'Unhandled', message: `${requestId} ${message}` });
      const timer = setTimeout(() => {
        this.forget(child);
        failed(`Task timed out after ${timeoutMs / 1000} seconds`);
        child.kill('SIGKILL');
      }, timeoutMs);
      const died = () => {
        clearTimeout(timer);
        failed('Runtime exited');
      };
      child.once('close', died);
      child.once('message', (message: { payload?: string; error?: string }) => {
        clearTimeout(timer);
        child.off('close', died);
        if (message.error === undefined) {
          resolve({ payload: JSON.parse(message.payload!) });
        } else {
          failed(message.error);
        }
      });
      const context = {
        functionName: name,
        functionVersion: '$LATEST',
        invokedFunctionArn: arn,
        memoryLimitInMB: '512',
        awsRequestId: requestId,
      };
      child.send({ event: JSON.stringify(event), context, deadline: Date.now() + timeoutMs }, () => undefined);
    });
  }

  private async start(): Promise<ChildProcess> {
    this.environments++;
    const { code, environment, name } = this.settings;
    const child = spawn(newerNode(), ['-e', CHILD, path.join(code, 'index.js')], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Nothing of this machine's own AWS settings gets through.
      env: { HOME: path.join(PROJECT, '.cache', 'no-home'), AWS_LAMBDA_FUNCTION_NAME: name, ...environment },
    });
    const keep = (text: Buffer) => (this.output = (this.output + text).slice(-OUTPUT_KEPT));
    child.stdout!.on('data', keep);
    child.stderr!.on('data', keep);
    child.once('close', () => this.forget(child)); // Before anyone hears that it died.
    await new Promise((resolve, reject) => {
      child.once('message', resolve);
      child.once('error', reject);
      child.once('close', () => reject(new Error(`${name} does not load: ${this.output}`)));
    });
    return child;
  }

  private forget(child: ChildProcess): void {
    this.child = this.child === child ? undefined : this.child;
  }
}
