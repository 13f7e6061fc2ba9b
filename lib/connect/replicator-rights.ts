import type * as iam from 'aws-cdk-lib/aws-iam';
import type { IMskCluster } from '../cluster';
import { arnInCluster } from '../private/arn';
import type { ReplicationPattern } from './replication-pattern';
import { allow } from './service-role';

/** What a replicator does, as far as its rights depend on it. */
export interface Replication {
  readonly source: IMskCluster;
  readonly target: IMskCluster;
  readonly topics: ReplicationPattern[];
  readonly groups: ReplicationPattern[];

  /** Whether topics have a prefix in the target. */
  readonly renamed: boolean;
  readonly copyConfigurations: boolean;
  readonly copyAccessControlLists: boolean;
}

const CONNECT = ['kafka-cluster:Connect', 'kafka-cluster:DescribeCluster', 'kafka-cluster:WriteDataIdempotently'];

/** Topics of the replicator's own, in both clusters. */
const INTERNAL_TOPICS = ['*__amazon_msk_replicator_*', 'mskr-offset-syncs.*', '*.checkpoints.internal'];
const KEEP_TOPIC = [
  'kafka-cluster:AlterTopic',
  'kafka-cluster:AlterTopicDynamicConfiguration',
  'kafka-cluster:CreateTopic',
  'kafka-cluster:DescribeTopic',
  'kafka-cluster:DescribeTopicDynamicConfiguration',
  'kafka-cluster:ReadData',
  'kafka-cluster:WriteData',
];
const READ_TOPIC = [
  'kafka-cluster:DescribeTopic',
  'kafka-cluster:DescribeTopicDynamicConfiguration',
  'kafka-cluster:ReadData',
];
const WRITE_TOPIC = [
  'kafka-cluster:CreateTopic',
  'kafka-cluster:DescribeTopic',
  'kafka-cluster:DescribeTopicDynamicConfiguration',
  'kafka-cluster:WriteData',
];
const COPY_CONFIGURATION = ['kafka-cluster:AlterTopic', 'kafka-cluster:AlterTopicDynamicConfiguration'];
const COMMIT = ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'];

/**
 * The documented rights of each feature that is on, and of no other.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-replicator-permissions-reference.html
 */
export function grantReplication(grantee: iam.IGrantable, replication: Replication): iam.Grant {
  const { source, target, renamed, copyConfigurations, copyAccessControlLists } = replication;
  const topics = replication.topics.map(({ arnSuffix }) => arnSuffix);
  const groups = replication.groups.map(({ arnSuffix }) => arnSuffix);
  const inside = (cluster: IMskCluster, type: 'topic' | 'group', names: string[]) =>
    names.map((name) => arnInCluster(cluster.clusterArn, type, name));
  // The alias of the source is made up with the replicator.
  const copies = renamed ? topics.map((name) => `*.${name}`) : topics;
  const grants = [
    allow(grantee, CONNECT, [source.clusterArn]),
    allow(
      grantee,
      [...CONNECT, ...(copyAccessControlLists ? ['kafka-cluster:AlterCluster'] : [])],
      [target.clusterArn],
    ),
    allow(grantee, KEEP_TOPIC, [
      ...inside(source, 'topic', INTERNAL_TOPICS),
      ...inside(target, 'topic', INTERNAL_TOPICS),
    ]),
    allow(grantee, READ_TOPIC, inside(source, 'topic', topics)),
    allow(
      grantee,
      [...WRITE_TOPIC, ...(copyConfigurations ? COPY_CONFIGURATION : [])],
      inside(target, 'topic', copies),
    ),
    allow(grantee, COMMIT, inside(target, 'group', ['*__amazon_msk_replicator_*', ...groups])),
  ];
  if (groups.length) {
    grants.push(allow(grantee, ['kafka-cluster:DescribeGroup'], inside(source, 'group', groups)));
  }
  return grants.reduce((all, each) => all.combine(each));
}
