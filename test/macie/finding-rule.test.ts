import { App, Duration, PropertyInjectors, SecretValue, Stack, Token } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as stepfunctions from 'aws-cdk-lib/aws-stepfunctions';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Construct } from 'constructs';
import { FindingCategory, FindingRule, FindingSeverity, MacieFindingEvents } from '../../lib/macie';
import type { FindingRuleProps } from '../../lib/macie';

const PLACE = { account: '111111111111', region: 'eu-west-1' };

let app: App;
let stack: Stack;

beforeEach(() => {
  app = new App();
  stack = new Stack(app, 'Alerts');
});

function otherStack(props?: StackProps): Stack {
  return new Stack(app, 'Other', props);
}

function topicTarget(scope: Construct = stack): events.IRuleTarget {
  const topic = scope.node.tryFindChild('Topic') as sns.Topic | undefined;
  return new targets.SnsTopic(topic ?? new sns.Topic(scope, 'Topic'));
}

function rule(props: Partial<FindingRuleProps> = {}, id = 'Alert', scope: Construct = stack): FindingRule {
  return new FindingRule(scope, id, { ...props, targets: props.targets ?? [topicTarget(scope)] });
}

/** Synthesizes the whole app, so that a cycle between stacks shows. */
function templateOf(of: Stack = stack): Template {
  app.synth();
  return Template.fromStack(of);
}

function ruleIn(template: Template): any {
  const rules = Object.values(template.findResources('AWS::Events::Rule'));
  expect(rules).toHaveLength(1);
  return (rules[0] as any).Properties;
}

/** What the policies of all queues of a template allow to EventBridge. */
function allowedToEventBridge(template: Template): any[] {
  return Object.values(template.findResources('AWS::SQS::QueuePolicy'))
    .flatMap((policy: any) => policy.Properties.PolicyDocument.Statement)
    .filter((statement: any) => statement.Principal?.Service === 'events.amazonaws.com');
}

/** `Fn::Join` of a template as text, each reference as `<name>`. */
function textOf(value: any): string {
  if (typeof value === 'string') return value;
  if (value['Fn::Join']) return value['Fn::Join'][1].map(textOf).join(value['Fn::Join'][0]);
  return `<${value.Ref ?? value['Fn::GetAtt'].join('.')}>`;
}

describe('the smallest rule', () => {
  test('[172] [S-23] is a rule, a queue and its policy, beside what the target needs', () => {
    rule();
    const template = templateOf();
    const types = Object.values<any>(template.toJSON().Resources).map(({ Type }) => Type);
    expect(types.sort()).toEqual([
      'AWS::Events::Rule',
      'AWS::SNS::Topic',
      'AWS::SNS::TopicPolicy',
      'AWS::SQS::Queue',
      'AWS::SQS::QueuePolicy',
    ]);
    expect(ruleIn(template)).toEqual({
      Name: expect.stringMatching(/^Alerts-Alert-[0-9A-F]{8}$/),
      EventPattern: {
        source: ['aws.macie'],
        'detail-type': ['Macie Finding'],
        detail: { sample: [false, { exists: false }] },
      },
      State: 'ENABLED',
      Targets: [
        {
          Id: 'Target0',
          Arn: { Ref: expect.stringMatching(/^Topic/) },
          DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringMatching(/^AlertRuleDeadLetterQueue/), 'Arn'] } },
        },
      ],
    });
  });

  test('[175] has a queue that is encrypted, refuses plain HTTP, keeps 14 days and goes with the rule', () => {
    rule();
    const template = templateOf();
    template.hasResource('AWS::SQS::Queue', {
      Properties: { SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600, KmsMasterKeyId: Match.absent() },
      DeletionPolicy: 'Delete',
    });
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Deny',
            Action: 'sqs:*',
            Principal: { AWS: '*' },
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ]),
      },
    });
  });

  test('[175] lets EventBridge write to the queue from this rule only, in any partition', () => {
    rule();
    const template = templateOf();
    const [statement, ...others] = allowedToEventBridge(template);
    expect(others).toEqual([]);
    expect(statement).toMatchObject({ Effect: 'Allow', Action: 'sqs:SendMessage' });
    expect(textOf(statement.Resource)).toMatch(/^<AlertRuleDeadLetterQueue\w+\.Arn>$/);
    expect(Object.keys(statement.Condition)).toEqual(['ArnEquals']);
    expect(textOf(statement.Condition.ArnEquals['aws:SourceArn'])).toBe(
      `arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:rule/${ruleIn(template).Name}`,
    );
    expect(JSON.stringify(template.toJSON())).not.toContain('arn:aws:');
  });

  test('has one finding of cdk-nag: it does not know that the queue is a dead-letter queue', () => {
    rule({ targets: [new targets.LambdaFunction(lambda.Function.fromFunctionArn(stack, 'F', 'arn:x:y:z:r:a:f:n'))] });
    const { violations } = new AwsSolutionsChecks(app).validateScope(stack);
    expect(violations.map(({ ruleName }) => ruleName)).toEqual(['AwsSolutions-SQS3']);
  });
});

describe('the properties of a rule', () => {
  test('[173] go into the pattern and the rule', () => {
    rule({
      minimumSeverity: FindingSeverity.HIGH,
      categories: [FindingCategory.POLICY],
      ruleName: 'macie-high',
      description: 'to security',
      enabled: false,
    });
    expect(ruleIn(templateOf())).toMatchObject({
      Name: 'macie-high',
      Description: 'to security',
      State: 'DISABLED',
      EventPattern: { detail: { severity: { score: [{ numeric: ['>=', 3] }] }, category: ['POLICY'] } },
    });
  });

  test('fail with the path of the rule when no finding could meet them', () => {
    expect(() => rule({ accounts: ['1'] })).toThrow(/FindingPatternFormat: '1' in accounts/);
  });

  test('[174] without a target fail at synth', () => {
    new FindingRule(stack, 'Alert', { targets: [] });
    expect(() => app.synth()).toThrow(/FindingRuleWithoutTarget: without a target nobody gets the findings/);
  });

  test('[173] that make a pattern too long for EventBridge fail at synth, unless the quota was raised', () => {
    const bucketNames = Array.from({ length: 60 }, (_, index) => `a-bucket-with-quite-a-long-name-${index}`);
    rule({ bucketNames });
    expect(() => app.synth()).toThrow(/EVENTS-PATTERN-LENGTH: the event pattern has 2\d{3} characters/);

    const raised = new App({ context: { 'cdk-msk-macie:ignore': ['EVENTS-PATTERN-LENGTH'] } });
    rule({ bucketNames }, 'Alert', new Stack(raised, 'Alerts'));
    expect(() => raised.synth()).not.toThrow();
  });

  test('may come from defaults of the app', () => {
    PropertyInjectors.of(app).add({
      constructUniqueId: FindingRule.PROPERTY_INJECTION_ID,
      inject: (props: FindingRuleProps) => ({ ...props, minimumSeverity: FindingSeverity.HIGH }),
    });
    rule();
    expect(ruleIn(templateOf()).EventPattern.detail.severity).toEqual({ score: [{ numeric: ['>=', 3] }] });
  });

  test('two rules in a stack and two apps in a process do not meet', () => {
    rule();
    rule({ targets: [new targets.SqsQueue(new sqs.Queue(stack, 'Queue'))] }, 'Second');
    const names = Object.values(templateOf().findResources('AWS::Events::Rule')).map((r: any) => r.Properties.Name);
    expect(new Set(names).size).toBe(2);
    const again = new App();
    new FindingRule(new Stack(again, 'Alerts'), 'Alert', {
      targets: [topicTarget(again.node.findChild('Alerts') as Stack)],
    });
    expect(() => again.synth()).not.toThrow();
  });
});

describe('every target', () => {
  const kinds: Record<string, (scope: Stack, deadLetterQueue?: sqs.IQueue) => events.IRuleTarget> = {
    'an SNS topic': (scope, deadLetterQueue) => new targets.SnsTopic(new sns.Topic(scope, 'T'), { deadLetterQueue }),
    'an SQS queue': (scope, deadLetterQueue) => new targets.SqsQueue(new sqs.Queue(scope, 'Q'), { deadLetterQueue }),
    'a Lambda function': (scope, deadLetterQueue) =>
      new targets.LambdaFunction(
        new lambda.Function(scope, 'F', {
          code: lambda.Code.fromInline('exports.handler = async () => {}'),
          handler: 'index.handler',
          runtime: lambda.Runtime.NODEJS_22_X,
        }),
        { deadLetterQueue },
      ),
    'a state machine': (scope, deadLetterQueue) =>
      new targets.SfnStateMachine(
        new stepfunctions.StateMachine(scope, 'M', {
          definitionBody: stepfunctions.DefinitionBody.fromChainable(new stepfunctions.Pass(scope, 'P')),
        }),
        { deadLetterQueue },
      ),
    'an event bus': (scope, deadLetterQueue) =>
      new targets.EventBus(new events.EventBus(scope, 'B'), { deadLetterQueue }),
    'a web hook': (scope, deadLetterQueue) =>
      new targets.ApiDestination(
        new events.ApiDestination(scope, 'A', {
          connection: new events.Connection(scope, 'C', {
            authorization: events.Authorization.apiKey('key', SecretValue.secretsManager('hook')),
          }),
          endpoint: 'https://hooks.example.com/findings',
        }),
        { deadLetterQueue },
      ),
    'a log group': (scope, deadLetterQueue) =>
      new targets.CloudWatchLogGroup(new logs.LogGroup(scope, 'L'), { deadLetterQueue }),
  };
  const table = Object.entries(kinds);

  test.each(table)('[S-23] [174] [175] gets the queue of the rule: %s', (_, make) => {
    rule({ targets: [make(stack)] });
    const template = templateOf();
    expect(ruleIn(template).Targets).toEqual([
      expect.objectContaining({
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringMatching(/DeadLetterQueue/), 'Arn'] } },
      }),
    ]);
    expect(allowedToEventBridge(template).map(({ Action }) => Action)).toContain('sqs:SendMessage');
  });

  test.each(table)('[174] [175] keeps a queue of its own: %s', (_, make) => {
    const own = new sqs.Queue(stack, 'Mine');
    rule({ targets: [make(stack, own)] });
    const template = templateOf();
    expect(ruleIn(template).Targets[0].DeadLetterConfig).toEqual({ Arn: stack.resolve(own.queueArn) });
    expect(Object.keys(template.findResources('AWS::SQS::Queue')).filter((id) => /DeadLetter/.test(id))).toEqual([]);
  });

  test.each(table)('[174] may live in another stack, without a cycle: %s', (_, make) => {
    rule({ targets: [make(otherStack())] });
    expect(ruleIn(templateOf()).Targets).toHaveLength(1);
  });

  test('[174] added later gets the queue as well, whichever way it is added', () => {
    const alert = new FindingRule(stack, 'Alert', { targets: [] });
    alert.addTarget(kinds['an SNS topic'](stack));
    alert.rule.addTarget(kinds['an event bus'](stack));
    alert.rule.addTarget(undefined);
    const queues = ruleIn(templateOf()).Targets.map((target: any) => target.DeadLetterConfig?.Arn['Fn::GetAtt'][0]);
    expect(queues).toEqual([expect.stringMatching(/DeadLetterQueue/), queues[0]]);
  });

  test('[174] can be written by the user', () => {
    rule({ targets: [{ bind: () => ({ arn: 'arn:of:mine' }) }] });
    expect(ruleIn(templateOf()).Targets[0]).toMatchObject({ Arn: 'arn:of:mine', DeadLetterConfig: {} });
  });

  test('[175] in another account or Region has a queue on both sides of the hop', () => {
    jest.spyOn(console, 'warn').mockImplementation(); // the CDK uses its own deprecated properties for the hop
    stack = new Stack(app, 'Here', { env: PLACE });
    const there = otherStack({ env: { account: '222222222222', region: 'eu-central-1' } });
    const functionThere = new lambda.Function(there, 'F', {
      functionName: 'responder',
      code: lambda.Code.fromInline('exports.handler = async () => {}'),
      handler: 'index.handler',
      runtime: lambda.Runtime.NODEJS_22_X,
    });
    rule({ targets: [new targets.LambdaFunction(functionThere), topicTarget()], retryAttempts: 3 });

    const here = templateOf();
    const [hop, local] = ruleIn(here).Targets;
    const queueHere = { Arn: { 'Fn::GetAtt': [expect.stringMatching(/DeadLetterQueue/), 'Arn'] } };
    expect(textOf(hop.Arn)).toContain(':eu-central-1:222222222222:event-bus/default');
    expect(hop.DeadLetterConfig).toEqual(queueHere);
    expect(local.DeadLetterConfig).toEqual(hop.DeadLetterConfig);

    const remote = templateOf(there);
    expect(ruleIn(remote)).toMatchObject({
      EventPattern: { source: ['aws.macie'] },
      Targets: [{ DeadLetterConfig: queueHere, RetryPolicy: { MaximumRetryAttempts: 3 } }],
    });
    const [ruleThere] = Object.keys(remote.findResources('AWS::Events::Rule'));
    expect(allowedToEventBridge(remote).map((s) => s.Condition.ArnEquals['aws:SourceArn'])).toEqual([
      { 'Fn::GetAtt': [ruleThere, 'Arn'] },
    ]);
  });

  test('[175] whose topic has a key of its own lets EventBridge use the key', () => {
    const masterKey = new kms.Key(stack, 'Key');
    rule({ targets: [new targets.SnsTopic(new sns.Topic(stack, 'Encrypted', { masterKey }))] });
    templateOf().hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Principal: { Service: 'events.amazonaws.com' },
            Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
          }),
        ]),
      },
    });
  });

  test.each<[string, () => events.IRuleTarget]>([
    [
      'a queue',
      () => new targets.SqsQueue(new sqs.Queue(stack, 'Closed', { encryption: sqs.QueueEncryption.KMS_MANAGED })),
    ],
    [
      'a queue by alias',
      () => new targets.SqsQueue(new sqs.Queue(stack, 'Closed', { encryptionMasterKey: awsKey('alias/aws/sqs') })),
    ],
    ['a topic', () => new targets.SnsTopic(new sns.Topic(stack, 'Closed', { masterKey: awsKey('alias/aws/sns') }))],
  ])('[175] fails for %s with a key of AWS, which EventBridge can not use', (_, make) => {
    expect(() => rule({ targets: [make()] })).toThrow(
      /TargetKeyClosed: Alerts\/Closed is encrypted with a key that AWS manages/,
    );
  });

  function awsKey(alias: string): kms.IAlias {
    return kms.Alias.fromAliasName(stack, 'Key', alias);
  }
});

describe('what was imported', () => {
  function warnings(): string[] {
    app.synth();
    return Annotations.fromStack(stack)
      .findWarning('*', Match.anyValue())
      .map(({ entry }) => String(entry.data))
      .filter((text) => !text.includes('ruleUnresolvedEnvironment')); // the CDK's own, for ARNs with an account
  }

  const arn = (service: string, name: string) => `arn:aws:${service}:eu-west-1:111111111111:${name}`;

  test('[174] [175] warns with the statement that the policy of a topic, queue or key has to have', () => {
    const key = (id: string) => kms.Key.fromKeyArn(stack, id, arn('kms', 'key/1234'));
    rule({
      targets: [
        new targets.SnsTopic(sns.Topic.fromTopicArn(stack, 'Topic', arn('sns', 'topic'))),
        new targets.SnsTopic(new sns.Topic(stack, 'Own', { masterKey: key('TopicKey') })),
        new targets.SqsQueue(sqs.Queue.fromQueueArn(stack, 'Queue', arn('sqs', 'queue'))),
      ],
      deadLetterQueue: new sqs.Queue(stack, 'Dead', { encryptionMasterKey: key('DeadKey') }),
      ruleName: 'high',
    });
    rule({ deadLetterQueue: sqs.Queue.fromQueueArn(stack, 'Mine', arn('sqs', 'mine')), ruleName: 'all' }, 'Second');
    const send = 'to events.amazonaws.com where aws:SourceArn is the ARN of this rule';
    const use = 'kms:Decrypt and kms:GenerateDataKey to events.amazonaws.com';
    expect(warnings()).toEqual(
      [
        ['Topic', `sns:Publish ${send}`],
        ['DeadKey', use],
        ['TopicKey', use],
        ['Queue', `sqs:SendMessage ${send}`],
        ['Topic', `sns:Publish ${send}`],
        ['Mine', `sqs:SendMessage ${send}`],
      ].map(
        ([resource, statement]) =>
          `the policy of Alerts/${resource} is not in this app: make sure that it allows ${statement} ` +
          '[ack: Annotation::cdk-msk-macie:EVENTS-TARGET-POLICY]',
      ),
    );
  });

  test('[174] does not warn where the CDK writes the permission or a role has it', () => {
    const bus = events.EventBus.fromEventBusName(stack, 'Bus', 'central');
    const handler = lambda.Function.fromFunctionAttributes(stack, 'F', {
      functionArn: 'arn:aws:lambda:eu-west-1:111111111111:function:f',
      sameEnvironment: true,
    });
    const topic = sns.Topic.fromTopicArn(stack, 'Topic', arn('sns', 'topic'));
    rule({
      targets: [
        new targets.EventBus(bus),
        new targets.LambdaFunction(handler),
        new targets.SnsTopic(topic, { authorizeUsingRole: true }),
      ],
    });
    expect(warnings()).toEqual([]);
  });
});

describe("a queue of the user's", () => {
  test('[175] takes what targets leave, and EventBridge is let in', () => {
    const deadLetterQueue = new sqs.Queue(stack, 'Mine');
    const alert = rule({ deadLetterQueue });
    expect(alert.deadLetterQueue).toBe(deadLetterQueue);
    const template = templateOf();
    template.resourceCountIs('AWS::SQS::Queue', 1);
    expect(allowedToEventBridge(template)).toHaveLength(1);
  });

  test('[175] may live in another stack: its policy names the rule without referring to it', () => {
    const other = otherStack();
    rule({ deadLetterQueue: new sqs.Queue(other, 'Mine') });
    const [statement] = allowedToEventBridge(templateOf(other));
    expect(textOf(statement.Condition.ArnEquals['aws:SourceArn'])).toBe(
      `arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:rule/${ruleIn(templateOf()).Name}`,
    );
  });

  test('[175] with a key of its own: EventBridge may use the key', () => {
    const encryptionMasterKey = new kms.Key(stack, 'Key');
    rule({ deadLetterQueue: new sqs.Queue(stack, 'Mine', { encryptionMasterKey }) });
    templateOf().hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          {
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
            Resource: '*',
          },
        ]),
      },
    });
  });

  test('[175] is left alone while no target needs it', () => {
    const own = new sqs.Queue(stack, 'TargetsOwn');
    rule({
      deadLetterQueue: new sqs.Queue(stack, 'Mine'),
      targets: [
        new targets.LambdaFunction(lambda.Function.fromFunctionArn(stack, 'F', 'arn:x:y:z:r:a:f:n'), {
          deadLetterQueue: own,
        }),
      ],
    });
    const resources = allowedToEventBridge(templateOf()).map(({ Resource }) => textOf(Resource));
    expect(resources).toEqual([expect.stringMatching(/^<TargetsOwn/)]);
  });

  test('[175] fails where EventBridge could not write to it', () => {
    expect(() => rule({ deadLetterQueue: new sqs.Queue(stack, 'Mine', { fifo: true }) })).toThrow(
      /DeadLetterQueueFifo: Alerts\/Mine is a FIFO queue; use a standard queue/,
    );
    const closed = new sqs.Queue(stack, 'Closed', { encryption: sqs.QueueEncryption.KMS_MANAGED });
    expect(() => rule({ deadLetterQueue: closed }, 'Second')).toThrow(/TargetKeyClosed: Alerts\/Closed/);
    const here = new Stack(app, 'Here', { env: PLACE });
    const far = sqs.Queue.fromQueueArn(here, 'Far', 'arn:aws:sqs:us-east-1:111111111111:far');
    expect(() => rule({ deadLetterQueue: far }, 'Alert', here)).toThrow(
      /DeadLetterQueueRegion: Here\/Far is in us-east-1, the rule in eu-west-1/,
    );
  });
});

describe('retries', () => {
  test('are left to EventBridge by default', () => {
    rule();
    expect(ruleIn(templateOf()).Targets[0].RetryPolicy).toBeUndefined();
  });

  test('apply to targets that bring none', () => {
    const topic = new sns.Topic(stack, 'Mine');
    rule({
      maximumEventAge: Duration.hours(2),
      retryAttempts: 0,
      targets: [topicTarget(), new targets.SnsTopic(topic, { retryAttempts: 7 })],
    });
    expect(ruleIn(templateOf()).Targets.map((target: any) => target.RetryPolicy)).toEqual([
      { MaximumEventAgeInSeconds: 7200, MaximumRetryAttempts: 0 },
      { MaximumRetryAttempts: 7 },
    ]);
  });

  test.each<[Partial<FindingRuleProps>, string]>([
    [{ retryAttempts: 186 }, 'FindingRuleRetryPolicy: retryAttempts is 186; it has to be 0 to 185'],
    [{ retryAttempts: -1 }, 'retryAttempts is -1'],
    [{ maximumEventAge: Duration.seconds(59) }, 'maximumEventAge in seconds is 59; it has to be 60 to 86400'],
    [{ maximumEventAge: Duration.hours(25) }, 'maximumEventAge in seconds is 90000'],
  ])('fail for %o', (props, message) => {
    expect(() => rule(props)).toThrow(message);
  });

  test('may be known at deployment only', () => {
    const retryAttempts = Token.asNumber({ Ref: 'Attempts' });
    rule({ retryAttempts, maximumEventAge: Duration.seconds(Token.asNumber({ Ref: 'Age' })) });
    expect(ruleIn(templateOf()).Targets[0].RetryPolicy).toEqual({
      MaximumEventAgeInSeconds: { Ref: 'Age' },
      MaximumRetryAttempts: { Ref: 'Attempts' },
    });
  });
});

describe('a bus', () => {
  test.each([
    ['central', 'rule/central/high'],
    ['default', 'rule/high'],
  ])('named %s gives the rule its ARN', (name, resource) => {
    rule({ eventBus: events.EventBus.fromEventBusName(stack, 'Bus', name), ruleName: 'high' });
    const template = templateOf();
    expect(ruleIn(template).EventBusName).toBe(name);
    expect(textOf(allowedToEventBridge(template)[0].Condition.ArnEquals['aws:SourceArn'])).toMatch(`:${resource}`);
  });

  test('whose name is not known yet: the rule itself gives its ARN', () => {
    rule({ eventBus: new events.EventBus(stack, 'Bus') });
    const [statement] = allowedToEventBridge(templateOf());
    expect(textOf(statement.Condition.ArnEquals['aws:SourceArn'])).toMatch(/^<AlertRule\w+\.Arn>$/);
  });
});

describe('dead letters', () => {
  test('[175] can be alarmed on', () => {
    const alert = rule();
    alert.metricDeadLetters({ period: Duration.minutes(1) }).createAlarm(stack, 'Lost', {
      threshold: 0,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
    });
    templateOf().hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Statistic: 'Maximum',
      Period: 60,
      Dimensions: [
        { Name: 'QueueName', Value: { 'Fn::GetAtt': [Match.stringLikeRegexp('DeadLetterQueue'), 'QueueName'] } },
      ],
    });
  });
});

test('[172] the events of an account make rules where they are asked to', () => {
  const alert = MacieFindingEvents.fromAccount(stack).onFinding('Alert', { targets: [topicTarget()] });
  expect(alert.node.path).toBe('Alerts/Alert');
});
