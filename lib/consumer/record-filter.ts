import { validationError } from '../private/errors';

/**
 * What a field of a record has to be.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 */
export class RecordCondition {
  /** One of these texts, to the letter. */
  public static oneOf(...texts: string[]): RecordCondition {
    return new RecordCondition(texts);
  }

  /** One of these texts, in capitals or not. */
  public static oneOfIgnoringCase(...texts: string[]): RecordCondition {
    return new RecordCondition(texts.map((text) => ({ 'equals-ignore-case': text })));
  }

  /** None of these texts. */
  public static noneOf(...texts: string[]): RecordCondition {
    return new RecordCondition([{ 'anything-but': texts }]);
  }

  /** A text that begins like this. */
  public static beginsWith(prefix: string): RecordCondition {
    return new RecordCondition([{ prefix }]);
  }

  /** A text that ends like this. */
  public static endsWith(suffix: string): RecordCondition {
    return new RecordCondition([{ suffix }]);
  }

  /** One of these numbers. */
  public static numbers(...values: number[]): RecordCondition {
    return new RecordCondition(values.map((value) => ({ numeric: ['=', value] })));
  }

  /** A number from one to another, both included. */
  public static between(least: number, most: number): RecordCondition {
    if (least > most) {
      throw validationError(
        'RecordConditionRange',
        `no number is between ${least} and ${most}: give the smaller one first`,
      );
    }
    return new RecordCondition([{ numeric: ['>=', least, '<=', most] }]);
  }

  /** A number above this one. */
  public static above(value: number): RecordCondition {
    return new RecordCondition([{ numeric: ['>', value] }]);
  }

  /** A number below this one. */
  public static below(value: number): RecordCondition {
    return new RecordCondition([{ numeric: ['<', value] }]);
  }

  /** True, or false. */
  public static flag(value: boolean): RecordCondition {
    return new RecordCondition([value]);
  }

  /** A field that is there, whatever it is. */
  public static exists(): RecordCondition {
    return new RecordCondition([{ exists: true }]);
  }

  /** A field that is not there. */
  public static isAbsent(): RecordCondition {
    return new RecordCondition([{ exists: false }]);
  }

  /** The null of JSON. */
  public static isNull(): RecordCondition {
    return new RecordCondition([null]);
  }

  /** One of several conditions. */
  public static anyOf(...conditions: RecordCondition[]): RecordCondition {
    return new RecordCondition(conditions.flatMap(({ _alternatives }) => _alternatives));
  }

  private constructor(
    /** @internal */
    public readonly _alternatives: unknown[],
  ) {
    if (_alternatives.length === 0) {
      throw validationError('RecordConditionEmpty', 'a condition without values is never met: give one at least');
    }
  }
}

/** What can be told of a record without looking at its value. */
const METADATA = ['key', 'offset', 'partition', 'timestamp', 'timestampType', 'topic'];

/**
 * Which records a function is to see. What no filter lets through is passed over, and counts as read.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kafka-filtering.html
 */
export class RecordFilter {
  /**
   * Records with a JSON object for a value. Records whose value is none are passed over.
   *
   * @param fields conditions by field, all of them to be met: `customer.country` is a field inside a field
   */
  public static json(fields: Record<string, RecordCondition>): RecordFilter {
    const value: Record<string, unknown> = {};
    for (const [path, condition] of entriesOf('json', fields)) {
      const names = path.split('.');
      const last = names.pop()!;
      const parent = names.reduce<Record<string, unknown>>((inside, name) => {
        const next = inside[name] ?? {};
        if (Array.isArray(next)) {
          throw conflict(path);
        }
        inside[name] = next;
        return next as Record<string, unknown>;
      }, value);
      if (last in parent) {
        throw conflict(path);
      }
      parent[last] = condition._alternatives;
    }
    return new RecordFilter({ value });
  }

  /** Records with a plain text for a value. Records whose value is JSON are passed over. */
  public static text(condition: RecordCondition): RecordFilter {
    return new RecordFilter({ value: condition._alternatives });
  }

  /**
   * Records by what Kafka knows of them, whatever their value is.
   *
   * @param fields conditions on `topic`, `partition`, `offset`, `timestamp` (milliseconds since 1970), `timestampType` or
   * `key` (in base64)
   */
  public static metadata(fields: Record<string, RecordCondition>): RecordFilter {
    const entries = entriesOf('metadata', fields);
    for (const [name] of entries) {
      if (!METADATA.includes(name)) {
        throw validationError(
          'RecordFilterField',
          `records have no field '${name}' beside their value: use ${METADATA.join(', ')}`,
        );
      }
    }
    return new RecordFilter(Object.fromEntries(entries.map(([name, { _alternatives }]) => [name, _alternatives])));
  }

  /** A pattern as Lambda takes it, for what this class has no word for. */
  public static pattern(pattern: Record<string, unknown>): RecordFilter {
    return new RecordFilter(pattern);
  }

  private constructor(
    /** @internal */
    public readonly _pattern: Record<string, unknown>,
  ) {}

  /** Records that this filter and another one let through: the two must look at different things. */
  public combinedWith(other: RecordFilter): RecordFilter {
    const twice = Object.keys(this._pattern).find((name) => name in other._pattern);
    if (twice !== undefined) {
      throw conflict(twice);
    }
    return new RecordFilter({ ...this._pattern, ...other._pattern });
  }
}

function entriesOf(factory: string, fields: Record<string, RecordCondition>): [string, RecordCondition][] {
  const entries = Object.entries(fields);
  if (entries.length === 0) {
    throw validationError('RecordFilterEmpty', `RecordFilter.${factory}() was given no field: name one at least`);
  }
  return entries;
}

function conflict(path: string): Error {
  return validationError(
    'RecordFilterConflict',
    `two conditions look at '${path}': join them with RecordCondition.anyOf(), or use two filters`,
  );
}
