import type { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { LambdaConsumer } from '../../lib/consumer';
import { KafkaTopic } from '../../lib/topic';
import { app, cluster, idsOf, nodeFunction, onlyOne, resourcesOf, stack, vpc } from '../support/fixtures';

const REFERENCES = '@aws-cdk/core:defaultCrossStackReferences';

/** The four constructs of a data flow, and what each of them needs first. */
const NEEDS = {
  cluster: [],
  topic: ['cluster'],
  function: [],
  consumer: ['cluster', 'topic', 'function'],
} as const;
type Part = keyof typeof NEEDS;
const PARTS = Object.keys(NEEDS) as Part[];

/** In which stack each part is: `AABC` has cluster and topic in A, the function in B, the consumer in C. */
type Arrangement = Record<Part, string>;

/** Every way to spread the parts over one, two or three stacks; two ways that differ in the names of stacks are one. */
function arrangements(): Arrangement[] {
  const names = PARTS.reduce<string[]>(
    (starts) => starts.flatMap((start) => [...'ABC'.slice(0, new Set(start).size + 1)].map((next) => start + next)),
    [''],
  );
  return names.map((name) => Object.fromEntries(PARTS.map((part, index) => [part, name[index]])) as Arrangement);
}

const nameOf = (arrangement: Arrangement) => PARTS.map((part) => arrangement[part]).join('');

/** By stack, the stacks that come before it because something in it needs something in them. */
function expectedOrder(arrangement: Arrangement): Record<string, string[]> {
  const order: Record<string, Set<string>> = {};
  for (const part of PARTS) {
    const home = arrangement[part];
    order[home] ??= new Set();
    NEEDS[part].map((needed) => arrangement[needed]).forEach((other) => other !== home && order[home].add(other));
  }
  return Object.fromEntries(Object.entries(order).map(([name, others]) => [name, [...others].sort()]));
}

/** A consumer can not be in the stack of its cluster when its topic is in a later one: no order of deployments fits. */
function isImpossible({ cluster: clusters, topic, consumer }: Arrangement): boolean {
  return consumer === clusters && topic !== clusters;
}

function flow(arrangement: Arrangement, references: string): Record<string, Stack> {
  const theApp = app({ context: { [REFERENCES]: references } });
  const names = [...new Set(Object.values(arrangement))].sort();
  const stacks = Object.fromEntries(names.map((id) => [id, stack({ app: theApp, id })]));
  const home = (part: Part) => stacks[arrangement[part]];
  const orders = cluster(home('cluster'), 'Orders', { vpc: vpc(home('cluster')) });
  const topic = new KafkaTopic(home('topic'), 'Paid', { cluster: orders, topicName: 'paid', partitions: 1 });
  const handler = nodeFunction(home('function'));
  new LambdaConsumer(home('consumer'), 'Billing', { topic, handler, consumerGroup: 'billing' });
  theApp.synth();
  return stacks;
}

const ALL = arrangements();
const POSSIBLE = ALL.filter((each) => !isImpossible(each)).map((each) => [nameOf(each), each] as const);
const IMPOSSIBLE = ALL.filter(isImpossible).map((each) => [nameOf(each), each] as const);

test('all arrangements are tried', () => {
  expect(ALL.map(nameOf)).toHaveLength(14);
  expect(IMPOSSIBLE.map(([name]) => name)).toEqual(['ABAA', 'ABBA', 'ABCA']);
});

describe.each(['weak', 'strong'])('with %s references, cluster, topic, function and consumer', (references) => {
  test.each(POSSIBLE)('[124] [S-13] in %s have no cycle and the right order', (_name, arrangement) => {
    const stacks = flow(arrangement, references);
    const order = Object.entries(stacks).map(([name, of]) => [name, of.dependencies.map(({ node }) => node.id).sort()]);
    expect(Object.fromEntries(order)).toEqual(expectedOrder(arrangement));

    // Inside its stack the mapping waits for whatever of these is there with it.
    const home = stacks[arrangement.consumer];
    const before = ['AWS::MSK::Cluster', 'AWS::MSK::Topic', 'AWS::EC2::SecurityGroupIngress', 'AWS::IAM::Policy'];
    const waitsFor = onlyOne(home, 'AWS::Lambda::EventSourceMapping').DependsOn ?? [];
    expect([...waitsFor].sort()).toEqual(before.flatMap((type) => idsOf(home, type)).sort());

    // Rights and queue are the consumer's, the rule for its pollers is the cluster's.
    const homesOf = (type: string) => Object.keys(stacks).filter((name) => idsOf(stacks[name], type).length > 0);
    expect(homesOf('AWS::IAM::Policy')).toEqual([arrangement.consumer]);
    expect(homesOf('AWS::SQS::Queue')).toEqual([arrangement.consumer]);
    expect(homesOf('AWS::EC2::SecurityGroupIngress')).toEqual([arrangement.cluster]);
  });
});

test.each(IMPOSSIBLE)(
  'a consumer beside its cluster, with the topic elsewhere, is refused: %s',
  (_name, arrangement) => {
    expect(() => flow(arrangement, 'weak')).toThrow(/would create a cyclic reference/);
  },
);

describe.each(['weak', 'strong'])('a client in a stack of its own, with %s references', (references) => {
  const theApp = app({ context: { [REFERENCES]: references } });
  const [network, owner, topics, clients] = ['Network', 'Owner', 'Topics', 'Clients'].map((id) =>
    stack({ app: theApp, id }),
  );
  const shared = vpc(network);
  const orders = cluster(owner, 'Orders', { vpc: shared });
  const topic = new KafkaTopic(topics, 'Paid', { cluster: orders, topicName: 'paid', partitions: 1 });
  const role = new iam.Role(clients, 'Role', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
  const group = new ec2.SecurityGroup(clients, 'Group', { vpc: shared, allowAllOutbound: false });
  topic.grants.produce(role).applyBefore(group);
  group.connections.allowToDefaultPort(orders);
  nodeFunction(clients).addEnvironment('BROKERS', orders.bootstrapBrokers.forIdentity());
  beforeAll(() => void theApp.synth());

  test('[85] [88] comes after the cluster, and nothing points back', () => {
    const before = (of: Stack) => of.dependencies.map(({ node }) => node.id).sort();
    expect([network, owner, topics, clients].map(before)).toEqual([[], ['Network'], ['Owner'], ['Network', 'Owner']]);
  });

  test('[85] [88] has its rights and rules with it', () => {
    expect(onlyOne(clients, 'AWS::IAM::Policy').Properties.Roles).toEqual([
      { Ref: idsOf(clients, 'AWS::IAM::Role')[0] },
    ]);
    const types = (of: Stack) => Object.values(resourcesOf(of)).map(({ Type }) => Type);
    for (const type of ['AWS::EC2::SecurityGroupIngress', 'AWS::EC2::SecurityGroupEgress']) {
      expect(types(clients)).toContain(type);
      expect([...types(owner), ...types(topics)]).not.toContain(type);
    }
    expect(types(owner)).toContain('Custom::MskBootstrapBrokers');
  });
});

test('[85] a grantee beside the cluster may use a topic of a later stack', () => {
  const theApp = app();
  const [owner, topics] = ['Owner', 'Topics'].map((id) => stack({ app: theApp, id }));
  const topic = new KafkaTopic(topics, 'Paid', { cluster: cluster(owner), topicName: 'paid', partitions: 1 });
  topic.grants.produce(nodeFunction(owner));
  topic.grants.consume(nodeFunction(topics), 'billing');
  theApp.synth();
  expect([owner.dependencies, topics.dependencies]).toEqual([[], [owner]]);
});
