import { createHash } from 'node:crypto';
import type {
  CreateCustomDataIdentifierCommandInput,
  CreateCustomDataIdentifierCommandOutput,
  GetCustomDataIdentifierCommandOutput,
  ListCustomDataIdentifiersCommandOutput,
} from '@aws-sdk/client-macie2';
import type { AwsError } from '../shared/aws-errors';
import type { Clock } from '../shared/clock';
import type { CustomResource, EnsureEvent } from '../shared/custom-resource';
import { explained, isWorthWaiting, isWorthWaitingOnceOn, macieDenial } from '../shared/macie-denial';
import { Patience } from '../shared/patience';

export interface Properties {
  /** What can never change, as JSON. */
  readonly Definition: string;
  readonly Tags?: Record<string, string>;
}

/** The calls to the service. */
export interface CustomDataIdentifiers {
  create(input: CreateCustomDataIdentifierCommandInput): Promise<CreateCustomDataIdentifierCommandOutput>;
  read(id: string): Promise<GetCustomDataIdentifierCommandOutput>;
  list(nextToken?: string): Promise<ListCustomDataIdentifiersCommandOutput>;
  delete(id: string): Promise<unknown>;
  tag(arn: string, tags: Record<string, string>): Promise<unknown>;
  untag(arn: string, keys: string[]): Promise<unknown>;
}

type Definition = Omit<CreateCustomDataIdentifierCommandInput, 'clientToken' | 'tags'> & { readonly name: string };

type Origin = Pick<EnsureEvent<Properties>, 'StackId' | 'LogicalResourceId' | 'ResourceProperties'>;

/** The policy of the function is as young as the resource, and so may be the session. */
const PATIENCE_MS = 120_000;

const STACK = 'cdk-msk-macie:stack';
const RESOURCE = 'cdk-msk-macie:resource';
const DEFINITION = 'cdk-msk-macie:definition';

/**
 * `Custom::MacieCustomDataIdentifier`: an identifier with severity levels, which CloudFormation's own type lacks.
 *
 * An identifier can not change, so another definition is another identifier, and CloudFormation deletes the old one when
 * all else has succeeded. Its tags say whose it is and what it was made from: this is how a roll-back finds the old one
 * again, and a repeated create the one of its first try.
 */
export function customDataIdentifier(identifiers: CustomDataIdentifiers, clock: Clock): CustomResource<Properties> {
  return {
    cleansUpFailedCreate: true,

    async ensure(event) {
      const service = patient(identifiers, clock, isWorthWaitingOnceOn);
      try {
        return { physicalResourceId: await made(service, event) };
      } catch (error) {
        throw explained(error as AwsError);
      }
    },

    async remove(event) {
      const service = patient(identifiers, clock, isWorthWaiting);
      try {
        const own = isId(event.PhysicalResourceId)
          ? [await living(service, event.PhysicalResourceId)]
          : await ofOwner(service, event); // a create that failed or never ended may have made one all the same
        for (const one of own) if (one) await service.delete(one.id!);
      } catch (error) {
        if (macieDenial(error as AwsError) !== 'turned-off') throw error; // nothing is left where Macie is off
      }
    },
  };
}

/** The identifier of this definition, found or created. */
async function made(service: CustomDataIdentifiers, event: EnsureEvent<Properties>): Promise<string> {
  const definition = definitionOf(event);
  const tags = tagsOf(event, definition);
  const isWanted = (one: GetCustomDataIdentifierCommandOutput) => one.tags?.[DEFINITION] === tags[DEFINITION];

  const current = event.RequestType === 'Update' ? await living(service, event.PhysicalResourceId) : undefined;
  const found = current && isWanted(current) ? current : (await ofOwner(service, event)).find(isWanted);
  if (found) {
    await bringTagsUpToDate(service, event, found, tags);
    return found.id!;
  }
  const created = await service.create({ ...definition, tags, clientToken: clientToken(event) });
  return created.customDataIdentifierId!;
}

/** Every call repeats itself. */
function patient(
  identifiers: CustomDataIdentifiers,
  clock: Clock,
  worthWaiting: (error: AwsError) => boolean,
): CustomDataIdentifiers {
  const patience = new Patience(clock, PATIENCE_MS);
  return {
    create: (input) => patience.call(() => identifiers.create(input), worthWaiting),
    read: (id) => patience.call(() => identifiers.read(id), worthWaiting),
    list: (nextToken) => patience.call(() => identifiers.list(nextToken), worthWaiting),
    delete: (id) => patience.call(() => identifiers.delete(id), worthWaiting),
    tag: (arn, tags) => patience.call(() => identifiers.tag(arn, tags), worthWaiting),
    untag: (arn, keys) => patience.call(() => identifiers.untag(arn, keys), worthWaiting),
  };
}

/** Deleted ones can still be read. */
async function living(
  service: CustomDataIdentifiers,
  id: string,
): Promise<GetCustomDataIdentifierCommandOutput | undefined> {
  try {
    const found = await service.read(id);
    return found.deleted ? undefined : found;
  } catch (error) {
    if ((error as AwsError).name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

/** A list has no tags, so those of the right name are read one by one. */
async function ofOwner(
  service: CustomDataIdentifiers,
  origin: Origin,
): Promise<GetCustomDataIdentifierCommandOutput[]> {
  const { name } = definitionOf(origin);
  const own: GetCustomDataIdentifierCommandOutput[] = [];
  let nextToken: string | undefined;
  do {
    const page: ListCustomDataIdentifiersCommandOutput = await service.list(nextToken);
    for (const item of page.items ?? []) {
      const one = item.name === name ? await living(service, item.id!) : undefined;
      if (one?.tags?.[STACK] === origin.StackId && one.tags[RESOURCE] === origin.LogicalResourceId) own.push(one);
    }
    nextToken = page.nextToken;
  } while (nextToken);
  return own;
}

async function bringTagsUpToDate(
  service: CustomDataIdentifiers,
  event: EnsureEvent<Properties>,
  { arn, tags = {} }: GetCustomDataIdentifierCommandOutput,
  wanted: Record<string, string>,
): Promise<void> {
  const old = event.RequestType === 'Update' ? Object.keys(event.OldResourceProperties.Tags ?? {}) : [];
  const changed = Object.entries(wanted).filter(([key, value]) => tags[key] !== value);
  const gone = old.filter((key) => key in tags && !(key in wanted));
  if (changed.length > 0) await service.tag(arn!, Object.fromEntries(changed));
  if (gone.length > 0) await service.untag(arn!, gone);
}

function definitionOf({ ResourceProperties }: Pick<Origin, 'ResourceProperties'>): Definition {
  return JSON.parse(ResourceProperties.Definition) as Definition;
}

function tagsOf(event: Origin, definition: Definition): Record<string, string> {
  return {
    ...event.ResourceProperties.Tags,
    [STACK]: event.StackId,
    [RESOURCE]: event.LogicalResourceId,
    [DEFINITION]: hash(JSON.stringify(Object.entries(definition).sort(([a], [b]) => (a < b ? -1 : 1)))),
  };
}

/** The same for every repetition of an event, where the SDK would invent a new one. */
function clientToken({ StackId, LogicalResourceId, RequestId }: EnsureEvent<Properties>): string {
  return hash([StackId, LogicalResourceId, RequestId].join('\n'));
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function isId(physicalResourceId: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(physicalResourceId);
}
