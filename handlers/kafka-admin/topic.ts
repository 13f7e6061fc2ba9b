import type { Clock } from '../shared/clock';
import { isRefusal } from './kafka-errors';
import { MORE_PARTITIONS } from './request';
import type { Done, WantedTopic } from './request';

/** A topic as the brokers have it. */
export interface TopicState {
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly settings: Map<string, Setting>;
}

export interface Setting {
  readonly value: string | null | undefined;
  /** Set on the topic itself, not taken over from the brokers. */
  readonly own: boolean;
}

/** What is wanted of the brokers. */
export interface TopicAdmin {
  describe(topicName: string): Promise<TopicState | undefined>;
  /** Whether no record has ever been written. */
  isUnused(topicName: string, partitions: number): Promise<boolean>;
  create(topic: WantedTopic): Promise<void>;
  grow(topicName: string, partitions: number, validateOnly: boolean): Promise<void>;
  /** Changes the named settings and no others; null gives one back to the brokers. */
  configure(topicName: string, changes: Map<string, string | null>, validateOnly: boolean): Promise<void>;
  remove(topicName: string): Promise<void>;
}

/** A failure that no other try will change. */
export class Refused extends Error {
  constructor(
    public override readonly name: string,
    message: string,
  ) {
    super(message);
  }
}

/** Neither a new topic nor one that is gone is known to every broker at once. */
const SETTLES_WITHIN_MS = 20_000;
const LOOK_AGAIN_MS = 500;

/** One attempt of several; `asked` stays true once a create was sent, whose answer may have got lost. */
export interface Attempts {
  asked: boolean;
}

/** Makes a topic be as wanted. Whatever can be refused is refused before anything changes. */
export async function ensureTopic(
  admin: TopicAdmin,
  wanted: WantedTopic,
  attempts: Attempts,
  clock: Clock,
): Promise<Done> {
  const found = await admin.describe(wanted.topicName);
  if (found === undefined) {
    attempts.asked = true;
    await admin.create(wanted);
    await until(async () => (await admin.describe(wanted.topicName))?.partitions === wanted.partitions, clock);
    return {};
  }
  const lostAnswer = wanted.existing === 'refuse' && (await isOurs(admin, wanted, found, attempts));
  if (wanted.existing === 'refuse' && !lostAnswer) {
    throw new Refused(
      'TopicExists',
      `the cluster has a topic '${wanted.topicName}' already, with ${found.partitions} partitions: ` +
        'say `existing: ExistingTopic.ADOPT` to take it over with its records, or choose another name',
    );
  }
  await change(admin, wanted, found, clock);
  return wanted.existing === 'adopt' ? { adopted: true } : {};
}

/** Deletes a topic with all its records; one that is gone already is as good. */
export async function removeTopic(admin: TopicAdmin, topicName: string, clock: Clock): Promise<Done> {
  if ((await admin.describe(topicName)) === undefined) return {};
  await admin.remove(topicName).catch((error: Error) => {
    if (!isRefusal(error, 'UNKNOWN_TOPIC_OR_PARTITION')) throw error;
  });
  await until(async () => (await admin.describe(topicName)) === undefined, clock);
  return {};
}

/**
 * Whether a topic in the way is the one that an earlier attempt has made, whose answer got lost: just as wanted, and
 * either asked for a moment ago or never written to.
 */
async function isOurs(
  admin: TopicAdmin,
  wanted: WantedTopic,
  found: TopicState,
  { asked }: Attempts,
): Promise<boolean> {
  const sameShape =
    found.partitions === wanted.partitions &&
    (wanted.replicationFactor ?? found.replicationFactor) === found.replicationFactor &&
    changesOf(wanted, found).size === 0;
  return sameShape && (asked || (await admin.isUnused(wanted.topicName, found.partitions)));
}

async function change(admin: TopicAdmin, wanted: WantedTopic, found: TopicState, clock: Clock): Promise<void> {
  const { topicName, partitions, replicationFactor } = wanted;
  if (found.partitions > partitions && !wanted.mayHaveMorePartitions) {
    throw new Refused(
      MORE_PARTITIONS,
      `the topic '${topicName}' has ${found.partitions} partitions, and partitions can not shrink to ${partitions}: ` +
        `say \`partitions: ${found.partitions}\` or more, or give the topic another name`,
    );
  }
  if (replicationFactor !== undefined && replicationFactor !== found.replicationFactor) {
    throw new Refused(
      'OtherReplicationFactor',
      `each partition of the topic '${topicName}' has ${found.replicationFactor} replicas, not ${replicationFactor}: ` +
        'say as many, or give the topic another name',
    );
  }
  const changes = changesOf(wanted, found);
  const frozen = wanted.creationOnly.filter((name) => changes.has(name));
  if (frozen.length > 0) {
    throw new Refused(
      'CreationOnly',
      `the cluster takes ${frozen.join(', ')} when the topic '${topicName}' is created only, and has ` +
        frozen.map((name) => `${name}=${found.settings.get(name)?.value}`).join(', '),
    );
  }
  const grows = found.partitions < partitions;
  if (grows) await admin.grow(topicName, partitions, true);
  if (changes.size > 0) {
    if (grows) await admin.configure(topicName, changes, true);
    await admin.configure(topicName, changes, false);
  }
  if (grows) await admin.grow(topicName, partitions, false);
  await until(async () => {
    const now = await admin.describe(topicName);
    return now !== undefined && now.partitions >= partitions && changesOf(wanted, now).size === 0;
  }, clock);
}

/** The settings that differ from what is wanted; nothing that was never named is among them. */
function changesOf({ settings, formerSettings }: WantedTopic, found: TopicState): Map<string, string | null> {
  const own = (name: string) => found.settings.get(name)?.own === true;
  const set = Object.entries(settings).filter(
    ([name, value]) => !own(name) || !isSame(found.settings.get(name)?.value, value),
  );
  const given = formerSettings.filter((name) => !(name in settings) && own(name));
  return new Map<string, string | null>([...set, ...given.map((name): [string, null] => [name, null])]);
}

/** Lists come back without the spaces that they were written with. */
function isSame(value: string | null | undefined, wanted: string): boolean {
  const plain = (text: string) => text.replace(/\s*,\s*/g, ',').trim();
  return typeof value === 'string' && plain(value) === plain(wanted);
}

/** Waits until the brokers know of a change; it has been made all the same where they take longer. */
async function until(holds: () => Promise<boolean>, clock: Clock): Promise<void> {
  const deadline = clock.now() + SETTLES_WITHIN_MS;
  while (!(await holds()) && clock.now() < deadline) await clock.sleep(LOOK_AGAIN_MS);
}
