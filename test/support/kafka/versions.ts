/** Every version that the engines come in. A change here needs a new `jars.lock.json`: `npx tsx test/support/kafka/lock-jars.ts`. */

/** Apache Kafka releases that stand for the newest `3.9.x.kraft` and `4.1.x.kraft` of Amazon MSK. */
export const KAFKA_VERSIONS = ['3.9.2', '4.1.2'] as const;
export type KafkaVersion = (typeof KAFKA_VERSIONS)[number];
export const NEWEST_KAFKA: KafkaVersion = '4.1.2';

/** Kafka brings the API only. */
export const SLF4J_SIMPLE_VERSION = '1.7.36';

/** The engine that matches events in Amazon EventBridge. */
export const EVENT_RULER_VERSION = '2.1.0';

export const MAVEN_DEPENDENCY_PLUGIN_VERSION = '3.8.1';

/** Kafka 4 does not start on an older one. */
export const JAVA_RELEASE = 17;

/** What AWS Glue 5.1 has. */
export const SPARK_VERSION = '3.5.6';
/** Not published for 3.5.6. */
export const SPARK_KAFKA_VERSION = '3.5.7';
export const ICEBERG_VERSION = '1.10.0';

export const MSK_IAM_AUTH_VERSION = '2.3.9';

/** Releases of the lines of Flink that the SQL runner is for. */
export const FLINK_VERSIONS = ['2.2.1', '2.3.0'] as const;
