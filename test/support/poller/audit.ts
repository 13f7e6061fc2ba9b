import type { Connection, Message } from '../kafka';
import { kafkaClient } from '../kafka';
import type { LocalDynamoDb } from './dynamodb';

const PATIENT = { retries: 20, retryDelay: 250 };

/** Values that bill nothing, of which somebody has to be told. */
const POISON = [
  'not json',
  '{"orderId":1}',
  '{',
  '[]',
  '{"orderId":"order-x","customerId":"c","amountCents":-1,"currency":"EUR"}',
];

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

export interface Billed {
  readonly invoices: Set<string>;
  /** Cents by customer. */
  readonly owed: Map<string, number>;
  /** How many invoices went into what the customers owe. */
  readonly counted: number;
}

/** Writes what no function can bill, and tombstones, which bill nothing. */
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

/** What a table holds after the function has billed into it. */
export function billed(dynamodb: LocalDynamoDb, table: string): Billed {
  const items = dynamodb.scan(table).map((item) => ({ id: String(item.pk.S), item }));
  const of = (prefix: string) =>
    items.filter(({ id }) => id.startsWith(prefix)).map(({ id, item }) => ({ name: id.slice(prefix.length), item }));
  const customers = of('customer#');
  return {
    invoices: new Set(of('invoice#').map(({ name }) => name)),
    owed: new Map(customers.map(({ name, item }) => [name, Number(item.owedCents.N)])),
    counted: customers.reduce((sum, { item }) => sum + Number(item.invoices.N), 0),
  };
}

/** Reads a whole topic with a client that has nothing of the poller. */
export async function audit(connection: Connection, topic: string, group: string): Promise<Audit> {
  return summary(await readAll(connection, topic, group));
}

/** All that a topic holds. */
export async function readAll(connection: Connection, topic: string, groupId: string): Promise<Message[]> {
  const consumer = new kafkaClient.Consumer({ ...connection, ...PATIENT, groupId });
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

function summary(messages: readonly Message[]): Audit {
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
