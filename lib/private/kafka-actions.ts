/**
 * The actions that a client needs, by the type of resource that each belongs to: an action on another type's ARN is
 * valid JSON that allows nothing.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html
 */
export const PRODUCE = {
  // Producers are idempotent by default from Kafka 3.0 on.
  cluster: ['kafka-cluster:Connect', 'kafka-cluster:WriteDataIdempotently'],
  topic: ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'],
};

export const CONSUME = {
  cluster: ['kafka-cluster:Connect'],
  topic: ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
  group: ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'],
};

export const TRANSACT = {
  transactionalId: ['kafka-cluster:AlterTransactionalId', 'kafka-cluster:DescribeTransactionalId'],
};

export const DESCRIBE = {
  cluster: ['kafka-cluster:Connect', 'kafka-cluster:DescribeCluster'],
  topic: ['kafka-cluster:DescribeTopic', 'kafka-cluster:DescribeTopicDynamicConfiguration'],
  group: ['kafka-cluster:DescribeGroup'],
};

export const ADMINISTER = {
  cluster: ['kafka-cluster:Connect', 'kafka-cluster:DescribeCluster'],
  topic: [
    'kafka-cluster:AlterTopic',
    'kafka-cluster:AlterTopicDynamicConfiguration',
    'kafka-cluster:CreateTopic',
    'kafka-cluster:DeleteTopic',
    'kafka-cluster:DescribeTopic',
    'kafka-cluster:DescribeTopicDynamicConfiguration',
  ],
};

/** Who may alter the cluster may change Kafka's own access control, and move partitions. */
export const ALTER_CLUSTER = ['kafka-cluster:AlterCluster', 'kafka-cluster:Connect', 'kafka-cluster:DescribeCluster'];

/** A Kafka Streams application makes, writes, reads and deletes the topics that begin with its id. */
export const STREAMS_INTERNAL_TOPICS = [
  'kafka-cluster:CreateTopic',
  'kafka-cluster:DeleteTopic',
  'kafka-cluster:DescribeTopic',
  'kafka-cluster:DescribeTopicDynamicConfiguration',
  'kafka-cluster:ReadData',
  'kafka-cluster:WriteData',
];

export const STREAMS_GROUP = ['kafka-cluster:AlterGroup', 'kafka-cluster:DeleteGroup', 'kafka-cluster:DescribeGroup'];
