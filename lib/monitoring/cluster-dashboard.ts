import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { ClusterKind } from '../cluster';
import type { IMskCluster } from '../cluster';
import type { IKafkaTopic } from '../topic';

/** A consumer group on a dashboard. */
export interface DashboardConsumer {
  /** The topic that it reads. */
  readonly topic: IKafkaTopic;

  /** The group. */
  readonly consumerGroup: string;
}

/** What a dashboard shows. */
export interface ClusterDashboardProps {
  /** The cluster. */
  readonly cluster: IMskCluster;

  /**
   * The consumer groups whose lag it shows.
   *
   * @default - none
   */
  readonly consumers?: DashboardConsumer[];

  /**
   * The name of the dashboard.
   *
   * @default - made by CloudFormation
   */
  readonly dashboardName?: string;
}

/**
 * A dashboard of a cluster: what comes in and goes out, how its brokers fare, and how far its consumers are behind. It
 * shows what the kind of the cluster has; brokers only where their number is known.
 */
export class ClusterDashboard extends Construct {
  /** The dashboard, to add to. */
  public readonly dashboard: cloudwatch.Dashboard;

  constructor(scope: Construct, id: string, props: ClusterDashboardProps) {
    super(scope, id);
    const { cluster, consumers = [] } = props;
    this.dashboard = new cloudwatch.Dashboard(this, 'Resource', { dashboardName: props.dashboardName });
    this.dashboard.addWidgets(
      new cloudwatch.GraphWidget({
        title: 'Bytes per second',
        width: 12,
        left: [cluster.metrics.metricBytesIn({ label: 'in' }), cluster.metrics.metricBytesOut({ label: 'out' })],
      }),
      ...(cluster.kind === ClusterKind.SERVERLESS
        ? []
        : [new cloudwatch.GraphWidget({ title: 'Partitions', width: 12, left: [cluster.metrics.metricPartitions()] })]),
    );
    this.dashboard.addWidgets(...brokerWidgets(cluster));
    if (consumers.length > 0) {
      this.dashboard.addWidgets(
        new cloudwatch.GraphWidget({
          title: 'Records behind',
          width: 12,
          left: consumers.map(({ topic, consumerGroup }) =>
            topic.cluster.metrics.metricSumOffsetLag(consumerGroup, topic.topicName, {
              label: `${consumerGroup} on ${topic.topicName}`,
            }),
          ),
        }),
        new cloudwatch.GraphWidget({
          title: 'Seconds behind',
          width: 12,
          left: consumers.map(({ topic, consumerGroup }) =>
            topic.cluster.metrics.metricEstimatedTimeLag(consumerGroup, topic.topicName, {
              label: `${consumerGroup} on ${topic.topicName}`,
            }),
          ),
        }),
      );
    }
  }
}

function brokerWidgets(cluster: IMskCluster): cloudwatch.GraphWidget[] {
  const brokers = Array.from({ length: cluster.numberOfBrokers ?? 0 }, (_, index) => index + 1);
  if (brokers.length === 0) {
    return [];
  }
  const graph = (title: string, metric: (broker: number) => cloudwatch.IMetric) =>
    new cloudwatch.GraphWidget({ title, width: 12, left: brokers.map(metric) });
  const { metrics } = cluster;
  return [
    graph('CPU, percent', (broker) => metrics.metricBrokerCpu(broker)),
    ...(cluster.kind === ClusterKind.STANDARD
      ? [graph('Volume used, percent', (broker) => metrics.metricBrokerDiskUsed(broker, { label: `broker ${broker}` }))]
      : []),
  ];
}
