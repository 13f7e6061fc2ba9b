import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';
import type { IMskCluster } from './cluster';

/** What can be measured of a consumer. What its service does not offer is undefined. */
export interface ConsumerMetrics {
  /**
   * How many records its slowest partition is behind.
   *
   * @default - not offered
   */
  readonly recordsBehind?: cloudwatch.IMetric;

  /**
   * How long it is behind, in seconds.
   *
   * @default - not offered
   */
  readonly timeBehind?: cloudwatch.IMetric;

  /**
   * How many records it has taken. A consumer that stands still reports nothing.
   *
   * @default - not offered
   */
  readonly records?: cloudwatch.IMetric;

  /**
   * How much it could not process: more than nothing asks for somebody.
   *
   * @default - not offered
   */
  readonly deadLetters?: cloudwatch.IMetric;
}

/** Whatever reads a topic. `ConsumerAlarms` watches it. */
export interface IKafkaConsumer extends IConstruct {
  /** What can be measured of it. */
  readonly consumerMetrics: ConsumerMetrics;
}

/** What the cluster knows of a consumer group: on the topic where it is furthest behind. */
export function groupMetrics(
  { metrics }: IMskCluster,
  consumerGroup: string,
  topicNames: string[],
): Pick<ConsumerMetrics, 'recordsBehind' | 'timeBehind'> {
  return {
    recordsBehind: greatest(topicNames.map((name) => metrics.metricMaxOffsetLag(consumerGroup, name))),
    timeBehind: greatest(topicNames.map((name) => metrics.metricEstimatedTimeLag(consumerGroup, name))),
  };
}

function greatest(metrics: cloudwatch.Metric[]): cloudwatch.IMetric | undefined {
  if (metrics.length < 2) {
    return metrics[0];
  }
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`topic${index}`, metric]));
  return new cloudwatch.MathExpression({
    expression: `MAX([${Object.keys(usingMetrics).join(', ')}])`,
    period: Duration.minutes(1),
    usingMetrics,
  });
}
