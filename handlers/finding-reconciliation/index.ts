import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetFindingsCommand, ListFindingsCommand, Macie2Client } from '@aws-sdk/client-macie2';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { queueSettings } from '../shared/client-settings';
import { systemClock } from '../shared/clock';
import { putMetrics } from '../shared/embedded-metrics';
import { Reconciliation } from './reconciliation';
import type { Route } from './reconciliation';

const macie = new Macie2Client({ maxAttempts: 6 }); // Macie answers a few of these calls a second
const dynamo = new DynamoDBClient({});
const sqs = new SQSClient(queueSettings);

const TableName = process.env.TABLE_NAME;
const Key = { id: { S: 'watermark' } };

const reconciliation = new Reconciliation(
  {
    watermark: async () => {
      const { Item } = await dynamo.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
      return Item?.time?.N === undefined ? undefined : Number(Item.time.N);
    },
    advance: (time) => dynamo.send(new PutItemCommand({ TableName, Item: { ...Key, time: { N: String(time) } } })),
    list: (since, nextToken) =>
      macie.send(
        new ListFindingsCommand({
          findingCriteria: { criterion: { updatedAt: { gte: since }, archived: { eq: ['false'] } } },
          sortCriteria: { attributeName: 'updatedAt', orderBy: 'ASC' },
          maxResults: 50,
          nextToken,
        }),
      ),
    read: async (findingIds) => (await macie.send(new GetFindingsCommand({ findingIds }))).findings ?? [],
    send: (QueueUrl, MessageBody) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody })),
  },
  systemClock,
);

/** What the schedule hands over: the rules whose findings are looked for. */
export async function handler(
  { routes }: { readonly routes: readonly Route[] },
  context: { getRemainingTimeInMillis(): number },
): Promise<void> {
  const { sent } = await reconciliation.run(routes, () => context.getRemainingTimeInMillis());
  putMetrics(process.env.NAMESPACE!, { FindingsReconciled: sent, ReconciliationDone: 1 });
}
