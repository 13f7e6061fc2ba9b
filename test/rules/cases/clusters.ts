import { cluster, express, resource } from '../templates';
import { SIZE, SUBNETS, configured, late, named, subnets, zones } from './case';
import type { Case } from './case';

const VOLUME = 'BrokerNodeGroupInfo.StorageInfo.EBSStorageInfo';
const ENCRYPTION = 'EncryptionInfo.EncryptionInTransit.ClientBroker';
const SCRAM = { 'ClientAuthentication.Sasl': { Scram: { Enabled: true } } };
const CA = { 'ClientAuthentication.Tls.CertificateAuthorityArnList': ['arn:aws:acm-pca:eu-west-1:123456789012:ca/a'] };
const CONNECTIVITY = 'BrokerNodeGroupInfo.ConnectivityInfo';

const clusterNamed = named('MSK-CLUSTER-NAME', 'the name', cluster, 'ClusterName');
const sized = named('MSK-CLUSTER-BROKER-SIZE', 'the size', cluster, SIZE);
const expressSized = named('MSK-CLUSTER-BROKER-SIZE', 'the size', express, SIZE);
const standardVersion = named('MSK-CLUSTER-VERSION', 'on standard brokers', cluster, 'KafkaVersion');
const expressVersion = named('MSK-CLUSTER-VERSION', 'on express brokers', express, 'KafkaVersion');
const newVersion = named('MSK-CLUSTER-VERSION-UNKNOWN', 'the version', cluster, 'KafkaVersion');
const oldVersion = named('MSK-CLUSTER-VERSION-SUPPORT', 'the version', cluster, 'KafkaVersion');

const PUBLIC = { PublicAccess: 'SERVICE_PROVIDED_EIPS' };
const CLOSED = {
  Type: 'AWS::MSK::Configuration',
  Properties: { Name: 'closed', ServerProperties: 'allow.everyone.if.no.acl.found=false' },
};
const OPEN = {
  Type: 'AWS::MSK::Configuration',
  Properties: { Name: 'open', ServerProperties: 'auto.create.topics.enable=false' },
};

/** Cases of a cluster that gets a setting after its creation. */
function later(
  id: string,
  settings: Record<string, unknown>,
  wrong: string,
  bad: Record<string, unknown>,
  good: Record<string, unknown>,
  says?: string,
): Case {
  const settled = (properties: Record<string, unknown>) => ({ Cluster: cluster(properties), Later: late(settings) });
  return { id, wrong, bad: settled(bad), good: settled(good), says };
}

const PUBLIC_CASES: Case[] = [
  later(
    'MSK-CLUSTER-PUBLIC-ACCESS',
    PUBLIC,
    'public access with an old version',
    { KafkaVersion: '2.5.1' },
    { KafkaVersion: '2.8.1' },
    '2.5.1',
  ),
  later(
    'MSK-CLUSTER-PUBLIC-ACCESS',
    PUBLIC,
    'public access without asking anybody',
    { 'ClientAuthentication.Sasl.Iam.Enabled': false },
    {},
    'nobody is asked',
  ),
  later(
    'MSK-CLUSTER-PUBLIC-ACCESS',
    PUBLIC,
    'public access beside unauthenticated access',
    { 'ClientAuthentication.Unauthenticated.Enabled': true },
    { 'ClientAuthentication.Unauthenticated.Enabled': false },
  ),
  later(
    'MSK-CLUSTER-PUBLIC-ACCESS',
    PUBLIC,
    'public access with plaintext',
    { [ENCRYPTION]: 'TLS_PLAINTEXT' },
    { [ENCRYPTION]: 'TLS' },
    'TLS_PLAINTEXT',
  ),
  later(
    'MSK-CLUSTER-PUBLIC-ACCESS',
    PUBLIC,
    'public access without encryption between brokers',
    { 'EncryptionInfo.EncryptionInTransit.InCluster': false },
    { 'EncryptionInfo.EncryptionInTransit.InCluster': true },
  ),
  {
    id: 'MSK-CLUSTER-PUBLIC-ACCESS',
    wrong: 'public access in private subnets',
    bad: { Cluster: cluster(), Later: late(PUBLIC) },
    good: { Cluster: cluster(), Later: late(PUBLIC) },
    extras: { Cluster: { facts: { privateSubnets: ['Vpc/PrivateSubnet1'] } } },
    goodExtras: { Cluster: { facts: { privateSubnets: [] } } },
    says: 'Vpc/PrivateSubnet1',
  },
  {
    id: 'MSK-CLUSTER-PUBLIC-ACCESS',
    wrong: 'public access with SCRAM where who has no ACL may do all',
    bad: { ...configured(OPEN, SCRAM), Later: late(PUBLIC) },
    good: { ...configured(CLOSED, SCRAM), Later: late(PUBLIC) },
    says: 'allow.everyone.if.no.acl.found',
  },
  {
    id: 'MSK-CLUSTER-PUBLIC-ACCESS',
    wrong: 'public access in a template, with SCRAM and the configuration of the service',
    bad: {
      Cluster: cluster({
        ...SCRAM,
        ConfigurationInfo: undefined,
        [`${CONNECTIVITY}.PublicAccess.Type`]: 'SERVICE_PROVIDED_EIPS',
      }),
    },
    good: configured(CLOSED, { ...SCRAM, [`${CONNECTIVITY}.PublicAccess.Type`]: 'SERVICE_PROVIDED_EIPS' }),
  },
  later(
    'MSK-CLUSTER-VPC-CONNECTIVITY',
    { VpcConnectivity: ['SASL_IAM'] },
    'connectivity of an old version',
    { KafkaVersion: '2.6.2' },
    { KafkaVersion: '2.7.1' },
    '2.6.2',
  ),
  later(
    'MSK-CLUSTER-VPC-CONNECTIVITY',
    { VpcConnectivity: ['SASL_IAM'] },
    'connectivity of the smallest brokers',
    { [SIZE]: 'kafka.t3.small' },
    { [SIZE]: 'kafka.m5.large' },
    't3.small',
  ),
  {
    id: 'MSK-CLUSTER-VPC-CONNECTIVITY',
    wrong: 'connectivity for clients that the cluster does not let in',
    bad: { Cluster: cluster(), Later: late({ VpcConnectivity: ['TLS'] }) },
    good: { Cluster: cluster(), Later: late({ VpcConnectivity: ['SASL_IAM'] }) },
    says: 'TLS',
  },
  {
    id: 'MSK-CLUSTER-VPC-CONNECTIVITY',
    wrong: 'connectivity with SCRAM where who has no ACL may do all',
    bad: { ...configured(OPEN, SCRAM), Later: late({ VpcConnectivity: ['SASL_SCRAM'] }) },
    good: { ...configured(CLOSED, SCRAM), Later: late({ VpcConnectivity: ['SASL_SCRAM'] }) },
    says: 'SASL_SCRAM',
  },
  {
    id: 'MSK-CLUSTER-VPC-CONNECTIVITY',
    wrong: 'connectivity in a template, for clients that the cluster does not let in',
    bad: { Cluster: cluster({ [`${CONNECTIVITY}.VpcConnectivity.ClientAuthentication.Tls.Enabled`]: true }) },
    good: { Cluster: cluster({ [`${CONNECTIVITY}.VpcConnectivity.ClientAuthentication.Sasl.Iam.Enabled`]: true }) },
  },
  later(
    'MSK-CLUSTER-NETWORK-TYPE',
    { NetworkType: 'DUAL' },
    'DUAL with an old version',
    { KafkaVersion: '3.5.1' },
    { KafkaVersion: '3.6.0' },
    '3.5.1',
  ),
];

export const CLUSTER_CASES: Case[] = [
  ...PUBLIC_CASES,

  clusterNamed('my_orders', 'my-orders'),
  clusterNamed('my orders', 'MyOrders1'),
  clusterNamed('', 'a'),
  clusterNamed('a'.repeat(65), 'a'.repeat(64)),

  {
    id: 'MSK-CLUSTER-ZONES',
    wrong: 'a single subnet',
    bad: { Cluster: cluster({ ...subnets('subnet-a'), NumberOfBrokerNodes: 1 }) },
    good: { Cluster: cluster({ ...subnets('subnet-a', 'subnet-b'), NumberOfBrokerNodes: 2 }) },
    says: '1 client subnet',
  },
  {
    id: 'MSK-CLUSTER-ZONES',
    wrong: 'four subnets',
    bad: { Cluster: cluster({ ...subnets('subnet-a', 'subnet-b', 'subnet-c', 'subnet-d'), NumberOfBrokerNodes: 4 }) },
    good: { Cluster: cluster() },
    says: '4 client subnets',
  },
  {
    id: 'MSK-CLUSTER-ZONES',
    wrong: 'two subnets in one zone, as the construct knows',
    bad: { Cluster: cluster() },
    good: { Cluster: cluster() },
    extras: zones('eu-west-1a', 'eu-west-1b', 'eu-west-1a'),
    goodExtras: zones('eu-west-1a', 'eu-west-1b', 'eu-west-1c'),
    says: 'eu-west-1a, eu-west-1b, eu-west-1a',
  },
  {
    id: 'MSK-CLUSTER-ZONES',
    wrong: 'two subnets in one zone, as the template shows',
    bad: {
      A: subnet({ 'Fn::Select': [0, { 'Fn::GetAZs': '' }] }),
      B: subnet({ 'Fn::Select': [1, { 'Fn::GetAZs': '' }] }),
      C: subnet({ 'Fn::Select': [1, { 'Fn::GetAZs': '' }] }),
      Cluster: cluster({ [SUBNETS]: [{ Ref: 'A' }, { Ref: 'B' }, { Ref: 'C' }] }),
    },
    good: {
      A: subnet({ 'Fn::Select': [0, { 'Fn::GetAZs': '' }] }),
      B: subnet({ 'Fn::Select': [1, { 'Fn::GetAZs': '' }] }),
      C: subnet({ 'Fn::Select': [2, { 'Fn::GetAZs': '' }] }),
      Cluster: cluster({ [SUBNETS]: [{ Ref: 'A' }, { Ref: 'B' }, { Ref: 'C' }] }),
    },
  },
  {
    id: 'MSK-CLUSTER-ZONES',
    wrong: 'the same subnet twice',
    bad: { Cluster: cluster(subnets('subnet-a', 'subnet-b', 'subnet-a')) },
    good: { Cluster: cluster() },
    says: 'twice',
  },
  {
    id: 'MSK-CLUSTER-ZONES',
    wrong: 'express brokers in two zones',
    bad: { Cluster: express({ ...subnets('subnet-a', 'subnet-b'), NumberOfBrokerNodes: 6 }) },
    good: { Cluster: express() },
    says: 'express',
  },
  {
    id: 'MSK-CLUSTER-ZONES',
    wrong: 'three subnets in us-west-1',
    bad: { Cluster: cluster() },
    good: { Cluster: cluster({ ...subnets('subnet-a', 'subnet-b'), NumberOfBrokerNodes: 2 }) },
    region: 'us-west-1',
    says: 'us-west-1',
  },

  {
    id: 'MSK-CLUSTER-BROKER-COUNT',
    wrong: 'four brokers in three zones',
    bad: { Cluster: cluster({ NumberOfBrokerNodes: 4 }) },
    good: { Cluster: cluster({ NumberOfBrokerNodes: 6 }) },
    says: '4 brokers',
  },
  {
    id: 'MSK-CLUSTER-BROKER-COUNT',
    wrong: 'two brokers in three zones, as text',
    bad: { Cluster: cluster({ NumberOfBrokerNodes: '2' }) },
    good: { Cluster: cluster({ NumberOfBrokerNodes: '3' }) },
  },
  {
    id: 'MSK-CLUSTER-BROKER-COUNT',
    wrong: 'three brokers in two zones',
    bad: { Cluster: cluster(subnets('subnet-a', 'subnet-b')) },
    good: { Cluster: cluster({ ...subnets('subnet-a', 'subnet-b'), NumberOfBrokerNodes: 4 }) },
    says: 'over 2 Availability Zones',
  },
  {
    id: 'MSK-CLUSTER-BROKER-COUNT',
    wrong: 'no broker, in zones yet unknown',
    bad: { Cluster: cluster({ NumberOfBrokerNodes: 0, [SUBNETS]: { Ref: 'Subnets' } }) },
    good: { Cluster: cluster({ NumberOfBrokerNodes: 4, [SUBNETS]: { Ref: 'Subnets' } }) },
    says: '0 brokers',
  },
  {
    id: 'MSK-CLUSTER-BROKER-COUNT',
    wrong: 'four express brokers, in zones yet unknown',
    bad: { Cluster: express({ NumberOfBrokerNodes: 4, [SUBNETS]: { Ref: 'Subnets' } }) },
    good: { Cluster: express({ NumberOfBrokerNodes: 6, [SUBNETS]: { Ref: 'Subnets' } }) },
  },
  {
    id: 'MSK-CLUSTER-BROKER-QUOTA',
    wrong: '33 brokers with ZooKeeper',
    bad: { Cluster: cluster({ NumberOfBrokerNodes: 33, KafkaVersion: '3.9.x' }) },
    good: { Cluster: cluster({ NumberOfBrokerNodes: 30, KafkaVersion: '3.9.x' }) },
    says: '30 with ZooKeeper',
  },
  {
    id: 'MSK-CLUSTER-BROKER-QUOTA',
    wrong: '63 brokers with KRaft',
    bad: { Cluster: cluster({ NumberOfBrokerNodes: 63 }) },
    good: { Cluster: cluster({ NumberOfBrokerNodes: 60 }) },
    says: '60 with KRaft',
  },

  sized('m5.large', 'kafka.m5.large'),
  sized('kafka.m6i.large', 'kafka.m5.24xlarge'),
  sized('kafka.m7g.24xlarge', 'kafka.m7g.16xlarge'),
  sized('kafka.t3.medium', 'kafka.t3.small'),
  expressSized('express.m5.large', 'express.m7g.16xlarge'),
  expressSized('express.t3.small', 'express.m7g.large'),
  {
    id: 'MSK-CLUSTER-BROKER-SIZE',
    wrong: 'M7g with Kafka 3.3.1',
    bad: { Cluster: cluster({ KafkaVersion: '3.3.1' }) },
    good: { Cluster: cluster({ KafkaVersion: '3.3.2' }) },
    says: '3.3.1',
  },
  {
    id: 'MSK-CLUSTER-BROKER-SIZE',
    wrong: 'M7g with Kafka 2.8.1',
    bad: { Cluster: cluster({ KafkaVersion: '2.8.1' }) },
    good: { Cluster: cluster({ KafkaVersion: '2.8.2.tiered' }) },
  },
  {
    id: 'MSK-CLUSTER-SMALL-KRAFT',
    wrong: 'KRaft on the smallest size',
    bad: { Cluster: cluster({ [SIZE]: 'kafka.t3.small' }) },
    good: { Cluster: cluster({ [SIZE]: 'kafka.t3.small', KafkaVersion: '3.9.x' }) },
  },

  standardVersion('4.0.x', '4.0.x.kraft'),
  standardVersion('4.1.x', '4.1.x.kraft'),
  standardVersion('4.2.x.kraft', '4.1.x.kraft'),
  expressVersion('3.9.x', '3.9.x.kraft'),
  expressVersion('3.8.x.kraft', '3.8.x'),
  expressVersion('3.7.x', '3.6.0'),
  expressVersion('4.1.x.kraft', '4.2.x.kraft'),
  newVersion('3.9.1', '3.9.x'),
  newVersion('5.0.x.kraft', '4.1.x.kraft'),
  newVersion('latest', '3.8.x'),
  oldVersion('3.7.x', '3.8.x'),
  oldVersion('3.7.x.kraft', '3.8.x.kraft'),
  oldVersion('2.8.2.tiered', '3.9.x'),

  {
    id: 'MSK-CLUSTER-AUTHENTICATION',
    wrong: 'IAM over plaintext',
    bad: { Cluster: cluster({ [ENCRYPTION]: 'PLAINTEXT' }) },
    good: { Cluster: cluster() },
    says: 'IAM',
  },
  {
    id: 'MSK-CLUSTER-AUTHENTICATION',
    wrong: 'SCRAM over plaintext',
    bad: { Cluster: cluster({ ...SCRAM, [ENCRYPTION]: 'PLAINTEXT' }) },
    good: { Cluster: cluster({ ...SCRAM, [ENCRYPTION]: 'TLS' }) },
    says: 'SCRAM',
  },
  {
    id: 'MSK-CLUSTER-AUTHENTICATION',
    wrong: 'mutual TLS over plaintext',
    bad: { Cluster: cluster({ ...mutualTls(), [ENCRYPTION]: 'PLAINTEXT' }) },
    good: { Cluster: cluster({ ...mutualTls(), [ENCRYPTION]: 'TLS_PLAINTEXT' }) },
  },
  {
    id: 'MSK-CLUSTER-AUTHENTICATION',
    wrong: 'IAM beside plaintext without unauthenticated clients',
    bad: { Cluster: cluster({ [ENCRYPTION]: 'TLS_PLAINTEXT' }) },
    good: { Cluster: cluster({ [ENCRYPTION]: 'TLS_PLAINTEXT', 'ClientAuthentication.Unauthenticated.Enabled': true }) },
  },
  {
    id: 'MSK-CLUSTER-AUTHENTICATION',
    wrong: 'mutual TLS without an authority',
    bad: { Cluster: cluster({ 'ClientAuthentication.Tls.Enabled': true }) },
    good: { Cluster: cluster(mutualTls()) },
    says: 'certificate authority',
  },
  {
    id: 'MSK-CLUSTER-AUTHENTICATION',
    wrong: 'mutual TLS with an empty list of authorities',
    bad: { Cluster: cluster({ ...mutualTls(), 'ClientAuthentication.Tls.CertificateAuthorityArnList': [] }) },
    good: { Cluster: cluster({ 'ClientAuthentication.Tls.Enabled': false }) },
  },
  {
    id: 'MSK-CLUSTER-UNAUTHENTICATED',
    wrong: 'no client authentication',
    bad: { Cluster: cluster({ ClientAuthentication: undefined }) },
    good: { Cluster: cluster({ ClientAuthentication: { Unauthenticated: { Enabled: true } } }) },
  },
  {
    id: 'MSK-CLUSTER-UNAUTHENTICATED',
    wrong: 'every scheme off',
    bad: { Cluster: cluster({ 'ClientAuthentication.Sasl.Iam.Enabled': false }) },
    good: { Cluster: cluster({ ClientAuthentication: { Tls: { CertificateAuthorityArnList: ['arn'] } } }) },
  },
  {
    id: 'MSK-CLUSTER-PLAINTEXT',
    wrong: 'IAM beside unauthenticated plaintext',
    bad: { Cluster: cluster({ [ENCRYPTION]: 'TLS_PLAINTEXT', 'ClientAuthentication.Unauthenticated.Enabled': true }) },
    good: { Cluster: cluster({ 'ClientAuthentication.Unauthenticated.Enabled': true }) },
  },
  {
    id: 'MSK-CLUSTER-PLAINTEXT',
    wrong: 'mutual TLS beside plaintext',
    bad: { Cluster: cluster({ ...mutualTls(), [ENCRYPTION]: 'TLS_PLAINTEXT' }) },
    good: { Cluster: cluster({ ...mutualTls() }) },
  },
  {
    id: 'MSK-CLUSTER-ENCRYPTION',
    wrong: 'nothing said about encryption to clients',
    bad: { Cluster: cluster({ EncryptionInfo: undefined }) },
    good: { Cluster: cluster() },
  },
  {
    id: 'MSK-CLUSTER-ENCRYPTION',
    wrong: 'encryption between brokers only',
    bad: { Cluster: cluster({ 'EncryptionInfo.EncryptionInTransit': { InCluster: true } }) },
    good: { Cluster: cluster({ [ENCRYPTION]: { Ref: 'Encryption' } }) },
    says: 'ClientBroker',
  },
  {
    id: 'MSK-CLUSTER-ELECTION',
    wrong: 'the configuration of the service on standard brokers',
    bad: { Cluster: cluster({ ConfigurationInfo: undefined }) },
    good: { Cluster: express({ ConfigurationInfo: undefined }) },
    says: 'acknowledged records',
  },
  {
    id: 'MSK-CLUSTER-ELECTION',
    wrong: 'the configuration of the service with storage on the brokers only',
    bad: { Cluster: cluster({ ConfigurationInfo: undefined, StorageMode: 'LOCAL' }) },
    good: { Cluster: cluster({ ConfigurationInfo: undefined, StorageMode: 'TIERED' }) },
  },
  ...[0, 16385, 100.5].map((largest): Case => ({
    id: 'MSK-VOLUME-SCALING',
    wrong: `volumes that grow to ${largest} GiB`,
    bad: { Target: scalable(largest) },
    good: { Target: scalable(16384) },
    says: `${largest} GiB`,
  })),
  {
    id: 'MSK-VOLUME-SCALING',
    wrong: 'volumes that grow before they are a tenth full',
    bad: { Policy: tracking(9) },
    good: { Policy: tracking(10) },
  },
  {
    id: 'MSK-VOLUME-SCALING',
    wrong: 'volumes that grow when they are nearly full',
    bad: { Policy: tracking(81) },
    good: { Policy: tracking(80) },
    says: '81 percent',
  },
  {
    id: 'MSK-VOLUME-SCALING',
    wrong: 'volumes of brokers where others may do so',
    bad: { Target: scalable(20000), Policy: tracking(90) },
    good: {
      Target: scalable(20000, 'ecs:service:DesiredCount'),
      Policy: tracking(90, 'ECSServiceAverageCPUUtilization'),
    },
  },
  {
    id: 'MSK-CLUSTER-CONNECTIVITY',
    wrong: 'public access',
    bad: { Cluster: cluster({ [`${CONNECTIVITY}.PublicAccess.Type`]: 'SERVICE_PROVIDED_EIPS' }) },
    good: { Cluster: cluster({ [`${CONNECTIVITY}.PublicAccess.Type`]: 'DISABLED' }) },
    says: 'public access',
  },
  {
    id: 'MSK-CLUSTER-CONNECTIVITY',
    wrong: 'multi-VPC connectivity',
    bad: { Cluster: cluster({ [`${CONNECTIVITY}.VpcConnectivity.ClientAuthentication.Sasl.Iam.Enabled`]: true }) },
    good: { Cluster: cluster({ [`${CONNECTIVITY}.VpcConnectivity.ClientAuthentication.Sasl.Iam.Enabled`]: false }) },
    says: 'multi-VPC',
  },

  {
    id: 'MSK-CLUSTER-STORAGE',
    wrong: 'a volume of 0 GiB',
    bad: { Cluster: cluster({ [`${VOLUME}.VolumeSize`]: 0 }) },
    good: { Cluster: cluster({ [`${VOLUME}.VolumeSize`]: 1 }) },
  },
  {
    id: 'MSK-CLUSTER-STORAGE',
    wrong: 'a volume of 16385 GiB',
    bad: { Cluster: cluster({ [`${VOLUME}.VolumeSize`]: 16385 }) },
    good: { Cluster: cluster({ [`${VOLUME}.VolumeSize`]: 16384 }) },
    says: '16385',
  },
  {
    id: 'MSK-CLUSTER-STORAGE',
    wrong: 'half a GiB more',
    bad: { Cluster: cluster({ [`${VOLUME}.VolumeSize`]: 100.5 }) },
    good: { Cluster: cluster({ [`${VOLUME}.VolumeSize`]: '100' }) },
  },
  {
    id: 'MSK-CLUSTER-STORAGE',
    wrong: 'throughput for kafka.m7g.xlarge',
    bad: { Cluster: cluster({ [SIZE]: 'kafka.m7g.xlarge', ...throughput(250) }) },
    good: { Cluster: cluster({ [SIZE]: 'kafka.m7g.2xlarge', ...throughput(250) }) },
    says: 'kafka.m7g.xlarge',
  },
  {
    id: 'MSK-CLUSTER-STORAGE',
    wrong: 'throughput for kafka.m5.2xlarge',
    bad: { Cluster: cluster({ [SIZE]: 'kafka.m5.2xlarge', ...throughput(250) }) },
    good: { Cluster: cluster({ [SIZE]: 'kafka.m5.4xlarge', ...throughput(250) }) },
  },
  {
    id: 'MSK-CLUSTER-STORAGE',
    wrong: 'a throughput of 249 MiB/s',
    bad: { Cluster: cluster({ [SIZE]: 'kafka.m5.4xlarge', ...throughput(249) }) },
    good: { Cluster: cluster({ [SIZE]: 'kafka.m5.4xlarge', ...throughput(250) }) },
    says: '249',
  },
  {
    id: 'MSK-CLUSTER-STORAGE',
    wrong: 'tiered storage with Kafka 3.5.1',
    bad: { Cluster: cluster({ KafkaVersion: '3.5.1', StorageMode: 'TIERED' }) },
    good: { Cluster: cluster({ KafkaVersion: '3.6.0', StorageMode: 'TIERED' }) },
    says: '3.5.1',
  },
  {
    id: 'MSK-CLUSTER-STORAGE',
    wrong: 'tiered storage with Kafka 2.8.1',
    bad: { Cluster: cluster({ KafkaVersion: '2.8.1', [SIZE]: 'kafka.m5.large', StorageMode: 'TIERED' }) },
    good: { Cluster: cluster({ KafkaVersion: '2.8.2.tiered', [SIZE]: 'kafka.m5.large', StorageMode: 'TIERED' }) },
  },
  {
    id: 'MSK-CLUSTER-STORAGE',
    wrong: 'tiered storage on kafka.t3.small',
    bad: { Cluster: cluster({ KafkaVersion: '3.9.x', [SIZE]: 'kafka.t3.small', StorageMode: 'TIERED' }) },
    good: { Cluster: cluster({ KafkaVersion: '3.9.x', [SIZE]: 'kafka.t3.small', StorageMode: 'LOCAL' }) },
  },
  {
    id: 'MSK-CLUSTER-STORAGE',
    wrong: 'tiered storage in GovCloud',
    bad: { Cluster: cluster({ StorageMode: 'TIERED' }) },
    good: { Cluster: cluster({ StorageMode: 'TIERED' }) },
    region: 'us-gov-west-1',
    goodRegion: 'us-west-2',
  },
  {
    id: 'MSK-CLUSTER-STORAGE',
    wrong: 'a volume for express brokers',
    bad: { Cluster: express({ [`${VOLUME}.VolumeSize`]: 100 }) },
    good: { Cluster: express() },
    says: 'express',
  },
  {
    id: 'MSK-CLUSTER-STORAGE',
    wrong: 'a storage mode for express brokers',
    bad: { Cluster: express({ StorageMode: 'LOCAL' }) },
    good: { Cluster: cluster({ StorageMode: 'LOCAL' }) },
  },
  {
    id: 'MSK-CLUSTER-THROUGHPUT',
    wrong: 'throughput without a value',
    bad: { Cluster: cluster({ [`${VOLUME}.ProvisionedThroughput`]: { Enabled: true } }) },
    good: { Cluster: cluster({ [`${VOLUME}.ProvisionedThroughput`]: { Enabled: false } }) },
  },
  {
    id: 'MSK-CLUSTER-THROUGHPUT',
    wrong: 'a throughput that is not turned on',
    bad: { Cluster: cluster({ [`${VOLUME}.ProvisionedThroughput`]: { Enabled: false, VolumeThroughput: 300 } }) },
    good: { Cluster: cluster({ [`${VOLUME}.ProvisionedThroughput`]: { Enabled: true, VolumeThroughput: 300 } }) },
    says: '300',
  },
];

function subnet(zone: unknown) {
  return resource('AWS::EC2::Subnet', { AvailabilityZone: zone });
}

function scalable(MaxCapacity: number, ScalableDimension = 'kafka:broker-storage:VolumeSize') {
  return resource('AWS::ApplicationAutoScaling::ScalableTarget', { MaxCapacity, ScalableDimension });
}

function tracking(TargetValue: number, PredefinedMetricType = 'KafkaBrokerStorageUtilization') {
  return resource('AWS::ApplicationAutoScaling::ScalingPolicy', {
    TargetTrackingScalingPolicyConfiguration: { TargetValue, PredefinedMetricSpecification: { PredefinedMetricType } },
  });
}

function mutualTls(): Record<string, unknown> {
  return { ...CA, 'ClientAuthentication.Tls.Enabled': true, 'ClientAuthentication.Sasl': undefined };
}

function throughput(value: number): Record<string, unknown> {
  return { [`${VOLUME}.ProvisionedThroughput`]: { Enabled: true, VolumeThroughput: value } };
}
