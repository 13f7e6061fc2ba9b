import type { ClientProperties, ResourcePattern } from '../cluster';
import type { MirrorSource } from './mirror-source';

/** How MirrorMaker calls the Kafka that it reads: part of the names of its own topics and its group. */
export const SOURCE = 'source';

/** Topics that MirrorMaker makes, reads and writes in the cluster for itself. */
export const INTERNAL_TOPICS = {
  configs: `mm2-configs.${SOURCE}.internal`,
  offsets: `mm2-offsets.${SOURCE}.internal`,
  status: `mm2-status.${SOURCE}.internal`,
  offsetSyncs: `mm2-offset-syncs.${SOURCE}.internal`,
  checkpoints: `${SOURCE}.checkpoints.internal`,
  heartbeats: 'heartbeats',
};

/** The group by which its workers find each other. */
export const WORKER_GROUP = `${SOURCE}-mm2`;

export interface MirrorMakerSettings {
  readonly source: MirrorSource;
  readonly target: ClientProperties;
  readonly topics: ResourcePattern[];
  readonly consumerGroups: ResourcePattern[];
  readonly prefixed: boolean;
  readonly syncTopicSettings: boolean;
  readonly tasks: number;
}

/**
 * The file that MirrorMaker runs by.
 *
 * @see https://kafka.apache.org/documentation/#georeplication
 */
export function mirrorMakerProperties(settings: MirrorMakerSettings): string {
  const flow = `${SOURCE}->target`;
  const offsets = settings.consumerGroups.length > 0;
  const properties: Record<string, string | number | boolean> = {
    clusters: `${SOURCE},target`,
    'config.providers': 'env',
    'config.providers.env.class': 'org.apache.kafka.common.config.provider.EnvVarConfigProvider',
    ...prefixed(`${SOURCE}.`, settings.source._settings()),
    ...prefixed('target.', parsed(settings.target.java)),
    [`${flow}.enabled`]: true,
    [`${flow}.topics`]: settings.topics.map(expression).join(','),
    [`${flow}.groups`]: settings.consumerGroups.map(expression).join(','),
    [`${flow}.emit.checkpoints.enabled`]: offsets,
    [`${flow}.sync.group.offsets.enabled`]: offsets,
    [`${flow}.sync.topic.configs.enabled`]: settings.syncTopicSettings,
    // Kafka's own access control means nothing to IAM clients.
    [`${flow}.sync.topic.acls.enabled`]: false,
    // Nothing is written to the source, which may allow reading alone.
    [`${flow}.offset-syncs.topic.location`]: 'target',
    [`target->${SOURCE}.enabled`]: false,
    [`target->${SOURCE}.emit.heartbeats.enabled`]: false,
    'replication.policy.class': `org.apache.kafka.connect.mirror.${settings.prefixed ? 'Default' : 'Identity'}ReplicationPolicy`,
    'tasks.max': settings.tasks,
    'refresh.topics.interval.seconds': 60,
    'refresh.groups.interval.seconds': 60,
    'emit.checkpoints.interval.seconds': 30,
    'sync.group.offsets.interval.seconds': 30,
    // As many replicas as the brokers make by themselves, which differs between kinds of clusters.
    'replication.factor': -1,
    'offset-syncs.topic.replication.factor': -1,
    'checkpoints.topic.replication.factor': -1,
    'heartbeats.topic.replication.factor': -1,
    'config.storage.replication.factor': -1,
    'offset.storage.replication.factor': -1,
    'status.storage.replication.factor': -1,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function prefixed(prefix: string, properties: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [prefix + name, value]));
}

/** Lines of a properties file; where secrets are looked up is said once for both sides. */
function parsed(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('config.providers'))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

/** As a regular expression without a backslash, which properties files have a meaning of their own for. */
function expression({ arnSuffix }: ResourcePattern): string {
  return arnSuffix.replaceAll('.', '[.]').replace(/\*$/, '.*');
}
