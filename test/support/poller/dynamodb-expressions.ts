/** An attribute as DynamoDB writes it: `{ S: 'text' }`, `{ N: '1' }`. */
export type Attribute = Readonly<Record<string, unknown>>;
export type Item = Readonly<Record<string, Attribute>>;

export interface Substitutes {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, Attribute>>;
}

type Condition = (item: Item) => boolean;

/**
 * Whether an item meets a condition: comparisons, `attribute_exists`, `attribute_not_exists`, `AND`, `OR`, `NOT` and
 * brackets. Anything else is an error.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
 */
export function meets(expression: string, substitutes: Substitutes, item: Item): boolean {
  const tokens = new Tokens(expression, substitutes);
  const condition = disjunction(tokens);
  tokens.end();
  return condition(item);
}

/**
 * An item after an update: `SET` of values, and `ADD` of numbers.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
 */
export function updated(expression: string, substitutes: Substitutes, item: Item): Item {
  const tokens = new Tokens(expression, substitutes);
  const changes: Record<string, Attribute> = {};
  while (tokens.more) {
    const clause = tokens.next().toUpperCase();
    do {
      const name = tokens.name();
      if (clause === 'SET') {
        tokens.take('=');
        changes[name] = tokens.value();
      } else if (clause === 'ADD') {
        changes[name] = { N: String(number(item[name] ?? { N: '0' }) + number(tokens.value())) };
      } else {
        throw new Error(`${clause} in an update cannot be played`);
      }
    } while (tokens.tryTake(','));
  }
  return { ...item, ...changes };
}

function disjunction(tokens: Tokens): Condition {
  const left = conjunction(tokens);
  if (!tokens.tryTake('OR')) {
    return left;
  }
  const right = disjunction(tokens);
  return (item) => left(item) || right(item);
}

function conjunction(tokens: Tokens): Condition {
  const left = term(tokens);
  if (!tokens.tryTake('AND')) {
    return left;
  }
  const right = conjunction(tokens);
  return (item) => left(item) && right(item);
}

function term(tokens: Tokens): Condition {
  if (tokens.tryTake('NOT')) {
    const negated = term(tokens);
    return (item) => !negated(item);
  }
  if (tokens.tryTake('(')) {
    const inner = disjunction(tokens);
    tokens.take(')');
    return inner;
  }
  for (const [name, wanted] of [
    ['attribute_exists', true],
    ['attribute_not_exists', false],
  ] as const) {
    if (tokens.tryTake(name)) {
      tokens.take('(');
      const attribute = tokens.name();
      tokens.take(')');
      return (item) => attribute in item === wanted;
    }
  }
  const attribute = tokens.name();
  const operator = tokens.next();
  const value = tokens.value();
  const compare = COMPARISONS[operator];
  if (compare === undefined) {
    throw new Error(`${operator} in a condition cannot be played`);
  }
  return (item) => attribute in item && compare(order(item[attribute], value));
}

const COMPARISONS: Record<string, (order: number) => boolean> = {
  '=': (order) => order === 0,
  '<>': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/** Values of two types are not equal, and neither is the smaller one. */
function order(a: Attribute, b: Attribute): number {
  if ('N' in a && 'N' in b) {
    return number(a) - number(b);
  }
  if ('S' in a && 'S' in b) {
    return a.S === b.S ? 0 : String(a.S) < String(b.S) ? -1 : 1;
  }
  return NaN;
}

function number(attribute: Attribute): number {
  if (!('N' in attribute)) {
    throw new Error(`${JSON.stringify(attribute)} is not a number`);
  }
  return Number(attribute.N);
}

class Tokens {
  private readonly tokens: readonly string[];
  private position = 0;

  constructor(
    private readonly expression: string,
    private readonly substitutes: Substitutes,
  ) {
    this.tokens = expression.match(/[#:]?[\w.]+|<>|<=|>=|[^\s\w]/g) ?? [];
  }

  get more(): boolean {
    return this.position < this.tokens.length;
  }

  next(): string {
    return this.tokens[this.position++] ?? '';
  }

  tryTake(token: string): boolean {
    const found = this.tokens[this.position]?.toUpperCase() === token.toUpperCase();
    this.position += found ? 1 : 0;
    return found;
  }

  take(token: string): void {
    if (!this.tryTake(token)) {
      throw new Error(`${token} expected in ${this.expression}`);
    }
  }

  name(): string {
    const token = this.next();
    const name = token.startsWith('#') ? this.substitutes.ExpressionAttributeNames?.[token] : token;
    if (name === undefined || !/^\w+$/.test(name)) {
      throw new Error(`${token} in ${this.expression} is no name`);
    }
    return name;
  }

  value(): Attribute {
    const token = this.next();
    const value = this.substitutes.ExpressionAttributeValues?.[token];
    if (value === undefined) {
      throw new Error(`${token} in ${this.expression} is no value`);
    }
    return value;
  }

  end(): void {
    if (this.more) {
      throw new Error(`${this.next()} in ${this.expression} is too much`);
    }
  }
}
