import type { Template } from './facts';
import { brokerSizeData, compareKafkaVersions, kafkaVersionData } from './msk-data';
import { at } from './replacement';

/** An edit of what runs that Amazon MSK refuses. */
export interface RefusedChange {
  readonly logicalId: string;
  readonly property: string;
  readonly deployed: string;
  readonly next: string;
  /** Why it is refused, and what would be right. */
  readonly why: string;
}

/** Properties of a cluster, before or after an edit; undefined where a value is not known at synth. */
interface Side {
  text(this: void, path: string): string | undefined;
  readonly zones: number | undefined;
}

interface Check {
  readonly property: string;
  /** Only asked for two values that are known and differ. */
  refuses(this: void, deployed: string, next: string, before: Side): string | undefined;
}

const VERSION = 'KafkaVersion';
const SIZE = 'BrokerNodeGroupInfo.InstanceType';
const isKraft = (version: string) => version.endsWith('.kraft');

const CHECKS: Check[] = [
  {
    // https://docs.aws.amazon.com/msk/latest/developerguide/version-upgrades.html and metadata-management.html
    property: VERSION,
    refuses(deployed, next) {
      if (isKraft(deployed) !== isKraft(next)) {
        return 'the place of the metadata, ZooKeeper or KRaft, is chosen for life; make another cluster, and move the topics with a replicator';
      }
      if (compareKafkaVersions(next, deployed) < 0) {
        return `there is no way back to an older version; put ${deployed} or a newer one`;
      }
      const leavesTiers = deployed.endsWith('.tiered') && kafkaVersionData(next)?.tieredStorage === false;
      return leavesTiers ? 'it has no tiered storage; put 3.6.0 or a newer one' : undefined;
    },
  },
  {
    // https://docs.aws.amazon.com/msk/latest/developerguide/broker-instance-types.html
    property: SIZE,
    refuses(deployed, next) {
      const kinds = [deployed, next].map((size) => brokerSizeData(size)?.class);
      return kinds.includes(undefined) || kinds[0] === kinds[1]
        ? undefined
        : 'a cluster keeps the kind of its brokers for life, standard or express; make another cluster, and move the topics with a replicator';
    },
  },
  {
    // https://docs.aws.amazon.com/msk/latest/developerguide/msk-tiered-storage.html
    property: 'StorageMode',
    refuses: (deployed) =>
      deployed === 'TIERED' ? 'tiered storage can not be turned off; leave `tieredStorage` as it is' : undefined,
  },
  {
    // https://docs.aws.amazon.com/msk/latest/developerguide/msk-remove-broker.html
    property: 'NumberOfBrokerNodes',
    refuses(deployed, next, { text, zones }) {
      const fewer = Number(deployed) - Number(next);
      const size = text(SIZE) ?? '';
      if (!(fewer > 0) || !size.startsWith('kafka.')) {
        return undefined;
      }
      const version = text(VERSION);
      if (size.startsWith('kafka.t3.') || (version !== undefined && compareKafkaVersions(version, '2.8.1') < 0)) {
        return 'brokers are removed from M5 and M7g clusters with Kafka 2.8.1 or later only';
      }
      return zones !== undefined && fewer > zones
        ? `brokers are removed one for each zone at a time; put ${Number(deployed) - zones}`
        : undefined;
    },
  },
];

/** Whether edits of the type are looked at. */
export function changesChecked(type: string): boolean {
  return type === 'AWS::MSK::Cluster';
}

/** What deploying a template over another asks of a cluster in vain. */
export function refusedChanges(deployed: Template, next: Template): RefusedChange[] {
  const [before, after] = [deployed, next].map(clusters);
  return Object.entries(before).flatMap(([logicalId, old]) => {
    const now = after[logicalId] as Side | undefined;
    return now === undefined
      ? []
      : CHECKS.flatMap(({ property, refuses }): RefusedChange[] => {
          const [was, becomes] = [old.text(property), now.text(property)];
          const why =
            was === undefined || becomes === undefined || was === becomes ? undefined : refuses(was, becomes, old);
          return why === undefined ? [] : [{ logicalId, property, deployed: was!, next: becomes!, why }];
        });
  });
}

/** What a property is where it is left out. */
const DEFAULTS: Record<string, string> = { StorageMode: 'LOCAL' };

function clusters(template: Template): Record<string, Side> {
  const resources = (template.Resources ?? {}) as Record<string, { Type: string; Properties?: unknown }>;
  return Object.fromEntries(
    Object.entries(resources)
      .filter(([, { Type }]) => changesChecked(Type))
      .map(([logicalId, { Properties }]): [string, Side] => {
        const text = (path: string) => {
          const value = at(Properties, path) ?? DEFAULTS[path];
          return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
        };
        const subnets = at(Properties, 'BrokerNodeGroupInfo.ClientSubnets');
        return [logicalId, { text, zones: Array.isArray(subnets) ? subnets.length : undefined }];
      }),
  );
}
