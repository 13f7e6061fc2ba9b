import { App, Fn, Stack } from 'aws-cdk-lib';
import type { AppProps, StackProps } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import cdkJson from '../../cdk.json';
import { KafkaVersion, ProvisionedCluster } from '../../lib/cluster';
import type { ProvisionedClusterProps } from '../../lib/cluster';

/** An app with the flags that `cdk init` recommends, as our users have it. */
export function app(props: AppProps = {}): App {
  return new App({ ...props, context: { ...cdkJson.context, ...props.context } });
}

/** A stack for no particular account and Region, in an app of its own. */
export function stack(props: StackProps & { readonly app?: App; readonly id?: string } = {}): Stack {
  return new Stack(props.app ?? app(), props.id ?? 'Stack', props);
}

/** A VPC with three zones whatever the environment is. */
export function vpc(scope: Construct, id = 'Vpc'): ec2.Vpc {
  return new ec2.Vpc(scope, id, { availabilityZones: [0, 1, 2].map((zone) => Fn.select(zone, Fn.getAzs())) });
}

/** A VPC with three zones that is there already: no resource of the template is its. */
export function importedVpc(scope: Construct, id = 'ImportedVpc'): ec2.IVpc {
  return ec2.Vpc.fromVpcAttributes(scope, id, {
    vpcId: 'vpc-0a1b2c3d',
    availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
    privateSubnetIds: ['subnet-a', 'subnet-b', 'subnet-c'],
    privateSubnetRouteTableIds: ['rtb-a', 'rtb-b', 'rtb-c'],
  });
}

/** The smallest cluster, in a VPC that is there already unless one is given. */
export function cluster(
  scope: Construct,
  id = 'Orders',
  props: Partial<ProvisionedClusterProps> = {},
): ProvisionedCluster {
  const home = Stack.of(scope);
  const found = home.node.tryFindChild('ImportedVpc') as ec2.IVpc | undefined;
  return new ProvisionedCluster(scope, id, {
    kafkaVersion: KafkaVersion.V3_9_X_KRAFT,
    ...props,
    vpc: props.vpc ?? found ?? importedVpc(home),
  });
}

export function nodeFunction(scope: Construct, id = 'Function'): lambda.Function {
  return new lambda.Function(scope, id, {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => {};'),
  });
}

export const CLUSTER_ARN = 'arn:aws:kafka:eu-west-1:123456789012:cluster/orders/0a1b2c3d-0000-4000-8000-000000000001-7';

/** Keeps the CDK from printing its report of warnings: the tests read them with `warningsOf`. */
export function keepReportsQuiet(): void {
  beforeAll(() => void jest.spyOn(console, 'error').mockImplementation(() => undefined));
  afterAll(() => void jest.restoreAllMocks());
}

/** A resource as a template has it. */
export interface RenderedResource {
  readonly Type: string;
  readonly Properties: any;
  readonly DependsOn?: string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** The resources of a template by logical id. */
export function resourcesOf(of: Stack | Template): Record<string, RenderedResource> {
  const template = of instanceof Template ? of : Template.fromStack(of);
  return (template.toJSON().Resources ?? {}) as Record<string, RenderedResource>;
}

/** The logical ids of a type. */
export function idsOf(of: Stack | Template, type: string): string[] {
  return Object.entries(resourcesOf(of))
    .filter(([, resource]) => resource.Type === type)
    .map(([id]) => id);
}

/** The one resource of a type. */
export function onlyOne(of: Stack | Template, type: string): RenderedResource {
  const ids = idsOf(of, type);
  expect([type, ids.length]).toEqual([type, 1]);
  return resourcesOf(of)[ids[0]];
}

/** How many resources of each type there are. */
export function countsOf(of: Stack | Template): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { Type } of Object.values(resourcesOf(of))) {
    counts[Type] = (counts[Type] ?? 0) + 1;
  }
  return counts;
}

/** Warnings of a stack, below a construct path where one is given; each ends in `[ack: ID]`. */
export function warningsOf(of: Stack, path = '*'): string[] {
  return Annotations.fromStack(of)
    .findWarning(path, Match.anyValue())
    .map(({ entry }) => String(entry.data).replace('[ack: Annotation::', '[ack: '));
}

/** A template value as one line of text: joins joined, references as `<Id>` and `<Id.Attribute>` unless given a value. */
export function textOf(value: any, values: Record<string, string> = {}): string {
  const result = evaluated(value, values);
  return Array.isArray(result) ? result.join(',') : result;
}

function evaluated(value: any, values: Record<string, string>): string | string[] {
  if (Array.isArray(value)) {
    return value.flatMap((each) => evaluated(each, values));
  }
  if (typeof value !== 'object' || value === null) {
    return String(value);
  }
  const [[name, argument]] = Object.entries<any>(value);
  const reference = [argument].flat().join('.');
  switch (name) {
    case 'Ref':
    case 'Fn::GetAtt':
      return values[reference] ?? `<${reference}>`;
    case 'Fn::Join':
      return [evaluated(argument[1], values)].flat().join(argument[0]);
    case 'Fn::Split':
      return textOf(argument[1], values).split(argument[0]);
    case 'Fn::Select':
      return evaluated(argument[1], values)[argument[0]] ?? JSON.stringify(value);
    default:
      return JSON.stringify(value);
  }
}

/** A record without some of its members. */
export function without<T>(record: Record<string, T>, ...keys: string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));
}

/** The paths at which two values differ. */
export function differences(before: any, after: any, path = ''): string[] {
  if (typeof before !== 'object' || typeof after !== 'object' || before === null || after === null) {
    return before === after ? [] : [path];
  }
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => differences(before[key], after[key], path ? `${path}.${key}` : key));
}

/** The logical ids that a value refers to, by `Ref`, `Fn::GetAtt` or `Fn::Sub`. */
export function referencesIn(value: any): string[] {
  const found: string[] = [];
  JSON.stringify(value, (key, inner) => {
    if (key === 'Ref') found.push(inner);
    if (key === 'Fn::GetAtt') found.push(Array.isArray(inner) ? inner[0] : inner.split('.')[0]);
    if (key === 'Fn::Sub') found.push(...[...JSON.stringify(inner).matchAll(/\$\{([^!}.]+)/g)].map(([, id]) => id));
    return inner;
  });
  return found;
}

/** Pairs of a resource that outlives its stack and one that it depends on and that does not. */
export function retainedOnDeletable(of: Stack | Template): string[] {
  const resources = resourcesOf(of);
  const isKept = (id: string) => /^Retain/.test(resources[id].DeletionPolicy ?? 'Delete');
  return Object.keys(resources)
    .filter(isKept)
    .flatMap((id) =>
      [...referencesIn(resources[id].Properties), ...(resources[id].DependsOn ?? [])]
        .filter((other) => other in resources && !isKept(other))
        .map((other) => `${id} -> ${other}`),
    );
}
