import type { ClusterIdentity } from './identity';
import { clusterArn } from './identity';

/** A synthesized template, as JSON. */
export interface Template {
  readonly Resources: Record<string, TemplateResource>;
  readonly Parameters?: Record<string, { readonly Type: string; readonly Default?: unknown }>;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Record<string, any>;
}

/** Turns intrinsic functions into literals; throws where it does not know one. */
export type Resolve = (value: unknown) => any;

export interface KnownValues {
  /** The MSK cluster that the test cluster plays. @default the only one of the template */
  readonly clusterId?: string;
  /** What `Ref` gives, by logical id. */
  readonly refs?: Record<string, unknown>;
  /** What `Fn::GetAtt` gives, by `LogicalId.Attribute`. */
  readonly attributes?: Record<string, unknown>;
  /** What `Fn::ImportValue` gives, by export name. */
  readonly imports?: Record<string, unknown>;
}

const CLUSTER_TYPES = ['AWS::MSK::Cluster', 'AWS::MSK::ServerlessCluster'];

/** A resolver for a template whose MSK cluster is `cluster`. What else it shall know is in `known`. */
export function templateResolver(template: Template, cluster: ClusterIdentity, known: KnownValues = {}): Resolve {
  const clusters = resourcesOf(template, ...CLUSTER_TYPES).map(([id]) => id);
  const clusterId = known.clusterId ?? (clusters.length === 1 ? clusters[0] : undefined);
  const arn = clusterArn(cluster);
  const refs: Record<string, unknown> = {
    'AWS::Partition': cluster.partition,
    'AWS::Region': cluster.region,
    'AWS::AccountId': cluster.account,
    'AWS::URLSuffix': cluster.partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com',
    ...defaults(template),
    ...(clusterId && { [clusterId]: arn }),
    ...known.refs,
  };
  const attributes: Record<string, unknown> = { ...(clusterId && { [`${clusterId}.Arn`]: arn }), ...known.attributes };

  const lookUp = (table: Record<string, unknown>, name: string, kind: string): unknown => {
    if (!(name in table)) {
      const which = clusters.includes(name.split('.')[0])
        ? `; the template has the clusters ${clusters.join(', ')}: name one as clusterId`
        : '';
      throw new Error(`cannot resolve ${kind} ${name}${which}`);
    }
    return table[name];
  };

  const functions: Record<string, (argument: any) => unknown> = {
    Ref: (id) => lookUp(refs, id, 'Ref'),
    'Fn::GetAtt': (path) => lookUp(attributes, [path].flat().join('.'), 'Fn::GetAtt'),
    'Fn::ImportValue': (name) => lookUp(known.imports ?? {}, resolve(name), 'Fn::ImportValue'),
    'Fn::Join': ([separator, list]) => resolve(list).join(separator),
    'Fn::Split': ([separator, text]) => resolve(text).split(separator),
    'Fn::Select': ([index, list]) => resolve(list)[Number(resolve(index))],
    'Fn::Base64': (text) => Buffer.from(resolve(text)).toString('base64'),
    'Fn::Sub': (argument) => {
      const [text, names] = [argument].flat() as [string, Record<string, unknown>?];
      return text.replace(/\$\{([^}]+)\}/g, (_, name: string) => {
        if (name.startsWith('!')) {
          return `\${${name.slice(1)}}`;
        }
        if (names && name in names) {
          return resolve(names[name]);
        }
        return String(name.includes('.') ? lookUp(attributes, name, 'Fn::Sub') : lookUp(refs, name, 'Fn::Sub'));
      });
    },
  };

  const resolve: Resolve = (value) => {
    if (Array.isArray(value)) {
      return value.map(resolve);
    }
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    const entries = Object.entries(value);
    const [name, argument] = entries.length === 1 ? entries[0] : [];
    if (name !== undefined && name in functions) {
      return functions[name](argument);
    }
    if (name?.startsWith('Fn::')) {
      throw new Error(`cannot resolve ${name}: ${JSON.stringify(argument)}`);
    }
    return Object.fromEntries(entries.map(([key, child]) => [key, resolve(child)]));
  };
  return resolve;
}

/** Logical ids and resources of some types. */
export function resourcesOf(template: Template, ...types: string[]): [string, TemplateResource][] {
  return Object.entries(template.Resources).filter(([, resource]) => types.includes(resource.Type));
}

function defaults(template: Template): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(template.Parameters ?? {})
      .filter(([, parameter]) => parameter.Type === 'String' && parameter.Default !== undefined)
      .map(([id, parameter]) => [id, parameter.Default]),
  );
}
