import { organization } from '../../handlers/macie-organization/organization';
import { MacieOrganizationState } from '../support/model-server/macie-organization';
import { ModelServer, ServiceError } from '../support/model-server/server';
import type { Fault } from '../support/model-server/server';
import { HandlerProcess } from '../support/node';
import { eventOf, FakeStack } from './cloudformation';
import { FakeClock, sdkError } from './fake-clock';

let state: MacieOrganizationState;
let macie: ModelServer;
let organizations: ModelServer;
let handler: HandlerProcess;

const later = (name: 'macie' | 'organizations') =>
  Object.fromEntries(
    Object.keys(new MacieOrganizationState()[name]).map((operation) => [
      operation,
      (input: any) => state[name][operation](input),
    ]),
  );

beforeAll(async () => {
  macie = await ModelServer.start('macie2', later('macie'));
  organizations = await ModelServer.start('organizations', later('organizations'));
  handler = await HandlerProcess.start('macie-organization', {
    AWS_ENDPOINT_URL_MACIE2: macie.endpoint,
    AWS_ENDPOINT_URL_ORGANIZATIONS: organizations.endpoint,
  });
}, 120_000);
afterAll(async () => {
  await Promise.all([handler.stop(), macie.stop(), organizations.stop()]);
});
beforeEach(() => {
  state = new MacieOrganizationState();
  macie.forget();
  organizations.forget();
});
afterEach(() => {
  expect([...macie.violations, ...organizations.violations]).toEqual([]);
  expect(macie.count('DisableMacie')).toBe(0);
});

const calls = () => [...macie.calls, ...organizations.calls].map(({ operation }) => operation);
const throttled: Fault = { when: 'before', how: new ServiceError('ThrottlingException', 'slow down'), times: 2 };
const denied: Fault = { when: 'before', how: new ServiceError('AccessDeniedException', 'not authorized'), times: 1 };
const lost: Fault = { when: 'after', how: 'cut' };

describe('[169] the delegated administrator', () => {
  const TYPE = 'Custom::MacieDelegatedAdministrator';
  const wanted = { AdministratorAccountId: '111111111111' };
  const stack = () => new FakeStack(handler, 'management', TYPE);

  test('is designated once; the same again changes nothing', async () => {
    const one = stack();
    expect(await one.deploy({ Administrator: wanted })).toBe('COMPLETE');
    expect(state.administrator).toBe('111111111111');
    expect(one.answers[0].PhysicalResourceId).toBe('macie-administrator/111111111111/eu-west-1');
    await one.deploy({ Administrator: { ...wanted, Note: 'changed' } });
    await stack().deploy({ Other: wanted });
    expect(macie.count('EnableOrganizationAdminAccount')).toBe(1);
  });

  test('that somebody else has named is not replaced: the deployment fails, names it, and leaves it', async () => {
    state.administrator = '222222222222';
    const one = stack();
    expect(await one.deploy({ Administrator: wanted })).toBe('ROLLBACK_COMPLETE');
    expect(one.answers[0].Reason).toContain('222222222222');
    expect(state.administrator).toBe('222222222222');
    expect(macie.count('DisableOrganizationAdminAccount')).toBe(0);
  });

  test('can not be changed by an update, which leaves the old one', async () => {
    const one = stack();
    await one.deploy({ Administrator: wanted });
    expect(await one.deploy({ Administrator: { AdministratorAccountId: '333333333333' } })).toBe('ROLLBACK_COMPLETE');
    expect(state.administrator).toBe('111111111111');
  });

  test.each<[string, string, Fault]>([
    ['throttled', 'EnableOrganizationAdminAccount', throttled],
    ['denied for a moment', 'EnableOrganizationAdminAccount', denied],
    [
      'not known to the organization yet',
      'EnableOrganizationAdminAccount',
      { when: 'before', how: new ServiceError('ValidationException', 'not yet') },
    ],
    ['done, with the answer lost', 'EnableOrganizationAdminAccount', lost],
    ['refused to read', 'ListOrganizationAdminAccounts', throttled],
  ])('is designated when it is %s', async (_, operation, fault) => {
    macie.fail(operation, fault);
    expect(await stack().deploy({ Administrator: wanted })).toBe('COMPLETE');
    expect(state.administrator).toBe('111111111111');
  });

  test.each<[string, Fault | undefined]>([
    ['', undefined],
    [', throttled', throttled],
    [', with the answer lost', lost],
  ])('is taken back on delete%s; one that is gone or another stays', async (_, fault) => {
    const one = stack();
    await one.deploy({ Administrator: wanted });
    if (fault) macie.fail('DisableOrganizationAdminAccount', fault);
    await one.destroy();
    expect(state.administrator).toBeUndefined();
    const gone = eventOf('Delete', wanted, {
      ResourceType: TYPE,
      PhysicalResourceId: 'macie-administrator/1/eu-west-1',
    });
    expect((await handler.run(gone)).response).toMatchObject({ Status: 'SUCCESS' });
    state.administrator = '222222222222';
    expect((await handler.run(gone)).response).toMatchObject({ Status: 'SUCCESS' });
    expect(state.administrator).toBe('222222222222');
  });
});

describe('[170] [171] the members', () => {
  const TYPE = 'Custom::MacieOrganization';
  const wanted = { AutoEnable: 'true', AddMembers: 'true', ExcludedAccountIds: ['444444444444'] };
  const stack = () => new FakeStack(handler, 'administrator', TYPE);
  const account = (Id: string, State = 'ACTIVE') => ({ Id, Email: `canary-${Id}@example.com`, State });

  beforeEach(() => {
    state.accounts = [
      account('123456789012'), // the administrator itself
      account('222222222222'),
      account('333333333333', 'SUSPENDED'),
      account('444444444444'),
      account('555555555555'),
    ];
    state.members.set('222222222222', { status: 'Enabled' });
  });

  test('are who is active in the organization and neither the administrator nor left out; mail addresses stay inside', async () => {
    const one = stack();
    expect(await one.deploy({ Members: wanted })).toBe('COMPLETE');
    expect(state.autoEnable).toBe(true);
    expect([...state.members.keys()]).toEqual(['222222222222', '555555555555']);
    expect(state.members.get('555555555555')?.email).toBe('canary-555555555555@example.com');
    expect(JSON.stringify(one.answers)).not.toContain('canary');
    const { stdout } = await handler.run(eventOf('Create', wanted, { ResourceType: TYPE }));
    expect(stdout).not.toContain('canary');
    expect(macie.count('CreateMember')).toBe(1);
    expect(macie.count('UpdateOrganizationConfiguration')).toBe(1);
  });

  test('that have left are members again', async () => {
    state.members.set('222222222222', { status: 'Removed' });
    await stack().deploy({ Members: wanted });
    expect(state.members.get('222222222222')?.status).toBe('Enabled');
  });

  test('are left alone without addMembers, and by a delete', async () => {
    const one = stack();
    await one.deploy({ Members: { ...wanted, AddMembers: 'false' } });
    expect(calls()).toEqual(['DescribeOrganizationConfiguration', 'UpdateOrganizationConfiguration']);
    macie.forget();
    await one.destroy();
    expect(calls()).toEqual([]);
  });

  test.each<[string, string, Fault]>([
    ['throttling', 'CreateMember', throttled],
    ['a lost answer', 'CreateMember', lost],
    ['a lost answer', 'UpdateOrganizationConfiguration', lost],
    ['throttling', 'ListMembers', throttled],
    ['a denial for a moment', 'DescribeOrganizationConfiguration', denied],
  ])('are there after %s of %s', async (_, operation, fault) => {
    macie.fail(operation, fault);
    expect(await stack().deploy({ Members: wanted })).toBe('COMPLETE');
    expect([...state.members.keys()]).toEqual(['222222222222', '555555555555']);
  });

  test('are there after throttling of the organization', async () => {
    organizations.fail('ListAccounts', {
      ...throttled,
      how: new ServiceError('TooManyRequestsException', 'slow down'),
    });
    expect(await stack().deploy({ Members: wanted })).toBe('COMPLETE');
  });

  test('that Macie refuses are named by their account alone', async () => {
    macie.fail('CreateMember', { when: 'before', how: new ServiceError('ValidationException', 'canary@example.com') });
    const one = stack();
    expect(await one.deploy({ Members: wanted })).toBe('ROLLBACK_COMPLETE');
    expect(one.answers[0].Reason).toContain('account 555555555555 could not be made a member');
    expect(one.answers[0].Reason).not.toContain('canary');
  });

  test('in their thousands are taken up where the last deployment stopped', async () => {
    const clock = new FakeClock();
    const members: string[] = [];
    const accounts = Array.from({ length: 1_000 }, (_, index) => account(String(600000000000 + index)));
    const service = {
      read: async () => ({ autoEnable: true }),
      update: jest.fn(),
      members: async () => ({ members: members.map((accountId) => ({ accountId, relationshipStatus: 'Enabled' })) }),
      add: async (id: string) => void members.push(id),
      accounts: async () => ({ Accounts: accounts }),
    };
    const resource = organization(service as any, clock);
    const event = eventOf('Create', wanted) as any;
    await expect(resource.ensure(event)).rejects.toThrow(/ of 1000 accounts are left: deploy again/);
    expect(clock.time).toBeLessThan(14 * 60_000);
    await resource.ensure(event);
    expect(new Set(members).size).toBe(1_000);
    expect(members).toHaveLength(1_000);
  });

  test('wait for Macie to be on, and then say what is missing', async () => {
    const clock = new FakeClock();
    const off = sdkError('AccessDeniedException', 'Macie is not enabled');
    const service = { read: () => Promise.reject(off) };
    await expect(organization(service as any, clock).ensure(eventOf('Create', wanted) as any)).rejects.toThrow(
      /add a MacieSession/,
    );
    expect(clock.time).toBe(120_000);
  });
});
