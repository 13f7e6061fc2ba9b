import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  IdempotencyAlreadyInProgressError,
  IdempotencyConfig,
  makeIdempotent,
} from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { kafkaConsumer, SchemaType } from '@aws-lambda-powertools/kafka';
import type { ConsumerRecord, ConsumerRecords } from '@aws-lambda-powertools/kafka/types';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import { bill } from './ledger';
import { Order } from './order';

const { LEDGER_TABLE, IDEMPOTENCY_TABLE } = process.env as { LEDGER_TABLE: string; IDEMPOTENCY_TABLE: string };

const logger = new Logger({ serviceName: 'billing' });
const metrics = new Metrics({ namespace: 'OrdersToLambda', serviceName: 'billing' });
const client = DynamoDBDocumentClient.from(new DynamoDBClient());
const idempotency = new IdempotencyConfig({ eventKeyJmesPath: 'orderId' });

/** Kafka delivers at least once: a repeat answers from the idempotency table instead of billing again. */
const remembered = makeIdempotent(
  async (order: Order): Promise<{ orderId: string }> => {
    await bill(client, LEDGER_TABLE, order);
    return { orderId: order.orderId };
  },
  {
    persistenceStore: new DynamoDBPersistenceLayer({ tableName: IDEMPOTENCY_TABLE, awsSdkV3Client: client }),
    config: idempotency,
  },
);

/**
 * A function that died leaves its orders in progress until its time would have been over. Lambda may try again sooner, and
 * give up; the invoice says as well whether an order is billed.
 */
async function billOnce(order: Order): Promise<void> {
  try {
    await remembered(order);
  } catch (error) {
    if (!(error instanceof IdempotencyAlreadyInProgressError)) {
      throw error;
    }
    await bill(client, LEDGER_TABLE, order);
  }
}

/** A record that was not billed. */
interface BatchItemFailure {
  readonly itemIdentifier: { readonly partition: string; readonly offset: number };
}

export const handler = kafkaConsumer<string, Order>(
  async (
    event: ConsumerRecords<string, Order>,
    context: Context,
  ): Promise<{ batchItemFailures: BatchItemFailure[] }> => {
    idempotency.registerLambdaContext(context);
    const failures = await Promise.all([...byPartition(event.records).values()].map(processPartition));
    metrics.publishStoredMetrics();
    return { batchItemFailures: failures.flat() };
  },
  { value: { type: SchemaType.JSON, parserSchema: Order } },
);

/**
 * One record after another, in the order of the partition. A bad one does not hold up those behind it: orders do not depend
 * on each other, and whether Lambda comes back with records that are behind a failed one, but not named, is not documented.
 */
async function processPartition(records: ConsumerRecord<string, Order>[]): Promise<BatchItemFailure[]> {
  const failures: BatchItemFailure[] = [];
  for (const record of records) {
    try {
      // A tombstone has no value and bills nothing; a value that is no order throws here.
      if (record.value !== null && record.value !== undefined) {
        await billOnce(record.value);
        metrics.addMetric('OrdersBilled', MetricUnit.Count, 1);
      }
    } catch (error) {
      const { topic, partition, offset } = record;
      // What failed and where, not what was in it.
      logger.error('order not billed', { topic, partition, offset, reason: (error as Error).name });
      metrics.addMetric('OrdersFailed', MetricUnit.Count, 1);
      failures.push({ itemIdentifier: { partition: `${topic}-${partition}`, offset } });
    }
  }
  return failures;
}

function byPartition(records: ConsumerRecord<string, Order>[]): Map<string, ConsumerRecord<string, Order>[]> {
  const partitions = new Map<string, ConsumerRecord<string, Order>[]>();
  for (const record of records) {
    const key = `${record.topic}-${record.partition}`;
    partitions.set(key, [...(partitions.get(key) ?? []), record]);
  }
  return partitions;
}
