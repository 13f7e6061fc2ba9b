import { DEFAULT_IDENTITY, kafkaClient, templateResolver } from '../../test/support/kafka';
import type { Connection, KafkaVersion, TestKafka } from '../../test/support/kafka';
import { LocalDynamoDb, LocalFunction, Poller, functionSettings, readMapping } from '../../test/support/poller';
import type { FailureRecord } from '../../test/support/poller';
import { audit, billed, spoil } from '../../test/support/poller/audit';
import type { Audit, Billed } from '../../test/support/poller/audit';
import { ORDERS_PER_INVOCATION, OrdersOnKafka, TOPIC, ordersIds, ordersStack } from '../../test/support/poller/orders';
import { standIns } from '../../test/support/poller/stand-ins';

/** Where the demo plays. */
export interface Stage {
  /** What there is, a line each. */
  readonly scenery: readonly [string, string][];
  /** Writes orders; tells how many have been acknowledged so far. */
  produce(orders: number, onAcknowledged: (total: number) => unknown): Promise<void>;
  /** Writes records that are no orders. */
  spoil(): Promise<{ poison: number; tombstones: number }>;
  consume(): Promise<Poller>;
  deadLetters(): readonly FailureRecord[];
  audit(): Promise<Audit>;
  billed(): Billed;
  /** Brokers that run, where they are ours to kill. */
  readonly brokers?: { running(): number; kill(): Promise<void>; restart(): Promise<void> };
  stop(): Promise<void>;
}

const RETRY_DELAY_MS = 50;
const VICTIM = 2;

/** Three brokers of our own, made as the template says, with both functions and the rights of their roles. */
export async function ownKafka(version: KafkaVersion): Promise<Stage> {
  const begin = Date.now();
  const world = await OrdersOnKafka.start(version);
  const { kafka, deployment } = world;
  const seconds = ((Date.now() - begin) / 1000).toFixed(1);
  return {
    scenery: [
      ['brokers', `${kafka.pids().length} x Apache Kafka ${version} at ${kafka.bootstrap.iam}, up in ${seconds} s`],
      ['topic', `${TOPIC}, as the template has it`],
      ['producer', `bundle of the function ${world.ids.producer}, with the rights of its role`],
      ['consumer', `bundle of the function ${world.ids.billing}, fed as its event source mapping says`],
    ],
    produce: async (orders, onAcknowledged) => void (await world.produce(0, orders, onAcknowledged)),
    spoil: () => world.spoil(),
    consume: () => deployment.consume({ invoke: (event) => world.billing.invoke(event), retryDelayMs: RETRY_DELAY_MS }),
    deadLetters: () => [...deployment.deadLetters.values()].flat(),
    audit: () => world.audit(),
    billed: () => world.billed(),
    brokers: {
      running: () => kafka.pids().length,
      kill: () => kafka.kill(VICTIM),
      restart: async () => {
        await kafka.restart(VICTIM);
        await kafka.inSync();
      },
    },
    stop: () => world.stop(),
  };
}

const PARTITIONS = 12;

/** Anybody's Kafka, in plain text, with a topic of the demo's own that is deleted in the end. */
export async function anyKafka(bootstrap: string): Promise<Stage> {
  const connection: Connection = { clientId: 'demo', bootstrapBrokers: bootstrap.split(',') };
  const name = `${TOPIC}.demo-${Date.now()}`;
  const admin = new kafkaClient.Admin({ ...connection, retries: 5, retryDelay: 200 });
  const stack = ordersStack();
  const ids = ordersIds(stack);
  const { brokers } = await admin.metadata({ topics: [] }).catch(async (error: Error) => {
    await admin.close();
    throw new Error(`no Kafka answers in plain text at ${bootstrap}: ${error.message}`);
  });
  const copies = Math.min(3, brokers.size);
  await admin.createTopics({ topics: [name], partitions: PARTITIONS, replicas: copies });

  const dynamodb = await LocalDynamoDb.start({ [ids.ledger]: 'pk', [ids.seen]: 'id' });
  const known = standIns(stack.template, { identity: DEFAULT_IDENTITY, bootstrap: {} } as unknown as TestKafka);
  const resolve = templateResolver(stack.template, DEFAULT_IDENTITY, known);
  const settings = functionSettings(stack, resolve, ids.billing);
  const billing = new LocalFunction({
    ...settings,
    environment: {
      ...settings.environment,
      AWS_REGION: DEFAULT_IDENTITY.region,
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'of-nobody',
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
    },
  });
  const messages: FailureRecord[] = [];
  return {
    scenery: [
      ['brokers', `${brokers.size} at ${bootstrap}`],
      ['topic', `${name}, ${PARTITIONS} partitions, ${copies} ${copies === 1 ? 'copy' : 'copies'}; deleted in the end`],
      ['producer', 'a client in plain text'],
      ['consumer', `bundle of the function ${ids.billing}, fed as its event source mapping says`],
    ],
    produce: (orders, onAcknowledged) => write(connection, name, orders, onAcknowledged),
    spoil: () => spoil(connection, name),
    consume: () =>
      Poller.start({
        mapping: { ...readMapping(stack.template, resolve), topic: name, group: name },
        connection,
        bootstrapServers: bootstrap,
        functionArn: settings.arn,
        invoke: (event) => billing.invoke(event),
        onFailure: (message) => void messages.push(message),
        retryDelayMs: RETRY_DELAY_MS,
      }),
    deadLetters: () => messages,
    audit: () => audit(connection, name, `${name}-audit`),
    billed: () => billed(dynamodb, ids.ledger),
    stop: async () => {
      await Promise.all([billing.stop(), dynamodb.stop()]);
      await admin.deleteTopics({ topics: [name] });
      await admin.deleteGroups({ groups: [name, `${name}-audit`] });
      await admin.close();
    },
  };
}

async function write(
  connection: Connection,
  topic: string,
  orders: number,
  onAcknowledged: (total: number) => unknown,
): Promise<void> {
  const producer = new kafkaClient.Producer({ ...connection, acks: -1, idempotent: true, retries: 5, retryDelay: 500 });
  try {
    for (let first = 0; first < orders; first += ORDERS_PER_INVOCATION) {
      const some = Math.min(ORDERS_PER_INVOCATION, orders - first);
      await producer.send({
        messages: Array.from({ length: some }, (_, index) => ({ topic, ...order(first + index) })),
      });
      await onAcknowledged(first + some);
    }
  } finally {
    await producer.close();
  }
}

function order(number: number): { key: Buffer; value: Buffer } {
  const customerId = `customer-${number % 97}`;
  const value = { orderId: `order-${number}`, customerId, amountCents: 100 + (number % 9900), currency: 'EUR' };
  return { key: Buffer.from(customerId), value: Buffer.from(JSON.stringify(value)) };
}
