import { gzipSync } from 'zlib';
import { entryOf } from '../../handlers/job-status-events/entry';
import { ModelServer, ServiceError } from '../support/model-server/server';
import type { Fault } from '../support/model-server/server';
import { HandlerProcess } from '../support/node';
import { FakeStack } from './cloudformation';

const PREFIX = 'arn:aws:macie2:eu-west-1:123456789012:classification-job/';

/** As the guide documents them. */
const LINE = {
  adminAccountId: '123456789012',
  jobId: 'c41e92ab07d34f6f8b5d1e7a60c9f238',
  eventType: 'BUCKET_ACCESS_DENIED',
  occurredAt: '2026-11-20T02:30:00.011913Z',
  description: 'canary: Macie could not access canary',
  jobName: 'nightly-orders',
  operation: 'ListObjectsV2',
  runDate: '2026-11-20T02:29:00Z',
  affectedAccount: '123456789012',
  affectedResource: { type: 'S3_BUCKET_NAME', value: 'acme-billing-exports' },
};

describe('[176] the log of classification jobs', () => {
  let bus: ModelServer;
  let handler: HandlerProcess;
  const taken: any[] = [];
  let refused = 0;

  beforeAll(async () => {
    bus = await ModelServer.start('events', {
      PutEvents: ({ Entries }) => {
        const FailedEntryCount = refused;
        refused = 0;
        if (FailedEntryCount === 0) taken.push(...Entries);
        return { FailedEntryCount, Entries: Entries.map(() => ({ EventId: '1' })) };
      },
    });
    handler = await HandlerProcess.start('job-status-events', {
      JOB_ARN_PREFIX: PREFIX,
      AWS_ENDPOINT_URL_EVENTBRIDGE: bus.endpoint,
    });
  }, 120_000);
  afterAll(async () => {
    await Promise.all([handler.stop(), bus.stop()]);
  });
  beforeEach(() => {
    taken.length = 0;
    bus.forget();
  });
  afterEach(() => expect(bus.violations).toEqual([]));

  const event = (messages: string[], messageType = 'DATA_MESSAGE') => ({
    awslogs: {
      data: gzipSync(
        JSON.stringify({
          messageType,
          logGroup: '/aws/macie/classificationjobs',
          logEvents: messages.map((message, id) => ({ id, timestamp: 1, message })),
        }),
      ).toString('base64'),
    },
  });

  test('becomes events, ten at a time, without the sentence of Macie; other lines are passed over', async () => {
    const lines = Array.from({ length: 23 }, (_, index) => JSON.stringify({ ...LINE, jobId: `job${index}` }));
    const { error, stdout } = await handler.run(event([...lines, 'no JSON', '{}', '{"eventType":"X"}']));
    expect([error, stdout]).toEqual([undefined, '']);
    expect(bus.count('PutEvents')).toBe(3);
    expect(taken).toHaveLength(23);
    expect(taken[0]).toEqual({
      Source: 'cdk-msk-macie.jobs',
      DetailType: 'Macie Job Status',
      Resources: [`${PREFIX}job0`],
      Time: expect.anything(),
      Detail: expect.any(String),
    });
    expect(JSON.parse(taken[0].Detail)).toEqual({
      eventType: 'BUCKET_ACCESS_DENIED',
      jobId: 'job0',
      jobName: 'nightly-orders',
      occurredAt: LINE.occurredAt,
      runDate: LINE.runDate,
      operation: 'ListObjectsV2',
      affectedAccount: '123456789012',
      affectedBucket: 'acme-billing-exports',
    });
    expect(JSON.stringify(taken)).not.toContain('canary');
  });

  test('is tried by CloudWatch Logs with a message that is no line', async () => {
    await handler.run(event(['CWL CONTROL MESSAGE'], 'CONTROL_MESSAGE'));
    expect(bus.calls).toEqual([]);
  });

  test('is read again when the bus did not take an event', async () => {
    refused = 1;
    expect((await handler.run(event([JSON.stringify(LINE)]))).error).toContain('did not take 1 events');
  });

  test('names no bucket where the line is about an account, and no time where there is none', () => {
    const entry = entryOf(
      { eventType: 'ACCOUNT_ACCESS_DENIED', jobId: '1', affectedResource: { type: 'ACCOUNT', value: 'x' } },
      PREFIX,
    )!;
    expect(JSON.parse(entry.Detail)).toEqual({ eventType: 'ACCOUNT_ACCESS_DENIED', jobId: '1' });
    expect(entry.Time).toBeUndefined();
  });
});

describe('[176] the log group', () => {
  const NAME = '/aws/macie/classificationjobs';
  const groups = new Map<string, number | undefined>();
  let logs: ModelServer;
  let handler: HandlerProcess;

  beforeAll(async () => {
    logs = await ModelServer.start('logs', {
      CreateLogGroup: ({ logGroupName }) => {
        if (groups.has(logGroupName)) throw new ServiceError('ResourceAlreadyExistsException', 'it exists');
        groups.set(logGroupName, undefined);
      },
      PutRetentionPolicy: ({ logGroupName, retentionInDays }) => void groups.set(logGroupName, retentionInDays),
    });
    handler = await HandlerProcess.start('macie-job-log', { AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: logs.endpoint });
  }, 120_000);
  afterAll(async () => {
    await Promise.all([handler.stop(), logs.stop()]);
  });
  beforeEach(() => {
    groups.clear();
    logs.forget();
  });
  afterEach(() => expect(logs.violations).toEqual([]));

  const wanted = { LogGroupName: NAME, RetentionInDays: '365' };
  const stack = () => new FakeStack(handler, 'app', 'Custom::MacieJobLog');

  test('is made where it is missing, kept as it is where it is there, and never deleted', async () => {
    const one = stack();
    await one.deploy({ Log: wanted });
    expect(groups).toEqual(new Map([[NAME, 365]]));
    groups.set(NAME, 30);
    await one.deploy({ Log: { ...wanted, RetentionInDays: '731' } });
    await stack().deploy({ Log: wanted });
    await one.destroy();
    expect(groups).toEqual(new Map([[NAME, 30]]));
  });

  test.each<[string, Fault]>([
    ['CreateLogGroup', { when: 'before', how: new ServiceError('ThrottlingException', 'slow down'), times: 2 }],
    ['CreateLogGroup', { when: 'before', how: new ServiceError('OperationAbortedException', 'somebody is at it') }],
    ['CreateLogGroup', { when: 'before', how: new ServiceError('AccessDeniedException', 'not yet') }],
    ['CreateLogGroup', { when: 'after', how: 'cut' }],
    ['PutRetentionPolicy', { when: 'before', how: new ServiceError('ThrottlingException', 'slow down') }],
    ['PutRetentionPolicy', { when: 'after', how: 'cut' }],
  ])('is there in spite of a fault of %s', async (operation, fault) => {
    logs.fail(operation, fault);
    expect(await stack().deploy({ Log: wanted })).toBe('COMPLETE');
    expect(groups.has(NAME)).toBe(true);
  });
});
