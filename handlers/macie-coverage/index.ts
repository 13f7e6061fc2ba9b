import type { Context } from 'aws-lambda';
import { DescribeBucketsCommand, GetResourceProfileCommand, Macie2Client } from '@aws-sdk/client-macie2';
import type { BucketMetadata, ResourceStatistics } from '@aws-sdk/client-macie2';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { AwsError } from '../shared/aws-errors';
import { isAccessDenied } from '../shared/aws-errors';
import { clientSettings } from '../shared/client-settings';
import { putMetrics } from '../shared/embedded-metrics';
import type { FindingEvent } from '../shared/finding-events';
import { messageOf, publication } from '../shared/finding-message';
import { coverageNotice, coverageOf } from './coverage';

const macie = new Macie2Client({});
const sns = new SNSClient(clientSettings);

/** Profiles are read a few at a time, up to this long before the function ends. */
const AT_ONCE = 5;
const REST_MS = 60_000;

/** Reads Macie's own inventory and says what of it Macie can not read. Names of buckets go to the topic alone. */
export async function handler({ account = '', region = '' }: FindingEvent, context: Context): Promise<void> {
  const buckets: BucketMetadata[] = [];
  let nextToken: string | undefined;
  do {
    const page = await macie.send(new DescribeBucketsCommand({ nextToken, maxResults: 50 }));
    buckets.push(...(page.buckets ?? []));
    nextToken = page.nextToken;
  } while (nextToken);
  const coverage = coverageOf(buckets, await profilesOf(buckets, () => context.getRemainingTimeInMillis()));
  putMetrics(process.env.NAMESPACE!, coverage.metrics);
  const { TOPIC_ARN: topic } = process.env;
  if (topic === undefined) return;
  const message = messageOf(coverageNotice(coverage, account, region));
  await sns.send(new PublishCommand(publication(topic, message)));
}

/**
 * What discovery has skipped in the buckets that it has looked at. Half of it would look like less of it the day after,
 * so it is all or nothing.
 */
async function profilesOf(
  buckets: readonly BucketMetadata[],
  timeLeft: () => number,
): Promise<ResourceStatistics[] | undefined> {
  const arns = buckets.flatMap(({ bucketArn, lastAutomatedDiscoveryTime }) =>
    bucketArn !== undefined && lastAutomatedDiscoveryTime !== undefined ? bucketArn : [],
  );
  const profiles: ResourceStatistics[] = [];
  for (let at = 0; at < arns.length; at += AT_ONCE) {
    if (timeLeft() < REST_MS) return undefined;
    const some = await Promise.all(arns.slice(at, at + AT_ONCE).map(profileOf));
    if (some.includes('DENIED')) return undefined;
    profiles.push(...some.flatMap((one) => (one === undefined || one === 'DENIED' ? [] : one)));
  }
  return profiles;
}

/** Nothing for a bucket that is gone, or that Macie has forgotten since discovery was turned off. */
async function profileOf(resourceArn: string): Promise<ResourceStatistics | 'DENIED' | undefined> {
  try {
    return (await macie.send(new GetResourceProfileCommand({ resourceArn }))).statistics;
  } catch (error) {
    if ((error as AwsError).name === 'ResourceNotFoundException') return undefined;
    if (isAccessDenied(error as AwsError)) return 'DENIED';
    throw error;
  }
}
