import { App, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import {
  ClientAuthentication,
  ClientIdentity,
  FailureDestination,
  KafkaTopic,
  LambdaConsumer,
  PollerScaling,
  ResourcePattern,
} from '../../lib';
import type { ClusterGrants, LambdaConsumerProps } from '../../lib';
import { cluster, nodeFunction } from '../support/fixtures';
import { SimulatedRole, roleIdOf } from '../support/iam';
import type { Connection, Resolve, Statement, Template, TestKafka } from '../support/kafka';
import { kafkaClient, refusal, resourcesOf, roleStatements, startKafka, templateResolver } from '../support/kafka';
import { ON_ARN_IN_THE_FIELD, Poller, pollerActions, readMapping } from '../support/poller';
import { standIns } from '../support/poller/stand-ins';

jest.setTimeout(300_000);

const IMPATIENT = { retries: 2, retryDelay: 100 };
const { literal, prefixed } = ResourcePattern;

async function produce(connection: Connection, topic: string): Promise<void> {
  const producer = new kafkaClient.Producer({ ...connection, ...IMPATIENT, idempotent: true });
  try {
    await producer.send({ acks: -1, messages: [{ topic, key: Buffer.from('key'), value: Buffer.from('value') }] });
  } finally {
    await producer.close();
  }
}

/** The client goes no further with the rights of a user: it adds partitions with a request that is meant for brokers. */
async function beginTransaction(connection: Connection, transactionalId: string): Promise<void> {
  const producer = new kafkaClient.Producer({ ...connection, ...IMPATIENT, transactionalId, idempotent: true });
  try {
    await producer.beginTransaction();
  } finally {
    await producer.close();
  }
}

/** Reads the first record of a topic, and commits that. */
async function consume(connection: Connection, topic: string, groupId: string): Promise<void> {
  const consumer = new kafkaClient.Consumer({ ...connection, ...IMPATIENT, groupId });
  try {
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
    for await (const message of stream) {
      await message.commit();
      return;
    }
  } finally {
    await consumer.close(true);
  }
}

type Admin = TestKafka['admin'];

async function asAdmin(connection: Connection, work: (admin: Admin) => Promise<unknown>): Promise<void> {
  const admin = new kafkaClient.Admin({ ...connection, ...IMPATIENT });
  try {
    await work(admin);
  } finally {
    await admin.close();
  }
}

const TOPIC = () => kafkaClient.ConfigResourceTypes.TOPIC;
const settings = (admin: Admin, topic: string) =>
  admin.describeConfigs({ resources: [{ resourceType: TOPIC(), resourceName: topic }] });
const keepFor = (admin: Admin, topic: string) =>
  admin.incrementalAlterConfigs({
    resources: [
      {
        resourceType: TOPIC(),
        resourceName: topic,
        configs: [
          { name: 'retention.ms', configOperation: kafkaClient.IncrementalAlterConfigOperationTypes.SET, value: '9' },
        ],
      },
    ],
  });
const create = (topic: string) => (connection: Connection) =>
  asAdmin(connection, (admin) => admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 }));
const remove = (topic: string) => (connection: Connection) =>
  asAdmin(connection, (admin) => admin.deleteTopics({ topics: [topic] }));

let made = 0;

/** Reads a description of what begins with `team-`. */
async function describeTeam(admin: Admin): Promise<void> {
  await admin.metadata({ topics: ['team-a'] });
  await settings(admin, 'team-a');
  await admin.describeLogDirs({ topics: [{ name: 'team-a', partitions: [0] }] });
  const groups = await admin.listConsumerGroupOffsets({ groups: ['team-readers'] });
  expect(groups[0].topics).toBeDefined();
}

/** The life of a topic. */
async function administerTeam(admin: Admin): Promise<void> {
  const name = `team-${++made}`;
  await admin.createTopics({ topics: [name], partitions: 1, replicas: 1 });
  await admin.createPartitions({ topics: [{ name, count: 2, assignments: null }] });
  await keepFor(admin, name);
  await settings(admin, name);
  await admin.describeLogDirs({ topics: [{ name, partitions: [0] }] });
  await admin.deleteTopics({ topics: [name] });
}

interface Case {
  readonly name: string;
  readonly grant: (grants: ClusterGrants, topic: KafkaTopic, role: iam.Role) => unknown;
  readonly work: (connection: Connection) => Promise<void>;
  /** What becomes of the work without an action. */
  readonly without: Record<string, string>;
  /** What is not granted, and how it is refused. */
  readonly beyond: readonly [what: string, work: (connection: Connection) => Promise<void>, refused: string][];
}

const CONNECT = { Connect: 'SASL_AUTHENTICATION_FAILED' };
const TOPIC_REFUSED = 'TOPIC_AUTHORIZATION_FAILED';
const GROUP_REFUSED = 'GROUP_AUTHORIZATION_FAILED';

const PRODUCING = {
  ...CONNECT,
  WriteDataIdempotently: 'CLUSTER_AUTHORIZATION_FAILED',
  DescribeTopic: TOPIC_REFUSED,
  WriteData: TOPIC_REFUSED,
};
const CONSUMING = {
  ...CONNECT,
  DescribeTopic: TOPIC_REFUSED,
  ReadData: TOPIC_REFUSED,
  DescribeGroup: GROUP_REFUSED,
  AlterGroup: GROUP_REFUSED,
};

const CASES: Case[] = [
  {
    name: '[84] topic.grants.produce',
    grant: (_, topic, role) => topic.grants.produce(role),
    work: (connection) => produce(connection, 'paid'),
    without: PRODUCING,
    beyond: [
      ['another topic', (connection) => produce(connection, 'other'), TOPIC_REFUSED],
      ['a topic whose name begins like it', (connection) => produce(connection, 'paid-2'), TOPIC_REFUSED],
      ['reading', (connection) => consume(connection, 'paid', 'billing'), GROUP_REFUSED],
      ['making a topic', create('mine'), TOPIC_REFUSED],
      ['deleting the topic', remove('paid'), TOPIC_REFUSED],
      ['changing its settings', (connection) => asAdmin(connection, (admin) => keepFor(admin, 'paid')), TOPIC_REFUSED],
      ['transactions', (connection) => beginTransaction(connection, 'tx'), 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'],
    ],
  },
  {
    name: '[84] [86] topic.grants.consume',
    grant: (_, topic, role) => topic.grants.consume(role, 'billing'),
    work: (connection) => consume(connection, 'paid', 'billing'),
    without: CONSUMING,
    beyond: [
      ['another topic', (connection) => consume(connection, 'other', 'billing'), TOPIC_REFUSED],
      ['another group', (connection) => consume(connection, 'paid', 'shipping'), GROUP_REFUSED],
      ['a group whose name begins like it', (connection) => consume(connection, 'paid', 'billing-2'), GROUP_REFUSED],
      ['writing', (connection) => produce(connection, 'paid'), 'CLUSTER_AUTHORIZATION_FAILED'],
      ['making a topic', create('mine'), TOPIC_REFUSED],
      ['deleting the topic', remove('paid'), TOPIC_REFUSED],
    ],
  },
  {
    name: '[84] [87] cluster.grants.produce on a prefix',
    grant: (grants, _, role) => grants.produce(role, prefixed('team-')),
    work: (connection) => produce(connection, 'team-a'),
    without: PRODUCING,
    beyond: [['what does not begin so', (connection) => produce(connection, 'paid'), TOPIC_REFUSED]],
  },
  {
    name: '[84] [86] [87] cluster.grants.consume on prefixes',
    grant: (grants, _, role) => grants.consume(role, prefixed('team-'), prefixed('team-')),
    work: (connection) => consume(connection, 'team-a', 'team-readers'),
    without: CONSUMING,
    beyond: [
      ['a topic that does not begin so', (connection) => consume(connection, 'paid', 'team-readers'), TOPIC_REFUSED],
      ['a group that does not begin so', (connection) => consume(connection, 'team-a', 'billing'), GROUP_REFUSED],
    ],
  },
  {
    name: '[87] cluster.grants.produceInTransactions, to begin one',
    grant: (grants, _, role) => grants.produceInTransactions(role, literal('paid'), prefixed('billing-')),
    work: (connection) => beginTransaction(connection, `billing-${++made}`),
    without: {
      ...CONNECT,
      DescribeTransactionalId: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      AlterTransactionalId: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      WriteDataIdempotently: 'ok',
      DescribeTopic: 'ok',
      WriteData: 'ok',
    },
    beyond: [
      [
        'another id',
        (connection) => beginTransaction(connection, 'shipping-1'),
        'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      ],
    ],
  },
  {
    name: '[87] cluster.grants.describe',
    grant: (grants, _, role) => grants.describe(role, prefixed('team-'), prefixed('team-')),
    work: (connection) => asAdmin(connection, describeTeam),
    without: {
      ...CONNECT,
      DescribeCluster: 'CLUSTER_AUTHORIZATION_FAILED',
      DescribeTopic: TOPIC_REFUSED,
      DescribeTopicDynamicConfiguration: TOPIC_REFUSED,
      DescribeGroup: GROUP_REFUSED,
    },
    beyond: [
      ['reading', (connection) => consume(connection, 'team-a', 'team-readers'), GROUP_REFUSED],
      ['writing', (connection) => produce(connection, 'team-a'), 'CLUSTER_AUTHORIZATION_FAILED'],
      ['deleting', remove('team-a'), TOPIC_REFUSED],
      ['other topics', (connection) => asAdmin(connection, (admin) => settings(admin, 'paid')), TOPIC_REFUSED],
    ],
  },
  {
    name: '[87] cluster.grants.administer',
    grant: (grants, _, role) => grants.administer(role, prefixed('team-')),
    work: (connection) => asAdmin(connection, administerTeam),
    without: {
      ...CONNECT,
      DescribeCluster: 'CLUSTER_AUTHORIZATION_FAILED',
      CreateTopic: TOPIC_REFUSED,
      DescribeTopic: TOPIC_REFUSED,
      AlterTopic: TOPIC_REFUSED,
      DeleteTopic: TOPIC_REFUSED,
      DescribeTopicDynamicConfiguration: TOPIC_REFUSED,
      AlterTopicDynamicConfiguration: TOPIC_REFUSED,
    },
    beyond: [
      ['making other topics', create('mine'), TOPIC_REFUSED],
      ['deleting other topics', remove('paid'), TOPIC_REFUSED],
      ['writing', (connection) => produce(connection, 'team-a'), 'CLUSTER_AUTHORIZATION_FAILED'],
      ['reading', (connection) => consume(connection, 'team-a', 'team-readers'), GROUP_REFUSED],
    ],
  },
];

const short = (action: string) => action.replace('kafka-cluster:', '');

/** Statements without one action; without statements that have none left. */
function removed(statements: readonly Statement[], action: string): Statement[] {
  return statements
    .map((statement) => ({
      ...statement,
      Action: [statement.Action].flat().filter((each) => each !== `kafka-cluster:${action}`),
    }))
    .filter(({ Action }) => Action.length > 0);
}

const outcome = (work: Promise<unknown>) => work.then(() => 'ok', refusal);

describe('[B-03] [S-06] on a broker,', () => {
  let kafka: TestKafka;
  let setup: Connection;
  beforeAll(async () => {
    kafka = await startKafka({ authentication: ['iam'] });
    await kafka.createTopics(
      ['paid', 'paid-2', 'other', 'team-a'].map((topicName) => ({ topicName, partitions: 2, replicationFactor: 1 })),
    );
    // The first transaction makes a topic of the brokers' own, for which the fixture's admin waits.
    const keyType = kafkaClient.FindCoordinatorKeyTypes.TRANSACTION;
    await kafka.admin.findCoordinator({ keyType, keys: ['first'] });
    // Something to read, and a group to look at.
    const everything = [
      { Action: ['Connect', 'WriteDataIdempotently'], Resource: kafka.clusterArn },
      { Action: ['DescribeTopic', 'WriteData', 'ReadData'], Resource: arn('topic', '*') },
      { Action: ['DescribeGroup', 'AlterGroup'], Resource: arn('group', '*') },
    ].map(({ Action, Resource }) => ({
      Effect: 'Allow',
      Action: Action.map((each) => `kafka-cluster:${each}`),
      Resource,
    }));
    setup = (await kafka.addPrincipal({ roleArn: roleArn('Setup'), statements: everything })).connection;
    await Promise.all(['paid', 'other', 'team-a'].map((topic) => produce(setup, topic)));
    await consume(setup, 'team-a', 'team-readers');
  });
  afterAll(() => kafka.stop());

  const arn = (kind: string, name: string) => `${kafka.clusterArn.replace(':cluster/', `:${kind}/`)}/${name}`;
  const roleArn = (name: string) => `arn:aws:iam::${kafka.identity.account}:role/${name}`;

  describe.each(CASES)('$name', ({ name, grant, work, without, beyond }) => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
    const owner = cluster(stack);
    const topic = new KafkaTopic(stack, 'Paid', { cluster: owner, topicName: 'paid', partitions: 2 });
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
    grant(owner.grants, topic, role);
    const roleId = stack.getLogicalId(role.node.defaultChild as iam.CfnRole);
    let template: Template;
    beforeAll(() => (template = synthesize(stack)));

    const connect = async (change: (statements: Statement[]) => Statement[] = (all) => all): Promise<Connection> => {
      const statements = change(roleStatements(template, roleId));
      const resolve = kafka.resolver(template);
      return (await kafka.addPrincipal({ roleArn: roleArn(name.replace(/\W/g, '')), statements, resolve })).connection;
    };

    test('is enough, as it is synthesized', async () => {
      expect(await outcome(work(await connect()))).toBe('ok');
    });

    test('has no action that is not tried', () => {
      const actions = roleStatements(template, roleId).flatMap(({ Action }) => [Action].flat() as string[]);
      expect(actions.map(short).sort()).toEqual(Object.keys(without).sort());
    });

    test.each(Object.entries(without))('without %s: %s', async (action, expected) => {
      expect(await outcome(work(await connect((all) => removed(all, action))))).toBe(expected);
    });

    test.each(beyond)('does not allow %s', async (_, more, refused) => {
      expect(await outcome(more(await connect()))).toBe(refused);
    });
  });

  describe('[S-13] LambdaConsumer', () => {
    const { template, functionId } = consumerStack({});
    const poll = async (action?: string): Promise<void> => {
      const resolve = kafka.resolver(template, standIns(template, kafka));
      const statements = roleStatements(template, roleIdOf(template, functionId));
      const principal = await kafka.addPrincipal({
        roleArn: roleArn('Consumer'),
        statements: action === undefined ? statements : removed(statements, action),
        resolve,
      });
      const poller = await Poller.start({
        mapping: { ...readMapping(template, resolve), windowMs: 0 },
        connection: principal.connection,
        bootstrapServers: kafka.bootstrap.iam,
        functionArn: functionId,
        invoke: async () => ({ payload: null }),
      });
      try {
        await produce(setup, 'paid');
        await poller.caughtUp(60_000);
      } finally {
        await poller.stop();
      }
    };

    test('lets the pollers read, as it is synthesized', async () => {
      expect(await outcome(poll())).toBe('ok');
    });

    test.each(Object.entries(CONSUMING))('without %s: %s', async (action, expected) => {
      expect(await outcome(poll(action))).toBe(expected);
    });
  });
});

function synthesize(stack: Stack): Template {
  return (stack.node.root as App).synth().getStackByName(stack.stackName).template;
}

function consumerStack(
  props: Partial<LambdaConsumerProps>,
  more: (stack: Stack) => Partial<LambdaConsumerProps> = () => ({}),
  authentication = [ClientAuthentication.iam()],
): { template: Template; functionId: string } {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
  const topic = new KafkaTopic(stack, 'Paid', {
    cluster: cluster(stack, 'Orders', { authentication }),
    topicName: 'paid',
    partitions: 2,
  });
  const handler = nodeFunction(stack);
  new LambdaConsumer(stack, 'Consumer', { topic, consumerGroup: 'billing', handler, ...props, ...more(stack) });
  const functionId = stack.getLogicalId(handler.node.defaultChild as never);
  return { template: synthesize(stack), functionId };
}

describe('[B-03] [S-13] the role of a Lambda consumer, in an IAM simulator,', () => {
  const identity = {
    partition: 'aws',
    region: 'us-east-1',
    account: '111122223333',
    clusterName: 'orders',
    clusterUuid: '8f7d3a52-0c5e-4a1b-9b57-2d6c1e90f4ab-7',
  };
  const clusterArn = 'arn:aws:kafka:us-east-1:111122223333:cluster/orders/8f7d3a52-0c5e-4a1b-9b57-2d6c1e90f4ab-7';
  const inCluster = (kind: string, name: string) => `${clusterArn.replace(':cluster/', `:${kind}/`)}/${name}`;
  const dataPlane: [string, string][] = [
    ['kafka-cluster:Connect', clusterArn],
    ['kafka-cluster:DescribeTopic', inCluster('topic', 'paid')],
    ['kafka-cluster:ReadData', inCluster('topic', 'paid')],
    ['kafka-cluster:DescribeGroup', inCluster('group', 'billing')],
    ['kafka-cluster:AlterGroup', inCluster('group', 'billing')],
  ];
  const secretIn = (stack: Stack) =>
    new secretsmanager.Secret(stack, 'User', {
      secretName: 'AmazonMSK_user',
      encryptionKey: new kms.Key(stack, 'Key'),
    });

  /** The first is on a resource that the published list of actions does not have, the second has a key of its own making. */
  const BEYOND_THE_SIMULATOR = [ON_ARN_IN_THE_FIELD, 'kms:Decrypt'];

  interface Variant {
    readonly name: string;
    readonly stack: ReturnType<typeof consumerStack>;
    /** Beside what every mapping needs: https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html */
    readonly needed: (resolve: (value: unknown) => string, idOf: (type: string) => string) => [string, string][];
    /** What the CDK's own grants add. */
    readonly extra?: readonly string[];
  }

  const VARIANTS: Variant[] = [
    {
      name: 'with a queue for what fails',
      stack: consumerStack({}),
      needed: () => dataPlane,
      extra: ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl'],
    },
    {
      name: 'with a topic for what fails',
      stack: consumerStack({}, (stack) => ({
        scaling: PollerScaling.provisioned({
          onFailure: FailureDestination.snsTopic(new sns.Topic(stack, 'Failures')),
        }),
      })),
      needed: () => dataPlane,
    },
    {
      name: 'with pollers on demand',
      stack: consumerStack({ scaling: PollerScaling.onDemand() }),
      needed: () => dataPlane,
    },
    {
      name: 'with a SCRAM user',
      stack: consumerStack(
        { scaling: PollerScaling.onDemand() },
        (stack) => ({ identity: ClientIdentity.scram(secretIn(stack)) }),
        [ClientAuthentication.scram()],
      ),
      // https://docs.aws.amazon.com/lambda/latest/dg/msk-cluster-auth.html
      needed: (resolve, idOf) => [
        ['kafka:ListScramSecrets', clusterArn],
        ['secretsmanager:GetSecretValue', resolve({ Ref: idOf('AWS::SecretsManager::Secret') })],
        ['kms:Decrypt', resolve({ 'Fn::GetAtt': [idOf('AWS::KMS::Key'), 'Arn'] })],
      ],
      extra: ['secretsmanager:DescribeSecret'],
    },
  ];

  describe.each(VARIANTS)('$name,', ({ stack: { template, functionId }, needed, extra = [] }) => {
    let role: SimulatedRole;
    let actions: [string, string][];
    let resolve: Resolve;
    const idOf = (type: string) => resourcesOf(template, type)[0][0];
    const known = () => standIns(template, { identity, bootstrap: {} } as unknown as TestKafka);

    beforeAll(() => {
      resolve = templateResolver(template, identity, known());
      role = new SimulatedRole(template, { roleId: roleIdOf(template, functionId), identity, resolve });
      const mapping = readMapping(template, resolve);
      actions = [
        ...pollerActions(mapping).map(({ action, resource }) => [action, resource] as [string, string]),
        ...needed(resolve, idOf),
      ];
    });

    test('allows what AWS documents, and nothing else', async () => {
      for (const [action, resource] of actions.filter(([each]) => !BEYOND_THE_SIMULATOR.includes(each))) {
        expect([action, await role.decide(action, resource)]).toEqual([action, 'Allowed']);
      }
      const ours = role.statements.flatMap(({ Action }) => [Action].flat() as string[]);
      const documented = [...actions.map(([action]) => action), ...extra];
      const log = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];
      expect(ours.filter((action) => !documented.includes(action) && !log.includes(action))).toEqual([]);
    });

    test('names the resource where the simulator knows none, and the secret where it knows no condition', async () => {
      await expect(role.decide(ON_ARN_IN_THE_FIELD, clusterArn)).rejects.toThrow();
      for (const [action, resource] of actions.filter(([each]) => BEYOND_THE_SIMULATOR.includes(each))) {
        const statement = role.statements.find(({ Action }) => [Action].flat().includes(action))!;
        expect(statement).toMatchObject({ Effect: 'Allow', Resource: resource });
        const secret = action === 'kms:Decrypt' && known().refs[idOf('AWS::SecretsManager::Secret')];
        expect(statement.Condition).toEqual(
          secret ? { StringLike: { 'kms:EncryptionContext:SecretARN': secret } } : undefined,
        );
      }
    });

    test.each<[string, string, Record<string, string>]>([
      ['kafka-cluster:WriteData', inCluster('topic', 'paid'), {}],
      ['kafka-cluster:ReadData', inCluster('topic', 'other'), {}],
      ['kafka-cluster:AlterGroup', inCluster('group', 'shipping'), {}],
      ['kafka-cluster:DeleteGroup', inCluster('group', 'billing'), {}],
      ['kafka-cluster:Connect', `${clusterArn.slice(0, -1)}8`, {}],
      ['kafka:DeleteCluster', clusterArn, {}],
      ['kafka:DescribeClusterV2', `${clusterArn.slice(0, -1)}8`, {}],
      ['ec2:CreateNetworkInterface', 'arn:aws:ec2:us-east-1:111122223333:subnet/other', { 'ec2:SubnetID': 'other' }],
      ['ec2:TerminateInstances', 'arn:aws:ec2:us-east-1:111122223333:instance/i-1', {}],
      ['secretsmanager:GetSecretValue', 'arn:aws:secretsmanager:us-east-1:111122223333:secret:other-AbCdEf', {}],
      ['sqs:ReceiveMessage', 'arn:aws:sqs:us-east-1:111122223333:other', {}],
    ])('does not allow %s on %s', async (action, resource, given) => {
      expect(await role.decide(action, resource, given)).toBe('ImplicitlyDenied');
    });
  });
});
