import { Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { FindingDigest, FindingMessages, FindingRule } from '../../../lib/macie';
import { app } from '../../support/fixtures';

function stackOf(): Stack {
  return new Stack(app(), 'Stack');
}

/** What the roles of a template may do: `action resource`, without what concerns logs. */
function allowed(template: Template): string[] {
  return Object.values(template.findResources('AWS::IAM::Role'))
    .flatMap(({ Properties }) => Properties.Policies ?? [])
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
    .flatMap(({ Action, Resource }) => [Action].flat().map((action) => `${action} ${JSON.stringify(Resource)}`))
    .filter((line) => !line.startsWith('logs:'))
    .sort();
}

describe.each([
  ['FindingMessages', FindingMessages, 'AWS::Lambda::Function'],
  ['FindingDigest', FindingDigest, 'AWS::SQS::Queue'],
] as const)('[184] %s', (_, Target, targetType) => {
  test('is the target of a rule, which keeps its dead-letter queue', () => {
    const stack = stackOf();
    const target = new Target(stack, 'Tell', { topic: new sns.Topic(stack, 'Topic') });
    new FindingRule(stack, 'Rule', { targets: [target] });
    new FindingRule(stack, 'Other', { targets: [target] });
    const template = Template.fromStack(stack);
    const rules = Object.values(
      template.findResources('AWS::Events::Rule', { Properties: { EventPattern: Match.anyValue() } }),
    );
    expect(rules).toHaveLength(2);
    for (const { Properties } of rules) {
      expect(Properties.Targets).toHaveLength(1);
      const [{ Arn, DeadLetterConfig }] = Properties.Targets;
      expect(template.findResources(targetType)).toHaveProperty(Arn['Fn::GetAtt'][0]);
      expect(DeadLetterConfig).toBeDefined();
    }
  });

  test('may use the key of the topic, and no other', () => {
    const stack = stackOf();
    const topic = new sns.Topic(stack, 'Topic', { masterKey: new kms.Key(stack, 'Key') });
    new Target(stack, 'Tell', { topic });
    const keys = allowed(Template.fromStack(stack)).filter((line) => line.startsWith('kms:'));
    expect(keys).toEqual([
      expect.stringMatching(/^kms:Decrypt \{"Fn::GetAtt":\["Key/),
      expect.stringMatching(/^kms:GenerateDataKey \{"Fn::GetAtt":\["Key/),
    ]);
  });

  test('refuses a FIFO topic, and warns of an imported one', () => {
    const stack = stackOf();
    const arn = (name: string) => `arn:aws:sns:eu-west-1:123456789012:${name}`;
    const fifo = sns.Topic.fromTopicArn(stack, 'Fifo', arn('topic.fifo'));
    expect(() => new Target(stack, 'Wrong', { topic: fifo })).toThrow(/TopicFifo: .*use a standard one/);
    new Target(stack, 'Tell', { topic: sns.Topic.fromTopicArn(stack, 'Theirs', arn('topic')) });
    Annotations.fromStack(stack).hasWarning('/Stack/Tell', Match.stringLikeRegexp('kms:GenerateDataKey'));
  });

  test('hands names of landing places over, and keeps keys of objects back unless asked', () => {
    const stack = stackOf();
    const topic = new sns.Topic(stack, 'Topic');
    new Target(stack, 'Tell', {
      topic,
      showObjectKeys: true,
      landings: [{ bucketName: 'lake', keyPrefix: 'topics/' }],
    });
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({ SHOW_OBJECT_KEYS: 'true', LANDINGS: '[{"bucket":"lake","prefix":"topics/"}]' }),
      },
    });
  });
});

test('a function that tells of each finding may publish, and hand over what it failed to tell', () => {
  const stack = stackOf();
  const messages = new FindingMessages(stack, 'Tell', { topic: new sns.Topic(stack, 'Topic') });
  const template = Template.fromStack(stack);
  expect(allowed(template)).toEqual([
    expect.stringMatching(/^sns:Publish \{"Ref":"Topic/),
    expect.stringMatching(/^sqs:SendMessage \{"Fn::GetAtt":\["TellFormatterFailures/),
  ]);
  template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
    DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
  });
  expect(stack.resolve(messages.metricFailures().toMetricConfig().metricStat!.metricName)).toBe(
    'ApproximateNumberOfMessagesVisible',
  );
});

test('[184] a digest comes every quarter of an hour, and its runs never overlap', () => {
  const stack = stackOf();
  const digest = new FindingDigest(stack, 'Digest', { topic: new sns.Topic(stack, 'Topic') });
  const template = Template.fromStack(stack);
  expect(allowed(template)).toEqual([
    expect.stringMatching(/^sns:Publish \{"Ref":"Topic/),
    expect.stringMatching(/^sqs:DeleteMessage \{"Fn::GetAtt":\["DigestQueue/),
    expect.stringMatching(/^sqs:ReceiveMessage \{"Fn::GetAtt":\["DigestQueue/),
  ]);
  template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(15 minutes)' });
  template.hasResourceProperties('AWS::Lambda::Function', { Timeout: 840 });
  template.hasResourceProperties('AWS::SQS::Queue', { VisibilityTimeout: 900 });
  expect(digest.metricAge().metricName).toBe('ApproximateAgeOfOldestMessage');
});
