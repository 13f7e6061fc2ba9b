import { CfnOutput, Fn, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { KafkaTopic, KafkaVersion, KinesisBridge, ProvisionedCluster } from '../lib';

/** What is put into a Kinesis stream is moved into a topic: in order, and nothing of it is lost. */
export class KinesisToMsk extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const vpc = new ec2.Vpc(this, 'Vpc', {
      availabilityZones: [0, 1, 2].map((zone) => Fn.select(zone, Fn.getAzs())),
      natGateways: 0,
      subnetConfiguration: [{ name: 'Private', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
      flowLogs: {
        All: {
          destination: ec2.FlowLogDestination.toCloudWatchLogs(
            new logs.LogGroup(this, 'FlowLog', {
              retention: logs.RetentionDays.ONE_MONTH,
              removalPolicy: RemovalPolicy.DESTROY,
            }),
          ),
        },
      },
    });

    // The one word that lets `cdk destroy` delete the records too; leave it out for anything but a demo.
    const cluster = new ProvisionedCluster(this, 'Events', {
      vpc,
      kafkaVersion: KafkaVersion.V3_9_X_KRAFT,
      // A record of a stream may have 1 MiB; key, headers and the frame of a batch come on top.
      serverProperties: { maxMessageSize: Size.kibibytes(1028) },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const topic = new KafkaTopic(this, 'Clicks', { cluster, topicName: 'clicks', partitions: 12 });

    const stream = new kinesis.Stream(this, 'Stream', {
      shardCount: 4,
      encryption: kinesis.StreamEncryption.MANAGED,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const bridge = new KinesisBridge(this, 'Bridge', { stream, topic });

    new CfnOutput(this, 'StreamName', { value: stream.streamName });
    new CfnOutput(this, 'BridgeName', { value: bridge.function.functionName });
  }
}
