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

/** Time that passes only while everybody sleeps: for many who work at once. */
export class SharedClock implements Clock {
  public time = 0;
  private readonly sleepers: { readonly until: number; readonly wake: () => void }[] = [];

  public now(): number {
    return this.time;
  }

  public sleep(ms: number): Promise<void> {
    return new Promise((wake) => this.sleepers.push({ until: this.time + ms, wake }));
  }

  /** Lets time pass until all the work is done. */
  public async pass<T>(work: Promise<T>[]): Promise<PromiseSettledResult<T>[]> {
    let done = false;
    const results = Promise.allSettled(work).finally(() => (done = true));
    for (;;) {
      await new Promise(setImmediate); // whatever can go on without sleep has
      if (done) return results;
      this.sleepers.sort((a, b) => a.until - b.until);
      const first = this.sleepers.shift();
      if (!first) throw new Error('somebody waits for something else than time');
      this.time = first.until;
      first.wake();
    }
  }
}

/** An error as the SDK throws it. */
export function sdkError(name: string, message: string, more: object = {}): Error {
  return Object.assign(new Error(message), { name, ...more });
}
