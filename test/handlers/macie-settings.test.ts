import { settingResource } from '../../handlers/macie-settings/setting';
import { resultsExport } from '../../handlers/macie-settings/results-export';
import { MacieSettings } from '../support/model-server/macie-settings';
import { ModelServer, ServiceError } from '../support/model-server/server';
import { HandlerProcess } from '../support/node';
import { eventOf, FakeStack } from './cloudformation';
import { FakeClock, sdkError } from './fake-clock';

const EXPORT = 'Custom::MacieDiscoveryResultsExport';
const PUBLICATION = 'Custom::MacieFindingsPublication';
const DISCOVERY = 'Custom::MacieAutomatedDiscovery';

const NO_ACCESS =
  "The operation can't be performed because you're not authorized to access the S3 bucket, the KMS key, or both";
const key = (name: string) => `arn:aws:kms:eu-west-1:123456789012:key/${name}`;
const destination = (bucketName: string, keyPrefix?: string) => ({ bucketName, kmsKeyArn: key('a'), keyPrefix });
const value = (of: unknown, more: object = {}) => ({ Value: JSON.stringify(of), ...more });
const publication = (publishPolicyFindings: boolean, publishClassificationFindings: boolean) => ({
  publishPolicyFindings,
  publishClassificationFindings,
});

test('[165] a destination is told apart by bucket, key and prefix, and a slash at the end is none', () => {
  const { isSame } = resultsExport({} as any);
  const one = { bucketName: 'a', kmsKeyArn: key('a'), keyPrefix: 'macie' };
  expect(isSame(one, { ...one, keyPrefix: 'macie/' })).toBe(true);
  expect(isSame({ ...one, keyPrefix: undefined }, { ...one, keyPrefix: '' })).toBe(true);
  for (const other of [
    { bucketName: 'b' },
    { kmsKeyArn: key('b') },
    { keyPrefix: 'other' },
    { keyPrefix: undefined },
  ]) {
    expect(isSame(one, { ...one, ...other })).toBe(false);
  }
});

describe('[165] patience with', () => {
  async function ensured(write: (clock: FakeClock) => Promise<unknown>) {
    const clock = new FakeClock();
    const service = { read: async () => ({ $metadata: {} }), write: () => write(clock) };
    const event = eventOf('Create', value(destination('results')));
    const result = settingResource(resultsExport(service), clock).ensure(event as any);
    return { clock, result };
  }

  test('policies of bucket and key that Macie sees after a minute', async () => {
    const denied = sdkError('AccessDeniedException', NO_ACCESS);
    const { clock, result } = await ensured(async ({ time }) => {
      if (time < 60_000) throw denied;
    });
    await expect(result).resolves.toMatchObject({ physicalResourceId: 'macie-results-export/123456789012/eu-west-1' });
    expect(clock.time).toBeLessThanOrEqual(70_000);
  });

  test('policies that never do ends after two minutes, in the words of the service', async () => {
    const denied = sdkError('AccessDeniedException', NO_ACCESS);
    const { clock, result } = await ensured(() => Promise.reject(denied));
    await expect(result).rejects.toBe(denied);
    expect(clock.time).toBe(120_000);
  });

  test('a session that never comes ends with what to do', async () => {
    const { result } = await ensured(() => Promise.reject(sdkError('AccessDeniedException', 'Macie is not enabled')));
    await expect(result).rejects.toThrow(/add a MacieSession/);
  });
});

describe('the bundle, against the service model', () => {
  let account = new MacieSettings();
  let server: ModelServer;
  let handler: HandlerProcess;

  beforeAll(async () => {
    // The account is made anew for each test; the server keeps asking for the present one.
    const operations = Object.keys(account.behaviours);
    const behaviours = operations.map((name) => [name, (input: any) => account.behaviours[name](input)]);
    server = await ModelServer.start('macie2', Object.fromEntries(behaviours));
    handler = await HandlerProcess.start('macie-settings', { AWS_ENDPOINT_URL: server.endpoint });
  }, 120_000);
  afterAll(async () => {
    await handler.stop();
    await server.stop();
  });
  beforeEach(() => {
    server.forget();
    account = new MacieSettings();
  });
  afterEach(() => expect(server.violations).toEqual([]));

  const writes = () => server.calls.map(({ operation }) => operation).filter((name) => !name.startsWith('Get'));
  const stackOf = (type: string, name = 'app') => new FakeStack(handler, name, type);

  interface Case {
    readonly type: string;
    readonly one: unknown;
    readonly other: unknown;
    readonly get: () => unknown;
    readonly set: (to: any) => void;
    readonly cleared: unknown;
    readonly named: RegExp;
  }

  const cases: [string, Case][] = [
    [
      '[165] the export of results',
      {
        type: EXPORT,
        one: destination('one', 'macie'),
        other: destination('other'),
        get: () => account.destination,
        set: (to) => (account.destination = to),
        cleared: undefined,
        named: /results-export .* is set already: results go to s3:\/\/other\/ with the key .*key\/a; set takeOver/,
      },
    ],
    [
      '[167] the publication of findings',
      {
        type: PUBLICATION,
        one: publication(true, true),
        other: publication(false, false),
        get: () => account.publication,
        set: (to) => (account.publication = to),
        cleared: publication(true, false),
        named:
          /is set already: policy findings are not published, sensitive data findings are not published; set takeOver/,
      },
    ],
  ];

  describe.each(cases)('%s', (_, { type, one, other, get, set, cleared, named }) => {
    test('is set where nothing is, changed in place, and cleared when it is deleted', async () => {
      const stack = stackOf(type);
      expect(await stack.deploy({ Setting: value(one) })).toBe('COMPLETE');
      expect(get()).toEqual(JSON.parse(JSON.stringify(one)));
      await stack.deploy({ Setting: value(other) });
      expect(get()).toEqual(JSON.parse(JSON.stringify(other)));
      expect(new Set(stack.answers.map(({ PhysicalResourceId }) => PhysicalResourceId)).size).toBe(1);
      await stack.destroy();
      expect(get()).toEqual(cleared);
    });

    test('is not written where it is as wanted, and never taken away from whoever had set it', async () => {
      set(one);
      const stack = stackOf(type);
      await stack.deploy({ Setting: value(one) });
      await stack.destroy();
      expect(writes()).toEqual([]);
      expect(get()).toEqual(one);
    });

    test('that is different fails and is named, and nothing is changed', async () => {
      set(other);
      const stack = stackOf(type);
      expect(await stack.deploy({ Setting: value(one) })).toBe('ROLLBACK_COMPLETE');
      expect(stack.answers[0].Reason).toMatch(named);
      expect(writes()).toEqual([]);
      expect(get()).toEqual(other);
    });

    test('that is different is replaced by takeOver, and not brought back when it is deleted', async () => {
      set(other);
      const stack = stackOf(type);
      await stack.deploy({ Setting: value(one, { TakeOver: 'true' }) });
      expect(get()).toEqual(JSON.parse(JSON.stringify(one)));
      await stack.destroy();
      expect(get()).toEqual(cleared);
    });

    test('that somebody has changed since stays when ours is deleted', async () => {
      const stack = stackOf(type);
      await stack.deploy({ Setting: value(one) });
      set(other);
      await stack.destroy();
      expect(get()).toEqual(other);
    });

    test('is rolled back to what there was', async () => {
      const stack = stackOf(type);
      await stack.deploy({ Setting: value(one) });
      const [write] = writes();
      server.fail(write, { when: 'before', how: new ServiceError('ValidationException', 'no') });
      expect(await stack.deploy({ Setting: value(other) })).toBe('ROLLBACK_COMPLETE');
      expect(get()).toEqual(JSON.parse(JSON.stringify(one)));
    });

    test('survives a repeated event, a move to another stack, and Macie being off at its delete', async () => {
      const event = eventOf('Create', value(one), { ResourceType: type });
      await handler.run(event);
      await handler.run(event);
      expect(writes()).toHaveLength(1);
      await stackOf(type, 'second').deploy({ Setting: value(one) });
      await stackOf(type, 'third').destroy();
      expect(get()).toEqual(JSON.parse(JSON.stringify(one)));
      account.on = false;
      const { response } = await handler.run(
        eventOf('Delete', value(one), {
          ResourceType: type,
          PhysicalResourceId:
            type === EXPORT
              ? 'macie-results-export/123456789012/eu-west-1'
              : 'macie-findings-publication/123456789012/eu-west-1',
        }),
      );
      expect(response!.Status).toBe('SUCCESS');
    });

    test('delete of something never made makes no call', async () => {
      const details = { ResourceType: type, PhysicalResourceId: 'app-Setting-1ABCDEF' };
      expect((await handler.run(eventOf('Delete', value(one), details))).response!.Status).toBe('SUCCESS');
      expect(server.calls).toEqual([]);
    });
  });

  test.each([
    ['throttling before the effect', 'before', new ServiceError('ThrottlingException', 'Rate exceeded')],
    ['trouble inside the service', 'before', new ServiceError('InternalServerException', 'sorry')],
    ['a cut connection', 'before', 'cut'],
    ['an answer lost after the effect', 'after', 'cut'],
    ['a policy that IAM does not know yet', 'before', new ServiceError('AccessDeniedException', 'not authorized to')],
    ['Macie that is being turned on', 'before', new ServiceError('AccessDeniedException', 'Macie is not enabled')],
  ] as const)(
    '[164] [165] [167] %s is waited out at every call',
    async (_, when, how) => {
      account.discovery = { status: 'DISABLED' };
      const all = [...Object.keys(account.behaviours)];
      for (const operation of all) server.fail(operation, { when, how });
      await stackOf(EXPORT).deploy({ Setting: value(destination('one')) });
      await stackOf(PUBLICATION).deploy({ Setting: value(publication(true, true)) });
      await stackOf(DISCOVERY).deploy({
        Setting: value(discovery({ status: 'ENABLED', excludedBuckets: ['quarantine'] }, 'NAME')),
      });
      expect(account.destination).toEqual(destination('one'));
      expect(account.publication).toEqual(publication(true, true));
      expect(account).toMatchObject({ discovery: { status: 'ENABLED' }, excludedBuckets: ['quarantine'] });
      expect(account.template.includes!.managedDataIdentifierIds).toEqual(['NAME']);
      for (const operation of all) expect(server.count(operation)).toBeGreaterThan(1);
    },
    30_000,
  );

  test('[165] policies that are on their way to the bucket are waited out', async () => {
    const how = new ServiceError('AccessDeniedException', NO_ACCESS);
    server.fail('PutClassificationExportConfiguration', { when: 'before', how, times: 2 });
    expect(await stackOf(EXPORT).deploy({ Setting: value(destination('one')) })).toBe('COMPLETE');
  });

  const discovery = (of: object, ...managedDataIdentifierIds: string[]) => ({
    ...of,
    template: {
      includes: { managedDataIdentifierIds, customDataIdentifierIds: [], allowListIds: [] },
      excludes: { managedDataIdentifierIds: [] },
    },
  });

  describe('[164] automated discovery', () => {
    const wasOn = (status: string) => ({
      status,
      firstEnabledAt: '2026-01-01T00:00:00Z',
      autoEnableOrganizationMembers: 'NEW',
    });

    test('is left alone where its status is not managed', async () => {
      const stack = stackOf(DISCOVERY);
      await stack.deploy({ Discovery: value({}) });
      await stack.destroy();
      expect(writes()).toEqual([]);
    });

    test('is turned on where it never was, and stays on when the resource is deleted', async () => {
      const stack = stackOf(DISCOVERY);
      await stack.deploy({ Discovery: value({ status: 'ENABLED' }) });
      await stack.destroy();
      expect(account.discovery.status).toBe('ENABLED');
    });

    test.each(['ENABLED', 'DISABLED'])('is not moved away from %s without takeOver', async (status) => {
      account.discovery = wasOn(status);
      const wanted = status === 'ENABLED' ? 'DISABLED' : 'ENABLED';
      const stack = stackOf(DISCOVERY);
      expect(await stack.deploy({ Discovery: value({ status: wanted }) })).toBe('ROLLBACK_COMPLETE');
      expect(stack.answers[0].Reason).toMatch(new RegExp(`is ${status}, and ${wanted} is asked for; set takeOver`));
      expect(account.discovery).toEqual(wasOn(status));

      await stack.deploy({ Discovery: value({ status: wanted }, { TakeOver: 'true' }) });
      expect(account.discovery).toEqual({ ...wasOn(wanted) }); // members stay as the organization wants them
      await stack.deploy({ Discovery: value({ status }) }); // ours by now
      expect(account.discovery.status).toBe(status);
    });

    test('adds buckets and identifiers to those of others, and takes back its own', async () => {
      account.discovery = wasOn('ENABLED');
      account.excludedBuckets = ['theirs'];
      account.template = {
        description: 'of the security team',
        includes: { managedDataIdentifierIds: ['NAME'], customDataIdentifierIds: ['x'] },
        excludes: { managedDataIdentifierIds: ['HTTP_COOKIE'] },
      };
      const theirs = JSON.parse(JSON.stringify(account.template));
      const stack = stackOf(DISCOVERY);
      await stack.deploy({
        Discovery: value(discovery({ excludedBuckets: ['archive', 'builds'] }, 'ADDRESS', 'USA_PASSPORT_NUMBER')),
      });
      expect(account.excludedBuckets).toEqual(['theirs', 'archive', 'builds']);
      expect(account.template).toMatchObject({
        description: 'of the security team',
        includes: {
          managedDataIdentifierIds: ['ADDRESS', 'NAME', 'USA_PASSPORT_NUMBER'],
          customDataIdentifierIds: ['x'],
        },
        excludes: { managedDataIdentifierIds: ['HTTP_COOKIE'] },
      });

      await stack.deploy({
        Discovery: value(discovery({ excludedBuckets: ['builds', 'caches'] }, 'USA_PASSPORT_NUMBER')),
      });
      expect(account.excludedBuckets).toEqual(['theirs', 'builds', 'caches']);
      expect(account.template.includes!.managedDataIdentifierIds).toEqual(['NAME', 'USA_PASSPORT_NUMBER']);
      expect(server.calls.map(({ input }) => JSON.stringify(input)).join()).not.toContain('REPLACE');

      await stack.destroy();
      expect(account.excludedBuckets).toEqual(['theirs']);
      expect(account.template).toMatchObject(theirs);
      expect(account.template.includes!.managedDataIdentifierIds).toEqual(['NAME']);
    });

    test('writes nothing that is there already', async () => {
      account.discovery = wasOn('ENABLED');
      account.excludedBuckets = ['quarantine'];
      account.template = { includes: { managedDataIdentifierIds: ['NAME'] } };
      await stackOf(DISCOVERY).deploy({
        Discovery: value(discovery({ status: 'ENABLED', excludedBuckets: ['quarantine'] }, 'NAME')),
      });
      expect(writes()).toEqual([]);
    });

    test('does not turn around what others exclude, without takeOver', async () => {
      account.discovery = wasOn('ENABLED');
      account.template = { excludes: { managedDataIdentifierIds: ['NAME'] } };
      const stack = stackOf(DISCOVERY);
      expect(await stack.deploy({ Discovery: value(discovery({}, 'NAME')) })).toBe('ROLLBACK_COMPLETE');
      expect(stack.answers[0].Reason).toMatch(/says the opposite about NAME; set takeOver/);
      await stack.deploy({ Discovery: value(discovery({}, 'NAME'), { TakeOver: 'true' }) });
      expect(account.template).toMatchObject({
        includes: { managedDataIdentifierIds: ['NAME'] },
        excludes: { managedDataIdentifierIds: [] },
      });
    });

    test('writes again what another stack has overwritten in between, and gives up on a fight', async () => {
      account.discovery = wasOn('ENABLED');
      const forget = (template: any) => (template.includes.managedDataIdentifierIds = ['THEIRS']);
      account.meddle = [forget];
      await stackOf(DISCOVERY).deploy({ Discovery: value(discovery({}, 'NAME')) });
      expect(account.template.includes!.managedDataIdentifierIds).toEqual(['NAME', 'THEIRS']);

      account.template = {};
      account.meddle = Array(9).fill(forget);
      const stack = stackOf(DISCOVERY, 'other');
      expect(await stack.deploy({ Discovery: value(discovery({}, 'NAME')) })).toBe('ROLLBACK_COMPLETE');
      expect(stack.answers[0].Reason).toMatch(/something else writes it too/);
    });

    test('leaves out what the library writes to, once, where there is something to leave it out of', async () => {
      const wanted = value({ excludedBuckets: ['results'], libraryBuckets: ['results', 'quarantine'] });
      account.discovery = wasOn('DISABLED');
      const stack = stackOf(DISCOVERY);
      await stack.deploy({ Discovery: wanted });
      expect(account.excludedBuckets).toEqual(['results', 'quarantine']);
      await stack.destroy();
      expect(account.excludedBuckets).toEqual([]);

      account.discovery = { status: 'DISABLED' };
      expect(await stack.deploy({ Discovery: value({ libraryBuckets: ['results'] }) })).toBe('COMPLETE');
      expect(account.excludedBuckets).toEqual([]);
    });

    test('that was turned on a moment ago is given time to have a scope', async () => {
      account.readsUntilIds = 2;
      await stackOf(DISCOVERY).deploy({ Discovery: value({ status: 'ENABLED', libraryBuckets: ['results'] }) });
      expect(account.excludedBuckets).toEqual(['results']);
    });

    test('that was never on has nothing to exclude from, and nothing to take back', async () => {
      const stack = stackOf(DISCOVERY);
      expect(await stack.deploy({ Discovery: value({ excludedBuckets: ['quarantine'] }) })).toBe('ROLLBACK_COMPLETE');
      expect(stack.answers[0].Reason).toMatch(/was never on in this account and Region/);
      const details = {
        ResourceType: DISCOVERY,
        PhysicalResourceId: 'macie-automated-discovery/123456789012/eu-west-1',
      };
      const { response } = await handler.run(eventOf('Delete', value({ excludedBuckets: ['quarantine'] }), details));
      expect(response!.Status).toBe('SUCCESS');
      expect(writes()).toEqual([]);
    });

    test('of an account that has turned Macie off needs no clean-up, nor does one never made', async () => {
      account.on = false;
      const gone = { ResourceType: DISCOVERY, PhysicalResourceId: 'macie-automated-discovery/123456789012/eu-west-1' };
      const event = eventOf('Delete', value({ excludedBuckets: ['quarantine'] }), gone);
      expect((await handler.run(event)).response!.Status).toBe('SUCCESS');
      const calls = server.calls.length;
      await handler.run({ ...event, PhysicalResourceId: 'app-Discovery-1ABCDEF' });
      expect(server.calls).toHaveLength(calls);
    });
  });
});
