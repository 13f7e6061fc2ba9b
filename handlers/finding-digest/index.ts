import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { clientSettings, queueSettings } from '../shared/client-settings';
import { messageOf, publication } from '../shared/finding-message';
import { noticeOptions } from '../shared/notice-options';
import { Digest } from './digest';

const sns = new SNSClient(clientSettings);
const sqs = new SQSClient(queueSettings);

/** The most messages that one call takes. */
const BATCH = 10;

/** Kept back from the time that is left, for the messages that have been gathered. */
const REST_MS = 120_000;

/**
 * Every quarter of an hour: empties the queue and tells of what was in it, one message for each bucket and category.
 *
 * Findings leave the queue once their message is published: what fails in between is told once more, never not at all.
 */
export async function handler(_event: unknown, context: { getRemainingTimeInMillis(): number }): Promise<void> {
  const { TOPIC_ARN: topic, QUEUE_URL: QueueUrl } = process.env;
  const digest = new Digest(noticeOptions());
  while (context.getRemainingTimeInMillis() > REST_MS) {
    const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: BATCH, WaitTimeSeconds: 1 });
    const { Messages = [] } = await sqs.send(command);
    if (Messages.length === 0) break;
    for (const { Body, ReceiptHandle } of Messages) digest.add(Body!, ReceiptHandle!);
  }
  for (const { notice, receipts } of digest.groups()) {
    await sns.send(new PublishCommand(publication(topic!, messageOf(notice))));
    for (let first = 0; first < receipts.length; first += BATCH) {
      const Entries = receipts
        .slice(first, first + BATCH)
        .map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
  }
}
