import { SampleFindings } from './finding-pattern';

/**
 * The schema in Macie's guide has `sample` beside `detail`, its examples have it inside. Where it is absent, a finding
 * counts as real: too many alarms are heard, none at all is not.
 */
export function renderSample(samples = SampleFindings.EXCLUDE): unknown[] | undefined {
  switch (samples) {
    case SampleFindings.EXCLUDE:
      return [false, { exists: false }];
    case SampleFindings.ONLY:
      return [true];
    case SampleFindings.INCLUDE:
      return undefined;
  }
}

/** Without members that are undefined or became empty: EventBridge refuses empty objects. */
export function compact(value: Record<string, unknown>): Record<string, unknown> | undefined {
  const members = Object.entries(value)
    .map(([key, member]) => [key, isRecord(member) ? compact(member) : member] as const)
    .filter(([, member]) => member !== undefined);
  return members.length > 0 ? Object.fromEntries(members) : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
