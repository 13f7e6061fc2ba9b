import { callAws, SERVICES } from '../shared/aws-call';
import { messageOf, publication } from '../shared/finding-message';
import { noticeOptions } from '../shared/notice-options';
import { Digest } from './digest';

interface Received {
  readonly Messages?: readonly { readonly MessageId: string; readonly Body: string; readonly ReceiptHandle: string }[];
}

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
    const input = { QueueUrl, MaxNumberOfMessages: BATCH, WaitTimeSeconds: 1 };
    const { Messages = [] } = (await callAws(SERVICES.sqs, 'ReceiveMessage', input)) as Received;
    if (Messages.length === 0) break;
    for (const message of Messages) digest.add(message.Body, message.ReceiptHandle);
  }
  for (const { notice, receipts } of digest.groups()) {
    await callAws(SERVICES.sns, 'Publish', publication(topic!, messageOf(notice)));
    for (let first = 0; first < receipts.length; first += BATCH) {
      const Entries = receipts
        .slice(first, first + BATCH)
        .map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
      await callAws(SERVICES.sqs, 'DeleteMessageBatch', { QueueUrl, Entries });
    }
  }
}
