import { flinkApplicationState } from '../../handlers/flink-application-state/state';
import type { FlinkApplications } from '../../handlers/flink-application-state/state';
import { eventOf } from './cloudformation';
import { FakeClock, sdkError } from './fake-clock';

const PROPERTIES = {
  ApplicationName: 'revenue',
  Snapshots: 'true',
  AllowNonRestoredState: 'false',
  Revision: '1',
};

/** An application whose status is a script: `status` for so many looks, then the next. */
class FakeApplication implements FlinkApplications {
  public readonly starts: unknown[] = [];
  public readonly stops: boolean[] = [];
  public onStart: () => void = () => this.become('STARTING', 'STARTING', 'RUNNING');
  public onStop: (force: boolean) => void = () => this.become('STOPPING', 'READY');
  private script: (string | undefined)[];

  constructor(...script: (string | undefined)[]) {
    this.script = script;
  }

  public become(...script: (string | undefined)[]): void {
    this.script = script;
  }

  /** The last status stays. */
  public async status(): Promise<string | undefined> {
    const [status] = this.script;
    if (this.script.length > 1) this.script.shift();
    if (status === undefined) throw sdkError('ResourceNotFoundException', 'no such application');
    return status;
  }

  public async start(_: string, options: unknown): Promise<void> {
    this.starts.push(options);
    this.onStart();
  }

  public async stop(_: string, force: boolean): Promise<void> {
    this.stops.push(force);
    this.onStop(force);
  }
}

function resourceOf(application: FlinkApplications, clock = new FakeClock()) {
  const resource = flinkApplicationState(application, clock);
  const event = (type: 'Create' | 'Delete', properties: object) =>
    eventOf(type, { ...PROPERTIES, ...properties }) as any;
  return {
    ensure: (properties = {}) => resource.ensure(event('Create', properties)),
    remove: (properties = {}) => resource.remove!(event('Delete', properties)),
  };
}

describe('[129] an application that is to run', () => {
  test('is started from its newest snapshot and waited for', async () => {
    const application = new FakeApplication('READY');
    await expect(resourceOf(application).ensure()).resolves.toEqual({ physicalResourceId: 'revenue/state' });
    expect(application.starts).toEqual([{ fromSnapshot: true, allowNonRestoredState: false }]);
  });

  test('is started without state where it keeps none, and may drop some where that was said', async () => {
    const application = new FakeApplication('READY');
    await resourceOf(application).ensure({ Snapshots: 'false', AllowNonRestoredState: 'true' });
    expect(application.starts).toEqual([{ fromSnapshot: false, allowNonRestoredState: true }]);
  });

  test.each([
    ['runs', ['RUNNING']],
    ['scales', ['AUTOSCALING']],
    ['is being updated', ['UPDATING', 'UPDATING', 'RUNNING']],
    ['is under maintenance', ['MAINTENANCE', 'RUNNING']],
    ['was started by a run before', ['STARTING', 'RUNNING']],
  ])('is left alone while it %s', async (_, script) => {
    const application = new FakeApplication(...script);
    await resourceOf(application).ensure();
    expect(application.starts).toEqual([]);
  });

  test('is started after it has stopped', async () => {
    const application = new FakeApplication('STOPPING', 'READY');
    await resourceOf(application).ensure();
    expect(application.starts).toHaveLength(1);
  });

  test('that stops by itself fails, and is not started again and again', async () => {
    const application = new FakeApplication('READY');
    application.onStart = () => application.become('STARTING', 'READY');
    await expect(resourceOf(application).ensure()).rejects.toThrow(
      /revenue was started and stopped again by itself: its log/,
    );
    expect(application.starts).toHaveLength(1);
  });

  test.each([
    ['is gone', undefined, 'is gone'],
    ['goes', 'DELETING', 'is gone'],
    ['was rolled back', 'ROLLED_BACK', 'was rolled back'],
  ])('fails where it %s', async (_, status, message) => {
    await expect(resourceOf(new FakeApplication(status)).ensure()).rejects.toThrow(message);
  });

  test('is waited for 13 minutes, and the message says in which state it was left', async () => {
    const clock = new FakeClock();
    const application = new FakeApplication('READY');
    application.onStart = () => application.become('STARTING');
    await expect(resourceOf(application, clock).ensure()).rejects.toThrow('still STARTING after 13 minutes');
    expect(clock.time).toBe(13 * 60_000);
  });
});

describe('[129] an application that is to go', () => {
  test('is stopped with its state saved, and waited for', async () => {
    const application = new FakeApplication('RUNNING');
    await resourceOf(application).remove();
    expect(application.stops).toEqual([false]);
  });

  test.each([
    ['ready', 'READY'],
    ['being deleted', 'DELETING'],
    ['gone', undefined],
  ])('is left alone when it is %s', async (_, status) => {
    const application = new FakeApplication(status);
    await resourceOf(application).remove();
    expect(application.stops).toEqual([]);
  });

  test('is stopped by force when it can not save its state', async () => {
    const application = new FakeApplication('RUNNING');
    application.onStop = (force) =>
      application.become(...(force ? ['FORCE_STOPPING', 'READY'] : ['STOPPING', 'RUNNING']));
    await resourceOf(application).remove();
    expect(application.stops).toEqual([false, true]);
  });

  test('is stopped by force when it hangs in a change for eight minutes', async () => {
    const clock = new FakeClock();
    const application = new FakeApplication('UPDATING');
    await resourceOf(application, clock).remove();
    expect(application.stops).toEqual([true]);
    expect(clock.time).toBeGreaterThanOrEqual(8 * 60_000);
  });

  test('is stopped once a start has come to its end', async () => {
    const application = new FakeApplication('STARTING', 'STARTING', 'RUNNING');
    await resourceOf(application).remove();
    expect(application.stops).toEqual([false]);
  });
});

describe('faults', () => {
  const denied = sdkError(
    'AccessDeniedException',
    'User is not authorized to perform: kinesisanalytics:StartApplication',
  );

  test.each(['before', 'after'])('an answer to the start that is lost %s its effect does no harm', async (when) => {
    const application = new FakeApplication('READY');
    const start = application.start.bind(application);
    let calls = 0;
    application.start = async (name, options) => {
      if (++calls === 1) {
        if (when === 'after') await start(name, options);
        throw sdkError('TimeoutError', 'no answer');
      }
      if (application.starts.length) throw sdkError('ResourceInUseException', 'the application is starting');
      await start(name, options);
    };
    await resourceOf(application).ensure();
    expect(application.starts).toHaveLength(1);
  });

  test.each([['ThrottlingException'], ['ConcurrentModificationException'], ['AccessDeniedException']])(
    '%s is waited out',
    async (name) => {
      const application = new FakeApplication('READY');
      const start = application.start.bind(application);
      let calls = 0;
      application.start = async (...args) => {
        if (++calls < 4) throw sdkError(name, 'not now');
        await start(...args);
      };
      await resourceOf(application).ensure();
      expect(application.starts).toHaveLength(1);
    },
  );

  test('a denial for good ends after two minutes, with the words of the service', async () => {
    const clock = new FakeClock();
    const application = new FakeApplication('READY');
    application.start = () => Promise.reject(denied);
    await expect(resourceOf(application, clock).ensure()).rejects.toBe(denied);
    expect(clock.time).toBe(120_000);
  });

  test('an application that is gone between look and stop is as good as stopped', async () => {
    const application = new FakeApplication('RUNNING', undefined);
    application.stop = () => Promise.reject(sdkError('ResourceNotFoundException', 'gone'));
    await expect(resourceOf(application).remove()).resolves.toBeUndefined();
  });

  test('any other error is the answer', async () => {
    const broken = sdkError('InvalidArgumentException', 'no such snapshot');
    const application = new FakeApplication('READY');
    application.start = () => Promise.reject(broken);
    await expect(resourceOf(application).ensure()).rejects.toBe(broken);
  });
});
