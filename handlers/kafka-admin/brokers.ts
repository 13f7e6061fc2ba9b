import {
  AclOperations,
  AclPermissionTypes,
  Admin,
  ConfigResourceTypes,
  ConfigSources,
  IncrementalAlterConfigOperationTypes,
  ListOffsetTimestamps,
  ResourcePatternTypes,
  ResourceTypes,
  alterPartitionReassignmentsV0,
  listPartitionReassignmentsV0,
} from '@platformatic/kafka';
import type { Acl } from '@platformatic/kafka';
import { iamToken } from '../shared/iam-token';
import { credentialsOf } from '../shared/sigv4';
import type { AclAdmin } from './acls';
import type { Move, PartitionState, ReassignmentAdmin } from './reassignment';
import type { AclEntry, WantedTopic } from './request';
import type { Setting, TopicAdmin, TopicState } from './topic';

/** Below what the function has, so that a broker that says nothing costs an attempt and not the function. */
const CLIENT = { connectTimeout: 5_000, requestTimeout: 20_000, timeout: 15_000, retries: 2, retryDelay: 500 };

/** A connection whose broker is gone is not waited for. */
const CLOSES_WITHIN_MS = 2_000;

/** The brokers of a cluster, by IAM: access by IAM is bound by no ACL, and so is there before the first of them. */
export class Brokers implements TopicAdmin, AclAdmin, ReassignmentAdmin {
  private readonly admin: Admin;

  constructor(brokers: string, environment: NodeJS.ProcessEnv) {
    this.admin = new Admin({
      ...CLIENT,
      clientId: 'cdk-msk-macie',
      bootstrapBrokers: brokers.split(','),
      tls: {},
      sasl: {
        mechanism: 'OAUTHBEARER',
        token: () => iamToken(environment.AWS_REGION!, credentialsOf(environment), new Date()),
      },
    });
  }

  public async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSES_WITHIN_MS)));
    await Promise.race([this.admin.close().catch(() => undefined), patience]).finally(() => clearTimeout(timer));
  }

  public async describe(topicName: string): Promise<TopicState | undefined> {
    const partitions = await this.partitionsOf(topicName);
    if (partitions === undefined) return undefined;
    const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: topicName };
    const [{ configs }] = await this.admin.describeConfigs({ resources: [resource] });
    const settings = configs.map(({ name, value, configSource }): [string, Setting] => [
      name,
      { value, own: configSource === ConfigSources.DYNAMIC_TOPIC_CONFIG },
    ]);
    return {
      partitions: partitions.length,
      replicationFactor: partitions[0].replicas.length,
      settings: new Map(settings),
    };
  }

  public async isUnused(topicName: string, partitions: number): Promise<boolean> {
    const latest = Array.from({ length: partitions }, (_, partitionIndex) => ({
      partitionIndex,
      timestamp: ListOffsetTimestamps.LATEST,
    }));
    const [topic] = await this.admin.listOffsets({ topics: [{ name: topicName, partitions: latest }] });
    return topic.partitions.every(({ offset }) => offset === 0n);
  }

  public async create({ topicName, partitions, replicationFactor, settings }: WantedTopic): Promise<void> {
    await this.admin.createTopics({
      topics: [topicName],
      partitions,
      replicas: replicationFactor,
      configs: Object.entries(settings).map(([name, value]) => ({ name, value })),
    });
  }

  public async grow(topicName: string, partitions: number, validateOnly: boolean): Promise<void> {
    await this.admin.createPartitions({ topics: [{ name: topicName, count: partitions }], validateOnly });
  }

  public async configure(topicName: string, changes: Map<string, string | null>, validateOnly: boolean): Promise<void> {
    const { SET, DELETE } = IncrementalAlterConfigOperationTypes;
    const configs = [...changes].map(([name, value]) =>
      value === null ? { name, configOperation: DELETE } : { name, configOperation: SET, value },
    );
    const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: topicName, configs };
    await this.admin.incrementalAlterConfigs({ resources: [resource], validateOnly });
  }

  public async remove(topicName: string): Promise<void> {
    await this.admin.deleteTopics({ topics: [topicName] });
  }

  public async createAcls(entries: AclEntry[]): Promise<void> {
    await this.admin.createAcls({ creations: entries.map(toAcl) });
  }

  public async deleteAcls(entries: AclEntry[]): Promise<void> {
    await this.admin.deleteAcls({ filters: entries.map(toAcl) });
  }

  public async moving(): Promise<number> {
    const { topics } = await listPartitionReassignmentsV0.api.async(await this.controller(), CLIENT.timeout, null);
    return topics.reduce((sum, { partitions }) => sum + partitions.length, 0);
  }

  public async brokers(): Promise<Map<number, string | null>> {
    const { brokers } = await this.admin.metadata({ topics: [], forceUpdate: true });
    return new Map([...brokers].map(([id, { rack }]) => [id, rack ?? null]));
  }

  public async partitions(): Promise<PartitionState[]> {
    // The service's own topics belong on the brokers on which it put them.
    const names = (await this.admin.listTopics()).filter((name) => !name.startsWith('__'));
    if (names.length === 0) return [];
    const { topics } = await this.admin.metadata({ topics: names, forceUpdate: true });
    return [...topics].flatMap(([topicName, { partitions }]) =>
      partitions.map(({ replicas, isr }, partition) => ({ topicName, partition, replicas, inSync: isr })),
    );
  }

  public async move(moves: Move[]): Promise<void> {
    const topics = [...new Set(moves.map(({ topicName }) => topicName))].map((name) => ({
      name,
      partitions: moves
        .filter(({ topicName }) => topicName === name)
        .map(({ partition, replicas }) => ({ partitionIndex: partition, replicas })),
    }));
    await alterPartitionReassignmentsV0.api.async(await this.controller(), CLIENT.timeout, false, topics);
  }

  /** The admin client has no word for reassignments, the protocol below it has; they are for the controller. */
  private async controller() {
    const { controllerId } = await this.admin.metadata({ topics: [], forceUpdate: true });
    const connections = await this.admin.connectToBrokers([controllerId]);
    return connections.get(controllerId)!;
  }

  private async partitionsOf(topicName: string) {
    try {
      const { topics } = await this.admin.metadata({ topics: [topicName], forceUpdate: true });
      return topics.get(topicName)!.partitions;
    } catch (error) {
      if ((error as Error).message === `Unknown topic ${topicName}.`) return undefined;
      throw error;
    }
  }
}

function toAcl(entry: AclEntry): Acl {
  return {
    resourceType: ResourceTypes[entry.ResourceType as keyof typeof ResourceTypes],
    resourceName: entry.ResourceName,
    resourcePatternType: ResourcePatternTypes[entry.PatternType as keyof typeof ResourcePatternTypes],
    principal: entry.Principal,
    host: entry.Host,
    operation: AclOperations[entry.Operation as keyof typeof AclOperations],
    permissionType: AclPermissionTypes[entry.Permission as keyof typeof AclPermissionTypes],
  };
}
