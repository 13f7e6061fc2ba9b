import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import * as athena from 'aws-cdk-lib/aws-athena';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import {
  AuthenticationMechanism,
  Brokers,
  ConsumerAlarms,
  FirehoseConsumer,
  FirehoseSink,
  KafkaTopic,
  KafkaVersion,
  ProvisionedCluster,
  Retention,
  StandardBrokerSize,
} from '../lib';
import { privateNetwork } from './parts';

/** A topic becomes files of JSON lines, a folder for each day, by Firehose alone: no code, no job, no connector. */
export class FirehoseToLake extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    // The one word that lets `cdk destroy` delete the records too; leave it out for anything but a demo.
    const removalPolicy = RemovalPolicy.DESTROY;
    const cluster = new ProvisionedCluster(this, 'Orders', {
      vpc: privateNetwork(this),
      kafkaVersion: KafkaVersion.V3_9_X_KRAFT,
      brokers: Brokers.standard({ size: StandardBrokerSize.M7G_LARGE }),
      // Firehose comes in over a connection of its own.
      vpcConnectivity: [AuthenticationMechanism.IAM],
      removalPolicy,
    });
    const paid = new KafkaTopic(this, 'Paid', {
      cluster,
      topicName: 'orders.paid',
      partitions: 12,
      configuration: { retention: Retention.of(Duration.days(3)) },
    });

    const lake = new s3.Bucket(this, 'Lake', {
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      serverAccessLogsPrefix: 'access/',
      lifecycleRules: [{ prefix: 'access/', expiration: Duration.days(30) }],
      removalPolicy,
    });
    const archive = new FirehoseConsumer(this, 'Archive', {
      topic: paid,
      sink: FirehoseSink.s3({ bucket: lake, prefix: 'orders/', bufferInterval: Duration.minutes(1) }),
    });
    new ConsumerAlarms(this, 'ArchiveAlarms', { consumer: archive, maxRecords: 10_000, maxTime: Duration.minutes(10) });

    const workgroup = new athena.CfnWorkGroup(this, 'Queries', {
      name: `${this.stackName}-queries`,
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        resultConfiguration: {
          outputLocation: lake.s3UrlForObject('results/'),
          encryptionConfiguration: { encryptionOption: 'SSE_S3' },
        },
      },
    });
    new CfnOutput(this, 'LakeName', { value: lake.bucketName });
    new CfnOutput(this, 'WorkgroupName', { value: workgroup.name });
    new CfnOutput(this, 'StreamName', { value: archive.deliveryStreamName });
  }
}
