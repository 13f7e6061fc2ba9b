import { changeAcls } from '../../handlers/kafka-admin/acls';
import { iamToken } from '../../handlers/shared/iam-token';
import { explained, isPassing } from '../../handlers/kafka-admin/kafka-errors';
import type { AclEntry, WantedTopic } from '../../handlers/kafka-admin/request';
import { ensureTopic, removeTopic } from '../../handlers/kafka-admin/topic';
import type { TopicAdmin, TopicState } from '../../handlers/kafka-admin/topic';
import { iamToken as tokenOfFixture } from '../support/kafka/iam-token';
import { FakeClock } from './fake-clock';

/** One topic, as the brokers may have it, and what was asked of them. */
class FakeBrokers implements TopicAdmin {
  readonly calls: string[] = [];
  unused = false;
  /** Errors that come first, by call. */
  readonly errors: Record<string, Error> = {};

  constructor(public topic?: TopicState) {}

  async describe() {
    return this.topic;
  }

  async isUnused() {
    return this.unused;
  }

  async create({ partitions, replicationFactor = 3, settings }: WantedTopic) {
    this.topic = stateOf(partitions, settings, replicationFactor);
    this.note('create');
  }

  async grow(_: string, partitions: number, validateOnly: boolean) {
    if (!validateOnly) this.topic = { ...this.topic!, partitions };
    this.note(`${validateOnly ? 'check growth' : 'grow'} to ${partitions}`);
  }

  async configure(_: string, changes: Map<string, string | null>, validateOnly: boolean) {
    const text = [...changes].map(([name, value]) => `${name}=${value}`).join(' ');
    this.note(`${validateOnly ? 'check' : 'set'} ${text}`);
  }

  async remove() {
    this.topic = undefined;
    this.note('remove');
  }

  private note(call: string) {
    this.calls.push(call);
    const name = call.split(' ')[0];
    const error = this.errors[name];
    delete this.errors[name];
    if (error) throw error;
  }
}

function stateOf(partitions: number, own: Record<string, string> = {}, replicationFactor = 3): TopicState {
  const inherited = { 'retention.ms': '604800000', 'cleanup.policy': 'delete', 'max.message.bytes': '1048588' };
  const settings = { ...inherited, ...own };
  return {
    partitions,
    replicationFactor,
    settings: new Map(Object.entries(settings).map(([name, value]) => [name, { value, own: name in own }])),
  };
}

function ensure(brokers: FakeBrokers, wanted: Partial<WantedTopic> = {}, attempts = { asked: false }) {
  const topic: WantedTopic = {
    topicName: 'paid',
    partitions: 6,
    settings: {},
    formerSettings: [],
    creationOnly: [],
    existing: 'refuse',
    ...wanted,
  };
  return ensureTopic(brokers, topic, attempts, new FakeClock());
}

describe('a topic', () => {
  test('[66] only what differs is changed: a setting that equals the brokers’ own is set, one that was never named stays', async () => {
    const brokers = new FakeBrokers(
      stateOf(6, { 'max.message.bytes': '2', 'compression.type': 'zstd', 'flush.ms': '1' }),
    );
    await ensure(brokers, {
      existing: 'ours',
      settings: { 'retention.ms': '604800000', 'max.message.bytes': '2' },
      formerSettings: ['flush.ms', 'max.message.bytes', 'segment.ms'],
    });
    expect(brokers.calls).toEqual(['set retention.ms=604800000 flush.ms=null']);
    const same = new FakeBrokers(stateOf(6, { 'cleanup.policy': 'compact,delete' }));
    await ensure(same, { existing: 'ours', settings: { 'cleanup.policy': 'compact, delete' } });
    expect(same.calls).toEqual([]);
  });

  test('[64] whatever can be refused is checked before anything changes', async () => {
    const brokers = new FakeBrokers(stateOf(3));
    await ensure(brokers, { existing: 'ours', settings: { 'retention.ms': '1' } });
    expect(brokers.calls).toEqual(['check growth to 6', 'check retention.ms=1', 'set retention.ms=1', 'grow to 6']);
  });

  test.each<[string, Partial<WantedTopic>, RegExp]>([
    [
      'fewer partitions',
      { partitions: 3 },
      /has 6 partitions, and partitions can not shrink to 3: say `partitions: 6`/,
    ],
    ['other replicas', { replicationFactor: 2 }, /has 3 replicas, not 2/],
    [
      'a setting for the creation only',
      { settings: { 'cleanup.policy': 'compact' }, creationOnly: ['cleanup.policy'] },
      /takes cleanup\.policy when the topic 'paid' is created only, and has cleanup\.policy=delete/,
    ],
  ])('[65] %s is refused, and nothing was asked', async (_, wanted, message) => {
    const brokers = new FakeBrokers(stateOf(6));
    await expect(ensure(brokers, { existing: 'ours', ...wanted })).rejects.toThrow(message);
    await expect(ensure(brokers, { existing: 'adopt', ...wanted })).rejects.toThrow(message);
    expect(brokers.calls).toEqual([]);
  });

  test('a create whose answer got lost is known again: asked for a moment ago, or never written to, and just as wanted', async () => {
    const brokers = new FakeBrokers();
    brokers.errors.create = Object.assign(new Error('lost'), { code: 'PLT_KFK_NETWORK' });
    const attempts = { asked: false };
    await expect(ensure(brokers, {}, attempts)).rejects.toThrow('lost');
    expect(await ensure(brokers, {}, attempts)).toEqual({});

    const earlier = new FakeBrokers(stateOf(6));
    earlier.unused = true;
    expect(await ensure(earlier)).toEqual({});
    await expect(ensure(earlier, { settings: { 'retention.ms': '1' } })).rejects.toThrow(/already, with 6 partitions/);
    await expect(ensure(earlier, { partitions: 7 })).rejects.toThrow(/already, with 6 partitions/);
    earlier.unused = false;
    await expect(ensure(earlier)).rejects.toThrow(/already, with 6 partitions.*ExistingTopic\.ADOPT/);
    expect([brokers.calls, earlier.calls]).toEqual([['create'], []]);
  });

  test('that is gone is no failure of its deletion, one that vanishes meanwhile neither', async () => {
    const gone = new FakeBrokers();
    await removeTopic(gone, 'paid', new FakeClock());
    expect(gone.calls).toEqual([]);
    const vanishing = new FakeBrokers(stateOf(6));
    vanishing.errors.remove = Object.assign(new Error('gone'), { apiId: 'UNKNOWN_TOPIC_OR_PARTITION' });
    await removeTopic(vanishing, 'paid', new FakeClock());
    const denied = new FakeBrokers(stateOf(6));
    denied.errors.remove = Object.assign(new Error('no'), { apiId: 'TOPIC_AUTHORIZATION_FAILED' });
    await expect(removeTopic(denied, 'paid', new FakeClock())).rejects.toThrow('no');
  });
});

test('[73] ACLs are created before old ones are deleted, and those that stay are deleted never', async () => {
  const entry = (Principal: string) => ({ Principal, ResourceName: 'paid' }) as AclEntry;
  const calls: string[] = [];
  const note = (verb: string) => async (entries: AclEntry[]) =>
    void calls.push([verb, ...entries.map(({ Principal }) => Principal)].join(' '));
  const admin = { createAcls: note('create'), deleteAcls: note('delete') };
  await changeAcls(
    admin,
    [entry('new'), entry('kept')],
    [{ ResourceName: 'paid', Principal: 'kept' } as AclEntry, entry('old')],
  );
  await changeAcls(admin, [entry('kept')], [entry('kept')]);
  await changeAcls(admin, [], [entry('kept')]);
  expect(calls).toEqual(['create new kept', 'delete old', 'create kept', 'delete kept']);
});

describe('an error of the brokers', () => {
  const refused = (apiId: string, serverErrorMessage?: string) =>
    Object.assign(new Error('what the client calls it'), { apiId, serverErrorMessage });
  const wrapped = (...errors: Error[]) =>
    Object.assign(new AggregateError(errors, 'Creating topics failed.'), { code: 'PLT_KFK_MULTIPLE' });

  test('is said in their own words, wherever it hides', () => {
    const deep = wrapped(
      Object.assign(new Error('outside'), { cause: refused('INVALID_CONFIG', 'retention.ms: long') }),
    );
    expect(explained(deep)).toEqual({ name: 'KafkaError', message: 'INVALID_CONFIG: retention.ms: long' });
    expect(explained(wrapped(refused('POLICY_VIOLATION')))).toEqual({
      name: 'KafkaError',
      message: 'POLICY_VIOLATION: what the client calls it',
    });
    const lost = Object.assign(new Error('Connection failed.'), {
      code: 'PLT_KFK_NETWORK',
      cause: new Error('ECONNREFUSED'),
    });
    expect(explained(wrapped(lost, lost)).message).toBe('ECONNREFUSED');
  });

  test('passes where it is about a young policy or a broker that is away, and not where anything else is wrong too', () => {
    expect(isPassing(wrapped(refused('TOPIC_AUTHORIZATION_FAILED')))).toBe(true);
    expect(isPassing(wrapped(refused('INVALID_REPLICATION_FACTOR')))).toBe(true);
    expect(isPassing(wrapped(Object.assign(new Error('closed'), { code: 'PLT_KFK_NETWORK' })))).toBe(true);
    expect(isPassing(Object.assign(new Error('denied'), { code: 'PLT_KFK_AUTHENTICATION' }))).toBe(true);
    expect(isPassing(wrapped(refused('INVALID_CONFIG')))).toBe(false);
    expect(isPassing(wrapped(refused('NOT_CONTROLLER'), refused('INVALID_PARTITIONS')))).toBe(false);
    expect(isPassing(new TypeError('a mistake of ours'))).toBe(false);
  });
});

test.each(['us-east-1', 'cn-north-1', 'us-gov-west-1'])('the token is what the brokers of %s verify', (region) => {
  const credentials = { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'secret/of+nobody', sessionToken: "a+b/c='(*)!" };
  const signedAt = new Date('2026-01-31T23:59:59.123Z');
  expect(iamToken(region, credentials, signedAt)).toBe(tokenOfFixture({ region, credentials, signedAt }));
  const lasting = { ...credentials, sessionToken: undefined };
  expect(iamToken(region, lasting, signedAt)).toBe(tokenOfFixture({ region, credentials: lasting, signedAt }));
});
