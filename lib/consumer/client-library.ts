import type { ClientProperties } from '../cluster';

/** The Kafka client of a program: the form in which it takes its settings. */
export enum ClientLibrary {
  /** Kafka's own, for Java and other languages of the JVM: the lines of a properties file. */
  JAVA = 'java',

  /** librdkafka and what is built on it, for Python, Go, .NET, C and JavaScript: the lines of a properties file. */
  LIBRDKAFKA = 'librdkafka',

  /** `@platformatic/kafka`, for Node.js: a JSON object. */
  PLATFORMATIC = 'platformatic',

  /** KafkaJS, for Node.js: a JSON object. */
  KAFKA_JS = 'kafkaJs',
}

/** Environment variables that every program of ours that is a Kafka client finds, whatever runs it. */
export interface ClientEnvironmentOptions {
  readonly library?: ClientLibrary;
  readonly topics: string[];
  readonly consumerGroup: string;
}

/** The names are part of the contract with the user's code: they are in the guide. */
export function clientEnvironment(
  properties: ClientProperties,
  { library = ClientLibrary.JAVA, topics, consumerGroup }: ClientEnvironmentOptions,
): Record<string, string> {
  return {
    KAFKA_BOOTSTRAP_SERVERS: properties.bootstrapBrokers,
    KAFKA_TOPICS: topics.join(','),
    KAFKA_GROUP_ID: consumerGroup,
    KAFKA_CLIENT_PROPERTIES: properties[library],
  };
}
