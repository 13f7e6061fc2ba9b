/** What the dispatcher asks of the function that reaches the brokers. */
export type AdminRequest = { readonly brokers: string } & (
  | { readonly work: 'ensure-topic'; readonly topic: WantedTopic }
  | { readonly work: 'remove-topic'; readonly topicName: string }
  | { readonly work: 'rebalance'; readonly partitionsAtOnce: number }
  | { readonly work: 'change-acls'; readonly create: AclEntry[]; readonly remove: AclEntry[] }
);

/** What it answers. It never fails: the function's own error would say less. */
export type AdminAnswer = { readonly done: Done } | { readonly failure: Failure };

export interface Done {
  /** The topic was there before, and is taken over. */
  readonly adopted?: boolean;
  /** How many partitions were on their way to another broker, are sent on it now, or lack a replica. */
  readonly moving?: number;
  readonly started?: number;
  readonly unwell?: number;
}

export interface Failure {
  readonly name: string;
  readonly message: string;
}

/** The name of the failure that says there are more partitions than wanted: they can not shrink. */
export const MORE_PARTITIONS = 'MorePartitions';

export interface WantedTopic {
  readonly topicName: string;
  readonly partitions: number;
  /** Left out where the brokers decide. */
  readonly replicationFactor?: number;
  readonly settings: Record<string, string>;
  /** Settings that were named before: those that are not any more follow the brokers again. */
  readonly formerSettings: string[];
  /** Settings that the cluster takes at creation only. */
  readonly creationOnly: string[];
  /** How a topic that is there already comes to be: ours from before, somebody's that is to be adopted, or in the way. */
  readonly existing: 'ours' | 'adopt' | 'refuse';
  /** On the way back from a growth: what was added stays. */
  readonly mayHaveMorePartitions?: boolean;
}

/** One line of Kafka's access control, in Kafka's own words: `TOPIC`, `PREFIXED`, `READ`, `ALLOW`. */
export interface AclEntry {
  readonly ResourceType: string;
  readonly ResourceName: string;
  readonly PatternType: string;
  readonly Principal: string;
  readonly Host: string;
  readonly Operation: string;
  readonly Permission: string;
}
