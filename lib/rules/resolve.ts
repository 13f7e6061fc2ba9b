import type { Template } from './facts';

/** Stands for a value that is there but cannot be known before deployment. */
export const UNKNOWN: unique symbol = Symbol('unknown');

/** Where a reference ends. */
export interface Reference {
  readonly stack: string;
  readonly logicalId: string;
}

/** A value of an output, together with the stack whose names it uses. */
interface ForeignValue {
  readonly stack: string;
  readonly value: unknown;
}

/** More steps than any real chain of references has: stops templates that refer to themselves. */
const MAX_DEPTH = 32;

/** Resolves the intrinsic functions of templates as far as the templates alone allow. */
export class Resolver {
  constructor(
    private readonly templates: Record<string, Template>,
    private readonly regions: Record<string, string>,
  ) {}

  /** The value at a dotted path, stepping through `Fn::If` where its condition is known. */
  public walk(properties: unknown, path: string, stack: string): unknown {
    let value = this.branch(properties, stack);
    for (const step of path.split('.')) {
      if (intrinsic(value) !== undefined) {
        value = this.resolve(value, stack);
      }
      if (value === UNKNOWN) {
        return UNKNOWN;
      }
      value = this.branch(at(value, step), stack);
    }
    return value;
  }

  public resolve(value: unknown, stack: string, depth = 0): unknown {
    if (depth > MAX_DEPTH) {
      return UNKNOWN;
    }
    if (value === null || value === undefined) {
      return undefined;
    }
    if (Array.isArray(value)) {
      // With a member that may or may not be there, nothing is known of the list, not even its length.
      return value.some((member) => this.mayVanish(member, stack))
        ? UNKNOWN
        : value.map((member) => this.resolve(member, stack, depth + 1)).filter((member) => member !== undefined);
    }
    if (typeof value !== 'object') {
      return value;
    }
    const call = intrinsic(value);
    if (call !== undefined) {
      return this.call(call.name, call.argument, stack, depth + 1);
    }
    const members = Object.entries(value).map(
      ([key, member]) => [key, this.resolve(member, stack, depth + 1)] as const,
    );
    return Object.fromEntries(members.filter(([, member]) => member !== undefined));
  }

  /** The resource that an expression stands for, if it stands for exactly one. */
  public follow(value: unknown, stack: string, depth = 0): Reference | undefined {
    const call = intrinsic(this.branch(value, stack));
    if (call === undefined || depth > MAX_DEPTH) {
      return undefined;
    }
    const { name, argument } = call;
    if (name === 'Ref' || name === 'Fn::GetAtt') {
      const logicalId = String(Array.isArray(argument) ? argument[0] : argument).split('.')[0];
      return at(this.templates[stack]?.Resources, logicalId) === undefined ? undefined : { stack, logicalId };
    }
    if (name === 'Fn::Sub') {
      const whole = typeof argument === 'string' ? /^\$\{([^!{}]+)\}$/.exec(argument) : null;
      return whole === null ? undefined : this.follow({ 'Fn::GetAtt': whole[1] }, stack, depth + 1);
    }
    if (name === 'Fn::Join') {
      const parts = at(argument, '1');
      return Array.isArray(parts) && parts.length === 1 ? this.follow(parts[0], stack, depth + 1) : undefined;
    }
    const foreign = this.foreign(name, argument, stack, depth);
    return foreign && this.follow(foreign.value, foreign.stack, depth + 1);
  }

  /** Whether a condition holds, by its name; undefined where that cannot be known. */
  public condition(name: unknown, stack: string): boolean | undefined {
    return name === undefined ? true : this.test({ Condition: name }, stack, 0);
  }

  private call(name: string, argument: unknown, stack: string, depth: number): unknown {
    switch (name) {
      case 'Ref':
        return argument === 'AWS::NoValue'
          ? undefined
          : argument === 'AWS::Region'
            ? (this.regions[stack] ?? UNKNOWN)
            : UNKNOWN;
      case 'Fn::If': {
        const chosen = this.branch({ [name]: argument }, stack);
        return chosen === UNKNOWN ? UNKNOWN : this.resolve(chosen, stack, depth);
      }
      case 'Fn::Sub':
        return this.substitute(argument, stack, depth);
      case 'Fn::ImportValue':
      case 'Fn::GetStackOutput': {
        const foreign = this.foreign(name, argument, stack, depth);
        return foreign === undefined ? UNKNOWN : this.resolve(foreign.value, foreign.stack, depth);
      }
      default:
        return compute(name, this.resolve(argument, stack, depth), this.templates[stack]);
    }
  }

  /** Takes the branch of an `Fn::If` whose condition is known; any other value is returned as it is. */
  private branch(value: unknown, stack: string): unknown {
    const call = intrinsic(value);
    if (call?.name !== 'Fn::If' || !Array.isArray(call.argument)) {
      return value;
    }
    const [name, whenTrue, whenFalse] = call.argument as unknown[];
    const holds = this.condition(name, stack);
    return holds === undefined ? UNKNOWN : this.branch(holds ? whenTrue : whenFalse, stack);
  }

  private mayVanish(value: unknown, stack: string): boolean {
    const call = intrinsic(value);
    if (call?.name !== 'Fn::If' || !Array.isArray(call.argument)) {
      return false;
    }
    const branches = call.argument.slice(1) as unknown[];
    return (
      this.condition(call.argument[0], stack) === undefined &&
      branches.some((branch) => intrinsic(branch)?.argument === 'AWS::NoValue' || this.mayVanish(branch, stack))
    );
  }

  private substitute(argument: unknown, stack: string, depth: number): unknown {
    const [text, variables] = Array.isArray(argument) ? (argument as unknown[]) : [argument, {}];
    if (typeof text !== 'string') {
      return UNKNOWN;
    }
    let known = true;
    const result = text.replace(/\$\{([^}]*)\}/g, (_whole, name: string) => {
      if (name.startsWith('!')) {
        return `\${${name.slice(1)}}`;
      }
      const given = at(variables, name) ?? { Ref: name };
      const value = this.resolve(given, stack, depth + 1);
      known &&= typeof value === 'string' || typeof value === 'number';
      return String(value);
    });
    return known ? result : UNKNOWN;
  }

  /** The value behind an import, with the stack that exports it. */
  private foreign(name: string, argument: unknown, stack: string, depth: number): ForeignValue | undefined {
    if (name === 'Fn::GetStackOutput') {
      const owner = this.resolve(at(argument, 'StackName'), stack, depth + 1);
      const outputs = typeof owner === 'string' ? this.templates[owner]?.Outputs : undefined;
      const output = at(outputs, String(at(argument, 'OutputName')));
      return output === undefined ? undefined : { stack: String(owner), value: at(output, 'Value') };
    }
    if (name === 'Fn::ImportValue') {
      const wanted = this.resolve(argument, stack, depth + 1);
      for (const [owner, template] of Object.entries(typeof wanted === 'string' ? this.templates : {})) {
        const output = Object.values(template.Outputs ?? {}).find(
          (candidate) => this.resolve(at(candidate, 'Export', 'Name'), owner, depth + 1) === wanted,
        );
        if (output !== undefined) {
          return { stack: owner, value: at(output, 'Value') };
        }
      }
    }
    return undefined;
  }

  private test(expression: unknown, stack: string, depth: number): boolean | undefined {
    const [name, argument] = Object.entries(Object(expression) as Record<string, unknown>)[0] ?? [];
    if (depth > MAX_DEPTH || name === undefined) {
      return undefined;
    }
    if (name === 'Condition') {
      return this.test(this.templates[stack]?.Conditions?.[String(argument)], stack, depth + 1);
    }
    const operands: unknown[] = Array.isArray(argument) ? argument : [];
    if (name === 'Fn::Equals') {
      const [left, right] = operands.map((operand) => this.resolve(operand, stack, depth + 1));
      const known = operands.length === 2 && left !== UNKNOWN && right !== UNKNOWN;
      return known ? String(left) === String(right) : undefined;
    }
    const results = operands.map((operand) => this.test(operand, stack, depth + 1));
    switch (name) {
      case 'Fn::Not':
        return negate(results[0]);
      case 'Fn::And':
        return every(results);
      case 'Fn::Or':
        return negate(every(results.map(negate)));
      default:
        return undefined;
    }
  }
}

function negate(value: boolean | undefined): boolean | undefined {
  return value === undefined ? undefined : !value;
}

function every(values: (boolean | undefined)[]): boolean | undefined {
  return values.includes(false) ? false : values.includes(undefined) ? undefined : true;
}

/** The functions that need nothing but their argument, once that is resolved. */
function compute(name: string, argument: unknown, template: Template | undefined): unknown {
  if (name === 'Fn::Base64') {
    return typeof argument === 'string' ? Buffer.from(argument, 'utf8').toString('base64') : UNKNOWN;
  }
  if (!Array.isArray(argument) || argument.includes(UNKNOWN)) {
    return UNKNOWN;
  }
  const [first, second] = argument as unknown[];
  switch (name) {
    case 'Fn::Join':
      return Array.isArray(second) && !second.includes(UNKNOWN) ? second.join(String(first)) : UNKNOWN;
    case 'Fn::Split':
      return typeof second === 'string' ? second.split(String(first)) : UNKNOWN;
    case 'Fn::Select':
      return at(second, String(first)) ?? UNKNOWN;
    case 'Fn::FindInMap':
      return at(template?.Mappings, ...argument.map(String)) ?? UNKNOWN;
    default:
      return UNKNOWN;
  }
}

/** Steps into objects and lists; anything that is not there is undefined. */
function at(value: unknown, ...steps: string[]): unknown {
  return steps.reduce<unknown>(
    (inner, step) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, step)
        ? (inner as Record<string, unknown>)[step]
        : undefined,
    value,
  );
}

/** The intrinsic function that a value is, if it is one. */
function intrinsic(value: unknown): { readonly name: string; readonly argument: unknown } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return undefined;
  }
  const entries = Object.entries(value as Record<string, unknown>);
  const [name, argument] = entries[0] ?? [''];
  return entries.length === 1 && (name === 'Ref' || name.startsWith('Fn::')) ? { name, argument } : undefined;
}
