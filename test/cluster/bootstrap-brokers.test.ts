import { CfnOutput } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as msk from 'aws-cdk-lib/aws-msk';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Brokers, ClientAuthentication, ClientIdentity, MskCluster, ServerlessCluster } from '../../lib/cluster';
import type { IMskCluster } from '../../lib/cluster';
import { KafkaTopic } from '../../lib/topic';
import {
  app,
  CLUSTER_ARN,
  cluster,
  countsOf,
  differences,
  idsOf,
  importedVpc,
  nodeFunction,
  onlyOne,
  resourcesOf,
  stack,
  textOf,
  without,
} from '../support/fixtures';
import { nagFindings } from '../support/nag';

const LOOKUP = 'Custom::MskBootstrapBrokers';
const { iam, scram, unauthenticated } = ClientAuthentication;

function ask(of: Stack, from: IMskCluster, id = 'Brokers', identity?: ClientIdentity): void {
  new CfnOutput(of, id, { value: from.bootstrapBrokers.forIdentity(identity) });
}

function lookupIn(of: Stack): Record<string, unknown> {
  return without(onlyOne(of, LOOKUP).Properties, 'ServiceToken', 'ServiceTimeout');
}

describe('a broker string', () => {
  const of = stack();
  const orders = cluster(of);
  ask(of, orders);
  const template = Template.fromStack(of);
  const [clusterId] = idsOf(template, 'AWS::MSK::Cluster');
  const [lookupId] = idsOf(template, LOOKUP);

  test('[76] [S-06] is what a lookup of the handler returns', () => {
    expect(template.toJSON().Outputs.Brokers.Value).toEqual({
      'Fn::GetAtt': [lookupId, 'BootstrapBrokerStringSaslIam'],
    });
    expect(lookupIn(of)).toEqual({
      ClusterArn: { 'Fn::GetAtt': [clusterId, 'Arn'] },
      Listeners: ['BootstrapBrokerStringSaslIam'],
      Authentication: ['IAM'],
      Brokers: 3,
    });
  });

  test('costs one function, its role, policy and log, and the lookup', () => {
    expect(countsOf(template)).toEqual({
      'AWS::MSK::Cluster': 1,
      'AWS::MSK::Configuration': 1,
      'AWS::EC2::SecurityGroup': 1,
      'AWS::Logs::LogGroup': 2,
      'AWS::IAM::Role': 1,
      'AWS::IAM::Policy': 1,
      'AWS::Lambda::Function': 1,
      [LOOKUP]: 1,
    });
  });

  test('[82] needs two actions on this cluster, given before it is asked for', () => {
    const policy = onlyOne(template, 'AWS::IAM::Policy');
    expect(policy.Properties.PolicyDocument.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: ['kafka:GetBootstrapBrokers', 'kafka:ListNodes'],
        Resource: { 'Fn::GetAtt': [clusterId, 'Arn'] },
      },
    ]);
    expect(resourcesOf(template)[lookupId].DependsOn?.sort()).toEqual(
      [clusterId, ...idsOf(template, 'AWS::IAM::Policy')].sort(),
    );
  });

  test('gives its function no other right than to write its log', () => {
    const [group] = idsOf(template, 'AWS::Logs::LogGroup').filter((id) => /bootstrapbrokers/i.test(id));
    const { Policies, ManagedPolicyArns } = onlyOne(template, 'AWS::IAM::Role').Properties;
    expect(ManagedPolicyArns).toBeUndefined();
    expect(Policies.map((each: any) => each.PolicyDocument.Statement)).toEqual([
      [
        {
          Effect: 'Allow',
          Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          Resource: { 'Fn::GetAtt': [group, 'Arn'] },
        },
      ],
    ]);
  });

  test('[B-08] has no finding of cdk-nag', () => {
    expect(nagFindings(of)).toEqual([]);
  });
});

describe('broker strings for several kinds of clients', () => {
  const AUTHENTICATION = [iam(), scram(), unauthenticated()];

  /** The template and the strings, asked for in the order given by the names. */
  function asked(order: string[]): { template: any; strings: unknown[] } {
    const of = stack();
    const orders = cluster(of, 'Orders', { authentication: AUTHENTICATION });
    const secret = secretsmanager.Secret.fromSecretNameV2(of, 'Secret', 'AmazonMSK_billing');
    const identities: Record<string, ClientIdentity | undefined> = {
      default: undefined,
      scram: ClientIdentity.scram(secret),
      anonymous: ClientIdentity.anonymous(),
    };
    const strings = Object.fromEntries(
      order.map((name) => [name, of.resolve(orders.bootstrapBrokers.forIdentity(identities[name])) as unknown]),
    );
    return { template: Template.fromStack(of).toJSON(), strings: Object.keys(identities).map((name) => strings[name]) };
  }

  const first = asked(['default', 'scram', 'anonymous']);

  test('[6] [76] [81] come from one lookup, its listeners in order', () => {
    const [lookup] = Object.values<any>(first.template.Resources).filter(({ Type }) => Type === LOOKUP);
    expect(lookup.Properties.Listeners).toEqual([
      'BootstrapBrokerStringSaslIam',
      'BootstrapBrokerStringSaslScram',
      'BootstrapBrokerStringTls',
    ]);
  });

  test.each([
    [['scram', 'anonymous', 'default']],
    [['anonymous', 'default', 'scram']],
    [['default', 'anonymous', 'scram', 'default', 'scram']],
  ])('[81] are the same in whichever order they are asked for: %s', (order) => {
    expect(asked(order)).toEqual(first);
  });
});

describe('a lookup', () => {
  test('[82] runs again when brokers are added or listeners are turned on', () => {
    const withProps = (perZone: number, authentication: ClientAuthentication[]) => {
      const of = stack();
      ask(of, cluster(of, 'Orders', { brokers: Brokers.standard({ perZone }), authentication }));
      return { ids: idsOf(of, LOOKUP), properties: lookupIn(of) };
    };
    const before = withProps(1, [iam()]);
    expect(differences(before, withProps(2, [iam()]))).toEqual(['properties.Brokers']);
    expect(differences(before, withProps(1, [iam(), scram()]))).toEqual(['properties.Authentication.1']);
  });

  test('[81] is in the stack of the cluster, once, whoever asks', () => {
    const theApp = app();
    const owner = stack({ app: theApp, id: 'Owner' });
    const orders = cluster(owner);
    const clients = ['A', 'B'].map((id) => stack({ app: theApp, id }));
    clients.forEach((of) => nodeFunction(of).addEnvironment('BROKERS', orders.bootstrapBrokers.forIdentity()));
    theApp.synth();
    expect(idsOf(owner, LOOKUP)).toHaveLength(1);
    for (const client of clients) {
      expect(idsOf(client, LOOKUP)).toEqual([]);
      expect(client.dependencies).toEqual([owner]);
    }
    expect(owner.dependencies).toEqual([]);
  });

  test('[110] of two clusters shares one function, with a policy for each', () => {
    const of = stack();
    const both = [cluster(of, 'One'), cluster(of, 'Two')];
    both.forEach((each, index) => ask(of, each, `Brokers${index}`));
    expect(countsOf(of)).toMatchObject({ [LOOKUP]: 2, 'AWS::Lambda::Function': 1, 'AWS::IAM::Policy': 2 });
    const tokens = Object.values(resourcesOf(of)).flatMap(({ Type, Properties }) =>
      Type === LOOKUP ? [textOf(Properties.ServiceToken)] : [],
    );
    expect(new Set(tokens).size).toBe(1);
  });

  test('[110] of two clusters does not depend on which is asked first', () => {
    const template = (order: string[]) => {
      const of = stack();
      const clusters = Object.fromEntries(['One', 'Two'].map((id) => [id, cluster(of, id)]));
      order.forEach((id) => ask(of, clusters[id], `Brokers${id}`));
      return Template.fromStack(of).toJSON();
    };
    expect(template(['One', 'Two'])).toEqual(template(['Two', 'One']));
  });

  test('[79] [S-04] of a serverless cluster has no brokers to count', () => {
    const of = stack();
    ask(of, new ServerlessCluster(of, 'Clicks', { vpc: importedVpc(of) }));
    expect(lookupIn(of)).toEqual({
      ClusterArn: { 'Fn::GetAtt': [idsOf(of, 'AWS::MSK::ServerlessCluster')[0], 'Arn'] },
      Listeners: ['BootstrapBrokerStringSaslIam'],
      Authentication: ['IAM'],
    });
  });

  test('[80] of an import is in the stack of the import, and waits for nothing but its policy', () => {
    const of = stack();
    ask(of, MskCluster.fromClusterArn(of, 'Orders', CLUSTER_ARN));
    expect(lookupIn(of)).toEqual({ ClusterArn: CLUSTER_ARN, Listeners: ['BootstrapBrokerStringSaslIam'] });
    expect(onlyOne(of, LOOKUP).DependsOn).toEqual(idsOf(of, 'AWS::IAM::Policy'));
  });

  test('[80] is not made for an import whose brokers are known', () => {
    const of = stack();
    const bootstrapBrokers = 'b-1.orders.example:9098,b-2.orders.example:9098';
    const orders = MskCluster.fromClusterAttributes(of, 'Orders', { clusterArn: CLUSTER_ARN, bootstrapBrokers });
    ask(of, orders);
    expect(Template.fromStack(of).toJSON().Outputs.Brokers.Value).toBe(bootstrapBrokers);
    expect(countsOf(of)).toEqual({});
  });

  test('of a cluster written with L1 is made once, runs again with its brokers, and holds up no topic', () => {
    const of = stack();
    const l1 = new msk.CfnCluster(of, 'Orders', {
      clusterName: 'orders',
      kafkaVersion: '3.9.x.kraft',
      numberOfBrokerNodes: 6,
      brokerNodeGroupInfo: { instanceType: 'kafka.m7g.large', clientSubnets: ['subnet-a', 'subnet-b', 'subnet-c'] },
      clientAuthentication: { sasl: { iam: { enabled: true } } },
    });
    ask(of, MskCluster.fromCfnCluster(l1));
    ask(of, MskCluster.fromCfnCluster(l1), 'Again');
    new KafkaTopic(of, 'Paid', { cluster: MskCluster.fromCfnCluster(l1), topicName: 'paid', partitions: 1 });
    expect(lookupIn(of)).toMatchObject({ Authentication: ['IAM'], Brokers: 6 });
    expect(onlyOne(of, LOOKUP).DependsOn).toContain('Orders');
    expect(onlyOne(of, 'AWS::MSK::Topic').DependsOn).toEqual(['Orders']);
  });
});

test('[83] all brokers are an attribute of the same lookup, for whoever asks', () => {
  const of = stack();
  const orders = cluster(of);
  new CfnOutput(of, 'All', { value: orders.bootstrapBrokers.allForIdentity() });
  ask(of, orders);
  expect(lookupIn(of)).toMatchObject({
    Listeners: ['BootstrapBrokerStringSaslIam'],
    AllOf: ['BootstrapBrokerStringSaslIam'],
  });
  const [lookup] = idsOf(of, LOOKUP);
  expect(Template.fromStack(of).toJSON().Outputs.All.Value).toEqual({
    'Fn::GetAtt': [lookup, 'AllBootstrapBrokerStringSaslIam'],
  });
});
