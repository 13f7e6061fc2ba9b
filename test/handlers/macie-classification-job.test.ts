import { App, Stack } from 'aws-cdk-lib';
import { createHash } from 'crypto';
import { continuedFrom, definitionHash } from '../../handlers/macie-classification-job/definition';
import { classificationJob } from '../../handlers/macie-classification-job/job';
import type { ClassificationJobs } from '../../handlers/macie-classification-job/job';
import type { Clock } from '../../handlers/shared/clock';
import { BucketSelection, ClassificationJob, JobChange } from '../../lib/macie';
import { onlyOne } from '../support/fixtures';
import { MacieJobs } from '../support/model-server/macie-jobs';
import type { FakeJob } from '../support/model-server/macie-jobs';
import { ModelServer, ServiceError } from '../support/model-server/server';
import { HandlerProcess } from '../support/node';
import { eventOf, FakeStack } from './cloudformation';
import { FakeClock, sdkError, SharedClock } from './fake-clock';

const DAILY: any = {
  name: 'nightly',
  jobType: 'SCHEDULED',
  scheduleFrequency: { dailySchedule: {} },
  initialRun: false,
  samplingPercentage: 100,
  managedDataIdentifierSelector: 'RECOMMENDED',
  s3JobDefinition: { bucketDefinitions: [{ accountId: '123456789012', buckets: ['orders', 'invoices'] }] },
};
const ONCE: any = {
  ...DAILY,
  name: 'once',
  jobType: 'ONE_TIME',
  scheduleFrequency: undefined,
  initialRun: undefined,
};

interface Options {
  readonly change?: 'RESCAN' | 'CONTINUE';
  readonly tags?: Record<string, string>;
}

function job(definition: object, { change = 'RESCAN', tags }: Options = {}) {
  return {
    Definition: JSON.stringify(definition),
    OnDefinitionChange: change,
    ...(tags ? { Tags: tags } : {}),
  };
}

const owners = ({ tags }: FakeJob) =>
  Object.entries(tags)
    .filter(([key]) => key.startsWith('cdk-msk-macie:owner:'))
    .map(([, value]) => value);

const userTags = ({ tags }: FakeJob) =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith('cdk-msk-macie:')));

/** The service itself, in this process; every call takes a tenth of a second. */
function clientOf(macie: MacieJobs, clock: Clock): ClassificationJobs {
  const call = async (operation: string, input: object): Promise<any> => {
    await clock.sleep(100);
    try {
      const output: any = JSON.parse(JSON.stringify(macie.behaviours[operation](input) ?? {}));
      for (const time of ['createdAt', 'lastRunTime']) if (output[time]) output[time] = new Date(output[time]);
      return output;
    } catch (error) {
      throw error instanceof ServiceError ? sdkError(error.code, error.message) : error;
    }
  };
  return {
    create: (input) => call('CreateClassificationJob', input),
    describe: (jobId) => call('DescribeClassificationJob', { jobId }),
    list: (input) => call('ListClassificationJobs', input),
    cancel: (jobId) => call('UpdateClassificationJob', { jobId, jobStatus: 'CANCELLED' }),
    tag: (resourceArn, tags) => call('TagResource', { resourceArn, tags }),
    untag: (resourceArn, tagKeys) => call('UntagResource', { resourceArn, tagKeys }),
  };
}

describe('the hash of a definition', () => {
  test('[155] is what it always was: another one makes new jobs of all jobs of all users, who pay for the scan', () => {
    const canonical =
      '{"initialRun":false,"jobType":"SCHEDULED","managedDataIdentifierSelector":"RECOMMENDED","name":"nightly",' +
      '"s3JobDefinition":{"bucketDefinitions":[{"accountId":"123456789012","buckets":["invoices","orders"]}]},' +
      '"samplingPercentage":100,"scheduleFrequency":{"dailySchedule":{}}}';
    expect(definitionHash(DAILY)).toBe(createHash('sha256').update(canonical).digest('hex').slice(0, 32));
  });

  test('knows no order of members, ids, names, values or conditions, and no repetition', () => {
    const criteria = (...and: object[]) => ({ bucketCriteria: { includes: { and } } });
    const names = (values: string[]) => ({ simpleCriterion: { key: 'S3_BUCKET_NAME', comparator: 'EQ', values } });
    const tags = { tagCriterion: { comparator: 'EQ', tagValues: [{ key: 'a' }, { value: 'b', key: 'b' }] } };
    const sameTags = { tagCriterion: { tagValues: [{ key: 'b', value: 'b' }, { key: 'a' }], comparator: 'EQ' } };
    const one = { ...DAILY, customDataIdentifierIds: ['x', 'y'], s3JobDefinition: criteria(names(['a', 'b']), tags) };
    const same = {
      s3JobDefinition: criteria(sameTags, names(['b', 'a', 'b'])),
      customDataIdentifierIds: ['y', 'x'],
      ...Object.fromEntries(Object.entries(DAILY).filter(([key]) => key !== 's3JobDefinition')),
    };
    expect(definitionHash(same as any)).toBe(definitionHash(one));
  });

  test.each<[string, object]>([
    ['name', { name: 'other' }],
    ['description', { description: 'x' }],
    ['schedule', { scheduleFrequency: { weeklySchedule: { dayOfWeek: 'MONDAY' } } }],
    ['initial run', { initialRun: true }],
    ['sampling', { samplingPercentage: 99 }],
    ['number as text', { samplingPercentage: '100' }],
    ['identifier', { customDataIdentifierIds: ['x'] }],
    ['allow list', { allowListIds: ['x'] }],
    ['bucket', { s3JobDefinition: { bucketDefinitions: [{ accountId: '123456789012', buckets: ['orders'] }] } }],
  ])('is another one with another %s', (_, change) => {
    expect(definitionHash({ ...DAILY, ...change })).not.toBe(definitionHash(DAILY));
  });
});

describe('a definition that continues', () => {
  const since = new Date('2026-03-01T04:05:06.789Z');
  const bound = {
    simpleScopeTerm: { key: 'OBJECT_LAST_MODIFIED_DATE', comparator: 'GTE', values: ['2026-03-01T04:05:06Z'] },
  };

  test('[155] reads at once what was changed since, besides the conditions there are', () => {
    const extension = { simpleScopeTerm: { key: 'OBJECT_EXTENSION', comparator: 'EQ', values: ['csv'] } };
    const prefix = { simpleScopeTerm: { key: 'OBJECT_KEY', comparator: 'STARTS_WITH', values: ['tmp/'] } };
    const scoping: any = { includes: { and: [extension] }, excludes: { and: [prefix] } };
    const scoped = { ...DAILY, s3JobDefinition: { ...DAILY.s3JobDefinition, scoping } };
    expect(continuedFrom(since, scoped)).toEqual({
      ...scoped,
      initialRun: true,
      s3JobDefinition: {
        ...DAILY.s3JobDefinition,
        scoping: { includes: { and: [extension, bound] }, excludes: scoping.excludes },
      },
    });
    expect(scoping.includes.and).toHaveLength(1);
  });

  test('[155] of a job that runs once has no initial run, which Macie would refuse', () => {
    const { initialRun, s3JobDefinition } = continuedFrom(since, ONCE);
    expect(initialRun).toBeUndefined();
    expect(s3JobDefinition.scoping).toEqual({ includes: { and: [bound] } });
  });
});

describe('in simulated time', () => {
  const create = (macie: MacieJobs, clock: Clock, i: number, properties: any = job({ ...DAILY, name: `job-${i}` })) =>
    classificationJob(clientOf(macie, clock), clock).ensure(
      eventOf('Create', properties, { LogicalResourceId: `Job${i}` }) as any,
    );

  test.each([50, 75])(
    '[149] %d jobs of one stack are made, one in ten seconds, before their function ends',
    async (n) => {
      const clock = new SharedClock();
      const macie = new MacieJobs(() => clock.time);
      macie.createIntervalMs = 10_000;
      const results = await clock.pass(Array.from({ length: n }, (_, i) => create(macie, clock, i)));
      expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
      expect(new Set(results.map((result: any) => result.value.physicalResourceId)).size).toBe(n);
      expect(macie.living).toHaveLength(n);
      expect(clock.time).toBeLessThanOrEqual(840_000); // a function has 900 s, and CloudFormation waits longer
      expect(clock.time).toBeLessThan(n * 10_000 + 90_000); // little of what the service offers is left unused
    },
  );

  test('[149] too many jobs at once are told so before their function ends, and leave nothing behind', async () => {
    const clock = new SharedClock();
    const macie = new MacieJobs(() => clock.time);
    macie.createIntervalMs = 10_000;
    const results = await clock.pass(Array.from({ length: 120 }, (_, i) => create(macie, clock, i)));
    const reasons = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason.message);
    expect(new Set(reasons)).toEqual(
      new Set([
        'Macie takes one new job in ten seconds, and this one has waited for 14 minutes behind others: ' +
          'make some jobs depend on others, or deploy fewer at a time (Rate exceeded)',
      ]),
    );
    expect(clock.time).toBeLessThanOrEqual(845_000);
    expect(macie.living).toHaveLength(120 - reasons.length);
    expect(macie.living.length).toBeGreaterThan(75);
  });

  test('two that begin at once wait for different times, and each for the same at a repetition', async () => {
    const pausesOf = async (event: any) => {
      const clock = new FakeClock();
      const jobs = { list: () => Promise.reject(sdkError('ThrottlingException', 'Rate exceeded')) };
      await expect(classificationJob(jobs as any, clock).ensure(event)).rejects.toThrow('Macie takes one new job');
      return clock.pauses;
    };
    const event = eventOf('Create', job(DAILY), { LogicalResourceId: 'One' });
    const pauses = await pausesOf(event);
    expect(await pausesOf({ ...event })).toEqual(pauses);
    expect(await pausesOf({ ...event, LogicalResourceId: 'Two' })).not.toEqual(pauses);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(15_000);
    expect(Math.max(...pauses)).toBeGreaterThan(10_000);
  });

  test('a session that is turned on a minute later is waited for', async () => {
    const clock = new SharedClock();
    const macie = new MacieJobs(() => clock.time);
    macie.enabled = false;
    const later = clock.sleep(60_000).then(() => void (macie.enabled = true));
    const [result] = await clock.pass<unknown>([create(macie, clock, 1), later]);
    expect(result.status).toBe('fulfilled');
    expect(clock.time).toBeLessThan(75_000);
  });

  test('a session that is missing is named after two minutes', async () => {
    const clock = new FakeClock();
    const macie = new MacieJobs(() => clock.time);
    macie.enabled = false;
    await expect(create(macie, clock, 1)).rejects.toThrow(
      /^Macie is not enabled in this account and Region: .*MacieSession/,
    );
    expect(clock.time).toBeGreaterThan(115_000);
    expect(clock.time).toBeLessThan(130_000);
  });

  test.each(['list', 'create'] as const)(
    'a policy that IAM learns of after a minute, at %s, is waited for',
    async (call) => {
      const clock = new FakeClock();
      const macie = new MacieJobs(() => clock.time);
      const client = clientOf(macie, clock);
      const denied = sdkError('AccessDeniedException', 'User: x is not authorized to perform: macie2:x');
      const late = {
        ...client,
        [call]: (input: any) => (clock.time < 60_000 ? Promise.reject(denied) : client[call](input)),
      };
      const event = eventOf('Create', job(DAILY)) as any;
      await expect(classificationJob(late, clock).ensure(event)).resolves.toBeDefined();
      expect(clock.time).toBeLessThan(75_000);
    },
  );

  test('[155] a job whose last owner lets go while another joins it is made anew', async () => {
    const clock = new FakeClock();
    const macie = new MacieJobs(() => clock.time);
    const { physicalResourceId } = await create(macie, clock, 1, job(DAILY));
    const client = clientOf(macie, clock);
    const slow: ClassificationJobs = {
      ...client,
      tag: async (arn, tags) => {
        await client.tag(arn, tags);
        macie.jobs[0].jobStatus = 'CANCELLED'; // the other one had looked for owners just before
      },
    };
    const joined = await classificationJob(slow, clock).ensure(
      eventOf('Create', job(DAILY), { LogicalResourceId: 'Moved' }) as any,
    );
    expect(joined.physicalResourceId).not.toBe(physicalResourceId);
    expect(macie.living.map(({ jobId }) => jobId)).toEqual([joined.physicalResourceId]);
  });
});

describe('the bundle, against the service model', () => {
  const macie = new MacieJobs();
  let server: ModelServer;
  let handler: HandlerProcess;
  let stack: FakeStack;
  let other: FakeStack;

  beforeAll(async () => {
    server = await ModelServer.start('macie2', macie.behaviours);
    handler = await HandlerProcess.start('macie-classification-job', { AWS_ENDPOINT_URL: server.endpoint });
  }, 120_000);
  afterAll(async () => {
    await handler.stop();
    await server.stop();
  });
  beforeEach(() => {
    server.forget();
    macie.clear();
    stack = new FakeStack(handler);
    other = new FakeStack(handler, 'other');
  });
  afterEach(() => {
    operations().forEach((operation) => called.add(operation));
    expect(server.violations).toEqual([]);
  });
  const called = new Set<string>();

  const operations = () => server.calls.map(({ operation }) => operation);
  const inputs = (operation: string) =>
    server.calls.filter((call) => call.operation === operation).map(({ input }) => input as any);
  const ids = (jobs: FakeJob[]) => jobs.map(({ jobId }) => jobId);
  const invalid = new ServiceError('ValidationException', 'no');

  describe('create', () => {
    test('[149] makes the job as defined, with tags that say whose it is', async () => {
      const { response, stdout, error } = await handler.run(eventOf('Create', job(DAILY, { tags: { team: 'data' } })));
      const [made] = macie.jobs;
      expect(response).toMatchObject({
        Status: 'SUCCESS',
        PhysicalResourceId: made.jobId,
        Data: { JobArn: made.jobArn },
      });
      const { clientToken, tags, ...definition } = inputs('CreateClassificationJob')[0];
      expect(definition).toEqual(DAILY);
      expect(clientToken).toMatch(/^[0-9a-f]{32}$/);
      expect(tags).toEqual({
        team: 'data',
        'cdk-msk-macie:jobKey': createHash('sha256').update('nightly').digest('hex').slice(0, 32),
        'cdk-msk-macie:definition': definitionHash(DAILY),
        [Object.keys(tags).find((key) => /^cdk-msk-macie:owner:[0-9a-f]{32}$/.test(key))!]: 'app/Resource',
      });
      expect(operations()).toEqual(['ListClassificationJobs', 'CreateClassificationJob']);
      expect(stdout).not.toMatch(/orders|canary/);
      expect(error).toBeUndefined();
    });

    test('[149] makes two jobs for two resources that ask for different things', async () => {
      await stack.deploy({ One: job(DAILY), Two: job({ ...DAILY, name: 'weekly' }) });
      expect(macie.living).toHaveLength(2);
    });

    test('repeated for one event makes one job, whether or not lists show it already', async () => {
      const event = eventOf('Create', job(DAILY));
      const first = (await handler.run(event)).response!;
      expect((await handler.run(event)).response).toEqual(first);
      expect(server.count('CreateClassificationJob')).toBe(1);
      macie.notListedYet = 1;
      expect((await handler.run(event)).response).toEqual(first);
      const [token, repeated] = inputs('CreateClassificationJob').map(({ clientToken }) => clientToken);
      expect(repeated).toBe(token);
      await handler.run(eventOf('Create', job(DAILY)));
      expect(inputs('CreateClassificationJob')[2].clientToken).not.toBe(token);
    });

    test('leaves a job of the same name alone that somebody made by hand, and makes its own', async () => {
      macie.behaviours.CreateClassificationJob({ ...DAILY, clientToken: 'hand', tags: { team: 'x' } });
      const { response } = await handler.run(eventOf('Create', job(DAILY)));
      expect(response!.PhysicalResourceId).toBe(macie.jobs[1].jobId);
      expect(macie.jobs[0]).toMatchObject({ tags: { team: 'x' }, jobStatus: 'IDLE' });
    });

    test('[155] takes over a living job of the same key and definition, and none of another key', async () => {
      const neighbour = eventOf('Create', job(DAILY), { LogicalResourceId: 'Neighbour' });
      await handler.run(neighbour);
      macie.jobs[0].tags['cdk-msk-macie:jobKey'] = 'another';
      const apart = eventOf('Create', job(DAILY));
      expect((await handler.run(apart)).response!.PhysicalResourceId).toBe(macie.jobs[1].jobId);
      expect(macie.living.map(owners)).toEqual([['app/Neighbour'], ['app/Resource']]);
      const third = eventOf('Create', job(DAILY), { LogicalResourceId: 'Third' });
      expect((await handler.run(third)).response!.PhysicalResourceId).toBe(macie.jobs[1].jobId);
      expect(macie.living.map(owners)).toEqual([['app/Neighbour'], ['app/Resource', 'app/Third']]);
    });

    test('finds its job on a later page', async () => {
      for (let i = 0; i < 5; i++) macie.behaviours.CreateClassificationJob({ ...DAILY, clientToken: `hand-${i}` });
      const event = eventOf('Create', job(DAILY));
      const { response } = await handler.run(event);
      for (let i = 5; i < 9; i++) macie.behaviours.CreateClassificationJob({ ...DAILY, clientToken: `hand-${i}` });
      macie.pageSize = 2;
      expect((await handler.run(event)).response).toEqual(response);
      expect(inputs('CreateClassificationJob')).toHaveLength(1);
    });

    test('that fails says why, rolls back, and works when tried again', async () => {
      server.fail('CreateClassificationJob', { when: 'before', how: invalid });
      expect(await stack.deploy({ Job: job(DAILY) })).toBe('ROLLBACK_COMPLETE');
      expect(stack.answers[0].Reason).toBe('ValidationException: no');
      expect(macie.jobs).toEqual([]);
      expect(await stack.deploy({ Job: job(DAILY) })).toBe('COMPLETE');
    });

    test('[155] that fails after it took effect leaves no job behind', async () => {
      server.fail('CreateClassificationJob', { when: 'after', how: 'cut' });
      server.fail('CreateClassificationJob', { when: 'before', how: invalid });
      expect(await stack.deploy({ Job: job(DAILY) })).toBe('ROLLBACK_COMPLETE');
      expect(macie.jobs.map(({ jobStatus }) => jobStatus)).toEqual(['CANCELLED']);
    });

    test('[155] that CloudFormation no longer waits for leaves no job behind', async () => {
      await handler.run(eventOf('Create', job(DAILY)));
      await handler.run(
        eventOf('Create', job(DAILY), { LogicalResourceId: 'Neighbour', StackId: 'a:b:c:d:e:f/other/x' }),
      );
      const invented = { PhysicalResourceId: 'app-Resource-1ABCDEFGHIJKL' };
      expect((await handler.run(eventOf('Delete', job(DAILY), invented))).response!.Status).toBe('SUCCESS');
      expect(macie.living.map(owners)).toEqual([['other/Neighbour']]);
      const neighbour = { ...invented, LogicalResourceId: 'Neighbour', StackId: 'a:b:c:d:e:f/other/x' };
      await handler.run(eventOf('Delete', job({ ...DAILY, samplingPercentage: 1 }), neighbour));
      expect(macie.living).toHaveLength(1); // of another definition, so made before
      await handler.run(eventOf('Delete', job(DAILY), neighbour));
      expect(macie.living).toEqual([]);
    });
  });

  describe('update', () => {
    const weekly = { ...DAILY, scheduleFrequency: { weeklySchedule: { dayOfWeek: 'MONDAY' } } };

    test('[155] of tags alone keeps the job, and tags that others put there', async () => {
      await stack.deploy({ Job: job(DAILY, { tags: { team: 'data', stage: 'dev' } }) });
      macie.jobs[0].tags.bill = 'theirs';
      await stack.deploy({ Job: job(DAILY, { tags: { team: 'risk', owner: 'me' } }) });
      expect(userTags(macie.jobs[0])).toEqual({ team: 'risk', owner: 'me', bill: 'theirs' });
      await stack.deploy({ Job: job(DAILY) });
      expect(userTags(macie.jobs[0])).toEqual({ bill: 'theirs' });
      expect(macie.jobs).toHaveLength(1);
      expect(macie.living).toHaveLength(1);
    });

    test('[155] of the order of a definition, or of what a change is to do, keeps the job without a word to it', async () => {
      await stack.deploy({ Job: job(DAILY) });
      server.forget();
      const [{ accountId }] = DAILY.s3JobDefinition.bucketDefinitions;
      const turned = { bucketDefinitions: [{ buckets: ['invoices', 'orders'], accountId }] };
      await stack.deploy({ Job: job({ ...DAILY, s3JobDefinition: turned }, { change: 'CONTINUE' }) });
      expect(ids(macie.living)).toEqual(ids(macie.jobs));
      expect(new Set(operations())).toEqual(new Set(['DescribeClassificationJob', 'ListClassificationJobs']));
    });

    test('[155] of the definition makes a new job, then cancels the old one', async () => {
      await stack.deploy({ Job: job(DAILY) });
      await stack.deploy({ Job: job(weekly) });
      expect(macie.jobs.map(({ jobStatus }) => jobStatus)).toEqual(['CANCELLED', 'IDLE']);
      expect(macie.jobs[1].scheduleFrequency).toEqual(weekly.scheduleFrequency);
      expect(macie.jobs[1].s3JobDefinition.scoping).toBeUndefined();
      expect(stack.answers.at(-2)!.PhysicalResourceId).toBe(macie.jobs[1].jobId);
      expect(operations().indexOf('CreateClassificationJob')).toBeLessThan(
        operations().indexOf('UpdateClassificationJob'),
      );
    });

    test('[155] of the name makes a new job', async () => {
      await stack.deploy({ Job: job(DAILY) });
      await stack.deploy({ Job: job({ ...DAILY, name: 'renamed' }) });
      expect(macie.living.map(({ name }) => name)).toEqual(['renamed']);
    });

    test.each<[string, Partial<FakeJob>, string]>([
      ['its last run, where there was one', { lastRunTime: '2026-03-01T04:05:06.789Z' }, '2026-03-01T04:05:06Z'],
      ['its creation, where there was none', { createdAt: '2026-02-01T00:00:00Z' }, '2026-02-01T00:00:00Z'],
    ])('[155] that continues reads what was changed since %s', async (_, history, since) => {
      await stack.deploy({ Job: job(DAILY, { change: 'CONTINUE' }) });
      expect(macie.jobs[0].initialRun).toBe(false); // there is nothing to continue yet
      Object.assign(macie.jobs[0], history);
      await stack.deploy({ Job: job(weekly, { change: 'CONTINUE' }) });
      const [, made] = macie.jobs;
      expect(made).toMatchObject({ initialRun: true, scheduleFrequency: weekly.scheduleFrequency });
      expect(made.s3JobDefinition.scoping.includes.and).toEqual([
        { simpleScopeTerm: { key: 'OBJECT_LAST_MODIFIED_DATE', comparator: 'GTE', values: [since] } },
      ]);
      expect(macie.jobs[0].jobStatus).toBe('CANCELLED');
      server.forget();
      await stack.deploy({ Job: job(weekly, { change: 'CONTINUE', tags: { now: 'tagged' } }) }); // still the wanted one
      expect(server.count('CreateClassificationJob')).toBe(0);
    });

    test('[155] that continues a job which ran once reads what was changed since', async () => {
      await stack.deploy({ Job: job(ONCE, { change: 'CONTINUE' }) });
      Object.assign(macie.jobs[0], { jobStatus: 'COMPLETE', lastRunTime: '2026-03-01T04:05:06Z' });
      await stack.deploy({ Job: job({ ...ONCE, samplingPercentage: 50 }, { change: 'CONTINUE' }) });
      expect(macie.jobs[1].s3JobDefinition.scoping.includes.and).toHaveLength(1);
      expect(macie.jobs[1].initialRun).toBeUndefined();
    });

    test.each<[string, RegExp]>([
      ['RUNNING', /which is RUNNING, .*: deploy again when its run has ended, or choose JobChange\.RESCAN$/],
      ['PAUSED', /which is PAUSED, .*: choose JobChange\.RESCAN$/],
      ['USER_PAUSED', /which is USER_PAUSED, .*: choose JobChange\.RESCAN$/],
      ['CANCELLED', /which is CANCELLED, .*: choose JobChange\.RESCAN$/],
      ['gone', /which is gone, .*: choose JobChange\.RESCAN$/],
    ])(
      '[155] refuses to continue a job that is %s, since a gap would be silent, and rolls back',
      async (status, reason) => {
        await stack.deploy({ Job: job(DAILY, { change: 'CONTINUE' }) });
        const [old] = macie.jobs;
        Object.assign(old, { jobStatus: status, lastRunTime: '2026-03-01T04:05:06Z' });
        if (status === 'gone') macie.jobs.length = 0;
        const update = eventOf('Update', job(weekly, { change: 'CONTINUE' }), {
          PhysicalResourceId: old.jobId,
          OldResourceProperties: job(DAILY),
        });
        const { response } = await handler.run(update);
        expect(response).toMatchObject({ Status: 'FAILED', PhysicalResourceId: old.jobId });
        expect(response!.Reason).toMatch(reason);
        expect(server.count('CreateClassificationJob')).toBe(1);
        expect(old.jobStatus).toBe(status);
      },
    );

    test.each(['CANCELLED', 'gone'])('[155] without a change makes a new job of one that is %s', async (status) => {
      await stack.deploy({ Job: job(DAILY) });
      if (status === 'gone') macie.jobs.length = 0;
      else macie.jobs[0].jobStatus = 'CANCELLED';
      await stack.deploy({ Job: job(DAILY, { tags: { a: 'b' } }) });
      expect(macie.living).toHaveLength(1);
      expect(stack.answers.at(-2)!.PhysicalResourceId).toBe(macie.living[0].jobId);
    });

    test('[155] without a change leaves a finished job finished', async () => {
      await stack.deploy({ Job: job(ONCE) });
      macie.jobs[0].jobStatus = 'COMPLETE';
      await stack.deploy({ Job: job(ONCE, { tags: { a: 'b' } }) });
      expect(macie.jobs).toHaveLength(1);
      expect(userTags(macie.jobs[0])).toEqual({ a: 'b' });
    });

    test('[155] that is rolled back since another resource failed goes back to the old job, untouched', async () => {
      await stack.deploy({ Job: job(DAILY) });
      const wrong = job({ ...DAILY, name: 'wrong', samplingPercentage: 0 });
      expect(await stack.deploy({ Job: job(weekly), Wrong: wrong })).toBe('ROLLBACK_COMPLETE');
      expect(macie.jobs.map(({ jobStatus }) => jobStatus)).toEqual(['IDLE', 'CANCELLED']);
      await stack.destroy();
      expect(macie.living).toEqual([]);
    });

    test.each([weekly, { ...weekly, name: 'renamed' }])(
      '[155] that failed after it made a job leaves none behind (%#)',
      async (changed) => {
        await stack.deploy({ Job: job(DAILY) });
        server.fail('CreateClassificationJob', { when: 'after', how: 'cut' });
        server.fail('CreateClassificationJob', { when: 'before', how: invalid });
        expect(await stack.deploy({ Job: job(changed) })).toBe('ROLLBACK_COMPLETE');
        expect(macie.jobs.map(({ jobStatus }) => jobStatus)).toEqual(['IDLE', 'CANCELLED']);
      },
    );

    test('[155] cancels no job that the stack was told to keep', async () => {
      const removed = { PhysicalResourceId: '', OldResourceProperties: job(DAILY) };
      const first = (await handler.run(eventOf('Create', job(DAILY)))).response!;
      const replaced = eventOf('Update', job(weekly), { ...removed, PhysicalResourceId: first.PhysicalResourceId });
      const second = (await handler.run(replaced)).response!; // and no delete follows
      const again = { PhysicalResourceId: second.PhysicalResourceId, OldResourceProperties: job(weekly) };
      await handler.run(eventOf('Update', job(weekly, { tags: { a: 'b' } }), again));
      await handler.run(eventOf('Update', job({ ...weekly, samplingPercentage: 7 }), again));
      expect(macie.living).toHaveLength(3);
    });

    test('[155] back to an earlier definition scans anew: the earlier job was cancelled', async () => {
      await stack.deploy({ Job: job(DAILY) });
      await stack.deploy({ Job: job(weekly) });
      await stack.deploy({ Job: job(DAILY) });
      expect(macie.jobs.map(({ jobStatus }) => jobStatus)).toEqual(['CANCELLED', 'CANCELLED', 'IDLE']);
    });
  });

  describe('delete', () => {
    const remove = (jobId: string, details: object = {}) =>
      handler.run(eventOf('Delete', job(DAILY), { PhysicalResourceId: jobId, ...details }));

    async function made(definition = DAILY): Promise<FakeJob> {
      await handler.run(eventOf('Create', job(definition)));
      return macie.jobs.at(-1)!;
    }

    test.each(['IDLE', 'RUNNING', 'PAUSED', 'USER_PAUSED'] as const)(
      '[155] cancels a job that is %s',
      async (status) => {
        const one = await made();
        one.jobStatus = status;
        expect((await remove(one.jobId)).response!.Status).toBe('SUCCESS');
        expect(one.jobStatus).toBe('CANCELLED');
      },
    );

    test.each<[string, (one: FakeJob) => void]>([
      ['finished', (one) => (one.jobStatus = 'COMPLETE')],
      ['cancelled by hand', (one) => (one.jobStatus = 'CANCELLED')],
      ['gone', () => (macie.jobs.length = 0)],
      ['gone with Macie', () => (macie.enabled = false)],
      ['no longer ours, without our tags', (one) => Object.keys(one.tags).forEach((key) => delete one.tags[key])],
    ])('[155] of a job that is %s is a success, and cancels nothing', async (_, happen) => {
      const one = await made();
      happen(one);
      const { jobStatus } = one;
      expect((await remove(one.jobId)).response).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: one.jobId });
      expect(server.count('UpdateClassificationJob')).toBe(0);
      expect(one.jobStatus).toBe(jobStatus);
    });

    test.each(['completed', 'cancelled'])('[155] of a job that is %s in that moment is a success', async (how) => {
      const one = await made();
      const late = new ServiceError('ValidationException', `cannot update ${how} job for job ${one.jobId}`);
      server.fail('UpdateClassificationJob', { when: 'before', how: late });
      expect((await remove(one.jobId)).response!.Status).toBe('SUCCESS');
    });

    test('[155] that Macie refuses for another reason is a failure', async () => {
      const one = await made();
      server.fail('UpdateClassificationJob', { when: 'before', how: invalid });
      expect((await remove(one.jobId)).response).toMatchObject({ Status: 'FAILED', Reason: 'ValidationException: no' });
    });

    test('[155] that was cut short is finished when Lambda repeats it', async () => {
      const one = await made();
      server.fail('UpdateClassificationJob', { when: 'before', how: invalid });
      await remove(one.jobId);
      expect(owners(one)).toEqual([]);
      expect((await remove(one.jobId)).response!.Status).toBe('SUCCESS');
      expect(one.jobStatus).toBe('CANCELLED');
    });

    test('[155] repeated after success is a success', async () => {
      const one = await made();
      await remove(one.jobId);
      expect((await remove(one.jobId)).response!.Status).toBe('SUCCESS');
      expect(server.count('UpdateClassificationJob')).toBe(1);
    });

    test.each(['app-Resource-1ABCDEFGHIJKL', 'failed-create/request-0'])(
      '[155] of a job that was never made is a success: %s',
      async (id) => {
        expect((await remove(id)).response).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: id });
        macie.enabled = false;
        expect((await remove(id)).response).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: id });
      },
    );
  });

  describe('[155] the job lives on, with what it remembers, when', () => {
    let before: string;
    beforeEach(async () => {
      await stack.deploy({ Old: job(DAILY) });
      [{ jobId: before }] = macie.jobs;
    });
    afterEach(() => expect(macie.jobs).toHaveLength(1));

    test('the construct is renamed', async () => {
      await stack.deploy({ New: job(DAILY) });
      expect(ids(macie.living)).toEqual([before]);
      expect(owners(macie.jobs[0])).toEqual(['app/New']);
      await stack.destroy();
      expect(macie.living).toEqual([]);
    });

    test('it moves to another stack, which is deployed first', async () => {
      await other.deploy({ Moved: job(DAILY) });
      expect(owners(macie.jobs[0])).toEqual(['app/Old', 'other/Moved']);
      await stack.deploy({});
      expect(ids(macie.living)).toEqual([before]);
      expect(owners(macie.jobs[0])).toEqual(['other/Moved']);
      await other.destroy();
      expect(macie.living).toEqual([]);
    });

    test('it moves to another stack, which is rolled back', async () => {
      const wrong = job({ ...DAILY, name: 'wrong', samplingPercentage: 0 });
      server.fail('CreateClassificationJob', { when: 'before', how: invalid });
      expect(await other.deploy({ Moved: job(DAILY), Wrong: wrong })).toBe('ROLLBACK_COMPLETE');
      expect(ids(macie.living)).toEqual([before]);
      expect(owners(macie.jobs[0])).toEqual(['app/Old']);
    });

    test('a rename is rolled back', async () => {
      const wrong = job({ ...DAILY, name: 'wrong', samplingPercentage: 0 });
      server.fail('CreateClassificationJob', { when: 'before', how: invalid });
      expect(await stack.deploy({ New: job(DAILY), Wrong: wrong })).toBe('ROLLBACK_COMPLETE');
      expect(owners(macie.jobs[0])).toEqual(['app/Old']);
      expect(ids(macie.living)).toEqual([before]);
    });

    test('two stacks ask for it and one goes', async () => {
      await other.deploy({ Same: job(DAILY) });
      await other.destroy();
      expect(ids(macie.living)).toEqual([before]);
      await other.deploy({ Same: job(DAILY) });
      await stack.destroy();
      expect(ids(macie.living)).toEqual([before]);
      await other.destroy();
      expect(macie.living).toEqual([]);
    });

    test('it is finished and the construct is renamed: nothing is scanned again', async () => {
      macie.jobs[0].jobStatus = 'COMPLETE';
      await stack.deploy({ New: job(DAILY) });
      expect(owners(macie.jobs[0])).toEqual(['app/New']);
    });
  });

  describe('[155] a new job is made when', () => {
    test('it moves to another stack, which is deployed last: the old one was cancelled', async () => {
      await stack.deploy({ Job: job(DAILY) });
      await stack.deploy({});
      await other.deploy({ Job: job(DAILY) });
      expect(macie.jobs.map(({ jobStatus }) => jobStatus)).toEqual(['CANCELLED', 'IDLE']);
    });

    test.each([DAILY, ONCE])('the stack is destroyed and deployed again (%#)', async (definition) => {
      await stack.deploy({ Job: job(definition) });
      if (definition === ONCE) macie.jobs[0].jobStatus = 'COMPLETE';
      await stack.destroy();
      await stack.deploy({ Job: job(definition) });
      expect(macie.jobs).toHaveLength(2);
      expect(macie.living).toHaveLength(1);
    });

    test('it moves and changes at once; the stack that had it cancels the old one', async () => {
      await stack.deploy({ Job: job(DAILY) });
      await other.deploy({ Job: job({ ...DAILY, samplingPercentage: 50 }, { change: 'CONTINUE' }) });
      expect(macie.living).toHaveLength(2);
      expect(macie.jobs[1].s3JobDefinition.scoping).toBeUndefined(); // of another stack nobody knows what it read
      await stack.deploy({});
      expect(macie.living.map(owners)).toEqual([['other/Job']]);
    });
  });

  const FAULTS = [
    ['throttling', 'before', new ServiceError('ThrottlingException', 'Rate exceeded')],
    ['trouble inside the service', 'before', new ServiceError('InternalServerException', 'sorry')],
    ['an answer lost after the effect', 'after', 'cut'],
    ['a policy that IAM does not know yet', 'before', new ServiceError('AccessDeniedException', 'not authorized')],
  ] as const;

  test.each(FAULTS)(
    '%s is waited out at every call of a whole life',
    async (_, when, how) => {
      const failAll = () => {
        server.forget();
        for (const operation of [
          'ListClassificationJobs',
          'CreateClassificationJob',
          'DescribeClassificationJob',
          'UpdateClassificationJob',
          'TagResource',
          'UntagResource',
        ]) {
          server.fail(operation, { when, how });
        }
      };
      failAll();
      expect(await stack.deploy({ Job: job(DAILY, { tags: { a: '1' } }) })).toBe('COMPLETE');
      failAll();
      expect(await stack.deploy({ Job: job(DAILY, { tags: { b: '2' } }) })).toBe('COMPLETE');
      expect(userTags(macie.jobs[0])).toEqual({ b: '2' });
      failAll();
      expect(await other.deploy({ Moved: job(DAILY, { tags: { b: '2' } }) })).toBe('COMPLETE');
      await stack.destroy();
      expect(macie.jobs).toHaveLength(1);
      expect(macie.living.map(owners)).toEqual([['other/Moved']]);
      failAll();
      expect(await other.deploy({ Moved: job({ ...DAILY, samplingPercentage: 50 }) })).toBe('COMPLETE');
      expect(macie.jobs.map(({ jobStatus }) => jobStatus)).toEqual(['CANCELLED', 'IDLE']);
      failAll();
      await other.destroy();
      expect(macie.living).toEqual([]);
    },
    60_000,
  );

  test('[155] the policy of the function allows what all of the above has called, and nothing more', () => {
    const scan = new Stack(new App(), 'Scan');
    new ClassificationJob(scan, 'Job', {
      jobName: 'job',
      buckets: BucketSelection.all(),
      onDefinitionChange: JobChange.RESCAN,
    });
    const { Statement } = onlyOne(scan, 'AWS::IAM::Policy').Properties.PolicyDocument;
    const allowed: string[] = Statement.flatMap(({ Action }: any) => Action);
    expect(allowed.sort()).toEqual([...called].map((operation) => `macie2:${operation}`).sort());
  });
});
