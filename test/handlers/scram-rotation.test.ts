import { rotate, USER_TAGS } from '../../handlers/scram-rotation/rotation';
import type { Credentials, RotationEvent, Secrets } from '../../handlers/scram-rotation/rotation';
import { ModelServer, ServiceError } from '../support/model-server/server';
import { HandlerProcess } from '../support/node';
import { FakeClock } from './fake-clock';

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
const arn = (name: string) => `arn:aws:secretsmanager:eu-west-1:123456789012:secret:AmazonMSK_${name}-a1b2c3`;
const OWN = arn('bob');
const USERS = [arn('bob-1'), arn('bob-2')];
const token = (number: number) => `0a1b2c3d-0000-4000-8000-${String(number).padStart(12, '0')}`;

interface Version {
  readonly value: string;
  readonly created: number;
  stages: string[];
}

/** Secrets as Secrets Manager keeps them: a stage is on one version at a time. */
class SecretStore {
  public now = 0;
  public rotationEnabled = true;
  public readonly secrets = new Map<string, Map<string, Version>>();

  public constructor() {
    const first = { username: 'bob', password: 'first' };
    this.put(USERS[0], 'v1', first, ['AWSCURRENT']);
    this.put(USERS[1], 'v1', { username: 'bob_clone', password: 'second' }, ['AWSCURRENT']);
    this.put(OWN, 'v1', first, ['AWSCURRENT']);
  }

  public put(secretId: string, versionId: string, credentials: object, stages: string[]): void {
    const versions = this.secrets.get(secretId) ?? new Map<string, Version>();
    this.secrets.set(secretId, versions);
    const value = JSON.stringify(credentials);
    const existing = versions.get(versionId);
    if (existing && existing.value !== '' && existing.value !== value)
      throw new ServiceError('ResourceExistsException', 'it has another value');
    versions.set(versionId, { value, created: this.now, stages: existing?.stages ?? [] });
    stages.forEach((stage) => this.move(secretId, stage, versionId));
  }

  public move(secretId: string, stage: string, versionId: string): void {
    const versions = this.secrets.get(secretId)!;
    for (const [id, version] of versions) {
      if (stage === 'AWSCURRENT' && version.stages.includes(stage) && id !== versionId)
        version.stages.push('AWSPREVIOUS');
      version.stages = version.stages.filter((each) => each !== stage);
    }
    versions.get(versionId)!.stages.push(stage);
  }

  public read(secretId: string, stage: string, versionId?: string): [string, Version] | undefined {
    const found = [...(this.secrets.get(secretId) ?? [])].find(
      ([id, { stages, value }]) =>
        stages.includes(stage) && value !== '' && (versionId === undefined || id === versionId),
    );
    return found;
  }

  /** Secrets Manager makes the version, without a value, before it calls the function. */
  public begin(versionId: string): void {
    this.secrets.get(OWN)!.set(versionId, { value: '', created: this.now, stages: [] });
    this.move(OWN, 'AWSPENDING', versionId);
  }

  public current(secretId: string): Credentials {
    return JSON.parse(this.read(secretId, 'AWSCURRENT')![1].value);
  }

  /** Whoever reads the own secret can log in as one of the two users. */
  public get loginWorks(): boolean {
    return this.knows(this.current(OWN));
  }

  public knows({ username, password }: Credentials): boolean {
    return USERS.map((user) => this.current(user)).some(
      (one) => one.username === username && one.password === password,
    );
  }
}

describe('[193] a rotation, in time', () => {
  let store: SecretStore;
  let clock: FakeClock;
  beforeEach(() => {
    store = new SecretStore();
    clock = new FakeClock();
  });

  const secrets = (): Secrets => ({
    describe: async () => ({
      rotationEnabled: store.rotationEnabled,
      versions: Object.fromEntries([...store.secrets.get(OWN)!].map(([id, { stages }]) => [id, stages])),
      tags: Object.fromEntries(USER_TAGS.map((tag, index) => [tag, USERS[index]])),
    }),
    read: async (secretId, stage, versionId) => {
      const [id, version] = store.read(secretId, stage, versionId) ?? [];
      return version && { credentials: JSON.parse(version.value), versionId: id!, created: version.created };
    },
    put: async (secretId, versionId, credentials, stage) => {
      store.now = clock.time;
      store.put(secretId, versionId, credentials, [stage]);
    },
    moveCurrent: async (secretId, to) => store.move(secretId, 'AWSCURRENT', to),
  });
  const step = (Step: RotationEvent['Step'], number = 1) =>
    rotate({ SecretId: OWN, ClientRequestToken: token(number), Step }, secrets(), clock);

  test('clients read right credentials after every step, and those of the rotation before stay right', async () => {
    const seen: Credentials[] = [store.current(OWN)];
    for (let number = 1; number <= 5; number++) {
      store.begin(token(number));
      for (const each of STEPS) {
        await step(each, number);
        expect([number, each, store.loginWorks]).toEqual([number, each, true]);
        // Who has read the secret before the last rotation is let in until the next but one.
        expect(store.knows(seen.at(-1)!)).toBe(true);
      }
      seen.push(store.current(OWN));
    }
    expect(seen.map(({ username }) => username)).toEqual(['bob', 'bob_clone', 'bob', 'bob_clone', 'bob', 'bob_clone']);
    expect(new Set(seen.map(({ password }) => password)).size).toBe(6);
    expect(seen[1].password).toMatch(/^[0-9a-f]{48}$/);
  });

  test('the secret names the user when the cluster has had eleven minutes to read the password, not before', async () => {
    store.begin(token(1));
    await step('createSecret');
    await step('setSecret');
    clock.time += 60_000; // the time between the steps counts
    await step('testSecret');
    expect(clock.pauses).toEqual([10 * 60_000]);
    expect(store.current(OWN).username).toBe('bob');
    await step('testSecret');
    expect(clock.pauses.at(-1)).toBe(0);
  });

  test('every step may be repeated', async () => {
    store.begin(token(1));
    for (const each of STEPS) {
      await step(each);
      const once = JSON.stringify([...store.secrets].map(([id, versions]) => [id, [...versions]]));
      await step(each);
      expect(JSON.stringify([...store.secrets].map(([id, versions]) => [id, [...versions]]))).toBe(once);
    }
  });

  test('a rotation that broke off is taken up with the same password', async () => {
    store.begin(token(1));
    await step('createSecret');
    const password = JSON.parse(store.read(OWN, 'AWSPENDING')![1].value).password;
    await step('createSecret');
    await step('setSecret');
    expect(store.current(USERS[1]).password).toBe(password);
  });

  test('a test of a password that was not set fails', async () => {
    store.begin(token(1));
    await step('createSecret');
    await expect(step('testSecret')).rejects.toThrow('the user does not have the new password');
  });

  test.each<[string, () => unknown, string]>([
    ['without rotation', () => (store.rotationEnabled = false), 'rotation is not turned on'],
    ['without a version', () => store.secrets.get(OWN)!.delete(token(1)), 'no version for this rotation'],
    ['whose version is not pending', () => store.move(OWN, 'AWSPENDING', 'v1'), 'is not pending'],
    [
      'that names somebody else',
      () => store.put(OWN, 'v2', { username: 'eve', password: 'x' }, ['AWSCURRENT']),
      'none of its two users',
    ],
  ])('a secret %s is refused', async (_, change, message) => {
    store.begin(token(1));
    change();
    await expect(step('createSecret')).rejects.toThrow(message);
    expect(store.current(USERS[1]).password).toBe('second');
  });
});

describe('the bundle, against the service model', () => {
  let store: SecretStore;
  let server: ModelServer;
  let handler: HandlerProcess;

  beforeAll(async () => {
    server = await ModelServer.start('secretsmanager', {
      DescribeSecret: ({ SecretId }) => ({
        ARN: SecretId,
        Name: 'AmazonMSK_bob',
        RotationEnabled: true,
        VersionIdsToStages: Object.fromEntries(
          [...store.secrets.get(SecretId)!].map(([id, { stages }]) => [id, stages]),
        ),
        Tags: USER_TAGS.map((Key, index) => ({ Key, Value: USERS[index] })),
      }),
      GetSecretValue: ({ SecretId, VersionStage, VersionId }) => {
        const found = store.read(SecretId, VersionStage, VersionId);
        if (!found) throw new ServiceError('ResourceNotFoundException', 'no such version');
        return {
          ARN: SecretId,
          Name: 'AmazonMSK_bob',
          VersionId: token(9),
          SecretString: found[1].value,
          VersionStages: found[1].stages,
          CreatedDate: found[1].created / 1000,
        };
      },
      PutSecretValue: ({ SecretId, ClientRequestToken, SecretString, VersionStages }) => {
        store.put(SecretId, ClientRequestToken, JSON.parse(SecretString), VersionStages);
        return { ARN: SecretId, VersionId: ClientRequestToken };
      },
      UpdateSecretVersionStage: ({ SecretId, VersionStage, MoveToVersionId }) => {
        store.move(SecretId, VersionStage, MoveToVersionId);
        return { ARN: SecretId };
      },
    });
    handler = await HandlerProcess.start('scram-rotation', { AWS_ENDPOINT_URL_SECRETS_MANAGER: server.endpoint });
  }, 120_000);
  afterAll(async () => {
    await handler.stop();
    await server.stop();
  });
  beforeEach(() => {
    server.forget();
    store = new SecretStore();
    // The function goes by the time of the machine: these passwords are old enough for the cluster to know them.
    store.secrets.get(OWN)!.set(token(0), { ...store.secrets.get(OWN)!.get('v1')!, stages: [] });
    store.move(OWN, 'AWSCURRENT', token(0));
    store.secrets.get(OWN)!.delete('v1');
    store.begin(token(1));
  });
  afterEach(() => expect(server.violations).toEqual([]));

  const step = (Step: RotationEvent['Step']) => handler.run({ SecretId: OWN, ClientRequestToken: token(1), Step });

  async function rotation(): Promise<string> {
    let output = '';
    for (const each of STEPS) {
      const { error, stdout } = await step(each);
      if (error) throw new Error(error);
      output += stdout;
    }
    return output;
  }

  test('a rotation ends with the other user, and no password is in the log', async () => {
    const output = await rotation();
    const { username, password } = store.current(OWN);
    expect(username).toBe('bob_clone');
    expect(store.loginWorks).toBe(true);
    expect(output).not.toContain(password);
    expect(output).toContain('"step":"finishSecret"');
  });

  test.each([
    ['throttling', 'before', new ServiceError('ThrottlingException', 'Rate exceeded')],
    ['trouble inside the service', 'before', new ServiceError('ServiceUnavailableException', 'sorry')],
    ['a cut connection', 'before', 'cut'],
    ['an answer lost after the effect', 'after', 'cut'],
    ['a policy that IAM does not know yet', 'before', new ServiceError('AccessDeniedException', 'not authorized')],
  ] as const)('%s is got over', async (_, when, how) => {
    for (const operation of ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage']) {
      server.fail(operation, { when, how });
    }
    await rotation();
    expect([store.current(OWN).username, store.loginWorks]).toEqual(['bob_clone', true]);
  });

  test('any other error is the error of the function: Secrets Manager tries the rotation again', async () => {
    server.fail('DescribeSecret', { when: 'before', how: new ServiceError('InvalidParameterException', 'no') });
    expect((await step('createSecret')).error).toContain('no');
    expect(store.loginWorks).toBe(true);
  });
});
