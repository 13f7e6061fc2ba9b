import { KAFKA_TOOLS } from '../../../lib/consumer/kafka-tools';
import type { JarSet } from './java';
import {
  EVENT_RULER_VERSION,
  FLINK_VERSIONS,
  ICEBERG_VERSION,
  KAFKA_VERSIONS,
  MSK_IAM_AUTH_VERSION,
  NEWEST_KAFKA,
  SLF4J_SIMPLE_VERSION,
  SPARK_KAFKA_VERSION,
  SPARK_VERSION,
} from './versions';
import type { KafkaVersion } from './versions';

/** A whole broker. Kafka logs through SLF4J and brings no implementation of it. */
export function kafkaJars(version: KafkaVersion): JarSet {
  return {
    name: `kafka-${version}`,
    dependencies: [`org.apache.kafka:kafka_2.13:${version}`, `org.slf4j:slf4j-simple:${SLF4J_SIMPLE_VERSION}`],
  };
}

/** Kafka's own command-line tools: they come beside the broker, and find what they need among its jars. */
export const KAFKA_TOOLS_JARS: JarSet = {
  name: `kafka-tools-${NEWEST_KAFKA}`,
  alone: true,
  dependencies: [`org.apache.kafka:kafka-tools:${NEWEST_KAFKA}`],
};

export const EVENT_RULER_JARS: JarSet = {
  name: `event-ruler-${EVENT_RULER_VERSION}`,
  dependencies: [`software.amazon.event.ruler:event-ruler:${EVENT_RULER_VERSION}`],
};

/** What Spark of PyPI lacks to read Kafka as Amazon MSK has it, and to write Iceberg; of the rest it has its own. */
export const SPARK_JARS: JarSet = {
  name: `spark-${SPARK_VERSION}`,
  alone: true,
  dependencies: [
    `org.apache.spark:spark-sql-kafka-0-10_2.12:${SPARK_KAFKA_VERSION}`,
    `org.apache.spark:spark-token-provider-kafka-0-10_2.12:${SPARK_KAFKA_VERSION}`,
    `org.apache.spark:spark-avro_2.12:${SPARK_VERSION}`,
    'org.apache.kafka:kafka-clients:3.4.1',
    'org.apache.commons:commons-pool2:2.11.1',
    `org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:${ICEBERG_VERSION}`,
    `software.amazon.msk:aws-msk-iam-auth:${MSK_IAM_AUTH_VERSION}:all`,
  ],
};

/** What the user data of a `KafkaClientInstance` puts on the class path. */
export const CLIENT_INSTANCE_JARS: JarSet = {
  name: 'kafka-tools',
  alone: true,
  dependencies: Object.keys(KAFKA_TOOLS),
};

/** Kafka Connect with MirrorMaker 2, as an image of Kafka has it: without IAM. */
export const MIRROR_MAKER_JARS: JarSet = {
  name: `mirror-maker-${NEWEST_KAFKA}`,
  dependencies: [`org.apache.kafka:connect-mirror:${NEWEST_KAFKA}`, `org.slf4j:slf4j-simple:${SLF4J_SIMPLE_VERSION}`],
};

/** Flink with what Managed Service for Apache Flink has beside it: tables, SQL and JSON. */
export function flinkJars(version: string): JarSet {
  return {
    name: `flink-${version}`,
    dependencies: [
      ...['clients', 'connector-base', 'container', 'json'],
      ...['table-api-java-bridge', 'table-planner-loader', 'table-runtime'],
    ]
      .map((artifact) => `org.apache.flink:flink-${artifact}:${version}`)
      .concat(`org.slf4j:slf4j-simple:${SLF4J_SIMPLE_VERSION}`),
  };
}

export const JAR_SETS: readonly JarSet[] = [
  ...KAFKA_VERSIONS.map(kafkaJars),
  KAFKA_TOOLS_JARS,
  EVENT_RULER_JARS,
  SPARK_JARS,
  CLIENT_INSTANCE_JARS,
  MIRROR_MAKER_JARS,
  ...FLINK_VERSIONS.map(flinkJars),
];
