import { createHash } from 'node:crypto';
import type {
  EnableMacieCommandInput,
  FindingPublishingFrequency,
  GetMacieSessionCommandOutput,
  MacieStatus,
  UpdateMacieSessionCommandInput,
} from '@aws-sdk/client-macie2';
import type { AwsError } from '../shared/aws-errors';
import type { Clock } from '../shared/clock';
import type { CustomResource, EnsureEvent } from '../shared/custom-resource';
import { isWorthWaiting, isWorthWaitingOnceOn, macieDenial } from '../shared/macie-denial';
import { Patience } from '../shared/patience';

export interface Properties {
  readonly FindingPublishingFrequency?: FindingPublishingFrequency;
  readonly Status?: MacieStatus;
}

/** The calls to the service. Turning Macie off deletes what it knows of the whole account, so it is not among them. */
export interface MacieSessions {
  read(): Promise<GetMacieSessionCommandOutput>;
  enable(input: EnableMacieCommandInput): Promise<unknown>;
  update(input: UpdateMacieSessionCommandInput): Promise<unknown>;
}

/** The policy of the function is as young as the resource, and a session can not be read at once. */
const PATIENCE_MS = 120_000;

/**
 * `Custom::MacieSession`: Macie is on in this account and Region.
 *
 * Nobody owns the session: the console, the organization or another stack may have turned Macie on, and others rely on
 * it when this resource goes. So it is taken as found, changed only where the properties say so, and left behind.
 */
export function macieSession(sessions: MacieSessions, clock: Clock): CustomResource<Properties> {
  return {
    async ensure(event) {
      const { FindingPublishingFrequency: frequency, Status: status } = event.ResourceProperties;
      const patience = new Patience(clock, PATIENCE_MS);

      const found = await existing(sessions, patience);
      const { adopted, session } = found ? { adopted: true, session: found } : await enabled(sessions, patience, event);

      const change = {
        findingPublishingFrequency: frequency === session.findingPublishingFrequency ? undefined : frequency,
        status: status === session.status ? undefined : status,
      };
      if (change.findingPublishingFrequency ?? change.status) {
        await patience.call(() => sessions.update(change), isWorthWaitingOnceOn);
      }

      return {
        physicalResourceId: physicalResourceId(event.StackId),
        data: {
          Status: status ?? session.status ?? '',
          ServiceRole: session.serviceRole ?? '',
          Adopted: String(adopted),
        },
      };
    },
  };
}

async function existing(
  sessions: MacieSessions,
  patience: Patience,
): Promise<GetMacieSessionCommandOutput | undefined> {
  try {
    return await patience.call(() => sessions.read(), isWorthWaiting);
  } catch (error) {
    if (macieDenial(error as AwsError) === 'turned-off') return undefined;
    throw error;
  }
}

/** A status other than ENABLED follows as an update: that enabling accepts one is not documented. */
async function enabled(sessions: MacieSessions, patience: Patience, event: EnsureEvent<Properties>) {
  const input: EnableMacieCommandInput = {
    clientToken: clientToken(event),
    findingPublishingFrequency: event.ResourceProperties.FindingPublishingFrequency ?? 'FIFTEEN_MINUTES',
  };
  const adopted = await patience
    .call(() => sessions.enable(input), isWorthWaiting)
    .then(() => false)
    .catch((error: AwsError) => {
      if (error.name === 'ConflictException') return true; // somebody was faster, or our own answer got lost
      throw error;
    });
  return { adopted, session: await patience.call(() => sessions.read(), isWorthWaitingOnceOn) };
}

/** The same for every repetition of an event, where the SDK would invent a new one. */
function clientToken({ StackId, LogicalResourceId, RequestId }: EnsureEvent<Properties>): string {
  return createHash('sha256').update([StackId, LogicalResourceId, RequestId].join('\n')).digest('hex').slice(0, 32);
}

function physicalResourceId(stackId: string): string {
  const [, , , region, account] = stackId.split(':');
  return `macie-session/${account}/${region}`;
}
