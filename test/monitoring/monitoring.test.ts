import { Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cw from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as sns from 'aws-cdk-lib/aws-sns';
import {
  Brokers,
  ClusterAlarms,
  ClusterDashboard,
  ClusterKind,
  ConsumerLagAlarm,
  ExpressBrokerSize,
  KafkaTopic,
  MskCluster,
  ServerlessCluster,
  StandardBrokerSize,
} from '../../lib';
import type { IMskCluster } from '../../lib';
import { CLUSTER_ARN, cluster, stack, vpc } from '../support/fixtures';

const ALARM = 'AWS::CloudWatch::Alarm';

/** Every metric that an alarm of the stack watches, with its dimensions but for the cluster's name. */
function watched(template: Template): string[] {
  return Object.values<any>(template.findResources(ALARM))
    .flatMap(({ Properties }) =>
      Properties.Metrics ? Properties.Metrics.flatMap(({ MetricStat }: any) => MetricStat?.Metric ?? []) : [Properties],
    )
    .map(({ MetricName, Dimensions }) =>
      [
        MetricName,
        ...Dimensions.filter(({ Name }: any) => Name !== 'Cluster Name').map(({ Value }: any) => Value),
      ].join(' '),
    )
    .sort();
}

function alarmsOf(make: (scope: ReturnType<typeof stack>) => IMskCluster): Template {
  const scope = stack();
  new ClusterAlarms(scope, 'Alarms', { cluster: make(scope) });
  return Template.fromStack(scope);
}

const perBroker = (names: string[]) => [1, 2, 3].flatMap((broker) => names.map((name) => `${name} ${broker}`));

describe('the alarms of a cluster', () => {
  test('[104] of standard brokers watch what standard brokers report', () => {
    expect(watched(alarmsOf((scope) => cluster(scope)))).toEqual(
      [
        'ActiveControllerCount',
        'OfflinePartitionsCount',
        ...perBroker([
          'CpuUser',
          'CpuSystem',
          'PartitionCount',
          'KafkaDataLogsDiskUsed',
          'HeapMemoryAfterGC',
          'UnderMinIsrPartitionCount',
          'UnderReplicatedPartitions',
        ]),
        ...[1, 2, 3].map((broker) => `ClientConnectionCount ${broker} IAM`),
      ].sort(),
    );
  });

  test('[104] of express brokers watch nothing that express brokers do not report', () => {
    const brokers = Brokers.express({ size: ExpressBrokerSize.M7G_LARGE });
    expect(watched(alarmsOf((scope) => cluster(scope, 'Orders', { brokers })))).toEqual(
      [
        'ActiveControllerCount',
        ...perBroker(['CpuUser', 'CpuSystem', 'PartitionCount', 'ProduceThrottleTime', 'FetchThrottleTime']),
        ...[1, 2, 3].map((broker) => `ClientConnectionCount ${broker} IAM`),
      ].sort(),
    );
  });

  test('[104] have the thresholds of the documentation', () => {
    const template = alarmsOf((scope) => cluster(scope));
    const of = (MetricName: string, expected: object) =>
      template.hasResourceProperties(ALARM, { MetricName, ...expected });
    const atLeast = 'GreaterThanOrEqualToThreshold';
    of('KafkaDataLogsDiskUsed', { Threshold: 80, ComparisonOperator: atLeast, Statistic: 'Maximum' });
    of('HeapMemoryAfterGC', { Threshold: 60, ComparisonOperator: atLeast, EvaluationPeriods: 3 });
    of('OfflinePartitionsCount', { Threshold: 1, ComparisonOperator: atLeast, EvaluationPeriods: 3, Period: 60 });
    of('ActiveControllerCount', { Threshold: 1, ComparisonOperator: 'LessThanThreshold', Statistic: 'Maximum' });
    of('ClientConnectionCount', { Threshold: 2400, ComparisonOperator: atLeast, Statistic: 'Sum', Period: 60 });
    // 1,000 partitions for large brokers.
    of('PartitionCount', { Threshold: 1000, ComparisonOperator: atLeast });
    template.hasResourceProperties(ALARM, {
      Threshold: 60,
      EvaluationPeriods: 3,
      Metrics: Match.arrayWith([Match.objectLike({ Expression: 'user2 + system2' })]),
    });
  });

  test('[104] of the smallest brokers watch CPU credits', () => {
    const brokers = Brokers.standard({ size: StandardBrokerSize.T3_SMALL });
    expect(watched(alarmsOf((scope) => cluster(scope, 'Orders', { brokers })))).toContain('CPUCreditBalance 1');
  });

  test('[104] tell whoever is named when they go off and when they are over', () => {
    const scope = stack();
    const people = new sns.Topic(scope, 'People');
    const { alarms } = new ClusterAlarms(scope, 'Alarms', {
      cluster: cluster(scope),
      actions: [new actions.SnsAction(people)],
    });
    const reference = [scope.resolve(people.topicArn)];
    const template = Template.fromStack(scope);
    const told = template.findResources(ALARM, { Properties: { AlarmActions: reference, OKActions: reference } });
    expect(Object.keys(told)).toHaveLength(alarms.length);
  });

  test('[104] of a serverless cluster fail: it has no broker to watch', () => {
    expect(() => alarmsOf((scope) => new ServerlessCluster(scope, 'Orders', { vpc: vpc(scope) }))).toThrow(
      /ServerlessClusterAlarms: .*ConsumerLagAlarm/,
    );
  });

  test('[104] of an imported cluster need its kind and the number of its brokers', () => {
    expect(() => alarmsOf((scope) => MskCluster.fromClusterArn(scope, 'Orders', CLUSTER_ARN))).toThrow(
      /ClusterBrokersUnknown: .*`kind`, `numberOfBrokers`/,
    );
    const known = { clusterArn: CLUSTER_ARN, kind: ClusterKind.EXPRESS, numberOfBrokers: 3 };
    const template = alarmsOf((scope) => MskCluster.fromClusterAttributes(scope, 'Orders', known));
    // The size is unknown, and with it how many partitions are too many.
    expect(watched(template)).not.toContain('PartitionCount 1');
    expect(JSON.stringify(template.findResources(ALARM))).toContain('{"Name":"Cluster Name","Value":"orders"}');
  });
});

describe('the alarm on lag', () => {
  const lag = (props: { maxRecords?: number; maxTime?: Duration; sustained?: Duration }) => {
    const scope = stack();
    const topic = KafkaTopic.fromTopicName(scope, 'Paid', cluster(scope), 'paid');
    new ConsumerLagAlarm(scope, 'Lag', { topic, consumerGroup: 'billing', ...props });
    return Template.fromStack(scope);
  };

  test('[105] [142] goes off when a group stays behind in records', () => {
    lag({ maxRecords: 10_000 }).hasResourceProperties(ALARM, {
      MetricName: 'MaxOffsetLag',
      Statistic: 'Maximum',
      Threshold: 10_000,
      ComparisonOperator: 'GreaterThanThreshold',
      EvaluationPeriods: 15,
      Period: 60,
      Dimensions: Match.arrayWith([
        { Name: 'Consumer Group', Value: 'billing' },
        { Name: 'Topic', Value: 'paid' },
      ]),
    });
  });

  test('[105] goes off when a group stays behind in time', () => {
    lag({ maxTime: Duration.minutes(2), sustained: Duration.minutes(5) }).hasResourceProperties(ALARM, {
      MetricName: 'EstimatedMaxTimeLag',
      Threshold: 120,
      EvaluationPeriods: 5,
    });
  });

  test('[105] fails without a limit', () => {
    expect(() => lag({})).toThrow(/ConsumerLagUnlimited/);
  });
});

describe('the dashboard', () => {
  const shown = (make: (scope: ReturnType<typeof stack>) => IMskCluster) => {
    const scope = stack();
    const topic = KafkaTopic.fromTopicName(scope, 'Topic', make(scope), 'paid');
    new ClusterDashboard(scope, 'Dashboard', {
      cluster: topic.cluster,
      consumers: [{ topic, consumerGroup: 'billing' }],
    });
    const [{ Properties }] = Object.values<any>(Template.fromStack(scope).findResources('AWS::CloudWatch::Dashboard'));
    return JSON.stringify(Properties.DashboardBody);
  };

  test('[106] shows the brokers and the lag of the consumers', () => {
    const body = shown((scope) => cluster(scope));
    for (const metric of ['BytesInPerSec', 'CpuUser', 'KafkaDataLogsDiskUsed', 'SumOffsetLag', 'EstimatedMaxTimeLag']) {
      expect(body).toContain(metric);
    }
  });

  test('[106] shows no broker of a serverless cluster', () => {
    const body = shown((scope) => new ServerlessCluster(scope, 'Orders', { vpc: vpc(scope) }));
    expect(body).toContain('SumOffsetLag');
    expect(body).not.toContain('CpuUser');
    expect(body).not.toContain('GlobalPartitionCount');
  });
});

describe('the metrics of a cluster', () => {
  const metrics = () => MskCluster.fromClusterArn(stack(), 'Orders', CLUSTER_ARN).metrics;

  test.each<[string, (of: ReturnType<typeof metrics>) => cw.Metric, string]>([
    // Reported by the controller alone, and zero by all others: an average would hide it.
    ['OfflinePartitionsCount', (of) => of.metricOfflinePartitions(), 'Maximum'],
    ['GlobalPartitionCount', (of) => of.metricPartitions(), 'Maximum'],
    ['ActiveControllerCount', (of) => of.metricActiveControllers(), 'Maximum'],
    ['BytesInPerSec', (of) => of.metricBytesIn(), 'Sum'],
    ['ClientConnectionCount', (of) => of.metricBrokerIamConnections(1), 'Sum'],
    ['CPUCreditBalance', (of) => of.metricBrokerCpuCredits(1), 'Minimum'],
  ])('[103] %s has the statistic that says something', (name, of, statistic) => {
    const metric = of(metrics());
    expect([metric.namespace, metric.metricName, metric.statistic]).toEqual(['AWS/Kafka', name, statistic]);
  });

  test('[103] take the options of the caller last', () => {
    const metric = metrics().metricOfflinePartitions({ statistic: 'p90', period: Duration.hours(1) });
    expect([metric.statistic, metric.period.toHours()]).toEqual(['p90', 1]);
  });

  test('[103] are of the account and Region of an imported cluster', () => {
    const metric = metrics().metricBytesOut();
    expect([metric.account, metric.region]).toEqual(['123456789012', 'eu-west-1']);
  });
});
