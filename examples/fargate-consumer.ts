import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import {
  ConsumerLagAlarm,
  FargateConsumer,
  FargateScaling,
  KafkaTopic,
  KafkaVersion,
  ProvisionedCluster,
} from '../lib';
import { CONSOLE_CONSUMER, KAFKA_IMAGE } from './console-consumer';
import { networkWithWayOut } from './parts';

/** A container reads a topic; as many of it run as what is left to read asks for. */
export class FargateConsumerStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    // The one word that lets `cdk destroy` delete the records too; leave it out for anything but a demo.
    const cluster = new ProvisionedCluster(this, 'Orders', {
      vpc: networkWithWayOut(this),
      kafkaVersion: KafkaVersion.V3_9_X_KRAFT,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const topic = new KafkaTopic(this, 'Paid', { cluster, topicName: 'orders.paid', partitions: 6 });

    const consumer = new FargateConsumer(this, 'Printer', {
      topic,
      consumerGroup: 'printer',
      image: ecs.ContainerImage.fromRegistry(KAFKA_IMAGE),
      entryPoint: ['sh', '-c'],
      command: [CONSOLE_CONSUMER],
      cpu: 512,
      scaling: FargateScaling.onLag({ recordsBehind: 10_000, maxTasks: 6 }),
    });
    new ConsumerLagAlarm(this, 'PrinterIsBehind', {
      topic,
      consumerGroup: 'printer',
      maxRecords: 100_000,
      maxTime: Duration.minutes(10),
    });

    new CfnOutput(this, 'LogGroupName', { value: consumer.logGroup.logGroupName });
  }
}
