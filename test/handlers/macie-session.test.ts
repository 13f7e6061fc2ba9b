import { macieSession } from '../../handlers/macie-session/session';
import { MacieAccount } from '../support/model-server/macie';
import { ModelServer, ServiceError } from '../support/model-server/server';
import { HandlerProcess } from '../support/node';
import { eventOf, FakeStack } from './cloudformation';
import { FakeClock, sdkError } from './fake-clock';

const PHYSICAL_ID = 'macie-session/123456789012/eu-west-1';
const notAuthorized = (action: string) =>
  `User: arn:aws:sts::123456789012:assumed-role/role/function is not authorized to perform: macie2:${action}`;

describe('patience with', () => {
  const session = { status: 'ENABLED', findingPublishingFrequency: 'FIFTEEN_MINUTES' };
  const off = sdkError('AccessDeniedException', 'Macie is not enabled');

  function sessionsOf(calls: { read?: () => Promise<any>; enable?: () => Promise<any> }) {
    return { read: jest.fn().mockResolvedValue(session), enable: jest.fn(), update: jest.fn(), ...calls };
  }

  async function dataOf(sessions: ReturnType<typeof sessionsOf>, clock: FakeClock) {
    return (await macieSession(sessions as any, clock).ensure(eventOf('Create', {}) as any)).data;
  }

  test.each(['read', 'enable'] as const)('a policy that IAM learns of after a minute, at %s', async (call) => {
    const clock = new FakeClock();
    const denied = sdkError('AccessDeniedException', notAuthorized(call));
    let on = call === 'read';
    const sessions = sessionsOf({
      read: async () => {
        if (call === 'read' && clock.time < 60_000) throw denied;
        if (!on) throw off;
        return session;
      },
      enable: async () => {
        if (clock.time < 60_000) throw denied;
        on = true;
      },
    });
    expect(await dataOf(sessions, clock)).toMatchObject({ Status: 'ENABLED' });
    expect(clock.time).toBeGreaterThanOrEqual(60_000);
    expect(clock.time).toBeLessThanOrEqual(70_000);
  });

  test('a denial for good ends after two minutes, with the words of the service', async () => {
    const clock = new FakeClock();
    const denied = sdkError('AccessDeniedException', notAuthorized('GetMacieSession'));
    await expect(dataOf(sessionsOf({ read: () => Promise.reject(denied) }), clock)).rejects.toBe(denied);
    expect(clock.time).toBe(120_000);
  });

  test('a session that can not be read for a minute after it was turned on', async () => {
    const clock = new FakeClock();
    const sessions = sessionsOf({
      read: async () => {
        if (clock.time < 60_000) throw off;
        return session;
      },
    });
    expect(await dataOf(sessions, clock)).toMatchObject({ Status: 'ENABLED', Adopted: 'false' });
    expect(sessions.enable).toHaveBeenCalledTimes(1);
  });

  test('nobody when access to an export destination is denied, which no call of ours needs', async () => {
    const clock = new FakeClock();
    const denied = sdkError('AccessDeniedException', 'not authorized to access the S3 bucket, the KMS key, or both');
    await expect(dataOf(sessionsOf({ read: () => Promise.reject(denied) }), clock)).rejects.toBe(denied);
    expect(clock.time).toBe(0);
  });
});

describe('the bundle, against the service model', () => {
  const account = new MacieAccount();
  let server: ModelServer;
  let handler: HandlerProcess;
  let stack: FakeStack;

  beforeAll(async () => {
    server = await ModelServer.start('macie2', account.behaviours);
    handler = await HandlerProcess.start('macie-session', { AWS_ENDPOINT_URL: server.endpoint });
  }, 120_000);
  afterAll(async () => {
    await handler.stop();
    await server.stop();
  });
  beforeEach(() => {
    server.forget();
    account.session = undefined;
    account.readsUntilVisible = 0;
    stack = new FakeStack(handler);
  });
  afterEach(() => {
    expect(server.violations).toEqual([]);
    expect(server.count('DisableMacie')).toBe(0);
  });

  const inputs = (operation: string) =>
    server.calls.filter((call) => call.operation === operation).map(({ input }) => input);

  describe('create', () => {
    test('[144] turns Macie on, with findings every fifteen minutes unless told otherwise', async () => {
      const { response, stdout, error } = await handler.run(eventOf('Create', {}));
      expect(response).toMatchObject({
        Status: 'SUCCESS',
        PhysicalResourceId: PHYSICAL_ID,
        Data: {
          Status: 'ENABLED',
          ServiceRole: expect.stringMatching(/:role\/aws-service-role\/macie\.amazonaws\.com\//),
          Adopted: 'false',
        },
      });
      expect(account.session).toEqual({ status: 'ENABLED', findingPublishingFrequency: 'FIFTEEN_MINUTES' });
      expect(server.calls.map(({ operation }) => operation)).toEqual([
        'GetMacieSession',
        'EnableMacie',
        'GetMacieSession',
      ]);
      expect(stdout).not.toContain('canary-signature');
      expect(error).toBeUndefined();
    });

    test('waits until the session can be read', async () => {
      account.readsUntilVisible = 2;
      const { response } = await handler.run(eventOf('Create', { FindingPublishingFrequency: 'ONE_HOUR' }));
      expect(response!.Data).toMatchObject({ Status: 'ENABLED', Adopted: 'false' });
      expect(account.session).toEqual({ status: 'ENABLED', findingPublishingFrequency: 'ONE_HOUR' });
      expect(server.count('UpdateMacieSession')).toBe(0);
    });

    test('pauses by an update, since enabling is not said to do so', async () => {
      const { response } = await handler.run(eventOf('Create', { Status: 'PAUSED' }));
      expect(response!.Data).toMatchObject({ Status: 'PAUSED', Adopted: 'false' });
      expect(inputs('EnableMacie')[0]).not.toHaveProperty('status');
      expect(inputs('UpdateMacieSession')).toEqual([{ status: 'PAUSED' }]);
    });

    test('takes a session as found, where nothing else is asked for', async () => {
      account.session = { status: 'PAUSED', findingPublishingFrequency: 'SIX_HOURS' };
      const { response } = await handler.run(eventOf('Create', {}));
      expect(response!.Data).toMatchObject({ Status: 'PAUSED', Adopted: 'true' });
      expect(server.calls.map(({ operation }) => operation)).toEqual(['GetMacieSession']);
    });

    test.each([
      [{ FindingPublishingFrequency: 'ONE_HOUR' }, [{ findingPublishingFrequency: 'ONE_HOUR' }]],
      [{ Status: 'ENABLED' }, [{ status: 'ENABLED' }]],
      [{ FindingPublishingFrequency: 'SIX_HOURS', Status: 'PAUSED' }, []],
      [
        { FindingPublishingFrequency: 'ONE_HOUR', Status: 'ENABLED' },
        [{ findingPublishingFrequency: 'ONE_HOUR', status: 'ENABLED' }],
      ],
    ])('changes a session it finds only where %j was asked for and differs', async (properties, updates) => {
      account.session = { status: 'PAUSED', findingPublishingFrequency: 'SIX_HOURS' };
      const { response } = await handler.run(eventOf('Create', properties));
      expect(response!.Data).toMatchObject({ Status: account.session.status, Adopted: 'true' });
      expect(inputs('UpdateMacieSession')).toEqual(updates);
      expect(server.count('EnableMacie')).toBe(0);
    });

    test('takes the session of whoever was faster', async () => {
      account.session = { status: 'ENABLED', findingPublishingFrequency: 'SIX_HOURS' };
      account.readsUntilVisible = 1; // looks turned off, and then the other one's call comes before ours
      const { response } = await handler.run(eventOf('Create', { FindingPublishingFrequency: 'ONE_HOUR' }));
      expect(response!.Data).toMatchObject({ Status: 'ENABLED', Adopted: 'true' });
      expect(server.calls.map(({ outcome }) => outcome)).toEqual([
        'AccessDeniedException',
        'ConflictException',
        'ok',
        'ok',
      ]);
      expect(account.session.findingPublishingFrequency).toBe('ONE_HOUR');
    });
  });

  describe('update', () => {
    const details = { PhysicalResourceId: PHYSICAL_ID, OldResourceProperties: {} };

    test('without a change calls nothing but a read', async () => {
      account.session = { status: 'ENABLED', findingPublishingFrequency: 'FIFTEEN_MINUTES' };
      const event = eventOf('Update', { FindingPublishingFrequency: 'FIFTEEN_MINUTES' }, details);
      expect((await handler.run(event)).response).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: PHYSICAL_ID });
      expect(server.calls.map(({ operation }) => operation)).toEqual(['GetMacieSession']);
    });

    test('changes what differs, and never replaces', async () => {
      await stack.deploy({ Session: { FindingPublishingFrequency: 'ONE_HOUR' } });
      await stack.deploy({ Session: { FindingPublishingFrequency: 'SIX_HOURS', Status: 'PAUSED' } });
      await stack.deploy({ Session: { Status: 'ENABLED' } });
      expect(account.session).toEqual({ status: 'ENABLED', findingPublishingFrequency: 'SIX_HOURS' });
      expect(stack.answers.map(({ PhysicalResourceId }) => PhysicalResourceId)).toEqual(Array(3).fill(PHYSICAL_ID));
    });

    test('turns Macie on again where somebody has turned it off', async () => {
      const { response } = await handler.run(eventOf('Update', { FindingPublishingFrequency: 'ONE_HOUR' }, details));
      expect(response!.Data).toMatchObject({ Status: 'ENABLED', Adopted: 'false' });
      expect(account.session!.findingPublishingFrequency).toBe('ONE_HOUR');
    });

    test('that fails rolls back to what there was', async () => {
      await stack.deploy({ Session: { FindingPublishingFrequency: 'ONE_HOUR' } });
      server.fail('UpdateMacieSession', { when: 'before', how: new ServiceError('ValidationException', 'no') });
      const changed = { Session: { FindingPublishingFrequency: 'SIX_HOURS' } };
      expect(await stack.deploy(changed)).toBe('ROLLBACK_COMPLETE');
      expect(account.session!.findingPublishingFrequency).toBe('ONE_HOUR');
      expect(await stack.deploy(changed)).toBe('COMPLETE');
      expect(account.session!.findingPublishingFrequency).toBe('SIX_HOURS');
    });
  });

  test.each([
    ['delete', PHYSICAL_ID, true],
    ['delete of something gone', PHYSICAL_ID, false],
    ['delete of something never made', 'app-Session-1ABCDEF', true], // what CloudFormation invents after a time-out
  ])('%s is a success without any call', async (_, PhysicalResourceId, on) => {
    const session = on ? { status: 'ENABLED', findingPublishingFrequency: 'SIX_HOURS' } : undefined;
    account.session = session;
    const { response } = await handler.run(eventOf('Delete', {}, { PhysicalResourceId }));
    expect(response).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId });
    expect(server.calls).toEqual([]);
    expect(account.session).toBe(session);
  });

  test('a failed create says why, rolls back without any call, and works when tried again', async () => {
    const quota = new ServiceError('ServiceQuotaExceededException', 'too much');
    server.fail('EnableMacie', { when: 'before', how: quota });
    expect(await stack.deploy({ Session: {} })).toBe('ROLLBACK_COMPLETE');
    expect(stack.answers[0].Reason).toBe('ServiceQuotaExceededException: too much');
    expect(server.calls.map(({ operation }) => operation)).toEqual(['GetMacieSession', 'EnableMacie']);
    expect(await stack.deploy({ Session: {} })).toBe('COMPLETE');
  });

  test('a repeated event does nothing more, and sends the same token should it have to', async () => {
    const event = eventOf('Create', {});
    const first = (await handler.run(event)).response;
    const second = (await handler.run(event)).response;
    expect(second).toEqual({ ...first, Data: { ...first!.Data, Adopted: 'true' } });
    expect(server.count('EnableMacie')).toBe(1);
    account.session = undefined;
    await handler.run(event);
    await handler.run(eventOf('Create', {}, { LogicalResourceId: 'Another' }));
    const tokens = inputs('EnableMacie').map(({ clientToken }) => clientToken);
    expect(tokens).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), tokens[0]]);
    account.session = undefined;
    await handler.run(eventOf('Create', {}));
    expect(inputs('EnableMacie').at(-1)!.clientToken).not.toBe(tokens[0]);
  });

  test.each([
    ['throttling before the effect', 'before', new ServiceError('ThrottlingException', 'Rate exceeded')],
    ['trouble inside the service', 'before', new ServiceError('InternalServerException', 'sorry')],
    ['a cut connection', 'before', 'cut'],
    ['an answer lost after the effect', 'after', 'cut'],
    ['a policy that IAM does not know yet', 'before', new ServiceError('AccessDeniedException', notAuthorized('x'))],
  ] as const)('%s is waited out at every call', async (_, when, how) => {
    for (const operation of ['GetMacieSession', 'EnableMacie', 'UpdateMacieSession']) {
      server.fail(operation, { when, how });
    }
    const { response } = await handler.run(eventOf('Create', { Status: 'PAUSED' }));
    expect(response).toMatchObject({ Status: 'SUCCESS', Data: { Status: 'PAUSED' } });
    expect(account.session).toEqual({ status: 'PAUSED', findingPublishingFrequency: 'FIFTEEN_MINUTES' });
    expect(server.count('GetMacieSession')).toBe(3);
    expect(server.count('EnableMacie')).toBe(2);
    expect(server.count('UpdateMacieSession')).toBe(2);
    const [token, repeated] = inputs('EnableMacie').map(({ clientToken }) => clientToken);
    expect(repeated).toBe(token);
  });

  describe('[144] whatever happens to the stacks, Macie stays on:', () => {
    const on = { status: 'ENABLED', findingPublishingFrequency: 'ONE_HOUR' };
    const properties = { FindingPublishingFrequency: 'ONE_HOUR' };
    let other: FakeStack;
    beforeEach(() => (other = new FakeStack(handler, 'other')));
    afterEach(() => expect(account.session).toEqual(on));

    test('the construct is renamed', async () => {
      await stack.deploy({ Old: properties });
      await stack.deploy({ New: properties }); // the new one is made before the old one goes
      expect(stack.answers.map(({ LogicalResourceId }) => LogicalResourceId)).toEqual(['Old', 'New', 'Old']);
    });

    test('it moves to another stack, which is deployed first', async () => {
      await stack.deploy({ Session: properties });
      await other.deploy({ Session: properties });
      await stack.deploy({});
    });

    test('it moves to another stack, which is deployed last', async () => {
      await stack.deploy({ Session: properties });
      await stack.deploy({});
      await other.deploy({ Session: properties });
      expect(other.answers[0].Data!.Adopted).toBe('true');
    });

    test('the stack is destroyed and deployed again', async () => {
      await stack.deploy({ Session: properties });
      await stack.destroy();
      await stack.deploy({ Session: properties });
      expect(server.count('EnableMacie')).toBe(1);
    });

    test('the organization has turned it on before', async () => {
      account.session = { status: 'ENABLED', findingPublishingFrequency: 'SIX_HOURS' };
      await stack.deploy({ Session: properties });
      await stack.destroy();
      expect(server.count('EnableMacie')).toBe(0);
    });

    test('two stacks use it, and one goes', async () => {
      await stack.deploy({ Session: properties });
      await other.deploy({ Session: properties });
      await stack.destroy();
      expect(other.answers[0]).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: PHYSICAL_ID });
    });
  });
});
