export { KafkaProducer } from './kafka-producer';
export type { KafkaProducerProps } from './kafka-producer';
export { ProducerClient } from './producer-client';
