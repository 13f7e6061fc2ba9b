export {
  ChannelCompression,
  ChannelDestination,
  ChannelRecordFormat,
  ChannelStorageClass,
  TableCompression,
  TableRecords,
} from './channel-destination';
export type { IcebergChannelDestinationOptions, S3ChannelDestinationOptions } from './channel-destination';
export { ConnectPlugin, ConnectPluginCode } from './connect-plugin';
export type { ConnectPluginAttributes, ConnectPluginProps, IConnectPlugin } from './connect-plugin';
export { ConnectWorkerConfiguration } from './connect-worker-configuration';
export type {
  ConnectWorkerConfigurationAttributes,
  ConnectWorkerConfigurationProps,
  IConnectWorkerConfiguration,
} from './connect-worker-configuration';
export { ConnectorCapacity } from './connector-capacity';
export type { AutoscaledConnectorCapacityOptions, ProvisionedConnectorCapacityOptions } from './connector-capacity';
export { DeliveryLogs } from './delivery-logs';
export type { LogGroupDeliveryLogsOptions } from './delivery-logs';
export { MskChannel } from './msk-channel';
export type { IMskChannel, MskChannelProps } from './msk-channel';
export { KafkaConnectVersion, MskConnector } from './msk-connector';
export type { IMskConnector, MskConnectorProps } from './msk-connector';
export {
  MskReplicator,
  ReplicatedOffsets,
  ReplicatedTopicNaming,
  ReplicationCompression,
  ReplicationStartingPosition,
} from './msk-replicator';
export type { IMskReplicator, MskReplicatorProps } from './msk-replicator';
export { MskVpcConnection } from './msk-vpc-connection';
export type { IMskVpcConnection, MskVpcConnectionProps } from './msk-vpc-connection';
export { ReplicationPattern } from './replication-pattern';
