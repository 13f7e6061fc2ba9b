import { once } from 'events';
import * as http from 'http';
import type { AddressInfo } from 'net';
import { clusterSettings, look, ticketOf } from '../../handlers/cluster-operations/operations';
import type { Look, Run, Services } from '../../handlers/cluster-operations/operations';
import { firstChange } from '../../handlers/cluster-operations/settings';
import { ClusterNetworkType } from '../../lib/cluster';
import { cluster, onlyOne, stack as newStack } from '../support/fixtures';
import { ModelServer, ServiceError } from '../support/model-server/server';
import { HandlerProcess } from '../support/node';
import { runStateMachine } from '../support/state-machine';
import type { Definition } from '../support/state-machine';
import { eventOf, FakeStack } from './cloudformation';
import { FakeClock, sdkError } from './fake-clock';

const ARN = 'arn:aws:kafka:eu-west-1:123456789012:cluster/orders/1a2b3c4d-5e6f-7081-92a3-b4c5d6e7f809-2';
const STACK_ID = 'arn:aws:cloudformation:eu-west-1:123456789012:stack/app/3f1c2b10-0000-11ee-be56-0242ac120002';
const MACHINE = 'arn:aws:states:eu-west-1:123456789012:stateMachine:Settings';
const ALL = { NetworkType: 'DUAL', VpcConnectivity: ['SASL_IAM', 'TLS'], PublicAccess: 'SERVICE_PROVIDED_EIPS' };

describe('[44, 45, 47] the next change', () => {
  const on = (...schemes: string[]) => ({
    VpcConnectivity: {
      ClientAuthentication: {
        Sasl: { Iam: { Enabled: schemes.includes('SASL_IAM') }, Scram: { Enabled: schemes.includes('SASL_SCRAM') } },
        Tls: { Enabled: schemes.includes('TLS') },
      },
    },
  });

  test('is one at a time, the public address last', () => {
    expect(firstChange(ALL, {})).toEqual({ setting: 'NetworkType', connectivity: { NetworkType: 'DUAL' } });
    expect(firstChange(ALL, { NetworkType: 'DUAL' })).toEqual({
      setting: 'VpcConnectivity',
      connectivity: on('SASL_IAM', 'TLS'),
    });
    expect(firstChange(ALL, { NetworkType: 'DUAL', ...on('TLS', 'SASL_IAM') })).toEqual({
      setting: 'PublicAccess',
      connectivity: { PublicAccess: { Type: 'SERVICE_PROVIDED_EIPS' } },
    });
  });

  test.each<[string, object, object | undefined]>([
    ['nothing that is not named', {}, { NetworkType: 'DUAL', ...on('TLS'), PublicAccess: { Type: 'DISABLED' } }],
    ['what is on by another hand', { VpcConnectivity: ['SASL_IAM'] }, { NetworkType: 'DUAL', ...on('SASL_IAM') }],
    ['off where the service names no address', { PublicAccess: 'DISABLED' }, {}],
    ['nothing asked of an unknown state', { VpcConnectivity: [] }, undefined],
  ])('leaves alone %s', (_, wanted, actual) => {
    expect(firstChange(wanted, actual)).toBeUndefined();
  });

  test('turns off what is not in the list any more', () => {
    expect(firstChange({ VpcConnectivity: [] }, on('SASL_IAM'))).toEqual({
      setting: 'VpcConnectivity',
      connectivity: on(),
    });
  });
});

describe('one look', () => {
  beforeAll(() => void jest.spyOn(console, 'log').mockImplementation(() => undefined));
  afterAll(() => void jest.restoreAllMocks());
  const URL = 'https://wait.example/handle?signature=canary-signature';
  const RUN: Run = { ClusterArn: ARN, StackId: STACK_ID, Handle: 'Handle', Ticket: ticketOf(URL), Settings: ALL };

  function servicesOf(state: object, more: Partial<Services> = {}) {
    const signals: Record<string, string>[] = [];
    const services: Services = {
      cluster: async () => ({ State: 'ACTIVE', CurrentVersion: 'K1', ...state }),
      updateConnectivity: async () => 'operation-1',
      operation: async () => undefined,
      waitHandle: async () => URL,
      start: async () => undefined,
      signal: async (_, body) => void signals.push(JSON.parse(body)),
      ...more,
    };
    return { services, signals };
  }
  const lookAt = (run: Run, { services }: { services: Services }, clock = new FakeClock()): Promise<Look> =>
    look(run, services, clock);

  test.each(['UPDATING', 'HEALING', 'MAINTENANCE', 'REBOOTING_BROKER', 'CREATING'])(
    'waits while the cluster is %s',
    async (State) => {
      const world = servicesOf({ State }, { updateConnectivity: () => Promise.reject(new Error('not now')) });
      expect(await lookAt(RUN, world)).toEqual({ ...RUN, Looks: 1, Done: false });
      expect(world.signals).toEqual([]);
    },
  );

  test.each([['DELETING'], ['FAILED']])('ends where the cluster is %s', async (State) => {
    const world = servicesOf({ State });
    expect((await lookAt(RUN, world)).Done).toBe(true);
    expect(world.signals).toEqual([
      expect.objectContaining({ Status: 'FAILURE', Reason: `Error: the cluster is ${State}` }),
    ]);
  });

  test('ends where the cluster is gone', async () => {
    const world = servicesOf({}, { cluster: async () => undefined });
    await lookAt(RUN, world);
    expect(world.signals[0].Reason).toBe('Error: the cluster is gone');
  });

  test('gives up after eleven hours, before CloudFormation does, and says what is missing', async () => {
    const world = servicesOf({ State: 'HEALING' });
    expect((await lookAt({ ...RUN, Looks: 659 }, world)).Done).toBe(false);
    expect((await lookAt({ ...RUN, Looks: 660 }, world)).Done).toBe(true);
    expect(world.signals[0].Reason).toBe(
      'Error: the cluster is HEALING after 11 hours, and NetworkType is not as wanted',
    );
  });

  const requested = { Setting: 'NetworkType', Times: 1, OperationArn: 'operation-1' };

  test.each([[undefined], ['PENDING'], ['UPDATE_IN_PROGRESS'], ['UPDATE_COMPLETE']])(
    'does not ask again while the operation is %s and the cluster does not show it yet',
    async (OperationState) => {
      let asked = 0;
      const world = servicesOf(
        {},
        { operation: async () => ({ OperationState }), updateConnectivity: async () => String(++asked) },
      );
      expect(await lookAt({ ...RUN, Requested: requested }, world)).toMatchObject({
        Requested: requested,
        Done: false,
      });
      expect(asked).toBe(0);
    },
  );

  test('ends with the words of the service where the operation has failed', async () => {
    const operation = {
      OperationState: 'UPDATE_FAILED',
      ErrorInfo: { ErrorCode: 'Invalid', ErrorString: 'subnet-a has no IPv6' },
    };
    const world = servicesOf({}, { operation: async () => operation });
    await lookAt({ ...RUN, Requested: requested }, world);
    expect(world.signals[0]).toMatchObject({
      Status: 'FAILURE',
      Reason: 'Error: NetworkType could not be changed: Invalid subnet-a has no IPv6',
    });
  });

  test('takes a version that is not the newest any more for a reason to look again, three times', async () => {
    const stale = sdkError('BadRequestException', 'The version of the cluster is not the current one');
    const world = servicesOf({}, { updateConnectivity: () => Promise.reject(stale) });
    let run: Look = { ...RUN, Done: false };
    for (let times = 1; times <= 3; times++) {
      run = await lookAt(run, world);
      expect(run).toMatchObject({ Requested: { Setting: 'NetworkType', Times: times }, Done: false });
    }
    expect((await lookAt(run, world)).Done).toBe(true);
    expect(world.signals[0].Reason).toContain('NetworkType was asked for 3 times');
  });

  test('counts anew for the next setting', async () => {
    const world = servicesOf({ Provisioned: { BrokerNodeGroupInfo: { ConnectivityInfo: { NetworkType: 'DUAL' } } } });
    expect(await lookAt({ ...RUN, Requested: { Setting: 'NetworkType', Times: 3 } }, world)).toMatchObject({
      Requested: { Setting: 'VpcConnectivity', Times: 1 },
    });
  });

  test('ends at once where the service refuses', async () => {
    const refused = sdkError('BadRequestException', 'Public access needs public subnets');
    const world = servicesOf({}, { updateConnectivity: () => Promise.reject(refused) });
    expect((await lookAt(RUN, world)).Done).toBe(true);
    expect(world.signals[0].Reason).toBe('BadRequestException: Public access needs public subnets');
  });

  test('[46] leaves a setting that is under way, and asks for no other, once the deployment was rolled back', async () => {
    for (const waitHandle of [async () => undefined, async () => `${URL}-of-another-deployment`]) {
      const world = servicesOf({}, { waitHandle, cluster: () => Promise.reject(new Error('nobody asked')) });
      expect(await lookAt(RUN, world)).toEqual({ ...RUN, Done: true });
      expect(world.signals).toEqual([]);
    }
  });

  test('leaves trouble that does not pass in two minutes to the state machine', async () => {
    const clock = new FakeClock();
    const trouble = sdkError('InternalServerErrorException', 'sorry', { $metadata: { httpStatusCode: 500 } });
    const world = servicesOf({}, { cluster: () => Promise.reject(trouble) });
    await expect(lookAt(RUN, world, clock)).rejects.toBe(trouble);
    expect(clock.time).toBe(120_000);
    expect(world.signals).toEqual([]);
  });

  test('passes on what the state machine could not get over', async () => {
    const world = servicesOf({});
    const Failure = { Error: 'Lambda.Timeout', Cause: 'too slow' };
    expect((await lookAt({ ...RUN, Failure }, world)).Done).toBe(true);
    expect(world.signals[0].Reason).toContain('Lambda.Timeout too slow');
  });

  test('starts once for each handle, under a name that does not hold its URL', async () => {
    const starts: unknown[] = [];
    const { services } = servicesOf({}, { start: async (...start) => void starts.push(start) });
    const properties = { ClusterArn: ARN, StateMachineArn: MACHINE, Handle: 'Handle', Settings: ALL };
    const resource = clusterSettings(services, new FakeClock());
    expect(await resource.ensure(eventOf('Create', properties, { StackId: STACK_ID }) as any)).toEqual({
      physicalResourceId: `${ARN}/settings`,
    });
    expect(starts).toEqual([[MACHINE, ticketOf(URL), RUN]]);
    expect(JSON.stringify(starts)).not.toContain('canary');
    expect(resource.remove).toBeUndefined();
  });
});

describe('the bundle and the state machine of the template, against the service models', () => {
  /** What the service shows of the cluster. Each change takes as many looks as `looksAChange`. */
  const world = {
    connectivity: {} as any,
    version: 1,
    busy: 0,
    looksAChange: 2,
    pending: undefined as object | undefined,
    handles: new Map<string, string>(),
    executions: new Map<string, Run>(),
  };
  const servers: Record<string, ModelServer> = {};
  const received: { url: string; body: any }[] = [];
  let refusals = 0;
  const inbox = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const taken = request.method === 'PUT' && !request.headers['content-type'] && refusals-- <= 0;
      if (taken) received.push({ url: request.url!, body: JSON.parse(Buffer.concat(chunks).toString()) });
      response.writeHead(taken ? 200 : 503).end();
    });
  });
  let handler: HandlerProcess;
  const scope = newStack();
  cluster(scope, 'Orders', { networkType: ClusterNetworkType.DUAL });
  const definition: Definition = JSON.parse(
    onlyOne(scope, 'AWS::StepFunctions::StateMachine')
      .Properties.DefinitionString['Fn::Join'][1].map((part: unknown) => (typeof part === 'string' ? part : 'X'))
      .join(''),
  );

  beforeAll(async () => {
    servers.kafka = await ModelServer.start('kafka', {
      DescribeClusterV2: () => {
        if (world.busy > 0 && --world.busy === 0) Object.assign(world.connectivity, world.pending);
        return {
          clusterInfo: {
            clusterArn: ARN,
            state: world.busy > 0 ? 'UPDATING' : 'ACTIVE',
            currentVersion: `K${world.version}`,
            provisioned: {
              brokerNodeGroupInfo: {
                clientSubnets: ['subnet-a'],
                instanceType: 'kafka.m7g.large',
                connectivityInfo: world.connectivity,
              },
              numberOfBrokerNodes: 3,
            },
          },
        };
      },
      UpdateConnectivity: ({ currentVersion, connectivityInfo }) => {
        if (currentVersion !== `K${world.version}`)
          throw new ServiceError('BadRequestException', 'This version of the cluster is not the current one');
        if (Object.keys(connectivityInfo).length !== 1) throw new ServiceError('BadRequestException', 'one at a time');
        world.pending = connectivityInfo;
        world.busy = world.looksAChange;
        return { clusterArn: ARN, clusterOperationArn: `operation-${world.version++}` };
      },
      ListClusterOperations: ({ nextToken }) =>
        nextToken
          ? {
              clusterOperationInfoList: [
                {
                  operationArn: 'operation-1',
                  operationState: 'UPDATE_FAILED',
                  errorInfo: { errorCode: 'No', errorString: 'no IPv6' },
                },
              ],
            }
          : { clusterOperationInfoList: [{ operationArn: 'operation-0' }], nextToken: 'more' },
    });
    servers.states = await ModelServer.start('stepfunctions', {
      StartExecution: ({ stateMachineArn, name, input }) => {
        if (world.executions.has(name)) throw new ServiceError('ExecutionAlreadyExists', 'it ran');
        world.executions.set(name, JSON.parse(input));
        return { executionArn: `${stateMachineArn}:${name}`, startDate: 1_795_000_000 };
      },
    });
    servers.cloudformation = await ModelServer.start('cloudformation', {
      DescribeStackResource: ({ LogicalResourceId }) => {
        const url = world.handles.get(LogicalResourceId);
        if (url === undefined)
          throw new ServiceError('ValidationError', `Resource ${LogicalResourceId} does not exist for stack app`);
        return {
          StackResourceDetail: {
            LogicalResourceId,
            PhysicalResourceId: url,
            ResourceType: 'AWS::CloudFormation::WaitConditionHandle',
            LastUpdatedTimestamp: '2026-11-25T00:00:00Z',
            ResourceStatus: url === '' ? 'DELETE_COMPLETE' : 'CREATE_COMPLETE',
          },
        };
      },
    });
    await once(inbox.listen(0, '127.0.0.1'), 'listening');
    handler = await HandlerProcess.start('cluster-operations', {
      AWS_ENDPOINT_URL: servers.kafka.endpoint,
      AWS_ENDPOINT_URL_SFN: servers.states.endpoint,
      AWS_ENDPOINT_URL_CLOUDFORMATION: servers.cloudformation.endpoint,
    });
  }, 120_000);
  afterAll(async () => {
    await handler.stop();
    await Promise.all(Object.values(servers).map((server) => server.stop()));
    await new Promise((resolve) => inbox.close(resolve));
  });
  beforeEach(() => {
    Object.values(servers).forEach((server) => server.forget());
    received.length = 0;
    refusals = 0;
    Object.assign(world, { connectivity: {}, version: 1, busy: 0, pending: undefined, looksAChange: 2 });
    world.handles.clear();
    world.executions.clear();
  });
  afterEach(() => expect(Object.values(servers).flatMap(({ violations }) => violations)).toEqual([]));

  function newHandle(id: string): void {
    const { port } = inbox.address() as AddressInfo;
    world.handles.set(id, `http://127.0.0.1:${port}/${id}?a=1&X-Amz-Signature=handle-canary-${received.length}`);
  }
  const properties = (Handle: string, Settings: object = ALL) => ({
    ClusterArn: ARN,
    StateMachineArn: MACHINE,
    Handle,
    Settings,
  });

  /** Runs the last execution that was started to its end. */
  async function run(input = [...world.executions.values()].at(-1)!): Promise<string[]> {
    return runStateMachine(definition, input, async (state) => {
      const { returned, error, stdout } = await handler.run(state);
      expect(stdout + JSON.stringify(returned)).not.toMatch(/canary/);
      if (error) throw new Error(error);
      return returned as object;
    });
  }

  test('[44, 45, 47] create: all settings, one at a time, and one signal', async () => {
    newHandle('HandleA');
    const stack = new FakeStack(handler);
    expect(await stack.deploy({ Settings: properties('HandleA') })).toBe('COMPLETE');
    const [input] = world.executions.values();
    expect(JSON.stringify(input)).not.toContain('canary');
    const states = await run();
    expect(world.connectivity).toMatchObject({ networkType: 'DUAL', publicAccess: { type: 'SERVICE_PROVIDED_EIPS' } });
    expect(servers.kafka.count('UpdateConnectivity')).toBe(3);
    expect(states.filter((state) => state === 'Look')).toHaveLength(7);
    expect(received).toEqual([
      {
        url: expect.stringContaining('/HandleA?'),
        body: expect.objectContaining({ Status: 'SUCCESS', UniqueId: expect.stringMatching(/^[0-9a-f]{64}$/) }),
      },
    ]);
  });

  test('update: only what differs is asked for; unchanged settings ask for nothing', async () => {
    world.connectivity = { networkType: 'DUAL' };
    newHandle('HandleB');
    await new FakeStack(handler).deploy({
      Settings: properties('HandleB', { NetworkType: 'DUAL', VpcConnectivity: [] }),
    });
    await run();
    expect(servers.kafka.count('UpdateConnectivity')).toBe(0);
    expect(received[0].body.Status).toBe('SUCCESS');
  });

  test('[46] a roll-back starts nothing, leaves the setting, and the next deployment converges', async () => {
    const stack = new FakeStack(handler);
    newHandle('HandleA');
    await stack.deploy({ Settings: properties('HandleA', { NetworkType: 'DUAL' }) });
    await run();
    // The deployment of more is rolled back while its first change is under way.
    newHandle('HandleB');
    world.looksAChange = 4;
    expect(
      await stack.deploy({
        Settings: properties('HandleB', ALL),
        Other: { ClusterArn: ARN, StateMachineArn: MACHINE, Handle: 'Gone', Settings: {} },
      }),
    ).toBe('ROLLBACK_COMPLETE');
    expect(world.executions.size).toBe(2);
    const [, more] = world.executions.values();
    const first = (await handler.run(more)).returned as Look;
    expect(first).toMatchObject({ Requested: { Setting: 'VpcConnectivity' }, Done: false });
    world.handles.delete('HandleB');
    expect((await handler.run(first)).returned).toMatchObject({ Done: true });
    expect(received).toHaveLength(1);
    // Another one brings its own handle, and goes on from what it finds.
    newHandle('HandleB');
    await stack.deploy({ Settings: properties('HandleB', ALL) });
    await run();
    expect(world.connectivity).toMatchObject({ networkType: 'DUAL', publicAccess: { type: 'SERVICE_PROVIDED_EIPS' } });
    expect(received).toHaveLength(2);
  });

  test('replace and delete ask the service for nothing', async () => {
    const stack = new FakeStack(handler);
    newHandle('HandleA');
    await stack.deploy({ Settings: properties('HandleA') });
    await stack.destroy();
    expect(servers.kafka.calls).toEqual([]);
    const event = eventOf('Delete', properties('HandleA'), { PhysicalResourceId: 'app-Settings-1ABCDEF' });
    expect((await handler.run(event)).response).toMatchObject({ Status: 'SUCCESS' });
  });

  test('a repeated event starts nothing twice', async () => {
    newHandle('HandleA');
    const event = eventOf('Create', properties('HandleA'));
    const first = (await handler.run(event)).response;
    expect((await handler.run(event)).response).toEqual(first);
    expect(world.executions.size).toBe(1);
  });

  test('a handle that is not there is an answer, not silence', async () => {
    const { response } = await handler.run(eventOf('Create', properties('Gone')));
    expect(response).toMatchObject({ Status: 'FAILED', Reason: 'Error: the stack has no wait condition handle Gone' });
  });

  test.each([
    ['throttling', 'before', new ServiceError('TooManyRequestsException', 'Rate exceeded')],
    ['trouble inside the service', 'before', new ServiceError('InternalServerErrorException', 'sorry')],
    ['a cut connection', 'before', 'cut'],
    ['a policy that IAM does not know yet', 'before', new ServiceError('AccessDeniedException', 'not authorized')],
    ['an answer lost after the effect', 'after', 'cut'],
  ] as const)('%s is got over', async (_, when, how) => {
    newHandle('HandleA');
    servers.cloudformation.fail('DescribeStackResource', {
      when,
      how: how instanceof ServiceError ? new ServiceError('ThrottlingException', 'slow') : how,
    });
    servers.states.fail('StartExecution', {
      when,
      how: how instanceof ServiceError ? new ServiceError('ThrottlingException', 'slow') : how,
    });
    await handler.run(eventOf('Create', properties('HandleA')));
    for (const operation of ['DescribeClusterV2', 'UpdateConnectivity']) servers.kafka.fail(operation, { when, how });
    await run();
    expect(received.map(({ body }) => body.Status)).toEqual(['SUCCESS']);
    expect(world.connectivity).toMatchObject({ publicAccess: { type: 'SERVICE_PROVIDED_EIPS' } });
  });

  test('an operation that failed is found on the pages of operations, and ends the deployment with its reason', async () => {
    newHandle('HandleA');
    await handler.run(eventOf('Create', properties('HandleA', { NetworkType: 'DUAL' })));
    world.looksAChange = 0; // The cluster is ACTIVE again at once, and has not changed.
    await run();
    expect(received[0].body).toMatchObject({
      Status: 'FAILURE',
      Reason: 'Error: NetworkType could not be changed: No no IPv6',
    });
  });

  test('a signal that is refused is delivered by the next try', async () => {
    newHandle('HandleA');
    await handler.run(eventOf('Create', properties('HandleA', { PublicAccess: 'DISABLED' })));
    refusals = 1;
    await run();
    expect(received.map(({ body }) => body.Status)).toEqual(['SUCCESS']);
  });

  test('a function that fails for good signals that too', async () => {
    newHandle('HandleA');
    await handler.run(eventOf('Create', properties('HandleA')));
    let calls = 0;
    const [input] = world.executions.values();
    const states = await runStateMachine(definition, input, async (state) => {
      if (++calls <= 7) throw new Error('out of memory');
      return (await handler.run(state)).returned as object;
    });
    expect(states).toEqual(['Look', 'GiveUp', 'Done']);
    expect(received[0].body).toMatchObject({ Status: 'FAILURE', Reason: expect.stringContaining('out of memory') });
  });
});
