import { Producer, ProduceAcks, stringSerializers } from '@platformatic/kafka';
import { generateAuthToken } from 'aws-msk-iam-sasl-signer-js';

const { KAFKA_BOOTSTRAP_SERVERS, KAFKA_TOPICS, AWS_REGION } = process.env as Record<string, string>;

/** How many orders to make up, and the number of the first: the same numbers make the same orders. */
export interface ProduceRequest {
  readonly orders: number;
  readonly first?: number;
}

/** Writes made-up orders and answers when all replicas that are in sync have them. */
export async function handler({ orders, first = 0 }: ProduceRequest): Promise<{ acknowledged: number }> {
  const producer = new Producer({
    clientId: 'order-producer',
    bootstrapBrokers: KAFKA_BOOTSTRAP_SERVERS.split(','),
    tls: {},
    sasl: {
      mechanism: 'OAUTHBEARER',
      token: async () => (await generateAuthToken({ region: AWS_REGION })).token,
    },
    acks: ProduceAcks.ALL,
    idempotent: true,
    // Without a limit it would go on until the function's time is over.
    retries: 2,
    retryDelay: 500,
    serializers: stringSerializers,
  });
  try {
    let acknowledged = 0;
    for (let from = first; from < first + orders; from += BATCH) {
      const numbers = Array.from({ length: Math.min(BATCH, first + orders - from) }, (_, index) => from + index);
      const messages = numbers.map((number) => ({ topic: KAFKA_TOPICS, ...order(number) }));
      await persistently(() => producer.send({ messages }));
      acknowledged += numbers.length;
    }
    return { acknowledged };
  } finally {
    await producer.close();
  }
}

const BATCH = 500;
const ATTEMPTS = 10;

/**
 * When a broker is lost, its partitions get leaders on several others, and the client goes on sending all of them to one.
 * A new attempt asks anew who leads. What was written before is written again: consumers see such an order twice.
 */
async function persistently(send: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await send();
      return;
    } catch (error) {
      if (attempt === ATTEMPTS) {
        throw error;
      }
    }
  }
}

function order(number: number): { key: string; value: string } {
  const customerId = `customer-${number % 97}`;
  return {
    key: customerId,
    value: JSON.stringify({
      orderId: `order-${number}`,
      customerId,
      amountCents: 100 + (number % 9900),
      currency: 'EUR',
    }),
  };
}
