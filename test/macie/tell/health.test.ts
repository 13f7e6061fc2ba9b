import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as stepfunctions from 'aws-cdk-lib/aws-stepfunctions';
import { coverageOf } from '../../../handlers/macie-coverage/coverage';
import {
  FindingCanary,
  FindingReconciliation,
  FindingRule,
  FindingSeverity,
  JobStatusEvents,
  MacieCoverage,
  ResponseHealth,
} from '../../../lib/macie';
import { app } from '../../support/fixtures';

const stackOf = () => new Stack(app(), 'Stack');

test('[186] everything that fails without a sound has an alarm', () => {
  const stack = stackOf();
  const queue = new sqs.Queue(stack, 'Work');
  const rule = new FindingRule(stack, 'Rule', { targets: [new targets.SqsQueue(queue)] });
  const health = new ResponseHealth(stack, 'Health', {
    deadLetterQueues: [rule.deadLetterQueue],
    workQueues: [queue],
    functions: [lambda.Function.fromFunctionName(stack, 'Function', 'dispatcher')],
    stateMachines: [stepfunctions.StateMachine.fromStateMachineName(stack, 'Machine', 'restrict')],
    claimAge: queue.metricApproximateAgeOfOldestMessage(),
    maximumAge: Duration.minutes(20),
    jobs: new JobStatusEvents(stack, 'Jobs'),
    canary: new FindingCanary(stack, 'Canary'),
    reconciliation: new FindingReconciliation(stack, 'Reconciliation', { rules: [rule] }),
    coverage: new MacieCoverage(stack, 'Coverage'),
    alarmActions: [new actions.SnsAction(new sns.Topic(stack, 'Topic'))],
  });
  expect(health.alarms).toHaveLength(9);
  const alarms = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm')).map(
    ({ Properties }) => Properties,
  );
  expect(alarms).toHaveLength(9);
  for (const { AlarmActions } of alarms) expect(AlarmActions).toHaveLength(1);
  expect(
    alarms
      .map(({ MetricName, Metrics, Threshold, ComparisonOperator, TreatMissingData }) => [
        MetricName ?? Metrics.find(({ Expression }: any) => Expression).Expression,
        ComparisonOperator === 'LessThanThreshold' ? '<' : '>',
        Threshold,
        TreatMissingData,
      ])
      .sort(),
  ).toEqual([
    ['AccessErrors', '>', 0, 'notBreaching'],
    ['ApproximateAgeOfOldestMessage', '>', 1_200, 'notBreaching'],
    ['ApproximateAgeOfOldestMessage', '>', 1_200, 'notBreaching'],
    ['ApproximateNumberOfMessagesVisible', '>', 0, 'notBreaching'],
    ['CanaryArrived', '<', 1, 'breaching'],
    ['Errors', '>', 0, 'notBreaching'],
    ['MAX([DIFF(unreadable), DIFF(failed), DIFF(skipped)])', '>', 0, 'notBreaching'],
    ['ReconciliationDone', '<', 1, 'breaching'],
    ['failed + timedOut + aborted', '>', 0, 'notBreaching'],
  ]);
  expect(() => new ResponseHealth(stack, 'Nothing', {})).toThrow(/ResponseHealthEmpty/);
});

test('[181] the canary finding comes by a rule that takes nothing but samples', () => {
  const stack = stackOf();
  new FindingCanary(stack, 'Canary', { interval: Duration.hours(6) });
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(6 hours)' });
  template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: Match.objectLike({ detail: { sample: [true], type: ['SensitiveData:S3Object/Personal'] } }),
  });
  expect(() => new FindingCanary(stack, 'Other')).toThrow(/MACIE-CANARY-SINGLE/);
});

test('[185] reconciliation sends what the rules send, to their queues and no others', () => {
  const stack = stackOf();
  const queue = new sqs.Queue(stack, 'Responses');
  const other = new sqs.Queue(stack, 'Other');
  const rule = new FindingRule(stack, 'Rule', {
    minimumSeverity: FindingSeverity.HIGH,
    targets: [
      new targets.SqsQueue(queue, {
        message: events.RuleTargetInput.fromObject({
          version: 1,
          findingId: events.EventField.fromPath('$.detail.id'),
        }),
      }),
      new targets.SnsTopic(new sns.Topic(stack, 'Topic')),
    ],
  });
  new FindingReconciliation(stack, 'Reconciliation', { rules: [rule] });
  rule.addTarget(new targets.SqsQueue(other)); // later counts as well
  const template = Template.fromStack(stack);
  const [schedule] = Object.values(
    template.findResources('AWS::Events::Rule', { Properties: { ScheduleExpression: 'rate(1 hour)' } }),
  );
  const input = JSON.stringify(schedule.Properties.Targets[0].Input);
  expect(input).toContain('findingId');
  expect(input).toContain('$.detail.id');
  expect(input).toContain('numeric');
  const arns = ['Responses', 'Other'].map((id) =>
    expect.objectContaining({ 'Fn::GetAtt': [expect.stringContaining(id), 'Arn'] }),
  );
  const policies = JSON.parse(JSON.stringify(Object.values(template.findResources('AWS::IAM::Role'))));
  const statement = policies
    .flatMap(({ Properties }: any) => Properties.Policies ?? [])
    .flatMap(({ PolicyDocument }: any) => PolicyDocument.Statement)
    .find(({ Action }: any) => Action === 'sqs:SendMessage');
  expect(statement.Resource).toHaveLength(2);
  expect(statement.Resource).toEqual(expect.arrayContaining(arns));
});

test('[185] rules without a queue, or of another stack, are errors', () => {
  const stack = stackOf();
  const rule = new FindingRule(stack, 'Rule', { targets: [new targets.SnsTopic(new sns.Topic(stack, 'Topic'))] });
  new FindingReconciliation(stack, 'Reconciliation', { rules: [rule] });
  expect(() => Template.fromStack(stack)).toThrow(/FindingReconciliationWithoutQueue/);
  const other = new Stack(app(), 'Other');
  new FindingReconciliation(other, 'Reconciliation', { rules: [rule] });
  expect(() => Template.fromStack(other)).toThrow(/another stack/);
});

test('[190] the report of coverage comes every day, and may read the inventory and profiles of buckets alone', () => {
  const stack = stackOf();
  const coverage = new MacieCoverage(stack, 'Coverage', { topic: new sns.Topic(stack, 'Topic') });
  coverage.createGrowthAlarm('Growth');
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(1 day)' });
  expect(JSON.stringify(template.findResources('AWS::IAM::Role')).match(/macie2:\w+/g)).toEqual([
    'macie2:DescribeBuckets',
    'macie2:GetResourceProfile',
  ]);
  const metrics = [
    coverage.metricUnsupportedObjects(),
    coverage.metricNeverScannedBuckets(),
    coverage.metricPublicBuckets(),
    coverage.metricSharedBuckets(),
    coverage.metricSensitiveBuckets(),
  ];
  const counted = Object.keys(coverageOf([], []).metrics);
  for (const { namespace, metricName } of metrics) {
    expect([namespace, counted.includes(metricName)]).toEqual(['CdkMskMacie/Coverage', true]);
  }
  expect(() => new MacieCoverage(stack, 'Other')).toThrow(/MACIE-COVERAGE-SINGLE/);
});
