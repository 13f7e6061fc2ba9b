import { Resolver, UNKNOWN } from './resolve';

/** The parts of a CloudFormation template that facts are read from; anything else in it is ignored. */
export interface Template {
  readonly Resources?: Record<string, unknown>;
  readonly Outputs?: Record<string, unknown>;
  readonly Conditions?: Record<string, unknown>;
  readonly Mappings?: Record<string, unknown>;
}

/** What a template does not say about one resource. */
export interface ResourceExtras {
  /** Named facts, for `ResourceFact.extra()`: `subnetZones`, `region`. */
  readonly facts?: Record<string, unknown>;
  /** By property path, the resource that the value leads to: `LogicalId`, or `Stack/LogicalId` in another stack. */
  readonly links?: Record<string, string>;
}

/** By `LogicalId`, or by `Stack/LogicalId` where two stacks use the same one. */
export type Extras = Record<string, ResourceExtras>;

/** A resource as templates write it. */
interface RawResource {
  readonly Type: string;
  readonly Condition?: string;
  readonly Properties?: unknown;
}

/**
 * Everything that rules know, in the words of CloudFormation.
 *
 * The only way from templates to facts: constructs hand in the template of a single resource, the validation plugin and
 * the command line whole assemblies.
 */
export class Facts {
  /**
   * @param templates by stack name, the name that `Fn::GetStackOutput` uses
   * @param regions by stack name, where the Region is known
   */
  public static fromTemplates(
    templates: Record<string, Template>,
    extras: Extras = {},
    regions: Record<string, string> = {},
  ): Facts {
    return new Facts(templates, extras, regions);
  }

  /** In the order of the templates. Resources whose condition is known to be false do not exist. */
  public readonly all: ResourceFact[] = [];

  private readonly resolver: Resolver;
  private readonly byId = new Map<string, ResourceFact>();
  private readonly byType = new Map<string, ResourceFact[]>();

  private constructor(templates: Record<string, Template>, extras: Extras, regions: Record<string, string>) {
    this.resolver = new Resolver(templates, regions);
    for (const [stack, template] of Object.entries(templates)) {
      for (const [logicalId, raw] of Object.entries((template.Resources ?? {}) as Record<string, RawResource | null>)) {
        if (typeof raw?.Type !== 'string' || this.resolver.condition(raw.Condition, stack) === false) {
          continue;
        }
        const key = `${stack}/${logicalId}`;
        const more = extras[key] ?? extras[logicalId] ?? {};
        const fact = new ResourceFact(this, this.resolver, stack, logicalId, raw, more, regions[stack]);
        this.all.push(fact);
        this.byId.set(key, fact);
        const siblings = this.byType.get(fact.type);
        if (siblings === undefined) {
          this.byType.set(fact.type, [fact]);
        } else {
          siblings.push(fact);
        }
      }
    }
  }

  public ofType(type: string): ResourceFact[] {
    return this.byType.get(type) ?? [];
  }

  public resource(stack: string, logicalId: string): ResourceFact | undefined {
    return this.byId.get(`${stack}/${logicalId}`);
  }

  /** The resources of a type whose value at `path` leads to `target`. */
  public pointingAt(target: ResourceFact, type: string, path: string): ResourceFact[] {
    return this.ofType(type).filter((fact) => fact.target(path) === target);
  }
}

/**
 * One resource of a template.
 *
 * A path is dotted from `Properties` on, list indexes included: `BrokerNodeGroupInfo.ClientSubnets.0`.
 */
export class ResourceFact {
  public readonly type: string;
  /** The name of the condition that decides whether the resource exists; undefined where it always does. */
  public readonly condition: string | undefined;
  public readonly region: string | undefined;

  private readonly properties: unknown;
  private readonly values = new Map<string, unknown>();

  constructor(
    private readonly facts: Facts,
    private readonly resolver: Resolver,
    public readonly stack: string,
    public readonly logicalId: string,
    raw: RawResource,
    private readonly extras: ResourceExtras,
    stackRegion: string | undefined,
  ) {
    this.type = raw.Type;
    this.condition = raw.Condition;
    this.properties = raw.Properties ?? {};
    const region = this.extra('region');
    this.region = typeof region === 'string' ? region : stackRegion;
  }

  /** The value with its intrinsic functions resolved; `undefined` where absent, `UNKNOWN` where nobody can tell yet. */
  public read(path: string): unknown {
    if (!this.values.has(path)) {
      this.values.set(path, this.resolver.resolve(this.raw(path), this.stack));
    }
    return this.values.get(path);
  }

  /** The value as the template writes it, intrinsic functions included. */
  public raw(path: string): unknown {
    return this.resolver.walk(this.properties, path, this.stack);
  }

  public absent(path: string): boolean {
    return this.read(path) === undefined;
  }

  /** Whether the value is there and is not a mere unknown. */
  public present(path: string): boolean {
    const value = this.read(path);
    return value !== undefined && value !== UNKNOWN;
  }

  /** The value as text, where it is known and a scalar. */
  public text(path: string): string | undefined {
    const value = this.read(path);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  }

  /** The value as a number, where it is known and one; CloudFormation takes `"3"` for `3`. */
  public number(path: string): number | undefined {
    const text = this.text(path);
    return text === undefined || text.trim() === '' || Number.isNaN(Number(text)) ? undefined : Number(text);
  }

  /** The value as a boolean, where it is known and one; CloudFormation takes `"true"` for `true`. */
  public flag(path: string): boolean | undefined {
    const value = this.read(path);
    return value === true || value === 'true' ? true : value === false || value === 'false' ? false : undefined;
  }

  /** Known to be off: `false` or absent. */
  public off(path: string): boolean {
    return this.flag(path) === false || this.absent(path);
  }

  /** The list, where its length is known; its members may be `UNKNOWN`. */
  public list(path: string): unknown[] | undefined {
    const value = this.read(path);
    return Array.isArray(value) ? value : undefined;
  }

  /** The resource that the value leads to: through `Ref`, `Fn::GetAtt`, an output of another stack, or a link. */
  public target(path: string): ResourceFact | undefined {
    const link = this.extras.links?.[path];
    if (link !== undefined) {
      const [stack, logicalId] = link.includes('/') ? link.split('/') : [this.stack, link];
      return this.facts.resource(stack, logicalId);
    }
    return this.lead(this.raw(path));
  }

  /** `target()` for each member of a list, where its length is known. */
  public targets(path: string): (ResourceFact | undefined)[] | undefined {
    return this.members(path)?.map((member) => this.lead(member));
  }

  /** A text that two values share only if they are certainly the same; undefined where there is no telling. */
  public identity(path: string): string | undefined {
    return this.absent(path) ? undefined : this.identify(this.raw(path), this.target(path));
  }

  /** `identity()` for each member of a list, where its length is known. */
  public identities(path: string): (string | undefined)[] | undefined {
    return this.members(path)?.map((member) => this.identify(member, this.lead(member)));
  }

  /** Whether the two surely exist together. */
  public coexistsWith(other: ResourceFact): boolean {
    return this.condition === other.condition && (this.condition === undefined || this.stack === other.stack);
  }

  /** A fact that only a construct knows, by its name. */
  public extra(name: string): unknown {
    return this.extras.facts?.[name];
  }

  private lead(raw: unknown): ResourceFact | undefined {
    const found = this.resolver.follow(raw, this.stack);
    return found && this.facts.resource(found.stack, found.logicalId);
  }

  private members(path: string): unknown[] | undefined {
    const known = this.list(path);
    const raw = this.raw(path);
    return known && Array.isArray(raw)
      ? raw.filter((member) => this.resolver.resolve(member, this.stack) !== undefined)
      : known;
  }

  private identify(raw: unknown, target: ResourceFact | undefined): string | undefined {
    if (raw === UNKNOWN) {
      return undefined;
    }
    if (target !== undefined) {
      return `resource ${target.stack}/${target.logicalId}`;
    }
    const value = this.resolver.resolve(raw, this.stack);
    // What holds an unknown is told apart by its expression, which means something within its stack only.
    return hasUnknown(value) ? `${this.stack} ${JSON.stringify(raw)}` : JSON.stringify(value);
  }
}

export function hasUnknown(value: unknown): boolean {
  return value === UNKNOWN || (typeof value === 'object' && value !== null && Object.values(value).some(hasUnknown));
}
