import { Size } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import {
  AuthenticationMechanism,
  Brokers,
  ClientAuthentication,
  ClusterNetworkType,
  ExpressBrokerSize,
  KafkaTopic,
  KafkaVersion,
  MskReplicator,
  ReplicationPattern,
  ServerlessCluster,
  StandardBrokerSize,
  TopicManagement,
} from '../../../lib';
import type { KafkaTopicProps, MskReplicatorProps, ProvisionedClusterProps } from '../../../lib';
import { cluster, importedVpc, keepReportsQuiet } from '../../support/fixtures';
import { refuses } from './refused';
import type { Write } from './refused';

keepReportsQuiet();

const orders = (props: Partial<ProvisionedClusterProps>) => (of: Stack) => cluster(of, 'Orders', props);
const standard = (options: Parameters<typeof Brokers.standard>[0]) => orders({ brokers: Brokers.standard(options) });
const version = (text: string, props: Partial<ProvisionedClusterProps> = {}) =>
  orders({ kafkaVersion: KafkaVersion.of(text), ...props });
const server = (other: Record<string, string>) => orders({ serverProperties: { other } });
const express = { brokers: Brokers.express({ size: ExpressBrokerSize.M7G_LARGE }) };
const scaling = (maxGiB: number, targetUtilization: number) =>
  standard({ volumeScaling: { maxVolumeSize: Size.gibibytes(maxGiB), targetUtilization } });
const size = (instanceType: string) => StandardBrokerSize.of(instanceType);
const topic =
  (props: Partial<KafkaTopicProps>, of: Partial<ProvisionedClusterProps> = {}): Write =>
  (scope) =>
    new KafkaTopic(scope, 'Topic', {
      cluster: cluster(scope, 'Orders', of),
      topicName: 'paid',
      partitions: 1,
      ...props,
    });
const serverless =
  (props: Record<string, unknown>): Write =>
  (of) =>
    new ServerlessCluster(of, 'Clicks', { vpc: importedVpc(of), ...props });
const accounts =
  (count: number): Write =>
  (of) => {
    const owned = cluster(of);
    for (let i = 0; i < count; i++) {
      owned.addToResourcePolicy(
        new iam.PolicyStatement({
          principals: [new iam.AccountPrincipal(String(100_000_000_000 + i))],
          actions: ['kafka:CreateVpcConnection', `kafka:Describe${i}`],
          resources: ['*'],
        }),
      );
    }
  };
const replicator =
  (props: Partial<MskReplicatorProps>, ...ways: ClientAuthentication[]): Write =>
  (of) =>
    new MskReplicator(of, 'Copy', {
      source: cluster(of, 'Source', ways.length > 0 ? { authentication: ways } : {}),
      target: cluster(of, 'Target'),
      topics: [ReplicationPattern.literal('paid')],
      ...props,
    });
const { IAM } = AuthenticationMechanism;

describe('[111] clusters and topics', () =>
  refuses([
    ['a name', 'MSK-CLUSTER-NAME', orders({ clusterName: 'my_orders' }), orders({ clusterName: 'my-orders' })],
    [
      'a broker less than there are zones',
      'MSK-CLUSTER-BROKER-COUNT',
      standard({ perZone: 0 }),
      standard({ perZone: 1 }),
    ],
    ['half a broker', 'MSK-CLUSTER-BROKER-COUNT', standard({ perZone: 1.5 }), standard({ perZone: 2 })],
    ['two zones of express brokers', 'MSK-CLUSTER-ZONES', orders({ ...express, zones: 2 }), orders(express)],
    [
      'a size',
      'MSK-CLUSTER-BROKER-SIZE',
      standard({ size: size('kafka.m6i.large') }),
      standard({ size: size('kafka.m5.large') }),
    ],
    ['M7g with an old version', 'MSK-CLUSTER-BROKER-SIZE', version('3.3.1'), version('3.3.2')],
    ['ZooKeeper of Kafka 4', 'MSK-CLUSTER-VERSION', version('4.0.x'), version('4.0.x.kraft')],
    [
      'a version without express brokers',
      'MSK-CLUSTER-VERSION',
      version('4.1.x.kraft', express),
      version('3.9.x.kraft', express),
    ],
    [
      'a version without standard brokers',
      'MSK-CLUSTER-VERSION',
      version('4.2.x.kraft'),
      version('4.2.x.kraft', express),
    ],
    [
      'a volume',
      'MSK-CLUSTER-STORAGE',
      standard({ volumeSize: Size.gibibytes(16385) }),
      standard({ volumeSize: Size.gibibytes(16384) }),
    ],
    [
      'a throughput',
      'MSK-CLUSTER-STORAGE',
      standard({ size: size('kafka.m5.4xlarge'), volumeThroughput: 249 }),
      standard({ size: size('kafka.m5.4xlarge'), volumeThroughput: 250 }),
    ],
    [
      'tiers of an old version',
      'MSK-CLUSTER-STORAGE',
      version('3.5.1', { brokers: Brokers.standard({ tieredStorage: true }) }),
      version('3.6.0', { brokers: Brokers.standard({ tieredStorage: true }) }),
    ],
    ['a largest volume', 'MSK-VOLUME-SCALING', scaling(16385, 60), scaling(16384, 60)],
    ['a target of volumes', 'MSK-VOLUME-SCALING', scaling(1000, 81), scaling(1000, 80)],
    [
      'mutual TLS without an authority',
      'MSK-CLUSTER-AUTHENTICATION',
      orders({ authentication: [ClientAuthentication.mutualTls([])] }),
      orders({ authentication: [ClientAuthentication.iam(), ClientAuthentication.plaintext()] }),
    ],
    [
      'public access of private subnets',
      'MSK-CLUSTER-PUBLIC-ACCESS',
      orders({ publicAccess: true }),
      orders({ publicAccess: false }),
    ],
    [
      'connectivity for whom the cluster does not let in',
      'MSK-CLUSTER-VPC-CONNECTIVITY',
      orders({ vpcConnectivity: [AuthenticationMechanism.MUTUAL_TLS] }),
      orders({ vpcConnectivity: [IAM] }),
    ],
    [
      'connectivity without saying who one is',
      'MSK-CLUSTER-VPC-CONNECTIVITY',
      orders({ vpcConnectivity: [AuthenticationMechanism.PLAINTEXT] }),
      orders({ vpcConnectivity: [] }),
    ],
    [
      'connectivity of small brokers',
      'MSK-CLUSTER-VPC-CONNECTIVITY',
      orders({ vpcConnectivity: [IAM], brokers: Brokers.standard({ size: StandardBrokerSize.T3_SMALL }) }),
      orders({ vpcConnectivity: [IAM], brokers: Brokers.standard({ size: StandardBrokerSize.M7G_LARGE }) }),
    ],
    [
      'IPv6 of an old version',
      'MSK-CLUSTER-NETWORK-TYPE',
      version('3.5.1', { networkType: ClusterNetworkType.DUAL }),
      version('3.6.0', { networkType: ClusterNetworkType.DUAL }),
    ],
    [
      'listeners',
      'MSK-CONFIGURATION-PROPERTIES',
      server({ listeners: 'SSL://:9094' }),
      server({ 'num.partitions': '3' }),
    ],
    [
      'advertised listeners',
      'MSK-CONFIGURATION-PROPERTIES',
      server({ 'advertised.listeners': 'CLIENT://b-1.kafka.example.com:9098' }),
      server({ 'num.partitions': '3' }),
    ],
    ['a policy', 'MSK-POLICY-SIZE', accounts(200), accounts(100)],
    ['the name of a topic', 'MSK-TOPIC-NAME', topic({ topicName: 'a b' }), topic({ topicName: 'a-b' })],
    [
      'a topic of Kafka',
      'MSK-TOPIC-NAME',
      topic({ topicName: '__consumer_offsets' }),
      topic({ topicName: '_offsets' }),
    ],
    ['no partition', 'MSK-TOPIC-PARTITIONS', topic({ partitions: 0 }), topic({ partitions: 1 })],
    ['four copies', 'MSK-TOPIC-REPLICATION', topic({ replicationFactor: 4 }), topic({ replicationFactor: 3 })],
    [
      'a topic of an old version',
      'MSK-TOPIC-CLUSTER',
      topic({ management: TopicManagement.SERVICE }, { kafkaVersion: KafkaVersion.of('3.5.1') }),
      topic({ management: TopicManagement.SERVICE }, { kafkaVersion: KafkaVersion.of('3.6.0') }),
    ],
    [
      'a setting of a topic on express brokers',
      'MSK-TOPIC-CONFIGS',
      topic({ configuration: { other: { 'segment.bytes': '1048576' } } }, express),
      topic({ configuration: { other: { 'segment.bytes': '1048576' } } }),
    ],
    [
      'a name of a serverless cluster',
      'MSK-SERVERLESS-NAME',
      serverless({ clusterName: 'a'.repeat(65) }),
      serverless({ clusterName: 'a' }),
    ],
    [
      'a tag of a serverless cluster',
      'MSK-SERVERLESS-TAGS',
      serverless({ tags: { team: 'a;b' } }),
      serverless({ tags: { team: 'a b' } }),
    ],
    [
      'a replicator',
      'MSK-REPLICATOR-NAME',
      replicator({ replicatorName: 'to_green' }),
      replicator({ replicatorName: 'to-green' }),
    ],
    [
      'patterns of a replicator',
      'MSK-REPLICATOR-PATTERNS',
      replicator({ excludedTopics: [] }),
      replicator({ excludedTopics: [ReplicationPattern.literal('test')] }),
    ],
    [
      'a replicator from a cluster without IAM',
      'IAM',
      replicator({}, ClientAuthentication.scram()),
      replicator({}, ClientAuthentication.scram(), ClientAuthentication.iam()),
    ],
  ]));
