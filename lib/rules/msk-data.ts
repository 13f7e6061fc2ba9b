import data from './data/msk-versions.json';

/** What Amazon MSK offers of one Kafka version, by the string that `KafkaVersion` takes. */
export interface KafkaVersionData {
  readonly version: string;
  readonly metadataMode: 'ZOOKEEPER' | 'KRAFT';
  /** Whether standard brokers of this version may use tiered storage. */
  readonly tieredStorage: boolean;
  /** Whether standard brokers are offered. */
  readonly standard: boolean;
  /** Whether express brokers are offered. */
  readonly express: boolean;
  /** An ISO date; absent where none is published. */
  readonly endOfSupport?: string;
}

/** What Amazon MSK says about one broker size, by the string that `InstanceType` takes. */
export interface BrokerSizeData {
  readonly size: string;
  readonly class: 'STANDARD' | 'EXPRESS';
  readonly tieredStorage: boolean;
  readonly provisionedThroughput: boolean;
  /** Partitions per broker, replicas included. */
  readonly recommendedPartitions: number;
  /** Standard: above it, updates of the cluster are refused. */
  readonly maxPartitionsForUpdates?: number;
  /** Express: above it, new partitions are refused. */
  readonly maxPartitions?: number;
  readonly minKafkaVersion?: string;
  /** Versions below `minKafkaVersion` that run on this size all the same. */
  readonly olderKafkaVersions?: string[];
}

/** One listener of a cluster, by who may connect and from where. */
export interface PortData {
  readonly listener: string;
  readonly access: 'IN_VPC' | 'PUBLIC' | 'MULTI_VPC';
  readonly addressFamily: 'IPV4' | 'IPV6';
  readonly fromPort: number;
  readonly toPort: number;
  readonly serverless: boolean;
}

/** The day the facts in this file were read, as an ISO date: the only "today" that a rule knows. */
export const MSK_DATA_AS_OF: string = data.asOf;

/** From the oldest to the newest, a ZooKeeper version before its KRaft twin. */
export const KAFKA_VERSIONS = data.kafkaVersions as KafkaVersionData[];

export const BROKER_SIZES = data.brokerSizes as BrokerSizeData[];

export const MSK_PORTS = data.ports as PortData[];

const VERSIONS = new Map(KAFKA_VERSIONS.map((entry) => [entry.version, entry]));
const SIZES = new Map(BROKER_SIZES.map((entry) => [entry.size, entry]));

export function kafkaVersionData(version: string): KafkaVersionData | undefined {
  return VERSIONS.get(version);
}

export function brokerSizeData(size: string): BrokerSizeData | undefined {
  return SIZES.get(size);
}

/**
 * Compares two version strings of Amazon MSK by number: negative where `a` is the older one.
 *
 * `x` stands for any patch release and so counts as the highest (`3.7.x` is no older than `3.7.1`); the suffixes
 * `.kraft` and `.tiered` say nothing about age.
 */
export function compareKafkaVersions(a: string, b: string): number {
  const left = numbersOf(a);
  const right = numbersOf(b);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const l = left[i] ?? 0;
    const r = right[i] ?? 0;
    if (l !== r) {
      return l < r ? -1 : 1;
    }
  }
  return 0;
}

function numbersOf(version: string): number[] {
  return version
    .split('.')
    .filter((part) => /^(\d+|x)$/.test(part))
    .map((part) => (part === 'x' ? Infinity : Number(part)));
}
