import type { JarSet } from './java';
import { EVENT_RULER_VERSION, KAFKA_VERSIONS, SLF4J_SIMPLE_VERSION } from './versions';
import type { KafkaVersion } from './versions';

/** A whole broker. Kafka logs through SLF4J and brings no implementation of it. */
export function kafkaJars(version: KafkaVersion): JarSet {
  return {
    name: `kafka-${version}`,
    dependencies: [`org.apache.kafka:kafka_2.13:${version}`, `org.slf4j:slf4j-simple:${SLF4J_SIMPLE_VERSION}`],
  };
}

export const EVENT_RULER_JARS: JarSet = {
  name: `event-ruler-${EVENT_RULER_VERSION}`,
  dependencies: [`software.amazon.event.ruler:event-ruler:${EVENT_RULER_VERSION}`],
};

export const JAR_SETS: readonly JarSet[] = [...KAFKA_VERSIONS.map(kafkaJars), EVENT_RULER_JARS];
