import { CfnResource, Stack, Token } from 'aws-cdk-lib';
import type { IResolveContext } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import data from './data/permissions.json';

/**
 * What the role that deploys a stack has to be allowed: the role of CloudFormation, which the bootstrap stack of the CDK
 * gives all rights by default.
 *
 * The actions are those that CloudFormation's registry names for the resource types of the stack, each limited to what
 * the service can limit it to: the names that the resources have, or the beginning of those that CloudFormation makes up.
 * Keys, network interfaces and whatever else has no name beforehand stay open.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-template.html
 * @see https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-customizing.html
 */
export class DeployerPolicy {
  /**
   * The policy for a stack of this app. It is written when the app is synthesized, and so knows all that was added to the
   * stack until then. Put it into a managed policy of a stack that is deployed before this one, by somebody who may.
   */
  public static documentFor(stack: Stack): iam.PolicyDocument {
    return new StackDocument(stack);
  }
}

interface Permissions {
  /** The actions of CloudFormation by resource type. */
  readonly types: Record<string, string[]>;
  /** The ARNs that an action can be limited to; none where it can not be limited. */
  readonly actions: Record<string, string[]>;
}

const { types, actions }: Permissions = data;

/** Filled when it is asked for what it says. */
class StackDocument extends iam.PolicyDocument {
  private isFilled = false;

  constructor(private readonly stack: Stack) {
    super();
  }

  public override get isEmpty(): boolean {
    this.fill();
    return super.isEmpty;
  }

  public override resolve(context: IResolveContext): unknown {
    this.fill();
    return super.resolve(context);
  }

  private fill(): void {
    if (!this.isFilled) {
      this.isFilled = true;
      this.addStatements(...statementsFor(this.stack));
    }
  }
}

function statementsFor(stack: Stack): iam.PolicyStatement[] {
  const resources = stack.node
    .findAll()
    .filter((each): each is CfnResource => CfnResource.isCfnResource(each) && Stack.of(each) === stack);
  const limits = new Map<string, Set<string>>();
  const allow = (action: string, resource: CfnResource) => {
    const arns = limits.get(action) ?? new Set<string>();
    limits.set(action, arns);
    const patterns = actions[action] ?? [];
    (patterns.length ? patterns : ['*']).forEach((pattern) =>
      arns.add(arnFor(LINKED.has(action) ? SERVICE_LINKED : pattern, resource, stack)),
    );
  };
  for (const resource of resources) {
    const isCustom = resource.cfnResourceType.startsWith('Custom::') || resource.cfnResourceType === CUSTOM;
    const needed = isCustom ? ['lambda:InvokeFunction'] : (types[resource.cfnResourceType] ?? []);
    needed.forEach((action) => allow(action, resource));
  }
  // Actions with the same limits share a statement.
  const statements = new Map<string, { actions: string[]; resources: string[] }>();
  for (const [action, arns] of [...limits].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const limited = arns.has('*') ? ['*'] : [...arns].sort();
    const key = limited.join('\n');
    const statement = statements.get(key) ?? { actions: [], resources: limited };
    statement.actions.push(action);
    statements.set(key, statement);
  }
  return [...statements.values()].map((each) => new iam.PolicyStatement(each));
}

const CUSTOM = 'AWS::CloudFormation::CustomResource';

/** Roles that services make for themselves have a path of their own. */
const LINKED = new Set(['iam:CreateServiceLinkedRole', 'iam:DeleteServiceLinkedRole']);
const SERVICE_LINKED = 'arn:${Partition}:iam::${Account}:role/aws-service-role/*';

/** `arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}` for one resource. */
function arnFor(pattern: string, resource: CfnResource, stack: Stack): string {
  const place: Record<string, string> = { Partition: stack.partition, Region: stack.region, Account: stack.account };
  return pattern.replace(
    /\$\{(\w+)\}/g,
    (_, variable: string) => place[variable] ?? nameFor(variable, resource, stack),
  );
}

function nameFor(variable: string, resource: CfnResource, stack: Stack): string {
  const kind = resource.cfnResourceType.split('::')[2];
  const known = givenName(variable, kind, resource, stack);
  if (known !== undefined) {
    return known;
  }
  // What it is not the name of itself, it finds beside it: the roles and functions that a stack hands on are its own.
  const ofItself = isNameOf(variable, kind);
  const handedOn = /^(RoleNameWithPath|FunctionName|InstanceProfileNameWithPath)$/.test(variable);
  return ofItself || handedOn ? madeUpNames(stack, kind) : '*';
}

/** `FunctionName` is the name of a function, `TopicRuleName` that of a rule, `RoleNameWithPath` that of a role. */
function isNameOf(variable: string, kind: string): boolean {
  return variable.replace(/(NameWithPath|Name|Id)$/, '') === kind;
}

/** The name that the template states, under the property that the service calls it by. */
function givenName(variable: string, kind: string, resource: CfnResource, stack: Stack): string | undefined {
  const { Properties: properties = {} } = Object.values(
    (stack.resolve(resource._toCloudFormation()) as Template).Resources,
  )[0];
  const name = variable.replace(/WithPath$/, '');
  const value = properties[name] ?? (isNameOf(variable, kind) ? properties.Name : undefined);
  return typeof value === 'string' && !Token.isUnresolved(value) ? value : undefined;
}

interface Template {
  readonly Resources: Record<string, { readonly Properties?: Record<string, unknown> }>;
}

/** CloudFormation begins a name with that of the stack, of which 24 characters are always left. */
function madeUpNames(stack: Stack, kind: string): string {
  if (Token.isUnresolved(stack.stackName)) {
    return '*';
  }
  const beginning = stack.stackName.slice(0, 24);
  return `${kind === 'Bucket' ? beginning.toLowerCase() : beginning}*`;
}
