import { KafkaClient, ListNodesCommand } from '@aws-sdk/client-kafka';
import { once } from 'events';
import * as http from 'http';
import type { AddressInfo } from 'net';
import { isAccessDenied, isTransient } from '../../handlers/shared/aws-errors';
import { clientSettings } from '../../handlers/shared/client-settings';
import { customResourceHandler } from '../../handlers/shared/custom-resource';
import type { CustomResource } from '../../handlers/shared/custom-resource';
import { macieDenial } from '../../handlers/shared/macie-denial';
import { Patience } from '../../handlers/shared/patience';
import { ModelServer } from '../support/model-server/server';
import { eventOf } from './cloudformation';
import { FakeClock, sdkError } from './fake-clock';

const puts: { body: any; bytes: number; headers: http.IncomingHttpHeaders }[] = [];
let refusals: number[] = [];
let responseUrl: string;
let logged: string;

const server = http.createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks);
  puts.push({ body: JSON.parse(text.toString()), bytes: text.length, headers: request.headers });
  response.writeHead(refusals.shift() ?? 200).end();
});

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  responseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer?X-Amz-Signature=canary`;
});
afterAll(() => server.close());

beforeEach(() => {
  puts.length = 0;
  refusals = [];
  logged = '';
  jest.spyOn(console, 'log').mockImplementation((line) => void (logged += line));
});
afterEach(() => jest.restoreAllMocks());

async function answerOf(
  resource: Partial<CustomResource<unknown>>,
  event: object,
  { clock = new FakeClock(), timeLeft = 60_000 } = {},
) {
  const handler = customResourceHandler({ ensure: fail('not expected'), ...resource }, clock);
  await handler({ ...event, ResponseURL: responseUrl } as any, { getRemainingTimeInMillis: () => timeLeft } as any);
  return puts.at(-1)!.body;
}

function fail(error: unknown): () => Promise<never> {
  return () => Promise.reject(typeof error === 'string' ? new Error(error) : error);
}

describe('the answer to CloudFormation', () => {
  test('carries what the resource found, addressed by stack, request and logical id', async () => {
    const event = eventOf('Create', { Size: '3' });
    const ensure = jest.fn().mockResolvedValue({ physicalResourceId: 'thing-1', data: { Name: 'x' } });
    expect(await answerOf({ ensure }, event)).toEqual({
      Status: 'SUCCESS',
      PhysicalResourceId: 'thing-1',
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
      Data: { Name: 'x' },
    });
    expect(ensure.mock.calls[0][0].ResourceProperties.Size).toBe('3');
    expect(puts[0].headers['content-type'] ?? '').toBe(''); // a presigned URL is signed without one
  });

  test('says name and message of whatever was thrown', async () => {
    const event = eventOf('Create', {});
    const denied = sdkError('AccessDeniedException', 'User is not authorized');
    expect(await answerOf({ ensure: fail(denied) }, event)).toMatchObject({
      Status: 'FAILED',
      Reason: 'AccessDeniedException: User is not authorized',
      StackId: event.StackId,
    });
    expect(await answerOf({ ensure: fail({}) }, event)).toMatchObject({ Status: 'FAILED', Reason: '[object Object]' });
  });

  test('is cut to 4096 bytes, beginning kept, whatever the characters', async () => {
    for (const character of ['x', '"', 'é', '😀', '\u0000']) {
      const { Reason } = await answerOf({ ensure: fail(`begin ${character.repeat(9_000)}`) }, eventOf('Create', {}));
      expect(Reason).toMatch(/^Error: begin .{500,}\.\.\.$/su);
      expect(puts.at(-1)!.bytes).toBeLessThanOrEqual(4096);
      expect(Reason).not.toContain('\uFFFD');
    }
    const short = 'x'.repeat(3_000);
    expect((await answerOf({ ensure: fail(short) }, eventOf('Create', {}))).Reason).toBe(`Error: ${short}`);
  });

  test('is a failure that says why when the attributes are too long', async () => {
    const data = { Long: 'x'.repeat(4_096) };
    const ensure = async () => ({ physicalResourceId: 'thing-1', data });
    const answer = await answerOf({ ensure }, eventOf('Create', {}));
    expect(answer.Status).toBe('FAILED');
    expect(answer.Reason).toMatch(/the answer has 4\d\d\d bytes, and CloudFormation takes 4096/);
    expect(answer.Data).toBeUndefined();
  });

  test.each([
    ['Lambda stops the function', {}, 15_010],
    ['CloudFormation stops waiting', { ServiceTimeout: '15' }, 60_000],
  ])('comes before %s, should the work hang', async (_, properties, timeLeft) => {
    const ensure = () => new Promise<never>(() => undefined);
    const answer = await answerOf({ ensure }, eventOf('Create', properties), { timeLeft });
    expect(answer).toMatchObject({ Status: 'FAILED', Reason: 'Error: the work is not done after 0 s' });
  });

  test('is delivered again until it is taken', async () => {
    refusals = [503, 500];
    const clock = new FakeClock();
    const ensure = async () => ({ physicalResourceId: 'thing-1' });
    expect((await answerOf({ ensure }, eventOf('Create', {}), { clock })).Status).toBe('SUCCESS');
    expect(puts).toHaveLength(3);
    expect(clock.pauses).toEqual([250, 1_000]);
  });

  test('that can not be delivered is an error of the function, which Lambda repeats', async () => {
    refusals = [503, 503, 503, 503];
    const ensure = async () => ({ physicalResourceId: 'thing-1' });
    await expect(answerOf({ ensure }, eventOf('Create', {}))).rejects.toThrow(/could not be delivered.*HTTP 503$/);
    expect(puts).toHaveLength(4);
  });

  test('goes to https only, loopback aside', async () => {
    const handler = customResourceHandler({ ensure: fail('x') }, new FakeClock());
    for (const ResponseURL of ['http://example.com/', 'http://127.0.0.1.example.com/', 'ftp://localhost/']) {
      const event = { ...eventOf('Create', {}), ResponseURL } as any;
      await expect(handler(event, { getRemainingTimeInMillis: () => 60_000 } as any)).rejects.toThrow('not https');
    }
    expect(puts).toHaveLength(0);
  });

  test('leaves neither its URL nor properties nor attributes in the log', async () => {
    refusals = [403, 403, 403, 403];
    const ensure = async () => ({ physicalResourceId: 'thing-1', data: { Secret: 'canary-data' } });
    await expect(answerOf({ ensure }, eventOf('Create', { Password: 'canary-property' }))).rejects.toThrow(
      /^(?!.*canary)/,
    );
    expect(logged).toContain('"status":"SUCCESS"');
    expect(logged).not.toContain('canary');
  });
});

describe('what failed', () => {
  test('to be created is deleted without the resource being asked', async () => {
    const remove = jest.fn();
    const { PhysicalResourceId } = await answerOf({ ensure: fail('no') }, eventOf('Create', {}));
    const answer = await answerOf({ remove }, eventOf('Delete', {}, { PhysicalResourceId }));
    expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId });
    expect(remove).not.toHaveBeenCalled();
  });

  test('to be created is told to a resource that finds what is left of it', async () => {
    const remove = jest.fn();
    const { PhysicalResourceId } = await answerOf({ ensure: fail('no') }, eventOf('Create', {}));
    const event = eventOf('Delete', { Name: 'x' }, { PhysicalResourceId });
    const answer = await answerOf({ remove, cleansUpFailedCreate: true }, event);
    expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId });
    expect(remove.mock.calls[0][0].ResourceProperties.Name).toBe('x');
  });

  test('to be updated or deleted keeps its physical id', async () => {
    const event = { PhysicalResourceId: 'thing-1' };
    const failed = { Status: 'FAILED', PhysicalResourceId: 'thing-1' };
    expect(await answerOf({ ensure: fail('no') }, eventOf('Update', {}, event))).toMatchObject(failed);
    expect(await answerOf({ remove: fail('no') }, eventOf('Delete', {}, event))).toMatchObject(failed);
  });

  test('a resource with nothing to undo is deleted without a word', async () => {
    const answer = await answerOf({}, eventOf('Delete', {}, { PhysicalResourceId: 'thing-1' }));
    expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'thing-1' });
  });
});

describe('patience', () => {
  const denied = sdkError('AccessDeniedException', 'not yet');

  test('repeats what is worth waiting for, with growing pauses, and gives the answer', async () => {
    const clock = new FakeClock();
    const make = jest.fn().mockRejectedValueOnce(denied).mockRejectedValueOnce(denied).mockResolvedValue('yes');
    await expect(new Patience(clock, 120_000).call(make, isAccessDenied)).resolves.toBe('yes');
    expect(clock.pauses).toHaveLength(2);
    expect(clock.pauses[0]).toBeGreaterThanOrEqual(125);
    expect(clock.pauses[0]).toBeLessThanOrEqual(250);
    expect(clock.pauses[1]).toBeGreaterThanOrEqual(250);
    expect(clock.pauses[1]).toBeLessThanOrEqual(500);
  });

  test('may have other pauses', async () => {
    const clock = new FakeClock();
    const pauses = { firstMs: 1_000, longestMs: 3_000, random: () => 0.5 };
    const make = jest.fn().mockRejectedValue(denied);
    await expect(new Patience(clock, 6_000, pauses).call(make, isAccessDenied)).rejects.toBe(denied);
    expect(clock.pauses).toEqual([750, 1_500, 2_250, 1_500]);
  });

  test('ends at the deadline, which all its calls share, with the last error', async () => {
    const clock = new FakeClock();
    const patience = new Patience(clock, 120_000);
    clock.time = 100_000;
    await expect(patience.call(fail(denied), isAccessDenied)).rejects.toBe(denied);
    expect(clock.time).toBe(120_000);
    expect(Math.max(...clock.pauses)).toBeLessThanOrEqual(10_000);
    const again = jest.fn().mockRejectedValue(denied);
    await expect(patience.call(again, isAccessDenied)).rejects.toBe(denied);
    expect(again).toHaveBeenCalledTimes(1);
  });

  test('does not wait for another error', async () => {
    const clock = new FakeClock();
    const make = fail(sdkError('ValidationException', 'never'));
    await expect(new Patience(clock, 120_000).call(make, isAccessDenied)).rejects.toThrow('never');
    expect(clock.pauses).toEqual([]);
  });
});

describe('errors', () => {
  test.each([
    ['ThrottlingException', { status: 429 }, true],
    ['Throttling', {}, true],
    ['TooManyRequestsException', {}, true],
    ['UnnamedOfTheModel', { status: 429 }, true],
    ['InternalServerException', { status: 500 }, true],
    ['ServiceUnavailableException', { status: 503 }, true],
    ['TimeoutError', {}, true],
    ['Error', { code: 'ECONNRESET' }, true],
    ['Error', { code: 'ENOTFOUND' }, false], // the service does not exist in this Region
    ['ValidationException', { status: 400 }, false],
    ['AccessDeniedException', { status: 403 }, false],
    ['TypeError', {}, false],
  ])('%s %j is transient: %s', (name, { status, code }: { status?: number; code?: string }, transient) => {
    expect(isTransient(sdkError(name, '', { code, $metadata: { httpStatusCode: status } }))).toBe(transient);
  });

  test('access is denied under two names', () => {
    expect(isAccessDenied(sdkError('AccessDeniedException', ''))).toBe(true);
    expect(isAccessDenied(sdkError('ForbiddenException', ''))).toBe(true);
    expect(isAccessDenied(sdkError('NotFoundException', ''))).toBe(false);
  });

  test.each([
    ['Macie is not enabled', 'turned-off'],
    ['User: arn:aws:sts::1:assumed-role/r/f is not authorized to perform: macie2:GetMacieSession', 'iam'],
    ['Macie is not authorized to access the S3 bucket, the KMS key, or both', 'export-destination'],
  ])('"%s" of Macie means %s', (message, denial) => {
    expect(macieDenial(sdkError('AccessDeniedException', message))).toBe(denial);
    expect(macieDenial(sdkError('ValidationException', 'no denial'))).toBeUndefined();
  });

  test('of a client that gets no answer are transient, and come long before the function ends', async () => {
    expect(clientSettings.requestHandler.requestTimeout).toBeLessThanOrEqual(10_000);
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
    const service = await ModelServer.start('kafka', {});
    const client = new KafkaClient({
      ...clientSettings,
      requestHandler: { ...clientSettings.requestHandler, requestTimeout: 1_000 },
      region: 'eu-west-1',
      endpoint: service.endpoint,
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    });
    service.fail('ListNodes', { when: 'before', how: 'hang' });
    const error = await client.send(new ListNodesCommand({ ClusterArn: 'arn' })).catch((thrown) => thrown);
    client.destroy();
    await service.stop();
    expect(error.name).toBe('TimeoutError');
    expect(isTransient(error)).toBe(true);
    expect(service.calls.map(({ outcome }) => outcome)).toEqual(['hang before the effect']); // not repeated
  });
});
