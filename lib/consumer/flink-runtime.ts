import { Token } from 'aws-cdk-lib';

/**
 * A version of Apache Flink that Managed Service for Apache Flink runs.
 *
 * @see https://docs.aws.amazon.com/managed-flink/latest/java/release-version-list.html
 */
export class FlinkRuntime {
  /** Flink 1.18, on Java 11. */
  public static readonly FLINK_1_18 = new FlinkRuntime('FLINK-1_18');

  /** Flink 1.19, on Java 11. */
  public static readonly FLINK_1_19 = new FlinkRuntime('FLINK-1_19');

  /** Flink 1.20, on Java 11: the last of its line. */
  public static readonly FLINK_1_20 = new FlinkRuntime('FLINK-1_20');

  /** Flink 2.2, on Java 17. */
  public static readonly FLINK_2_2 = new FlinkRuntime('FLINK-2_2');

  /** Flink 2.3, on Java 17. */
  public static readonly FLINK_2_3 = new FlinkRuntime('FLINK-2_3');

  /**
   * Any other version, by the name that `AWS::KinesisAnalyticsV2::Application` takes for `RuntimeEnvironment`.
   *
   * @param name for example `FLINK-2_4`
   */
  public static of(name: string): FlinkRuntime {
    return new FlinkRuntime(name);
  }

  private constructor(
    /** The name that `AWS::KinesisAnalyticsV2::Application` takes. */
    public readonly name: string,
  ) {}

  /** The number before the first dot of the version; undefined for a token. */
  public get major(): number | undefined {
    const number = Token.isUnresolved(this.name) ? undefined : /^FLINK-(\d+)_/.exec(this.name)?.[1];
    return number === undefined ? undefined : Number(number);
  }
}
