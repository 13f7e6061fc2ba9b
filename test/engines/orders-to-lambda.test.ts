import { App, Stack } from 'aws-cdk-lib';
import { KafkaTopic, LambdaConsumer, PollerScaling } from '../../lib';
import { cluster, nodeFunction } from '../support/fixtures';
import type { Template, TestKafka } from '../support/kafka';
import { kafkaClient, refusal } from '../support/kafka';
import { Deployment, synthesized } from '../support/poller';
import type { Answer, KafkaEvent, Poller, Synthesized } from '../support/poller';
import { spoil } from '../support/poller/audit';
import { OrdersOnKafka, ordersIds, ordersStack } from '../support/poller/orders';

jest.setTimeout(300_000);

const ORDERS = 10_000;
const CATCH_UP_MS = 120_000;

/** All that the topic holds against all that was billed and given up. */
async function expectBalance(world: OrdersOnKafka, givenUp: readonly string[]): Promise<void> {
  const audit = await world.audit();
  const { invoices, owed, counted } = world.billed();
  expect([...audit.orders].filter((order) => !invoices.has(order))).toEqual([]);
  expect(invoices.size).toBe(audit.orders.size);
  // Every order counts once, however often its record was delivered.
  expect(counted).toBe(audit.orders.size);
  expect(owed).toEqual(audit.owed);
  expect([...givenUp].sort()).toEqual([...audit.poison].sort());
}

const places = (poller: Poller) => poller.givenUp.map(({ partition, offset }) => `${partition}@${offset}`);

describe('[S-19] orders-to-lambda on three brokers of Kafka 4.1.2', () => {
  let world: OrdersOnKafka;
  const givenUp: string[] = [];

  beforeAll(async () => {
    world = await OrdersOnKafka.start('4.1.2');
  });
  afterAll(() => world.stop());

  /** Consumes while `work` runs, and until nothing is left. */
  async function consuming(
    options: Omit<Parameters<Deployment['consume']>[0], 'invoke'>,
    work: (poller: Poller) => Promise<void>,
  ): Promise<Poller> {
    const invoke = (event: unknown) => world.billing.invoke(event);
    const poller = await world.deployment.consume({ invoke, retryDelayMs: 20, ...options });
    try {
      await Promise.race([poller.failure, work(poller)]);
      await poller.caughtUp(CATCH_UP_MS);
      givenUp.push(...places(poller));
    } finally {
      await poller.stop();
    }
    return poller;
  }

  test('[S-02] [S-05] every partition is on all of them, and two have to take a record', async () => {
    expect(await durability(world.kafka, 'orders.paid')).toEqual({ partitions: 12, copies: [3], minInSync: '2' });
  });

  test('[S-06] [S-07] [S-13] [119] the bundled functions, with the rights of their roles, bill 10,000 orders once each', async () => {
    expect(await world.deployment.obstaclesOf(world.ids.producer)).toEqual([]);
    const poller = await consuming({ reading: 'named', absent: 'omitted' }, async () => {
      expect(await world.produce(0, ORDERS)).toMatchObject({ acknowledged: ORDERS });
      expect(await world.spoil()).toEqual({ poison: 20, tombstones: 5 });
    });
    expect(poller.counts.done).toBe(ORDERS + 25);
    expect(givenUp).toHaveLength(20);
    await expectBalance(world, givenUp);
    // Each that was given up is in a message at the queue of the template.
    const [messages] = [...world.deployment.deadLetters.values()];
    expect(messages.reduce((sum, { KafkaBatchInfo }) => sum + KafkaBatchInfo.batchSize, 0)).toBe(20);
  });

  test('[S-02] [B-04] a broker that is killed in the middle and comes back loses and doubles nothing', async () => {
    const before = world.billed().invoices.size;
    let killed = false;
    await consuming({ reading: 'from the first named', absent: 'null' }, async () => {
      const figures = await world.produce(ORDERS, ORDERS, async (total) => {
        if (!killed && total >= 3000) {
          killed = true;
          await world.kafka.kill(2);
        } else if (killed && total >= 6000 && world.kafka.pids().length === 2) {
          await world.kafka.restart(2);
        }
      });
      expect(figures).toEqual({ acknowledged: ORDERS, failedInvocations: 0 });
    });
    expect(world.kafka.pids()).toHaveLength(3);
    await world.kafka.inSync();
    await expectBalance(world, givenUp);
    expect(world.billed().invoices.size).toBe(before + ORDERS);
  });

  test('[B-04] a function that is killed right after it has billed is asked again, and bills once', async () => {
    let effects = 0;
    let kills = 0;
    world.dynamodb.onEffect = (operation) => {
      if (operation === 'TransactWriteItems' && [10, 300, 700].includes(++effects)) {
        kills++;
        world.billing.kill();
      }
    };
    const poller = await consuming({}, async () => {
      await world.produce(2 * ORDERS, 1000);
    });
    world.dynamodb.onEffect = () => undefined;
    expect([kills, poller.counts.failedInvocations]).toEqual([3, 3]);
    await expectBalance(world, givenUp);
  });

  test('[S-19] orders that were given up while the function failed are billed by a replay, once each', async () => {
    const before = world.billed().invoices.size;
    const seen = [...world.deployment.deadLetters.values()].flat().length;
    const broken: Answer = { functionError: 'Unhandled', message: 'the ledger is away' };
    const poller = await world.deployment.consume({ invoke: async () => broken, retryDelayMs: 1 });
    await world.produce(4 * ORDERS, 60);
    await poller.caughtUp(CATCH_UP_MS);
    await poller.stop();
    expect(world.billed().invoices.size).toBe(before);

    expect(await world.deployment.obstaclesOf(world.ids.replay)).toEqual([]);
    const messages = [...world.deployment.deadLetters.values()].flat().slice(seen);
    expect(messages.reduce((sum, { KafkaBatchInfo }) => sum + KafkaBatchInfo.batchSize, 0)).toBe(60);
    const Records = messages.map((message, index) => ({ messageId: `m${index}`, body: JSON.stringify(message) }));
    expect(await world.replay.invoke({ Records })).toEqual({ payload: { batchItemFailures: [] } });
    expect(world.billed().invoices.size).toBe(before + 60);
    // Once more changes nothing; a range that the topic does not hold goes back to the queue.
    const [{ body }] = Records;
    const beyond = {
      messageId: 'beyond',
      body: body.replace(/"(first|last)RecordOffset":"\d+"/g, '"$1RecordOffset":"9999999"'),
    };
    expect(await world.replay.invoke({ Records: [Records[0], beyond] })).toEqual({
      payload: { batchItemFailures: [{ itemIdentifier: 'beyond' }] },
    });
    expect(world.billed().invoices.size).toBe(before + 60);
    await expectBalance(world, givenUp);
  });

  test('[S-06] the role of the function allows every call that it made', async () => {
    const role = world.deployment.simulatedRole(world.ids.billing);
    const { calls } = world.dynamodb;
    expect(calls.map(({ action }) => action)).toContain('dynamodb:PutItem');
    for (const { action, table } of calls) {
      const arn = world.deployment.resolve({ 'Fn::GetAtt': [table, 'Arn'] });
      expect([action, table, await role.decide(action, arn)]).toEqual([action, table, 'Allowed']);
    }
  });

  describe('a template that is wrong does not get through:', () => {
    const stack = ordersStack();
    const ids = ordersIds(stack);
    let trials = 0;

    /** A small run of a changed template: `ok`, or what went wrong. */
    async function trial(change: (template: Template) => void): Promise<string> {
      const topic = `orders.paid-${++trials}`;
      const template = JSON.parse(JSON.stringify(stack.template).replaceAll('orders.paid', topic)) as Template;
      change(template);
      return run(new Deployment(world.kafka, { ...stack, template }), topic).then(() => 'ok', refusal);
    }

    async function run(deployment: Deployment, topic: string): Promise<void> {
      const obstacles = await deployment.obstaclesOf(ids.producer);
      if (obstacles.length > 0) {
        throw new Error(obstacles.join('; '));
      }
      await deployment.createTopics();
      const { copies, minInSync } = await durability(world.kafka, topic);
      if (copies.some((count) => count < 3) || minInSync !== '2') {
        throw new Error(`${copies} copies, of which ${minInSync} have to take a record`);
      }
      const { connection } = await deployment.principal(ids.producer);
      const { poison, tombstones } = await spoil(connection, topic, { retries: 2, retryDelay: 100 });
      const poller = await deployment.consume({ invoke: pickyFunction, retryDelayMs: 5 });
      try {
        await poller.caughtUp(60_000);
      } finally {
        await poller.stop();
      }
      const reported = [...deployment.deadLetters.values()]
        .flat()
        .reduce((sum, { KafkaBatchInfo }) => sum + KafkaBatchInfo.batchSize, 0);
      if (poller.counts.done !== poison + tombstones || reported !== poison) {
        throw new Error(`${poison} bad records, ${reported} of them reported`);
      }
    }

    const only = (template: Template, type: string) =>
      Object.values(template.Resources).find(({ Type }) => Type === type)!.Properties!;
    const mapping = (template: Template) => only(template, 'AWS::Lambda::EventSourceMapping');
    const rule = (template: Template, direction: 'Ingress' | 'Egress', about: RegExp) =>
      Object.entries(template.Resources).find(
        ([id, { Type, Properties }]) =>
          Type === `AWS::EC2::SecurityGroup${direction}` && about.test(`${Properties!.Description} of ${id}`),
      )![1].Properties!;
    const toPort = (properties: Record<string, unknown>, port: number) =>
      Object.assign(properties, { FromPort: port, ToPort: port });

    test('unchanged, it does', async () => {
      expect(await trial(() => undefined)).toBe('ok');
    });

    test.each<[string, (template: Template) => unknown, string]>([
      ['pollers let in on another port', (t) => toPort(rule(t, 'Ingress', /Pollers/), 9094), 'on port 9098'],
      [
        'the producer let in on another port',
        (t) => toPort(rule(t, 'Ingress', /^from.*OrderProducer/), 9096),
        'does not admit',
      ],
      [
        'the producer let out on another port',
        (t) => toPort(rule(t, 'Egress', /^to.* of OrderProducer/), 9092),
        'may not go out',
      ],
      ['one copy of the topic', (t) => (only(t, 'AWS::MSK::Topic').ReplicationFactor = 1), '1 copies'],
      ['four copies', (t) => (only(t, 'AWS::MSK::Topic').ReplicationFactor = 4), 'INVALID_REPLICATION_FACTOR'],
      ['no such topic', (t) => (mapping(t).Topics = ['orders.payed']), 'TOPIC_AUTHORIZATION_FAILED'],
      [
        'another consumer group',
        (t) => (mapping(t).AmazonManagedKafkaEventSourceConfig.ConsumerGroupId = 'invoicing'),
        'GROUP_AUTHORIZATION_FAILED',
      ],
      [
        'a mapping of another cluster',
        (t) =>
          (mapping(t).EventSourceArn = { 'Fn::Sub': 'arn:aws:kafka:us-east-1:${AWS::AccountId}:cluster/other/id-1' }),
        'the event source is arn:aws:kafka:us-east-1:111122223333:cluster/other/id-1',
      ],
      ['a mapping that is switched off', (t) => (mapping(t).Enabled = false), 'the mapping is not enabled'],
      ['no destination for what is given up', (t) => delete mapping(t).DestinationConfig, '0 of them reported'],
      [
        'partial answers not asked for',
        (t) => delete mapping(t).FunctionResponseTypes,
        '20 bad records, 0 of them reported',
      ],
      ['retries without provisioned pollers', (t) => delete mapping(t).ProvisionedPollerConfig, 'needs Provisioned'],
    ])('%s', async (_, change, message) => {
      expect(await trial((template) => void change(template))).toContain(message);
    });

    const statements = Object.entries(stack.template.Resources)
      .filter(([id, { Type }]) => Type === 'AWS::IAM::Policy' && /^(BillingConsumer|OrderWriter)Policy/.test(id))
      .flatMap(([id, { Properties }]) =>
        Properties!.PolicyDocument.Statement.map(
          ({ Action }: { Action: string | string[] }, index: number) =>
            [[Action].flat().join(', '), id, index] as const,
        ),
      );

    test('[B-03] the statements of both are looked at', () => {
      const policies = new Set(statements.map(([, id]) => id.replace(/Policy.*/, '')));
      expect([...policies].sort()).toEqual(['BillingConsumer', 'OrderWriter']);
    });

    test.each(statements)('[B-03] no statement for %s', async (_, id, index) => {
      const outcome = await trial(({ Resources }) =>
        Resources[id].Properties!.PolicyDocument.Statement.splice(index, 1),
      );
      expect(outcome).toMatch(/SASL_AUTHENTICATION_FAILED|_AUTHORIZATION_FAILED|the role may not/);
    });
  });

  describe('[S-13] a record that always fails', () => {
    const PARTITIONS = 3;
    const stackWith = (name: string, scaling: PollerScaling): Synthesized => {
      const app = new App({ analyticsReporting: false });
      const stack = new Stack(app, name);
      const topic = new KafkaTopic(stack, 'Topic', {
        cluster: cluster(stack),
        topicName: name,
        partitions: PARTITIONS,
      });
      const handler = nodeFunction(stack);
      new LambdaConsumer(stack, 'Consumer', { topic, consumerGroup: name, handler, scaling, batchSize: 10 });
      return synthesized(app, name);
    };

    /** Fails as a whole when a record cannot be billed. */
    const strict = async (event: unknown): Promise<Answer> => {
      const answer = await pickyFunction(event);
      const { batchItemFailures } = (answer as { payload: { batchItemFailures: unknown[] } }).payload;
      return batchItemFailures.length > 0 ? { functionError: 'Unhandled', message: 'bad record' } : { payload: null };
    };

    async function run(name: string, scaling: PollerScaling, work: (poller: Poller) => Promise<void>) {
      const deployment = new Deployment(world.kafka, stackWith(name, scaling));
      await deployment.createTopics();
      const { connection } = await world.kafka.addPrincipal({
        roleArn: `arn:aws:iam::${world.kafka.identity.account}:role/writer`,
        statements: [
          {
            Effect: 'Allow',
            Action: ['kafka-cluster:Connect', 'kafka-cluster:WriteDataIdempotently'],
            Resource: world.kafka.clusterArn,
          },
          {
            Effect: 'Allow',
            Action: ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'],
            Resource: `${world.kafka.clusterArn.replace(':cluster/', ':topic/')}/${name}`,
          },
        ],
      });
      const producer = new kafkaClient.Producer({ ...connection, idempotent: true });
      const send = (partition: number, value: string) =>
        producer.send({ acks: -1, messages: [{ topic: name, partition, value: Buffer.from(value) }] });
      const poller = await deployment.consume({ invoke: strict, retryDelayMs: 20 });
      try {
        await send(1, 'not json');
        while (poller.counts.failedInvocations < 3) {
          await Promise.race([poller.failure, new Promise((resolve) => setTimeout(resolve, 20))]);
        }
        for (let partition = 0; partition < PARTITIONS; partition++) {
          await send(partition, '{"orderId":"order-1"}');
        }
        await work(poller);
      } finally {
        await poller.stop();
        await producer.close();
      }
      return [...deployment.deadLetters.values()].flat();
    }

    test('on demand stops its partition for good, and no other', async () => {
      const dead = await run('on-demand', PollerScaling.onDemand(), async (poller) => {
        const others = async () => {
          const lag = await poller.lag();
          return lag.get(0)! + lag.get(2)!;
        };
        while ((await others()) > 0) {
          await Promise.race([poller.failure, new Promise((resolve) => setTimeout(resolve, 50))]);
        }
        await expect(poller.caughtUp(3000)).rejects.toThrow('not caught up in 3 s: 2 of partition 1');
      });
      expect(dead).toEqual([]);
    });

    test('with provisioned pollers is reported, and the partition goes on', async () => {
      const dead = await run('provisioned', PollerScaling.provisioned(), (poller) => poller.caughtUp(60_000));
      expect(dead.map(({ KafkaBatchInfo }) => KafkaBatchInfo.recordsInfo)).toEqual([
        { 'provisioned-1': expect.objectContaining({ firstRecordOffset: '0', lastRecordOffset: '0' }) },
      ]);
    });
  });
});

test('[S-19] orders-to-lambda on three brokers of Kafka 3.9.2, the version that it asks for', async () => {
  const world = await OrdersOnKafka.start('3.9.2');
  try {
    const poller = await world.deployment.consume({ invoke: (event) => world.billing.invoke(event), retryDelayMs: 20 });
    try {
      await world.produce(0, 1000);
      await world.spoil();
      await poller.caughtUp(CATCH_UP_MS);
    } finally {
      await poller.stop();
    }
    await expectBalance(world, places(poller));
  } finally {
    await world.stop();
  }
});

/** Names every record that is no JSON object with an id of an order. */
async function pickyFunction(event: unknown): Promise<Answer> {
  const records = Object.values((event as KafkaEvent).records).flat();
  const bad = records.filter(({ value }) => {
    if (value === undefined || value === null) {
      return false;
    }
    try {
      const { orderId, amountCents = 1 } = JSON.parse(Buffer.from(value, 'base64').toString());
      return typeof orderId !== 'string' || amountCents < 0;
    } catch {
      return true;
    }
  });
  const batchItemFailures = bad.map(({ topic, partition, offset }) => ({
    itemIdentifier: { partition: `${topic}-${partition}`, offset },
  }));
  return { payload: { batchItemFailures } };
}

/** How safe records of a topic are, as the brokers say. */
async function durability(kafka: TestKafka, topic: string) {
  const { topics } = await kafka.admin.metadata({ topics: [topic], forceUpdate: true });
  const { partitions } = topics.get(topic)!;
  const resourceType = kafkaClient.ConfigResourceTypes.TOPIC;
  const [{ configs }] = await kafka.admin.describeConfigs({ resources: [{ resourceType, resourceName: topic }] });
  return {
    partitions: partitions.length,
    copies: [...new Set(partitions.map(({ replicas }) => replicas.length))],
    minInSync: configs.find(({ name }) => name === 'min.insync.replicas')?.value,
  };
}
