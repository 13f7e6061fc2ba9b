import type { ResourceFact } from '../facts';
import { compareKafkaVersions } from '../msk-data';
import { listing, show } from '../rule';
import type { Problem, Rule } from '../rule';
import {
  ADMINISTERED_TOPIC,
  CLUSTER,
  SERVERLESS_CLUSTER,
  TOPIC,
  brokerClass,
  integer,
  isTiered,
  mskGuide,
  replicationOf,
  serverProperties,
  templateReference,
} from './cluster-facts';
import { EXPRESS_TOPIC_CONFIGS } from './server-properties';

const KAFKA_NAMES =
  'https://github.com/apache/kafka/blob/trunk/clients/src/main/java/org/apache/kafka/common/internals/Topic.java';

/** Whoever makes them: the service itself, or an admin handler. */
export const TOPICS = [TOPIC, ADMINISTERED_TOPIC];

const TAKEN = [
  '__consumer_offsets',
  '__transaction_state',
  '__cluster_metadata',
  '__amazon_msk_canary',
  '__amazon_msk_canary_state',
];

const REMOTE_STORAGE = 'remote.storage.enable';

export const topicName: Rule = {
  id: 'MSK-TOPIC-NAME',
  title: 'The name of a topic has 1 to 249 letters, digits, dots, underscores and hyphens, and is not taken',
  remedy: 'Rename the topic before it exists: a later change of the name replaces it, records and all',
  basis: 'structure',
  severity: 'error',
  appliesTo: TOPICS,
  sources: [KAFKA_NAMES],
  check(topic) {
    const name = topic.text('TopicName');
    if (name === undefined) {
      return [];
    }
    if (TAKEN.includes(name)) {
      const message = `the topic ${show(name)} belongs to the brokers`;
      return [{ path: 'TopicName', message, fix: 'use another name' }];
    }
    if (/^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..') {
      return [];
    }
    const message = `the topic name ${show(name)} is refused`;
    const fix = 'use 1 to 249 letters, digits, dots, underscores and hyphens, and not only one or two dots';
    return [{ path: 'TopicName', message, fix }];
  },
};

export const topicPartitions: Rule = {
  id: 'MSK-TOPIC-PARTITIONS',
  title: 'A topic has at least one partition',
  remedy: 'Set the number of partitions; it can grow later, never shrink',
  basis: 'structure',
  severity: 'error',
  appliesTo: TOPICS,
  sources: [templateReference('aws-resource-msk-topic')],
  check(topic) {
    const partitions = topic.number('PartitionCount');
    if (partitions === undefined || (Number.isInteger(partitions) && partitions >= 1)) {
      return [];
    }
    const message = `a topic cannot have ${partitions} partitions`;
    return [{ path: 'PartitionCount', message, fix: 'use a whole number of 1 or more' }];
  },
};

export const topicCollision: Rule = {
  id: 'MSK-TOPIC-COLLISION',
  title: 'No two topics of a cluster have names that are equal once dots are read as underscores',
  remedy: 'Use either dots or underscores in the topic names of a cluster',
  basis: 'service',
  severity: 'error',
  appliesTo: TOPICS,
  sources: [KAFKA_NAMES],
  check(topic, facts) {
    const name = topic.text('TopicName');
    const cluster = topic.identity('ClusterArn');
    if (name === undefined || cluster === undefined) {
      return [];
    }
    const first = facts.all
      .filter(({ type }) => TOPICS.includes(type))
      .find(
        (other) =>
          metricName(other.text('TopicName')) === metricName(name) &&
          other.coexistsWith(topic) &&
          other.identity('ClusterArn') === cluster,
      );
    if (first === undefined || first === topic) {
      return [];
    }
    const taken = first.text('TopicName');
    const message =
      taken === name
        ? `the topic ${show(name)} is declared already, by ${first.logicalId}`
        : `the topic ${show(name)} collides with ${show(taken)}, declared by ${first.logicalId}`;
    return [{ path: 'TopicName', message, fix: 'rename one of them' }];
  },
};

function metricName(name: string | undefined): string | undefined {
  return name?.replace(/\./g, '_');
}

export const topicCluster: Rule = {
  id: 'MSK-TOPIC-CLUSTER',
  title: 'The cluster of a topic is provisioned and runs Kafka 3.6.0 or later',
  remedy: 'Use a provisioned cluster from Kafka 3.6.0 on, or create the topic with a Kafka client',
  basis: 'service',
  severity: 'error',
  appliesTo: [TOPIC],
  sources: [mskGuide('msk-topic-operations-information')],
  check(topic) {
    const cluster = topic.target('ClusterArn');
    if (cluster?.type === SERVERLESS_CLUSTER) {
      const message = `${cluster.logicalId} is serverless, and takes no AWS::MSK::Topic`;
      return [{ path: 'ClusterArn', message, fix: 'use a provisioned cluster' }];
    }
    const version = cluster?.type === CLUSTER ? cluster.text('KafkaVersion') : undefined;
    if (version === undefined || !/^\d+\.\d+/.test(version) || compareKafkaVersions(version, '3.6.0') >= 0) {
      return [];
    }
    const message = `Kafka ${version} of ${cluster?.logicalId} is too old for AWS::MSK::Topic`;
    return [{ path: 'ClusterArn', message, fix: 'use Kafka 3.6.0 or later' }];
  },
};

export const topicReplication: Rule = {
  id: 'MSK-TOPIC-REPLICATION',
  title: 'A topic has at most as many replicas as the cluster has brokers',
  remedy: 'Use three replicas, in a cluster of two zones two',
  basis: 'service',
  severity: 'error',
  appliesTo: TOPICS,
  sources: ['https://kafka.apache.org/protocol#protocol_error_codes'],
  check(topic) {
    const factor = topic.number('ReplicationFactor');
    const cluster = topic.target('ClusterArn');
    const brokers = cluster && brokerClass(cluster) === 'STANDARD' ? cluster.number('NumberOfBrokerNodes') : undefined;
    if (factor !== undefined && factor < 1) {
      const message = `a replication factor of ${factor} is refused`;
      return [{ path: 'ReplicationFactor', message, fix: 'use 3' }];
    }
    if (factor === undefined || brokers === undefined || factor <= brokers) {
      return [];
    }
    const message = `a replication factor of ${factor} is above the ${brokers} brokers of ${cluster?.logicalId}`;
    return [{ path: 'ReplicationFactor', message, fix: `use at most ${brokers}` }];
  },
};

export const topicDurability: Rule = {
  id: 'MSK-TOPIC-DURABILITY',
  title: 'A topic stays writable while a broker restarts',
  remedy: 'Use three replicas and keep min.insync.replicas below that; brokers restart at every update',
  basis: 'service',
  severity: 'warning',
  appliesTo: TOPICS,
  sources: [mskGuide('bestpractices'), mskGuide('msk-configuration-express-read-write')],
  check(topic) {
    const factor = topic.number('ReplicationFactor');
    const cluster = topic.target('ClusterArn');
    const express = cluster !== undefined && brokerClass(cluster) === 'EXPRESS';
    const path = 'ReplicationFactor';
    if (factor === undefined) {
      return [];
    }
    if (express) {
      const message = `express brokers make 3 replicas of every topic, whatever the template says (${factor})`;
      return factor === 3 ? [] : [{ path, message, fix: 'use 3' }];
    }
    if (factor === 1) {
      const message = 'a single replica goes offline whenever its broker restarts';
      return [{ path, message, fix: 'use 3' }];
    }
    const minimum = minInSyncReplicas(topic);
    if (minimum === undefined || minimum < factor) {
      return [];
    }
    const message =
      minimum > factor
        ? `min.insync.replicas ${minimum} is above the replication factor ${factor}, so writes with acks=all may all be refused`
        : `min.insync.replicas ${minimum} equals the replication factor, so writes with acks=all stop when a broker restarts`;
    return [{ path, message, fix: 'use a replication factor above min.insync.replicas' }];
  },
};

/** What the topic sets, else what its cluster gives to every topic; undefined where that is unknown. */
function minInSyncReplicas(topic: ResourceFact): number | undefined {
  const configs = settingsOf(topic);
  const own = configs instanceof Map ? configs.get('min.insync.replicas') : undefined;
  const cluster = topic.target('ClusterArn');
  if (own !== undefined || cluster?.type !== CLUSTER || (!topic.absent('Configs') && !(configs instanceof Map))) {
    return integer(own);
  }
  const configuration = cluster.target('ConfigurationInfo.Arn');
  const properties = cluster.absent('ConfigurationInfo')
    ? new Map<string, string>()
    : configuration && serverProperties(configuration);
  return replicationOf(cluster, properties).minInSyncReplicas;
}

export const topicConfigs: Rule = {
  id: 'MSK-TOPIC-CONFIGS',
  title: 'Settings of a topic are base64 of a JSON object, and known to the kind of cluster',
  remedy: 'Encode the JSON object of settings in base64; leave out what the cluster does not take',
  basis: 'service',
  severity: 'error',
  appliesTo: TOPICS,
  sources: [
    templateReference('aws-resource-msk-topic'),
    mskGuide('msk-tiered-storage'),
    mskGuide('msk-configuration-express-read-write'),
  ],
  check(topic) {
    const configs = settingsOf(topic);
    if (typeof configs === 'string') {
      return [
        { path: 'Configs', message: configs, fix: 'pass base64 of a JSON object such as {"retention.ms":"1000"}' },
      ];
    }
    const cluster = topic.target('ClusterArn');
    if (configs === undefined || cluster === undefined) {
      return [];
    }
    const problems: Problem[] = [];
    if (brokerClass(cluster) === 'EXPRESS') {
      const refused = [...configs.keys()].filter((key) => !EXPRESS_TOPIC_CONFIGS.has(key));
      if (refused.length > 0) {
        const message = `express brokers refuse ${listing(refused)}`;
        problems.push({ path: 'Configs', message, fix: `use only ${listing([...EXPRESS_TOPIC_CONFIGS])}` });
      }
    } else if (cluster.type === CLUSTER && isTiered(cluster) === false && configs.get(REMOTE_STORAGE) === 'true') {
      const message = `${REMOTE_STORAGE} needs tiered storage, which ${cluster.logicalId} does not have`;
      problems.push({ path: 'Configs', message, fix: 'set StorageMode of the cluster to TIERED, or leave it out' });
    }
    return problems;
  },
};

/** The settings of a topic; a text that says why there are none, or undefined where they are absent or unknown. */
export function settingsOf(topic: ResourceFact): Map<string, string> | string | undefined {
  const value = topic.read('Configs');
  if (typeof value === 'object' && value !== null) {
    return 'Configs is an object instead of text';
  }
  const text = topic.text('Configs');
  if (text === undefined) {
    return undefined;
  }
  let decoded: unknown;
  try {
    decoded = JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
  } catch {
    return `Configs ${show(text)} is not base64 of JSON`;
  }
  if (
    !/^[A-Za-z0-9+/]*={0,2}$/.test(text) ||
    typeof decoded !== 'object' ||
    decoded === null ||
    Array.isArray(decoded)
  ) {
    return `Configs ${show(text)} is not base64 of a JSON object`;
  }
  const nested = Object.entries(decoded).filter(([, setting]) => typeof setting === 'object');
  return nested.length > 0
    ? `the setting ${nested[0][0]} is not text`
    : new Map(Object.entries(decoded).map(([key, setting]) => [key, String(setting)]));
}
