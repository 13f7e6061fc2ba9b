import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { queueSettings } from './client-settings';

/** A finding whose status in Security Hub is to follow the end of a case. */
export interface WriteBack {
  readonly caseId: string;
  readonly findingId: string;
}

/** @param queueUrl where there is none, nobody wants anything written back */
export function writeBackTo(queueUrl: string | undefined): ((wanted: WriteBack) => Promise<void>) | undefined {
  if (queueUrl === undefined) return undefined;
  const sqs = new SQSClient(queueSettings);
  return async (wanted) => {
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(wanted) }));
  };
}
