import { execFileSync, spawn } from 'child_process';
import type { ChildProcess } from 'child_process';
import { once } from 'events';
import { existsSync, mkdirSync, renameSync, rmSync } from 'fs';
import * as http from 'http';
import type { AddressInfo } from 'net';
import * as path from 'path';

const PROJECT = path.join(__dirname, '..', '..');
const VERSION = '24.21.0';

/** The Node that Lambda runs is newer than the oldest one that the library supports; bundles run on the newer one. */
export function newerNode(): string {
  if (Number(process.versions.node.split('.')[0]) >= Number(VERSION.split('.')[0])) return process.execPath;
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const pack = `node-${platform}-${process.arch}`;
  const home = path.join(PROJECT, '.cache', `node-${VERSION}`);
  const binary = path.join(home, 'node_modules', pack, 'bin', platform === 'win' ? 'node.exe' : 'node');
  if (!existsSync(binary)) {
    // Installed beside and moved in one step: test files run side by side, and a half installed one must not be found.
    const fresh = `${home}-${process.pid}`;
    mkdirSync(fresh, { recursive: true });
    execFileSync('npm', ['install', '--prefix', fresh, '--no-save', '--ignore-scripts', `${pack}@${VERSION}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    try {
      renameSync(fresh, home);
    } catch {
      rmSync(fresh, { recursive: true }); // another process was faster
    }
  }
  return binary;
}

/** An answer as CloudFormation got it. */
export interface Answer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly Data?: Record<string, string>;
}

export interface Run {
  /** What was PUT to the response URL, if anything. */
  readonly response?: Answer;
  readonly stdout: string;
  /** What the handler returned. */
  readonly returned?: unknown;
  /** What the handler threw, if it did: the error of the function that Lambda would see. */
  readonly error?: string;
}

export interface RunOptions {
  /** What Lambda says is left for the function. @default 60000 */
  readonly timeoutMs?: number;
  /** How many PUTs the response URL refuses before it takes one. @default 0 */
  readonly refusedAnswers?: number;
}

/** Output and messages come by different ways: only after this has all output of an event arrived. */
const END_OF_OUTPUT = '--- end of output ---';

/** What runs in the newer Node: one bundle, one event at a time. */
const CHILD = `
const start = performance.now();
const { handler } = require(process.argv[1]);
process.send({ loadMs: performance.now() - start });
process.on('message', async ({ event, timeoutMs }) => {
  const end = Date.now() + timeoutMs;
  const context = { getRemainingTimeInMillis: () => end - Date.now() };
  const result = await handler(event, context).then((returned) => ({ returned }), (error) => ({ error: String(error) }));
  process.stdout.write('${END_OF_OUTPUT}', () => process.send(result));
});`;

/** A Lambda function on this machine: a bundle, loaded once, that answers one event after the other. */
export class HandlerProcess {
  /** @param bundle the name of a folder in `assets/handlers` */
  public static async start(bundle: string, env: Record<string, string>): Promise<HandlerProcess> {
    const file = path.join(PROJECT, 'assets', 'handlers', bundle, 'index.js');
    if (!existsSync(file)) throw new Error(`${file} is missing: npm run bundle`);
    const child = spawn(newerNode(), ['-e', CHILD, file], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Nothing of this machine's own AWS settings gets through.
      env: {
        NODE_PATH: path.join(PROJECT, 'node_modules'),
        AWS_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'of-nobody',
        HOME: path.join(PROJECT, '.cache', 'no-home'),
        ...env,
      },
    });
    const started = new HandlerProcess(child);
    started.loadMs = (await started.message()).loadMs as number;
    await once(started.responses.listen(0, '127.0.0.1'), 'listening');
    return started;
  }

  /** How long the bundle took to load, with the SDK client that it requires. */
  public loadMs = 0;

  private stdout = '';
  private stderr = '';
  private puts: Answer[] = [];
  private refusals = 0;
  private readonly responses = http.createServer((request, response) => void this.take(request, response));

  private constructor(private readonly child: ChildProcess) {
    child.stdout!.on('data', (data) => (this.stdout += data));
    child.stderr!.on('data', (data) => (this.stderr += data));
  }

  /** Sends an event; the `ResponseURL` of one of CloudFormation is filled in. */
  public async run(event: object, options: RunOptions = {}): Promise<Run> {
    this.stdout = '';
    this.puts = [];
    this.refusals = options.refusedAnswers ?? 0;
    const { port } = this.responses.address() as AddressInfo;
    const ResponseURL = `http://127.0.0.1:${port}/response?X-Amz-Signature=canary-signature`;
    const whole = 'RequestType' in event ? { ...event, ResponseURL } : event;
    this.child.send({ event: whole, timeoutMs: options.timeoutMs ?? 60_000 });
    const { error, returned } = await this.message();
    while (!this.stdout.endsWith(END_OF_OUTPUT)) await once(this.child.stdout!, 'data');
    if (this.puts.length > 1) throw new Error('more than one answer');
    return {
      response: this.puts[0],
      stdout: this.stdout.slice(0, -END_OF_OUTPUT.length),
      returned,
      error: error as string | undefined,
    };
  }

  public async stop(): Promise<void> {
    this.responses.closeAllConnections();
    await new Promise((resolve) => this.responses.close(resolve));
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill();
    await once(this.child, 'exit');
  }

  private message(): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      const died = () => reject(new Error(`the handler's process ended: ${this.stderr}`));
      this.child.once('close', died).once('message', (message) => {
        this.child.off('close', died);
        resolve(message as Record<string, unknown>);
      });
    });
  }

  /** As strict as S3 with a presigned URL, and CloudFormation behind it. */
  private async take(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const signedAs = request.headers['content-type'] ?? '';
    if (request.method !== 'PUT' || signedAs !== '' || body.length > 4096) {
      response.writeHead(403).end();
    } else if (this.refusals-- > 0) {
      response.writeHead(503).end();
    } else {
      this.puts.push(JSON.parse(body.toString('utf8')));
      response.writeHead(200).end();
    }
  }
}

/** Runs one event in a process of its own. */
export async function runHandler(
  options: RunOptions & { readonly bundle: string; readonly event: object; readonly env: Record<string, string> },
): Promise<Run> {
  const handler = await HandlerProcess.start(options.bundle, options.env);
  return handler.run(options.event, options).finally(() => handler.stop());
}
