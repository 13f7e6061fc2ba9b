export { ExistingTopic, KafkaTopic, TopicManagement } from './kafka-topic';
export type { IKafkaTopic, KafkaTopicProps } from './kafka-topic';
export { KafkaSchema, KafkaSchemaRegistry, SchemaCompatibility, SchemaDataFormat } from './schema-registry';
export type { IKafkaSchema, IKafkaSchemaRegistry, KafkaSchemaProps, KafkaSchemaRegistryProps } from './schema-registry';
export { SchemaRegistryGrants } from './schema-registry-grants';
export { TopicAcls } from './topic-acls';
export { CleanupPolicy, CompressionType, TopicPresets } from './topic-configuration';
export type { TopicConfiguration } from './topic-configuration';
export { TopicGrants } from './topic-grants';
