import type { ResourceFact } from '../facts';
import { listing } from '../rule';
import type { Problem, Rule } from '../rule';
import { CLUSTER, SERVERLESS_CLUSTER, TOPIC, brokerClass, integer, mskGuide, serverProperties } from './cluster-facts';
import { TOPICS, settingsOf } from './topic';

/** @see https://docs.aws.amazon.com/msk/latest/developerguide/serverless-config.html */
const SERVERLESS_SETTINGS = [
  'cleanup.policy',
  'compression.type',
  'max.message.bytes',
  'message.timestamp.difference.max.ms',
  'message.timestamp.type',
  'retention.bytes',
  'retention.ms',
];

const SERVERLESS_MESSAGE_BYTES = 8_388_608;

export const topicServerless: Rule = {
  id: 'MSK-TOPIC-SERVERLESS',
  title:
    'A topic of a serverless cluster has none but its seven settings, records of 8 MiB or less, and no replication factor',
  remedy: 'Leave out what a serverless cluster decides itself',
  basis: 'service',
  severity: 'error',
  appliesTo: TOPICS,
  sources: [mskGuide('serverless-config'), mskGuide('limits')],
  check(topic) {
    const cluster = topic.target('ClusterArn');
    if (cluster?.type !== SERVERLESS_CLUSTER) {
      return [];
    }
    const problems: Problem[] = [];
    const settings = settingsOf(topic);
    if (settings instanceof Map) {
      const refused = [...settings.keys()].filter((key) => !SERVERLESS_SETTINGS.includes(key));
      if (refused.length > 0) {
        const message = `serverless clusters refuse ${listing(refused)}`;
        problems.push({ path: 'Configs', message, fix: `use only ${listing(SERVERLESS_SETTINGS)}` });
      }
      const bytes = integer(settings.get('max.message.bytes')) ?? 0;
      if (bytes > SERVERLESS_MESSAGE_BYTES) {
        const message = `serverless clusters take no records of ${bytes} bytes`;
        problems.push({ path: 'Configs', message, fix: `use at most ${SERVERLESS_MESSAGE_BYTES}, which is 8 MiB` });
      }
    }
    if (topic.present('ReplicationFactor')) {
      const message = 'serverless clusters take no replication factor';
      problems.push({ path: 'ReplicationFactor', message, fix: 'leave it out' });
    }
    return problems;
  },
};

/** Kafka's own default. */
const REPLICA_FETCH_BYTES = 1_048_576;

/** A request of a producer has to fit into it, and brokers are not told otherwise by this package. */
const SOCKET_REQUEST_BYTES = 104_857_600;

export const topicMessageSize: Rule = {
  id: 'MSK-TOPIC-MESSAGE-SIZE',
  title: 'What a topic takes, the brokers fetch from one another and take over their sockets',
  remedy: 'Set `maxMessageSize` in the server properties of the cluster to the same size',
  basis: 'service',
  severity: 'warning',
  appliesTo: TOPICS,
  sources: ['https://kafka.apache.org/documentation/#brokerconfigs_replica.fetch.max.bytes'],
  check(topic) {
    const settings = settingsOf(topic);
    const bytes = settings instanceof Map ? integer(settings.get('max.message.bytes')) : undefined;
    const cluster = topic.target('ClusterArn');
    if (bytes === undefined || cluster?.type !== CLUSTER || brokerClass(cluster) === undefined) {
      return [];
    }
    const properties = propertiesOf(cluster);
    if (properties === undefined) {
      return [];
    }
    const limit = (name: string, byDefault: number) => integer(properties.get(name)) ?? byDefault;
    const fetched = limit('replica.fetch.max.bytes', REPLICA_FETCH_BYTES);
    const request = limit('socket.request.max.bytes', SOCKET_REQUEST_BYTES);
    if (bytes > request) {
      const message = `records of ${bytes} bytes do not fit into socket.request.max.bytes, ${request}`;
      return [{ path: 'Configs', message, fix: 'use smaller records' }];
    }
    // With the default on both sides, one is 12 bytes above the other.
    const isCovered = bytes <= Math.max(fetched, integer(properties.get('message.max.bytes')) ?? 1_048_588);
    const message = `records of ${bytes} bytes are above replica.fetch.max.bytes, ${fetched}, of ${cluster.logicalId}: replicas fetch them one by one`;
    return isCovered
      ? []
      : [{ path: 'Configs', message, fix: 'set `maxMessageSize` in the server properties of the cluster as well' }];
  },
};

export const topicAutoCreation: Rule = {
  id: 'MSK-TOPIC-AUTO-CREATION',
  title: 'Topics of a template are not made by the first client that names them',
  remedy: 'Turn auto.create.topics.enable off, or leave topics to their clients',
  basis: 'service',
  severity: 'warning',
  appliesTo: [TOPIC],
  sources: [mskGuide('msk-default-configuration')],
  check(topic) {
    const cluster = topic.target('ClusterArn');
    if (cluster?.type !== CLUSTER || propertiesOf(cluster)?.get('auto.create.topics.enable') !== 'true') {
      return [];
    }
    const message = `a client that is early makes the topic in ${cluster.logicalId}, and then the deployment fails for a topic that is there`;
    return [{ path: 'ClusterArn', message, fix: 'turn auto.create.topics.enable off' }];
  },
};

/** The server properties of a cluster; none where it has no configuration, undefined where they are unknown. */
function propertiesOf(cluster: ResourceFact): Map<string, string> | undefined {
  const configuration = cluster.target('ConfigurationInfo.Arn');
  return cluster.absent('ConfigurationInfo') ? new Map() : configuration && serverProperties(configuration);
}
