import { Token } from 'aws-cdk-lib';
import { kafkaVersionData } from '../rules/msk-data';
import type { KafkaVersionData } from '../rules/msk-data';

/**
 * A version of Apache Kafka that a provisioned cluster runs. It knows what Amazon MSK offers of it.
 *
 * A cluster keeps its metadata mode for life: a version whose name ends in `KRAFT` can not follow one that does not.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/supported-kafka-versions.html
 */
export class KafkaVersion {
  /** Kafka 3.6.0 with ZooKeeper; past its end of support, on express brokers too. */
  public static readonly V3_6_0 = new KafkaVersion('3.6.0');

  /** Kafka 3.7 with ZooKeeper; past its end of support. */
  public static readonly V3_7_X = new KafkaVersion('3.7.x');

  /** Kafka 3.7 with KRaft; past its end of support. */
  public static readonly V3_7_X_KRAFT = new KafkaVersion('3.7.x.kraft');

  /** Kafka 3.8 with ZooKeeper. */
  public static readonly V3_8_X = new KafkaVersion('3.8.x');

  /** Kafka 3.8 with KRaft. */
  public static readonly V3_8_X_KRAFT = new KafkaVersion('3.8.x.kraft');

  /** Kafka 3.9 with ZooKeeper, the last line that has it. */
  public static readonly V3_9_X = new KafkaVersion('3.9.x');

  /** Kafka 3.9 with KRaft: the version that AWS recommends. */
  public static readonly V3_9_X_KRAFT = new KafkaVersion('3.9.x.kraft');

  /** Kafka 4.0 with KRaft. */
  public static readonly V4_0_X_KRAFT = new KafkaVersion('4.0.x.kraft');

  /** Kafka 4.1 with KRaft. */
  public static readonly V4_1_X_KRAFT = new KafkaVersion('4.1.x.kraft');

  /** Kafka 4.2 with KRaft, on express brokers only. */
  public static readonly V4_2_X_KRAFT = new KafkaVersion('4.2.x.kraft');

  /**
   * Any other version, by the string that `AWS::MSK::Cluster` takes for `KafkaVersion`.
   *
   * @param version for example `4.3.x.kraft`
   */
  public static of(version: string): KafkaVersion {
    return new KafkaVersion(version);
  }

  /** The string that `AWS::MSK::Cluster` takes. */
  public readonly version: string;

  private constructor(version: string) {
    this.version = version;
  }

  /** Whether brokers keep their metadata themselves (KRaft) and there is no ZooKeeper; undefined for a token. */
  public get isKraft(): boolean | undefined {
    // From the name, not from the data: what a template says must not change when the data does.
    return Token.isUnresolved(this.version) ? undefined : this.version.endsWith('.kraft');
  }

  /** Whether standard brokers may move old segments to tiered storage; undefined for an unknown version. */
  public get hasTieredStorage(): boolean | undefined {
    return this.data?.tieredStorage;
  }

  /** Whether express brokers are offered; undefined for an unknown version. */
  public get hasExpressBrokers(): boolean | undefined {
    return this.data?.express;
  }

  private get data(): KafkaVersionData | undefined {
    return kafkaVersionData(this.version);
  }
}
