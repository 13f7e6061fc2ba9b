import { Tokenization } from 'aws-cdk-lib';
import type { Size } from 'aws-cdk-lib';
import { ClusterKind } from './cluster-kind';
import type { Retention } from './retention';

/**
 * Settings of the brokers. What is left out is as this package has it, else as Amazon MSK has it.
 *
 * An edit is a new revision of the configuration; the brokers take it over by restarting one after another.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-configuration-properties.html
 */
export interface ServerProperties {
  /**
   * Whether a topic is made when somebody writes to a name that no topic has. Such a topic stands in the way of one of
   * the same name in a template.
   *
   * @default false
   */
  readonly autoCreateTopics?: boolean;

  /**
   * How long topics keep their records, unless they say otherwise.
   *
   * @default - as Amazon MSK has it: seven days
   */
  readonly retention?: Retention;

  /**
   * How much each partition keeps, unless its topic says otherwise.
   *
   * @default - as Amazon MSK has it: without a limit
   */
  readonly retentionSize?: Size;

  /**
   * The largest batch of records that topics take, after compression, unless they say otherwise. Replicas fetch as much:
   * on standard brokers, `replica.fetch.max.bytes` and `replica.fetch.response.max.bytes` follow.
   *
   * @default - as Amazon MSK has it: 1048588 bytes
   */
  readonly maxMessageSize?: Size;

  /**
   * Whether consumers may read from the replica in their own Availability Zone. They say which it is with the zone's ID,
   * `client.rack=use1-az1`.
   *
   * @default false
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/bestpractices-kafka-client.html
   */
  readonly closestReplicaReads?: boolean;

  /**
   * Any other property, by its name; it wins over those above.
   *
   * @default - none
   */
  readonly other?: Record<string, string>;
}

/** Kafka's own limit for the answer to a fetch of a replica: below the largest message, replication crawls. */
const REPLICA_FETCH_RESPONSE_BYTES = 10 * 1024 * 1024;

/**
 * The server properties of a cluster: those that follow from its zones, and those that the user names.
 *
 * What follows from the zones is frozen for a major version: another value is a new revision, and a new revision
 * restarts everybody's brokers.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-default-configuration.html
 */
export function renderServerProperties(
  kind: ClusterKind,
  zones: number,
  properties: ServerProperties = {},
): Record<string, string> {
  const named: Record<string, string | undefined> = {
    // A mistyped topic name is an error, not a topic with one partition.
    'auto.create.topics.enable': String(properties.autoCreateTopics ?? false),
    'log.retention.bytes': text(properties.retentionSize?.toBytes()),
    'log.retention.ms': properties.retention?.milliseconds,
    'message.max.bytes': text(properties.maxMessageSize?.toBytes()),
    'replica.fetch.max.bytes': text(properties.maxMessageSize?.toBytes()),
    'replica.selector.class': properties.closestReplicaReads
      ? 'org.apache.kafka.common.replica.RackAwareReplicaSelector'
      : undefined,
    ...(kind === ClusterKind.EXPRESS ? {} : standardOnly(zones, properties)),
    ...properties.other,
  };
  return Object.fromEntries(
    Object.entries(named)
      .filter((entry): entry is [string, string] => entry[1] !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Express brokers fix these themselves, and refuse to be told. */
function standardOnly(zones: number, { maxMessageSize }: ServerProperties): Record<string, string | undefined> {
  const replicas = String(zones);
  // One replica may be away, for maintenance or by an outage of its zone, and acknowledged records are still safe.
  const inSync = String(Math.max(1, zones - 1));
  const messageBytes = maxMessageSize?.toBytes() ?? 0;
  return {
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'replica.fetch.response.max.bytes': messageBytes > REPLICA_FETCH_RESPONSE_BYTES ? text(messageBytes) : undefined,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.replication.factor': replicas,
    // The service's own default is true and loses acknowledged records after a failure.
    'unclean.leader.election.enable': 'false',
  };
}

function text(value: number | undefined): string | undefined {
  return value === undefined ? undefined : Tokenization.stringifyNumber(value);
}
