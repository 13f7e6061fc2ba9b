import { DescribeBucketsCommand, Macie2Client } from '@aws-sdk/client-macie2';
import type { BucketMetadata } from '@aws-sdk/client-macie2';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { clientSettings } from '../shared/client-settings';
import { putMetrics } from '../shared/embedded-metrics';
import type { FindingEvent } from '../shared/finding-events';
import { messageOf, publication } from '../shared/finding-message';
import { coverageNotice, coverageOf } from './coverage';

const macie = new Macie2Client({});
const sns = new SNSClient(clientSettings);

/** Reads Macie's own inventory and says what of it Macie can not read. Names of buckets go to the topic alone. */
export async function handler({ account = '', region = '' }: FindingEvent): Promise<void> {
  const buckets: BucketMetadata[] = [];
  let nextToken: string | undefined;
  do {
    const page = await macie.send(new DescribeBucketsCommand({ nextToken, maxResults: 50 }));
    buckets.push(...(page.buckets ?? []));
    nextToken = page.nextToken;
  } while (nextToken);
  const coverage = coverageOf(buckets);
  putMetrics(process.env.NAMESPACE!, coverage.metrics);
  const { TOPIC_ARN: topic } = process.env;
  if (topic === undefined) return;
  const message = messageOf(coverageNotice(coverage, account, region));
  await sns.send(new PublishCommand(publication(topic, message)));
}
