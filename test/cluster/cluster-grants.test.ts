import { Token } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ClientAuthentication, ClusterGrants, MskCluster, ResourcePattern } from '../../lib/cluster';
import { KafkaTopic } from '../../lib/topic';
import {
  app,
  CLUSTER_ARN,
  cluster,
  countsOf,
  idsOf,
  keepReportsQuiet,
  nodeFunction,
  onlyOne,
  resourcesOf,
  stack,
  textOf,
  warningsOf,
} from '../support/fixtures';
import { nagFindings } from '../support/nag';

keepReportsQuiet();

const POLICY = 'AWS::IAM::Policy';
const NOT_ADDED = 'cdk-msk-macie:MSK-GRANT-NOT-ADDED';
const { literal, prefixed } = ResourcePattern;

const arnOf = (type: string, name: string) => `${CLUSTER_ARN.replace(':cluster/', `:${type}/`)}/${name}`;

type Verb = 'produce' | 'consume';

/** What each verb allows, on which ARNs; the actions in the chains that the service asks for. */
const ALLOWED: Record<Verb, Record<string, string[]>> = {
  produce: {
    [CLUSTER_ARN]: ['kafka-cluster:Connect', 'kafka-cluster:WriteDataIdempotently'],
    [arnOf('topic', 'paid')]: ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'],
  },
  consume: {
    [CLUSTER_ARN]: ['kafka-cluster:Connect'],
    [arnOf('topic', 'paid')]: ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
    [arnOf('group', 'billing')]: ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'],
  },
};

/**
 * The type of resource that each action belongs to.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html
 */
const TYPE_OF_ACTION: Record<string, string> = {
  'kafka-cluster:Connect': 'cluster',
  'kafka-cluster:WriteDataIdempotently': 'cluster',
  'kafka-cluster:DescribeTopic': 'topic',
  'kafka-cluster:ReadData': 'topic',
  'kafka-cluster:WriteData': 'topic',
  'kafka-cluster:AlterGroup': 'group',
  'kafka-cluster:DescribeGroup': 'group',
};

function grantOn(grants: ClusterGrants, verb: Verb, grantee: iam.IGrantable): iam.Grant {
  return verb === 'produce'
    ? grants.produce(grantee, literal('paid'))
    : grants.consume(grantee, literal('paid'), literal('billing'));
}

/** The allowed actions by resource; an owned cluster's ARN as if it were `CLUSTER_ARN`. */
function allowedBy(of: Stack, statements: any[]): Record<string, string[]> {
  const clusters = Object.fromEntries(idsOf(of, 'AWS::MSK::Cluster').map((id) => [`${id}.Arn`, CLUSTER_ARN]));
  const allowed: Record<string, string[]> = {};
  for (const { Effect, Action, Resource, ...rest } of statements) {
    expect([Effect, rest]).toEqual(['Allow', {}]);
    for (const resource of [Resource].flat()) {
      const arn = textOf(resource, clusters);
      allowed[arn] = [...(allowed[arn] ?? []), ...[Action].flat()];
    }
  }
  return Object.fromEntries(Object.entries(allowed).map(([arn, actions]) => [arn, [...new Set(actions)].sort()]));
}

function allowedIn(of: Stack): Record<string, string[]> {
  return allowedBy(of, onlyOne(of, POLICY).Properties.PolicyDocument.Statement);
}

type Grantee = (of: Stack) => iam.IGrantable;

const serviceRole = (of: Stack) =>
  new iam.Role(of, 'Role', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
const roleIn = (of: Stack, account: string) => iam.Role.fromRoleArn(of, 'Role', `arn:aws:iam::${account}:role/billing`);

const POLICY_HOLDERS: [string, Grantee, string, string | RegExp][] = [
  ['a role', serviceRole, 'Roles', /<Role\w+>/],
  ['a function', (of) => nodeFunction(of), 'Roles', /<FunctionServiceRole\w+>/],
  ['a user', (of) => new iam.User(of, 'User'), 'Users', /<User\w+>/],
  ['a group', (of) => new iam.Group(of, 'Group'), 'Groups', /<Group\w+>/],
  ['an imported role', (of) => roleIn(of, '123456789012'), 'Roles', 'billing'],
  ['an imported user', (of) => iam.User.fromUserName(of, 'User', 'billing'), 'Users', 'billing'],
  ['a principal that is a role', (of) => ({ grantPrincipal: serviceRole(of) }), 'Roles', /<Role\w+>/],
];

const OTHERS: [string, Grantee, string][] = [
  ['an imported role of another account', (of) => roleIn(of, '999999999999'), 'Stack/Role'],
  [
    'an immutable role',
    (of) => iam.Role.fromRoleArn(of, 'Role', 'arn:aws:iam::123456789012:role/billing', { mutable: false }),
    'Stack/Role',
  ],
  ['a role without policy updates', (of) => serviceRole(of).withoutPolicyUpdates(), 'Stack/ImmutableRoleRole'],
  ['a service', () => new iam.ServicePrincipal('firehose.amazonaws.com'), 'ServicePrincipal(firehose.amazonaws.com)'],
  ['an account', () => new iam.AccountPrincipal('999999999999'), 'AccountPrincipal(999999999999)'],
  [
    'a function of unknown role',
    (of) => lambda.Function.fromFunctionArn(of, 'Function', 'arn:aws:lambda:eu-west-1:123456789012:function:billing'),
    'Stack/Function',
  ],
];

const PLACE = { env: { account: '123456789012', region: 'eu-west-1' } };

describe.each<Verb>(['produce', 'consume'])('the right to %s', (verb) => {
  test.each(POLICY_HOLDERS)('[84] [85] [86] [31-pain] of %s is a policy of its own', (_name, grantee, list, holder) => {
    const of = stack(PLACE);
    const grant = grantOn(cluster(of).grants, verb, grantee(of));
    expect(grant.success).toBe(true);
    expect(allowedIn(of)).toEqual(ALLOWED[verb]);
    const { [list]: holders, Roles, Users, Groups } = onlyOne(of, POLICY).Properties;
    expect([Roles, Users, Groups].filter(Boolean)).toEqual([holders]);
    expect(textOf(holders)).toMatch(holder);
    expect(warningsOf(of)).toEqual([]);
  });

  test.each(OTHERS)('[85] of %s is said to be missing, with the statements to add', (_name, grantee, who) => {
    const of = stack(PLACE);
    const grant = grantOn(cluster(of).grants, verb, grantee(of));
    expect(grant.success).toBe(false);
    expect(idsOf(of, POLICY)).toEqual([]);
    const [warning, ...more] = warningsOf(of);
    expect(more).toEqual([]);
    expect(warning).toContain(`the policies of '${who}' can not be changed from here; add to them: [`);
    expect(warning).toContain(`[ack: ${NOT_ADDED}]`);
    const [, json] = /add to them: (.*) \[ack:/.exec(warning)!;
    expect(allowedBy(of, JSON.parse(json))).toEqual(ALLOWED[verb]);
  });

  test('[89] on a cluster known by its ARN names literal ARNs', () => {
    const of = stack(PLACE);
    const orders = MskCluster.fromClusterArn(of, 'Orders', CLUSTER_ARN);
    expect(grantOn(orders.grants, verb, serviceRole(of)).success).toBe(true);
    expect(allowedIn(of)).toEqual(ALLOWED[verb]);
  });

  test('[89] needs no more than a bare ARN', () => {
    const of = stack(PLACE);
    expect(grantOn(ClusterGrants.fromClusterArn(of, CLUSTER_ARN), verb, serviceRole(of)).success).toBe(true);
    expect(allowedIn(of)).toEqual(ALLOWED[verb]);
  });

  test('[89] on a bare ARN is said to be missing where the caller says', () => {
    const of = stack(PLACE);
    const firehose = new iam.ServicePrincipal('firehose.amazonaws.com');
    grantOn(ClusterGrants.fromClusterArn(of, CLUSTER_ARN), verb, firehose);
    expect(warningsOf(of, '/Stack')).toEqual([expect.stringContaining(`[ack: ${NOT_ADDED}]`)]);
  });

  test('[31-pain] allows each action on ARNs of its own type only', () => {
    for (const [arn, actions] of Object.entries(ALLOWED[verb])) {
      const [, type] = /^arn:aws:kafka:[^:]*:[^:]*:([^/]+)\//.exec(arn)!;
      expect(actions.map((action) => [action, TYPE_OF_ACTION[action]])).toEqual(
        actions.map((action) => [action, type]),
      );
    }
  });
});

describe('the policy of a grantee', () => {
  test('[84] [B-08] holds all its rights on one cluster, and has no finding of cdk-nag', () => {
    const of = stack();
    const orders = cluster(of);
    const role = serviceRole(of);
    orders.grants.produce(role, literal('paid'));
    orders.grants.produce(role, literal('shipped'));
    orders.grants.consume(role, literal('paid'), literal('billing'));
    orders.grants.consume(role, literal('paid'), literal('billing'));
    expect(countsOf(of)[POLICY]).toBe(1);
    expect(allowedIn(of)).toEqual({
      [CLUSTER_ARN]: ['kafka-cluster:Connect', 'kafka-cluster:WriteDataIdempotently'],
      [arnOf('topic', 'paid')]: ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData', 'kafka-cluster:WriteData'],
      [arnOf('topic', 'shipped')]: ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'],
      [arnOf('group', 'billing')]: ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'],
    });
    expect(nagFindings(of)).toEqual([]);
  });

  test('[110] is one for each cluster', () => {
    const of = stack();
    const role = serviceRole(of);
    ['One', 'Two'].forEach((id) => cluster(of, id).grants.produce(role, literal('paid')));
    expect(countsOf(of)[POLICY]).toBe(2);
  });

  test('[84] is one for each grantee', () => {
    const of = stack();
    const orders = cluster(of);
    orders.grants.produce(nodeFunction(of, 'Producing'), literal('paid'));
    orders.grants.consume(nodeFunction(of, 'Consuming'), literal('paid'), literal('billing'));
    const actions = Object.values(resourcesOf(of)).flatMap(({ Type, Properties }) =>
      Type === POLICY ? [Properties.PolicyDocument.Statement.flatMap(({ Action }: any) => Action)] : [],
    );
    expect(actions.map((each) => each.includes('kafka-cluster:WriteData'))).toEqual([true, false]);
  });

  test('is not the default policy, which stays as it was', () => {
    const of = stack();
    const handler = nodeFunction(of);
    new sns.Topic(of, 'Topic').grantPublish(handler);
    cluster(of).grants.produce(handler, literal('paid'));
    const statements = Object.values(resourcesOf(of)).flatMap(({ Type, Properties }) =>
      Type === POLICY ? [Properties.PolicyDocument.Statement.flatMap(({ Action }: any) => Action)] : [],
    );
    expect(statements).toHaveLength(2);
    expect(statements).toContainEqual(['sns:Publish']);
  });

  test('is in the stack of the grantee', () => {
    const theApp = app();
    const owner = stack({ app: theApp, id: 'Owner' });
    const orders = cluster(owner);
    const clients = stack({ app: theApp, id: 'Clients' });
    orders.grants.produce(nodeFunction(clients), literal('paid'));
    theApp.synth();
    expect(idsOf(owner, POLICY)).toEqual([]);
    expect(idsOf(clients, POLICY)).toHaveLength(1);
    expect([owner.dependencies, clients.dependencies]).toEqual([[], [owner]]);
  });

  test('[85] is there before what is made to wait for it', () => {
    const of = stack();
    const waiting = new sns.Topic(of, 'Waiting');
    cluster(of).grants.consume(serviceRole(of), literal('paid'), literal('billing')).applyBefore(waiting);
    expect(onlyOne(of, 'AWS::SNS::Topic').DependsOn).toEqual(idsOf(of, POLICY));
  });

  test('that was not written holds nobody up', () => {
    const of = stack();
    const waiting = new sns.Topic(of, 'Waiting');
    cluster(of)
      .grants.produce(new iam.ServicePrincipal('firehose.amazonaws.com'), literal('paid'))
      .applyBefore(waiting);
    expect(onlyOne(of, 'AWS::SNS::Topic').DependsOn).toBeUndefined();
  });
});

describe('the pattern of a grant', () => {
  test('[87] may be a prefix', () => {
    const of = stack();
    cluster(of).grants.consume(serviceRole(of), prefixed('team-'), prefixed('team-billing-'));
    expect(Object.keys(allowedIn(of)).sort()).toEqual(
      [CLUSTER_ARN, arnOf('group', 'team-billing-*'), arnOf('topic', 'team-*')].sort(),
    );
  });

  test.each(['', '*', 'a*', 'a?'])('[31-pain] fails for a wildcard that would be hidden in a name: %j', (name) => {
    const message = `ResourcePatternWildcard: a name or prefix must not be empty or hold a wildcard, got '${name}'`;
    expect(() => literal(name)).toThrow(message);
    expect(() => prefixed(name)).toThrow(message);
  });

  test('may be known at deployment only', () => {
    const of = stack();
    cluster(of).grants.produce(serviceRole(of), literal(Token.asString({ Ref: 'TopicName' })));
    expect(Object.keys(allowedIn(of))).toContain(arnOf('topic', '<TopicName>'));
  });
});

describe('a cluster without IAM', () => {
  test('[84] takes no grant, and says what to do', () => {
    const of = stack();
    const orders = cluster(of, 'Orders', { authentication: [ClientAuthentication.scram()] });
    const paid = new KafkaTopic(of, 'Paid', { cluster: orders, topicName: 'paid', partitions: 1 });
    const message =
      /ClusterWithoutIam: .* 'Stack\/Orders', which lets clients in by SCRAM: add ClientAuthentication\.iam\(\)/;
    expect(() => orders.grants.produce(serviceRole(of), literal('paid'))).toThrow(message);
    expect(() => paid.grants.consume(nodeFunction(of), 'billing')).toThrow(message);
    expect(idsOf(of, POLICY)).toEqual([]);
  });
});

test.each(['aws-cn', 'aws-us-gov'])('[89] [113] a grant stays in the partition %s', (partition) => {
  const of = stack();
  const arn = CLUSTER_ARN.replace('arn:aws:', `arn:${partition}:`);
  grantOn(MskCluster.fromClusterArn(of, 'Orders', arn).grants, 'consume', serviceRole(of));
  const { Statement } = onlyOne(of, POLICY).Properties.PolicyDocument;
  expect(Object.keys(allowedBy(of, Statement)).every((each) => each.startsWith(`arn:${partition}:kafka:`))).toBe(true);
  Template.fromStack(of);
});
