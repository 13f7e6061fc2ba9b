import type { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import {
  Brokers,
  ClientAuthentication,
  ClientIdentity,
  ClusterKind,
  KafkaTopic,
  KafkaVersion,
  MskCluster,
  MskReplicator,
  MskVpcConnection,
  ReplicationPattern,
  ScramUser,
  ServerlessCluster,
  StandardBrokerSize,
} from '../../../lib';
import type {
  IMskCluster,
  KafkaTopicProps,
  MskReplicatorProps,
  MskVpcConnectionProps,
  ProvisionedClusterProps,
  ScramUserProps,
  ServerlessClusterProps,
} from '../../../lib';
import { CLUSTER_ARN, cluster, importedVpc, keepReportsQuiet } from '../../support/fixtures';
import { HOME, refuses } from './refused';
import type { Refusal, Write } from './refused';

keepReportsQuiet();

const groups = (of: Stack, count: number) =>
  Array.from({ length: count }, (_, i) => ec2.SecurityGroup.fromSecurityGroupId(of, `Group${i}`, `sg-${i}`));
/** A subnet in each of these zones. */
const subnets = (of: Stack, zones: string) =>
  [...zones].map((zone, i) =>
    ec2.Subnet.fromSubnetAttributes(of, `Subnet${i}`, {
      subnetId: `subnet-${i}`,
      routeTableId: 'rtb',
      availabilityZone: `eu-west-1${zone}`,
    }),
  );
const admits = (of: Stack, ...authentication: ClientAuthentication[]) => cluster(of, 'Orders', { authentication });

/** A cluster that is there already, with as much known of it as its clients need. */
const imported = (of: Stack, arn: string, zones = 'abc'): IMskCluster =>
  MskCluster.fromClusterAttributes(of, 'Theirs', {
    clusterArn: arn,
    kind: ClusterKind.STANDARD,
    authentication: [ClientAuthentication.iam(), ClientAuthentication.scram()],
    subnets: subnets(of, zones),
    securityGroups: groups(of, 1),
    vpc: importedVpc(of, 'Home'),
  });
const ELSEWHERE = CLUSTER_ARN.replace('eu-west-1', 'eu-central-1');
const THEIRS = CLUSTER_ARN.replace(HOME.account, '210987654321');

const replicator =
  (props: (of: Stack) => Partial<MskReplicatorProps> = () => ({})): Write =>
  (of) => {
    const given = props(of);
    return new MskReplicator(of, 'Copy', {
      topics: [ReplicationPattern.literal('paid')],
      ...given,
      source: given.source ?? cluster(of, 'Source'),
      target: given.target ?? cluster(of, 'Target'),
    });
  };
const patterns = (count: number, length = 4) =>
  Array.from({ length: count }, () => ReplicationPattern.literal('a'.repeat(length)));
const copies = (props: Partial<MskReplicatorProps>) => replicator(() => props);

const connection =
  (props: (of: Stack) => Partial<MskVpcConnectionProps> = () => ({})): Write =>
  (of) => {
    const given = props(of);
    return new MskVpcConnection(of, 'Connection', {
      vpc: importedVpc(of, 'Clients'),
      ...given,
      cluster: given.cluster ?? cluster(of),
    });
  };
const connected = (props: Partial<ProvisionedClusterProps>) =>
  connection((of) => ({ cluster: cluster(of, 'Orders', props) }));
const version = (text: string) =>
  connected({ kafkaVersion: KafkaVersion.of(text), brokers: Brokers.standard({ size: StandardBrokerSize.M5_LARGE }) });
const within = (zones: string) =>
  connection((of) => ({ vpcSubnets: { subnets: subnets(of, zones), onePerAz: false } }));
const theirs = (arn: string) => connection((of) => ({ cluster: imported(of, arn) }));

const user =
  (props: (of: Stack) => Partial<ScramUserProps> = () => ({})): Write =>
  (of) => {
    const given = props(of);
    return new ScramUser(of, 'Alice', {
      userName: 'alice',
      ...given,
      cluster: given.cluster ?? admits(of, ClientAuthentication.scram()),
    });
  };
const keyed = (keySpec: kms.KeySpec, exclusive: boolean) =>
  user((of) => ({ exclusive, encryptionKey: new kms.Key(of, 'Key', { keySpec }) }));
const userOf = (arn: string) => user((of) => ({ cluster: imported(of, arn) }));

const serverless =
  (props: (of: Stack) => Partial<ServerlessClusterProps>): Write =>
  (of) =>
    new ServerlessCluster(of, 'Clicks', { vpc: importedVpc(of), ...props(of) });
const reachedFrom = (count: number) =>
  serverless((of) => ({
    additionalVpcs: Array.from({ length: count }, (_, i) => ({
      vpc: ec2.Vpc.fromVpcAttributes(of, `Vpc${i}`, {
        vpcId: `vpc-${i}`,
        availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
        privateSubnetIds: ['a', 'b', 'c'].map((zone) => `subnet-${i}-${zone}`),
      }),
    })),
  }));

const topics =
  (...all: Partial<KafkaTopicProps>[]): Write =>
  (of) => {
    const orders = cluster(of);
    all.forEach(
      (props, i) => new KafkaTopic(of, `Topic${i}`, { cluster: orders, topicName: 'paid', partitions: 1, ...props }),
    );
  };
const tiered =
  (tieredStorage: boolean): Write =>
  (of) =>
    new KafkaTopic(of, 'Topic', {
      cluster: cluster(of, 'Orders', { brokers: Brokers.standard({ tieredStorage }) }),
      topicName: 'paid',
      partitions: 1,
      configuration: { other: { 'remote.storage.enable': 'true' } },
    });

describe('[111] reach and users', () =>
  refuses([
    ...['a'.repeat(129), '-a', ''].map((replicatorName): Refusal => [
      `the name '${replicatorName.slice(0, 9)}' of a replicator`,
      'MSK-REPLICATOR-NAME',
      copies({ replicatorName }),
      copies({ replicatorName: 'a'.repeat(128) }),
      'use 1 to 128 letters',
    ]),
    [
      'a description of a replicator',
      'MSK-REPLICATOR-NAME',
      copies({ description: 'a'.repeat(1025) }),
      copies({ description: 'a'.repeat(1024) }),
      'use at most 1024',
    ],
    [
      'one cluster as source and target',
      'MSK-REPLICATOR-CLUSTERS',
      replicator((of) => {
        const one = cluster(of);
        return { source: one, target: one };
      }),
      replicator(),
      'use two clusters',
    ],
    [
      'a target of another account',
      'MSK-REPLICATOR-CLUSTERS',
      replicator((of) => ({ source: imported(of, CLUSTER_ARN), target: other(of, THEIRS) })),
      replicator((of) => ({
        source: imported(of, CLUSTER_ARN),
        target: other(of, CLUSTER_ARN.replace('orders', 'copies')),
      })),
      'use clusters of one account',
    ],
    [
      'a target without IAM',
      'MSK-REPLICATOR-CLUSTERS',
      replicator((of) => ({ target: admits(of, ClientAuthentication.scram()) })),
      replicator((of) => ({ target: admits(of, ClientAuthentication.scram(), ClientAuthentication.iam()) })),
      'add ClientAuthentication.iam()',
    ],
    ...['a', 'abcd'].map((zones): Refusal => [
      `${zones.length} subnets of a replicator`,
      'MSK-REPLICATOR-NETWORK',
      replicator((of) => ({ source: imported(of, CLUSTER_ARN, zones) })),
      replicator((of) => ({ source: imported(of, CLUSTER_ARN, 'ab') })),
      'use 2 or 3',
    ]),
    [
      'too many groups of a replicator',
      'MSK-REPLICATOR-NETWORK',
      replicator((of) => ({ targetSecurityGroups: groups(of, 17) })),
      replicator((of) => ({ targetSecurityGroups: groups(of, 16) })),
      'use 1 to 16',
    ],
    [
      'no group of a replicator',
      'SecurityGroupsMissing',
      copies({ sourceSecurityGroups: [] }),
      copies({}),
      'leave it out to have a group made',
    ],
    ['no topic', 'MSK-REPLICATOR-PATTERNS', copies({ topics: [] }), copies({ topics: patterns(1) }), 'use 1 to 100'],
    ['101 topics', 'MSK-REPLICATOR-PATTERNS', copies({ topics: patterns(101) }), copies({ topics: patterns(100) })],
    [
      'a long pattern of topics',
      'MSK-REPLICATOR-PATTERNS',
      copies({ topics: patterns(1, 250) }),
      copies({ topics: patterns(1, 249) }),
      'use at most 249',
    ],
    [
      '101 topics to leave out',
      'MSK-REPLICATOR-PATTERNS',
      copies({ excludedTopics: patterns(101) }),
      copies({ excludedTopics: patterns(100) }),
    ],
    [
      '101 groups to copy',
      'MSK-REPLICATOR-PATTERNS',
      copies({ consumerGroups: patterns(101) }),
      copies({ consumerGroups: [] }),
      'use up to 100',
    ],
    [
      'a long pattern of groups',
      'MSK-REPLICATOR-PATTERNS',
      copies({ consumerGroups: patterns(1, 257) }),
      copies({ consumerGroups: patterns(1, 256) }),
      'use at most 256',
    ],
    [
      'an empty list of groups to leave out',
      'MSK-REPLICATOR-PATTERNS',
      copies({ excludedConsumerGroups: [] }),
      copies({ excludedConsumerGroups: patterns(1) }),
      'leave out a list of exclusions',
    ],
    [
      'a connection to a serverless cluster',
      'MSK-VPC-CONNECTION-CLUSTER',
      connection((of) => ({ cluster: new ServerlessCluster(of, 'Clicks', { vpc: importedVpc(of) }) })),
      connection(),
      'endpoints in up to five VPCs',
    ],
    [
      'a connection to small brokers',
      'MSK-VPC-CONNECTION-CLUSTER',
      connected({ brokers: Brokers.standard({ size: StandardBrokerSize.T3_SMALL }) }),
      connected({ brokers: Brokers.standard({ size: StandardBrokerSize.M7G_LARGE }) }),
      'use larger brokers',
    ],
    [
      'a connection to Kafka 2.6',
      'MSK-VPC-CONNECTION-CLUSTER',
      version('2.6.3'),
      version('2.7.1'),
      'use 2.7.1 or later',
    ],
    [
      'a connection to another Region',
      'MSK-VPC-CONNECTION-CLUSTER',
      theirs(ELSEWHERE),
      theirs(THEIRS),
      'move it to a stack in eu-central-1',
    ],
    [
      'a connection without saying who one is',
      'MSK-VPC-CONNECTION-AUTHENTICATION',
      connection((of) => ({
        cluster: admits(of, ClientAuthentication.unauthenticated()),
        identity: ClientIdentity.anonymous(),
      })),
      connection((of) => ({ cluster: admits(of, ClientAuthentication.iam()), identity: ClientIdentity.iam() })),
      'use ClientIdentity.iam(), .scram() or .mutualTls()',
    ],
    [
      'a connection by what the cluster does not offer',
      'ClientIdentityNotOffered',
      connection((of) => ({ cluster: admits(of, ClientAuthentication.scram()) })),
      connection((of) => ({ cluster: admits(of, ClientAuthentication.iam()) })),
      'it offers ClientIdentity.scram',
    ],
    ...['', 'ab', 'abcd'].map((zones): Refusal => [
      `a connection of ${zones.length} subnets to three zones`,
      'MSK-VPC-CONNECTION-NETWORK',
      within(zones),
      within('abc'),
      'use one subnet in each zone',
    ]),
    [
      'a connection of two subnets in one zone',
      'MSK-VPC-CONNECTION-NETWORK',
      within('abb'),
      within('abc'),
      'use one subnet in each zone',
    ],
    [
      'a connection without group',
      'SecurityGroupsMissing',
      connection(() => ({ securityGroups: [] })),
      connection((of) => ({ securityGroups: groups(of, 1) })),
      'leave it out to have a group made',
    ],
    [
      'a secret of another name',
      'MSK-SCRAM-SECRET',
      user(() => ({ secretName: 'alice' })),
      user(() => ({ secretName: 'AmazonMSK_alice' })),
      'begin with AmazonMSK_',
    ],
    [
      'an alias of a key',
      'MSK-SCRAM-SECRET',
      user((of) => ({ encryptionKey: kms.Alias.fromAliasName(of, 'Key', 'alias/users') })),
      user((of) => ({ encryptionKey: kms.Key.fromKeyArn(of, 'Key', 'arn:aws:kms:eu-west-1:123456789012:key/a') })),
      'pass the key',
    ],
    ...[true, false].map((exclusive): Refusal => [
      `an asymmetric key of ${exclusive ? 'all users' : 'some users'}`,
      'MSK-SCRAM-SECRET',
      keyed(kms.KeySpec.RSA_2048, exclusive),
      keyed(kms.KeySpec.SYMMETRIC_DEFAULT, exclusive),
      'leave `keySpec` of the key out',
    ]),
    [
      'a user in another account',
      'MSK-SCRAM-SECRET',
      userOf(THEIRS),
      userOf(CLUSTER_ARN),
      'make the user in a stack there',
    ],
    [
      'a user in another Region',
      'MSK-SCRAM-SECRET',
      userOf(ELSEWHERE),
      userOf(CLUSTER_ARN),
      'eu-central-1: make the user in a stack there',
    ],
    [
      'a user of a cluster without SCRAM',
      'ClientIdentityNotOffered',
      user((of) => ({ cluster: admits(of, ClientAuthentication.iam()) })),
      user((of) => ({ cluster: admits(of, ClientAuthentication.iam(), ClientAuthentication.scram()) })),
      'does not let clients in by SCRAM',
    ],
    ['six VPCs of a serverless cluster', 'MSK-SERVERLESS-NETWORK', reachedFrom(5), reachedFrom(4), 'pass 1 to 5'],
    [
      'six groups of a serverless cluster',
      'MSK-SERVERLESS-NETWORK',
      serverless((of) => ({ securityGroups: groups(of, 6) })),
      serverless((of) => ({ securityGroups: groups(of, 5) })),
      'pass 1 to 5 different ones',
    ],
    [
      'one zone of a serverless cluster',
      'MSK-CLUSTER-ZONES',
      serverless((of) => ({ zones: 2, vpcSubnets: { subnets: subnets(of, 'a') } })),
      serverless((of) => ({ zones: 2, vpcSubnets: { subnets: subnets(of, 'ab') } })),
      'select other subnets with `vpcSubnets`',
    ],
    [
      'topics whose metrics collide',
      'MSK-TOPIC-COLLISION',
      topics({ topicName: 'a.b' }, { topicName: 'a_b' }),
      topics({ topicName: 'a.b' }, { topicName: 'a.c' }),
      'choose another name',
    ],
    ['remote storage of a topic on local brokers', 'MSK-TOPIC-CONFIGS', tiered(false), tiered(true), /tiered/i],
    [
      'the ARN of something else',
      'ClusterArn',
      (of) => MskCluster.fromClusterArn(of, 'Orders', CLUSTER_ARN.replace(':cluster/', ':topic/')),
      (of) => MskCluster.fromClusterArn(of, 'Orders', CLUSTER_ARN),
      'arn:PARTITION:kafka:REGION:ACCOUNT:cluster/NAME/UUID',
    ],
  ]));

/** A second cluster that is there already. */
function other(of: Stack, clusterArn: string): IMskCluster {
  return MskCluster.fromClusterAttributes(of, 'Others', {
    clusterArn,
    vpc: importedVpc(of, 'OtherHome'),
    subnets: importedVpc(of, 'OtherSubnets').privateSubnets,
    securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(of, 'OtherGroup', 'sg-other')],
  });
}
