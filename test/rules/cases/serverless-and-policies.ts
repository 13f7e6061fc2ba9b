import { cluster, resource, serverless } from '../templates';
import { named, zones } from './case';
import type { Case } from './case';

const serverlessNamed = named('MSK-SERVERLESS-NAME', 'the name', serverless, 'ClusterName');

export const SERVERLESS_AND_POLICY_CASES: Case[] = [
  serverlessNamed('', 'a'),
  serverlessNamed('a'.repeat(65), 'a'.repeat(64)),
  {
    id: 'MSK-SERVERLESS-AUTHENTICATION',
    wrong: 'IAM turned off',
    bad: { Cluster: serverless({ 'ClientAuthentication.Sasl.Iam.Enabled': false }) },
    good: { Cluster: serverless() },
  },
  {
    id: 'MSK-SERVERLESS-AUTHENTICATION',
    wrong: 'nothing said about authentication',
    bad: { Cluster: serverless({ ClientAuthentication: undefined }) },
    good: { Cluster: serverless({ ClientAuthentication: { Ref: 'Authentication' } }) },
  },
  {
    id: 'MSK-SERVERLESS-NETWORK',
    wrong: 'no VPC',
    bad: { Cluster: serverless({ VpcConfigs: [] }) },
    good: { Cluster: serverless({ VpcConfigs: vpcConfigs(1) }) },
  },
  {
    id: 'MSK-SERVERLESS-NETWORK',
    wrong: 'six VPCs',
    bad: { Cluster: serverless({ VpcConfigs: vpcConfigs(6) }) },
    good: { Cluster: serverless({ VpcConfigs: vpcConfigs(5) }) },
    says: '6 VPC configurations',
  },
  {
    id: 'MSK-SERVERLESS-NETWORK',
    wrong: 'one subnet',
    bad: { Cluster: serverless({ VpcConfigs: [{ SubnetIds: ['subnet-a'] }] }) },
    good: { Cluster: serverless({ VpcConfigs: [{ SubnetIds: ['subnet-a', 'subnet-b'] }] }) },
  },
  {
    id: 'MSK-SERVERLESS-NETWORK',
    wrong: 'one subnet twice',
    bad: { Cluster: serverless({ VpcConfigs: [{ SubnetIds: [{ Ref: 'A' }, { Ref: 'A' }] }] }) },
    good: { Cluster: serverless({ VpcConfigs: [{ SubnetIds: [{ Ref: 'A' }, { Ref: 'B' }] }] }) },
  },
  {
    id: 'MSK-SERVERLESS-NETWORK',
    wrong: 'two subnets in one zone',
    bad: { Cluster: serverless() },
    good: { Cluster: serverless() },
    extras: zones('eu-west-1a', 'eu-west-1a'),
    goodExtras: zones('eu-west-1a', 'eu-west-1b'),
    says: 'share',
  },
  {
    id: 'MSK-SERVERLESS-NETWORK',
    wrong: 'two subnets in one zone of the second VPC',
    bad: { Cluster: serverless({ VpcConfigs: vpcConfigs(2) }) },
    good: { Cluster: serverless({ VpcConfigs: vpcConfigs(2) }) },
    extras: {
      Cluster: {
        facts: {
          subnetZones: [
            ['a', 'b'],
            ['a', 'a'],
          ],
        },
      },
    },
    goodExtras: {
      Cluster: {
        facts: {
          subnetZones: [
            ['a', 'b'],
            ['a', 'b'],
          ],
        },
      },
    },
  },
  {
    id: 'MSK-SERVERLESS-NETWORK',
    wrong: 'six security groups',
    bad: { Cluster: serverless({ 'VpcConfigs.0.SecurityGroups': ['1', '2', '3', '4', '5', '6'] }) },
    good: { Cluster: serverless({ 'VpcConfigs.0.SecurityGroups': ['1', '2', '3', '4', '5'] }) },
  },
  {
    id: 'MSK-SERVERLESS-NETWORK',
    wrong: 'one security group twice',
    bad: { Cluster: serverless({ 'VpcConfigs.0.SecurityGroups': ['sg-a', 'sg-a'] }) },
    good: { Cluster: serverless({ 'VpcConfigs.0.SecurityGroups': ['sg-a', 'sg-b'] }) },
    says: 'twice',
  },
  {
    id: 'MSK-SERVERLESS-NETWORK',
    wrong: 'an empty list of security groups',
    bad: { Cluster: serverless({ 'VpcConfigs.0.SecurityGroups': [] }) },
    good: { Cluster: serverless({ 'VpcConfigs.0.SecurityGroups': undefined }) },
  },
  {
    id: 'MSK-SERVERLESS-NETWORK',
    wrong: 'one VPC configuration twice',
    bad: { Cluster: serverless({ VpcConfigs: [...vpcConfigs(1), ...vpcConfigs(1)] }) },
    good: { Cluster: serverless({ VpcConfigs: vpcConfigs(2) }) },
  },

  ...['a;b', '50%', 'a\tb'].map((value): Case => ({
    id: 'MSK-SERVERLESS-TAGS',
    wrong: `the tag ${JSON.stringify(value)}`,
    bad: { Cluster: serverless({ 'Tags.team': value }) },
    good: { Cluster: serverless({ 'Tags.team': 'équipe n°1 a_b.c:d/e=f+g-h@i'.replace('°', ' ') }) },
    says: 'team',
  })),

  {
    id: 'MSK-POLICY-SIZE',
    wrong: 'more than 20 KB',
    bad: { One: policy('arn', statements(400)) },
    good: { One: policy('arn', statements(200)) },
    says: '20480',
  },
  {
    id: 'MSK-POLICY-SIZE',
    wrong: 'more than 20 KB beside what is yet unknown',
    bad: { One: policy('arn', { ...statements(400), Id: { Ref: 'Id' } }) },
    good: { One: policy('arn', { Statement: Array(400).fill({ Ref: 'Statement' }) }) },
  },
  {
    id: 'MSK-POLICY-SINGLE',
    wrong: 'two policies',
    bad: { Cluster: cluster(), One: policy({ Ref: 'Cluster' }), Two: policy({ 'Fn::GetAtt': ['Cluster', 'Arn'] }) },
    good: { Cluster: cluster(), Other: cluster(), One: policy({ Ref: 'Cluster' }), Two: policy({ Ref: 'Other' }) },
    says: 'One',
  },
  {
    id: 'MSK-POLICY-SINGLE',
    wrong: 'two policies by literal ARN',
    bad: { One: policy('arn:aws:kafka:eu-west-1:1:cluster/a/b'), Two: policy('arn:aws:kafka:eu-west-1:1:cluster/a/b') },
    good: {
      One: policy('arn:aws:kafka:eu-west-1:1:cluster/a/b'),
      Two: policy('arn:aws:kafka:eu-west-1:1:cluster/a/c'),
    },
  },
  {
    id: 'MSK-POLICY-SINGLE',
    wrong: 'two policies under one condition',
    bad: {
      One: { ...policy('arn:aws:kafka:eu-west-1:1:cluster/a/b'), Condition: 'A' },
      Two: { ...policy('arn:aws:kafka:eu-west-1:1:cluster/a/b'), Condition: 'A' },
    },
    good: {
      One: { ...policy('arn:aws:kafka:eu-west-1:1:cluster/a/b'), Condition: 'A' },
      Two: { ...policy('arn:aws:kafka:eu-west-1:1:cluster/a/b'), Condition: 'B' },
    },
  },
];

function vpcConfigs(count: number) {
  return Array.from({ length: count }, (_, i) => ({
    SubnetIds: [`subnet-a${i}`, `subnet-b${i}`],
    SecurityGroups: ['sg'],
  }));
}

function policy(ClusterArn: unknown, Policy: Record<string, unknown> = {}) {
  return resource('AWS::MSK::ClusterPolicy', { ClusterArn, Policy });
}

/** Statements of 64 bytes each, with the comma. */
function statements(count: number) {
  return { Statement: Array(count).fill({ Effect: 'Allow', Action: 'kafka:DescribeCluster', Sid: 'a12345' }) };
}
