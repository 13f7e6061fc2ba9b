import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import {
  ConsumerAlarms,
  FailureDestination,
  KafkaTopic,
  LambdaConsumer,
  PollerScaling,
  RecordCondition,
  RecordFilter,
  Retention,
  ServerlessCluster,
} from '../lib';
import { bundledFunction, privateNetwork } from './parts';

/** Clicks on a serverless cluster become metrics: no broker to size, no poller to reach the internet. */
export class ServerlessToLambda extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const vpc = privateNetwork(this);
    // The one word that lets `cdk destroy` delete the records too; leave it out for anything but a demo.
    const cluster = new ServerlessCluster(this, 'Clicks', { vpc, removalPolicy: RemovalPolicy.DESTROY });
    const pages = new KafkaTopic(this, 'Pages', {
      cluster,
      topicName: 'clicks.pages',
      partitions: 6,
      configuration: { retention: Retention.of(Duration.days(1)) },
    });

    const failures = new sqs.Queue(this, 'Failures', {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const consumer = new LambdaConsumer(this, 'ClickMetricsConsumer', {
      topic: pages,
      consumerGroup: 'click-metrics',
      handler: bundledFunction(this, 'ClickMetrics', { timeout: Duration.seconds(30) }),
      scaling: PollerScaling.provisioned({
        maximumPollers: 2,
        reportBatchItemFailures: true,
        onFailure: FailureDestination.queue(failures),
      }),
      maxBatchingWindow: Duration.seconds(5),
      filters: [RecordFilter.json({ clicks: RecordCondition.above(0) })],
    });
    const alarms = new ConsumerAlarms(this, 'ClickAlarms', {
      consumer,
      maxRecords: 10_000,
      maxTime: Duration.minutes(5),
    });
    new cloudwatch.Dashboard(this, 'Dashboard', {
      widgets: [
        [
          new cloudwatch.GraphWidget({ title: 'Records behind', left: [consumer.metricMaxOffsetLag()] }),
          new cloudwatch.AlarmStatusWidget({
            title: 'Alarms',
            alarms: [alarms.recordsAlarm!, alarms.timeAlarm!, alarms.stalledAlarm!, alarms.deadLettersAlarm!],
          }),
        ],
      ],
    });

    new CfnOutput(this, 'ClusterArn', { value: cluster.clusterArn });
    new CfnOutput(this, 'FailuresUrl', { value: failures.queueUrl });
  }
}
