import { Token } from 'aws-cdk-lib';
import { Size } from 'aws-cdk-lib';
import * as scaling from 'aws-cdk-lib/aws-applicationautoscaling';
import type * as msk from 'aws-cdk-lib/aws-msk';
import type { Construct } from 'constructs';
import { ClusterKind } from './cluster-kind';
import { checkAtSynth } from '../private/checks';
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

/**
 * The size of an express broker.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/broker-instance-sizes.html
 */
export class ExpressBrokerSize {
  /** 2 vCPUs, 8 GiB: 15.6 MB/s in, 31.2 MB/s out. */
  public static readonly M7G_LARGE = new ExpressBrokerSize('express.m7g.large');

  /** 4 vCPUs, 16 GiB: 31.2 MB/s in, 62.5 MB/s out. */
  public static readonly M7G_XLARGE = new ExpressBrokerSize('express.m7g.xlarge');

  /** 8 vCPUs, 32 GiB: 62.5 MB/s in, 125 MB/s out. */
  public static readonly M7G_2XLARGE = new ExpressBrokerSize('express.m7g.2xlarge');

  /** 16 vCPUs, 64 GiB: 124.9 MB/s in, 249.8 MB/s out. */
  public static readonly M7G_4XLARGE = new ExpressBrokerSize('express.m7g.4xlarge');

  /** 32 vCPUs, 128 GiB: 250 MB/s in, 500 MB/s out. */
  public static readonly M7G_8XLARGE = new ExpressBrokerSize('express.m7g.8xlarge');

  /** 48 vCPUs, 192 GiB: 375 MB/s in, 750 MB/s out. */
  public static readonly M7G_12XLARGE = new ExpressBrokerSize('express.m7g.12xlarge');

  /** 64 vCPUs, 256 GiB: 500 MB/s in, 1000 MB/s out. */
  public static readonly M7G_16XLARGE = new ExpressBrokerSize('express.m7g.16xlarge');

  /**
   * Any other size, by the string that `AWS::MSK::Cluster` takes for `InstanceType`.
   *
   * @param instanceType for example `express.m8g.large`
   */
  public static of(instanceType: string): ExpressBrokerSize {
    return new ExpressBrokerSize(instanceType);
  }

  /** The string that `AWS::MSK::Cluster` takes. */
  public readonly instanceType: string;

  private constructor(instanceType: string) {
    this.instanceType = instanceType;
  }
}

/**
 * Growth of the volumes with what they hold. They never shrink.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-autoexpand.html
 */
export interface VolumeScalingOptions {
  /** How large a volume may get, up to 16384 GiB. */
  readonly maxVolumeSize: Size;

  /**
   * How full a volume may get, 10 to 80 percent, before it grows by a tenth, at least by 10 GiB; at most every six hours.
   *
   * @default 60
   */
  readonly targetUtilization?: number;
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
   * The volume of each broker, 1 to 16384 GiB. It can grow, never shrink. Leave it as it is once the volumes grow by
   * themselves: a number below what they have become is a request to shrink.
   *
   * @default Size.gibibytes(100)
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-update-storage.html
   */
  readonly volumeSize?: Size;

  /**
   * The throughput of each volume in MiB/s, 250 or more, for brokers from kafka.m5.4xlarge and kafka.m7g.2xlarge on. To
   * reach it, raise `num.replica.fetchers` too.
   *
   * @default - what comes with the volume
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-provision-throughput-management.html
   */
  readonly volumeThroughput?: number;

  /**
   * Whether topics may move old segments to tiered storage. A topic does so only with `remote.storage.enable=true`, and
   * a cluster never goes back.
   *
   * @default false
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-tiered-storage.html
   */
  readonly tieredStorage?: boolean;

  /**
   * Growth of the volumes with what they hold.
   *
   * @default - the volumes stay as they are, and a full one stops its broker
   */
  readonly volumeScaling?: VolumeScalingOptions;
}

/** Options of express brokers. */
export interface ExpressBrokersOptions {
  /** The size of each broker. It can be changed later, one broker after another. */
  readonly size: ExpressBrokerSize;

  /**
   * Brokers in each Availability Zone.
   *
   * @default 1
   */
  readonly perZone?: number;

  /**
   * Whether the service moves partitions between brokers by itself. While it does, it refuses reassignments by others.
   *
   * @default true
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/intelligent-rebalancing.html
   */
  readonly rebalancing?: boolean;
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

  /** Express brokers: no storage to care for, faster recovery; always three zones and three replicas. */
  public static express(options: ExpressBrokersOptions): Brokers {
    return new ExpressBrokers(options);
  }

  /** The kind of cluster that they make. */
  public abstract readonly kind: ClusterKind;

  /** How many brokers each zone has. */
  public abstract readonly perZone: number;

  /** The string that `AWS::MSK::Cluster` takes for `InstanceType`. */
  public abstract readonly instanceType: string;

  /** @internal */
  public abstract _render(): RenderedBrokers;

  /**
   * What goes with a cluster besides its properties.
   *
   * @internal
   */
  public _attach(_scope: Construct, _cluster: msk.CfnCluster): void {
    // Nothing, but for volumes that grow.
  }
}

/** The properties of a cluster that its brokers decide on. */
export interface RenderedBrokers {
  readonly storageInfo?: msk.CfnCluster.StorageInfoProperty;
  readonly storageMode?: string;
  readonly rebalancing?: msk.CfnCluster.RebalancingProperty;
}

/**
 * Frozen for a major version: another default size or volume restarts the brokers of everybody who did not name one.
 */
export const STANDARD_DEFAULTS = { size: StandardBrokerSize.M7G_LARGE, perZone: 1, volumeSize: Size.gibibytes(100) };

class StandardBrokers extends Brokers {
  public readonly kind: ClusterKind = ClusterKind.STANDARD;
  public readonly perZone: number;
  public readonly instanceType: string;

  constructor(private readonly options: StandardBrokersOptions) {
    super();
    this.perZone = known(options.perZone ?? STANDARD_DEFAULTS.perZone);
    this.instanceType = (options.size ?? STANDARD_DEFAULTS.size).instanceType;
  }

  /** @internal */
  public _render(): RenderedBrokers {
    const { volumeSize = STANDARD_DEFAULTS.volumeSize, volumeThroughput, tieredStorage } = this.options;
    return {
      storageInfo: {
        ebsStorageInfo: {
          volumeSize: volumeSize.toGibibytes(),
          provisionedThroughput:
            volumeThroughput === undefined ? undefined : { enabled: true, volumeThroughput: volumeThroughput },
        },
      },
      storageMode: tieredStorage ? 'TIERED' : undefined,
    };
  }

  /** @internal */
  public override _attach(scope: Construct, cluster: msk.CfnCluster): void {
    if (this.options.volumeScaling) {
      new VolumeScaling(scope, cluster, this.options.volumeScaling);
    }
  }
}

class ExpressBrokers extends Brokers {
  public readonly kind: ClusterKind = ClusterKind.EXPRESS;
  public readonly perZone: number;
  public readonly instanceType: string;

  constructor(private readonly options: ExpressBrokersOptions) {
    super();
    this.perZone = known(options.perZone ?? 1);
    this.instanceType = options.size.instanceType;
  }

  /** @internal */
  public _render(): RenderedBrokers {
    return { rebalancing: { status: (this.options.rebalancing ?? true) ? 'ACTIVE' : 'PAUSED' } };
  }
}

/** A target and a policy of Application Auto Scaling; they refer to the cluster and so go before it. */
class VolumeScaling {
  constructor(scope: Construct, cluster: msk.CfnCluster, { maxVolumeSize, targetUtilization }: VolumeScalingOptions) {
    // The role is the service-linked one, which the service takes by itself; the L2 would make another.
    const target = new scaling.CfnScalableTarget(scope, 'VolumeScalingTarget', {
      serviceNamespace: scaling.ServiceNamespace.KAFKA,
      scalableDimension: 'kafka:broker-storage:VolumeSize',
      resourceId: cluster.attrArn,
      minCapacity: 1,
      maxCapacity: maxVolumeSize.toGibibytes(),
    });
    const policy = new scaling.CfnScalingPolicy(scope, 'VolumeScalingPolicy', {
      policyName: 'BrokerStorage',
      policyType: 'TargetTrackingScaling',
      scalingTargetId: target.ref,
      targetTrackingScalingPolicyConfiguration: {
        predefinedMetricSpecification: {
          predefinedMetricType: scaling.PredefinedMetric.KAFKA_BROKER_STORAGE_UTILIZATION,
        },
        targetValue: targetUtilization ?? 60,
        disableScaleIn: true,
      },
    });
    checkAtSynth(scope, [{ resource: target }, { resource: policy }]);
  }
}

/** It is multiplied by the zones, which no intrinsic function can do. */
function known(perZone: number): number {
  if (Token.isUnresolved(perZone)) {
    throw validationError('BrokersPerZoneUnknown', '`perZone` must be a number that is known at synth, got a token');
  }
  return perZone;
}
