import { CfnParameter, Fn, RemovalPolicy, Tags } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { ClusterKind, ServerlessCluster } from '../../lib/cluster';
import type { ServerlessClusterProps } from '../../lib/cluster';
import {
  app,
  countsOf,
  idsOf,
  importedVpc,
  keepReportsQuiet,
  onlyOne,
  resourcesOf,
  retainedOnDeletable,
  stack,
  vpc,
  warningsOf,
} from '../support/fixtures';
import { nagFindings } from '../support/nag';

keepReportsQuiet();

const CLUSTER = 'AWS::MSK::ServerlessCluster';

function serverless(scope: Construct, id = 'Clicks', props: Partial<ServerlessClusterProps> = {}): ServerlessCluster {
  return new ServerlessCluster(scope, id, { ...props, vpc: props.vpc ?? importedVpc(scope, `${id}Vpc`) });
}

function rendered(props: Partial<ServerlessClusterProps> = {}, of = stack()): any {
  serverless(of, 'Clicks', props);
  return onlyOne(of, CLUSTER).Properties;
}

describe('the smallest serverless cluster', () => {
  const of = stack();
  const clicks = serverless(of);
  const template = Template.fromStack(of);

  test('[3] [S-04] is two resources and no function', () => {
    expect(countsOf(template)).toEqual({ [CLUSTER]: 1, 'AWS::EC2::SecurityGroup': 1 });
  });

  test('[3] [S-04] lets clients in by IAM, from three zones', () => {
    const [group] = idsOf(template, 'AWS::EC2::SecurityGroup');
    expect(onlyOne(template, CLUSTER).Properties).toEqual({
      ClusterName: expect.stringMatching(/^Stack-?Clicks/),
      ClientAuthentication: { Sasl: { Iam: { Enabled: true } } },
      VpcConfigs: [
        { SubnetIds: ['subnet-a', 'subnet-b', 'subnet-c'], SecurityGroups: [{ 'Fn::GetAtt': [group, 'GroupId'] }] },
      ],
    });
    expect(clicks.connections.defaultPort?.toString()).toBe('9098');
  });

  test('[7] says what it is: it has no version', () => {
    expect(clicks).toMatchObject({ kind: ClusterKind.SERVERLESS, zones: 3, kafkaVersion: undefined });
    expect(clicks.authentication?.map(({ mechanism }) => mechanism)).toEqual(['IAM']);
    expect(of.resolve(clicks.clusterArn)).toEqual({ 'Fn::GetAtt': [idsOf(template, CLUSTER)[0], 'Arn'] });
  });

  test('has no finding of cdk-nag and no warning', () => {
    expect(nagFindings(of)).toEqual([]);
    expect(warningsOf(of)).toEqual([]);
  });
});

describe('what belongs to a serverless cluster', () => {
  test.each<[string, RemovalPolicy | undefined, string[]]>([
    ['kept by default, but for a first deployment that fails', undefined, ['RetainExceptOnCreate', 'Retain']],
    ['deleted when it is said', RemovalPolicy.DESTROY, ['Delete', 'Delete']],
  ])('[107] [108] is %s', (_name, removalPolicy, expected) => {
    const of = stack();
    serverless(of, 'Clicks', { removalPolicy });
    const policies = Object.values(resourcesOf(of)).map((each) => [each.DeletionPolicy, each.UpdateReplacePolicy]);
    expect(policies).toEqual([expected, expected]);
    expect(retainedOnDeletable(of)).toEqual([]);
  });
});

describe('the tags of a serverless cluster', () => {
  test('[S-04] are kept from tags of the app, which would replace it', () => {
    const theApp = app();
    const of = stack({ app: theApp });
    const clicks = serverless(of, 'Clicks', { tags: { team: 'web' } });
    Tags.of(theApp).add('cost-center', '42');
    Tags.of(clicks).add('stage', 'live');
    expect(onlyOne(of, CLUSTER).Properties.Tags).toEqual({ team: 'web' });
    expect(onlyOne(of, 'AWS::EC2::SecurityGroup').Properties.Tags).toEqual([
      { Key: 'cost-center', Value: '42' },
      { Key: 'stage', Value: 'live' },
    ]);
  });

  test('are none where none is given', () => {
    const of = stack();
    serverless(of);
    Tags.of(of).add('cost-center', '42');
    expect(onlyOne(of, CLUSTER).Properties.Tags).toBeUndefined();
  });
});

describe('the place of a serverless cluster', () => {
  test('may be two zones', () => {
    expect(rendered({ zones: 2 }).VpcConfigs[0].SubnetIds).toEqual(['subnet-a', 'subnet-b']);
  });

  test('may be other subnets and groups', () => {
    const of = stack();
    const network = vpc(of);
    const group = new ec2.SecurityGroup(of, 'Mine', { vpc: network });
    const properties = rendered(
      { vpc: network, vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC }, securityGroups: [group] },
      of,
    );
    expect(JSON.stringify(properties.VpcConfigs[0].SubnetIds)).toMatch(/PublicSubnet1.*PublicSubnet2.*PublicSubnet3/);
    expect(idsOf(of, 'AWS::EC2::SecurityGroup')).toHaveLength(1);
  });

  test('[54] may be several VPCs, each with its own subnets and group', () => {
    const of = stack();
    const [first, second] = [importedVpc(of, 'First'), importedVpc(of, 'Second')];
    const clicks = serverless(of, 'Clicks', { vpc: first, additionalVpcs: [{ vpc: second }] });
    const client = new ec2.SecurityGroup(of, 'Client', { vpc: second });
    clicks.connectionsIn(second).allowDefaultPortFrom(client);

    const template = Template.fromStack(of);
    const { VpcConfigs } = onlyOne(template, CLUSTER).Properties;
    const groups = VpcConfigs.map(({ SecurityGroups }: any) => SecurityGroups[0]['Fn::GetAtt'][0]);
    expect(VpcConfigs.map(({ SubnetIds }: any) => SubnetIds)).toEqual(
      Array(2).fill(['subnet-a', 'subnet-b', 'subnet-c']),
    );
    expect(new Set(groups).size).toBe(2);
    const [rule] = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress')) as any[];
    expect(rule.Properties).toMatchObject({ FromPort: 9098, GroupId: { 'Fn::GetAtt': [groups[1], 'GroupId'] } });
    expect(clicks.connectionsIn(first)).toBe(clicks.connections);
  });

  test('[54] keeps the group of a VPC where another is named before it', () => {
    const groupsWith = (names: string[]) => {
      const of = stack();
      const vpcs = Object.fromEntries(['A', 'B', 'C'].map((name) => [name, importedVpc(of, name)]));
      serverless(of, 'Clicks', { vpc: vpcs.A, additionalVpcs: names.map((name) => ({ vpc: vpcs[name] })) });
      return idsOf(of, 'AWS::EC2::SecurityGroup');
    };
    expect(groupsWith(['C', 'B'])).toEqual(expect.arrayContaining(groupsWith(['B'])));
  });

  test('[54] fails with a VPC named twice, six of them, or one that it was not given', () => {
    const of = stack();
    const network = importedVpc(of, 'Network');
    expect(() => serverless(of, 'One', { vpc: network, additionalVpcs: [{ vpc: network }] })).toThrow('VpcRepeated');
    const others = ['A', 'B', 'C', 'D', 'E'].map((name) => ({ vpc: importedVpc(of, name) }));
    expect(() => serverless(of, 'Two', { vpc: network, additionalVpcs: [...others, others[0]] })).toThrow(
      'VpcRepeated',
    );
    expect(() => serverless(of, 'Three').connectionsIn(network)).toThrow(/VpcUnknown.*Network.*additionalVpcs/s);
    const six = stack();
    const many = ['A', 'B', 'C', 'D', 'E'].map((name) => ({ vpc: importedVpc(six, name) }));
    expect(() => rendered({ additionalVpcs: many }, six)).toThrow('MSK-SERVERLESS-NETWORK');
  });

  test('fails with too few zones, no group, or six of them', () => {
    const of = stack();
    expect(() => serverless(of, 'One', { vpc: new ec2.Vpc(of, 'Vpc') })).toThrow('MSK-CLUSTER-ZONES');
    expect(() => serverless(of, 'Two', { zones: 4 })).toThrow('MSK-CLUSTER-ZONES');
    expect(() => serverless(of, 'Three', { securityGroups: [] })).toThrow('SecurityGroupsMissing');
    const groups = Array.from({ length: 6 }, (_, i) => ec2.SecurityGroup.fromSecurityGroupId(of, `G${i}`, `sg-${i}`));
    expect(() => rendered({ securityGroups: groups })).toThrow('MSK-SERVERLESS-NETWORK');
  });

  test('may be known at deployment only', () => {
    const of = stack();
    const network = ec2.Vpc.fromVpcAttributes(of, 'Vpc', {
      vpcId: Fn.importValue('Vpc'),
      availabilityZones: Fn.getAzs(),
      privateSubnetIds: Fn.split(',', Fn.importValue('PrivateSubnets')),
    });
    const properties = rendered({ vpc: network, clusterName: new CfnParameter(of, 'Name').valueAsString }, of);
    expect(properties).toMatchObject({
      ClusterName: { Ref: 'Name' },
      VpcConfigs: [{ SubnetIds: { 'Fn::Split': [',', { 'Fn::ImportValue': 'PrivateSubnets' }] } }],
    });
  });
});

describe('the name of a serverless cluster', () => {
  test('[8] [110] is generated, and two clusters differ', () => {
    const of = stack();
    serverless(of, 'One');
    serverless(of, 'Two');
    const names = Object.values(resourcesOf(of)).flatMap(({ Type, Properties }) =>
      Type === CLUSTER ? [Properties.ClusterName] : [],
    );
    expect(new Set(names).size).toBe(2);
  });

  test('may be given', () => {
    expect(rendered({ clusterName: 'clicks' }).ClusterName).toBe('clicks');
  });
});

test('[111] rules judge what overrides make of a serverless cluster', () => {
  const of = stack();
  const resource = serverless(of).node.defaultChild as CfnResource;
  resource.addPropertyOverride('ClientAuthentication.Sasl.Iam.Enabled', false);
  expect(() => Template.fromStack(of)).toThrow('MSK-SERVERLESS-AUTHENTICATION');
});
