import data from './data/create-only.json';
import type { Template } from './facts';

const CREATE_ONLY: Record<string, readonly string[]> = data.types;

/** What an edit does to a resource that holds data, a position in data, or a name that others know. */
export interface Replacement {
  readonly logicalId: string;
  readonly type: string;
  /** `REPLACED`: made anew under its logical id. `GONE`: no longer there under it; moved, renamed or removed. */
  readonly fate: 'REPLACED' | 'GONE';
  /** Paths of what can only be set at creation and has changed. */
  readonly properties: readonly string[];
  /** Whether what is there stays in the account, as far as the deployed template says. */
  readonly kept: boolean;
}

interface RawResource {
  readonly Type: string;
  readonly Properties?: unknown;
  readonly DeletionPolicy?: unknown;
  readonly UpdateReplacePolicy?: unknown;
}

/** The types of which replacements are known. */
export function replacementKnown(type: string): boolean {
  return type in CREATE_ONLY;
}

/** What only grows, by type. */
const GROW_ONLY: Record<string, string> = {
  'AWS::MSK::Cluster': 'BrokerNodeGroupInfo.StorageInfo.EBSStorageInfo.VolumeSize',
  'AWS::MSK::Topic': 'PartitionCount',
  'Custom::MskTopic': 'PartitionCount',
};

/** A number that would get smaller, and can not. */
export interface Shrinkage {
  readonly logicalId: string;
  readonly type: string;
  readonly property: string;
  readonly deployed: number;
  readonly next: number;
}

/** What deploying a template over another would make smaller, of what Amazon MSK lets grow only. */
export function shrinkages(deployed: Template, next: Template): Shrinkage[] {
  const after = (next.Resources ?? {}) as Record<string, RawResource | undefined>;
  return Object.entries((deployed.Resources ?? {}) as Record<string, RawResource>).flatMap(([logicalId, old]) => {
    const { Type: type } = old;
    const property = GROW_ONLY[type];
    const [before, now] = [old, after[logicalId]].map((each) =>
      property === undefined || each?.Type !== type ? undefined : numberOf(at(each.Properties, property)),
    );
    return before !== undefined && now !== undefined && now < before
      ? [{ logicalId, type, property, deployed: before, next: now }]
      : [];
  });
}

/** Custom resources get their numbers as texts. */
function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && !Number.isNaN(number) ? number : undefined;
}

/** Whether the type has something that only grows. */
export function growsOnly(type: string): boolean {
  return type in GROW_ONLY;
}

/**
 * What deploying a template over another replaces or removes.
 *
 * References count as changed where they name something else; whether CloudFormation sees the same value behind it in
 * the end, a template can not tell.
 */
export function replacements(deployed: Template, next: Template): Replacement[] {
  const after = (next.Resources ?? {}) as Record<string, RawResource | undefined>;
  return Object.entries((deployed.Resources ?? {}) as Record<string, RawResource>)
    .filter(([, { Type }]) => replacementKnown(Type))
    .flatMap(([logicalId, old]): Replacement[] => {
      const now = after[logicalId];
      const { Type: type } = old;
      if (now?.Type !== type) {
        return [{ logicalId, type, fate: 'GONE', properties: [], kept: isKept(old.DeletionPolicy) }];
      }
      const properties = CREATE_ONLY[type].filter(
        (path) => show(at(old.Properties, path)) !== show(at(now.Properties, path)),
      );
      return properties.length
        ? [{ logicalId, type, fate: 'REPLACED', properties, kept: isKept(old.UpdateReplacePolicy) }]
        : [];
    });
}

function isKept(policy: unknown): boolean {
  return typeof policy === 'string' && policy.startsWith('Retain');
}

/** The values at a dotted path; `*` steps through every member of a list. */
export function at(value: unknown, path: string): unknown {
  const [step, ...rest] = path.split('.');
  const below = (member: unknown) => (rest.length ? at(member, rest.join('.')) : member);
  if (value === null || typeof value !== 'object') {
    return undefined;
  }
  return step === '*' ? Object.values(value).map(below) : below((value as Record<string, unknown>)[step]);
}

/** Equal for equal values: in whatever order the members of an object were written. */
function show(value: unknown): string | undefined {
  return JSON.stringify(value, (_, each: unknown) =>
    each !== null && typeof each === 'object' && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
