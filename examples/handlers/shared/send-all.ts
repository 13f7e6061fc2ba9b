import { Producer, ProduceAcks, stringSerializers } from '@platformatic/kafka';
import { generateAuthToken } from 'aws-msk-iam-sasl-signer-js';

/** What is written to the topic. */
export interface Message {
  readonly key: string;
  readonly value: string;
  /**
   * Milliseconds since 1970.
   *
   * @default - now
   */
  readonly timestamp?: number;
}

const BATCH = 500;
const ATTEMPTS = 10;

/** Writes messages in their order; answers how many, when all replicas that are in sync have them. */
export async function sendAll(messages: readonly Message[]): Promise<number> {
  const { KAFKA_BOOTSTRAP_SERVERS, KAFKA_TOPICS, AWS_REGION } = process.env as Record<string, string>;
  const producer = new Producer({
    clientId: 'example-producer',
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
    for (let from = 0; from < messages.length; from += BATCH) {
      const some = messages.slice(from, from + BATCH).map(({ timestamp, ...rest }) => ({
        topic: KAFKA_TOPICS,
        timestamp: BigInt(timestamp ?? Date.now()),
        ...rest,
      }));
      await persistently(() => producer.send({ messages: some }));
    }
    return messages.length;
  } finally {
    await producer.close();
  }
}

/**
 * When a broker is lost, its partitions get leaders on several others, and the client goes on sending all of them to one.
 * A new attempt asks anew who leads. What was written before is written again: consumers see such a record twice.
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
