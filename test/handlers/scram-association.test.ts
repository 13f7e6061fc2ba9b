import { scramAssociation } from '../../handlers/scram-association/association';
import type { ScramSecrets } from '../../handlers/scram-association/association';
import { ModelServer, ServiceError } from '../support/model-server/server';
import { HandlerProcess } from '../support/node';
import { eventOf, FakeStack } from './cloudformation';
import { FakeClock, sdkError } from './fake-clock';

const ARN = 'arn:aws:kafka:eu-west-1:123456789012:cluster/orders/1a2b3c4d-5e6f-7081-92a3-b4c5d6e7f809-2';
const secret = (name: string | number) =>
  `arn:aws:secretsmanager:eu-west-1:123456789012:secret:AmazonMSK_${name}-a1b2c3`;
const THEIRS = secret('theirs');

describe('[35] the association, in time', () => {
  function cluster(states: string[] = ['ACTIVE']) {
    const there = new Set([THEIRS]);
    const calls: string[][] = [];
    const secrets: ScramSecrets = {
      state: async () => (states.length > 1 ? states.shift() : states[0]),
      list: async () => [...there],
      associate: async (_, arns) => {
        calls.push(arns);
        arns.forEach((arn) => there.add(arn));
        return [];
      },
      disassociate: async (_, arns) => {
        calls.push(arns);
        arns.forEach((arn) => there.delete(arn));
        return [];
      },
    };
    return { there, calls, secrets };
  }
  const create = (secrets: ScramSecrets, SecretArns: string[], clock = new FakeClock()) =>
    scramAssociation(secrets, clock).ensure(eventOf('Create', { ClusterArn: ARN, SecretArns }) as any);

  test('is done ten at a time', async () => {
    const { secrets, calls } = cluster();
    await create(
      secrets,
      Array.from({ length: 23 }, (_, i) => secret(i)),
    );
    expect(calls.map(({ length }) => length)).toEqual([10, 10, 3]);
  });

  test('waits for an ACTIVE cluster before each call, and until it is ACTIVE again', async () => {
    const { secrets, calls } = cluster(['UPDATING', 'ACTIVE', 'UPDATING', 'ACTIVE', 'UPDATING', 'UPDATING', 'ACTIVE']);
    const clock = new FakeClock();
    await create(secrets, [secret(1)], clock);
    expect(calls).toHaveLength(1);
    expect(clock.pauses).toEqual([5000, 5000, 5000, 5000]);
  });

  test('gives up after twelve minutes, and says in which state the cluster is', async () => {
    const clock = new FakeClock();
    await expect(create(cluster(['MAINTENANCE']).secrets, [secret(1)], clock)).rejects.toThrow(
      'the cluster is still MAINTENANCE after 12 minutes',
    );
    expect(clock.time).toBe(12 * 60_000);
  });

  test('a secret that can not be read yet is tried again, and only that one', async () => {
    const { secrets, calls } = cluster();
    const associate = secrets.associate.bind(secrets);
    let tries = 0;
    secrets.associate = async (arn, arns) => {
      const [first, ...others] = arns;
      if (++tries > 2) return associate(arn, arns);
      if (others.length) await associate(arn, others);
      const ErrorMessage = "Amazon MSK wasn't able to access the provided secret.";
      return [{ SecretArn: first, ErrorCode: 'BadRequest', ErrorMessage }];
    };
    await create(secrets, [secret(1), secret(2)]);
    expect(calls).toEqual([[secret(2)], [secret(1)]]);
  });

  test('a secret that is refused is an answer with its ARN and the reason, though the service says success', async () => {
    const { secrets } = cluster();
    const ErrorMessage = "Secret names must have the prefix 'AmazonMSK_'";
    secrets.associate = async (_, [SecretArn]) => [{ SecretArn, ErrorCode: 'InvalidSecretArn', ErrorMessage }];
    const clock = new FakeClock();
    await expect(create(secrets, [secret(1)], clock)).rejects.toMatchObject({
      name: 'UnprocessedScramSecrets',
      message: `not associated: ${secret(1)}: InvalidSecretArn: ${ErrorMessage}`,
    });
    expect(clock.time).toBe(0);
  });

  test('a denial for good ends after two minutes, with the words of the service', async () => {
    const { secrets } = cluster();
    const denied = sdkError('AccessDeniedException', 'not authorized to perform: kms:CreateGrant');
    secrets.associate = () => Promise.reject(denied);
    const clock = new FakeClock();
    await expect(create(secrets, [secret(1)], clock)).rejects.toBe(denied);
    expect(clock.time).toBe(120_000);
  });
});

describe('the bundle, against the service model', () => {
  const world = {
    state: 'ACTIVE' as string | undefined,
    there: [] as string[],
    refused: undefined as string | undefined,
  };
  let server: ModelServer;
  let handler: HandlerProcess;
  let stack: FakeStack;

  const found = () => {
    if (world.state === undefined) throw new ServiceError('NotFoundException', 'no such cluster');
  };

  beforeAll(async () => {
    server = await ModelServer.start('kafka', {
      DescribeClusterV2: () => {
        found();
        return { clusterInfo: { clusterArn: ARN, state: world.state } };
      },
      ListScramSecrets: ({ nextToken }) => {
        found();
        const from = Number(nextToken ?? 0);
        const more = from + 2 < world.there.length ? { nextToken: String(from + 2) } : {};
        return { secretArnList: world.there.slice(from, from + 2), ...more };
      },
      BatchAssociateScramSecret: ({ secretArnList }) => {
        if (secretArnList.length > 10) throw new ServiceError('BadRequestException', 'at most 10');
        const refused = secretArnList.filter((arn: string) => arn === world.refused);
        world.there.push(...secretArnList.filter((arn: string) => arn !== world.refused && !world.there.includes(arn)));
        return {
          clusterArn: ARN,
          unprocessedScramSecrets: refused.map((secretArn: string) => ({
            secretArn,
            errorCode: 'Invalid',
            errorMessage: 'no',
          })),
        };
      },
      BatchDisassociateScramSecret: ({ secretArnList }) => {
        const unknown = secretArnList.filter((arn: string) => !world.there.includes(arn));
        if (unknown.length) throw new ServiceError('BadRequestException', 'not associated');
        world.there = world.there.filter((arn) => !secretArnList.includes(arn));
        return { clusterArn: ARN, unprocessedScramSecrets: [] };
      },
    });
    handler = await HandlerProcess.start('scram-association', { AWS_ENDPOINT_URL: server.endpoint });
  }, 120_000);
  afterAll(async () => {
    await handler.stop();
    await server.stop();
  });
  beforeEach(() => {
    server.forget();
    Object.assign(world, { state: 'ACTIVE', there: [THEIRS, secret('x'), secret('y')], refused: undefined });
    stack = new FakeStack(handler);
  });
  afterEach(() => expect(server.violations).toEqual([]));

  const users = (...names: (string | number)[]) => ({ Users: { ClusterArn: ARN, SecretArns: names.map(secret) } });
  const changes = () => server.calls.filter(({ operation }) => operation.startsWith('Batch'));

  test('create associates, and leaves what is there alone', async () => {
    expect(await stack.deploy(users('a', 'b'))).toBe('COMPLETE');
    expect(world.there).toEqual([THEIRS, secret('x'), secret('y'), secret('a'), secret('b')]);
  });

  test('create of what is associated already changes nothing', async () => {
    await stack.deploy(users('x'));
    expect(changes()).toEqual([]);
  });

  test('update associates what is new, and disassociates what is gone', async () => {
    await stack.deploy(users('a', 'b'));
    await stack.deploy(users('b', 'c'));
    expect(world.there).toEqual([THEIRS, secret('x'), secret('y'), secret('b'), secret('c')]);
  });

  test('update without a change does nothing', async () => {
    const properties = users('a').Users;
    await handler.run(eventOf('Create', properties));
    server.forget();
    const details = { PhysicalResourceId: `${ARN}/scram-association`, OldResourceProperties: properties };
    expect((await handler.run(eventOf('Update', properties, details))).response?.Status).toBe('SUCCESS');
    expect(changes()).toEqual([]);
  });

  test('[34] delete disassociates its own and no other', async () => {
    await stack.deploy(users('a', 'b'));
    await stack.destroy();
    expect(world.there).toEqual([THEIRS, secret('x'), secret('y')]);
  });

  test.each([
    ['a cluster that is gone', () => (world.state = undefined)],
    ['a cluster that goes', () => (world.state = 'DELETING')],
    ['secrets that nobody associates any more', () => (world.there = [THEIRS])],
  ])('delete with %s is a success', async (_, change) => {
    await stack.deploy(users('a'));
    change();
    await stack.destroy();
    expect(stack.answers.at(-1)?.Status).toBe('SUCCESS');
  });

  test('update to another cluster replaces: the old one is let go', async () => {
    await stack.deploy(users('a'));
    await stack.deploy({ Users: { ClusterArn: ARN.replace('orders', 'others'), SecretArns: [secret('a')] } });
    expect(stack.answers.map(({ PhysicalResourceId }) => PhysicalResourceId)).toEqual(
      ['orders', 'others', 'orders'].map((name) => `${ARN.replace('orders', name)}/scram-association`),
    );
  });

  test('a failed create takes back what it has done', async () => {
    world.refused = secret('b');
    expect(await stack.deploy(users('a', 'b'))).toBe('ROLLBACK_COMPLETE');
    expect(stack.answers[0].Reason).toContain(`not associated: ${secret('b')}: Invalid: no`);
    expect(world.there).toEqual([THEIRS, secret('x'), secret('y')]);
  });

  test('a failed update rolls back to what there was', async () => {
    await stack.deploy(users('a', 'c'));
    world.refused = secret('b');
    expect(await stack.deploy(users('a', 'b'))).toBe('ROLLBACK_COMPLETE');
    expect(world.there.sort()).toEqual([THEIRS, secret('x'), secret('y'), secret('a'), secret('c')].sort());
  });

  test('a delete of what was never made does nothing', async () => {
    const event = eventOf('Delete', users('never').Users, { PhysicalResourceId: 'failed-create/1' });
    expect((await handler.run(event)).response?.Status).toBe('SUCCESS');
    expect(changes()).toEqual([]);
  });

  test('a repeated event gets the same answer', async () => {
    const event = eventOf('Create', users('a').Users);
    expect((await handler.run(event)).response).toEqual((await handler.run(event)).response);
    expect(changes()).toHaveLength(1);
  });

  test.each([
    ['throttling', 'before', new ServiceError('TooManyRequestsException', 'Rate exceeded')],
    ['trouble inside the service', 'before', new ServiceError('InternalServerErrorException', 'sorry')],
    ['a cut connection', 'before', 'cut'],
    ['an answer lost after the effect', 'after', 'cut'],
    ['a policy that IAM does not know yet', 'before', new ServiceError('AccessDeniedException', 'not authorized')],
  ] as const)('%s is waited out', async (_, when, how) => {
    for (const operation of ['DescribeClusterV2', 'ListScramSecrets', 'BatchAssociateScramSecret']) {
      server.fail(operation, { when, how });
    }
    expect(await stack.deploy(users('a'))).toBe('COMPLETE');
    expect(world.there).toContain(secret('a'));
  });

  test('a service that never answers is a failure before Lambda stops the function', async () => {
    server.fail('DescribeClusterV2', { when: 'before', how: 'hang' });
    const { response } = await handler.run(eventOf('Create', users('a').Users), { timeoutMs: 15_200 });
    expect(response).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('is not done') });
  });
});
