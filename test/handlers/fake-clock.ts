import type { Clock } from '../../handlers/shared/clock';

/** Time that passes only while somebody sleeps. */
export class FakeClock implements Clock {
  public time = 0;
  public readonly pauses: number[] = [];

  public now(): number {
    return this.time;
  }

  public async sleep(ms: number): Promise<void> {
    this.pauses.push(ms);
    this.time += ms;
  }
}

/** An error as the SDK throws it. */
export function sdkError(name: string, message: string, more: object = {}): Error {
  return Object.assign(new Error(message), { name, ...more });
}
