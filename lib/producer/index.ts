export { DmsKafkaEndpoint } from './dms-kafka-endpoint';
export type { DmsKafkaEndpointProps } from './dms-kafka-endpoint';
export { IotKafkaRule } from './iot-kafka-rule';
export type { IotKafkaRuleProps } from './iot-kafka-rule';
export { KafkaProducer } from './kafka-producer';
export type { KafkaProducerProps } from './kafka-producer';
export { KinesisBridge } from './kinesis-bridge';
export type { KinesisBridgeProps } from './kinesis-bridge';
export { ProducerClient } from './producer-client';
