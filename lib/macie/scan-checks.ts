import { Token } from 'aws-cdk-lib';

/** The name of a list that is given and empty, which may mean all as well as none. */
export function emptyList(options: object): string | undefined {
  const [name] = Object.entries(options).find(([, value]) => Array.isArray(value) && value.length === 0) ?? [];
  return name && `${name} is an empty list; leave it out`;
}

/** What is asked for and left out at once. */
export function inBoth(
  name: string,
  wanted: string[] = [],
  other: string,
  excluded: string[] = [],
): string | undefined {
  if (Token.isUnresolved(wanted) || Token.isUnresolved(excluded)) return undefined;
  const both = wanted.find((value) => excluded.includes(value));
  return both === undefined ? undefined : `'${both}' is in ${name} and in ${other}; keep it in one of the two`;
}
