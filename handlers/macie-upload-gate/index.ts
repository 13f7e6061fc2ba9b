import { randomBytes } from 'crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateClassificationJobCommand,
  DescribeClassificationJobCommand,
  ListClassificationJobsCommand,
  Macie2Client,
} from '@aws-sdk/client-macie2';
import type { CreateClassificationJobCommandInput, JobScopeTerm } from '@aws-sdk/client-macie2';
import { GetObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { AwsError } from '../shared/aws-errors';
import { queueSettings } from '../shared/client-settings';
import { systemClock } from '../shared/clock';
import { putMetrics } from '../shared/embedded-metrics';
import { messageOf, publication } from '../shared/finding-message';
import { discreet } from '../shared/response-log';
import { collect } from './collector';
import type { Announcements, Counts, GateJobs, Notified } from './collector';
import { inParallel } from './in-turn';
import { GateObjects } from './objects';
import { heldNotice } from './notice';
import { reconcile } from './reconciler';
import { release } from './releaser';
import type { ResultFiles } from './results';
import { GateTable } from './table';
import { pending, STATE } from './upload';
import type { Upload } from './upload';

const { GATE, STAGE, BUCKET, ACCOUNT, NAMESPACE, TABLE_NAME, QUEUE_URL, TOPIC_ARN } = process.env as Record<
  string,
  string
>;
const { AWS_REGION = '', RESULTS_BUCKET = '', RESULTS_PREFIX = '' } = process.env;

const macie = new Macie2Client({ maxAttempts: 3 });
const s3 = new S3Client({});
const sqs = new SQSClient(queueSettings);
const sns = new SNSClient({});

/** What the schedule hands over. */
export interface GateEvent {
  readonly prefixes: readonly string[];

  /** What jobs look for. */
  readonly job: Partial<CreateClassificationJobCommandInput>;
  readonly maxObjects: number;
  readonly maxJobsPerDay: number;
  readonly graceSeconds: number;
  readonly releaseUnread: boolean;
}

const table = new GateTable(new DynamoDBClient({}), TABLE_NAME);
const objects = new GateObjects(s3, BUCKET, ACCOUNT);
const common = { table, objects, clock: systemClock };

const stages: Record<string, (event: GateEvent) => Promise<Counts>> = {
  collect: (event) =>
    collect(
      { ...common, announcements, jobs: jobsFor(event), newBatchId: () => randomBytes(8).toString('hex') },
      { ...event, forMs: 600_000 },
    ),
  release: ({ graceSeconds, releaseUnread }) =>
    release(
      {
        ...common,
        bucket: BUCKET,
        jobs: { status },
        results,
        tell: async (batch) => {
          if (TOPIC_ARN === undefined) return;
          const notice = heldNotice(batch, { bucket: BUCKET, account: ACCOUNT, region: AWS_REGION });
          await sns.send(new PublishCommand(publication(TOPIC_ARN, messageOf(notice))));
        },
      },
      { graceMs: graceSeconds * 1_000, attempts: 3, releaseUnread },
    ),
  reconcile: ({ prefixes }) => reconcile({ ...common, announce }, prefixes),
};

/** One of three functions, each with the rights of its stage. Keys of objects are in no log and no metric. */
export async function handler(event: GateEvent): Promise<void> {
  try {
    putMetrics(NAMESPACE, await stages[STAGE](event), { Gate: GATE });
  } catch (error) {
    throw discreet(error, STAGE);
  }
}

const announcements: Announcements = {
  async receive() {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: QUEUE_URL, MaxNumberOfMessages: 10 }),
    );
    return Messages.flatMap(({ Body = '', ReceiptHandle = '' }): Notified[] => {
      const upload = uploadIn(Body);
      return upload ? [{ receipt: ReceiptHandle, upload }] : []; // comes back, and goes to the dead letters
    });
  },
  async finish(messages) {
    const Entries = messages.map(({ receipt }, i) => ({ Id: String(i), ReceiptHandle: receipt }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: QUEUE_URL, Entries }));
  },
};

/** The detail of an event of Amazon S3. */
function uploadIn(body: string): Upload | undefined {
  try {
    const { object } = JSON.parse(body) as { readonly object: { readonly key: string; readonly 'version-id': string } };
    const { key, 'version-id': versionId } = object;
    return typeof key === 'string' && typeof versionId === 'string' ? { key, versionId } : undefined;
  } catch {
    return undefined;
  }
}

async function announce(uploads: Upload[]): Promise<void> {
  await inParallel(uploads, ({ key, versionId }) => {
    const MessageBody = JSON.stringify({ object: { key, 'version-id': versionId } });
    return sqs.send(new SendMessageCommand({ QueueUrl: QUEUE_URL, MessageBody }));
  });
}

function jobsFor({ job, prefixes }: GateEvent): GateJobs {
  const nameOf = (batch: string) => `upload-gate-${GATE}-${batch}`;
  const term = (simpleScopeTerm: JobScopeTerm['simpleScopeTerm']): JobScopeTerm => ({ simpleScopeTerm });
  return {
    async find(batch) {
      const { items = [] } = await macie.send(
        new ListClassificationJobsCommand({
          filterCriteria: { includes: [{ key: 'name', comparator: 'EQ', values: [nameOf(batch)] }] },
        }),
      );
      return items[0]?.jobId;
    },
    async create(batch) {
      const tagValues = [{ key: STATE, value: pending(batch) }];
      const { jobId } = await macie.send(
        new CreateClassificationJobCommand({
          ...job,
          name: nameOf(batch),
          clientToken: batch,
          jobType: 'ONE_TIME',
          s3JobDefinition: {
            bucketDefinitions: [{ accountId: ACCOUNT, buckets: [BUCKET] }],
            scoping: {
              includes: {
                and: [
                  { tagScopeTerm: { comparator: 'EQ', key: 'TAG', target: 'S3_OBJECT', tagValues } },
                  ...(prefixes.includes('')
                    ? []
                    : [term({ key: 'OBJECT_KEY', comparator: 'STARTS_WITH', values: [...prefixes] })]),
                ],
              },
            },
          },
        }),
      );
      return jobId!;
    },
  };
}

async function status(jobId: string): Promise<string | undefined> {
  try {
    return (await macie.send(new DescribeClassificationJobCommand({ jobId }))).jobStatus;
  } catch (error) {
    if ((error as AwsError).name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

const results: ResultFiles = {
  async list(jobId) {
    const input = { Bucket: RESULTS_BUCKET, Prefix: `${RESULTS_PREFIX}${jobId}/`, ExpectedBucketOwner: ACCOUNT };
    const names: string[] = [];
    for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, input)) {
      names.push(...Contents.flatMap(({ Key = '' }) => (Key.endsWith('.jsonl.gz') ? [Key] : [])));
    }
    return names;
  },
  async read(Key) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: RESULTS_BUCKET, Key, ExpectedBucketOwner: ACCOUNT }));
    return Body!.transformToByteArray();
  },
};
