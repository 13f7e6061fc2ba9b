import { App, CfnResource, NestedStack, PropertyInjectors, Stack, Stage, Validations } from 'aws-cdk-lib';
import type { Environment } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { FindingPublishingFrequency, FindingSeverity, MacieSession, MacieSessionStatus } from '../../lib/macie';
import type { MacieSessionProps } from '../../lib/macie';

const PLACE = { account: '111111111111', region: 'eu-west-1' };

let app: App;
let stack: Stack;

beforeEach(() => {
  app = new App();
  stack = new Stack(app, 'Security');
});

function templateOf(of: Stack = stack): Template {
  app.synth();
  return Template.fromStack(of);
}

function sessionIn(template: Template): any {
  const [session] = Object.values<any>(template.findResources('Custom::MacieSession'));
  return session.Properties;
}

function typesOf(template: Template): string[] {
  return Object.values<any>(template.toJSON().Resources)
    .map(({ Type }) => Type)
    .sort();
}

/** Every statement of every policy of a template, inline ones too. */
function statementsOf(template: Template): any[] {
  const found: any[] = [];
  JSON.stringify(template.toJSON(), (key, value) => {
    if (key === 'Statement') found.push(...value);
    return value;
  });
  return found;
}

describe('a session', () => {
  test('[144] [S-23] is a custom resource with one function, its role, its policy and its log', () => {
    new MacieSession(stack, 'Macie');
    expect(typesOf(templateOf())).toEqual([
      'AWS::IAM::Policy',
      'AWS::IAM::Role',
      'AWS::Lambda::Function',
      'AWS::Logs::LogGroup',
      'Custom::MacieSession',
    ]);
  });

  test('[145] [146] asks for nothing that was not asked for: what it adopts stays as it is', () => {
    new MacieSession(stack, 'Macie');
    expect(Object.keys(sessionIn(templateOf())).sort()).toEqual(['ServiceTimeout', 'ServiceToken']);
  });

  test.each(Object.values(FindingPublishingFrequency))('[145] publishes as often as asked: %s', (frequency) => {
    new MacieSession(stack, 'Macie', { findingPublishingFrequency: frequency });
    expect(sessionIn(templateOf())).toMatchObject({ FindingPublishingFrequency: frequency });
  });

  test('[148] that is paused warns that jobs are cancelled, until that is acknowledged', () => {
    const warning = Match.stringLikeRegexp('pausing Macie cancels all classification jobs');
    const session = new MacieSession(stack, 'Macie', { status: MacieSessionStatus.PAUSED });
    expect(sessionIn(templateOf())).toMatchObject({ Status: 'PAUSED' });
    expect(Annotations.fromStack(stack).findWarning('/Security/Macie', warning)).toHaveLength(1);

    Validations.of(session).acknowledge({ id: 'cdk-msk-macie:MACIE-SESSION-PAUSED', reason: 'a rehearsal' });
    expect(Annotations.fromStack(stack).findWarning('/Security/Macie', warning)).toHaveLength(0);
  });

  test('[148] that is enabled does not warn', () => {
    new MacieSession(stack, 'Macie', { status: MacieSessionStatus.ENABLED });
    expect(sessionIn(templateOf())).toMatchObject({ Status: 'ENABLED' });
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  });

  test('may come from defaults of the app', () => {
    PropertyInjectors.of(app).add({
      constructUniqueId: MacieSession.PROPERTY_INJECTION_ID,
      inject: (props: MacieSessionProps) => ({
        ...props,
        findingPublishingFrequency: FindingPublishingFrequency.SIX_HOURS,
      }),
    });
    new MacieSession(stack, 'Macie');
    expect(sessionIn(templateOf()).FindingPublishingFrequency).toBe('SIX_HOURS');
  });

  test('lets in by the role that the handler reports, so that a policy waits until the role exists', () => {
    const session = new MacieSession(stack, 'Macie');
    expect(stack.resolve(session.serviceRoleArn)).toEqual({
      'Fn::GetAtt': [expect.stringMatching(/^Macie/), 'ServiceRole'],
    });
  });
});

describe('the rights of the handler', () => {
  const roleArn = {
    'Fn::Join': [
      '',
      [
        'arn:',
        { Ref: 'AWS::Partition' },
        ':iam::',
        { Ref: 'AWS::AccountId' },
        ':role/aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie',
      ],
    ],
  };

  test.each<[string, MacieSessionProps, string[]]>([
    ['read and enable', {}, ['macie2:EnableMacie', 'macie2:GetMacieSession']],
    [
      'also change, where something is asked for',
      { findingPublishingFrequency: FindingPublishingFrequency.ONE_HOUR },
      ['macie2:EnableMacie', 'macie2:GetMacieSession', 'macie2:UpdateMacieSession'],
    ],
    [
      'also change, where a status is asked for',
      { status: MacieSessionStatus.ENABLED },
      ['macie2:EnableMacie', 'macie2:GetMacieSession', 'macie2:UpdateMacieSession'],
    ],
  ])('[144] are to %s, and to create the role of Macie alone', (_, props, actions) => {
    new MacieSession(stack, 'Macie', props);
    templateOf().hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [
          { Effect: 'Allow', Action: actions, Resource: '*' },
          {
            Effect: 'Allow',
            Action: 'iam:CreateServiceLinkedRole',
            Resource: roleArn,
            Condition: { StringEquals: { 'iam:AWSServiceName': 'macie.amazonaws.com' } },
          },
        ],
      },
    });
  });

  test('[147] never include turning Macie off, by name or by wildcard', () => {
    const session = new MacieSession(stack, 'Macie', {
      findingPublishingFrequency: FindingPublishingFrequency.ONE_HOUR,
      status: MacieSessionStatus.ENABLED,
    });
    session.findings.onFinding('Alert', { targets: [new targets.SnsTopic(new sns.Topic(stack, 'Topic'))] });
    const actions = statementsOf(templateOf())
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(({ Action }) => Action as string | string[]);
    expect(actions).toContain('macie2:EnableMacie');
    expect(actions.filter((action) => /disable|\*/i.test(action))).toEqual([]);
  });

  test('give one finding of cdk-nag: Macie has no ARN for a session', () => {
    new MacieSession(stack, 'Macie');
    const { violations } = new AwsSolutionsChecks(app).validateScope(stack);
    expect(violations.map(({ ruleName }) => ruleName)).toEqual(['AwsSolutions-IAM5[Resource::*]']);
  });

  test('name no partition', () => {
    new MacieSession(stack, 'Macie');
    expect(JSON.stringify(templateOf().toJSON())).not.toContain('arn:aws:');
  });
});

describe('a second session', () => {
  const error = (one: string, other: string) =>
    new RegExp(`MACIE-SESSION-SINGLE: ${one} and ${other} are the session of one account and Region; .*fromAccount`);

  test('[146] fails in one stack, naming both', () => {
    new MacieSession(stack, 'Macie');
    expect(() => new MacieSession(stack, 'Again')).toThrow(error('Security/Macie', 'Security/Again'));
  });

  test('[146] fails in a nested stack, which is always deployed to the same place', () => {
    new MacieSession(stack, 'Macie');
    const nested = new NestedStack(stack, 'Nested');
    expect(() => new MacieSession(nested, 'Again')).toThrow(error('Security/Macie', 'Security/Nested/Again'));
  });

  test('[146] fails in another stack or stage of the same known account and Region', () => {
    new MacieSession(new Stack(app, 'One', { env: PLACE }), 'Macie');
    const other = new Stack(new Stage(app, 'Prod', { env: PLACE }), 'Two');
    expect(() => new MacieSession(other, 'Macie')).toThrow(error('One/Macie', 'Prod/Two/Macie'));
  });

  test.each<[string, Environment | undefined, Environment | undefined]>([
    ['two Regions', PLACE, { ...PLACE, region: 'us-east-1' }],
    ['two accounts', PLACE, { ...PLACE, account: '222222222222' }],
    ['an unknown and a known place', undefined, PLACE],
    ['two unknown places', undefined, undefined],
    ['an unknown account', { region: 'eu-west-1' }, { region: 'eu-west-1' }],
  ])('[146] is fine in %s', (_, one, other) => {
    new MacieSession(new Stack(app, 'One', { env: one }), 'Macie');
    new MacieSession(new Stack(app, 'Two', { env: other }), 'Macie');
    expect(() => app.synth()).not.toThrow();
  });

  test('[146] is fine in another app of the same process', () => {
    new MacieSession(stack, 'Macie');
    expect(() => new MacieSession(new Stack(new App(), 'Security'), 'Macie')).not.toThrow();
  });
});

describe('a Region', () => {
  test.each(['eu-west-1', 'us-east-1', 'il-central-1'])('with Macie is fine: %s', (region) => {
    new MacieSession(new Stack(app, 'Regional', { env: { region } }), 'Macie');
    expect(() => app.synth()).not.toThrow();
  });

  test.each(['cn-north-1', 'cn-northwest-1', 'us-gov-west-1', 'us-gov-east-1', 'mars-north-1'])(
    '[144] without Macie fails with the list of those that have it: %s',
    (region) => {
      new MacieSession(new Stack(app, 'Regional', { env: { region } }), 'Macie');
      expect(() => app.synth()).toThrow(
        new RegExp(`MACIE-REGION: Amazon Macie does not exist in ${region}.*ap-south-1.*us-west-2`),
      );
    },
  );

  test('[144] that Macie has come to since can be let through', () => {
    const later = new App({ context: { 'cdk-msk-macie:ignore': ['MACIE-REGION'] } });
    new MacieSession(new Stack(later, 'Regional', { env: { region: 'mars-north-1' } }), 'Macie');
    expect(() => later.synth()).not.toThrow();
  });
});

describe('the session of the account', () => {
  test('[146] creates nothing', () => {
    const session = MacieSession.fromAccount(stack, 'Macie');
    expect(templateOf().toJSON().Resources).toBeUndefined();
    expect(session.node.path).toBe('Security/Macie');
  });

  test('[146] may stand beside the one that is made, and twice', () => {
    new MacieSession(stack, 'Macie');
    MacieSession.fromAccount(stack, 'Theirs');
    MacieSession.fromAccount(stack, 'TheirsAgain');
    templateOf().resourceCountIs('Custom::MacieSession', 1);
  });

  test('names the role by the partition, account and Region of the stack', () => {
    const china = new Stack(app, 'China', { env: { account: '111111111111', region: 'cn-north-1' } });
    const role = 'role/aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie';
    expect(china.resolve(MacieSession.fromAccount(china, 'Macie').serviceRoleArn)).toEqual({
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:iam::111111111111:${role}`]],
    });
  });
});

describe('findings', () => {
  test.each<[string, (scope: Stack) => any]>([
    ['made here', (scope) => new MacieSession(scope, 'Macie')],
    ['of the account', (scope) => MacieSession.fromAccount(scope, 'Macie')],
  ])('[172] [173] of a session %s become a rule of it', (_, make) => {
    const session = make(stack);
    const topic = new sns.Topic(stack, 'Topic');
    const alert = session.findings.onFinding('Alert', {
      minimumSeverity: FindingSeverity.HIGH,
      targets: [new targets.SnsTopic(topic)],
    });
    expect(alert.node.path).toBe('Security/Macie/Alert');
    templateOf().hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.macie'],
        'detail-type': ['Macie Finding'],
        detail: { severity: { score: [{ numeric: ['>=', 3] }] } },
      },
    });
    expect(session.findings.findingPattern({ accounts: ['123456789012'] }).detail.accountId).toEqual(['123456789012']);
  });

  test('[172] may go to a function that waits for the session, without a cycle', () => {
    const session = new MacieSession(stack, 'Macie');
    const handler = new lambda.Function(stack, 'Respond', {
      code: lambda.Code.fromInline('exports.handler = async () => {}'),
      handler: 'index.handler',
      runtime: lambda.Runtime.NODEJS_22_X,
    });
    handler.node.addDependency(session);
    session.findings.onFinding('Alert', { targets: [new targets.LambdaFunction(handler)] });
    const template = templateOf();
    const [sessionId] = Object.keys(template.findResources('Custom::MacieSession'));
    const [responder] = Object.entries<any>(template.findResources('AWS::Lambda::Function')).filter(([id]) =>
      id.startsWith('Respond'),
    );
    expect(responder[1].DependsOn).toContain(sessionId);
    expect(responder[1].DependsOn.filter((id: string) => /Alert/.test(id))).toEqual([]);
  });

  test('[144] in another stack can wait for the session', () => {
    const session = new MacieSession(stack, 'Macie');
    const user = new Stack(app, 'User');
    new CfnResource(user, 'Identifier', { type: 'AWS::Macie::CustomDataIdentifier' }).node.addDependency(session);
    app.synth();
    expect(user.dependencies).toEqual([stack]);
  });
});
