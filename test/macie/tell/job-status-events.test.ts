import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { JobEventType, JobStatusEvents } from '../../../lib/macie';
import { app } from '../../support/fixtures';

const GROUP = '/aws/macie/classificationjobs';
const env = { account: '123456789012', region: 'eu-west-1' };

function stackOf(): Stack {
  return new Stack(app(), 'Stack', { env });
}

test('[176] the log is read by subscription, after it is there, and access errors are counted', () => {
  const stack = stackOf();
  const jobs = new JobStatusEvents(stack, 'Jobs');
  jobs.onJobEvent('Trouble', {
    eventTypes: [JobEventType.BUCKET_ACCESS_DENIED, JobEventType.NO_BUCKETS_MATCHED],
    targets: [new targets.SqsQueue(new sqs.Queue(stack, 'Queue'))],
  });
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::Logs::LogGroup', 2); // those of the two functions
  const [custom] = Object.keys(template.findResources('Custom::MacieJobLog', { Properties: { LogGroupName: GROUP } }));
  template.hasResource('AWS::Logs::SubscriptionFilter', {
    Properties: { LogGroupName: GROUP },
    DependsOn: Match.arrayWith([custom]),
  });
  template.hasResource('AWS::Logs::MetricFilter', {
    Properties: {
      LogGroupName: GROUP,
      FilterPattern:
        '{ ($.eventType = "ACCOUNT_*" || $.eventType = "BUCKET_*") && $.eventType != "BUCKET_MATCHED_THE_CRITERIA" }',
    },
    DependsOn: Match.arrayWith([custom]),
  });
  template.hasResourceProperties('AWS::Lambda::Permission', {
    Principal: 'logs.amazonaws.com',
    SourceArn: `arn:aws:logs:eu-west-1:123456789012:log-group:${GROUP}:*`,
    SourceAccount: '123456789012',
  });
  template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: {
      source: ['cdk-msk-macie.jobs'],
      'detail-type': ['Macie Job Status'],
      detail: { eventType: ['BUCKET_ACCESS_DENIED', 'NO_BUCKETS_MATCHED_THE_CRITERIA'] },
    },
    Targets: [{ DeadLetterConfig: Match.anyValue() }],
  });
  expect(jobs.metricAccessErrors().toMetricConfig().metricStat).toMatchObject({
    namespace: 'CdkMskMacie/ClassificationJobs',
    metricName: 'AccessErrors',
    statistic: 'Sum',
  });
});

test('[176] a second reader of the same log, and a rule of nothing, are errors', () => {
  const stack = stackOf();
  const jobs = new JobStatusEvents(stack, 'Jobs');
  expect(() => new JobStatusEvents(stack, 'Again')).toThrow(/MACIE-JOB-EVENTS-SINGLE/);
  expect(() => jobs.onJobEvent('None', { targets: [] })).toThrow(/JobStatusRule/);
});
