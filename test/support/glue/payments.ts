import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as glue from 'aws-cdk-lib/aws-glue';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { GlueSink, GlueStreamingJob, RecordFormat } from '../../../lib/consumer';
import { KafkaTopic } from '../../../lib/topic';
import { cluster } from '../fixtures';
import type { Message, Template as KafkaTemplate, TestKafka } from '../kafka';
import { createTemplateTopics, resourcesOf, startKafka } from '../kafka';
import { standIns } from '../poller/stand-ins';
import { FakeAws } from './aws';
import { LocalJob } from './job';

const PARTITIONS = 4;
const BATCH = 5_000;

export interface PaymentsOptions {
  readonly records: number;
  /** Of how many one can not be read; 0 is none. */
  readonly badEvery: number;
}

/** A job over a topic that is full of payments, for runs that are too long for a test. */
export class Payments {
  static async start(options: PaymentsOptions): Promise<Payments> {
    const template = paymentsTemplate();
    const kafka = await startKafka();
    const aws = new FakeAws();
    try {
      const resolve = kafka.resolver(template, standIns(template, kafka));
      await createTemplateTopics(kafka, template, resolve);
      const roleId = resourcesOf(template, 'AWS::IAM::Role').find(([id]) => id.startsWith('LakeRole'))![0];
      const role = await kafka.addRole(template, roleId, { resolve });
      const job = new LocalJob({ template, resolve, kafka, endpoint: await aws.start(), role });
      await fill(kafka, options);
      return new Payments(kafka, aws, job);
    } catch (error) {
      aws.stop();
      await kafka.stop();
      throw error;
    }
  }

  private constructor(
    readonly kafka: TestKafka,
    private readonly aws: FakeAws,
    readonly job: LocalJob,
  ) {}

  async stop(): Promise<void> {
    this.job.stop();
    this.aws.stop();
    await this.kafka.stop();
  }
}

function paymentsTemplate(): KafkaTemplate {
  const stack = new Stack(new App(), 'Payments');
  const topic = new KafkaTopic(stack, 'Paid', {
    cluster: cluster(stack),
    topicName: 'paid',
    partitions: PARTITIONS,
    replicationFactor: 1, // One broker.
  });
  new GlueStreamingJob(stack, 'Lake', {
    topic,
    consumerGroup: 'lake',
    format: RecordFormat.json(
      [
        { name: 'id', type: glue.Schema.STRING },
        { name: 'customer', type: glue.Schema.STRING },
        { name: 'amount', type: glue.Schema.decimal(10, 2) },
        { name: 'note', type: glue.Schema.STRING },
        { name: 'paid_at', type: glue.Schema.TIMESTAMP },
      ],
      { required: ['id'] },
    ),
    eventTime: 'paid_at',
    sink: GlueSink.iceberg({
      database: new glue.Database(stack, 'Database', { databaseName: 'lake' }),
      tableName: 'paid',
      bucket: new s3.Bucket(stack, 'Data'),
      prefix: 'lake/paid',
    }),
  });
  return Template.fromStack(stack).toJSON() as KafkaTemplate;
}

/** Payment by payment over two days, about 200 bytes each. */
function payment(number: number, badEvery: number): Partial<Message> {
  const text = JSON.stringify({
    id: `payment-${number}`,
    customer: `customer-${number % 9_973}`,
    amount: (number % 100_000) / 100,
    note: 'thank you for your order, we will send it with the next parcel'.slice(0, 30 + (number % 30)),
    paid_at: `2026-01-0${1 + (number % 2)}T12:00:00Z`,
  });
  const value = badEvery > 0 && number % badEvery === 0 ? text.slice(0, -1) : text;
  return { key: Buffer.from(`payment-${number}`), value: Buffer.from(value) };
}

async function fill(kafka: TestKafka, { records, badEvery }: PaymentsOptions): Promise<void> {
  const producer = kafka.producer(kafka.plaintext());
  for (let from = 0; from < records; from += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, records - from) }, (_, index) => from + index);
    const messages = numbers.map((number) => ({
      topic: 'paid',
      partition: number % PARTITIONS,
      ...payment(number, badEvery),
    }));
    await producer.send({ acks: 1, messages });
  }
  await producer.close();
}
