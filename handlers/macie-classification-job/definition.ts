import { createHash } from 'node:crypto';
import type { CreateClassificationJobCommandInput, JobScopeTerm } from '@aws-sdk/client-macie2';

/** All that a job is made of and that can never change. */
export type Definition = Omit<CreateClassificationJobCommandInput, 'clientToken' | 'tags'> & {
  readonly name: string;
  readonly s3JobDefinition: NonNullable<CreateClassificationJobCommandInput['s3JobDefinition']>;
};

/** Equal for definitions that ask for the same: neither members nor the elements of any list have an order. */
export function definitionHash(definition: Definition): string {
  return shortHash(canonical(definition));
}

export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** The same for objects from a moment on. The first run reads all of them, where it would else wait for newer ones. */
export function continuedFrom(since: Date, definition: Definition): Definition {
  const { s3JobDefinition: where, jobType } = definition;
  const bound: JobScopeTerm = {
    simpleScopeTerm: {
      key: 'OBJECT_LAST_MODIFIED_DATE',
      comparator: 'GTE',
      values: [since.toISOString().replace(/\.\d+Z$/, 'Z')],
    },
  };
  const includes = { ...where.scoping?.includes, and: [...(where.scoping?.includes?.and ?? []), bound] };
  return {
    ...definition,
    s3JobDefinition: { ...where, scoping: { ...where.scoping, includes } },
    ...(jobType === 'SCHEDULED' ? { initialRun: true } : {}),
  };
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${[...new Set(value.map(canonical))].sort().join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join()}}`;
}
