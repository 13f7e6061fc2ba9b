import { base64, cluster, configuration, express, serverless, topic } from '../templates';
import { configured, named, subnets } from './case';
import type { Case } from './case';

const topicNamed = named('MSK-TOPIC-NAME', 'the name', topic, 'TopicName');

export const TOPIC_CASES: Case[] = [
  topicNamed('', 'a'),
  topicNamed('.', '...'),
  topicNamed('..', 'a.b'),
  topicNamed('with space', 'with-hyphen'),
  topicNamed('a'.repeat(250), 'a'.repeat(249)),
  ...[
    '__consumer_offsets',
    '__transaction_state',
    '__cluster_metadata',
    '__amazon_msk_canary',
    '__amazon_msk_canary_state',
  ].map((name) => topicNamed(name, `${name}s`)),
  ...[0, -1, 1.5].map((count) => named('MSK-TOPIC-PARTITIONS', 'partitions', topic, 'PartitionCount')(count, 1)),
  {
    id: 'MSK-TOPIC-COLLISION',
    wrong: 'a dot beside an underscore',
    bad: { Cluster: cluster(), One: topic({ TopicName: 'a.b' }), Two: topic({ TopicName: 'a_b' }) },
    good: { Cluster: cluster(), One: topic({ TopicName: 'a.b' }), Two: topic({ TopicName: 'a-b' }) },
    says: '"a.b"',
  },
  {
    id: 'MSK-TOPIC-COLLISION',
    wrong: 'one topic twice',
    bad: { Cluster: cluster(), One: topic(), Two: topic({ ClusterArn: { Ref: 'Cluster' } }) },
    good: { Cluster: cluster(), Other: cluster(), One: topic(), Two: topic({ ClusterArn: { Ref: 'Other' } }) },
    says: 'already',
  },
  {
    id: 'MSK-TOPIC-COLLISION',
    wrong: 'one topic twice in a cluster given by parameter',
    bad: { One: topic({ ClusterArn: { Ref: 'A' } }), Two: topic({ ClusterArn: { Ref: 'A' } }) },
    good: { One: topic({ ClusterArn: { Ref: 'A' } }), Two: topic({ ClusterArn: { Ref: 'B' } }) },
  },
  {
    id: 'MSK-TOPIC-CLUSTER',
    wrong: 'a serverless cluster',
    bad: { Cluster: serverless(), Topic: topic() },
    good: { Cluster: cluster(), Topic: topic() },
    says: 'serverless',
  },
  {
    id: 'MSK-TOPIC-CLUSTER',
    wrong: 'Kafka 3.5.1',
    bad: { Cluster: cluster({ KafkaVersion: '3.5.1' }), Topic: topic() },
    good: { Cluster: cluster({ KafkaVersion: '3.6.0' }), Topic: topic() },
    says: '3.5.1',
  },
  {
    id: 'MSK-TOPIC-CLUSTER',
    wrong: 'Kafka 2.8.2.tiered',
    bad: { Cluster: cluster({ KafkaVersion: '2.8.2.tiered' }), Topic: topic() },
    good: { Cluster: cluster({ KafkaVersion: '3.10.x' }), Topic: topic() },
  },
  {
    id: 'MSK-TOPIC-REPLICATION',
    wrong: 'more replicas than brokers',
    bad: { Cluster: cluster(), Topic: topic({ ReplicationFactor: 4 }) },
    good: { Cluster: cluster({ NumberOfBrokerNodes: 6 }), Topic: topic({ ReplicationFactor: 4 }) },
    says: '3 brokers',
  },
  {
    id: 'MSK-TOPIC-REPLICATION',
    wrong: 'no replica at all',
    bad: { Topic: topic({ ReplicationFactor: 0 }) },
    good: { Topic: topic({ ReplicationFactor: 1 }) },
  },
  {
    id: 'MSK-TOPIC-REPLICATION',
    wrong: 'three replicas on two brokers (express brokers would make three of any number)',
    bad: { Cluster: cluster({ ...subnets('subnet-a', 'subnet-b'), NumberOfBrokerNodes: 2 }), Topic: topic() },
    good: { Cluster: express(), Topic: topic({ ReplicationFactor: 5 }) },
  },
  {
    id: 'MSK-TOPIC-DURABILITY',
    wrong: 'one replica',
    bad: { Cluster: cluster(), Topic: topic({ ReplicationFactor: 1 }) },
    good: { Cluster: cluster(), Topic: topic({ ReplicationFactor: 3 }) },
    says: 'single replica',
  },
  {
    id: 'MSK-TOPIC-DURABILITY',
    wrong: 'two replicas where the cluster wants two in sync',
    bad: { Cluster: cluster({ ConfigurationInfo: undefined }), Topic: topic({ ReplicationFactor: 2 }) },
    good: {
      Cluster: cluster(),
      Topic: topic({ ReplicationFactor: 2, Configs: base64({ 'min.insync.replicas': '1' }) }),
    },
    says: 'min.insync.replicas 2',
  },
  {
    id: 'MSK-TOPIC-DURABILITY',
    wrong: 'two replicas, and two in sync, in two zones',
    bad: { Topic: topic({ ReplicationFactor: 2, Configs: base64({ 'min.insync.replicas': '2' }) }) },
    good: {
      Cluster: cluster({ ...subnets('subnet-a', 'subnet-b'), NumberOfBrokerNodes: 2 }),
      Topic: topic({ ReplicationFactor: 2 }),
    },
    says: 'equals',
  },
  {
    id: 'MSK-TOPIC-DURABILITY',
    wrong: 'more in sync than replicas',
    bad: { Topic: topic({ ReplicationFactor: 2, Configs: base64({ 'min.insync.replicas': '3' }) }) },
    good: { Topic: topic({ ReplicationFactor: 3, Configs: base64({ 'min.insync.replicas': '2' }) }) },
    says: 'above',
  },
  {
    id: 'MSK-TOPIC-DURABILITY',
    wrong: 'as many in sync as the configuration of the cluster says',
    bad: { ...configured(configuration('min.insync.replicas=3')), Topic: topic() },
    good: { ...configured(configuration('min.insync.replicas=2')), Topic: topic() },
  },
  {
    id: 'MSK-TOPIC-DURABILITY',
    wrong: 'a factor that express brokers do not keep',
    bad: { Cluster: express(), Topic: topic({ ReplicationFactor: 2 }) },
    good: { Cluster: express(), Topic: topic({ ReplicationFactor: 3 }) },
    says: 'express',
  },
  ...['{"retention.ms":"1000"}', 'retention.ms=1000', Buffer.from('retention.ms=1000').toString('base64')]
    .concat(base64(['retention.ms']), base64('retention.ms'), base64(null))
    .concat(base64({ 'retention.ms': { value: 1000 } }))
    .map((configs) => ({
      id: 'MSK-TOPIC-CONFIGS',
      wrong: `the settings ${configs}`,
      bad: { Topic: topic({ Configs: configs }) },
      good: { Topic: topic({ Configs: base64({ 'retention.ms': '1000' }) }) },
    })),
  {
    id: 'MSK-TOPIC-CONFIGS',
    wrong: 'settings as an object',
    bad: { Topic: topic({ Configs: { 'retention.ms': '1000' } }) },
    good: { Topic: topic({ Configs: { 'Fn::Base64': '{"retention.ms":"1000"}' } }) },
  },
  {
    id: 'MSK-TOPIC-CONFIGS',
    wrong: 'remote storage on local volumes',
    bad: { Cluster: cluster(), Topic: topic({ Configs: base64({ 'remote.storage.enable': 'true' }) }) },
    good: {
      Cluster: cluster({ StorageMode: 'TIERED' }),
      Topic: topic({ Configs: base64({ 'remote.storage.enable': 'true' }) }),
    },
    says: 'remote.storage.enable',
  },
  ...['segment.bytes', 'min.insync.replicas', 'remote.storage.enable', 'message.timestamp.difference.max.ms'].map(
    (key): Case => ({
      id: 'MSK-TOPIC-CONFIGS',
      wrong: `${key} on express brokers`,
      bad: { Cluster: express(), Topic: topic({ Configs: base64({ [key]: '1' }) }) },
      good: { Cluster: cluster(), Topic: topic({ Configs: base64({ [key]: '1' }) }) },
      says: key,
    }),
  ),
  {
    id: 'MSK-TOPIC-CONFIGS',
    wrong: 'one key too many on express brokers',
    bad: { Cluster: express(), Topic: topic({ Configs: base64({ 'cleanup.policy': 'compact', 'segment.ms': '1' }) }) },
    good: {
      Cluster: express(),
      Topic: topic({
        Configs: base64({
          'cleanup.policy': 'compact',
          'compression.type': 'zstd',
          'delete.retention.ms': '1',
          'max.compaction.lag.ms': '1',
          'max.message.bytes': '1',
          'message.timestamp.after.max.ms': '1',
          'message.timestamp.before.max.ms': '1',
          'message.timestamp.type': 'CreateTime',
          'min.compaction.lag.ms': '1',
          'retention.bytes': '1',
          'retention.ms': '1',
        }),
      }),
    },
  },
  ...['segment.bytes', 'min.insync.replicas', 'remote.storage.enable', 'delete.retention.ms'].map((key): Case => ({
    id: 'MSK-TOPIC-SERVERLESS',
    wrong: `${key} on a serverless cluster`,
    bad: { Cluster: serverless(), Topic: ofServerless({ Configs: base64({ [key]: '1' }) }) },
    good: { Cluster: serverless(), Topic: ofServerless({ Configs: base64({ 'retention.ms': '1' }) }) },
    says: key,
  })),
  {
    id: 'MSK-TOPIC-SERVERLESS',
    wrong: 'records above 8 MiB',
    bad: { Cluster: serverless(), Topic: ofServerless({ Configs: base64({ 'max.message.bytes': '8388609' }) }) },
    good: { Cluster: serverless(), Topic: ofServerless({ Configs: base64({ 'max.message.bytes': '8388608' }) }) },
    says: '8388609',
  },
  {
    id: 'MSK-TOPIC-SERVERLESS',
    wrong: 'a replication factor',
    bad: { Cluster: serverless(), Topic: ofServerless({ ReplicationFactor: 3 }) },
    good: { Cluster: serverless(), Topic: ofServerless() },
  },
  {
    id: 'MSK-TOPIC-MESSAGE-SIZE',
    wrong: 'records larger than what replicas fetch',
    bad: {
      Cluster: cluster({ ConfigurationInfo: undefined }),
      Topic: topic({ Configs: base64({ 'max.message.bytes': '1048589' }) }),
    },
    good: {
      Cluster: cluster({ ConfigurationInfo: undefined }),
      Topic: topic({ Configs: base64({ 'max.message.bytes': '1048588' }) }),
    },
    says: 'one by one',
  },
  {
    id: 'MSK-TOPIC-MESSAGE-SIZE',
    wrong: 'a cluster that takes large records, and does not fetch them',
    bad: {
      ...configured(configuration('replica.fetch.max.bytes=2097152')),
      Topic: topic({ Configs: base64({ 'max.message.bytes': '12582912' }) }),
    },
    good: {
      ...configured(configuration('replica.fetch.max.bytes=12582912')),
      Topic: topic({ Configs: base64({ 'max.message.bytes': '12582912' }) }),
    },
    says: '2097152',
  },
  {
    id: 'MSK-TOPIC-MESSAGE-SIZE',
    wrong: 'records above what a socket takes',
    bad: {
      ...configured(configuration('replica.fetch.max.bytes=200000000')),
      Topic: topic({ Configs: base64({ 'max.message.bytes': '104857601' }) }),
    },
    good: {
      ...configured(configuration('replica.fetch.max.bytes=200000000')),
      Topic: topic({ Configs: base64({ 'max.message.bytes': '104857600' }) }),
    },
    says: 'socket.request.max.bytes',
  },
  {
    id: 'MSK-TOPIC-AUTO-CREATION',
    wrong: 'a topic that a client may have made before',
    bad: { ...configured(configuration('auto.create.topics.enable=true')), Topic: topic() },
    good: { ...configured(configuration('auto.create.topics.enable=false')), Topic: topic() },
    says: 'auto.create.topics.enable',
  },
  {
    id: 'MSK-TOPIC-COLLISION',
    wrong: 'a topic of CloudFormation beside one of an admin handler',
    bad: { Cluster: cluster(), One: topic(), Two: ofServerless({ TopicName: 'paid' }) },
    good: { Cluster: cluster(), One: topic(), Two: ofServerless({ TopicName: 'unpaid' }) },
    says: 'already',
  },
];

/** A topic that an admin handler makes. */
function ofServerless(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const { Properties } = topic({ ReplicationFactor: undefined, ...changes }) as { Properties: unknown };
  return { Type: 'Custom::MskTopic', Properties };
}
