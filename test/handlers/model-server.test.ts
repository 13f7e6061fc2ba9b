import { KafkaClusters } from '../support/model-server/kafka';
import { MacieAccount } from '../support/model-server/macie';
import { ModelServer, ServiceError } from '../support/model-server/server';
import type { Behaviours } from '../support/model-server/server';

let server: ModelServer;
afterEach(() => server.stop());

const ARN = 'arn:aws:kafka:eu-west-1:123456789012:cluster/orders/1a2b-3';

async function call(method: string, path: string, body?: object) {
  const response = await fetch(server.endpoint + path, { method, body: body && JSON.stringify(body) });
  const json: any = await response.json();
  return { status: response.status, error: response.headers.get('x-amzn-errortype'), ...json };
}

function start(service: Parameters<typeof ModelServer.start>[0], behaviours: Behaviours) {
  return ModelServer.start(service, behaviours).then((started) => (server = started));
}

const topic = (more: object) => call('POST', `/v1/clusters/${encodeURIComponent(ARN)}/topics`, more);

describe('a server of a service model', () => {
  test('gathers what path, query and body say, and records it', async () => {
    await start('kafka', { ListTopics: () => ({ topics: [] }), CreateTopic: () => ({}) });
    await call('GET', `/v1/clusters/${encodeURIComponent(ARN)}/topics?maxResults=7&topicNameFilter=a%2Bb`);
    await topic({ topicName: 'paid', partitionCount: 3, replicationFactor: 3 });
    expect(server.calls).toEqual([
      { operation: 'ListTopics', input: { clusterArn: ARN, maxResults: 7, topicNameFilter: 'a+b' }, outcome: 'ok' },
      {
        operation: 'CreateTopic',
        input: { clusterArn: ARN, topicName: 'paid', partitionCount: 3, replicationFactor: 3 },
        outcome: 'ok',
      },
    ]);
    expect(server.violations).toEqual([]);
  });

  test.each([
    ['a missing member', { topicName: 'paid', partitionCount: 3 }, '.replicationFactor: missing'],
    [
      'a wrong type',
      { topicName: 'paid', partitionCount: '3', replicationFactor: 3 },
      '.partitionCount: not an integer',
    ],
    [
      'a number too small',
      { topicName: 'paid', partitionCount: 0, replicationFactor: 3 },
      '.partitionCount: 0 is below 1',
    ],
    ['an unknown member', { topicName: 'paid', partitionCount: 1, replicationFactor: 3, x: 1 }, '.x: not in the model'],
  ])('refuses %s with its path', async (_, body, problem) => {
    await start('kafka', { CreateTopic: () => ({}) });
    expect(await topic(body)).toMatchObject({ status: 400, message: expect.stringContaining(problem) });
    expect(server.violations).toEqual([`CreateTopic request: ${problem}`]);
  });

  test.each([
    ['an enum', '/macie', { status: 'ON' }, ".status: 'ON' is none of PAUSED, ENABLED"],
    [
      'a nested member',
      '/custom-data-identifiers',
      { name: 'n', regex: 'r', severityLevels: [{ occurrencesThreshold: 1 }] },
      '.severityLevels[0].severity: missing',
    ],
    [
      'a pattern',
      '/allow-lists',
      { clientToken: 't', name: 'n', criteria: { s3WordsList: { bucketName: 'B*', objectKey: 'k' } } },
      ".criteria.s3WordsList.bucketName: 'B*' does not match ^[A-Za-z0-9.\\-_]{3,255}$",
    ],
    ['a length', '/allow-lists', { clientToken: 't', name: '', criteria: { regex: 'x' } }, ".name: '' does not match"],
  ])('checks %s', async (_, path, body, problem) => {
    await start('macie2', {});
    expect(await call('POST', path, body)).toMatchObject({ status: 400, message: expect.stringContaining(problem) });
  });

  test('holds its own answers against the model too', async () => {
    await start('macie2', { GetMacieSession: () => ({ status: 'ON', frequency: 1 }) });
    expect((await call('GET', '/macie')).status).toBe(400);
    expect(server.violations[0]).toContain('GetMacieSession response: .status');
    expect(server.violations[0]).toContain('.frequency: not in the model');
  });

  test('holds the names of its errors against the model', async () => {
    await start('macie2', {
      GetMacieSession: () => {
        throw new ServiceError('TopicExistsException', 'of another service');
      },
    });
    expect((await call('GET', '/macie')).status).toBe(500);
    expect(server.violations).toEqual([expect.stringContaining('the service has no TopicExistsException')]);
  });

  test('says what it does not play, and what the service does not have', async () => {
    await start('macie2', {});
    expect(await call('GET', '/jobs/1')).toMatchObject({ status: 501, error: 'NotImplementedException' });
    expect(server.violations).toEqual([]);
    expect((await call('GET', '/nowhere')).status).toBe(404);
    expect(server.violations).toEqual(['no operation for GET /nowhere']);
  });

  test('prefers a path without placeholders, and reads headers', async () => {
    const operation = (name: string, requestUri: string) => ({
      name,
      http: { method: 'GET', requestUri },
      input: { shape: `${name}Request` },
    });
    const header = { shape: 'Number', location: 'header', locationName: 'X-Count' } as const;
    await start(
      {
        operations: { One: operation('One', '/things/{id}'), Latest: operation('Latest', '/things/latest') },
        shapes: {
          OneRequest: { type: 'structure', members: { id: { shape: 'Id', location: 'uri' } }, required: ['id'] },
          LatestRequest: { type: 'structure', members: { count: header } },
          Id: { type: 'string' },
          Number: { type: 'integer' },
        },
      },
      { One: () => ({}), Latest: () => ({}) },
    );
    await call('GET', '/things/7');
    await fetch(`${server.endpoint}/things/latest`, { headers: { 'x-count': '3' } });
    expect(server.calls).toEqual([
      { operation: 'One', input: { id: '7' }, outcome: 'ok' },
      { operation: 'Latest', input: { 'X-Count': 3 }, outcome: 'ok' },
    ]);
    expect(server.violations).toEqual([]);
  });

  test('fails before or after the effect, as often as asked, then works', async () => {
    const account = new MacieAccount();
    await start('macie2', account.behaviours);
    const throttled = new ServiceError('ThrottlingException', 'Rate exceeded');
    server.fail('EnableMacie', { when: 'before', how: throttled, times: 2 });
    server.fail('EnableMacie', { when: 'before', how: 'cut' });
    const tooMany = { status: 429, error: 'ThrottlingException', message: 'Rate exceeded' };
    expect(await call('POST', '/macie', {})).toEqual(tooMany);
    expect(await call('POST', '/macie', {})).toEqual(tooMany);
    await expect(call('POST', '/macie', {})).rejects.toThrow();
    expect(account.session).toBeUndefined();

    server.fail('EnableMacie', { when: 'after', how: 'cut' });
    await expect(call('POST', '/macie', {})).rejects.toThrow();
    expect(account.session).toEqual({ findingPublishingFrequency: 'SIX_HOURS', status: 'ENABLED' });
    expect(await call('POST', '/macie', {})).toMatchObject({ status: 409, error: 'ConflictException' });
    expect(server.count('EnableMacie')).toBe(5);
    expect(() => server.fail('EnableMacy', { when: 'before', how: 'cut' })).toThrow('no operation EnableMacy');
  });
});

test('MSK clusters show brokers, nodes in pages, and what they are', async () => {
  const clusters = new KafkaClusters();
  clusters.put({
    arn: ARN,
    brokers: { 1: 'subnet-a', 2: 'subnet-b', 3: 'subnet-c', 4: 'subnet-a' },
    listeners: { bootstrapBrokerStringTls: (ids) => ids.map((id) => `b-${id}.x:9094`).join() },
  });
  clusters.pick = () => [4, 2];
  await start('kafka', clusters.behaviours);
  const path = encodeURIComponent(ARN);
  expect(await call('GET', `/v1/clusters/${path}/bootstrap-brokers`)).toMatchObject({
    bootstrapBrokerStringTls: 'b-4.x:9094,b-2.x:9094',
  });
  const first = await call('GET', `/v1/clusters/${path}/nodes`);
  const second = await call('GET', `/v1/clusters/${path}/nodes?nextToken=${first.nextToken}`);
  expect([...first.nodeInfoList, ...second.nodeInfoList]).toHaveLength(5); // and one controller
  expect(second.nextToken).toBeUndefined();
  expect((await call('GET', `/api/v2/clusters/${path}`)).clusterInfo.clusterType).toBe('PROVISIONED');
  expect((await call('GET', '/v1/clusters/none/nodes')).error).toBe('NotFoundException');
  expect(server.violations).toEqual([]);
});
