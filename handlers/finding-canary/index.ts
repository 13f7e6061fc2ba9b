import { CreateSampleFindingsCommand, Macie2Client } from '@aws-sdk/client-macie2';
import type { FindingType } from '@aws-sdk/client-macie2';
import { putMetrics } from '../shared/embedded-metrics';
import type { FindingEvent } from '../shared/finding-events';

const macie = new Macie2Client({});

/** On schedule a sample finding is asked for; that it arrives, by the same way as all others, is counted. */
export async function handler(event: FindingEvent): Promise<void> {
  if (event.source === 'aws.macie') return putMetrics(process.env.NAMESPACE!, { CanaryArrived: 1 });
  await macie.send(new CreateSampleFindingsCommand({ findingTypes: [process.env.FINDING_TYPE as FindingType] }));
}
