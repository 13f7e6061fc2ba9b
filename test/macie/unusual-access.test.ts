import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import {
  FindingSource,
  GuardDutyFindingRule,
  GuardDutySeverity,
  MacieFindingEvents,
  UnusualAccessRules,
} from '../../lib/macie';
import { app } from '../support/fixtures';

function world() {
  const stack = new Stack(app(), 'Stack');
  return { stack, target: new targets.SqsQueue(new sqs.Queue(stack, 'Queue')) };
}

const patterns = (template: Template) =>
  Object.values(template.findResources('AWS::Events::Rule')).map(({ Properties }) => Properties.EventPattern);

test('[S-22] one construct routes policy findings of Macie and access findings of GuardDuty, and turns nothing on', () => {
  const { stack, target } = world();
  new UnusualAccessRules(stack, 'Access', {
    targets: [target],
    buckets: [s3.Bucket.fromBucketName(stack, 'Bucket', 'acme-orders')],
    minimumAccessSeverity: GuardDutySeverity.MEDIUM,
    ruleName: 'watch',
  });
  const template = Template.fromStack(stack);
  expect(patterns(template)).toEqual([
    expect.objectContaining({ source: ['aws.macie'], detail: expect.objectContaining({ category: ['POLICY'] }) }),
    {
      source: ['aws.guardduty'],
      'detail-type': ['GuardDuty Finding'],
      detail: {
        type: [{ wildcard: '*:S3/*' }],
        severity: [{ numeric: ['>=', 4] }],
        resource: { s3BucketDetails: { name: ['acme-orders'] } },
        service: { additionalInfo: { sample: [false, { exists: false }] } },
      },
    },
  ]);
  template.hasResourceProperties('AWS::Events::Rule', { Name: 'watch-policy' });
  template.hasResourceProperties('AWS::Events::Rule', { Name: 'watch-access' });
  expect(Object.keys(template.toJSON().Resources).filter((id) => /Detector/.test(id))).toEqual([]);
  template.resourceCountIs('AWS::GuardDuty::Detector', 0);
});

test('[S-22] a rule for GuardDuty keeps what a target did not take', () => {
  const { stack, target } = world();
  const rule = new GuardDutyFindingRule(stack, 'Rule', { targets: [target], retryAttempts: 3 });
  Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', {
    Targets: [{ DeadLetterConfig: { Arn: Match.anyValue() }, RetryPolicy: { MaximumRetryAttempts: 3 } }],
  });
  expect(rule.metricDeadLetters().metricName).toBe('ApproximateNumberOfMessagesVisible');
});

test.each<[string, object, RegExp]>([
  [
    'a type that is not about Amazon S3',
    { types: ['Recon:EC2/Portscan'] },
    /GuardDutyType: .*'Recon:EC2\/Portscan'.*Exfiltration:S3/,
  ],
  ['no type at all', { types: [] }, /GuardDutyType: types has an empty list/],
  ['no target', { targets: [] }, /FindingRuleWithoutTarget: targets is empty/],
  [
    'a star in the middle, through Security Hub',
    { source: FindingSource.SECURITY_HUB, bucketNames: ['a-*-b'] },
    /FindingPatternSource: 'a-\*-b'/,
  ],
])('[S-22] %s is an error', (_, options, message) => {
  const { stack, target } = world();
  expect(() => new GuardDutyFindingRule(stack, 'Rule', { targets: [target], ...options })).toThrow(message);
});

test.each<[string, object]>([
  ['jobIds', { jobIds: ['1'] }],
  ['minimumCount', { minimumCount: 2 }],
  ['maximumCount', { maximumCount: 1 }],
  ['bucketNames', { bucketNames: ['*-logs'] }],
])('[199] %s that Security Hub can not tell is an error', (name, options) => {
  const events = MacieFindingEvents.fromAccount(world().stack);
  expect(() => events.findingPattern({ source: FindingSource.SECURITY_HUB, ...options })).toThrow(
    new RegExp(`FindingPatternSource: .*${name}`),
  );
});
