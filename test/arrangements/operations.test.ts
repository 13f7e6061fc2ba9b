import { Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  AuthenticationMechanism,
  Brokers,
  ClientAuthentication,
  ClientIdentity,
  ClusterNetworkType,
  ExpressBrokerSize,
  MskCluster,
  ProvisionedCluster,
  ScramUser,
  KafkaVersion,
} from '../../lib/cluster';
import type { ProvisionedClusterProps } from '../../lib/cluster';
import { ChannelDestination, MskChannel, MskReplicator, MskVpcConnection, ReplicationPattern } from '../../lib/connect';
import { LambdaConsumer } from '../../lib/consumer';
import { KafkaTopic } from '../../lib/topic';
import { app, importedVpc, keepReportsQuiet, nodeFunction, resourcesOf, vpc } from '../support/fixtures';

keepReportsQuiet();

const { IAM } = AuthenticationMechanism;

/** What takes a cluster out of ACTIVE: by its own properties, or by a construct beside it. */
interface Operation {
  readonly props?: Partial<ProvisionedClusterProps>;
  readonly add?: (cluster: ProvisionedCluster) => void;
  /** The type whose end everything else waits for. */
  readonly ends: string;
}

const SETTINGS = 'AWS::CloudFormation::WaitCondition';

const OPERATIONS: Record<string, Operation> = {
  connectivity: { props: { vpcConnectivity: [IAM] }, ends: SETTINGS },
  'public access': {
    props: { publicAccess: true, vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } },
    ends: SETTINGS,
  },
  'dual stack': { props: { networkType: ClusterNetworkType.DUAL }, ends: SETTINGS },
  'SCRAM association': {
    add: (cluster) => void new ScramUser(Stack.of(cluster), 'Alice', { cluster, userName: 'alice' }),
    ends: 'AWS::MSK::BatchScramSecret',
  },
  'SCRAM association that is not exclusive': {
    add: (cluster) => void new ScramUser(Stack.of(cluster), 'Alice', { cluster, userName: 'alice', exclusive: false }),
    ends: 'Custom::MskScramAssociation',
  },
};

/** What needs an ACTIVE cluster. */
const NEEDS: Record<
  string,
  { readonly type: string; readonly add: (scope: Stack, cluster: ProvisionedCluster) => void }
> = {
  topic: {
    type: 'AWS::MSK::Topic',
    add: (scope, cluster) => void new KafkaTopic(scope, 'Paid', { cluster, topicName: 'paid', partitions: 3 }),
  },
  'VPC connection': {
    type: 'AWS::MSK::VpcConnection',
    add: (scope, cluster) =>
      void new MskVpcConnection(scope, 'Connection', { cluster, vpc: importedVpc(scope, 'Clients') }),
  },
  replicator: {
    type: 'AWS::MSK::Replicator',
    add: (scope, cluster) =>
      void new MskReplicator(scope, 'Replicator', {
        source: cluster,
        target: MskCluster.fromClusterAttributes(scope, 'Target', {
          clusterArn: 'arn:aws:kafka:eu-west-1:123456789012:cluster/copies/0a1b2c3d-0000-4000-8000-000000000003-7',
          authentication: [ClientAuthentication.iam()],
          vpc: importedVpc(scope, 'TargetVpc'),
          subnets: importedVpc(scope, 'TargetSubnets').privateSubnets,
          securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(scope, 'TargetGroup', 'sg-0a1b2c3d')],
        }),
        topics: [ReplicationPattern.literal('paid')],
      }),
  },
  channel: {
    type: 'AWS::MSK::Channel',
    add: (scope, cluster) =>
      void new MskChannel(scope, 'Channel', {
        topic: KafkaTopic.fromTopicName(scope, 'Existing', cluster, 'existing'),
        destination: ChannelDestination.s3({ bucket: new s3.Bucket(scope, 'Archive') }),
        dataFreshness: Duration.minutes(10),
      }),
  },
  'Lambda consumer': {
    type: 'AWS::Lambda::EventSourceMapping',
    add: (scope, cluster) =>
      void new LambdaConsumer(scope, 'Billing', {
        topic: KafkaTopic.fromTopicName(scope, 'Topic', cluster, 'paid'),
        consumerGroup: 'billing',
        handler: nodeFunction(scope),
        identity: ClientIdentity.iam(),
      }),
  },
};

function clusterWith(home: Stack, ...operations: Operation[]): ProvisionedCluster {
  return new ProvisionedCluster(home, 'Orders', {
    vpc: vpc(home),
    kafkaVersion: KafkaVersion.V3_9_X_KRAFT,
    brokers: Brokers.express({ size: ExpressBrokerSize.M7G_LARGE }),
    authentication: [ClientAuthentication.iam(), ClientAuthentication.scram()],
    serverProperties: { other: { 'allow.everyone.if.no.acl.found': 'false' } },
    ...(Object.assign({}, ...operations.map(({ props }) => props)) as Partial<ProvisionedClusterProps>),
  });
}

/** Whether each resource of a type comes after all those of another one, by references and `DependsOn`. */
function waits(template: Template, type: string, forType: string): boolean {
  const resources = resourcesOf(template);
  const before = (id: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(id) || !(id in resources)) return seen;
    seen.add(id);
    const found = JSON.stringify(resources[id]).matchAll(/"Ref":"(\w+)"|"Fn::GetAtt":\["(\w+)"/g);
    [...(resources[id].DependsOn ?? []), ...[...found].map(([, ref, attribute]) => ref ?? attribute)].forEach((each) =>
      before(each, seen),
    );
    return seen;
  };
  const ids = (of: string) => Object.keys(resources).filter((id) => resources[id].Type === of);
  expect([ids(type).length > 0, ids(forType).length > 0]).toEqual([true, true]);
  return ids(type).every((id) => ids(forType).every((other) => before(id).has(other)));
}

const PAIRS = Object.keys(OPERATIONS).flatMap((operation) =>
  Object.keys(NEEDS).map((need) => [need, operation] as const),
);

describe('[46] whatever needs an ACTIVE cluster waits for an operation', () => {
  test.each(PAIRS)('%s and %s, written in this order and in the other', (need, operation) => {
    const { add, ends } = OPERATIONS[operation];
    for (const order of ['need first', 'operation first']) {
      const home = new Stack(app(), 'Home');
      const cluster = clusterWith(home, OPERATIONS[operation]);
      const steps = [() => NEEDS[need].add(home, cluster), () => add?.(cluster)];
      (order === 'need first' ? steps : steps.reverse()).forEach((step) => step());
      expect([order, waits(Template.fromStack(home), NEEDS[need].type, ends)]).toEqual([order, true]);
    }
  });

  test.each(PAIRS)('%s in another stack and %s: the stack waits', (need, operation) => {
    const { add } = OPERATIONS[operation];
    for (const order of ['need first', 'operation first']) {
      const scopes = app();
      const [home, away] = [new Stack(scopes, 'Home'), new Stack(scopes, 'Away')];
      const cluster = clusterWith(home, OPERATIONS[operation]);
      const steps = [() => NEEDS[need].add(away, cluster), () => add?.(cluster)];
      (order === 'need first' ? steps : steps.reverse()).forEach((step) => step());
      scopes.synth();
      expect([order, away.dependencies.includes(home), home.dependencies]).toEqual([order, true, []]);
    }
  });
});

describe('[46] operations of one cluster', () => {
  const everything = [OPERATIONS.connectivity, OPERATIONS['public access'], OPERATIONS['dual stack']];

  test('come one after the other', () => {
    const home = new Stack(app(), 'Home');
    const cluster = clusterWith(home, ...everything);
    OPERATIONS['SCRAM association'].add!(cluster);
    const template = Template.fromStack(home);
    expect(waits(template, 'AWS::MSK::BatchScramSecret', SETTINGS)).toBe(true);
    expect(waits(template, 'Custom::MskClusterSettings', 'AWS::MSK::Cluster')).toBe(true);
    // One state machine brings about all three, one at a time.
    template.resourceCountIs('Custom::MskClusterSettings', 1);
  });

  test('hold no custom resource longer than CloudFormation does', () => {
    const home = new Stack(app(), 'Home');
    const cluster = clusterWith(home, ...everything);
    OPERATIONS['SCRAM association that is not exclusive'].add!(cluster);
    cluster.bootstrapBrokers.forIdentity();
    const limits = Object.values(resourcesOf(home))
      .filter(({ Type }) => Type.startsWith('Custom::Msk'))
      .map(({ Type, Properties }) => [Type, Number(Properties.ServiceTimeout) <= 3600]);
    expect(limits.sort()).toEqual([
      ['Custom::MskBootstrapBrokers', true],
      ['Custom::MskClusterSettings', true],
      ['Custom::MskScramAssociation', true],
    ]);
  });

  test('of an adapted cluster are a chain too', () => {
    const home = new Stack(app(), 'Home');
    const made = clusterWith(home);
    const adapted = MskCluster.fromCfnCluster(made.node.defaultChild as any);
    new KafkaTopic(home, 'Paid', { cluster: adapted, topicName: 'paid', partitions: 3 });
    new ScramUser(home, 'Alice', { cluster: adapted, userName: 'alice' });
    expect(waits(Template.fromStack(home), 'AWS::MSK::Topic', 'AWS::MSK::BatchScramSecret')).toBe(true);
  });
});
