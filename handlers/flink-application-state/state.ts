import { isAccessDenied, isTransient } from '../shared/aws-errors';
import type { AwsError } from '../shared/aws-errors';
import type { Clock } from '../shared/clock';
import type { CustomResource } from '../shared/custom-resource';
import { Patience } from '../shared/patience';

export interface Properties {
  readonly ApplicationName: string;
  /** `true` or `false`. */
  readonly Snapshots: string;
  /** `true` or `false`. */
  readonly AllowNonRestoredState: string;
  /** Differs when the application does. */
  readonly Revision: string;
}

export interface StartOptions {
  readonly fromSnapshot: boolean;
  readonly allowNonRestoredState: boolean;
}

/** The three calls to the service. */
export interface FlinkApplications {
  /** The status, in the words of the service. */
  status(name: string): Promise<string | undefined>;
  start(name: string, options: StartOptions): Promise<unknown>;
  stop(name: string, force: boolean): Promise<unknown>;
}

/** The policy of the function is as young as the resource, and IAM takes its time to tell everybody. */
const PATIENCE_MS = 120_000;

/** Less than the function and CloudFormation have, so that it is us who say what was waited for. */
const DEADLINE_MS = 13 * 60_000;
const POLL_MS = 5_000;

/** How long a stop that saves the state may take before it is forced. */
const GENTLE_MS = 8 * 60_000;

/** `Custom::FlinkApplicationState`: an application that runs as long as the resource is there. */
export function flinkApplicationState(applications: FlinkApplications, clock: Clock): CustomResource<Properties> {
  return {
    async ensure({ ResourceProperties: properties }) {
      const name = properties.ApplicationName;
      await new Waiting(applications, clock, name).untilRunning({
        fromSnapshot: properties.Snapshots === 'true',
        allowNonRestoredState: properties.AllowNonRestoredState === 'true',
      });
      return { physicalResourceId: `${name}/state` };
    },

    async remove({ ResourceProperties: { ApplicationName: name } }) {
      await new Waiting(applications, clock, name).untilStopped();
    },
  };
}

/** One event's wait for one application. */
class Waiting {
  private readonly patience: Patience;
  private readonly began: number;

  constructor(
    private readonly applications: FlinkApplications,
    private readonly clock: Clock,
    private readonly name: string,
  ) {
    this.patience = new Patience(clock, PATIENCE_MS);
    this.began = clock.now();
  }

  public async untilRunning(options: StartOptions): Promise<void> {
    let started = false;
    for (;;) {
      const status = await this.status();
      switch (status) {
        case 'RUNNING':
        case 'AUTOSCALING': // It runs, and is about to do so with more or fewer threads.
          return;
        case 'READY':
          if (started) {
            throw new Error(
              `the application ${this.name} was started and stopped again by itself: its log says why (the usual reasons ` +
                'are code that fails at once, a class that is missing, and SQL that can not be planned)',
            );
          }
          await this.tolerating(() => this.applications.start(this.name, options), 'ResourceInUseException');
          started = true;
          break;
        case undefined:
        case 'DELETING':
          throw new Error(`the application ${this.name} is gone`);
        case 'ROLLED_BACK':
          throw new Error(`the application ${this.name} was rolled back to its version before: its log says why`);
      }
      await this.pause(status, 'RUNNING');
    }
  }

  public async untilStopped(): Promise<void> {
    let asked = false;
    let forced = false;
    for (;;) {
      const status = await this.status();
      if (status === undefined || status === 'READY' || status === 'DELETING') return;
      const late = this.clock.now() - this.began >= GENTLE_MS;
      // Back from a stop, it could not save its state; and no state is worth a stack that can not be deleted.
      if (status === 'RUNNING' || (late && !forced)) {
        const force = asked || late;
        await this.tolerating(
          () => this.applications.stop(this.name, force),
          'ResourceInUseException',
          'ResourceNotFoundException',
          'InvalidApplicationConfigurationException',
          'InvalidRequestException',
        );
        asked = true;
        forced = force;
      }
      await this.pause(status, 'READY');
    }
  }

  /** Undefined where there is no such application. */
  private status(): Promise<string | undefined> {
    return this.tolerating(() => this.applications.status(this.name), 'ResourceNotFoundException');
  }

  /** The answer; undefined for errors that say no more than that the status is not what it was. */
  private async tolerating<T>(call: () => Promise<T>, ...names: string[]): Promise<T | undefined> {
    try {
      return await this.patience.call(call, isWorthWaiting);
    } catch (error) {
      if (names.includes((error as AwsError).name)) return undefined;
      throw error;
    }
  }

  private async pause(status: string | undefined, wanted: string): Promise<void> {
    if (this.clock.now() - this.began >= DEADLINE_MS) {
      throw new Error(`the application ${this.name} is still ${status} after 13 minutes, and should be ${wanted}`);
    }
    await this.clock.sleep(POLL_MS);
  }
}

function isWorthWaiting(error: AwsError): boolean {
  return isAccessDenied(error) || isTransient(error) || error.name === 'ConcurrentModificationException';
}
