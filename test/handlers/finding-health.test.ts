import { createHash } from 'crypto';
import { coverageOf } from '../../handlers/macie-coverage/coverage';
import { macieSample } from '../support/findings';
import { ModelServer, ServiceError } from '../support/model-server/server';
import { HandlerProcess } from '../support/node';

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:alerts';
const QUEUE = 'arn:aws:sqs:eu-west-1:123456789012:responses';

let published: any[] = [];
let buckets: any[] = [];
let profiles: Record<string, any> = {};
let findings: any[] = [];
let sent: any[] = [];
let watermark: string | undefined;
let pageSize = 50;

let macie: ModelServer;
let sns: ModelServer;
let sqs: ModelServer;
let dynamo: ModelServer;
let endpoints: Record<string, string>;
const handlers: HandlerProcess[] = [];

beforeAll(async () => {
  const page = <T>(all: T[], { nextToken = '0' }: any, size: number) => {
    const end = Number(nextToken) + size;
    return { part: all.slice(Number(nextToken), end), ...(end < all.length ? { nextToken: String(end) } : {}) };
  };
  macie = await ModelServer.start('macie2', {
    DescribeBuckets: (input) => {
      const { part, ...rest } = page(buckets, input, input.maxResults);
      return { buckets: part, ...rest };
    },
    GetResourceProfile: ({ resourceArn }) => {
      const statistics = profiles[resourceArn];
      if (statistics === undefined) throw new ServiceError('ResourceNotFoundException', 'gone');
      if (statistics === 'denied') throw new ServiceError('AccessDeniedException', 'denied');
      return { statistics };
    },
    CreateSampleFindings: () => undefined,
    ListFindings: (input) => {
      const { gte } = input.findingCriteria.criterion.updatedAt;
      const meant = findings
        .filter(({ updatedAt, archived }) => Date.parse(updatedAt) >= gte && archived !== true)
        .sort((a, b) => Date.parse(a.updatedAt) - Date.parse(b.updatedAt));
      const { part, ...rest } = page(meant, input, pageSize);
      return { findingIds: part.map(({ id }) => id), ...rest };
    },
    GetFindings: ({ findingIds }) => ({ findings: findings.filter(({ id }) => findingIds.includes(id)) }),
  });
  sns = await ModelServer.start('sns', {
    Publish: (input) => {
      published.push(input);
      return { MessageId: '1' };
    },
  });
  sqs = await ModelServer.start('sqs', {
    SendMessage: (input) => {
      sent.push(input);
      return { MessageId: '1', MD5OfMessageBody: createHash('md5').update(input.MessageBody).digest('hex') };
    },
  });
  dynamo = await ModelServer.start('dynamodb', {
    GetItem: () => (watermark === undefined ? {} : { Item: { id: { S: 'watermark' }, time: { N: watermark } } }),
    PutItem: ({ Item }) => void (watermark = Item.time.N),
  });
  endpoints = {
    AWS_ENDPOINT_URL_MACIE2: macie.endpoint,
    AWS_ENDPOINT_URL_SNS: sns.endpoint,
    AWS_ENDPOINT_URL_SQS: sqs.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    NAMESPACE: 'Test',
    TABLE_NAME: 'watermark',
    TOPIC_ARN: TOPIC,
    FINDING_TYPE: 'SensitiveData:S3Object/Personal',
  };
}, 120_000);
afterAll(async () => {
  await Promise.all([...handlers, macie, sns, sqs, dynamo].map((one) => one.stop()));
});
beforeEach(() => {
  for (const server of [macie, sns, sqs, dynamo]) server.forget();
  published = [];
  sent = [];
  watermark = undefined;
  pageSize = 50;
});
afterEach(() => {
  expect([macie, sns, sqs, dynamo].flatMap(({ violations }) => violations)).toEqual([]);
});

async function start(name: string): Promise<HandlerProcess> {
  const handler = await HandlerProcess.start(name, endpoints);
  handlers.push(handler);
  return handler;
}

const metricsIn = (stdout: string) => {
  const [line] = stdout.split('\n').filter((one) => one.includes('_aws'));
  const { _aws, ...values } = JSON.parse(line);
  expect(_aws.CloudWatchMetrics[0].Metrics.map(({ Name }: any) => Name)).toEqual(Object.keys(values));
  return values;
};

describe('[190] what Macie can not read', () => {
  const bucket = (bucketName: string, more: object = {}) => ({
    bucketName,
    bucketArn: `arn:aws:s3:::${bucketName}`,
    accountId: '123456789012',
    objectCount: 10,
    unclassifiableObjectCount: { fileType: 2, storageClass: 1, total: 3 },
    jobDetails: { isDefinedInJob: 'FALSE' },
    ...more,
  });

  const DISCOVERED = { lastAutomatedDiscoveryTime: '2026-11-20T02:31:08Z' };
  const LONG = { timeoutMs: 900_000 };
  const place = { account: '123456789012', region: 'eu-west-1' };
  let handler: HandlerProcess;
  beforeAll(async () => {
    handler = await start('macie-coverage');
  }, 120_000);

  test('[S-26] [S-30] is counted over all pages and accounts; names go to the topic, not to the log', async () => {
    buckets = [
      ...Array.from({ length: 120 }, (_, index) =>
        bucket(`b${index}`, index < 20 ? { jobDetails: { isDefinedInJob: 'TRUE' } } : {}),
      ),
      bucket('canary-locked', {
        errorCode: 'ACCESS_DENIED',
        objectCount: undefined,
        unclassifiableObjectCount: undefined,
      }),
      bucket('theirs', {
        ...DISCOVERED,
        accountId: '210987654321',
        publicAccess: { effectivePermission: 'PUBLIC' },
        sharedAccess: 'EXTERNAL',
        sensitivityScore: 51,
      }),
      bucket('failed', { ...DISCOVERED, accountId: '210987654321', sensitivityScore: -1 }),
      bucket('fresh', { ...DISCOVERED, accountId: '210987654321', sensitivityScore: 50, sharedAccess: 'INTERNAL' }),
    ];
    const skipped = { totalItemsSkippedInvalidEncryption: 1, totalItemsSkippedInvalidKms: 2 };
    profiles = {
      'arn:aws:s3:::theirs': { totalItemsSkipped: 9, totalItemsSkippedPermissionDenied: 4, ...skipped },
      'arn:aws:s3:::failed': { totalItemsSkipped: 1 },
    };
    const { stdout, error } = await handler.run(place, LONG);
    expect(error).toBeUndefined();
    expect(metricsIn(stdout)).toEqual({
      Buckets: 124,
      Objects: 1_230,
      UnreadableBuckets: 1,
      UnsupportedObjects: 369,
      UnsupportedFormats: 246,
      UnsupportedStorageClasses: 123,
      NeverScannedBuckets: 101,
      FailedBuckets: 1,
      PublicBuckets: 1,
      SharedBuckets: 1,
      SensitiveBuckets: 1,
      SkippedObjects: 10,
      SkippedByPermission: 4,
      SkippedByEncryption: 3,
    });
    expect(macie.count('GetResourceProfile')).toBe(3); // what discovery has never looked at has none
    expect(stdout).not.toContain('canary');
    expect(published[0].Subject).toBe('MEDIUM: Macie can not read 1 of 124 buckets');
    const { default: text, https } = JSON.parse(published[0].Message);
    expect(text).toMatch(/^Not readable +canary-locked （access denied）$/m);
    expect(text).toMatch(/^Accounts +2 with buckets$/m);
    expect(text).toMatch(/^Skipped +10 objects by discovery: 4 for want of permission, 3 for their encryption/m);
    expect(text).toMatch(
      /^123456789012 +121 buckets, 1,200 objects; 0 public, 0 shared outside, 0 with sensitive data$/m,
    );
    expect(text).toMatch(/^210987654321 +3 buckets, 30 objects; 1 public, 1 shared outside, 1 with sensitive data$/m);
    expect(text).toContain('all that Macie can read in this Region');
    expect(JSON.parse(https)).toMatchObject({ source: 'custom' });
  });

  test.each([
    ['a profile is denied', 'denied', LONG],
    ['there is no time for profiles', { totalItemsSkipped: 1 }, { timeoutMs: 30_000 }],
  ])('does not count half of what was skipped when %s', async (_, profile, context) => {
    buckets = [bucket('first', DISCOVERED), bucket('second', DISCOVERED)];
    profiles = { 'arn:aws:s3:::first': { totalItemsSkipped: 5 }, 'arn:aws:s3:::second': profile };
    const { stdout, error } = await handler.run(place, context);
    expect(error).toBeUndefined();
    expect(Object.keys(metricsIn(stdout)).filter((name) => name.startsWith('Skipped'))).toEqual([]);
    expect(JSON.parse(published[0].Message).default).toMatch(/^Skipped +not known/m);
  });

  test('names no more accounts than a message holds', async () => {
    buckets = Array.from({ length: 60 }, (_, at) => bucket(`b${at}`, { accountId: String(100_000_000_000 + at) }));
    await handler.run(place);
    const { default: text } = JSON.parse(published[0].Message);
    expect(text.match(/^1000000000\d\d /gm)).toHaveLength(20);
    expect(text).toMatch(/^Accounts +60 with buckets$/m);
  });

  test('of an account without buckets is nothing', () => {
    expect(Object.values(coverageOf([], []).metrics).every((value) => value === 0)).toBe(true);
  });
});

test('[181] the canary asks for a sample finding on schedule, and counts the one that arrives', async () => {
  const handler = await start('finding-canary');
  const asked = await handler.run({ source: 'aws.events', 'detail-type': 'Scheduled Event' });
  expect([asked.error, asked.stdout]).toEqual([undefined, '']);
  expect(macie.calls).toEqual([
    { operation: 'CreateSampleFindings', input: { findingTypes: ['SensitiveData:S3Object/Personal'] }, outcome: 'ok' },
  ]);
  const event = macieSample('personal');
  event.detail.sample = true;
  expect(metricsIn((await handler.run(event)).stdout)).toEqual({ CanaryArrived: 1 });
});

describe('[185] reconciliation', () => {
  let handler: HandlerProcess;
  beforeAll(async () => {
    handler = await start('finding-reconciliation');
  }, 120_000);

  // Events say null where the API says nothing.
  const withoutNulls = (value: any): any =>
    JSON.parse(JSON.stringify(value, (_, one) => (one === null ? undefined : one)));

  const finding = (id: string, minutesAgo: number, change: object = {}) => {
    const { etag, ...s3Object } = withoutNulls(macieSample('financial')).detail.resourcesAffected.s3Object;
    const { detail } = withoutNulls(macieSample('financial'));
    return {
      ...detail,
      id,
      updatedAt: new Date(Date.now() - minutesAgo * 60_000).toISOString(),
      resourcesAffected: { ...detail.resourcesAffected, s3Object: { ...s3Object, eTag: etag, tags: [] } },
      ...change,
    };
  };
  const route = {
    queueArn: QUEUE,
    detail: { severity: { score: [{ numeric: ['>=', 3] }] }, sample: [false, { exists: false }] },
    paths: { 'detail-id': '$.detail.id' },
    template: '{"version":1,"actions":["RESTRICT"],"findingId":<detail-id>}',
  };
  const run = (routes: object[] = [route], timeoutMs = 600_000) => handler.run({ routes }, { timeoutMs });

  test('sends what matches a rule as the rule sends it, and looks further the next time', async () => {
    findings = [
      finding('f1', 600),
      finding('f2', 300, { severity: { score: 1, description: 'Low' } }),
      finding('f3', 200, { sample: true }),
      finding('f4', 100, { archived: true }),
      finding('old', 60 * 30),
    ];
    const before = Date.now();
    const { stdout, error } = await run();
    expect(error).toBeUndefined();
    expect(sent).toEqual([
      {
        QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/responses',
        MessageBody: '{"version":1,"actions":["RESTRICT"],"findingId":"f1"}',
      },
    ]);
    expect(metricsIn(stdout)).toEqual({ FindingsReconciled: 1, ReconciliationDone: 1 });
    expect(Number(watermark)).toBeGreaterThanOrEqual(before);
    findings.push(finding('f5', 5));
    sent = [];
    await run();
    expect(sent.map(({ MessageBody }) => JSON.parse(MessageBody).findingId)).toEqual(['f5']);
  });

  test('of a rule without a message sends the event', async () => {
    findings = [finding('f1', 10)];
    await run([{ queueArn: QUEUE }]);
    expect(JSON.parse(sent[0].MessageBody)).toMatchObject({ source: 'aws.macie', detail: { id: 'f1' } });
  });

  test('loses none of 5 percent that EventBridge dropped', async () => {
    findings = Array.from({ length: 400 }, (_, index) => finding(`f${index}`, 1_400 - 3 * index));
    const delivered = new Set(findings.filter((_, index) => index % 20 !== 7).map(({ id }) => id));
    await run();
    sent.forEach(({ MessageBody }) => delivered.add(JSON.parse(MessageBody).findingId));
    expect(delivered.size).toBe(400);
  }, 30_000);

  test('out of time goes on where it stopped', async () => {
    pageSize = 10;
    findings = Array.from({ length: 40 }, (_, index) => finding(`f${index}`, 1_400 - 30 * index));
    await run([route], 29_000);
    expect(sent).toHaveLength(10);
    await run();
    expect(new Set(sent.map(({ MessageBody }) => MessageBody)).size).toBe(40);
  });

  test('that fails half-way keeps the watermark, so that all is sent again', async () => {
    findings = [finding('f1', 20), finding('f2', 10)];
    sqs.fail('SendMessage', { when: 'after', how: new ServiceError('ThrottlingException', 'slow down') });
    expect((await run()).error).toContain('slow down');
    expect(watermark).toBeUndefined();
    await run();
    expect(new Set(sent.map(({ MessageBody }) => JSON.parse(MessageBody).findingId))).toEqual(new Set(['f1', 'f2']));
  });
});
