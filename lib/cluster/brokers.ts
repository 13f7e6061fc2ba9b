import { Token } from 'aws-cdk-lib';
import type { Size } from 'aws-cdk-lib';
import { validationError } from '../private/errors';

/**
 * The size of a standard broker.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/broker-instance-sizes.html
 */
export class StandardBrokerSize {
  /** 2 vCPUs with CPU credits, 2 GiB: for development only, and with ZooKeeper only. */
  public static readonly T3_SMALL = new StandardBrokerSize('kafka.t3.small');

  /** 2 vCPUs, 8 GiB, x86. */
  public static readonly M5_LARGE = new StandardBrokerSize('kafka.m5.large');

  /** 4 vCPUs, 16 GiB, x86. */
  public static readonly M5_XLARGE = new StandardBrokerSize('kafka.m5.xlarge');

  /** 8 vCPUs, 32 GiB, x86. */
  public static readonly M5_2XLARGE = new StandardBrokerSize('kafka.m5.2xlarge');

  /** 16 vCPUs, 64 GiB, x86. */
  public static readonly M5_4XLARGE = new StandardBrokerSize('kafka.m5.4xlarge');

  /** 32 vCPUs, 128 GiB, x86. */
  public static readonly M5_8XLARGE = new StandardBrokerSize('kafka.m5.8xlarge');

  /** 48 vCPUs, 192 GiB, x86. */
  public static readonly M5_12XLARGE = new StandardBrokerSize('kafka.m5.12xlarge');

  /** 64 vCPUs, 256 GiB, x86. */
  public static readonly M5_16XLARGE = new StandardBrokerSize('kafka.m5.16xlarge');

  /** 96 vCPUs, 384 GiB, x86. */
  public static readonly M5_24XLARGE = new StandardBrokerSize('kafka.m5.24xlarge');

  /** 2 vCPUs, 8 GiB, Graviton. */
  public static readonly M7G_LARGE = new StandardBrokerSize('kafka.m7g.large');

  /** 4 vCPUs, 16 GiB, Graviton. */
  public static readonly M7G_XLARGE = new StandardBrokerSize('kafka.m7g.xlarge');

  /** 8 vCPUs, 32 GiB, Graviton. */
  public static readonly M7G_2XLARGE = new StandardBrokerSize('kafka.m7g.2xlarge');

  /** 16 vCPUs, 64 GiB, Graviton. */
  public static readonly M7G_4XLARGE = new StandardBrokerSize('kafka.m7g.4xlarge');

  /** 32 vCPUs, 128 GiB, Graviton. */
  public static readonly M7G_8XLARGE = new StandardBrokerSize('kafka.m7g.8xlarge');

  /** 48 vCPUs, 192 GiB, Graviton. */
  public static readonly M7G_12XLARGE = new StandardBrokerSize('kafka.m7g.12xlarge');

  /** 64 vCPUs, 256 GiB, Graviton. */
  public static readonly M7G_16XLARGE = new StandardBrokerSize('kafka.m7g.16xlarge');

  /**
   * Any other size, by the string that `AWS::MSK::Cluster` takes for `InstanceType`.
   *
   * @param instanceType for example `kafka.m8g.large`
   */
  public static of(instanceType: string): StandardBrokerSize {
    return new StandardBrokerSize(instanceType);
  }

  /** The string that `AWS::MSK::Cluster` takes. */
  public readonly instanceType: string;

  private constructor(instanceType: string) {
    this.instanceType = instanceType;
  }
}

/** Options of standard brokers. */
export interface StandardBrokersOptions {
  /**
   * The size of each broker. It can be changed later, one broker after another.
   *
   * @default StandardBrokerSize.M7G_LARGE
   */
  readonly size?: StandardBrokerSize;

  /**
   * Brokers in each Availability Zone. Adding brokers changes no topic and no setting; standard brokers do not move
   * existing partitions to them by themselves.
   *
   * @default 1
   */
  readonly perZone?: number;

  /**
   * The volume of each broker, 1 to 16384 GiB. It can grow, never shrink.
   *
   * @default Size.gibibytes(100)
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-update-storage.html
   */
  readonly volumeSize?: Size;
}

/**
 * The brokers of a provisioned cluster: which kind, how large, how many in each zone.
 *
 * A cluster keeps the kind of its brokers for life.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/broker-instance-types.html
 */
export abstract class Brokers {
  /** Standard brokers: storage of their own, all of Kafka's settings. */
  public static standard(options: StandardBrokersOptions = {}): Brokers {
    return new StandardBrokers(options);
  }

  /** How many brokers each zone has. */
  public abstract readonly perZone: number;

  /** The string that `AWS::MSK::Cluster` takes for `InstanceType`. */
  public abstract readonly instanceType: string;

  /** @internal */
  public abstract _storage(): { readonly volumeSizeGiB: number } | undefined;
}

/**
 * Frozen for a major version: another default size or volume restarts the brokers of everybody who did not name one.
 */
export const STANDARD_DEFAULTS = { size: StandardBrokerSize.M7G_LARGE, perZone: 1, volumeSizeGiB: 100 };

class StandardBrokers extends Brokers {
  public readonly perZone: number;
  public readonly instanceType: string;

  constructor(private readonly options: StandardBrokersOptions) {
    super();
    this.perZone = options.perZone ?? STANDARD_DEFAULTS.perZone;
    if (Token.isUnresolved(this.perZone)) {
      // It is multiplied by the zones, which no intrinsic function can do.
      throw validationError('BrokersPerZoneUnknown', '`perZone` must be a number that is known at synth, got a token');
    }
    this.instanceType = (options.size ?? STANDARD_DEFAULTS.size).instanceType;
  }

  /** @internal */
  public _storage(): { readonly volumeSizeGiB: number } {
    return { volumeSizeGiB: this.options.volumeSize?.toGibibytes() ?? STANDARD_DEFAULTS.volumeSizeGiB };
  }
}
