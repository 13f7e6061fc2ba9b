import { readFileSync } from 'fs';
import * as path from 'path';
import type { AwsCredentials, Principal, Statement, Template, TestKafka } from '../support/kafka';
import {
  KAFKA_VERSIONS,
  authority,
  createTemplateTopics,
  iamToken,
  kafkaClient,
  refusal,
  startKafka,
  templateServerProperties,
} from '../support/kafka';
import { isAlive } from '../support/kafka/workspace';

jest.setTimeout(600_000);

type Connection = Principal['connection'];

const ROLE = 'arn:aws:iam::111122223333:role/billing';

/** What came of it: `ok`, or Kafka's word for why not. */
const outcome = (work: Promise<unknown>) => work.then(() => 'ok', refusal);

async function produce(
  kafka: TestKafka,
  connection: Connection,
  topic: string,
  options: { idempotent?: boolean } = {},
): Promise<void> {
  const producer = kafka.producer(connection, options);
  await producer.send({ acks: -1, messages: [{ topic, key: Buffer.from('key'), value: Buffer.from('value') }] });
  await producer.close();
}

/** Reads the first record of a topic. */
async function consume(kafka: TestKafka, connection: Connection, topic: string, groupId: string): Promise<string> {
  const consumer = kafka.consumer(connection, { groupId });
  try {
    for await (const message of await consumer.consume({ topics: [topic], mode: 'earliest' })) {
      return message.value!.toString();
    }
    throw new Error('the stream ended');
  } finally {
    // A member that stays would keep the partitions from the next one.
    await consumer.close(true);
  }
}

/** A question that needs a connection and no more. */
async function ping(kafka: TestKafka, connection: Connection): Promise<void> {
  await kafka.adminClient(connection, { retries: 0 }).metadata({ topics: [] });
}

function arn(kafka: TestKafka, kind: string, name: string): string {
  return `${kafka.clusterArn.replace(':cluster/', `:${kind}/`)}/${name}`;
}

function allow(actions: string[], resource: string): Statement {
  return { Effect: 'Allow', Action: actions.map((action) => `kafka-cluster:${action}`), Resource: resource };
}

const CONNECT = (kafka: TestKafka) => allow(['Connect'], kafka.clusterArn);

async function topicConfig(kafka: TestKafka, topic: string): Promise<Record<string, string | null>> {
  const resourceType = kafkaClient.ConfigResourceTypes.TOPIC;
  const [{ configs }] = await kafka.admin.describeConfigs({ resources: [{ resourceType, resourceName: topic }] });
  return Object.fromEntries(configs.map(({ name, value }) => [name, value ?? null]));
}

function alter(
  kafka: TestKafka,
  kind: 'TOPIC' | 'BROKER',
  resourceName: string,
  name: string,
  value: string,
): Promise<void> {
  const resourceType = kafkaClient.ConfigResourceTypes[kind];
  const configOperation = kafkaClient.IncrementalAlterConfigOperationTypes.SET;
  return kafka.admin.incrementalAlterConfigs({
    resources: [{ resourceType, resourceName, configs: [{ name, configOperation, value }] }],
  });
}

describe.each(KAFKA_VERSIONS)('one node of Kafka %s', (version) => {
  let kafka: TestKafka;
  let pids: number[];

  beforeAll(async () => {
    kafka = await startKafka({ version, scramUsers: { alice: 'wonderland' } });
    pids = kafka.pids();
    await kafka.createTopics([
      { topicName: 'paid', partitions: 2, replicationFactor: 1 },
      { topicName: 'other', partitions: 1, replicationFactor: 1 },
    ]);
  });
  afterAll(async () => {
    await kafka.stop();
    expect(pids).toHaveLength(1);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  describe('lets in', () => {
    test.each<[string, () => Connection | Promise<Connection>]>([
      ['anybody on the plaintext port', () => kafka.plaintext()],
      ['anybody on the TLS port', () => kafka.tls()],
      ['a client with a certificate', () => kafka.mutualTls('app')],
      ['a SCRAM user', () => kafka.scram('alice', 'wonderland')],
      [
        'an IAM role',
        async () => {
          const statements = [CONNECT(kafka), allow(['DescribeTopic', 'WriteData'], arn(kafka, 'topic', 'paid'))];
          return (await kafka.addPrincipal({ roleArn: ROLE, statements })).connection;
        },
      ],
      [
        'an IAM user with a key of its own and no session token',
        async () => {
          const credentials = {
            accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
            secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
          };
          const statements = [CONNECT(kafka), allow(['DescribeTopic', 'WriteData'], arn(kafka, 'topic', 'paid'))];
          return (await kafka.addPrincipal({ roleArn: `${ROLE}-user`, statements, credentials })).connection;
        },
      ],
    ])('%s', async (_, connection) => {
      expect(await outcome(produce(kafka, await connection(), 'paid'))).toBe('ok');
    });
  });

  describe('refuses', () => {
    let credentials: AwsCredentials;
    beforeAll(async () => {
      ({ credentials } = await kafka.addPrincipal({ roleArn: ROLE, statements: [CONNECT(kafka)] }));
      expect(await outcome(ping(kafka, kafka.iam(credentials)))).toBe('ok');
    });

    const token = (options: Partial<Parameters<typeof iamToken>[0]>) => () =>
      iamToken({ region: 'us-east-1', credentials, ...options });
    const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);

    test.each<[string, () => Connection]>([
      ['a wrong SCRAM password', () => kafka.scram('alice', 'mirror')],
      ['an unknown SCRAM user', () => kafka.scram('bob', 'wonderland')],
      ['a wrong secret', () => kafka.iam({ ...credentials, secretAccessKey: 'guessed' })],
      ['an unknown access key', () => kafka.iam({ ...credentials, accessKeyId: 'ASIAUNKNOWN' })],
      ['a missing session token', () => kafka.iam({ ...credentials, sessionToken: undefined })],
      ['another session token', () => kafka.iam({ ...credentials, sessionToken: 'stale' })],
      ['an expired token', () => kafka.iam(token({ signedAt: ago(901) }))],
      ['a token that was to live for a minute', () => kafka.iam(token({ signedAt: ago(61), expires: 60 }))],
      ['a token that lives too long', () => kafka.iam(token({ expires: 901 }))],
      ['a token of the future', () => kafka.iam(token({ signedAt: ago(-600) }))],
      ['a token for another Region', () => kafka.iam(token({ region: 'eu-west-1' }))],
      ['what is no token', () => kafka.iam(() => 'secret')],
    ])('%s', async (_, connection) => {
      expect(await outcome(ping(kafka, connection()))).toBe('SASL_AUTHENTICATION_FAILED');
    });

    test('[B-03] an IAM role without Connect, whatever else it may', async () => {
      const statements = [allow(['DescribeTopic', 'WriteData'], arn(kafka, 'topic', 'paid'))];
      const { connection } = await kafka.addPrincipal({ roleArn: `${ROLE}-2`, statements });
      expect(await outcome(ping(kafka, connection))).toBe('SASL_AUTHENTICATION_FAILED');
      expect(readFileSync(path.join(kafka.logs, 'node-1.log'), 'utf8')).toContain(
        'billing-2/test has no kafka-cluster:Connect',
      );
    });

    test("a certificate of somebody else's authority", async () => {
      const { key, cert } = await (await authority('stranger')).issue('app');
      expect(await outcome(ping(kafka, { ...kafka.tls(), tls: { ca: kafka.authority.pem, key, cert } }))).not.toBe(
        'ok',
      );
    });
  });

  describe('[B-03] is as strict as IAM', () => {
    const role = `${ROLE}-strict`;
    const full = (): Record<string, string> => ({
      Connect: kafka.clusterArn,
      WriteDataIdempotently: kafka.clusterArn,
      DescribeTopic: arn(kafka, 'topic', 'paid'),
      WriteData: arn(kafka, 'topic', 'paid'),
      ReadData: arn(kafka, 'topic', 'paid'),
      DescribeGroup: arn(kafka, 'group', 'billing-*'),
      AlterGroup: arn(kafka, 'group', 'billing-*'),
    });
    const principal = (rights: Record<string, string>) =>
      kafka.addPrincipal({
        roleArn: role,
        statements: Object.entries(rights).map(([action, resource]) => allow([action], resource)),
      });
    const without = async (...actions: string[]) =>
      (await principal(Object.fromEntries(Object.entries(full()).filter(([action]) => !actions.includes(action)))))
        .connection;
    const idempotent = { idempotent: true };

    test('with all rights, records are written and read', async () => {
      const connection = await without();
      expect(await outcome(produce(kafka, connection, 'paid', idempotent))).toBe('ok');
      expect(await consume(kafka, connection, 'paid', 'billing-1')).toBe('value');
    });

    test.each([
      ['DescribeTopic', 'TOPIC_AUTHORIZATION_FAILED'],
      ['WriteData', 'TOPIC_AUTHORIZATION_FAILED'],
      ['WriteDataIdempotently', 'CLUSTER_AUTHORIZATION_FAILED'],
    ])('an idempotent producer needs %s', async (action, expected) => {
      expect(await outcome(produce(kafka, await without(action), 'paid', idempotent))).toBe(expected);
    });

    test('a plain producer needs no WriteDataIdempotently', async () => {
      expect(await outcome(produce(kafka, await without('WriteDataIdempotently'), 'paid'))).toBe('ok');
    });

    test.each([
      ['DescribeTopic', 'TOPIC_AUTHORIZATION_FAILED'],
      ['ReadData', 'TOPIC_AUTHORIZATION_FAILED'],
      ['DescribeGroup', 'GROUP_AUTHORIZATION_FAILED'],
      ['AlterGroup', 'GROUP_AUTHORIZATION_FAILED'],
    ])('a consumer needs %s', async (action, expected) => {
      expect(await outcome(consume(kafka, await without(action), 'paid', 'billing-1'))).toBe(expected);
    });

    test('rights on one topic, or on groups with one beginning, reach no further', async () => {
      const connection = await without();
      expect(await outcome(produce(kafka, connection, 'other', idempotent))).toBe('TOPIC_AUTHORIZATION_FAILED');
      expect(await outcome(consume(kafka, connection, 'other', 'billing-1'))).toBe('TOPIC_AUTHORIZATION_FAILED');
      expect(await outcome(consume(kafka, connection, 'paid', 'shipping'))).toBe('GROUP_AUTHORIZATION_FAILED');
    });

    test('a Deny wins', async () => {
      const statements = [
        ...Object.entries(full()).map(([action, resource]) => allow([action], resource)),
        { ...allow(['WriteData'], arn(kafka, 'topic', '*')), Effect: 'Deny' },
      ];
      const { connection } = await kafka.addPrincipal({ roleArn: role, statements });
      expect(await outcome(produce(kafka, connection, 'paid'))).toBe('TOPIC_AUTHORIZATION_FAILED');
      expect(await consume(kafka, connection, 'paid', 'billing-1')).toBe('value');
    });

    test.each([
      [
        'AlterTopic',
        'DescribeTopic',
        (admin: any) =>
          admin.createPartitions({ topics: [{ name: 'other', count: 2, assignments: [{ brokerIds: [1] }] }] }),
      ],
      ['DeleteTopic', 'DescribeTopic', (admin: any) => admin.deleteTopics({ topics: ['other'] })],
    ])('%s needs %s', async (action, needed, work) => {
      const { connection } = await principal({ Connect: kafka.clusterArn, [action]: arn(kafka, 'topic', 'other') });
      const admin = kafka.adminClient(connection);
      expect(await outcome(work(admin))).toBe('TOPIC_AUTHORIZATION_FAILED');
      await principal({
        Connect: kafka.clusterArn,
        [action]: arn(kafka, 'topic', 'other'),
        [needed]: arn(kafka, 'topic', 'other'),
      });
      expect(await outcome(work(admin))).toBe('ok');
    });
  });

  test('keeps IAM and Kafka ACLs apart', async () => {
    await kafka.createTopics([{ topicName: 'apart', partitions: 1, replicationFactor: 1 }]);
    const statements = [CONNECT(kafka), allow(['DescribeTopic', 'WriteData'], arn(kafka, 'topic', 'apart'))];
    const { connection } = await kafka.addPrincipal({ roleArn: ROLE, statements });
    const everybody = () =>
      Promise.all(
        [connection, kafka.plaintext(), kafka.scram('alice', 'wonderland')].map((who) =>
          outcome(produce(kafka, who, 'apart')),
        ),
      );
    expect(await everybody()).toEqual(['ok', 'ok', 'ok']);

    await kafka.setAcls('User:alice', [
      { resourceType: 'TOPIC', resourceName: 'apart', patternType: 'LITERAL', operation: 'WRITE', permission: 'ALLOW' },
    ]);
    // Without an ACL everybody may; with one for somebody, only he.
    expect(await everybody()).toEqual(['ok', 'TOPIC_AUTHORIZATION_FAILED', 'ok']);
  });
});

describe('three express brokers of Kafka 3.9.2', () => {
  let kafka: TestKafka;
  beforeAll(async () => {
    kafka = await startKafka({ version: '3.9.2', profile: 'express', cluster: { clusterName: 'fast' } });
  });
  afterAll(() => kafka.stop());

  const template = (properties: object): Template => ({
    Resources: {
      Cluster: { Type: 'AWS::MSK::Cluster' },
      Topic: {
        Type: 'AWS::MSK::Topic',
        Properties: { ClusterArn: { 'Fn::GetAtt': ['Cluster', 'Arn'] }, TopicName: 'paid', ...properties },
      },
    },
  });
  const base64 = (configs: object) => Buffer.from(JSON.stringify(configs)).toString('base64');

  test('[S-05] make the topic of a template exactly as it stands there', async () => {
    const Configs = base64({ 'retention.ms': '123456', 'cleanup.policy': 'compact' });
    await createTemplateTopics(kafka, template({ PartitionCount: 7, ReplicationFactor: 3, Configs }));
    const { topics } = await kafka.admin.metadata({ topics: ['paid'], forceUpdate: true });
    expect(topics.get('paid')!.partitions.map(({ replicas }) => [...replicas].sort())).toEqual(
      Array(7).fill([1, 2, 3]),
    );
    expect(await topicConfig(kafka, 'paid')).toMatchObject({
      'retention.ms': '123456',
      'cleanup.policy': 'compact',
      'min.insync.replicas': '2',
    });
  });

  test('refuse the topic of another cluster', async () => {
    const foreign = template({
      PartitionCount: 1,
      ReplicationFactor: 3,
      TopicName: 'foreign',
      ClusterArn: 'arn:other',
    });
    await expect(createTemplateTopics(kafka, foreign)).rejects.toThrow('topic foreign belongs to arn:other');
  });

  test.each<[string, number, Record<string, string>]>([
    ['another replication factor', 1, {}],
    ['segment.bytes', 3, { 'segment.bytes': '1048576' }],
    ['min.insync.replicas', 3, { 'min.insync.replicas': '1' }],
    ['unclean.leader.election.enable', 3, { 'unclean.leader.election.enable': 'true' }],
  ])('refuse a topic with %s', async (_, replicationFactor, configs) => {
    expect(await outcome(kafka.createTopics([{ topicName: 'wrong', partitions: 1, replicationFactor, configs }]))).toBe(
      'INVALID_REQUEST',
    );
  });

  test('refuse to change a setting that they do not offer', async () => {
    await kafka.createTopics([{ topicName: 'changing', partitions: 1, replicationFactor: 3 }]);
    expect(await outcome(alter(kafka, 'TOPIC', 'changing', 'cleanup.policy', 'compact'))).toBe('ok');
    expect(await outcome(alter(kafka, 'TOPIC', 'changing', 'segment.bytes', '1048576'))).toBe('INVALID_REQUEST');
    expect(await outcome(alter(kafka, 'BROKER', '1', 'log.cleaner.delete.retention.ms', '1000'))).toBe('ok');
    expect(await outcome(alter(kafka, 'BROKER', '1', 'num.io.threads', '5'))).toBe('INVALID_REQUEST');
  });

  test('take what the service lets be configured, and no more', async () => {
    const start = (serverProperties: Record<string, string>) => startKafka({ profile: 'express', serverProperties });
    await expect(start({ 'log.segment.bytes': '1048576' })).rejects.toThrow(
      'express clusters take no configuration with log.segment.bytes',
    );
    await expect(startKafka({ profile: 'express', nodes: 1 })).rejects.toThrow('three brokers');
  });

  test('[S-02] outlive one of them, which comes back in sync', () => outliveOne(kafka));
});

describe('three brokers of Kafka 4.1.2 without anonymous clients', () => {
  const template: Template = {
    Resources: {
      Config: {
        Type: 'AWS::MSK::Configuration',
        Properties: { ServerProperties: 'message.max.bytes=2097152\nnum.partitions=4' },
      },
    },
  };
  let kafka: TestKafka;
  beforeAll(async () => {
    const serverProperties = templateServerProperties(template);
    kafka = await startKafka({ version: '4.1.2', nodes: 3, authentication: ['mutualTls', 'iam'], serverProperties });
  });
  afterAll(() => kafka.stop());

  test('take a client with a certificate only', async () => {
    expect(await outcome(ping(kafka, await kafka.mutualTls('app')))).toBe('ok');
    expect(await outcome(ping(kafka, kafka.tls()))).not.toBe('ok');
  });

  test('have no port for what is not enabled', async () => {
    expect(await outcome(ping(kafka, kafka.plaintext()))).toContain('Cannot connect');
    expect(await outcome(ping(kafka, kafka.scram('alice', 'wonderland')))).toContain('Cannot connect');
  });

  test("run with the configuration of the template, and the service's defaults", async () => {
    const [{ id }] = await kafka.admin.createTopics({ topics: ['defaults'] });
    expect(id).toBeDefined();
    const { topics } = await kafka.admin.metadata({ topics: ['defaults'], forceUpdate: true });
    expect(topics.get('defaults')!.partitions.map(({ replicas }) => replicas.length)).toEqual([3, 3, 3, 3]);
    expect(await topicConfig(kafka, 'defaults')).toMatchObject({
      'max.message.bytes': '2097152',
      'min.insync.replicas': '2',
    });
  });

  test('let settings be changed that express and serverless refuse', async () => {
    await kafka.createTopics([
      { topicName: 'free', partitions: 1, replicationFactor: 2, configs: { 'segment.bytes': '1048576' } },
    ]);
    expect(await outcome(alter(kafka, 'TOPIC', 'free', 'cleanup.policy', 'compact'))).toBe('ok');
    expect(await outcome(alter(kafka, 'BROKER', '1', 'log.cleaner.threads', '1'))).toBe('ok');
  });

  test('[S-02] outlive one of them, which comes back in sync', () => outliveOne(kafka));

  test('cannot be asked for a node that is not there', async () => {
    await expect(kafka.kill(4)).rejects.toThrow('there is no node 4: the cluster has 3');
    await expect(kafka.restart(1)).rejects.toThrow('node 1 of orders runs already');
  });
});

/** Kills one of three, writes, brings it back and reads from what it has. */
async function outliveOne(kafka: TestKafka): Promise<void> {
  await kafka.createTopics([{ topicName: 'survivor', partitions: 3, replicationFactor: 3 }]);
  const [, victim] = kafka.pids();
  await kafka.kill(2);
  expect(isAlive(victim)).toBe(false);
  expect(kafka.pids()).toHaveLength(2);

  const statements = [CONNECT(kafka), allow(['DescribeTopic', 'WriteData'], arn(kafka, 'topic', 'survivor'))];
  const { connection } = await kafka.addPrincipal({ roleArn: ROLE, statements });
  const producer = kafka.producer(connection, { retries: 50, timeout: 25_000 });
  const values = Array.from({ length: 30 }, (_, index) => String(index));
  for (const value of values) {
    await producer.send({
      acks: -1,
      messages: [{ topic: 'survivor', key: Buffer.from(value), value: Buffer.from(value) }],
    });
  }
  await producer.close();

  await kafka.restart(2);
  await kafka.inSync();
  const { topics } = await kafka.admin.metadata({ topics: ['survivor'], forceUpdate: true });
  expect(topics.get('survivor')!.partitions.map(({ isr }) => [...isr].sort())).toEqual(Array(3).fill([1, 2, 3]));

  // Nothing that was acknowledged is missing. With its patience the producer had no reason to send anything twice.
  const offsets = await kafka.admin.listOffsets({
    topics: [{ name: 'survivor', partitions: [0, 1, 2].map((partitionIndex) => ({ partitionIndex, timestamp: -1n })) }],
  });
  const ends = offsets[0].partitions.map(({ offset }) => Number(offset));
  expect(ends.reduce((sum, end) => sum + end)).toBe(values.length);
}

describe('a serverless cluster beside a provisioned one', () => {
  let serverless: TestKafka;
  let provisioned: TestKafka;
  beforeAll(async () => {
    const cluster = { clusterName: 'elastic', region: 'cn-north-1', partition: 'aws-cn' };
    [serverless, provisioned] = await Promise.all([startKafka({ profile: 'serverless', cluster }), startKafka()]);
  });
  afterAll(() => Promise.all([serverless.stop(), provisioned.stop()]));

  test('has addresses of its own, with the same ports', () => {
    expect(serverless.bootstrap.iam).toMatch(/^127\.0\.\d+\.1:9098$/);
    expect(provisioned.bootstrap.iam).toMatch(/^127\.0\.\d+\.1:9098$/);
    expect(serverless.bootstrap.iam).not.toBe(provisioned.bootstrap.iam);
  });

  test('lets IAM in only, with tokens of its Region', async () => {
    const roleArn = 'arn:aws-cn:iam::111122223333:role/billing';
    const { connection, credentials } = await serverless.addPrincipal({ roleArn, statements: [CONNECT(serverless)] });
    expect(await outcome(ping(serverless, connection))).toBe('ok');
    expect(
      await outcome(
        ping(
          serverless,
          serverless.iam(() => iamToken({ region: 'us-east-1', credentials })),
        ),
      ),
    ).toBe('SASL_AUTHENTICATION_FAILED');
    expect(await outcome(ping(serverless, { ...connection, bootstrapBrokers: [provisioned.bootstrap.iam] }))).toBe(
      'SASL_AUTHENTICATION_FAILED',
    );
    expect(await outcome(ping(serverless, serverless.tls()))).toContain('Cannot connect');
  });

  test.each<[string, number, Record<string, string>, string]>([
    [
      'seven settings of its own',
      2,
      { 'cleanup.policy': 'compact', 'max.message.bytes': '8388608', 'retention.ms': '1000' },
      'ok',
    ],
    ['segment.bytes', 1, { 'segment.bytes': '1048576' }, 'INVALID_REQUEST'],
    ['larger records', 1, { 'max.message.bytes': '8388609' }, 'INVALID_REQUEST'],
    ['too many partitions', 2401, {}, 'INVALID_REQUEST'],
    ['too many compacted partitions', 121, { 'cleanup.policy': 'compact' }, 'INVALID_REQUEST'],
  ])('takes or refuses a topic with %s', async (_, partitions, configs, expected) => {
    const topicName = `topic-${partitions}-${Object.keys(configs).length}`;
    expect(await outcome(serverless.createTopics([{ topicName, partitions, replicationFactor: 1, configs }]))).toBe(
      expected,
    );
  });

  test('takes no replicas assigned by hand', async () => {
    const topic = { topic: 'assigned', assignments: [{ partition: 0, brokers: [1] }] };
    expect(await outcome(serverless.admin.createTopics({ topics: [topic] }))).toBe('INVALID_REQUEST');
  });

  test('fixes the clean-up policy when a topic is made, and has no broker settings', async () => {
    await serverless.createTopics([{ topicName: 'fixed', partitions: 1, replicationFactor: 1 }]);
    expect(await outcome(alter(serverless, 'TOPIC', 'fixed', 'retention.ms', '1000'))).toBe('ok');
    expect(await outcome(alter(serverless, 'TOPIC', 'fixed', 'cleanup.policy', 'compact'))).toBe('INVALID_REQUEST');
    expect(await outcome(alter(serverless, 'BROKER', '1', 'log.retention.ms', '1000'))).toBe('INVALID_REQUEST');
    await expect(startKafka({ profile: 'serverless', serverProperties: { 'num.partitions': '2' } })).rejects.toThrow(
      'serverless clusters take no configuration with num.partitions',
    );
  });

  test('takes no topics from a template', async () => {
    const Properties = {
      ClusterArn: serverless.clusterArn,
      TopicName: 'paid',
      PartitionCount: 1,
      ReplicationFactor: 3,
    };
    const template = { Resources: { Topic: { Type: 'AWS::MSK::Topic', Properties } } };
    await expect(createTemplateTopics(serverless, template)).rejects.toThrow('does not work with serverless');
  });

  test('takes a role of a template, with what it may elsewhere left over', async () => {
    const Statement = [CONNECT(provisioned), { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: '*' }];
    const Policies = [{ PolicyName: 'inline', PolicyDocument: { Statement } }];
    const template = { Resources: { Role: { Type: 'AWS::IAM::Role', Properties: { Policies } } } };
    const principal = await provisioned.addRole(template, 'Role');
    expect(principal.arn).toBe('arn:aws:sts::111122223333:assumed-role/Role/test');
    expect(principal.others).toEqual([{ ...Statement[1], Action: ['sqs:SendMessage'] }]);
    expect(await outcome(ping(provisioned, principal.connection))).toBe('ok');
    await expect(serverless.addRole(template, 'Role')).rejects.toThrow('its partition is aws, the test cluster');
  });
});
