import { isWorthWaiting, isWorthWaitingOnceOn, explained, macieDenial } from '../shared/macie-denial';
import type { AwsError } from '../shared/aws-errors';
import type { Clock } from '../shared/clock';
import type { CustomResource, EnsureEvent } from '../shared/custom-resource';
import { Patience } from '../shared/patience';

export interface Properties {
  /** The wanted value as JSON, because CloudFormation hands numbers and booleans over as texts. */
  readonly Value: string;
  /** Whether a value that something else has set may be replaced. */
  readonly TakeOver?: string;
}

/** A setting that exists once in an account and Region: it is never created, only read and written. */
export interface Setting<Value> {
  /** In physical ids. */
  readonly name: string;
  /** What is set; nothing where it is as the service comes. */
  read(): Promise<Value | undefined>;
  /** Nothing makes it as the service comes. */
  write(value: Value | undefined): Promise<unknown>;
  isSame(one: Value, other: Value): boolean;
  /** In words that an error can end with. */
  describe(value: Value): string;
  /** Errors of a write that pass, besides those of all calls. */
  isWorthWaiting?(error: AwsError): boolean;
}

/** The policy of the function is as young as the resource, and so may be the session, the bucket and the key. */
export const PATIENCE_MS = 120_000;

/** Ends the physical id of a resource that has found its value set already. */
const FOUND = '/found';

/**
 * A setting as a custom resource.
 *
 * It may be somebody else's: a different value is replaced only when the user has said so, and a resource that is deleted
 * takes away no other value than its own, never one that was there before it, and never brings an older one back.
 */
export function settingResource<Value>(setting: Setting<Value>, clock: Clock): CustomResource<Properties> {
  return {
    async ensure(event) {
      const patience = new Patience(clock, PATIENCE_MS);
      const wanted = valueIn<Value>(event.ResourceProperties);
      try {
        const current = await patience.call(() => setting.read(), isWorthWaitingOnceOn);
        const isSet = current !== undefined && setting.isSame(current, wanted);
        if (event.RequestType === 'Create' && current !== undefined && !isSet) requireTakeOver(event, setting, current);
        if (!isSet) {
          await patience.call(
            () => setting.write(wanted),
            (error) => isWorthWaitingOnceOn(error) || setting.isWorthWaiting?.(error) === true,
          );
        }
        return { physicalResourceId: physicalResourceId(setting.name, event, isSet) };
      } catch (error) {
        throw explained(error as AwsError);
      }
    },

    async remove(event) {
      if (event.PhysicalResourceId !== ownId(setting.name, event.StackId)) return;
      const patience = new Patience(clock, PATIENCE_MS);
      await ignoringOff(async () => {
        const current = await patience.call(() => setting.read(), isWorthWaiting);
        const isOurs = current !== undefined && setting.isSame(current, valueIn<Value>(event.ResourceProperties));
        if (isOurs) await patience.call(() => setting.write(undefined), isWorthWaiting);
        else
          console.log(JSON.stringify({ left: `the ${setting.name}, which is no longer what this resource has set` }));
      });
    },
  };
}

/** Where Macie is off there are no settings. */
export async function ignoringOff(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (macieDenial(error as AwsError) !== 'turned-off') throw error;
  }
}

export function mayTakeOver(event: EnsureEvent<Properties>): boolean {
  return event.ResourceProperties.TakeOver === 'true';
}

/** What this resource has set, where nothing was set before: what it may clear. */
export function ownId(name: string, stackId: string): string {
  const [, , , region, account] = stackId.split(':');
  return `macie-${name}/${account}/${region}`;
}

/** The id stays for life: another one would have CloudFormation delete the old one, which is the same setting. */
function physicalResourceId(name: string, event: EnsureEvent<Properties>, found: boolean): string {
  if (event.RequestType === 'Update') return event.PhysicalResourceId;
  return ownId(name, event.StackId) + (found ? FOUND : '');
}

function requireTakeOver<Value>(event: EnsureEvent<Properties>, setting: Setting<Value>, current: Value): void {
  if (mayTakeOver(event)) return;
  throw new Error(
    `the ${setting.name} of this account and Region is set already: ${setting.describe(current)}; ` +
      'set takeOver to replace it, or leave it to whoever has set it',
  );
}

function valueIn<Value>({ Value }: Properties): Value {
  return JSON.parse(Value) as Value;
}
