import { App } from 'aws-cdk-lib';
import { OrdersToLambda } from '../../../examples/orders-to-lambda';
import type { KafkaVersion, TestKafka } from '../kafka';
import type { Audit, Billed } from './audit';
import { audit, billed, spoil } from './audit';
import { Deployment, startCluster, synthesized } from './deployment';
import type { Synthesized } from './deployment';
import { LocalDynamoDb } from './dynamodb';
import type { LocalFunction } from './invoke';

const STACK = 'orders-to-lambda';
export const TOPIC = 'orders.paid';
export const ORDERS_PER_INVOCATION = 500;

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
    replay: find('AWS::Lambda::Function', 'OrderReplay'),
    ledger: find('AWS::DynamoDB::Table', 'Ledger'),
    seen: find('AWS::DynamoDB::Table', 'Seen'),
  };
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
    const database = { AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint };
    const billing = await deployment.function(ids.billing, database);
    const replay = await deployment.function(ids.replay, database);
    return new OrdersOnKafka(kafka, deployment, ids, dynamodb, producer, billing, replay);
  }

  private constructor(
    readonly kafka: TestKafka,
    readonly deployment: Deployment,
    readonly ids: ReturnType<typeof ordersIds>,
    readonly dynamodb: LocalDynamoDb,
    readonly producer: LocalFunction,
    readonly billing: LocalFunction,
    readonly replay: LocalFunction,
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
    return audit(connection, TOPIC, 'audit');
  }

  billed(): Billed {
    return billed(this.dynamodb, this.ids.ledger);
  }

  async stop(): Promise<void> {
    await Promise.all([this.producer.stop(), this.billing.stop(), this.replay.stop(), this.dynamodb.stop()]);
    await this.kafka.stop();
  }
}
