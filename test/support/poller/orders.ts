import { App } from 'aws-cdk-lib';
import { OrdersToLambda } from '../../../examples/orders-to-lambda';
import type { Connection, KafkaVersion, Message, TestKafka } from '../kafka';
import { kafkaClient } from '../kafka';
import { Deployment, startCluster, synthesized } from './deployment';
import type { Synthesized } from './deployment';
import { LocalDynamoDb } from './dynamodb';
import type { LocalFunction } from './invoke';

const STACK = 'orders-to-lambda';
const TOPIC = 'orders.paid';
const ORDERS_PER_INVOCATION = 500;
const PATIENT = { retries: 20, retryDelay: 250 };

/** Values that bill nothing: for which an operator has to be told, and for which not. */
const POISON = [
  'not json',
  '{"orderId":1}',
  '{',
  '[]',
  '{"orderId":"order-x","customerId":"c","amountCents":-1,"currency":"EUR"}',
];

/** The reference stack, synthesized. */
export function ordersStack(): Synthesized {
  const app = new App({ analyticsReporting: false });
  new OrdersToLambda(app, STACK);
  return synthesized(app, STACK);
}

/** Logical ids of what the reference stack has one of. */
export function ordersIds({ template }: Synthesized) {
  const find = (type: string, name: string) => {
    const found = Object.keys(template.Resources).filter(
      (id) => template.Resources[id].Type === type && new RegExp(`^${name}[0-9A-F]{8}$`).test(id),
    );
    if (found.length !== 1) {
      throw new Error(`${STACK} has ${found.length} resources ${name} of ${type}`);
    }
    return found[0];
  };
  return {
    producer: find('AWS::Lambda::Function', 'OrderProducer'),
    billing: find('AWS::Lambda::Function', 'Billing'),
    ledger: find('AWS::DynamoDB::Table', 'Ledger'),
    seen: find('AWS::DynamoDB::Table', 'Seen'),
  };
}

/** What a topic holds. */
export interface Audit {
  readonly records: number;
  /** Distinct orders, with the cents of each customer that they add up to. */
  readonly orders: Set<string>;
  readonly owed: Map<string, number>;
  readonly duplicates: number;
  /** `partition@offset` of what is neither an order nor a tombstone. */
  readonly poison: string[];
}

/** The reference stack on brokers: both functions as they are bundled, and a table to bill into. */
export class OrdersOnKafka {
  static async start(version: KafkaVersion): Promise<OrdersOnKafka> {
    const stack = ordersStack();
    const kafka = await startCluster(stack.template, version);
    try {
      return await OrdersOnKafka.deploy(kafka, stack);
    } catch (error) {
      await kafka.stop();
      throw error;
    }
  }

  private static async deploy(kafka: TestKafka, stack: Synthesized): Promise<OrdersOnKafka> {
    const deployment = new Deployment(kafka, stack);
    const ids = ordersIds(stack);
    await deployment.createTopics();
    const dynamodb = await LocalDynamoDb.start({ [ids.ledger]: 'pk', [ids.seen]: 'id' });
    const producer = await deployment.function(ids.producer);
    const billing = await deployment.function(ids.billing, { AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint });
    return new OrdersOnKafka(kafka, deployment, ids, dynamodb, producer, billing);
  }

  private constructor(
    readonly kafka: TestKafka,
    readonly deployment: Deployment,
    readonly ids: ReturnType<typeof ordersIds>,
    readonly dynamodb: LocalDynamoDb,
    readonly producer: LocalFunction,
    readonly billing: LocalFunction,
  ) {}

  /** Has the producer's function write orders; an invocation that fails is asked for again, as its caller would. */
  async produce(first: number, orders: number, onAcknowledged: (total: number) => unknown = () => undefined) {
    const figures = { acknowledged: 0, failedInvocations: 0 };
    while (figures.acknowledged < orders) {
      const some = Math.min(ORDERS_PER_INVOCATION, orders - figures.acknowledged);
      const answer = await this.producer.invoke({ orders: some, first: first + figures.acknowledged });
      if ('payload' in answer) {
        figures.acknowledged += (answer.payload as { acknowledged: number }).acknowledged;
        await onAcknowledged(figures.acknowledged);
      } else if (++figures.failedInvocations > 20) {
        throw new Error(`the producer fails: ${answer.message}`);
      }
    }
    return figures;
  }

  /** Writes, with the producer's rights, what no function can bill. */
  async spoil(): Promise<{ poison: number; tombstones: number }> {
    const { connection } = await this.deployment.principal(this.ids.producer);
    return spoil(connection, TOPIC);
  }

  /** Reads the whole topic with a client that has nothing of the poller. */
  async audit(): Promise<Audit> {
    const arn = (kind: string, name: string) => `${this.kafka.clusterArn.replace(':cluster/', `:${kind}/`)}/${name}`;
    const allow = (actions: string[], Resource: string) => ({
      Effect: 'Allow',
      Action: actions.map((action) => `kafka-cluster:${action}`),
      Resource,
    });
    const { connection } = await this.kafka.addPrincipal({
      roleArn: `arn:aws:iam::${this.kafka.identity.account}:role/auditor`,
      statements: [
        allow(['Connect'], this.kafka.clusterArn),
        allow(['DescribeTopic', 'ReadData'], arn('topic', TOPIC)),
        allow(['DescribeGroup', 'AlterGroup'], arn('group', 'audit')),
      ],
    });
    return audit(await readAll(connection, TOPIC));
  }

  /** What has been billed: invoices, and cents by customer. */
  billed(): { invoices: Set<string>; owed: Map<string, number>; invoicesCounted: number } {
    const items = this.dynamodb.scan(this.ids.ledger).map((item) => ({ id: String(item.pk.S), item }));
    const customers = items.filter(({ id }) => id.startsWith('customer#'));
    return {
      invoices: new Set(
        items.filter(({ id }) => id.startsWith('invoice#')).map(({ id }) => id.slice('invoice#'.length)),
      ),
      owed: new Map(customers.map(({ id, item }) => [id.slice('customer#'.length), Number(item.owedCents.N)])),
      invoicesCounted: customers.reduce((sum, { item }) => sum + Number(item.invoices.N), 0),
    };
  }

  async stop(): Promise<void> {
    await Promise.all([this.producer.stop(), this.billing.stop(), this.dynamodb.stop()]);
    await this.kafka.stop();
  }
}

export async function spoil(
  connection: Connection,
  topic: string,
  patience: { retries: number; retryDelay: number } = PATIENT,
): Promise<{ poison: number; tombstones: number }> {
  const poison = Array.from({ length: 4 }, () => POISON).flat();
  const tombstones = 5;
  const producer = new kafkaClient.Producer({ ...connection, ...patience, idempotent: true });
  const values = [...poison.map((text) => Buffer.from(text)), ...Array<undefined>(tombstones).fill(undefined)];
  try {
    await producer.send({
      acks: -1,
      messages: values.map((value, index) => ({ topic, key: Buffer.from(`customer-${index}`), value })),
    });
  } finally {
    await producer.close();
  }
  return { poison: poison.length, tombstones };
}

async function readAll(connection: Connection, topic: string): Promise<Message[]> {
  const consumer = new kafkaClient.Consumer({ ...connection, ...PATIENT, groupId: 'audit' });
  try {
    const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic)!;
    const missing = new Set(ends.flatMap((end, partition) => (end > 0n ? [partition] : [])));
    const messages: Message[] = [];
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
    for await (const message of stream) {
      messages.push(message);
      if (message.offset + 1n >= ends[message.partition]) {
        missing.delete(message.partition);
      }
      if (missing.size === 0) {
        break;
      }
    }
    return messages;
  } finally {
    await consumer.close(true);
  }
}

function audit(messages: readonly Message[]): Audit {
  const orders = new Map<string, { customerId: string; amountCents: number }>();
  const poison: string[] = [];
  let duplicates = 0;
  for (const { value, partition, offset } of messages) {
    if (value === undefined || value === null) {
      continue;
    }
    if (POISON.includes(value.toString())) {
      poison.push(`${partition}@${offset}`);
      continue;
    }
    const order = JSON.parse(value.toString());
    duplicates += orders.has(order.orderId) ? 1 : 0;
    orders.set(order.orderId, order);
  }
  const owed = new Map<string, number>();
  for (const { customerId, amountCents } of orders.values()) {
    owed.set(customerId, amountCents + (owed.get(customerId) ?? 0));
  }
  return { records: messages.length, orders: new Set(orders.keys()), owed, duplicates, poison };
}
