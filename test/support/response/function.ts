import { spawn } from 'child_process';
import type { ChildProcess } from 'child_process';
import { once } from 'events';
import * as path from 'path';
import { newerNode } from '../node';
import type { TaskResult } from './state-machine';

const PROJECT = path.join(__dirname, '..', '..', '..');

/** One bundle, one event at a time, in a time that the test chooses. */
const CHILD = `
const { handler } = require(process.argv[1]);
const now = Date.now;
process.on('message', async ({ event, ahead }) => {
  Date.now = () => now() + ahead;
  process.send(await handler(event).then(
    (output) => ({ output: output ?? null }),
    ({ name, message }) => ({ error: name, cause: message }),
  ));
});
process.send('ready');`;

/** A function of a response on this machine. */
export class TestFunction {
  /** All that the functions print goes to logs, and what they log are also their metrics. */
  public log = '';

  private child?: ChildProcess;
  private turn: Promise<unknown> = Promise.resolve();

  public constructor(
    private readonly bundle: string,
    private readonly env: Record<string, string>,
    /** Whom its calls are signed by, so that services can tell. */
    private readonly principal: string,
  ) {}

  /** @param ahead how far the function's clock is ahead of ours, in milliseconds */
  public invoke(event: unknown, ahead = 0): Promise<TaskResult> {
    const answer = this.turn.then(() => this.run(event, ahead));
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  public async stop(): Promise<void> {
    if (!this.child) return;
    this.child.kill();
    await once(this.child, 'exit');
  }

  private async run(event: unknown, ahead: number): Promise<TaskResult> {
    const child = (this.child ??= await this.start());
    child.send({ event, ahead });
    const [answer] = (await once(child, 'message')) as [TaskResult];
    return answer;
  }

  private async start(): Promise<ChildProcess> {
    const file = path.join(PROJECT, 'assets', 'handlers', this.bundle, 'index.js');
    const child = spawn(newerNode(), ['-e', CHILD, file], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        NODE_PATH: path.join(PROJECT, 'node_modules'),
        AWS_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: this.principal,
        AWS_SECRET_ACCESS_KEY: 'of-nobody',
        HOME: path.join(PROJECT, '.cache', 'no-home'),
        ...this.env,
      },
    });
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (data) => (this.log += data));
    await once(child, 'message');
    return child;
  }
}
