import { Logger } from '@aws-lambda-powertools/logger';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { generateAuthToken } from 'aws-msk-iam-sasl-signer-js';
import { handler as bill } from '../billing';
import { replay } from './replay';
import type { Handle } from './replay';
import { TopicReader } from './topic-reader';

const { BOOTSTRAP_BROKERS, CONSUMER_GROUP, AWS_REGION } = process.env as Record<string, string>;

const logger = new Logger({ serviceName: 'order-replay' });

/** Bills the orders that messages of the dead-letter queue point at. Those that are billed already stay billed once. */
export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const reader = new TopicReader({
    clientId: 'order-replay',
    groupId: CONSUMER_GROUP,
    bootstrapBrokers: BOOTSTRAP_BROKERS.split(','),
    tls: {},
    sasl: {
      mechanism: 'OAUTHBEARER',
      token: async () => (await generateAuthToken({ region: AWS_REGION })).token,
    },
    retries: 2,
    retryDelay: 500,
  });
  try {
    return await replay(
      event,
      (range) => reader.read(range),
      // Types of one event from two packages.
      (records) => bill(records as unknown as Parameters<typeof bill>[0], context) as ReturnType<Handle>,
      (messageId, reason) => logger.error('not replayed', { messageId, reason }),
    );
  } finally {
    await reader.close();
  }
}
