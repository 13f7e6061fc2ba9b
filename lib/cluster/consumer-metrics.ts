import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';

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
