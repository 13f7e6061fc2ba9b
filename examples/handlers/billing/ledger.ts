import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Order } from './order';

/**
 * Writes the invoice of an order and adds its amount to what the customer owes, both or neither, and once per order
 * however often it is called: the invoice is the proof.
 */
export async function bill(client: DynamoDBDocumentClient, table: string, order: Order): Promise<void> {
  try {
    await client.send(
      new TransactWriteCommand({
        TransactItems: [
          {
            Put: {
              TableName: table,
              Item: { ...order, pk: `invoice#${order.orderId}` },
              ConditionExpression: 'attribute_not_exists(pk)',
            },
          },
          {
            Update: {
              TableName: table,
              Key: { pk: `customer#${order.customerId}` },
              UpdateExpression: 'ADD owedCents :amount, invoices :one',
              ExpressionAttributeValues: { ':amount': order.amountCents, ':one': 1 },
            },
          },
        ],
      }),
    );
  } catch (error) {
    if (!alreadyBilled(error)) {
      throw error;
    }
  }
}

function alreadyBilled(error: unknown): boolean {
  return (
    error instanceof TransactionCanceledException && error.CancellationReasons?.[0]?.Code === 'ConditionalCheckFailed'
  );
}
