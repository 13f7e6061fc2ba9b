import { Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { KafkaVersion, MskCluster, ProvisionedCluster, ResourcePattern } from '../../lib';
import { app, CLUSTER_ARN, cluster, stack, vpc, warningsOf } from '../support/fixtures';

const OWNER = { account: '123456789012', region: 'eu-west-1' };
const CLIENT = { account: '210987654321', region: 'eu-west-1' };
const paid = ResourcePattern.literal('paid');
const billing = ResourcePattern.literal('billing');

function owner() {
  const scope = new Stack(app(), 'Owner', { env: OWNER });
  return {
    scope,
    cluster: new ProvisionedCluster(scope, 'Orders', { vpc: vpc(scope), kafkaVersion: KafkaVersion.V3_9_X_KRAFT }),
  };
}

/** The statements of the one policy that a cluster has. */
function policy(scope: Stack): any[] {
  const policies = Object.values<any>(Template.fromStack(scope).findResources('AWS::MSK::ClusterPolicy'));
  expect(policies).toHaveLength(1);
  return policies[0].Properties.Policy.Statement;
}

describe('the owner of a cluster', () => {
  test('[50] lets a role of another account in by account and ARN, and says what that account has to add', () => {
    const { scope, cluster } = owner();
    const role = iam.Role.fromRoleArn(scope, 'Client', `arn:aws:iam::${CLIENT.account}:role/billing`);
    const grant = cluster.grants.consume(role, paid, billing);
    expect(grant.success).toBe(false);
    const statements = policy(scope);
    expect(statements.map(({ Action }) => Action)).toEqual([
      'kafka-cluster:Connect',
      ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
      ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'],
    ]);
    for (const { Principal, Condition, Effect } of statements) {
      expect(Effect).toBe('Allow');
      expect(JSON.stringify(Principal.AWS)).toContain(`:iam::${CLIENT.account}:root`);
      expect(Condition).toEqual({ ArnEquals: { 'aws:PrincipalArn': `arn:aws:iam::${CLIENT.account}:role/billing` } });
    }
    Annotations.fromStack(scope).hasWarning('*', Match.stringLikeRegexp('kafka-cluster:ReadData.*MSK-GRANT-NOT-ADDED'));
  });

  test('[50] lets in of another account only whom its conditions name', () => {
    const { scope, cluster } = owner();
    const conditions = { ArnEquals: { 'aws:PrincipalArn': `arn:aws:iam::${CLIENT.account}:role/billing` } };
    cluster.grants.produce(new iam.AccountPrincipal(CLIENT.account).withConditions(conditions), paid);
    expect(policy(scope).map(({ Condition }) => Condition)).toEqual([conditions, conditions]);
  });

  test('[49] has one policy, whoever is let in', () => {
    const { scope, cluster } = owner();
    for (const name of ['billing', 'audit']) {
      cluster.grants.produce(iam.Role.fromRoleArn(scope, name, `arn:aws:iam::${CLIENT.account}:role/${name}`), paid);
    }
    cluster.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal('kafka.amazonaws.com')],
        actions: ['kafka:CreateVpcConnection'],
        resources: [cluster.clusterArn],
      }),
    );
    const statements = policy(scope);
    expect(new Set(statements.map(({ Sid }) => Sid)).size).toBe(statements.length);
    expect(JSON.stringify(statements)).toContain('role/audit');
    expect(JSON.stringify(statements)).toContain('kafka.amazonaws.com');
  });

  test('has no policy as long as everybody is of its own account', () => {
    const { scope, cluster } = owner();
    cluster.grants.produce(new iam.Role(scope, 'Role', { assumedBy: new iam.AccountRootPrincipal() }), paid);
    Template.fromStack(scope).resourceCountIs('AWS::MSK::ClusterPolicy', 0);
  });
});

describe('the client of a cluster of another account', () => {
  test('[50] has its own rights, and says what the policy of the cluster has to allow', () => {
    const scope = new Stack(app(), 'Client', { env: CLIENT });
    const cluster = MskCluster.fromClusterArn(scope, 'Orders', CLUSTER_ARN);
    const role = new iam.Role(scope, 'Role', { roleName: 'billing', assumedBy: new iam.AccountRootPrincipal() });
    expect(cluster.grants.consume(role, paid, billing).success).toBe(true);
    Template.fromStack(scope).resourceCountIs('AWS::MSK::ClusterPolicy', 0);
    Annotations.fromStack(scope).hasWarning(
      '*',
      Match.stringLikeRegexp(`aws:PrincipalArn.*role/billing.*MSK-CLUSTER-POLICY-NOT-CHANGED`),
    );
  });

  test('fails with a role whose name nobody knows before it exists', () => {
    const scope = new Stack(app(), 'Client', { env: CLIENT });
    const cluster = MskCluster.fromClusterArn(scope, 'Orders', CLUSTER_ARN);
    const role = new iam.Role(scope, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
    expect(() => cluster.grants.produce(role, paid)).toThrow(/GranteeNameUnknown: .*Client\/Role.*roleName/);
  });
});

describe('[50] connections from other accounts', () => {
  test('are let in by the policy of the cluster', () => {
    const of = stack();
    const orders = cluster(of);
    const { statementAdded } = orders.grants.vpcConnections(new iam.AccountPrincipal('210987654321'));
    expect(statementAdded).toBe(true);
    expect(policy(of)).toEqual([
      expect.objectContaining({
        Action: [
          'kafka:CreateVpcConnection',
          'kafka:DescribeCluster',
          'kafka:DescribeClusterV2',
          'kafka:GetBootstrapBrokers',
        ],
        Effect: 'Allow',
      }),
    ]);
  });

  test('to a cluster of somebody else are his to let in, which is said', () => {
    const of = stack();
    const far = MskCluster.fromClusterArn(of, 'Far', CLUSTER_ARN);
    expect(far.grants.vpcConnections(new iam.AccountPrincipal('210987654321')).statementAdded).toBe(false);
    expect(warningsOf(of)).toEqual([
      expect.stringMatching(/kafka:CreateVpcConnection.*MSK-CLUSTER-POLICY-NOT-CHANGED\]$/),
    ]);
  });
});
