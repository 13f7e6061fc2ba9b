import * as path from 'path';
import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import {
  FlinkSql,
  FlinkSqlScript,
  KafkaProducer,
  KafkaTopic,
  KafkaVersion,
  LambdaConsumer,
  PollerScaling,
  ProducerClient,
  ProvisionedCluster,
  Retention,
} from '../lib';
import { bundledFunction, privateNetwork } from './parts';

/** Of the site; clicks elsewhere are counted as `other`, and what can not be read as `unreadable`. */
const SECTIONS = ['home', 'search', 'product', 'basket', 'checkout'];
const MINUTE = Duration.minutes(1);

/** Clicks are counted by the minute as they come in; a dashboard shows what visitors of the site are doing now. */
export class ClicksToDashboard extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const vpc = privateNetwork(this);
    // The one word that lets `cdk destroy` delete the records too; leave it out for anything but a demo.
    const cluster = new ProvisionedCluster(this, 'Site', {
      vpc,
      kafkaVersion: KafkaVersion.V3_9_X_KRAFT,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const topic = (topicId: string, topicName: string, partitions: number) =>
      new KafkaTopic(this, topicId, {
        cluster,
        topicName,
        partitions,
        configuration: { retention: Retention.of(Duration.days(1)) },
      });
    const clicks = topic('Clicks', 'clicks', 6);
    const clicksPerMinute = topic('ClicksPerMinute', 'clicks-per-minute', 1);

    const counting = new FlinkSql(this, 'Counting', {
      sql: FlinkSqlScript.fromFile(path.join(__dirname, 'sql', 'clicks-per-minute.sql')),
      sources: { clicks },
      sinks: { clicksPerMinute },
      variables: { sections: SECTIONS.map((section) => `'${section}'`).join(', ') },
      consumerGroup: 'counting',
      // A minute is on the dashboard with the checkpoint after its end.
      checkpointInterval: Duration.seconds(10),
    });

    const metrics = bundledFunction(this, 'ClickMetrics', { timeout: Duration.seconds(30) });
    const consumer = new LambdaConsumer(this, 'ClickMetricsConsumer', {
      topic: clicksPerMinute,
      consumerGroup: 'click-metrics',
      handler: metrics,
      scaling: PollerScaling.provisioned({ reportBatchItemFailures: true }),
    });

    const producer = bundledFunction(this, 'ClickProducer', {
      timeout: Duration.minutes(1),
      vpc,
      securityGroups: [new ec2.SecurityGroup(this, 'ClickProducerSecurityGroup', { vpc, allowAllOutbound: false })],
    });
    new KafkaProducer(this, 'ClickWriter', { topics: [clicks], client: ProducerClient.lambdaFunction(producer) });

    const dashboard = new cloudwatch.Dashboard(this, 'Dashboard', { defaultInterval: Duration.hours(1) });
    dashboard.addWidgets(
      bySection('Clicks a minute', 'Clicks', [...SECTIONS, 'other']),
      bySection('Visitors a minute', 'Visitors', [...SECTIONS, 'other']),
    );
    dashboard.addWidgets(
      bySection('Lines that can not be read, a minute', 'Clicks', ['unreadable']),
      new cloudwatch.GraphWidget({
        title: 'Records behind',
        width: 12,
        left: [
          counting.metricMaxOffsetLag(clicks, { label: 'counting' }),
          consumer.metricMaxOffsetLag({ label: 'metrics' }),
        ],
      }),
    );

    new CfnOutput(this, 'ProducerName', { value: producer.functionName });
    new CfnOutput(this, 'DashboardName', { value: dashboard.dashboardName });
  }
}

/**
 * The function writes one value for each minute and section, with the time of the minute. One that was written twice,
 * because Lambda invokes at least once, is the same value again: hence the maximum, where a sum would count it twice.
 */
function bySection(title: string, metricName: string, sections: string[]): cloudwatch.GraphWidget {
  return new cloudwatch.GraphWidget({
    title,
    width: 12,
    period: MINUTE,
    left: sections.map(
      (section) =>
        new cloudwatch.Metric({
          namespace: 'ClicksToDashboard',
          metricName,
          dimensionsMap: { section, service: 'click-metrics' },
          statistic: cloudwatch.Stats.MAXIMUM,
          period: MINUTE,
          label: section,
        }),
    ),
  });
}
