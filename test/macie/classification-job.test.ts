import { App, CfnParameter, CfnResource, Fn, PropertyInjectors, RemovalPolicy, Stack, Stage, Tags } from 'aws-cdk-lib';
import {
  AllowList,
  BucketSelection,
  ClassificationJob,
  CustomDataIdentifier,
  JobChange,
  JobSchedule,
  MacieSession,
  ManagedDataIdentifier,
  ManagedIdentifierSelection,
  ScanDay,
} from '../../lib/macie';
import type { ClassificationJobProps, IAllowList, ICustomDataIdentifier } from '../../lib/macie';
import { idsOf, keepReportsQuiet, onlyOne, resourcesOf, textOf } from '../support/fixtures';
import { nagFindings } from '../support/nag';
import { classificationJob, definitionIn, JOB_TYPE, templateOf } from './scan-job';

const ACCOUNT = '111111111111';
const PLACE = { account: ACCOUNT, region: 'eu-west-1' };

let app: App;
let stack: Stack;
keepReportsQuiet();
beforeEach(() => {
  app = new App();
  stack = new Stack(app, 'Security', { env: PLACE });
});

const job = (props: Partial<ClassificationJobProps> = {}, id = 'Job', scope: Stack = stack) =>
  classificationJob(scope, props, id);

function definitionOf(props: Partial<ClassificationJobProps>): any {
  job(props);
  return definitionIn(stack);
}

const identifiers = (n: number): ICustomDataIdentifier[] =>
  Array.from({ length: n }, (_, i) => CustomDataIdentifier.fromCustomDataIdentifierId(stack, `I${i}`, `id-${i}`));
const lists = (n: number): IAllowList[] =>
  Array.from({ length: n }, (_, i) => AllowList.fromAllowListId(stack, `L${i}`, `list-${i}`));

describe('a job', () => {
  test('[149] [S-20] reads its buckets once, all of every object, for what AWS recommends, unless told otherwise', () => {
    expect(definitionOf({ jobName: 'cards' })).toEqual({
      name: 'cards',
      jobType: 'ONE_TIME',
      samplingPercentage: 100,
      managedDataIdentifierSelector: 'RECOMMENDED',
      s3JobDefinition: { bucketDefinitions: [{ accountId: ACCOUNT, buckets: ['orders'] }] },
    });
  });

  test('[149] [S-20] passes everything on', () => {
    const definition = definitionOf({
      description: 'card numbers in exports',
      schedule: JobSchedule.weekly(ScanDay.SUNDAY, { initialRun: false }),
      objects: { extensions: ['csv'] },
      samplingPercentage: 10,
      managedIdentifiers: ManagedIdentifierSelection.only([ManagedDataIdentifier.CREDIT_CARD_NUMBER]),
      customIdentifiers: identifiers(2),
      allowLists: lists(1),
    });
    expect(definition).toEqual({
      name: 'Job',
      description: 'card numbers in exports',
      jobType: 'SCHEDULED',
      scheduleFrequency: { weeklySchedule: { dayOfWeek: 'SUNDAY' } },
      initialRun: false,
      samplingPercentage: 10,
      managedDataIdentifierSelector: 'INCLUDE',
      managedDataIdentifierIds: ['CREDIT_CARD_NUMBER'],
      customDataIdentifierIds: ['id-0', 'id-1'],
      allowListIds: ['list-0'],
      s3JobDefinition: {
        bucketDefinitions: [{ accountId: ACCOUNT, buckets: ['orders'] }],
        scoping: {
          includes: { and: [{ simpleScopeTerm: { key: 'OBJECT_EXTENSION', comparator: 'EQ', values: ['csv'] } }] },
        },
      },
    });
  });

  test('[149] is a custom resource with one function, its role, its policy and its log', () => {
    job();
    expect(
      Object.values(resourcesOf(templateOf(stack)))
        .map(({ Type }) => Type)
        .sort(),
    ).toEqual(['AWS::IAM::Policy', 'AWS::IAM::Role', 'AWS::Lambda::Function', 'AWS::Logs::LogGroup', JOB_TYPE]);
    const { Properties } = onlyOne(templateOf(stack), JOB_TYPE);
    expect(Properties.OnDefinitionChange).toBe('RESCAN');
    expect(Number(Properties.ServiceTimeout)).toBeLessThanOrEqual(3_600);
    expect(Number(Properties.ServiceTimeout)).toBeGreaterThan(3_500);
  });

  test('[149] shares its function with other jobs, each with a policy of its own', () => {
    job({}, 'One');
    job({ onDefinitionChange: JobChange.CONTINUE }, 'Two');
    const template = templateOf(stack);
    template.resourceCountIs(JOB_TYPE, 2);
    template.resourceCountIs('AWS::Lambda::Function', 1);
    template.resourceCountIs('AWS::IAM::Policy', 2);
    template.hasResourceProperties(JOB_TYPE, { OnDefinitionChange: 'CONTINUE' });
  });

  test('[149] has an id and an ARN that others can use', () => {
    const { jobId, jobArn, jobName } = job();
    const [id] = idsOf(templateOf(stack), JOB_TYPE);
    expect(stack.resolve(jobId)).toEqual({ Ref: id });
    expect(stack.resolve(jobArn)).toEqual({ 'Fn::GetAtt': [id, 'JobArn'] });
    expect(jobName).toBe('Job');
  });

  test('[154] takes the ids of what the same stack makes, and waits for it', () => {
    job({
      customIdentifiers: [new CustomDataIdentifier(stack, 'Record', { regex: 'MRN-\\d{7}' })],
      allowLists: [AllowList.regex(stack, 'Ours', { regex: 'ACME-\\d+' })],
    });
    const [identifier] = idsOf(templateOf(stack), 'AWS::Macie::CustomDataIdentifier');
    const [list] = idsOf(templateOf(stack), 'AWS::Macie::AllowList');
    const { customDataIdentifierIds, allowListIds } = definitionIn(stack);
    expect(customDataIdentifierIds).toEqual([`<${identifier}.Id>`]);
    expect(allowListIds).toEqual([`<${list}.Id>`]);
  });

  test('[149] waits for the session that is given, or for that of its stack', () => {
    const session = new MacieSession(stack, 'Macie');
    job({}, 'Own');
    const later = new Stack(app, 'Later', { env: PLACE });
    job({ session }, 'Given', later);
    const [macie] = idsOf(templateOf(stack), 'Custom::MacieSession');
    expect(onlyOne(templateOf(stack), JOB_TYPE).DependsOn).toContain(macie);
    expect(later.dependencies).toEqual([stack]);
  });

  test.each<[RemovalPolicy | undefined, string]>([
    [undefined, 'Delete'],
    [RemovalPolicy.RETAIN, 'Retain'],
  ])(
    '[155] with the removal policy %s is treated so when it goes: %s; one that is replaced is cancelled',
    (policy, is) => {
      job({ removalPolicy: policy });
      const { DeletionPolicy, UpdateReplacePolicy } = onlyOne(templateOf(stack), JOB_TYPE);
      expect(DeletionPolicy).toBe(is);
      expect(UpdateReplacePolicy).not.toBe('Retain');
    },
  );

  test('may have a name, a description and a sample that are known when it is deployed', () => {
    const parameter = (id: string, type = 'String') => new CfnParameter(stack, id, { type });
    job({
      jobName: `${parameter('Stage').valueAsString}-scan`,
      description: parameter('Why').valueAsString,
      samplingPercentage: parameter('Sample', 'Number').valueAsNumber,
      buckets: BucketSelection.named({ bucketNames: [parameter('Bucket').valueAsString, Fn.importValue('Other')] }),
    });
    const text = textOf(onlyOne(templateOf(stack), JOB_TYPE).Properties.Definition);
    expect(text).toContain('"name":"<Stage>-scan"');
    expect(text).toContain('"description":"<Why>"');
    expect(text).toContain('"samplingPercentage":<Sample>');
    expect(text).toContain('"buckets":["<Bucket>",');
  });

  test('may come from defaults of the app', () => {
    PropertyInjectors.of(app).add({
      constructUniqueId: ClassificationJob.PROPERTY_INJECTION_ID,
      inject: (props: ClassificationJobProps) => ({ ...props, samplingPercentage: 5 }),
    });
    expect(definitionOf({}).samplingPercentage).toBe(5);
  });

  test('fails in a Region without Macie', () => {
    job({}, 'Job', new Stack(app, 'China', { env: { region: 'cn-north-1' } }));
    expect(() => app.synth()).toThrow('MACIE-REGION');
  });
});

describe('a schedule', () => {
  test.each<[string, JobSchedule, object]>([
    ['once', JobSchedule.once(), { jobType: 'ONE_TIME' }],
    [
      'daily',
      JobSchedule.daily(),
      { jobType: 'SCHEDULED', initialRun: true, scheduleFrequency: { dailySchedule: {} } },
    ],
    [
      'weekly',
      JobSchedule.weekly(ScanDay.MONDAY),
      { jobType: 'SCHEDULED', initialRun: true, scheduleFrequency: { weeklySchedule: { dayOfWeek: 'MONDAY' } } },
    ],
    [
      'monthly',
      JobSchedule.monthly(31),
      { jobType: 'SCHEDULED', initialRun: true, scheduleFrequency: { monthlySchedule: { dayOfMonth: 31 } } },
    ],
    [
      'daily, without what is there already',
      JobSchedule.daily({ initialRun: false }),
      { jobType: 'SCHEDULED', initialRun: false, scheduleFrequency: { dailySchedule: {} } },
    ],
  ])('[149] [152] is %s', (_, schedule, expected) => {
    const { jobType, initialRun, scheduleFrequency } = definitionOf({ schedule });
    expect({ jobType, initialRun, scheduleFrequency }).toEqual({
      initialRun: undefined,
      scheduleFrequency: undefined,
      ...expected,
    });
  });

  test.each([0, 32, 1.5, -1])('[149] has no day %d', (day) => {
    expect(() => JobSchedule.monthly(day)).toThrow(`MACIE-JOB-SCHEDULE: a month has no day ${day}; use 1 to 31`);
  });

  test('[149] may have a day that is known when it is deployed', () => {
    const day = new CfnParameter(stack, 'Day', { type: 'Number' });
    job({ schedule: JobSchedule.monthly(day.valueAsNumber) });
    expect(textOf(onlyOne(templateOf(stack), JOB_TYPE).Properties.Definition)).toContain('"dayOfMonth":<Day>');
  });
});

describe('managed identifiers', () => {
  const { NAME, ADDRESS } = ManagedDataIdentifier;
  test.each<[string, ManagedIdentifierSelection, object]>([
    ['recommended', ManagedIdentifierSelection.recommended(), { managedDataIdentifierSelector: 'RECOMMENDED' }],
    ['all', ManagedIdentifierSelection.all(), { managedDataIdentifierSelector: 'ALL' }],
    ['none', ManagedIdentifierSelection.none(), { managedDataIdentifierSelector: 'NONE' }],
    [
      'only these, each once',
      ManagedIdentifierSelection.only([NAME, ADDRESS, NAME]),
      { managedDataIdentifierSelector: 'INCLUDE', managedDataIdentifierIds: ['NAME', 'ADDRESS'] },
    ],
    [
      'all but these',
      ManagedIdentifierSelection.allExcept([NAME]),
      { managedDataIdentifierSelector: 'EXCLUDE', managedDataIdentifierIds: ['NAME'] },
    ],
  ])('[153] are %s', (_, managedIdentifiers, expected) => {
    const definition = definitionOf({ managedIdentifiers, customIdentifiers: identifiers(1) });
    expect(definition).toMatchObject(expected);
    expect('managedDataIdentifierIds' in definition).toBe('managedDataIdentifierIds' in expected);
  });

  test.each([
    [() => ManagedIdentifierSelection.only([]), 'use none()'],
    [() => ManagedIdentifierSelection.allExcept([]), 'use all()'],
  ])('[153] are never an empty list (%#)', (make, fix) => {
    expect(make).toThrow(`MACIE-JOB-IDENTIFIERS: the list of identifiers is empty; ${fix} to mean that`);
  });
});

describe('limits', () => {
  test.each<[string, () => Partial<ClassificationJobProps>, () => Partial<ClassificationJobProps>, RegExp]>([
    [
      'the name',
      () => ({ jobName: 'x'.repeat(500) }),
      () => ({ jobName: 'x'.repeat(501) }),
      /jobName has 501 characters; 1 to 500 are allowed/,
    ],
    ['no name', () => ({ jobName: 'x' }), () => ({ jobName: '' }), /jobName has 0 characters/],
    [
      'the description',
      () => ({ description: 'x'.repeat(200) }),
      () => ({ description: 'x'.repeat(201) }),
      /description has 201 characters; 0 to 200/,
    ],
    ['much', () => ({ samplingPercentage: 100 }), () => ({ samplingPercentage: 101 }), /samplingPercentage has 101/],
    ['little', () => ({ samplingPercentage: 1 }), () => ({ samplingPercentage: 0 }), /has 0 percent; 1 to 100/],
    ['whole', () => ({ samplingPercentage: 2 }), () => ({ samplingPercentage: 2.5 }), /has 2.5 percent/],
    [
      'identifiers',
      () => ({ customIdentifiers: identifiers(31).slice(1) }),
      () => ({ customIdentifiers: identifiers(31) }),
      /customIdentifiers has 31 identifiers; 0 to 30/,
    ],
    [
      'lists',
      () => ({ allowLists: lists(11).slice(1) }),
      () => ({ allowLists: lists(11) }),
      /allowLists has 11 lists; 0 to 10/,
    ],
    [
      'something to look for',
      () => ({ managedIdentifiers: ManagedIdentifierSelection.none(), customIdentifiers: identifiers(1) }),
      () => ({ managedIdentifiers: ManagedIdentifierSelection.none() }),
      /a job without managed identifiers needs customIdentifiers/,
    ],
    ['tags', () => ({ tags: tagged(40) }), () => ({ tags: tagged(41) }), /tags has 41 tags; up to 40/],
    ["AWS's tags", () => ({ tags: { awsome: '' } }), () => ({ tags: { 'AWS:x': '' } }), /the tag AWS:x is reserved/],
    [
      'our tags',
      () => ({ tags: { 'cdk-msk-macie': '' } }),
      () => ({ tags: { 'cdk-msk-macie:definition': '' } }),
      /the tag cdk-msk-macie:definition is reserved/,
    ],
  ])('[152] [154] of %s are checked', (_, right, wrong, message) => {
    expect(() => job(right(), 'Right')).not.toThrow();
    for (const { node } of [...stack.node.children]) if (/^[IL]\d/.test(node.id)) stack.node.tryRemoveChild(node.id);
    expect(() => job(wrong(), 'Wrong')).toThrow(message);
    expect(() => app.synth()).not.toThrow();
  });

  const tagged = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, 'v']));
});

describe('a name', () => {
  const error = (one: string, other: string) =>
    `MACIE-JOB-NAME: ${one} and ${other} are both named 'scan', and a name is the identity of a job; give each its own`;

  test('[155] is taken once in an account and Region', () => {
    job({ jobName: 'scan' }, 'One');
    expect(() => job({ jobName: 'scan' }, 'Two')).toThrow(error('Security/One', 'Security/Two'));
    const there = new Stack(new Stage(app, 'Prod', { env: PLACE }), 'Security');
    expect(() => job({ jobName: 'scan' }, 'One', there)).toThrow(error('Security/One', 'Prod/Security/One'));
  });

  test('[155] may be taken again elsewhere, where that is not known, and in another app', () => {
    job({ jobName: 'scan' });
    job({ jobName: 'scan' }, 'Job', new Stack(app, 'Abroad', { env: { ...PLACE, region: 'us-east-1' } }));
    job({ jobName: 'scan' }, 'Job', new Stack(app, 'Anywhere'));
    job({ jobName: 'scan' }, 'Job', new Stack(new App(), 'Security', { env: PLACE }));
    expect(() => app.synth()).not.toThrow();
  });
});

describe('tags', () => {
  test('[149] come from the job, and from the app by the means of the CDK', () => {
    const { node } = job({ tags: { team: 'data' } });
    Tags.of(app).add('stage', 'prod');
    expect(onlyOne(templateOf(stack), JOB_TYPE).Properties.Tags).toEqual({ team: 'data', stage: 'prod' });
    expect(node.path).toBe('Security/Job');
  });

  test('[149] of the app that are reserved fail', () => {
    job();
    Tags.of(app).add('cdk-msk-macie:owner:x', 'me');
    expect(() => app.synth()).toThrow('the tag cdk-msk-macie:owner:x is reserved');
  });
});

describe('the rights of the handler', () => {
  const jobs = {
    'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:macie2:eu-west-1:${ACCOUNT}:classification-job/*`]],
  };

  test('[149] are to list, and to make, read, tag and cancel jobs, but to cancel none that others have made', () => {
    job();
    templateOf(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [
          { Effect: 'Allow', Action: 'macie2:ListClassificationJobs', Resource: '*' },
          {
            Effect: 'Allow',
            Action: [
              'macie2:CreateClassificationJob',
              'macie2:DescribeClassificationJob',
              'macie2:TagResource',
              'macie2:UntagResource',
            ],
            Resource: jobs,
          },
          {
            Effect: 'Allow',
            Action: 'macie2:UpdateClassificationJob',
            Resource: jobs,
            Condition: { Null: { 'aws:ResourceTag/cdk-msk-macie:definition': 'false' } },
          },
        ],
      },
    });
  });

  test('[155] are there before the job and go after it', () => {
    job();
    const template = templateOf(stack);
    expect(onlyOne(template, JOB_TYPE).DependsOn).toEqual(idsOf(template, 'AWS::IAM::Policy'));
  });

  test('give two findings of cdk-nag: a list has no ARN, and the ids of jobs are for Macie to choose', () => {
    job();
    expect(nagFindings(stack)).toEqual([
      {
        stack: 'Security',
        resource: 'Job/Resource/Policy/Resource',
        id: `AwsSolutions-IAM5[Resource::*]`,
      },
      {
        stack: 'Security',
        resource: 'Job/Resource/Policy/Resource',
        id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:macie2:eu-west-1:${ACCOUNT}:classification-job/*]`,
      },
    ]);
  });

  test('name no partition', () => {
    job({ buckets: BucketSelection.all() });
    expect(JSON.stringify(templateOf(stack).toJSON())).not.toContain('arn:aws:');
  });
});

test('[149] jobs that depend on one another are made one after the other', () => {
  const first = job({}, 'First');
  job({}, 'Second').node.addDependency(first);
  const template = templateOf(stack);
  const [[firstId], [, second]] = Object.entries(template.findResources(JOB_TYPE)) as [string, any][];
  expect(second.DependsOn).toContain(firstId);
  expect(() => new CfnResource(stack, 'After', { type: 'Test::Test' }).node.addDependency(first)).not.toThrow();
});
