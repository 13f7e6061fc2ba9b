type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/**
 * Whether a finding matches a pattern, by the part of EventBridge's language in which this library writes patterns:
 * values, `exists`, `numeric`, `wildcard` and `$or`.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function matches(pattern: Json, value: Json | undefined): boolean {
  if (Array.isArray(pattern)) return leaf(pattern as readonly Json[], value);
  return Object.entries(pattern as Record<string, Json>).every(([name, inner]) => {
    if (name === '$or') return (inner as readonly Json[]).some((one) => matches(one, value));
    return inside(value).some((one) => matches(inner, one?.[name])) || (absent(value) && matches(inner, undefined));
  });
}

/** A list matches where one of its members does. */
function inside(value: Json | undefined): readonly (Record<string, Json> | undefined)[] {
  const members = (Array.isArray(value) ? value : [value]) as readonly (Json | undefined)[];
  return members.filter((one) => typeof one === 'object' && one !== null) as Record<string, Json>[];
}

function absent(value: Json | undefined): boolean {
  return inside(value).length === 0;
}

function leaf(wanted: readonly Json[], value: Json | undefined): boolean {
  const given = (Array.isArray(value) ? value : [value]) as readonly (Json | undefined)[];
  return wanted.some((one) => {
    if (typeof one !== 'object' || one === null) return given.includes(one);
    const matcher = one as Record<string, Json>;
    if ('exists' in matcher) return (value !== undefined && !isEmpty(value)) === matcher.exists;
    return given.some((single) => meets(matcher, single));
  });
}

function isEmpty(value: Json): boolean {
  return Array.isArray(value) && value.length === 0;
}

function meets(matcher: Record<string, Json>, value: Json | undefined): boolean {
  if ('wildcard' in matcher) {
    const expression = (matcher.wildcard as string).split('*').map(escaped).join('.*');
    return typeof value === 'string' && new RegExp(`^${expression}$`, 's').test(value);
  }
  if ('numeric' in matcher) return typeof value === 'number' && within(matcher.numeric as (string | number)[], value);
  throw new Error(`a pattern with ${Object.keys(matcher).join(', ')} is not known here`);
}

function within([operator, bound, ...rest]: (string | number)[], value: number): boolean {
  const limit = Number(bound);
  const isMet = {
    '=': value === limit,
    '>': value > limit,
    '>=': value >= limit,
    '<': value < limit,
    '<=': value <= limit,
  };
  return isMet[operator as '='] && (rest.length === 0 || within(rest, value));
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
