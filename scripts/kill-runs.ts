/**
 * Kills one of three brokers in the middle, again and again, and counts at both ends.
 *
 *   node --import tsx scripts/kill-runs.ts [RUNS]
 */
import { setTimeout as sleep } from 'timers/promises';
import { KAFKA_VERSIONS, kafkaClient } from '../test/support/kafka';
import type { KafkaVersion } from '../test/support/kafka';
import { OrdersOnKafka, TOPIC } from '../test/support/poller/orders';

process.env.CDK_VALIDATION = 'false';

const SENDERS = 8;
const PAUSE_MS = 5;
const KILLED_AFTER_MS = 2_000;
const DEAD_MS = 5_000;
const ENDED_AFTER_MS = 3_000;
const CATCH_UP_MS = 180_000;

interface Figures {
  readonly kafka: KafkaVersion;
  readonly victim: number;
  /** Attempts, those that failed included. */
  readonly sent: number;
  readonly acknowledged: number;
  /** Distinct orders in the topic. */
  readonly read: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly longestGapMs: number;
  readonly billed: number;
  readonly billedTwice: number;
}

void main().then(
  (lost) => process.exit(lost ? 1 : 0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);

async function main(): Promise<boolean> {
  const runs = Number(process.argv[2] ?? 10);
  const all: Figures[] = [];
  for (let run = 0; run < runs; run++) {
    const figures = await killRun(KAFKA_VERSIONS[run % KAFKA_VERSIONS.length], 1 + (run % 3));
    console.log(JSON.stringify(figures));
    all.push(figures);
  }
  console.table(all);
  return all.some(({ lost, billed, read, billedTwice }) => lost > 0 || billed !== read || billedTwice > 0);
}

async function killRun(version: KafkaVersion, victim: number): Promise<Figures> {
  const world = await OrdersOnKafka.start(version);
  try {
    const poller = await world.deployment.consume({ invoke: (event) => world.billing.invoke(event), retryDelayMs: 50 });
    const sender = new Sender((await world.deployment.principal(world.ids.producer)).connection);
    const sending = sender.run();
    await sleep(KILLED_AFTER_MS);
    await world.kafka.kill(victim);
    await sleep(DEAD_MS);
    await world.kafka.restart(victim);
    await sleep(ENDED_AFTER_MS);
    sender.stop();
    await sending;
    await poller.caughtUp(CATCH_UP_MS);
    await poller.stop();
    await world.kafka.inSync();

    const { orders, duplicates } = await world.audit();
    const { invoices, counted } = world.billed();
    return {
      kafka: version,
      victim,
      sent: sender.sent,
      acknowledged: sender.acknowledged.size,
      read: orders.size,
      lost: [...sender.acknowledged].filter((order) => !orders.has(order)).length,
      duplicates,
      longestGapMs: sender.longestGapMs,
      billed: invoices.size,
      billedTwice: counted - invoices.size,
    };
  } finally {
    await world.stop();
  }
}

/** Sends one order after the other, several at a time, each until it is acknowledged. */
class Sender {
  sent = 0;
  longestGapMs = 0;
  readonly acknowledged = new Set<string>();
  private readonly producer: InstanceType<typeof kafkaClient.Producer>;
  private lastAt = Date.now();
  private stopped = false;
  private made = 0;

  constructor(connection: ConstructorParameters<typeof kafkaClient.Producer>[0]) {
    this.producer = new kafkaClient.Producer({
      ...connection,
      acks: -1,
      idempotent: true,
      retries: 5,
      retryDelay: 250,
    });
  }

  stop(): void {
    this.stopped = true;
  }

  async run(): Promise<void> {
    this.lastAt = Date.now();
    await Promise.all(Array.from({ length: SENDERS }, () => this.send()));
    await this.producer.close();
  }

  private async send(): Promise<void> {
    while (!this.stopped) {
      const number = this.made++;
      const orderId = `order-${number}`;
      const customerId = `customer-${number % 97}`;
      const value = Buffer.from(JSON.stringify({ orderId, customerId, amountCents: 100 + number, currency: 'EUR' }));
      const messages = [{ topic: TOPIC, key: Buffer.from(customerId), value }];
      while (!this.acknowledged.has(orderId)) {
        this.sent++;
        await this.producer.send({ messages }).then(
          () => this.acknowledged.add(orderId),
          () => sleep(100),
        );
      }
      const now = Date.now();
      this.longestGapMs = Math.max(this.longestGapMs, now - this.lastAt);
      this.lastAt = now;
      await sleep(PAUSE_MS);
    }
  }
}
