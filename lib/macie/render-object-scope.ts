import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { ObjectScope, ScanTag } from './object-scope';
import { emptyList, inBoth } from './scan-checks';
import { validationError } from '../private/errors';

/**
 * What Macie is told about objects.
 *
 * It joins conditions by AND, in the part that excludes as well. Only one condition may therefore stand there, the one
 * that has no opposite; the others are written as opposites, one a value, where a list of values would be ambiguous.
 *
 * @see https://docs.aws.amazon.com/macie/latest/APIReference/jobs.html#jobs-model-scoping
 */
export function renderObjectScope(scope: ObjectScope, owner: IConstruct): object | undefined {
  requireObjectScope(scope, owner);
  const includes = [
    ...one('OBJECT_EXTENSION', 'EQ', scope.extensions),
    ...each('OBJECT_EXTENSION', scope.excludedExtensions),
    ...one('OBJECT_KEY', 'STARTS_WITH', scope.keyPrefixes),
    ...one('OBJECT_SIZE', 'GTE', scope.minimumSize && [String(scope.minimumSize.toBytes())]),
    ...one('OBJECT_SIZE', 'LTE', scope.maximumSize && [String(scope.maximumSize.toBytes())]),
    ...one('OBJECT_LAST_MODIFIED_DATE', 'GTE', scope.modifiedSince && [second(scope.modifiedSince)]),
    ...one('OBJECT_LAST_MODIFIED_DATE', 'LT', scope.modifiedBefore && [second(scope.modifiedBefore)]),
    ...(scope.tags ? [tagTerm('EQ', scope.tags)] : []),
    ...(scope.excludedTags ?? []).map((tag) => tagTerm('NE', [tag])),
  ];
  const excludes = one('OBJECT_KEY', 'STARTS_WITH', scope.excludedKeyPrefixes);
  if (includes.length + excludes.length === 0) return undefined;
  return {
    ...(includes.length > 0 ? { includes: { and: includes } } : {}),
    ...(excludes.length > 0 ? { excludes: { and: excludes } } : {}),
  };
}

function one(key: string, comparator: string, values?: string[]): object[] {
  return values ? [{ simpleScopeTerm: { key, comparator, values } }] : [];
}

function each(key: string, values: string[] = []): object[] {
  return values.flatMap((value) => one(key, 'NE', [value]));
}

/** Macie refuses a term without a target, and takes an empty value for any. */
function tagTerm(comparator: 'EQ' | 'NE', tags: ScanTag[]): object {
  const tagValues = tags.map(({ key, value = '' }) => ({ key, value }));
  return { tagScopeTerm: { comparator, key: 'TAG', target: 'S3_OBJECT', tagValues } };
}

function second(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}

function requireObjectScope(scope: ObjectScope, owner: IConstruct): void {
  const problem = emptyList(scope) ?? wrongText(scope) ?? contradiction(scope);
  if (problem) throw validationError('MACIE-JOB-OBJECTS', problem, owner);
}

function wrongText({ extensions = [], excludedExtensions = [], ...scope }: ObjectScope): string | undefined {
  const known = (values: string[] = []) =>
    Token.isUnresolved(values) ? [] : values.filter((value) => !Token.isUnresolved(value));
  const extension = [...known(extensions), ...known(excludedExtensions)].find((value) => !/^[^.*/]+$/.test(value));
  if (extension !== undefined) {
    return `'${extension}' is no file name extension as Macie compares it; write what follows the last dot, such as csv`;
  }
  const prefix = [...known(scope.keyPrefixes), ...known(scope.excludedKeyPrefixes)].find(
    (value) => value === '' || value.startsWith('s3://') || value.endsWith('*'),
  );
  if (prefix !== undefined) {
    return `'${prefix}' begins no key; write the first characters of the key, without bucket and wildcard`;
  }
  const time = [scope.modifiedSince, scope.modifiedBefore].find((value) => value && Number.isNaN(value.getTime()));
  return time && 'modifiedSince or modifiedBefore is no valid date';
}

function contradiction(scope: ObjectScope): string | undefined {
  const { minimumSize, maximumSize, modifiedSince, modifiedBefore } = scope;
  if (minimumSize?.isUnresolved() || maximumSize?.isUnresolved()) {
    return 'minimumSize or maximumSize is only known when the stack is deployed; give a number';
  }
  const sizes = [minimumSize, maximumSize].map((size) => size?.toBytes());
  if ((sizes[0] ?? 0) > (sizes[1] ?? Infinity)) {
    return `no object has ${sizes[0]} bytes or more and ${sizes[1]} or fewer; exchange minimumSize and maximumSize`;
  }
  if (modifiedSince && modifiedBefore && second(modifiedSince) >= second(modifiedBefore)) {
    const range = `since ${second(modifiedSince)} and before ${second(modifiedBefore)}`;
    return `no object was modified ${range}; exchange modifiedSince and modifiedBefore`;
  }
  return (
    inBoth('extensions', scope.extensions, 'excludedExtensions', scope.excludedExtensions) ??
    inBoth('keyPrefixes', scope.keyPrefixes, 'excludedKeyPrefixes', scope.excludedKeyPrefixes)
  );
}
