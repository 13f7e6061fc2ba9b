import { MORE_PARTITIONS } from '../kafka-admin/request';
import type { AclEntry, AdminRequest, Done, WantedTopic } from '../kafka-admin/request';
import type { Clock } from '../shared/clock';
import type { CustomResource } from '../shared/custom-resource';
import { Patience } from '../shared/patience';
import { isWorthWaiting } from './services';
import type { Services } from './services';

interface Place {
  /** The function that reaches the brokers. */
  readonly Function: string;
  readonly ClusterArn: string;
  readonly Brokers: string;
}

export interface TopicProperties extends Place {
  readonly TopicName: string;
  readonly PartitionCount: string;
  readonly ReplicationFactor?: string;
  /** As `AWS::MSK::Topic` has them: base64 of a JSON object. */
  readonly Configs?: string;
  /** Settings that the cluster takes at creation only. */
  readonly CreationOnly?: string[];
  /** Left out where a topic that is there already is in the way. */
  readonly Existing?: 'ADOPT';
}

export interface AclProperties extends Place {
  /** A name of its own among the resources of the cluster. */
  readonly Name: string;
  readonly Entries: AclEntry[];
}

/** The policies of both functions are as young as the resource, and IAM takes its time to tell everybody. */
const PATIENCE_MS = 120_000;

/** Marks a topic that was there before the stack: it stays there after it. */
const ADOPTED = '/adopted';

/** `Custom::MskTopic`, on a cluster for which CloudFormation has no topics. */
export function kafkaTopic(services: Services, clock: Clock): CustomResource<TopicProperties> {
  const idOf = ({ ClusterArn, TopicName }: TopicProperties) => `${ClusterArn}/topic/${TopicName}`;
  return {
    async ensure(event) {
      const properties = event.ResourceProperties;
      const id = idOf(properties);
      const former = event.RequestType === 'Update' ? event.OldResourceProperties : undefined;
      const isSame = former !== undefined && idOf(former) === id;
      const wanted: WantedTopic = {
        topicName: properties.TopicName,
        partitions: Number(properties.PartitionCount),
        replicationFactor:
          properties.ReplicationFactor === undefined ? undefined : Number(properties.ReplicationFactor),
        settings: settingsOf(properties),
        formerSettings: isSame ? Object.keys(settingsOf(former)) : [],
        creationOnly: properties.CreationOnly ?? [],
        existing: isSame ? 'ours' : properties.Existing === 'ADOPT' ? 'adopt' : 'refuse',
      };
      const ensure = (topic: WantedTopic) =>
        ask(services, clock, properties, { brokers: properties.Brokers, work: 'ensure-topic', topic });
      const { adopted } = await ensure(wanted).catch(async (error: Error) => {
        const isShrinking = isSame && error.name === MORE_PARTITIONS;
        if (!isShrinking || !(await isRollingBack(services, clock, event.StackId))) throw error;
        return ensure({ ...wanted, mayHaveMorePartitions: true });
      });
      if (isSame) return { physicalResourceId: (event as { PhysicalResourceId: string }).PhysicalResourceId };
      return { physicalResourceId: id + (adopted ? ADOPTED : '') };
    },

    async remove({ ResourceProperties: properties, PhysicalResourceId }) {
      if (PhysicalResourceId.endsWith(ADOPTED)) return;
      const { Brokers: brokers, TopicName: topicName } = properties;
      await ask(services, clock, properties, { brokers, work: 'remove-topic', topicName });
    },
  };
}

/** `Custom::MskAcls`: all that one principal may do, as far as one stack says. */
export function kafkaAcls(services: Services, clock: Clock): CustomResource<AclProperties> {
  const change = (properties: AclProperties, create: AclEntry[], remove: AclEntry[]) =>
    ask(services, clock, properties, { brokers: properties.Brokers, work: 'change-acls', create, remove });
  return {
    async ensure(event) {
      const properties = event.ResourceProperties;
      const former = event.RequestType === 'Update' ? event.OldResourceProperties : undefined;
      const isSame = former?.ClusterArn === properties.ClusterArn;
      await change(properties, properties.Entries, isSame ? former.Entries : []);
      return { physicalResourceId: `${properties.ClusterArn}/acls/${properties.Name}` };
    },

    // A create that failed may have created some of them.
    cleansUpFailedCreate: true,

    async remove({ ResourceProperties: properties }) {
      await change(properties, [], properties.Entries);
    },
  };
}

async function ask(services: Services, clock: Clock, { Function: name }: Place, request: AdminRequest): Promise<Done> {
  const patience = new Patience(clock, PATIENCE_MS);
  const answer = await patience.call(() => services.invoke(name, request), isWorthWaiting);
  if ('failure' in answer) throw Object.assign(new Error(answer.failure.message), { name: answer.failure.name });
  return answer.done;
}

/** Partitions that an update has added stay when the update is rolled back: that is no reason to get stuck. */
async function isRollingBack(services: Services, clock: Clock, stackId: string): Promise<boolean> {
  const patience = new Patience(clock, PATIENCE_MS);
  return (await patience.call(() => services.stackStatus(stackId), isWorthWaiting)).includes('ROLLBACK');
}

function settingsOf({ Configs }: TopicProperties): Record<string, string> {
  return Configs ? (JSON.parse(Buffer.from(Configs, 'base64').toString()) as Record<string, string>) : {};
}
