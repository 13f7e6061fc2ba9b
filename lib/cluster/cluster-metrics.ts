import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IMskCluster } from './cluster';

/**
 * CloudWatch metrics of a cluster, in the namespace `AWS/Kafka`, each with the statistic that says something.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/metrics-details.html
 */
export class ClusterMetrics {
  /** The metrics of a cluster, created here or elsewhere. */
  public static fromCluster(cluster: IMskCluster): ClusterMetrics {
    return new ClusterMetrics(cluster);
  }

  private constructor(private readonly cluster: IMskCluster) {}

  /**
   * A metric of the cluster by its name.
   *
   * @param metricName as in the documentation, for example `ActiveControllerCount`
   * @param options more dimensions than the cluster's name, statistic, period; by default the average of five minutes
   */
  public metric(metricName: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/Kafka',
      metricName,
      region: this.cluster.env.region,
      account: this.cluster.env.account,
      ...options,
      dimensionsMap: { 'Cluster Name': this.cluster.clusterName, ...options.dimensionsMap },
    });
  }

  /** How many controllers there are: one, or the cluster can not elect leaders. All brokers report it, hence the maximum. */
  public metricActiveControllers(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('ActiveControllerCount', { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** How many partitions have no leader, on standard brokers. Only the controller reports it, hence the maximum. */
  public metricOfflinePartitions(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('OfflinePartitionsCount', { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** How many partitions of all topics there are. Only the controller reports it, hence the maximum. */
  public metricPartitions(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('GlobalPartitionCount', { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** Bytes per second that clients write, on all brokers together: the sum of the brokers' averages. */
  public metricBytesIn(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('BytesInPerSec', { statistic: cloudwatch.Stats.SUM, period: Duration.minutes(1), ...options });
  }

  /** Bytes per second that clients read, on all brokers together. */
  public metricBytesOut(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('BytesOutPerSec', { statistic: cloudwatch.Stats.SUM, period: Duration.minutes(1), ...options });
  }

  /** How much of its CPU a broker uses, in percent: above 60, too little is left for the work of another one. */
  public metricBrokerCpu(brokerId: number, options?: cloudwatch.MetricOptions): cloudwatch.MathExpression {
    return new cloudwatch.MathExpression({
      // The ids have to be told apart where several brokers are in one graph.
      expression: `user${brokerId} + system${brokerId}`,
      label: `CPU of broker ${brokerId}`,
      period: options?.period ?? Duration.minutes(5),
      usingMetrics: {
        [`user${brokerId}`]: this.ofBroker('CpuUser', brokerId, options),
        [`system${brokerId}`]: this.ofBroker('CpuSystem', brokerId, options),
      },
    });
  }

  /** How full the volume of a standard broker is, in percent. */
  public metricBrokerDiskUsed(brokerId: number, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.ofBroker('KafkaDataLogsDiskUsed', brokerId, { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** How full the heap of a standard broker is after garbage collection, in percent. */
  public metricBrokerHeapAfterGc(brokerId: number, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.ofBroker('HeapMemoryAfterGC', brokerId, { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** How many partitions a broker has, replicas included. */
  public metricBrokerPartitions(brokerId: number, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.ofBroker('PartitionCount', brokerId, { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** How many partitions of a standard broker have fewer replicas in sync than writes need. */
  public metricBrokerUnderMinIsrPartitions(brokerId: number, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.ofBroker('UnderMinIsrPartitionCount', brokerId, { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** How many partitions of a standard broker have a replica that is behind. */
  public metricBrokerUnderReplicatedPartitions(
    brokerId: number,
    options?: cloudwatch.MetricOptions,
  ): cloudwatch.Metric {
    return this.ofBroker('UnderReplicatedPartitions', brokerId, { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** How many CPU credits a broker of the size kafka.t3.small has left. */
  public metricBrokerCpuCredits(brokerId: number, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.ofBroker('CPUCreditBalance', brokerId, { statistic: cloudwatch.Stats.MINIMUM, ...options });
  }

  /** How many connections of IAM clients a broker has: 3000 are taken. Reported in parts, hence the sum. */
  public metricBrokerIamConnections(brokerId: number, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.ofBroker('ClientConnectionCount', brokerId, {
      statistic: cloudwatch.Stats.SUM,
      period: Duration.minutes(1),
      ...options,
      dimensionsMap: { 'Client Authentication': 'IAM', ...options?.dimensionsMap },
    });
  }

  /** How long an express broker holds producers back, in milliseconds, because they send more than it takes. */
  public metricBrokerProduceThrottle(brokerId: number, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.ofBroker('ProduceThrottleTime', brokerId, options);
  }

  /** How long an express broker holds consumers back, in milliseconds. */
  public metricBrokerFetchThrottle(brokerId: number, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.ofBroker('FetchThrottleTime', brokerId, options);
  }

  /**
   * How many records the slowest partition of a consumer group is behind, the largest of all partitions of the topic.
   * Reported while the group has members or offsets, for names of ASCII characters without a colon.
   *
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/consumer-lag.html
   */
  public metricMaxOffsetLag(
    consumerGroup: string,
    topicName: string,
    options: cloudwatch.MetricOptions = {},
  ): cloudwatch.Metric {
    return this.ofGroup('MaxOffsetLag', consumerGroup, topicName, options);
  }

  /** How many records a consumer group is behind, on all partitions of the topic together. */
  public metricSumOffsetLag(
    consumerGroup: string,
    topicName: string,
    options: cloudwatch.MetricOptions = {},
  ): cloudwatch.Metric {
    return this.ofGroup('SumOffsetLag', consumerGroup, topicName, options);
  }

  /** How many seconds a consumer group is behind, by the service's estimate. */
  public metricEstimatedTimeLag(
    consumerGroup: string,
    topicName: string,
    options: cloudwatch.MetricOptions = {},
  ): cloudwatch.Metric {
    return this.ofGroup('EstimatedMaxTimeLag', consumerGroup, topicName, { period: Duration.minutes(1), ...options });
  }

  private ofBroker(metricName: string, brokerId: number, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(metricName, {
      ...options,
      dimensionsMap: { 'Broker ID': String(brokerId), ...options?.dimensionsMap },
    });
  }

  private ofGroup(
    metricName: string,
    consumerGroup: string,
    topicName: string,
    options: cloudwatch.MetricOptions,
  ): cloudwatch.Metric {
    return this.metric(metricName, {
      statistic: cloudwatch.Stats.MAXIMUM,
      ...options,
      dimensionsMap: { 'Consumer Group': consumerGroup, Topic: topicName, ...options.dimensionsMap },
    });
  }
}
