import { randomBytes } from 'crypto';
import type { Clock } from '../shared/clock';

/** What Secrets Manager sends, four times for each rotation. */
export interface RotationEvent {
  readonly SecretId: string;
  readonly ClientRequestToken: string;
  readonly Step: 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret';
}

/** What clients log in with. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface SecretVersion {
  readonly credentials: Credentials;
  readonly versionId: string;
  /** Milliseconds since 1970. */
  readonly created: number;
}

export interface SecretDescription {
  readonly rotationEnabled: boolean;
  /** Stages by version. */
  readonly versions: Record<string, string[]>;
  readonly tags: Record<string, string>;
}

/** The calls to Secrets Manager. */
export interface Secrets {
  describe(secretId: string): Promise<SecretDescription>;
  /** Undefined where there is no such version. */
  read(secretId: string, stage: string, versionId?: string): Promise<SecretVersion | undefined>;
  put(secretId: string, versionId: string, credentials: Credentials, stage: string): Promise<void>;
  moveCurrent(secretId: string, toVersion: string, fromVersion: string): Promise<void>;
}

/** The tags of the secret that clients read: the secrets of its two users, which the cluster reads. */
export const USER_TAGS = ['cdk-msk-macie:user-1', 'cdk-msk-macie:user-2'];

/**
 * The cluster takes up to ten minutes to read a changed secret.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-password-users.html
 */
const PROPAGATION_MS = 11 * 60_000;

/**
 * One step of a rotation between two users of a cluster.
 *
 * The user whom no client has been told of since the rotation before gets a new password. Only when the cluster knows it
 * do clients read it. Until the rotation after that, the password that they had goes on to be right.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 */
export async function rotate(event: RotationEvent, secrets: Secrets, clock: Clock): Promise<void> {
  const { SecretId, ClientRequestToken: token, Step } = event;
  const { rotationEnabled, versions, tags } = await secrets.describe(SecretId);
  if (!rotationEnabled) throw new Error('rotation is not turned on for the secret');
  const stages = versions[token];
  if (stages === undefined) throw new Error('the secret has no version for this rotation');
  if (stages.includes('AWSCURRENT')) return; // A step that is repeated after the last one.
  if (!stages.includes('AWSPENDING')) throw new Error('the version of this rotation is not pending');

  switch (Step) {
    case 'createSecret':
      return create(SecretId, token, userSecrets(tags), secrets);
    case 'setSecret':
      return set(await pending(SecretId, token, secrets), token, userSecrets(tags), secrets);
    case 'testSecret':
      return test(await pending(SecretId, token, secrets), userSecrets(tags), secrets, clock);
    case 'finishSecret': {
      const [current] = Object.entries(versions).find(([, of]) => of.includes('AWSCURRENT')) ?? [];
      if (current === undefined) throw new Error('the secret has no current version');
      return secrets.moveCurrent(SecretId, token, current);
    }
  }
}

function userSecrets(tags: Record<string, string>): string[] {
  return USER_TAGS.map((tag) => {
    if (!tags[tag]) throw new Error(`the secret has no tag ${tag}`);
    return tags[tag];
  });
}

async function create(secretId: string, token: string, users: string[], secrets: Secrets): Promise<void> {
  if (await secrets.read(secretId, 'AWSPENDING', token)) return;
  const current = (await secrets.read(secretId, 'AWSCURRENT'))?.credentials.username;
  const names = (await Promise.all(users.map((user) => credentialsOf(user, secrets)))).map(({ username }) => username);
  const other = names.find((name) => name !== current);
  if (other === undefined || !names.includes(current ?? '')) {
    throw new Error('the secret names none of its two users');
  }
  // Letters and digits only, as the first password: it goes into configuration files of many kinds.
  const password = randomBytes(24).toString('hex');
  await secrets.put(secretId, token, { username: other, password }, 'AWSPENDING');
}

async function set({ credentials }: SecretVersion, token: string, users: string[], secrets: Secrets): Promise<void> {
  const { secretId, version } = await userOf(credentials, users, secrets);
  if (version.credentials.password === credentials.password) return;
  await secrets.put(secretId, token, credentials, 'AWSCURRENT');
}

/** Brokers are in a VPC and Secrets Manager is not: what can be tested is that the cluster has had the time it needs. */
async function test({ credentials }: SecretVersion, users: string[], secrets: Secrets, clock: Clock): Promise<void> {
  const { version } = await userOf(credentials, users, secrets);
  if (version.credentials.password !== credentials.password) throw new Error('the user does not have the new password');
  await clock.sleep(Math.max(0, version.created + PROPAGATION_MS - clock.now()));
}

async function userOf({ username }: Credentials, users: string[], secrets: Secrets) {
  for (const secretId of users) {
    const version = await secrets.read(secretId, 'AWSCURRENT');
    if (version?.credentials.username === username) return { secretId, version };
  }
  throw new Error('none of the two secrets is of the user of this rotation');
}

async function pending(secretId: string, token: string, secrets: Secrets): Promise<SecretVersion> {
  const version = await secrets.read(secretId, 'AWSPENDING', token);
  if (version === undefined) throw new Error('the version of this rotation has no value');
  return version;
}

async function credentialsOf(secretId: string, secrets: Secrets): Promise<Credentials> {
  const version = await secrets.read(secretId, 'AWSCURRENT');
  if (version === undefined) throw new Error('a user has no password');
  return version.credentials;
}
