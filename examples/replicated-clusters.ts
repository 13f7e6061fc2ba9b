import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import {
  KafkaTopic,
  KafkaVersion,
  MskReplicator,
  ProvisionedCluster,
  ReplicatedOffsets,
  ReplicatedTopicNaming,
  ReplicationPattern,
} from '../lib';
import { privateNetwork } from './parts';

/** Two clusters that carry the same topics: what is written to either is in both, and consumers may move between them. */
export class ReplicatedClusters extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const vpc = privateNetwork(this);
    const [blue, green] = ['Blue', 'Green'].map(
      (name) =>
        new ProvisionedCluster(this, name, {
          vpc,
          kafkaVersion: KafkaVersion.V3_9_X_KRAFT,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
    );
    // Made in one of them: the replicator makes it in the other.
    const orders = new KafkaTopic(this, 'Orders', { cluster: blue, topicName: 'orders', partitions: 12 });

    const both = {
      topics: [ReplicationPattern.literal('orders')],
      consumerGroups: [ReplicationPattern.literal('fulfilment')],
      topicNaming: ReplicatedTopicNaming.IDENTICAL,
      offsets: ReplicatedOffsets.ENHANCED,
    };
    const forth = new MskReplicator(this, 'BlueToGreen', { source: blue, target: green, ...both });
    const back = new MskReplicator(this, 'GreenToBlue', { source: green, target: blue, ...both });
    forth.node.addDependency(orders);
    // There is nothing to bring back before something has been brought.
    back.node.addDependency(forth);

    new CfnOutput(this, 'BlueBrokers', { value: blue.bootstrapBrokers.forIdentity() });
    new CfnOutput(this, 'GreenBrokers', { value: green.bootstrapBrokers.forIdentity() });
  }
}
