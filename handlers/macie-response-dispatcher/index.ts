import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { discreet, report } from '../shared/response-log';
import { dispatcher } from './parts';

/** What failed and what somebody else is at come back to the queue; the rest of the batch does not. */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const dispatch = await dispatcher.read(Records.map(({ body }) => body)).catch((error: unknown) => {
    throw discreet(error, 'reading findings');
  });
  const batchItemFailures: SQSBatchItemFailure[] = [];
  for (const { messageId, body } of Records) {
    try {
      const { outcome, caseId, heldBy } = await dispatch(body);
      report({ [outcome]: 1 }, { outcome, caseId, messageId }, heldBy);
      if (outcome === 'Busy') batchItemFailures.push({ itemIdentifier: messageId });
    } catch (error) {
      report({ DispatchFailed: 1 }, { messageId, error: discreet(error, 'dispatching').message });
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
}
