import type { TestKafka } from './cluster';
import type { Resolve, Template } from './template';
import { resourcesOf } from './template';

export interface Topic {
  readonly topicName: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly configs?: Record<string, string>;
}

/** The `AWS::MSK::Topic` resources of a template. */
export function templateTopics(template: Template, resolve: Resolve): (Topic & { clusterArn: string })[] {
  return resourcesOf(template, 'AWS::MSK::Topic').map(([id, { Properties: properties }]) => {
    const { ClusterArn, TopicName, PartitionCount, ReplicationFactor, Configs } = resolve(properties);
    return {
      clusterArn: ClusterArn,
      topicName: TopicName,
      partitions: Number(PartitionCount),
      replicationFactor: Number(ReplicationFactor),
      configs: decodeConfigs(Configs, id),
    };
  });
}

/** Makes the topics of a template on the brokers, exactly as they stand there. */
export async function createTemplateTopics(
  kafka: TestKafka,
  template: Template,
  resolve = kafka.resolver(template),
): Promise<Topic[]> {
  const topics = templateTopics(template, resolve);
  if (topics.length > 0 && kafka.profile === 'serverless') {
    throw new Error('AWS::MSK::Topic does not work with serverless clusters');
  }
  for (const { topicName, clusterArn } of topics) {
    if (clusterArn !== kafka.clusterArn) {
      throw new Error(`topic ${topicName} belongs to ${clusterArn}, the test cluster is ${kafka.clusterArn}`);
    }
  }
  await kafka.createTopics(topics);
  return topics;
}

/**
 * The `ServerProperties` of an `AWS::MSK::Configuration`, for the start of a cluster.
 *
 * @param id logical id; left out, the only configuration of the template, or none
 */
export function templateServerProperties(
  template: Template,
  id?: string,
  resolve: Resolve = (value) => value,
): Record<string, string> {
  const all = resourcesOf(template, 'AWS::MSK::Configuration').filter(
    ([logicalId]) => id === undefined || logicalId === id,
  );
  if (all.length > 1 || (id !== undefined && all.length === 0)) {
    throw new Error(`the template has ${all.length} configurations${id ? ` named ${id}` : ': name one'}`);
  }
  const text: string = all.length === 0 ? '' : resolve(all[0][1].Properties!.ServerProperties);
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const [, key, value] = /^\s*([\w.-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
      if (key === undefined) {
        throw new Error(`ServerProperties has a line that is not key=value: ${line}`);
      }
      return [key, value];
    }),
  );
}

function decodeConfigs(encoded: string | undefined, id: string): Record<string, string> {
  if (encoded === undefined) {
    return {};
  }
  const text = Buffer.from(encoded, 'base64');
  if (text.toString('base64') !== encoded) {
    throw new Error(`Configs of ${id} is not base64: ${encoded}`);
  }
  const configs: Record<string, unknown> = JSON.parse(text.toString());
  for (const [key, value] of Object.entries(configs)) {
    if (typeof value !== 'string') {
      throw new Error(`Configs of ${id}: ${key} is ${JSON.stringify(value)}, the service takes strings`);
    }
  }
  return configs as Record<string, string>;
}
