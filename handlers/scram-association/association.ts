import type { UnprocessedScramSecret } from '@aws-sdk/client-kafka';
import { isAccessDenied, isTransient } from '../shared/aws-errors';
import type { AwsError } from '../shared/aws-errors';
import type { Clock } from '../shared/clock';
import type { CustomResource } from '../shared/custom-resource';
import { Patience } from '../shared/patience';

export interface Properties {
  readonly ClusterArn: string;
  readonly SecretArns: string[];
}

/** The calls to the service. */
export interface ScramSecrets {
  /** The state of the cluster; undefined where there is none. */
  state(clusterArn: string): Promise<string | undefined>;
  list(clusterArn: string): Promise<string[]>;
  /** @returns what was not done, which is no error to the service */
  associate(clusterArn: string, secretArns: string[]): Promise<UnprocessedScramSecret[]>;
  disassociate(clusterArn: string, secretArns: string[]): Promise<UnprocessedScramSecret[]>;
}

/** Policies and secrets are as young as the resource, and it takes its time until everybody knows of them. */
const PATIENCE_MS = 120_000;

/** Less than the function and CloudFormation have, so that it is us who say what was waited for. */
const DEADLINE_MS = 12 * 60_000;
const POLL_MS = 5_000;

/** @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-password-limitations.html */
const MOST_A_CALL = 10;

/** `Custom::MskScramAssociation`: some secrets are associated with a cluster, whichever else are. */
export function scramAssociation(secrets: ScramSecrets, clock: Clock): CustomResource<Properties> {
  return {
    cleansUpFailedCreate: true,

    async ensure(event) {
      const { ClusterArn, SecretArns } = event.ResourceProperties;
      const work = new Work(secrets, clock, ClusterArn);
      await work.untilActive();
      const there = await work.list();
      await work.all('associated', missing(SecretArns, there));
      const before = event.RequestType === 'Update' ? event.OldResourceProperties : undefined;
      if (before?.ClusterArn === ClusterArn) {
        const gone = missing(before.SecretArns, SecretArns);
        await work.all(
          'disassociated',
          gone.filter((arn) => there.includes(arn)),
        );
      }
      await work.untilActive();
      return { physicalResourceId: `${ClusterArn}/scram-association` };
    },

    async remove({ ResourceProperties: { ClusterArn, SecretArns } }) {
      const work = new Work(secrets, clock, ClusterArn);
      if (!(await work.isThere())) return;
      await work.untilActive();
      const there = await work.list();
      await work.all(
        'disassociated',
        SecretArns.filter((arn) => there.includes(arn)),
      );
    },
  };
}

function missing(wanted: string[], there: string[]): string[] {
  return wanted.filter((arn) => !there.includes(arn));
}

/** One event's work on one cluster. */
class Work {
  private readonly patience: Patience;
  private readonly began: number;

  constructor(
    private readonly secrets: ScramSecrets,
    private readonly clock: Clock,
    private readonly clusterArn: string,
  ) {
    this.patience = new Patience(clock, PATIENCE_MS);
    this.began = clock.now();
  }

  public async isThere(): Promise<boolean> {
    const state = await this.state();
    return state !== undefined && state !== 'DELETING' && state !== 'FAILED';
  }

  public async untilActive(): Promise<void> {
    for (;;) {
      const state = await this.state();
      if (state === 'ACTIVE') return;
      if (state === undefined || state === 'DELETING' || state === 'FAILED') {
        throw new Error(`the cluster is ${state ?? 'gone'}`);
      }
      if (this.clock.now() - this.began >= DEADLINE_MS) {
        throw new Error(`the cluster is still ${state} after 12 minutes, and takes no secrets`);
      }
      await this.clock.sleep(POLL_MS);
    }
  }

  public list(): Promise<string[]> {
    return this.patience.call(() => this.secrets.list(this.clusterArn), isWorthWaiting);
  }

  /** In calls of ten, one when the cluster is ready after the other. */
  public async all(what: 'associated' | 'disassociated', secretArns: string[]): Promise<void> {
    const call = (arns: string[]) =>
      what === 'associated'
        ? this.secrets.associate(this.clusterArn, arns)
        : this.secrets.disassociate(this.clusterArn, arns);
    for (let from = 0; from < secretArns.length; from += MOST_A_CALL) {
      await this.untilActive();
      let left = secretArns.slice(from, from + MOST_A_CALL);
      await this.patience.call(async () => {
        const unprocessed = await call(left);
        if (unprocessed.length === 0) return;
        left = unprocessed.map(({ SecretArn }) => SecretArn!);
        throw new Unprocessed(what, unprocessed);
      }, isWorthWaiting);
    }
  }

  private state(): Promise<string | undefined> {
    return this.patience.call(() => this.secrets.state(this.clusterArn), isWorthWaiting);
  }
}

/** The service answers with success, and lists what it has not done. */
class Unprocessed extends Error {
  public override readonly name = 'UnprocessedScramSecrets';

  constructor(what: string, secrets: UnprocessedScramSecret[]) {
    const each = secrets.map(({ SecretArn, ErrorCode, ErrorMessage }) => `${SecretArn}: ${ErrorCode}: ${ErrorMessage}`);
    super(`not ${what}: ${each.join('; ')}`);
  }
}

/** A secret or key that was made a moment ago can not be read at once. */
function isWorthWaiting(error: AwsError): boolean {
  const isYoung = error.name === 'UnprocessedScramSecrets' && /able to access|try again|throttl/i.test(error.message);
  return isYoung || isAccessDenied(error) || isTransient(error);
}
