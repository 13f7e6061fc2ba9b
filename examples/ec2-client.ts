import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { KafkaClientInstance, KafkaTopic, KafkaVersion, ProvisionedCluster, ResourcePattern } from '../lib';
import { networkWithWayOut } from './parts';

/** An instance to look into a cluster from, by a session that needs neither key nor open port. */
export class Ec2Client extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    // The one word that lets `cdk destroy` delete the records too; leave it out for anything but a demo.
    const cluster = new ProvisionedCluster(this, 'Orders', {
      vpc: networkWithWayOut(this),
      kafkaVersion: KafkaVersion.V3_9_X_KRAFT,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const paid = new KafkaTopic(this, 'Paid', { cluster, topicName: 'orders.paid', partitions: 6 });

    const client = new KafkaClientInstance(this, 'Client', {
      cluster,
      topics: [paid],
      writableTopics: [paid],
      administeredTopics: [ResourcePattern.literal('scratch')],
      consumerGroup: 'by-hand',
    });

    new CfnOutput(this, 'InstanceId', { value: client.instance.instanceId });
  }
}
