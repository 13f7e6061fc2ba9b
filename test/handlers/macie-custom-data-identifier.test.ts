import { customDataIdentifier } from '../../handlers/macie-custom-data-identifier/identifier';
import { MacieIdentifiers } from '../support/model-server/macie-identifiers';
import { ModelServer, ServiceError } from '../support/model-server/server';
import { HandlerProcess } from '../support/node';
import { eventOf, FakeStack } from './cloudformation';
import { FakeClock, sdkError } from './fake-clock';

const definition = (regex: string, name = 'badge') => ({
  name,
  regex,
  severityLevels: [{ severity: 'HIGH', occurrencesThreshold: 10 }],
});
const properties = (regex: string, more: object = {}) => ({ Definition: JSON.stringify(definition(regex)), ...more });

test('[159] a session that does not come is named after two minutes, and one that comes late is waited for', async () => {
  const off = sdkError('AccessDeniedException', 'Macie is not enabled');
  const service = (onAt: number, clock: FakeClock) =>
    customDataIdentifier(
      {
        list: async () => {
          if (clock.time < onAt) throw off;
          return { items: [] };
        },
        create: async () => ({ customDataIdentifierId: 'new' }),
      } as any,
      clock,
    ).ensure(eventOf('Create', properties('b')) as any);
  const clock = new FakeClock();
  await expect(service(60_000, clock)).resolves.toEqual({ physicalResourceId: 'new' });
  await expect(service(Infinity, new FakeClock())).rejects.toThrow(/Macie is not enabled .*: add a MacieSession/);
});

describe('[159] the bundle, against the service model', () => {
  const account = new MacieIdentifiers();
  let server: ModelServer;
  let handler: HandlerProcess;
  let stack: FakeStack;

  beforeAll(async () => {
    server = await ModelServer.start('macie2', account.behaviours);
    handler = await HandlerProcess.start('macie-custom-data-identifier', { AWS_ENDPOINT_URL: server.endpoint });
  }, 120_000);
  afterAll(async () => {
    await handler.stop();
    await server.stop();
  });
  beforeEach(() => {
    server.forget();
    account.on = true;
    account.all = [];
    stack = new FakeStack(handler);
  });
  afterEach(() => expect(server.violations).toEqual([]));

  const operations = () => server.calls.map(({ operation }) => operation);
  const living = () => account.living.map(({ regex }) => regex);

  test('create hands the definition over as it is, with tags that say whose it is', async () => {
    const { response } = await handler.run(eventOf('Create', properties('badge-\\d', { Tags: { team: 'a' } })));
    expect(response).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: account.all[0].id });
    expect(account.all[0]).toMatchObject({
      ...definition('badge-\\d'),
      tags: {
        team: 'a',
        'cdk-msk-macie:stack': expect.stringContaining(':stack/app/'),
        'cdk-msk-macie:resource': 'Resource',
      },
    });
    expect(operations()).toEqual(['ListCustomDataIdentifiers', 'CreateCustomDataIdentifier']);
  });

  test('a repeated event makes nothing more, and neither does one whose first try lost its answer', async () => {
    const event = eventOf('Create', properties('a'));
    const first = (await handler.run(event)).response;
    expect((await handler.run(event)).response).toEqual(first);
    account.all[0].deleted = true; // as if the list did not show it yet: the token alone has to do
    expect((await handler.run(event)).response).toEqual(first);
    expect(account.all).toHaveLength(1);
    const tokens = server.calls
      .filter(({ operation }) => operation === 'CreateCustomDataIdentifier')
      .map(({ input }) => input.clientToken);
    expect(tokens).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), tokens[0]]);
  });

  test('another definition is another identifier, and the old one is deleted after it', async () => {
    await stack.deploy({ Badge: properties('old') });
    await stack.deploy({ Badge: properties('new') });
    expect(living()).toEqual(['new']);
    expect(account.all.map(({ deleted }) => deleted)).toEqual([true, false]);
  });

  test('tags change in place, those of others stay', async () => {
    await stack.deploy({ Badge: properties('a', { Tags: { team: 'a', cost: '1' } }) });
    account.all[0].tags.theirs = 'yes';
    await stack.deploy({ Badge: properties('a', { Tags: { team: 'b' } }) });
    expect(account.all).toHaveLength(1);
    expect(account.all[0].tags).toMatchObject({ team: 'b', theirs: 'yes', 'cdk-msk-macie:resource': 'Badge' });
    expect(account.all[0].tags).not.toHaveProperty('cost');
  });

  test('an update that is rolled back finds the old identifier again', async () => {
    await stack.deploy({ Badge: properties('old'), Other: properties('other') });
    const [{ id }] = account.all;
    const event = (props: object, old: object, PhysicalResourceId: string) =>
      eventOf('Update', props as any, {
        LogicalResourceId: 'Badge',
        PhysicalResourceId,
        OldResourceProperties: old as any,
      });
    const next = (await handler.run(event(properties('new'), properties('old'), id))).response!;
    expect(next.PhysicalResourceId).not.toBe(id);
    const back = (await handler.run(event(properties('old'), properties('new'), next.PhysicalResourceId))).response!;
    expect(back.PhysicalResourceId).toBe(id);
    expect(account.all).toHaveLength(3);
  });

  test('one that somebody deleted is made anew, and one of another stack or name is left alone', async () => {
    await stack.deploy({ Badge: properties('a') });
    await new FakeStack(handler, 'other').deploy({ Badge: properties('a') });
    account.all[0].deleted = true;
    await stack.deploy({ Badge: properties('a', { Tags: { touched: 'yes' } }) });
    expect(account.living).toHaveLength(2);
    await stack.destroy();
    expect(account.living.map(({ tags }) => tags['cdk-msk-macie:stack'])).toEqual([expect.stringContaining('/other/')]);
  });

  test.each<[string, (id: string) => string, () => void]>([
    ['of one that is gone', (id) => id, () => (account.all = [])],
    ['of one that is deleted', (id) => id, () => (account.all[0].deleted = true)],
    ['where Macie is off', (id) => id, () => (account.on = false)],
    ['of something never made', () => 'app-Badge-1ABCDEF', () => (account.all = [])],
  ])('delete %s is a success that deletes nothing', async (_, idOf, prepare) => {
    await stack.deploy({ Badge: properties('a') });
    const PhysicalResourceId = idOf(account.all[0].id);
    prepare();
    server.forget();
    const event = eventOf('Delete', properties('a'), { PhysicalResourceId, LogicalResourceId: 'Badge' });
    expect((await handler.run(event)).response).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId });
    expect(server.count('DeleteCustomDataIdentifier')).toBe(0);
  });

  test.each([
    ['never ended', 'app-Badge-1ABCDEF'],
    ['failed', 'failed-create/request-1'],
  ])('delete after a create that %s deletes what that one made', async (_, PhysicalResourceId) => {
    await stack.deploy({ Badge: properties('a'), Other: properties('b'), Third: properties('c') });
    // The third one is on the second page of the list.
    await handler.run(eventOf('Delete', properties('c'), { PhysicalResourceId, LogicalResourceId: 'Third' }));
    expect(living()).toEqual(['a', 'b']);
  });

  test.each([
    ['throttling before the effect', 'before', new ServiceError('ThrottlingException', 'Rate exceeded')],
    ['trouble inside the service', 'before', new ServiceError('InternalServerException', 'sorry')],
    ['a cut connection', 'before', 'cut'],
    ['an answer lost after the effect', 'after', 'cut'],
    ['a policy that IAM does not know yet', 'before', new ServiceError('AccessDeniedException', 'not authorized to')],
  ] as const)('%s is waited out at every call', async (_, when, how) => {
    const all = ['Create', 'Get', 'Delete'].map((verb) => `${verb}CustomDataIdentifier`);
    for (const operation of [...all, 'ListCustomDataIdentifiers', 'TagResource', 'UntagResource']) {
      server.fail(operation, { when, how });
    }
    await stack.deploy({ Badge: properties('a', { Tags: { one: '1' } }) });
    await stack.deploy({ Badge: properties('a', { Tags: { two: '2' } }) });
    expect(account.all).toHaveLength(1);
    expect(account.all[0].tags).toMatchObject({ two: '2' });
    expect(account.all[0].tags).not.toHaveProperty('one');
    await stack.destroy();
    expect(account.living).toEqual([]);
    for (const operation of [...all, 'TagResource']) expect(server.count(operation)).toBeGreaterThan(1);
  });

  test('what Macie refuses is said in its own words', async () => {
    server.fail('CreateCustomDataIdentifier', {
      when: 'before',
      how: new ServiceError('ValidationException', 'the regex takes too long'),
    });
    expect(await stack.deploy({ Badge: properties('a') })).toBe('ROLLBACK_COMPLETE');
    expect(stack.answers[0].Reason).toBe('ValidationException: the regex takes too long');
    expect(account.all).toEqual([]);
  });
});
