export { KafkaTopic } from './kafka-topic';
export type { IKafkaTopic, KafkaTopicProps } from './kafka-topic';
export { CleanupPolicy, CompressionType } from './topic-configuration';
export type { TopicConfiguration } from './topic-configuration';
export { TopicGrants } from './topic-grants';
