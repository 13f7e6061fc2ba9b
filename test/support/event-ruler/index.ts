import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { EVENT_RULER_JARS } from '../kafka/jar-sets';
import { compiled, jars, javaTool } from '../kafka/java';

interface Answer {
  readonly id: number;
  readonly match?: boolean;
  readonly error?: string;
}

/**
 * The engine with which Amazon EventBridge matches events, as a child process.
 *
 * @see https://github.com/aws/event-ruler
 */
export class EventRuler {
  static async start(): Promise<EventRuler> {
    const library = await jars(EVENT_RULER_JARS);
    const ours = await compiled('event-ruler', path.join(__dirname, 'java'), library);
    const options = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', [...library, ours].join(path.delimiter)];
    return new EventRuler(spawn(javaTool('java'), [...options, 'RulerLines']));
  }

  private readonly waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  private readonly ended: Promise<void>;
  private lastId = 0;

  private constructor(private readonly child: ChildProcessWithoutNullStreams) {
    let errors = '';
    child.stderr.on('data', (text) => (errors += text));
    child.stdin.on('error', () => undefined); // Told to whoever asked.
    createInterface({ input: child.stdout }).on('line', (line) => {
      const answer: Answer = JSON.parse(line);
      this.waiting.get(answer.id)!.resolve(answer);
      this.waiting.delete(answer.id);
    });
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => {
        this.waiting.forEach(({ reject }) => reject(new Error(`event-ruler ended with ${code}: ${errors}`)));
        resolve();
      });
    });
  }

  /** Whether an event matches. An invalid pattern is an error. */
  async matches(pattern: object, event: object): Promise<boolean> {
    const { error, match } = await this.ask({ pattern, event });
    if (error !== undefined) {
      throw new Error(`invalid pattern: ${error}`);
    }
    return match!;
  }

  /** What is wrong with a pattern; `undefined` when it is valid. Quotas of the service are not checked. */
  async check(pattern: object): Promise<string | undefined> {
    return (await this.ask({ pattern })).error;
  }

  async stop(): Promise<void> {
    this.child.stdin.end();
    await this.ended;
  }

  private ask(question: object): Promise<Answer> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.child.stdin.write(`${JSON.stringify({ id, ...question })}\n`, (error) => error && reject(error));
    });
  }
}
