import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IMskCluster } from './cluster';

/**
 * CloudWatch metrics of a cluster, in the namespace `AWS/Kafka`.
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

  /**
   * How many records the slowest partition of a consumer group is behind, the largest of all partitions of the topic.
   *
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/consumer-lag.html
   */
  public metricMaxOffsetLag(
    consumerGroup: string,
    topicName: string,
    options: cloudwatch.MetricOptions = {},
  ): cloudwatch.Metric {
    return this.metric('MaxOffsetLag', {
      statistic: cloudwatch.Stats.MAXIMUM,
      ...options,
      dimensionsMap: { 'Consumer Group': consumerGroup, Topic: topicName, ...options.dimensionsMap },
    });
  }
}
