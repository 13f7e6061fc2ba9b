import { Duration } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { ConsumerAlarms } from '../../lib';
import type { ConsumerAlarmsProps, ConsumerMetrics, IKafkaConsumer } from '../../lib';
import { idsOf, resourcesOf, stack } from '../support/fixtures';

/** A consumer of which just this is measured. */
class Measured extends Construct implements IKafkaConsumer {
  constructor(
    scope: Construct,
    public readonly consumerMetrics: ConsumerMetrics,
  ) {
    super(scope, 'Billing');
  }
}

const metric = (metricName: string) =>
  new cloudwatch.Metric({ namespace: 'Test', metricName, statistic: 'Maximum', period: Duration.minutes(5) });

function alarmsOf(
  of: Stack,
  metrics: ConsumerMetrics,
  props: Omit<ConsumerAlarmsProps, 'consumer'> = {},
): Record<string, any> {
  new ConsumerAlarms(of, 'Alarms', { ...props, consumer: new Measured(of, metrics) });
  const ids = idsOf(of, 'AWS::CloudWatch::Alarm');
  return Object.fromEntries(ids.map((id) => [id.replace(/^Alarms|.{8}$/g, ''), resourcesOf(of)[id].Properties]));
}

test('[142] a consumer that is behind, and never less so than a minute before, is stalled', () => {
  const { Stalled } = alarmsOf(stack(), { recordsBehind: metric('Lag') });
  expect(Stalled).toMatchObject({
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: 0,
    EvaluationPeriods: 15,
    TreatMissingData: 'missing',
    AlarmDescription: 'Stack/Billing has not got on for 15 minutes',
  });
  const [expression, behind] = Stalled.Metrics;
  expect(expression.Expression).toBe('IF(behind > 0 AND DIFF(behind) >= 0, 1, 0)');
  expect(behind).toMatchObject({ Id: 'behind', MetricStat: { Period: 60, Metric: { MetricName: 'Lag' } } });
});

test('[142] where a service says what it takes, silence is what stalls', () => {
  const stalledAfter = Duration.minutes(30);
  const { Stalled } = alarmsOf(stack(), { recordsBehind: metric('Lag'), records: metric('Records') }, { stalledAfter });
  expect(Stalled).toMatchObject({
    MetricName: 'Records',
    ComparisonOperator: 'LessThanThreshold',
    Threshold: 0,
    EvaluationPeriods: 30,
    Period: 60,
    TreatMissingData: 'breaching',
  });
});

test('[142] limits are on records and on time, for as long as they may be exceeded', () => {
  const of = stack();
  const alarms = alarmsOf(
    of,
    { recordsBehind: metric('Lag'), timeBehind: metric('Age'), deadLetters: metric('Dead') },
    {
      maxRecords: 1000,
      maxTime: Duration.minutes(10),
      sustained: Duration.minutes(5),
      actions: [new actions.SnsAction(new sns.Topic(of, 'OnCall'))],
    },
  );
  expect(alarms).toMatchObject({
    Records: { MetricName: 'Lag', Threshold: 1000, EvaluationPeriods: 5, Period: 60 },
    Time: { MetricName: 'Age', Threshold: 600, EvaluationPeriods: 5, Period: 60 },
    DeadLetters: { MetricName: 'Dead', Threshold: 0, EvaluationPeriods: 1, TreatMissingData: 'notBreaching' },
  });
  for (const { AlarmActions, OKActions } of Object.values(alarms)) {
    expect([AlarmActions, OKActions]).toEqual([[{ Ref: idsOf(of, 'AWS::SNS::Topic')[0] }], AlarmActions]);
  }
});

test('[142] a limit on what is not measured is refused, and the other one named', () => {
  expect(() => alarmsOf(stack(), { timeBehind: metric('Age') }, { maxRecords: 1 })).toThrow(
    /ConsumerMetricUnknown: the service of 'Stack\/Billing' does not measure what `maxRecords` limits: use `maxTime`/,
  );
  expect(() => alarmsOf(stack(), { recordsBehind: metric('Lag') }, { maxTime: Duration.minutes(1) })).toThrow(
    'use `maxRecords`',
  );
});

test('[142] what a service does not measure has no alarm that would stay silent', () => {
  const of = stack();
  new ConsumerAlarms(of, 'Alarms', { consumer: new Measured(of, { timeBehind: metric('Age') }) });
  expect(idsOf(of, 'AWS::CloudWatch::Alarm')).toEqual([]);
});
