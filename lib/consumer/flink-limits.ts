import { Token } from 'aws-cdk-lib';
import type { CfnApplication } from 'aws-cdk-lib/aws-kinesisanalyticsv2';
import type { IConstruct } from 'constructs';
import { validationError } from '../private/errors';
import type { IKafkaTopic } from '../topic';
import { sameCluster } from '../topic/one-cluster';

/** @see https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_PropertyGroup.html */
export const MAX_GROUPS = 50;
export const MAX_PROPERTIES = 50;
export const MAX_VALUE = 2048;

/** The topics of an application, on one cluster. */
export function requireTopics(scope: IConstruct, topics: IKafkaTopic[]): IKafkaTopic[] {
  if (topics.length === 0) {
    throw validationError('FlinkTopicsMissing', 'an application needs a topic: name `sources`, `sinks` or both', scope);
  }
  const stranger = topics.find(({ cluster }) => !sameCluster(cluster, topics[0].cluster));
  if (stranger) {
    throw validationError(
      'FlinkClusters',
      `'${stranger.node.path}' is on another cluster than '${topics[0].node.path}': the topics of one application share a ` +
        'cluster; move records between clusters with a replicator',
      scope,
    );
  }
  return topics;
}

/** Property groups as the service takes them. */
export function requireGroups(
  scope: IConstruct,
  groups: Record<string, Record<string, string>>,
): CfnApplication.PropertyGroupProperty[] {
  const entries = Object.entries(groups);
  const refuse = (what: string) => validationError('FLINK-PROPERTIES', what, scope);
  if (entries.length > MAX_GROUPS) {
    throw refuse(`an application has at most ${MAX_GROUPS} property groups, got ${entries.length}`);
  }
  for (const [id, properties] of entries) {
    const names = Object.keys(properties);
    if (names.length === 0 || names.length > MAX_PROPERTIES) {
      throw refuse(`a property group has 1 to ${MAX_PROPERTIES} properties, '${id}' has ${names.length}`);
    }
    for (const [name, value] of Object.entries(properties)) {
      if (!Token.isUnresolved(value) && (value.length === 0 || value.length > MAX_VALUE)) {
        throw refuse(`a property has 1 to ${MAX_VALUE} characters, '${name}' of the group '${id}' has ${value.length}`);
      }
    }
  }
  return entries.map(([propertyGroupId, propertyMap]) => ({ propertyGroupId, propertyMap }));
}

/** @see https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_CreateApplication.html */
export function requireApplicationName(scope: IConstruct, name?: string): void {
  if (name !== undefined && !Token.isUnresolved(name) && !/^[\w.-]{1,128}$/.test(name)) {
    throw validationError(
      'FLINK-NAME',
      `the name of an application has 1 to 128 letters, digits, \`.\`, \`_\` and \`-\`, got '${name}'`,
      scope,
    );
  }
}

/** @see https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_ParallelismConfiguration.html */
export function requireParallelism(scope: IConstruct, parallelism = 1, parallelismPerKpu = 1): void {
  const given = { parallelism, parallelismPerKpu };
  const most = { parallelism: Infinity, parallelismPerKpu: 8 };
  for (const name of ['parallelism', 'parallelismPerKpu'] as const) {
    const value = given[name];
    if (!Token.isUnresolved(value) && (!Number.isInteger(value) || value < 1 || value > most[name])) {
      const range = most[name] === Infinity ? '1 or more' : `1 to ${most[name]}`;
      throw validationError('FLINK-PARALLELISM', `\`${name}\` is a whole number, ${range}, got ${value}`, scope);
    }
  }
}
