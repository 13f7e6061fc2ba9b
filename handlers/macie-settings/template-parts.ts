import type {
  SensitivityInspectionTemplateExcludes,
  SensitivityInspectionTemplateIncludes,
} from '@aws-sdk/client-macie2';

/** What automated discovery looks for besides, or instead of, what it looks for by itself. */
export interface TemplateParts {
  readonly includes: Required<{ [K in keyof SensitivityInspectionTemplateIncludes]: string[] }>;
  readonly excludes: Required<{ [K in keyof SensitivityInspectionTemplateExcludes]: string[] }>;
}

export const NOTHING: TemplateParts = {
  includes: { managedDataIdentifierIds: [], customDataIdentifierIds: [], allowListIds: [] },
  excludes: { managedDataIdentifierIds: [] },
};

type Merge = (left: string[], right: string[]) => string[];

/** All lists, each once and in order, so that equal ones are equal as texts. */
export function valueOf(given: {
  readonly includes?: SensitivityInspectionTemplateIncludes;
  readonly excludes?: SensitivityInspectionTemplateExcludes;
}): TemplateParts {
  return merge(NOTHING, given as Partial<TemplateParts>, (_, right) => right);
}

/** What is added wins: an identifier is not included and excluded at once. */
export function addTo(current: TemplateParts, added: TemplateParts): TemplateParts {
  const { includes, excludes } = removeFrom(current, opposite(added));
  return merge({ includes, excludes }, added, (left, right) => [...left, ...right]);
}

export function removeFrom(current: TemplateParts, gone: TemplateParts): TemplateParts {
  return merge(current, gone, (left, right) => left.filter((one) => !right.includes(one)));
}

/** What one includes and the other excludes. */
export function contradictions(current: TemplateParts, added: TemplateParts): string[] {
  const against = opposite(added);
  const inBoth = merge(current, against, (left, right) => left.filter((one) => right.includes(one)));
  return [...inBoth.includes.managedDataIdentifierIds, ...inBoth.excludes.managedDataIdentifierIds];
}

export function isEmpty({ includes, excludes }: TemplateParts): boolean {
  return [...Object.values(includes), ...Object.values(excludes)].every((list) => list.length === 0);
}

function opposite({ includes, excludes }: TemplateParts): TemplateParts {
  return {
    includes: { ...NOTHING.includes, managedDataIdentifierIds: excludes.managedDataIdentifierIds },
    excludes: { managedDataIdentifierIds: includes.managedDataIdentifierIds },
  };
}

function merge(left: TemplateParts, right: Partial<TemplateParts>, lists: Merge): TemplateParts {
  const of = (one: string[] | undefined, other: string[] | undefined) =>
    [...new Set(lists(one ?? [], other ?? []))].sort();
  return {
    includes: {
      managedDataIdentifierIds: of(left.includes.managedDataIdentifierIds, right.includes?.managedDataIdentifierIds),
      customDataIdentifierIds: of(left.includes.customDataIdentifierIds, right.includes?.customDataIdentifierIds),
      allowListIds: of(left.includes.allowListIds, right.includes?.allowListIds),
    },
    excludes: {
      managedDataIdentifierIds: of(left.excludes.managedDataIdentifierIds, right.excludes?.managedDataIdentifierIds),
    },
  };
}
