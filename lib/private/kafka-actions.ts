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
