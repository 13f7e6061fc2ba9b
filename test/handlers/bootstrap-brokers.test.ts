import { bootstrapBrokers } from '../../handlers/bootstrap-brokers/brokers';
import type { ClusterEndpoints } from '../../handlers/bootstrap-brokers/brokers';
import { KafkaClusters } from '../support/model-server/kafka';
import { ModelServer, ServiceError } from '../support/model-server/server';
import { HandlerProcess, runHandler } from '../support/node';
import { eventOf, FakeStack } from './cloudformation';
import { FakeClock, sdkError } from './fake-clock';

const ARN = 'arn:aws:kafka:eu-west-1:123456789012:cluster/orders/1a2b3c4d-5e6f-7081-92a3-b4c5d6e7f809-2';
const IAM = 'BootstrapBrokerStringSaslIam';
const SIX_BROKERS = { 1: 'subnet-a', 2: 'subnet-b', 3: 'subnet-c', 4: 'subnet-a', 5: 'subnet-b', 6: 'subnet-c' };

/** Writes a broker string as the service does: the same address for all brokers, save the number. */
const at = (address: string) => (ids: number[]) => ids.map((id) => `b-${id}${address}`).join(',');
const DOMAIN = 'orders.abc123.c2.kafka.eu-west-1.amazonaws.com';
const listeners = {
  bootstrapBrokerStringSaslIam: at(`.${DOMAIN}:9098`),
  bootstrapBrokerStringSaslScram: at(`.${DOMAIN}:9096`),
  bootstrapBrokerStringTls: at(`.${DOMAIN}:9094`),
  bootstrapBrokerString: at(`.${DOMAIN}:9092`),
  bootstrapBrokerStringPublicSaslIam: at(`-public.${DOMAIN}:9198`),
  bootstrapBrokerStringSaslIamIpv6: at(`-ipv6.${DOMAIN}:20098`),
  bootstrapBrokerStringVpcConnectivitySaslIam: (ids: number[]) =>
    ids.map((id) => `b-${id}.iam.${DOMAIN}:${14000 + id}`).join(','),
};
const IAM_STRING = `b-1.${DOMAIN}:9098,b-2.${DOMAIN}:9098,b-3.${DOMAIN}:9098`;

function endpointsOf(strings: Record<string, string>, brokers: Record<number, string> = SIX_BROKERS) {
  const nodes = Object.entries(brokers).map(([id, ClientSubnet]) => ({
    BrokerNodeInfo: { BrokerId: Number(id), ClientSubnet },
  }));
  return {
    bootstrapBrokers: jest.fn().mockResolvedValue({ $metadata: {}, ...strings }),
    nodes: jest.fn().mockResolvedValue({ $metadata: {}, NodeInfoList: nodes }),
  } satisfies ClusterEndpoints;
}

async function stringsOf(endpoints: ClusterEndpoints, wanted: string[], clock = new FakeClock()) {
  const properties = { ClusterArn: ARN, Listeners: wanted };
  return (await bootstrapBrokers(endpoints, clock).ensure(eventOf('Create', properties) as any)).data!;
}

describe('the choice of brokers', () => {
  test('is the same for any three of six brokers in any order', async () => {
    const strings = new Set<string>();
    let answers = 0;
    for (const ids of permutationsOf3(Object.keys(SIX_BROKERS).map(Number))) {
      answers++;
      strings.add((await stringsOf(endpointsOf({ [IAM]: at(`.${DOMAIN}:9098`)(ids) }), [IAM]))[IAM]);
    }
    expect(answers).toBe(120); // 20 choices, 6 orders each
    expect([...strings]).toEqual([IAM_STRING]);
  });

  test('is the lowest id of each zone, whatever the ids are, and goes by number', async () => {
    const brokers = { 12: 'subnet-c', 9: 'subnet-a', 10: 'subnet-b', 21: 'subnet-a', 11: 'subnet-c' };
    const data = await stringsOf(endpointsOf({ [IAM]: 'b-21.x:9098' }, brokers), [IAM]);
    expect(data[IAM]).toBe('b-9.x:9098,b-10.x:9098,b-11.x:9098');
  });

  test('names two brokers where there are two zones', async () => {
    const brokers = { 1: 'subnet-a', 2: 'subnet-b', 3: 'subnet-a', 4: 'subnet-b' };
    const data = await stringsOf(endpointsOf({ [IAM]: 'b-3.x:9098,b-4.x:9098,b-1.x:9098' }, brokers), [IAM]);
    expect(data[IAM]).toBe('b-1.x:9098,b-2.x:9098');
  });

  test('reads all pages of nodes, and skips those that are no brokers', async () => {
    const endpoints = endpointsOf({ [IAM]: 'b-2.x:9098' });
    endpoints.nodes.mockImplementation(async (_, token) =>
      token
        ? { NodeInfoList: [{ BrokerNodeInfo: { BrokerId: 1, ClientSubnet: 'a' } }] }
        : { NodeInfoList: [{ ControllerNodeInfo: {} }, { ZookeeperNodeInfo: {} }], NextToken: 'more' },
    );
    expect((await stringsOf(endpoints, [IAM]))[IAM]).toBe('b-1.x:9098');
    expect(endpoints.nodes.mock.calls).toEqual([
      [ARN, undefined],
      [ARN, 'more'],
    ]);
  });

  test('that finds no broker fails instead of giving an empty string', async () => {
    await expect(stringsOf(endpointsOf({ [IAM]: 'b-1.x:9098' }, {}), [IAM])).rejects.toThrow('names no broker');
  });

  test('[83] all of them are named where that is asked for, beside one of each zone, with one look at the nodes', async () => {
    const endpoints = endpointsOf({ [IAM]: at(`.${DOMAIN}:9098`)([6, 2, 4]) });
    const properties = { ClusterArn: ARN, Listeners: [IAM], AllOf: [IAM] };
    const { data } = await bootstrapBrokers(endpoints, new FakeClock()).ensure(eventOf('Create', properties) as any);
    const all = [1, 2, 3, 4, 5, 6].map((id) => `b-${id}.${DOMAIN}:9098`).join(',');
    expect(data).toEqual({ [IAM]: IAM_STRING, [`All${IAM}`]: all });
    expect(endpoints.nodes).toHaveBeenCalledTimes(1);
    const unlisted = { ClusterArn: ARN, Listeners: [], AllOf: ['BootstrapBrokerStringTls'] };
    await expect(
      bootstrapBrokers(endpoints, new FakeClock()).ensure(eventOf('Create', unlisted) as any),
    ).rejects.toThrow('the cluster does not offer BootstrapBrokerStringTls');
  });

  test('[77] writes public names with their own host and port', async () => {
    const listener = 'BootstrapBrokerStringPublicSaslIam';
    const endpoints = endpointsOf({ [listener]: `b-6-public.${DOMAIN}:9198,b-4-public.${DOMAIN}:9198` });
    expect((await stringsOf(endpoints, [listener]))[listener]).toBe(
      `b-1-public.${DOMAIN}:9198,b-2-public.${DOMAIN}:9198,b-3-public.${DOMAIN}:9198`,
    );
  });

  test.each([
    ['by broker', 'b-3.x:14003,b-1.x:14001,b-10.x:14010', 'b-1.x:14001,b-3.x:14003,b-10.x:14010'],
    ['even if only one broker is named', 'b-3.x:14003', 'b-3.x:14003'],
  ])('[78] leaves multi-VPC names as returned, since ports differ %s', async (_, returned, expected) => {
    const listener = 'BootstrapBrokerStringVpcConnectivityTls';
    const endpoints = endpointsOf({ [listener]: returned });
    expect((await stringsOf(endpoints, [listener]))[listener]).toBe(expected);
    expect(endpoints.nodes).not.toHaveBeenCalled();
  });

  test('leaves names as returned wherever they differ in more than the number', async () => {
    const endpoints = endpointsOf({ [IAM]: 'b-2.x:9098,b-1.y:9098' });
    expect((await stringsOf(endpoints, [IAM]))[IAM]).toBe('b-1.y:9098,b-2.x:9098');
  });

  test('[79] takes the endpoint of a serverless cluster as it is, without asking for nodes', async () => {
    const endpoint = 'boot-6bjt8r1b.c2.kafka-serverless.eu-west-1.amazonaws.com:9098';
    const endpoints = endpointsOf({ [IAM]: endpoint });
    expect(await stringsOf(endpoints, [IAM])).toEqual({ [IAM]: endpoint });
    expect(endpoints.nodes).not.toHaveBeenCalled();
  });

  test('[76] gives exactly the listeners asked for, and asks for nodes once', async () => {
    const endpoints = endpointsOf({
      BootstrapBrokerString: 'b-4.x:9092',
      BootstrapBrokerStringTls: 'b-4.x:9094',
      BootstrapBrokerStringSaslScram: 'b-4.x:9096',
      [IAM]: 'b-4.x:9098',
    });
    expect(await stringsOf(endpoints, [IAM, 'BootstrapBrokerStringSaslScram'])).toEqual({
      [IAM]: 'b-1.x:9098,b-2.x:9098,b-3.x:9098',
      BootstrapBrokerStringSaslScram: 'b-1.x:9096,b-2.x:9096,b-3.x:9096',
    });
    expect(endpoints.nodes).toHaveBeenCalledTimes(1);
  });
});

describe('a listener that does not exist', () => {
  test.each([
    ['BootstrapBrokerStringSaslScram', 'SASL/SCRAM authentication of the cluster'],
    ['BootstrapBrokerStringTls', 'mutual TLS authentication or unauthenticated access over TLS of the cluster'],
    ['BootstrapBrokerString', 'plaintext traffic and unauthenticated access of the cluster'],
    ['BootstrapBrokerStringPublicSaslScram', 'SASL/SCRAM authentication of the cluster with public access'],
    ['BootstrapBrokerStringVpcConnectivitySaslIam', 'IAM authentication of the cluster with multi-VPC connectivity'],
    ['BootstrapBrokerStringSaslIamIpv6', 'IAM authentication of the cluster with the network type DUAL'],
  ])('%s is named, with those that exist and what to turn on', async (listener, fix) => {
    const clock = new FakeClock();
    await expect(stringsOf(endpointsOf({ [IAM]: 'b-1.x:9098' }), [IAM, listener], clock)).rejects.toMatchObject({
      name: 'MissingListener',
      message: `the cluster does not offer ${listener}, only ${IAM}: turn on ${fix}`,
    });
    expect(clock.time).toBe(0);
  });

  test('an empty member is as good as none', async () => {
    const endpoints = endpointsOf({ BootstrapBrokerStringTls: '', [IAM]: 'b-1.x:9098' });
    await expect(stringsOf(endpoints, ['BootstrapBrokerStringTls'])).rejects.toThrow(`only ${IAM}:`);
    await expect(stringsOf(endpointsOf({}), [IAM])).rejects.toThrow('only nothing:');
  });
});

describe('patience with', () => {
  const denied = sdkError('AccessDeniedException', 'User is not authorized to perform: kafka:GetBootstrapBrokers');

  test('[82] a policy that IAM learns of after a minute', async () => {
    const clock = new FakeClock();
    const endpoints = endpointsOf({ [IAM]: 'b-1.x:9098' });
    const answer = await endpoints.bootstrapBrokers();
    endpoints.bootstrapBrokers.mockImplementation(async () => {
      if (clock.time < 60_000) throw denied;
      return answer;
    });
    await expect(stringsOf(endpoints, [IAM], clock)).resolves.toHaveProperty(IAM);
    expect(clock.time).toBeGreaterThanOrEqual(60_000);
    expect(clock.time).toBeLessThanOrEqual(70_000);
  });

  test('a denial for good ends after two minutes, with the words of the service', async () => {
    for (const call of ['bootstrapBrokers', 'nodes'] as const) {
      const clock = new FakeClock();
      const endpoints = endpointsOf({ [IAM]: 'b-1.x:9098' });
      endpoints[call].mockRejectedValue(denied);
      await expect(stringsOf(endpoints, [IAM], clock)).rejects.toBe(denied);
      expect(clock.time).toBe(120_000);
    }
  });
});

describe('the bundle, against the service model', () => {
  const clusters = new KafkaClusters();
  let server: ModelServer;
  let handler: HandlerProcess;
  let stack: FakeStack;

  beforeAll(async () => {
    server = await ModelServer.start('kafka', clusters.behaviours);
    handler = await HandlerProcess.start('bootstrap-brokers', { AWS_ENDPOINT_URL: server.endpoint });
  }, 120_000);
  afterAll(async () => {
    await handler.stop();
    await server.stop();
  });
  beforeEach(() => {
    server.forget();
    clusters.clear();
    clusters.put({ arn: ARN, brokers: SIX_BROKERS, listeners });
    clusters.pick = () => [5, 3, 4];
    stack = new FakeStack(handler);
  });
  afterEach(() => expect(server.violations).toEqual([]));

  const outcomes = (operation: string) =>
    server.calls.filter((call) => call.operation === operation).map(({ outcome }) => outcome);

  test('create', async () => {
    const { response, stdout, error } = await handler.run(eventOf('Create', { ClusterArn: ARN, Listeners: [IAM] }));
    expect(response).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: `${ARN}/bootstrap-brokers`,
      Data: { [IAM]: IAM_STRING },
    });
    expect(outcomes('GetBootstrapBrokers')).toEqual(['ok']);
    expect(outcomes('ListNodes')).toEqual(['ok', 'ok']); // two pages
    expect(stdout).toContain('"status":"SUCCESS"');
    expect(stdout).not.toMatch(/canary-signature|amazonaws\.com:9098/);
    expect(error).toBeUndefined();
  });

  test('update without a change gives the same, whichever brokers the service names', async () => {
    const properties = { ClusterArn: ARN, Listeners: [IAM] };
    const { response: created } = await handler.run(eventOf('Create', properties));
    clusters.pick = () => [6, 1, 2];
    const details = { PhysicalResourceId: created!.PhysicalResourceId, OldResourceProperties: properties };
    const { response: updated } = await handler.run(eventOf('Update', properties, details));
    expect(updated!.Data).toEqual(created!.Data);
    expect(updated!.PhysicalResourceId).toBe(created!.PhysicalResourceId);
  });

  test('update after another listener was turned on shows it, and brokers that were added change nothing', async () => {
    const only = { bootstrapBrokerStringSaslIam: listeners.bootstrapBrokerStringSaslIam };
    const scram = 'BootstrapBrokerStringSaslScram';
    clusters.put({ arn: ARN, brokers: { 1: 'subnet-a', 2: 'subnet-b', 3: 'subnet-c' }, listeners: only });
    clusters.pick = (ids) => ids;
    await stack.deploy({ Brokers: { ClusterArn: ARN, Listeners: [IAM], Authentication: ['IAM'], Brokers: '3' } });
    clusters.put({ arn: ARN, brokers: SIX_BROKERS, listeners });
    clusters.pick = () => [6, 5, 4];
    const changed = { ClusterArn: ARN, Listeners: [IAM, scram], Authentication: ['IAM', 'SCRAM'], Brokers: '6' };
    expect(await stack.deploy({ Brokers: changed })).toBe('COMPLETE');
    expect(stack.answers.map(({ Data }) => Data)).toEqual([
      { [IAM]: IAM_STRING },
      { [IAM]: IAM_STRING, [scram]: IAM_STRING.replaceAll('9098', '9096') },
    ]);
    expect(new Set(stack.answers.map(({ PhysicalResourceId }) => PhysicalResourceId)).size).toBe(1);
  });

  test('update to another cluster replaces, and the old one is let go without a call', async () => {
    const other = ARN.replace('orders', 'others');
    clusters.put({ arn: other, brokers: SIX_BROKERS, listeners });
    await stack.deploy({ Brokers: { ClusterArn: ARN, Listeners: [IAM] } });
    server.forget();
    await stack.deploy({ Brokers: { ClusterArn: other, Listeners: [IAM] } });
    expect(stack.answers.map(({ PhysicalResourceId }) => PhysicalResourceId)).toEqual(
      [ARN, other, ARN].map((arn) => `${arn}/bootstrap-brokers`),
    );
    expect(server.calls.every(({ input }) => input.clusterArn === other)).toBe(true);
  });

  test.each([
    ['delete', `${ARN}/bootstrap-brokers`],
    ['delete of something gone', `${ARN.replace('orders', 'gone')}/bootstrap-brokers`],
    ['delete of something never made', 'app-Brokers-1ABCDEF'], // what CloudFormation invents after a time-out
  ])('%s is a success without any call', async (_, PhysicalResourceId) => {
    const event = eventOf('Delete', { ClusterArn: ARN, Listeners: [IAM] }, { PhysicalResourceId });
    expect((await handler.run(event)).response).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId });
    expect(server.calls).toEqual([]);
  });

  test('a failed create says why, rolls back without any call, and works when tried again', async () => {
    const listener = 'BootstrapBrokerStringPublicTls';
    expect(await stack.deploy({ Brokers: { ClusterArn: ARN, Listeners: [listener] } })).toBe('ROLLBACK_COMPLETE');
    expect(stack.answers[0].Reason).toMatch(
      /^MissingListener: the cluster does not offer BootstrapBrokerStringPublicTls, only Bootstrap.*: turn on /,
    );
    expect(server.count('GetBootstrapBrokers')).toBe(1);
    expect(await stack.deploy({ Brokers: { ClusterArn: ARN, Listeners: [IAM] } })).toBe('COMPLETE');
  });

  test('a failed update rolls back to what there was', async () => {
    await stack.deploy({ Brokers: { ClusterArn: ARN, Listeners: [IAM] } });
    const missing = { ClusterArn: ARN, Listeners: ['BootstrapBrokerStringPublicTls'] };
    expect(await stack.deploy({ Brokers: missing })).toBe('ROLLBACK_COMPLETE');
    expect(stack.answers.map(({ Status }) => Status)).toEqual(['SUCCESS', 'FAILED', 'SUCCESS']);
    expect(stack.answers[2].Data).toEqual(stack.answers[0].Data);
  });

  test('a repeated event gets the same answer', async () => {
    const event = eventOf('Create', { ClusterArn: ARN, Listeners: [IAM] });
    expect((await handler.run(event)).response).toEqual((await handler.run(event)).response);
  });

  test.each([
    ['throttling before the effect', 'before', new ServiceError('TooManyRequestsException', 'Rate exceeded')],
    ['trouble inside the service', 'before', new ServiceError('InternalServerErrorException', 'sorry')],
    ['a cut connection', 'before', 'cut'],
    ['an answer lost after the effect', 'after', 'cut'],
    ['[82] a policy that IAM does not know yet', 'before', new ServiceError('AccessDeniedException', 'not authorized')],
    ['[82] the same by the name of the model', 'before', new ServiceError('ForbiddenException', 'not authorized')],
  ] as const)('%s is waited out', async (_, when, how) => {
    server.fail('GetBootstrapBrokers', { when, how });
    server.fail('ListNodes', { when, how });
    const { response } = await handler.run(eventOf('Create', { ClusterArn: ARN, Listeners: [IAM] }));
    expect(response).toMatchObject({ Status: 'SUCCESS', Data: { [IAM]: IAM_STRING } });
    expect(outcomes('GetBootstrapBrokers')).toEqual([expect.not.stringMatching(/^ok$/), 'ok']);
    expect(outcomes('ListNodes')).toHaveLength(3); // one fault, two pages
  });

  test('a cluster that is gone fails at once', async () => {
    clusters.clear();
    const { response } = await handler.run(eventOf('Create', { ClusterArn: ARN, Listeners: [IAM] }));
    expect(response).toMatchObject({
      Status: 'FAILED',
      Reason: "NotFoundException: The requested resource doesn't exist.",
    });
    expect(server.calls).toHaveLength(1);
  });

  test('a service that never answers is a failure before Lambda stops the function', async () => {
    server.fail('GetBootstrapBrokers', { when: 'before', how: 'hang' });
    const event = eventOf('Create', { ClusterArn: ARN, Listeners: [IAM] });
    const { response } = await runHandler({
      bundle: 'bootstrap-brokers',
      event,
      env: { AWS_ENDPOINT_URL: server.endpoint },
      timeoutMs: 15_200,
    });
    expect(response).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('is not done') });
  });

  test('an answer that is refused is delivered again', async () => {
    const event = eventOf('Create', { ClusterArn: ARN, Listeners: [IAM] });
    const { response, error } = await handler.run(event, { refusedAnswers: 1 });
    expect(response?.Status).toBe('SUCCESS');
    expect(error).toBeUndefined();
  });

  test('[79] a serverless cluster has one endpoint', async () => {
    const endpoint = 'boot-6bjt8r1b.c2.kafka-serverless.eu-west-1.amazonaws.com:9098';
    clusters.put({ arn: ARN, brokers: {}, listeners: { bootstrapBrokerStringSaslIam: () => endpoint } });
    const { response } = await handler.run(eventOf('Create', { ClusterArn: ARN, Listeners: [IAM] }));
    expect(response!.Data).toEqual({ [IAM]: endpoint });
    expect(outcomes('ListNodes')).toEqual([]);
  });

  test('the answer for seven listeners of thirty brokers with the longest of names is within 4096 bytes', async () => {
    const name = 'o'.repeat(64);
    const arn = ARN.replace('orders', name);
    const brokers = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [i + 1, `subnet-${i % 3}`]));
    const long = Object.entries(listeners).map(([member, answer]): [string, typeof answer] => [
      member,
      (ids) => answer(ids).replaceAll('orders', name).replaceAll('eu-west-1', 'ap-southeast-2'),
    ]);
    clusters.put({ arn, brokers, listeners: Object.fromEntries(long) });
    const Listeners = Object.keys(listeners).map((member) => member.replace(/^b/, 'B'));
    const { response } = await handler.run(eventOf('Create', { ClusterArn: arn, Listeners }));
    expect(response?.Status).toBe('SUCCESS');
    expect(Object.keys(response!.Data!)).toEqual(Listeners);
    expect(Buffer.byteLength(JSON.stringify(response))).toBeLessThan(4096);
  });
});

function permutationsOf3(ids: number[]): number[][] {
  const others = (...taken: number[]) => ids.filter((id) => !taken.includes(id));
  return ids.flatMap((a) => others(a).flatMap((b) => others(a, b).map((c) => [a, b, c])));
}
