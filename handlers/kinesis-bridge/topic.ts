import { ProduceAcks, Producer } from '@platformatic/kafka';
import type { ProducerOptions } from '@platformatic/kafka';
import { iamToken } from '../shared/iam-token';
import { credentialsOf } from '../shared/sigv4';
import type { BridgedRecord } from './record';

/** Without limits the client would go on until the function's time is over. */
const CLIENT = { connectTimeout: 5_000, requestTimeout: 15_000, timeout: 10_000, retries: 2, retryDelay: 250 };

/** A connection whose broker is gone is not waited for. */
const CLOSES_WITHIN_MS = 2_000;

type Options = ProducerOptions<Buffer, Buffer, Buffer, Buffer>;

/** The topic, by a producer that lives as long as all goes well. */
export class Topic {
  private producer?: Producer;

  constructor(private readonly environment: NodeJS.ProcessEnv) {}

  /** Writes records and returns when all replicas that are in sync have them. */
  public async write(records: BridgedRecord[]): Promise<void> {
    const producer = (this.producer ??= this.connect());
    try {
      await producer.send({
        messages: records.map((record) => ({ topic: this.environment.KAFKA_TOPICS!, ...record })),
      });
    } catch (error) {
      // It may go on sending to who is no longer the leader; a new one asks who is.
      this.producer = undefined;
      await close(producer);
      throw error;
    }
  }

  private connect(): Producer {
    const options = JSON.parse(this.environment.KAFKA_CLIENT_PROPERTIES!) as Options;
    const token = () => iamToken(this.environment.AWS_REGION!, credentialsOf(this.environment), new Date());
    return new Producer({
      ...options,
      ...CLIENT,
      sasl: { ...options.sasl!, token },
      acks: ProduceAcks.ALL,
      idempotent: true,
    });
  }
}

async function close(producer: Producer): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSES_WITHIN_MS)));
  await Promise.race([producer.close(true).catch(() => undefined), patience]).finally(() => clearTimeout(timer));
}
