import { CfnOutput, CfnParameter, Fn, Token } from 'aws-cdk-lib';
import { Dependable } from 'constructs';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as msk from 'aws-cdk-lib/aws-msk';
import {
  ClientAuthentication,
  ClientIdentity,
  ClusterKind,
  KafkaVersion,
  MskCluster,
  ResourcePattern,
  ServerlessCluster,
} from '../../lib/cluster';
import type { IMskCluster, MskClusterAttributes } from '../../lib/cluster';
import { LambdaConsumer } from '../../lib/consumer';
import { KafkaTopic } from '../../lib/topic';
import {
  CLUSTER_ARN,
  cluster,
  countsOf,
  idsOf,
  importedVpc,
  keepReportsQuiet,
  nodeFunction,
  onlyOne,
  resourcesOf,
  stack,
  textOf,
  warningsOf,
} from '../support/fixtures';
import { CAPABILITIES, page, renderPage, TABLE } from './capabilities';
import type { Capability, Outcome } from './capabilities';

keepReportsQuiet();

function group(of: Stack, id = 'Brokers'): ec2.ISecurityGroup {
  return ec2.SecurityGroup.fromSecurityGroupId(of, id, `sg-${id.toLowerCase()}`);
}

function imported(of: Stack, attributes: Partial<MskClusterAttributes> = {}): IMskCluster {
  return MskCluster.fromClusterAttributes(of, 'Orders', { clusterArn: CLUSTER_ARN, ...attributes });
}

function l1(of: Stack, props: Partial<msk.CfnClusterProps> = {}, id = 'Orders'): msk.CfnCluster {
  return new msk.CfnCluster(of, id, {
    clusterName: 'orders',
    kafkaVersion: '3.9.x.kraft',
    numberOfBrokerNodes: 3,
    brokerNodeGroupInfo: {
      instanceType: 'kafka.m7g.large',
      clientSubnets: ['subnet-a', 'subnet-b', 'subnet-c'],
      securityGroups: ['sg-brokers'],
    },
    clientAuthentication: { sasl: { iam: { enabled: true } } },
    ...props,
  });
}

function serverlessL1(of: Stack): msk.CfnServerlessCluster {
  return new msk.CfnServerlessCluster(of, 'Clicks', {
    clusterName: 'clicks',
    clientAuthentication: { sasl: { iam: { enabled: true } } },
    vpcConfigs: [{ subnetIds: ['subnet-a', 'subnet-b', 'subnet-c'], securityGroups: ['sg-brokers'] }],
  });
}

/** What a cluster of the alpha module has in common with ours: ARN, name and connections. */
function alphaLike(of: Stack): { clusterArn: string; connections: ec2.Connections } {
  const resource = l1(of, {}, 'Resource');
  const vpc = importedVpc(of);
  return {
    clusterArn: resource.attrArn,
    connections: new ec2.Connections({ securityGroups: [new ec2.SecurityGroup(of, 'AlphaGroup', { vpc })] }),
  };
}

describe('the table of capabilities', () => {
  const full = (of: Stack) => ({
    securityGroups: [group(of)],
    authentication: [ClientAuthentication.iam()],
    subnets: importedVpc(of).privateSubnets,
  });
  const CLUSTERS: Record<string, (of: Stack) => IMskCluster> = {
    ProvisionedCluster: (of) => cluster(of),
    ServerlessCluster: (of) => new ServerlessCluster(of, 'Clicks', { vpc: importedVpc(of) }),
    fromClusterArn: (of) => MskCluster.fromClusterArn(of, 'Orders', CLUSTER_ARN),
    'fromClusterAttributes: kind STANDARD': (of) => imported(of, { kind: ClusterKind.STANDARD }),
    'fromClusterAttributes: kind SERVERLESS': (of) => imported(of, { kind: ClusterKind.SERVERLESS }),
    'fromClusterAttributes: kind STANDARD, securityGroups': (of) =>
      imported(of, { kind: ClusterKind.STANDARD, securityGroups: [group(of)] }),
    'fromClusterAttributes: kind STANDARD, authentication, securityGroups, subnets': (of) =>
      imported(of, { kind: ClusterKind.STANDARD, ...full(of) }),
    'fromClusterAttributes: kind STANDARD, authentication, securityGroups, subnets, addPollerRule': (of) =>
      imported(of, { kind: ClusterKind.STANDARD, ...full(of), addPollerRule: false }),
    'fromClusterAttributes: kind EXPRESS, authentication, securityGroups, subnets, addPollerRule': (of) =>
      imported(of, { kind: ClusterKind.EXPRESS, ...full(of), addPollerRule: true }),
    'fromClusterAttributes: kind SERVERLESS, securityGroups, addPollerRule': (of) =>
      imported(of, { kind: ClusterKind.SERVERLESS, securityGroups: [group(of)], addPollerRule: true }),
    'fromClusterAttributes: of a cluster of @aws-cdk/aws-msk-alpha': (of) => {
      const { clusterArn, connections } = alphaLike(of);
      return imported(of, {
        clusterArn,
        securityGroups: connections.securityGroups,
        authentication: [ClientAuthentication.iam()],
        addPollerRule: true,
      });
    },
    'fromCfnCluster: values': (of) => MskCluster.fromCfnCluster(l1(of)),
    'fromCfnCluster: tokens': (of) =>
      MskCluster.fromCfnCluster(
        l1(of, {
          kafkaVersion: Fn.importValue('Version'),
          brokerNodeGroupInfo: {
            instanceType: Fn.importValue('InstanceType'),
            clientSubnets: Fn.split(',', Fn.importValue('Subnets')),
            securityGroups: Fn.split(',', Fn.importValue('Groups')),
          },
          clientAuthentication: {
            sasl: { iam: Token.asAny({ 'Fn::If': ['UseIam', { Enabled: true }, { Enabled: false }] }) as any },
          },
        }),
      ),
    fromCfnServerlessCluster: (of) => MskCluster.fromCfnServerlessCluster(serverlessL1(of)),
  };

  const USES: Record<Capability, (of: Stack, orders: IMskCluster) => void> = {
    grants: (of, orders) => {
      const role = new iam.Role(of, 'Role', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
      expect(orders.grants.produce(role, ResourcePattern.literal('paid')).success).toBe(true);
    },
    topic: (of, orders) => {
      const replicationFactor = orders.kind === ClusterKind.SERVERLESS ? undefined : 3;
      new KafkaTopic(of, 'Paid', { cluster: orders, topicName: 'paid', partitions: 1, replicationFactor });
      const type = replicationFactor ? 'AWS::MSK::Topic' : 'Custom::MskTopic';
      expect(onlyOne(of, type).Properties.ReplicationFactor).toBe(replicationFactor);
    },
    'topic, replication by zones': (of, orders) => {
      new KafkaTopic(of, 'Paid', { cluster: orders, topicName: 'paid', partitions: 1 });
      const isServerless = orders.kind === ClusterKind.SERVERLESS;
      const { ReplicationFactor } = onlyOne(of, isServerless ? 'Custom::MskTopic' : 'AWS::MSK::Topic').Properties;
      expect(ReplicationFactor).toBe(isServerless ? undefined : 3);
    },
    'broker string': (of, orders) => {
      new CfnOutput(of, 'Output', { value: orders.bootstrapBrokers.forIdentity() });
      expect(idsOf(of, 'Custom::MskBootstrapBrokers')).toHaveLength(1);
    },
    'default port': (of, orders) => {
      const client = new ec2.SecurityGroup(of, 'Client', {
        vpc: importedVpc(of, 'ClientVpc'),
        allowAllOutbound: false,
      });
      client.connections.allowToDefaultPort(orders);
      expect(onlyOne(of, 'AWS::EC2::SecurityGroupIngress').Properties.ToPort).toBe(9098);
    },
    'rule for pollers': (_of, orders) => void orders.allowPollers(),
    'Lambda consumer': (of, orders) => {
      const topic = KafkaTopic.fromTopicName(of, 'Paid', orders, 'paid');
      new LambdaConsumer(of, 'Billing', { topic, consumerGroup: 'billing', handler: nodeFunction(of) });
      expect(idsOf(of, 'AWS::Lambda::EventSourceMapping')).toHaveLength(1);
    },
  };

  function outcome(name: string, capability: Capability): Outcome {
    const of = stack();
    try {
      USES[capability](of, CLUSTERS[name](of));
    } catch (error) {
      const { message } = error as Error;
      const words = ['securityGroups', 'authentication', 'vpc', 'subnets', 'replicationFactor'];
      const named = words.filter((word) => message.includes(`\`${word}\``));
      const [, code] = /([A-Z]\w*(?:-[A-Z]+)+): /.exec(message) ?? [];
      return `error: ${(named.length ? named : [code]).map((each) => `\`${each}\``).join(', ')}`;
    }
    const ids = warningsOf(of).map((warning) => /\[ack: cdk-msk-macie:(.*)\]/.exec(warning)?.[1] ?? warning);
    return ids.length ? `warning: ${ids.map((id) => `\`${id}\``).join(', ')}` : 'works';
  }

  test('has a row for each way in', () => {
    expect(Object.keys(TABLE)).toEqual(Object.keys(CLUSTERS));
  });

  test.each(Object.keys(CLUSTERS))('[5] [6] [7] [62] [80] [89] is what the code does: %s', (name) => {
    const actual = Object.fromEntries(CAPABILITIES.map((capability) => [capability, outcome(name, capability)]));
    expect(actual).toEqual(TABLE[name]);
  });

  test('is what the page shows', () => {
    expect(page()).toBe(renderPage());
  });
});

describe('an imported cluster', () => {
  test.each(['aws', 'aws-cn', 'aws-us-gov'])('[5] [113] takes name and environment from its ARN: %s', (partition) => {
    const of = stack();
    const arn = CLUSTER_ARN.replace('arn:aws:', `arn:${partition}:`);
    const orders = MskCluster.fromClusterArn(of, 'Orders', arn);
    expect(orders).toMatchObject({ clusterArn: arn, clusterName: 'orders' });
    expect(orders.env).toEqual({ account: '123456789012', region: 'eu-west-1' });
    expect(orders.metrics.metric('GlobalTopicCount')).toMatchObject({ region: 'eu-west-1', account: '123456789012' });
  });

  test('[6] says what was said of it, and nothing else', () => {
    const of = stack();
    const vpc = importedVpc(of);
    const kafkaVersion = KafkaVersion.V3_9_X;
    const attributes = { kind: ClusterKind.EXPRESS, kafkaVersion, vpc, subnets: vpc.privateSubnets };
    expect(imported(of, attributes)).toMatchObject({ ...attributes, zones: 3, authentication: undefined });
    const unknown = MskCluster.fromClusterArn(of, 'Unknown', CLUSTER_ARN);
    for (const attribute of ['kind', 'kafkaVersion', 'authentication', 'zones', 'vpc', 'subnets'] as const) {
      expect([attribute, unknown[attribute]]).toEqual([attribute, undefined]);
    }
  });

  test('[6] does not take a list that is known at deployment only for one zone', () => {
    const of = stack();
    const vpc = ec2.Vpc.fromVpcAttributes(of, 'Vpc', {
      vpcId: 'vpc-1',
      availabilityZones: Fn.getAzs(),
      privateSubnetIds: Fn.split(',', Fn.importValue('PrivateSubnets')),
    });
    expect(imported(of, { subnets: vpc.privateSubnets }).zones).toBeUndefined();
  });

  test('[3] [S-04] that is serverless lets clients in by IAM', () => {
    const orders = imported(stack(), { kind: ClusterKind.SERVERLESS });
    expect(orders.authentication?.map(({ mechanism }) => mechanism)).toEqual(['IAM']);
  });

  test('may be known by an ARN of the deployment only', () => {
    const of = stack();
    const clusterArn = new CfnParameter(of, 'Arn').valueAsString;
    const orders = imported(of, { clusterArn });
    orders.grants.produce(
      new iam.Role(of, 'Role', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }),
      ResourcePattern.literal('paid'),
    );
    const resources = onlyOne(of, 'AWS::IAM::Policy').Properties.PolicyDocument.Statement.map(({ Resource }: any) =>
      textOf(Resource, { Arn: CLUSTER_ARN }),
    );
    expect(resources).toEqual([CLUSTER_ARN, `${CLUSTER_ARN.replace(':cluster/', ':topic/')}/paid`]);
    expect(textOf(of.resolve(orders.clusterName), { Arn: CLUSTER_ARN })).toBe('orders');
  });

  test('creates nothing', () => {
    const of = stack();
    imported(of, { securityGroups: [group(of)], kind: ClusterKind.STANDARD });
    expect(countsOf(of)).toEqual({});
  });
});

describe('the rule for pollers', () => {
  const rulesIn = (of: Stack) =>
    Object.values(resourcesOf(of)).flatMap(({ Type, Properties }) =>
      /Ingress|Egress/.test(Type) ? [[Type.split('::SecurityGroup')[1], Properties.GroupId, Properties.ToPort]] : [],
    );

  test('[88] [126] is made once for each port, by whoever calls first', () => {
    const of = stack();
    const orders = cluster(of, 'Orders', {
      authentication: [ClientAuthentication.iam(), ClientAuthentication.unauthenticated()],
    });
    [undefined, ClientIdentity.iam(), ClientIdentity.anonymous(), undefined].forEach((each) =>
      orders.allowPollers(each),
    );
    const GroupId = { 'Fn::GetAtt': [idsOf(of, 'AWS::EC2::SecurityGroup')[0], 'GroupId'] };
    expect(rulesIn(of)).toEqual([
      ['Ingress', GroupId, 9098],
      ['Ingress', GroupId, 9094],
    ]);
    for (const { Type, Properties } of Object.values(resourcesOf(of))) {
      if (Type === 'AWS::EC2::SecurityGroupIngress') {
        expect(Properties).toMatchObject({
          SourceSecurityGroupId: GroupId,
          FromPort: Properties.ToPort,
          IpProtocol: 'tcp',
        });
      }
    }
  });

  test('[126] lets pollers out too where no group of the cluster does', () => {
    const of = stack();
    const vpc = importedVpc(of);
    const closed = new ec2.SecurityGroup(of, 'Closed', { vpc, allowAllOutbound: false });
    cluster(of, 'Orders', { securityGroups: [closed] }).allowPollers();
    expect(
      rulesIn(of)
        .map(([kind]) => kind)
        .sort(),
    ).toEqual(['Egress', 'Ingress']);
  });

  test.each([
    [true, ['Ingress'], []],
    [false, [], []],
    [undefined, [], ['MSK-POLLER-ACCESS']],
  ])('[126] of an import is made as it says: %s', (addPollerRule, kinds, warnings) => {
    const of = stack();
    imported(of, { addPollerRule, securityGroups: [group(of)] }).allowPollers();
    expect(rulesIn(of).map(([kind]) => kind)).toEqual(kinds);
    expect(warningsOf(of)).toEqual(
      warnings.map((id) =>
        expect.stringMatching(new RegExp(`port 9098; .*\`addPollerRule: false\`.* \\[ack: .*:${id}\\]`)),
      ),
    );
  });

  test('fails where the groups are unknown, and leaves nothing behind', () => {
    const of = stack();
    const orders = imported(of, { addPollerRule: true });
    expect(() => orders.allowPollers()).toThrow(/ClusterSecurityGroupsUnknown: .*'Stack\/Orders'.*`securityGroups`/);
    expect(orders.node.children).toEqual([]);
  });
});

describe('a cluster written with L1', () => {
  test('[6] [7] is adapted once, without a warning, and is ready when its resource is', () => {
    const of = stack();
    const resource = l1(of);
    const orders = MskCluster.fromCfnCluster(resource);
    expect(MskCluster.fromCfnCluster(resource)).toBe(orders);
    expect(orders).toMatchObject({ kind: ClusterKind.STANDARD, zones: 3 });
    expect(orders.kafkaVersion?.version).toBe('3.9.x.kraft');
    expect(orders.connections.securityGroups.map(({ securityGroupId }) => securityGroupId)).toEqual(['sg-brokers']);
    expect(Dependable.of(orders.ready).dependencyRoots).toEqual([resource]);
    expect(warningsOf(of)).toEqual([]);
  });

  test('two of them in a scope do not get into each other’s way', () => {
    const of = stack();
    const clusters = [MskCluster.fromCfnCluster(l1(of)), MskCluster.fromCfnServerlessCluster(serverlessL1(of))];
    expect(clusters.map(({ kind }) => kind)).toEqual([ClusterKind.STANDARD, ClusterKind.SERVERLESS]);
  });

  test('is in the environment of its stack', () => {
    const of = stack({ env: { account: '123456789012', region: 'eu-west-1' } });
    const orders = MskCluster.fromCfnCluster(l1(of));
    expect(orders.env).toEqual({ account: '123456789012', region: 'eu-west-1' });
    const alarm = { threshold: 1, evaluationPeriods: 1 };
    orders.metrics.metric('OfflinePartitionsCount').createAlarm(of, 'Alarm', alarm);
    expect(onlyOne(of, 'AWS::CloudWatch::Alarm').Properties).toMatchObject({ MetricName: 'OfflinePartitionsCount' });
  });

  test.each(['kafka.m5.large', 'express.m7g.large'])('has the kind of its brokers: %s', (instanceType) => {
    const of = stack();
    const orders = MskCluster.fromCfnCluster(l1(of, { brokerNodeGroupInfo: { instanceType, clientSubnets: [] } }));
    expect(orders.kind).toBe(instanceType.startsWith('express.') ? ClusterKind.EXPRESS : ClusterKind.STANDARD);
  });

  const enabled = { enabled: true };
  const hidden = Token.asAny({ 'Fn::If': ['Secure', true, false] });
  const inTransit = (clientBroker: string) => ({ encryptionInTransit: { clientBroker } });
  const { iam: byIam, scram, unauthenticated, plaintext } = ClientAuthentication;
  const CASES: [string, Partial<msk.CfnClusterProps>, ClientAuthentication[] | undefined][] = [
    ['IAM and SCRAM', { clientAuthentication: { sasl: { iam: enabled, scram: enabled } } }, [byIam(), scram()]],
    ['mutual TLS', { clientAuthentication: { tls: enabled } }, [ClientAuthentication.mutualTls([])]],
    [
      'mutual TLS by its authorities alone',
      { clientAuthentication: { tls: { certificateAuthorityArnList: ['arn'] } } },
      [ClientAuthentication.mutualTls([])],
    ],
    [
      'mutual TLS beside plain text, which it does not guard',
      { clientAuthentication: { tls: enabled }, encryptionInfo: inTransit('TLS_PLAINTEXT') },
      [ClientAuthentication.mutualTls([]), plaintext()],
    ],
    ['nobody', { clientAuthentication: { unauthenticated: enabled } }, [unauthenticated()]],
    ['nothing, which lets everybody in', { clientAuthentication: undefined }, [unauthenticated()]],
    ['nothing that is on', { clientAuthentication: { sasl: { iam: { enabled: false } } } }, [unauthenticated()]],
    [
      'nothing, in plain text',
      { clientAuthentication: undefined, encryptionInfo: inTransit('PLAINTEXT') },
      [plaintext()],
    ],
    [
      'everything',
      {
        clientAuthentication: { sasl: { iam: enabled }, unauthenticated: enabled },
        encryptionInfo: inTransit('TLS_PLAINTEXT'),
      },
      [byIam(), unauthenticated(), plaintext()],
    ],
    ['a whole that is not known yet', { clientAuthentication: hidden }, undefined],
    ['a part that is not known yet', { clientAuthentication: { sasl: hidden as any } }, undefined],
    ['a switch that is not known yet', { clientAuthentication: { sasl: { iam: { enabled: hidden } } } }, undefined],
    ['an encryption that is not known yet', { encryptionInfo: hidden }, undefined],
  ];

  test.each(CASES)('[7] [27] lets clients in as its properties say: %s', (_name, props, expected) => {
    expect(MskCluster.fromCfnCluster(l1(stack(), props)).authentication).toEqual(expected);
  });

  test('makes the rules look at it from its topics', () => {
    const of = stack();
    const orders = MskCluster.fromCfnCluster(l1(of));
    new KafkaTopic(of, 'Paid', { cluster: orders, topicName: 'paid', partitions: 0, replicationFactor: 7 });
    expect(() => Template.fromStack(of)).toThrow(/MSK-TOPIC-REPLICATION: .* 3 brokers of Orders/);
  });
});
