import { Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { ClusterKind } from '../cluster';
import type { IMskCluster } from '../cluster';
import { validationError } from '../private/errors';
import { brokerSizeData } from '../rules/msk-data';

/** When the alarms of a cluster go off. */
export interface ClusterAlarmsProps {
  /** The cluster. Its kind decides which alarms there are: a metric that it does not have would never go off. */
  readonly cluster: IMskCluster;

  /**
   * What happens when an alarm goes off, and when it is over.
   *
   * @default - nothing: the alarms are to be looked at
   */
  readonly actions?: cloudwatch.IAlarmAction[];

  /**
   * How much of its CPU a broker may use, in percent: at 60, the others can still take over when one is away.
   *
   * @default 60
   */
  readonly maxCpu?: number;

  /**
   * How full the volume of a standard broker may be, in percent.
   *
   * @default 80
   */
  readonly maxDiskUsed?: number;

  /**
   * How full the heap of a standard broker may be after garbage collection, in percent.
   *
   * @default 60
   */
  readonly maxHeap?: number;

  /**
   * How many partitions a broker may have, replicas included.
   *
   * @default - as many as AWS recommends for its size
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/bestpractices.html
   */
  readonly maxPartitionsPerBroker?: number;

  /**
   * How many IAM connections a broker may have: at 3000, it takes no more.
   *
   * @default 2400
   */
  readonly maxIamConnections?: number;
}

/**
 * The alarms that AWS recommends for a cluster of this kind. A serverless cluster has no broker to watch: what can be
 * watched are its consumers, with `ConsumerLagAlarm`.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/bestpractices-cw-alarms.html
 */
export class ClusterAlarms extends Construct {
  /** The alarms, in the order in which they were made. */
  public readonly alarms: cloudwatch.Alarm[] = [];

  private readonly actions: cloudwatch.IAlarmAction[];

  constructor(scope: Construct, id: string, props: ClusterAlarmsProps) {
    super(scope, id);
    const { cluster } = props;
    this.actions = props.actions ?? [];
    const brokers = brokerIds(this, cluster);
    this.ofAllKinds(props, brokers);
    if (cluster.kind === ClusterKind.STANDARD) {
      this.ofStandardBrokers(props, brokers);
    }
    if (cluster.kind === ClusterKind.EXPRESS) {
      this.ofExpressBrokers(props, brokers);
    }
  }

  private ofAllKinds(
    { cluster, maxCpu, maxPartitionsPerBroker, maxIamConnections }: ClusterAlarmsProps,
    brokers: number[],
  ): void {
    const { metrics } = cluster;
    this.add('NoController', metrics.metricActiveControllers(), {
      below: 1,
      says: 'no broker is the controller: leaders can not be elected',
    });
    const partitions = maxPartitionsPerBroker ?? recommendedPartitions(cluster);
    for (const broker of brokers) {
      this.add(`Cpu${broker}`, metrics.metricBrokerCpu(broker), {
        atLeast: maxCpu ?? 60,
        periods: 3,
        says: `broker ${broker} uses so much CPU that it could not take over the work of another one`,
      });
      if (partitions !== undefined) {
        this.add(`Partitions${broker}`, metrics.metricBrokerPartitions(broker), {
          atLeast: partitions,
          says: `broker ${broker} has as many partitions as its size should have; with more, updates are refused`,
        });
      }
      this.add(`IamConnections${broker}`, metrics.metricBrokerIamConnections(broker), {
        atLeast: maxIamConnections ?? 2400,
        periods: 3,
        says: `broker ${broker} is about to refuse IAM connections: it takes 3000`,
      });
    }
  }

  private ofStandardBrokers({ cluster, maxDiskUsed, maxHeap }: ClusterAlarmsProps, brokers: number[]): void {
    const { metrics } = cluster;
    this.add('OfflinePartitions', metrics.metricOfflinePartitions({ period: Duration.minutes(1) }), {
      atLeast: 1,
      periods: 3,
      says: 'partitions have no leader: nobody can read or write them',
    });
    for (const broker of brokers) {
      this.add(`DiskUsed${broker}`, metrics.metricBrokerDiskUsed(broker), {
        atLeast: maxDiskUsed ?? 80,
        says: `the volume of broker ${broker} is filling up; a full one stops its broker`,
      });
      this.add(`Heap${broker}`, metrics.metricBrokerHeapAfterGc(broker), {
        atLeast: maxHeap ?? 60,
        periods: 3,
        says: `broker ${broker} is short of memory`,
      });
      this.add(
        `UnderMinIsr${broker}`,
        metrics.metricBrokerUnderMinIsrPartitions(broker, { period: Duration.minutes(1) }),
        {
          atLeast: 1,
          periods: 3,
          says: `partitions of broker ${broker} have too few replicas in sync: producers with acks=all are refused`,
        },
      );
      this.add(`UnderReplicated${broker}`, metrics.metricBrokerUnderReplicatedPartitions(broker), {
        atLeast: 1,
        periods: 3,
        says: `replicas of partitions of broker ${broker} have been behind for a quarter of an hour`,
      });
      if (cluster.instanceType === 'kafka.t3.small') {
        this.add(`CpuCredits${broker}`, metrics.metricBrokerCpuCredits(broker), {
          below: 101,
          periods: 3,
          says: `broker ${broker} has hardly any CPU credits left and is about to be slowed down`,
        });
      }
    }
  }

  private ofExpressBrokers({ cluster }: ClusterAlarmsProps, brokers: number[]): void {
    for (const broker of brokers) {
      this.add(`ProduceThrottle${broker}`, cluster.metrics.metricBrokerProduceThrottle(broker), {
        above: 0,
        periods: 3,
        says: `broker ${broker} holds producers back: they send more than its size takes`,
      });
      this.add(`FetchThrottle${broker}`, cluster.metrics.metricBrokerFetchThrottle(broker), {
        above: 0,
        periods: 3,
        says: `broker ${broker} holds consumers back: they read more than its size gives`,
      });
    }
  }

  private add(id: string, metric: cloudwatch.IMetric, when: Threshold): void {
    const [threshold, comparisonOperator] = comparison(when);
    const alarm = new cloudwatch.Alarm(this, id, {
      metric,
      threshold,
      comparisonOperator,
      evaluationPeriods: when.periods ?? 1,
      alarmDescription: when.says,
      // A cluster that is being made or has no IAM clients reports nothing, and nothing is wrong.
      treatMissingData: cloudwatch.TreatMissingData.MISSING,
    });
    alarm.addAlarmAction(...this.actions);
    alarm.addOkAction(...this.actions);
    this.alarms.push(alarm);
  }
}

interface Threshold {
  readonly atLeast?: number;
  readonly above?: number;
  readonly below?: number;
  readonly periods?: number;
  readonly says: string;
}

function comparison({ atLeast, above, below }: Threshold): [number, cloudwatch.ComparisonOperator] {
  if (atLeast !== undefined) {
    return [atLeast, cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD];
  }
  return above === undefined
    ? [below ?? 0, cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD]
    : [above, cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD];
}

function brokerIds(scope: Construct, cluster: IMskCluster): number[] {
  const { kind, numberOfBrokers, node } = cluster;
  if (kind === ClusterKind.SERVERLESS) {
    throw validationError(
      'ServerlessClusterAlarms',
      `the cluster '${node.path}' is serverless and has no broker to watch: watch its consumers with ConsumerLagAlarm`,
      scope,
    );
  }
  const missing = [...(kind ? [] : ['kind']), ...(numberOfBrokers === undefined ? ['numberOfBrokers'] : [])];
  if (missing.length > 0 || Token.isUnresolved(numberOfBrokers)) {
    throw validationError(
      'ClusterBrokersUnknown',
      `the brokers of the cluster '${node.path}' are unknown, and each has alarms of its own: give \`${missing.join('`, `') || 'numberOfBrokers'}\` ` +
        'to MskCluster.fromClusterAttributes()',
      scope,
    );
  }
  return Array.from({ length: numberOfBrokers ?? 0 }, (_, index) => index + 1);
}

/** @see https://docs.aws.amazon.com/msk/latest/developerguide/bestpractices.html */
function recommendedPartitions({ instanceType }: IMskCluster): number | undefined {
  return instanceType === undefined ? undefined : brokerSizeData(instanceType)?.recommendedPartitions;
}
