import { CrossAccountClient, CrossAccountOwner } from '../../examples/cross-account';
import { FirehoseToLake } from '../../examples/firehose-to-lake';
import { ReplicatedClusters } from '../../examples/replicated-clusters';
import { app } from '../support/fixtures';
import { kafkaClient, refusal, resourcesOf, roleStatements, startKafka } from '../support/kafka';
import type { Connection, Resolve, Statement, Template, TestKafka } from '../support/kafka';

jest.setTimeout(300_000);

// The services that these stacks are about run nowhere but on AWS. What can be shown is that brokers let their roles do
// what the services do, and nothing else: one broker plays each cluster in turn.

const CLIENT = '444455556666';
const RECORD = { key: Buffer.from('key'), value: Buffer.from('value') };
const REFUSED = /AUTHORIZATION_FAILED/;

let kafka: TestKafka;

beforeAll(async () => {
  kafka = await startKafka({ authentication: ['unauthenticated', 'iam'] });
  const topics = ['orders', 'orders.paid', 'payments', 'other'];
  await kafka.createTopics(topics.map((topicName) => ({ topicName, partitions: 1, replicationFactor: 1 })));
  await kafka.producer(kafka.plaintext()).send({ acks: -1, messages: topics.map((topic) => ({ topic, ...RECORD })) });
});
afterAll(() => kafka?.stop());

function templateOf(
  write: (scope: ReturnType<typeof app>) => unknown,
  context: Record<string, unknown> = {},
): Template {
  const scope = app({ analyticsReporting: false, context });
  write(scope);
  return scope.synth().stacks[0].template as Template;
}

const aboutKafka = (statements: Statement[]) =>
  statements.filter(({ Action }) => [Action].flat().some((action) => String(action).startsWith('kafka-cluster:')));

function roleOf(template: Template, id: RegExp): Statement[] {
  const [found] = resourcesOf(template, 'AWS::IAM::Role').filter(([logicalId]) => id.test(logicalId));
  return aboutKafka(roleStatements(template, found[0]));
}

let roles = 0;

/** A client with the statements and no others. */
async function clientWith(statements: Statement[], resolve?: Resolve): Promise<Connection> {
  const roleArn = `arn:aws:iam::${CLIENT}:role/service-${++roles}`;
  return (await kafka.addPrincipal({ roleArn, statements, resolve })).connection;
}

/** Reads the first record as services do that are no member of a group. */
async function read(connection: Connection, topic: string): Promise<string> {
  const consumer = kafka.consumer(connection, { groupId: 'nobody' });
  try {
    const { topics } = await consumer.metadata({ topics: [topic] });
    const { id, partitions } = topics.get(topic)!;
    const position = {
      partition: 0,
      currentLeaderEpoch: -1,
      fetchOffset: 0n,
      lastFetchedEpoch: -1,
      partitionMaxBytes: 99999,
    };
    await consumer.fetch({
      node: partitions[0].leader,
      topics: [{ topicId: id, partitions: [position] }],
      minBytes: 1,
      maxBytes: 99999,
      maxWaitTime: 1000,
      isolationLevel: kafkaClient.FetchIsolationLevels.READ_UNCOMMITTED,
    });
    return 'ok';
  } catch (error) {
    return refusal(error);
  } finally {
    await consumer.close(true);
  }
}

async function consume(connection: Connection, topic: string, groupId: string): Promise<string> {
  const consumer = kafka.consumer(connection, { groupId });
  try {
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
    for await (const message of stream) {
      await message.commit();
      return 'ok';
    }
    return 'nothing';
  } catch (error) {
    return refusal(error);
  } finally {
    await consumer.close(true);
  }
}

async function produce(connection: Connection, topic: string): Promise<string> {
  const producer = kafka.producer(connection, { idempotent: true });
  try {
    await producer.send({ acks: -1, messages: [{ topic, ...RECORD }] });
    return 'ok';
  } catch (error) {
    return refusal(error);
  } finally {
    await producer.close(true);
  }
}

const without = (statements: Statement[], action: string) =>
  statements.map((statement) => ({
    ...statement,
    Action: [statement.Action].flat().filter((each) => each !== `kafka-cluster:${action}`),
  }));

describe('[50] cross-account: the function of one account and the cluster of another', () => {
  const accounts = () => ({
    ownerAccount: kafka.identity.account,
    clientAccount: CLIENT,
    clusterArn: kafka.clusterArn,
  });

  /** Across accounts both have to allow: what either side leaves out is refused, so each has to be enough. */
  const sides: [string, () => [Statement[], Resolve | undefined]][] = [
    [
      'the role of the client',
      () => {
        const template = templateOf((scope) => new CrossAccountClient(scope, 'client'), accounts());
        const [[id]] = resourcesOf(template, 'AWS::IAM::Role').filter(
          ([, { Properties }]) => Properties!.RoleName === 'payments-audit',
        );
        return [aboutKafka(roleStatements(template, id)), kafka.resolver(template)];
      },
    ],
    [
      'the policy of the cluster',
      () => {
        const template = templateOf((scope) => new CrossAccountOwner(scope, 'owner'), accounts());
        const [[, { Properties }]] = resourcesOf(template, 'AWS::MSK::ClusterPolicy');
        const resolve = kafka.resolver(template);
        const statements = aboutKafka(resolve(Properties!.Policy.Statement));
        for (const { Principal, Condition } of statements as any[]) {
          expect(Principal.AWS).toBe(`arn:aws:iam::${CLIENT}:root`);
          expect(Condition).toEqual({
            ArnEquals: { 'aws:PrincipalArn': `arn:aws:iam::${CLIENT}:role/payments-audit` },
          });
        }
        return [statements.map(({ Effect, Action, Resource }) => ({ Effect, Action, Resource })), undefined];
      },
    ],
  ];

  test.each(sides)('%s lets it read the topic as its group, and nothing else', async (_, side) => {
    const [statements, resolve] = side();
    const client = await clientWith(statements, resolve);
    expect(await consume(client, 'payments', 'audit')).toBe('ok');
    expect(await consume(client, 'payments', 'other')).toMatch(REFUSED);
    expect(await consume(client, 'other', 'audit')).toMatch(REFUSED);
    expect(await produce(client, 'payments')).toMatch(REFUSED);
    for (const action of ['ReadData', 'AlterGroup']) {
      expect(await consume(await clientWith(without(statements, action), resolve), 'payments', 'audit')).toMatch(
        REFUSED,
      );
    }
  });
});

test('[132] [B-03] firehose-to-lake: the role of the stream reads the topic, and nothing else', async () => {
  const template = templateOf((scope) => new FirehoseToLake(scope, 'firehose-to-lake'));
  const statements = roleOf(template, /^ArchiveRole/);
  const resolve = kafka.resolver(template);
  const stream = await clientWith(statements, resolve);
  expect(await read(stream, 'orders.paid')).toBe('ok');
  expect(await read(stream, 'other')).toMatch(REFUSED);
  expect(await produce(stream, 'orders.paid')).toMatch(REFUSED);
  expect(await read(await clientWith(without(statements, 'ReadData'), resolve), 'orders.paid')).toMatch(REFUSED);
});

describe('[92] replicated-clusters: the role of a replicator', () => {
  const template = templateOf((scope) => new ReplicatedClusters(scope, 'replicated-clusters'));
  const idOf = (name: string) => resourcesOf(template, 'AWS::MSK::Cluster').find(([id]) => id.startsWith(name))![0];
  const other = 'arn:aws:kafka:us-east-1:111122223333:cluster/other/0a1b2c3d-0000-4000-8000-00000000000f-1';

  /**
   * The rights in the cluster that the broker plays. Those in topics and groups of the replicator's own, `*__amazon_msk…`,
   * begin with a wildcard, which Kafka's lists can not say.
   */
  function rightsIn(clusterId: string, elsewhere: string): Statement[] {
    const resolve = kafka.resolver(template, { clusterId, attributes: { [`${elsewhere}.Arn`]: other } });
    const place = kafka.clusterArn.split(':cluster/')[1];
    return roleOf(template, /^BlueToGreen\w*Role/)
      .map((statement) => resolve(statement) as Statement)
      .map((statement) => ({
        ...statement,
        Resource: [statement.Resource]
          .flat()
          .filter((arn) => String(arn).includes(`/${place}`) && !/\/\*/.test(String(arn))),
      }))
      .filter(({ Resource }) => Resource.length > 0);
  }

  test('reads topics and groups of the source, and writes nothing of others there', async () => {
    const statements = rightsIn(idOf('Blue'), idOf('Green'));
    const replicator = await clientWith(statements);
    expect(await read(replicator, 'orders')).toBe('ok');
    expect(await read(replicator, 'other')).toMatch(REFUSED);
    expect(await produce(replicator, 'orders')).toMatch(REFUSED);
    const groups = await kafka.adminClient(replicator).listConsumerGroupOffsets({ groups: ['fulfilment'] });
    expect(groups[0].groupId).toBe('fulfilment');
    expect(await read(await clientWith(without(statements, 'ReadData')), 'orders')).toMatch(REFUSED);
  });

  test('makes the topic in the target and writes to it, and to no other', async () => {
    const statements = rightsIn(idOf('Green'), idOf('Blue'));
    const replicator = await clientWith(statements);
    await kafka.admin.deleteTopics({ topics: ['orders'] });
    await kafka.adminClient(replicator).createTopics({ topics: ['orders'], partitions: 1, replicas: 1 });
    expect(await produce(replicator, 'orders')).toBe('ok');
    expect(await produce(replicator, 'other')).toMatch(REFUSED);
    expect(await read(replicator, 'orders')).toMatch(REFUSED);
    expect(await produce(await clientWith(without(statements, 'WriteData')), 'orders')).toMatch(REFUSED);
  });
});
