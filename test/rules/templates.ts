import type { Template } from '../../lib/rules';

/** Properties of one resource. */
export type Properties = Record<string, any>;

/** A copy with the values at dotted paths replaced, or removed where the value is undefined. */
export function change(properties: Properties, changes: Record<string, unknown>): Properties {
  const copy = structuredClone(properties);
  for (const [path, value] of Object.entries(changes)) {
    const steps = path.split('.');
    const last = steps.pop() as string;
    const parent = steps.reduce((inner, step) => (inner[step] ??= {}), copy);
    if (value === undefined) {
      delete parent[last];
    } else {
      parent[last] = value;
    }
  }
  return copy;
}

export function base64(settings: unknown): string {
  return Buffer.from(JSON.stringify(settings)).toString('base64');
}

/** A cluster with nothing to say against, and the same with express brokers. */
const CLUSTER: Properties = {
  ClusterName: 'orders',
  KafkaVersion: '3.9.x.kraft',
  NumberOfBrokerNodes: 3,
  BrokerNodeGroupInfo: {
    ClientSubnets: ['subnet-a', 'subnet-b', 'subnet-c'],
    InstanceType: 'kafka.m7g.large',
    StorageInfo: { EBSStorageInfo: { VolumeSize: 100 } },
  },
  ClientAuthentication: { Sasl: { Iam: { Enabled: true } } },
  EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS' } },
  // Of somewhere else, so that nobody knows what it holds.
  ConfigurationInfo: { Arn: 'arn:aws:kafka:eu-west-1:123456789012:configuration/orders/1', Revision: 1 },
};
const EXPRESS = {
  'BrokerNodeGroupInfo.InstanceType': 'express.m7g.large',
  'BrokerNodeGroupInfo.StorageInfo': undefined,
};

const SERVERLESS: Properties = {
  ClusterName: 'orders',
  VpcConfigs: [{ SubnetIds: ['subnet-a', 'subnet-b'], SecurityGroups: ['sg-a'] }],
  ClientAuthentication: { Sasl: { Iam: { Enabled: true } } },
};

const SAFE = 'unclean.leader.election.enable=false';

const TOPIC: Properties = {
  ClusterArn: { 'Fn::GetAtt': ['Cluster', 'Arn'] },
  TopicName: 'paid',
  PartitionCount: 6,
  ReplicationFactor: 3,
};

const MAPPING: Properties = {
  FunctionName: 'billing',
  EventSourceArn: 'arn:aws:kafka:eu-west-1:123456789012:cluster/orders/0a1b2c3d-0000-4000-8000-000000000001-7',
  StartingPosition: 'TRIM_HORIZON',
  Topics: ['paid'],
  AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'billing' },
};

const PATTERN: Properties = { EventPattern: { source: ['aws.macie'], 'detail-type': ['Macie Finding'] } };

export const cluster = (changes: Record<string, unknown> = {}) =>
  resource('AWS::MSK::Cluster', change(CLUSTER, changes));
export const express = (changes: Record<string, unknown> = {}) => cluster({ ...EXPRESS, ...changes });
export const serverless = (changes: Record<string, unknown> = {}) =>
  resource('AWS::MSK::ServerlessCluster', change(SERVERLESS, changes));
export const configuration = (...lines: string[]) =>
  resource('AWS::MSK::Configuration', { Name: 'orders', ServerProperties: [SAFE, ...lines].join('\n') });
export const topic = (changes: Record<string, unknown> = {}) => resource('AWS::MSK::Topic', change(TOPIC, changes));
export const mapping = (changes: Record<string, unknown> = {}) =>
  resource('AWS::Lambda::EventSourceMapping', change(MAPPING, changes));
export const rule = (changes: Record<string, unknown> = {}) => resource('AWS::Events::Rule', change(PATTERN, changes));

export function resource(Type: string, Properties: Properties = {}) {
  return { Type, Properties };
}

export function template(Resources: Record<string, unknown>): Template {
  return { Resources };
}

/** What lets a cluster follow a configuration of the same template. */
export const CONFIGURED = {
  'ConfigurationInfo.Arn': { Ref: 'Configuration' },
  'ConfigurationInfo.Revision': { 'Fn::GetAtt': ['Configuration', 'LatestRevision.Revision'] },
};
