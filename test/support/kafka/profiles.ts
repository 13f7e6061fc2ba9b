/** What the three kinds of MSK cluster let their users set, beyond what Kafka itself checks. */

export type Profile = 'standard' | 'express' | 'serverless';

interface Rules {
  /** Settings that the service's clusters start with where Kafka's own default is another. */
  readonly defaults: Record<string, string>;
  /** Keys that a configuration may hold. @default any but `REFUSED_EVERYWHERE` */
  readonly serverProperties?: readonly string[];
  /** Handed to the brokers' policies for topics and settings as `fixture.*`. */
  readonly broker: Record<string, string | number | readonly string[]>;
}

/** @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-configuration-express-read-write.html */
const EXPRESS_SERVER_PROPERTIES = [
  'allow.everyone.if.no.acl.found',
  'auto.create.topics.enable',
  'compression.type',
  'connections.max.idle.ms',
  'delete.topic.enable',
  'group.initial.rebalance.delay.ms',
  'group.max.session.timeout.ms',
  'leader.imbalance.per.broker.percentage',
  'log.cleanup.policy',
  'log.message.timestamp.after.max.ms',
  'log.message.timestamp.before.max.ms',
  'log.message.timestamp.type',
  'log.retention.bytes',
  'log.retention.ms',
  'max.connections.per.ip',
  'max.incremental.fetch.session.cache.slots',
  'message.max.bytes',
  'num.partitions',
  'offsets.retention.minutes',
  'replica.fetch.max.bytes',
  'replica.selector.class',
  'socket.receive.buffer.bytes',
  'socket.request.max.bytes',
  'socket.send.buffer.bytes',
  'transaction.max.timeout.ms',
  'transactional.id.expiration.ms',
];

const EXPRESS_DYNAMIC_PROPERTIES = [
  'advertised.listeners',
  'log.cleaner.delete.retention.ms',
  'log.cleaner.max.compaction.lag.ms',
  'log.cleaner.min.compaction.lag.ms',
  'max.connection.creation.rate',
  'max.connections',
  'max.connections.per.ip.overrides',
  'producer.id.expiration.ms',
];

const EXPRESS_TOPIC_KEYS = [
  'cleanup.policy',
  'compression.type',
  'delete.retention.ms',
  'max.compaction.lag.ms',
  'max.message.bytes',
  'message.timestamp.after.max.ms',
  'message.timestamp.before.max.ms',
  'message.timestamp.type',
  'min.compaction.lag.ms',
  'retention.bytes',
  'retention.ms',
];

/** @see https://docs.aws.amazon.com/msk/latest/developerguide/serverless-config.html */
const SERVERLESS_TOPIC_KEYS = [
  'cleanup.policy',
  'compression.type',
  'max.message.bytes',
  'message.timestamp.difference.max.ms',
  'message.timestamp.type',
  'retention.bytes',
  'retention.ms',
];

/** Settings of the service itself, whatever the kind of cluster: a configuration that holds one is refused. */
export const REFUSED_EVERYWHERE =
  /^(advertised\.listeners|authorizer\.|auto\.leader\.rebalance\.enable|broker\.(id|rack)|controller\.|fixture\.|inter\.broker\.|listeners?\b|log\.dirs?$|node\.id|process\.roles|sasl\.|ssl\.|super\.users|(create\.topic|alter\.config)\.policy)/;

const SERVERLESS_MESSAGE_BYTES = 8388608;

/** The rules of a kind of cluster with `replicas` copies of each topic by default. */
export function rulesOf(profile: Profile, replicas: number): Rules {
  /** @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-default-configuration.html */
  const defaults = {
    'allow.everyone.if.no.acl.found': 'true',
    'auto.create.topics.enable': 'false',
    'default.replication.factor': String(replicas),
    'min.insync.replicas': replicas === 1 ? '1' : '2',
    'num.partitions': '1',
  };
  switch (profile) {
    case 'standard':
      return { defaults: { ...defaults, 'unclean.leader.election.enable': 'true' }, broker: {} };
    case 'express':
      return {
        defaults,
        serverProperties: EXPRESS_SERVER_PROPERTIES,
        broker: {
          'topic.keys': EXPRESS_TOPIC_KEYS,
          // The service makes three copies whatever is asked for; a template that asks for another number is mistaken.
          'topic.replication.factor': replicas,
          'broker.keys': [...EXPRESS_SERVER_PROPERTIES, ...EXPRESS_DYNAMIC_PROPERTIES],
        },
      };
    case 'serverless':
      return {
        defaults: { ...defaults, 'message.max.bytes': String(SERVERLESS_MESSAGE_BYTES) },
        serverProperties: [],
        broker: {
          'topic.keys': SERVERLESS_TOPIC_KEYS,
          'topic.keys.frozen': ['cleanup.policy'],
          'topic.replication.factor': replicas,
          // Quotas of a cluster; the policy sees one topic at a time.
          // https://docs.aws.amazon.com/msk/latest/developerguide/limits.html#serverless-quota
          'topic.max.partitions': 2400,
          'topic.max.compacted.partitions': 120,
          'topic.max.message.bytes': SERVERLESS_MESSAGE_BYTES,
          'broker.keys': [],
        },
      };
  }
}
