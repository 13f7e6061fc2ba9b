import { Duration, Tokenization } from 'aws-cdk-lib';
import type { Size } from 'aws-cdk-lib';
import { Retention } from '../cluster';

/** What happens to old records of a topic. */
export enum CleanupPolicy {
  /** They are deleted after the retention. */
  DELETE = 'delete',

  /** The newest record of each key is kept. */
  COMPACT = 'compact',

  /** The newest record of each key is kept, and deleted after the retention. */
  COMPACT_AND_DELETE = 'compact,delete',
}

/** How the brokers store records. */
export enum CompressionType {
  /** As the producer sent them. */
  PRODUCER = 'producer',

  /** Uncompressed. */
  UNCOMPRESSED = 'uncompressed',

  /** With gzip. */
  GZIP = 'gzip',

  /** With Snappy. */
  SNAPPY = 'snappy',

  /** With LZ4. */
  LZ4 = 'lz4',

  /** With Zstandard. */
  ZSTD = 'zstd',
}

/**
 * Settings of a topic. What is left out follows the brokers.
 *
 * @see https://kafka.apache.org/documentation/#topicconfigs
 */
export interface TopicConfiguration {
  /**
   * What happens to old records.
   *
   * @default - as the brokers say: delete
   */
  readonly cleanupPolicy?: CleanupPolicy;

  /**
   * How long records are kept.
   *
   * @default - as the brokers say: seven days
   */
  readonly retention?: Retention;

  /**
   * How much each partition keeps.
   *
   * @default - as the brokers say: without a limit; on serverless clusters 250 GiB
   */
  readonly retentionSize?: Size;

  /**
   * The largest batch of records that is taken, after compression.
   *
   * @default - as the brokers say: 1048588 bytes
   */
  readonly maxMessageSize?: Size;

  /**
   * How records are stored.
   *
   * @default - as the brokers say: as the producer sent them
   */
  readonly compressionType?: CompressionType;

  /**
   * How many replicas must have a record before a producer with `acks=all` hears of it.
   *
   * @default - as the brokers say: one less than there are zones
   */
  readonly minInSyncReplicas?: number;

  /**
   * Any other setting, by its name.
   *
   * @default - none
   */
  readonly other?: Record<string, string>;
}

/** Settings for topics of two kinds that need other than the brokers' own; each on every kind of cluster. */
export class TopicPresets {
  /**
   * For records that could not be handled: kept long enough to look into, not compacted, since such records share keys.
   *
   * @param retention how long they are kept; by default 14 days
   * @param maxMessageSize what the topic takes that they come from, which they have to fit into
   */
  public static deadLetter(retention?: Retention, maxMessageSize?: Size): TopicConfiguration {
    return {
      cleanupPolicy: CleanupPolicy.DELETE,
      retention: retention ?? Retention.of(DEAD_LETTERS_KEPT),
      maxMessageSize,
    };
  }

  /**
   * For the latest state of each key: older records of a key go, the newest stays for ever. Records without a key are
   * refused, and one without a value deletes its key.
   *
   * @param maxMessageSize the largest batch of records; by default as the brokers say
   * @see https://kafka.apache.org/documentation/#compaction
   */
  public static compacted(maxMessageSize?: Size): TopicConfiguration {
    return { cleanupPolicy: CleanupPolicy.COMPACT, maxMessageSize };
  }

  private constructor() {
    // There are its statics only.
  }
}

/** As long as Amazon SQS can keep a message. */
const DEAD_LETTERS_KEPT = Duration.days(14);

/** The settings by Kafka's names, in a stable order; what has a property of its own wins over the same by its name. */
export function renderTopicConfiguration(configuration: TopicConfiguration): Record<string, string> {
  const named: [string, string | undefined][] = [
    ['cleanup.policy', configuration.cleanupPolicy],
    ['compression.type', configuration.compressionType],
    ['max.message.bytes', text(configuration.maxMessageSize?.toBytes())],
    ['min.insync.replicas', text(configuration.minInSyncReplicas)],
    ['retention.bytes', text(configuration.retentionSize?.toBytes())],
    ['retention.ms', configuration.retention?.milliseconds],
  ];
  const given = named.filter((entry): entry is [string, string] => entry[1] !== undefined);
  const all = Object.entries({ ...configuration.other, ...Object.fromEntries(given) });
  return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A number as Kafka's settings have it, tokens included. */
function text(value: number | undefined): string | undefined {
  return value === undefined ? undefined : Tokenization.stringifyNumber(value);
}
