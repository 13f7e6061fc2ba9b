import { App, Fn, Lazy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import {
  FindingCategory,
  FindingCondition,
  FindingCriteria,
  FindingField,
  FindingRule,
  FindingSeverity,
  FindingType,
  MacieSession,
  SampleFindings,
  SensitiveDataCategory,
  SuppressionRule,
} from '../../lib/macie';
import type { FindingPatternOptions, SuppressionRuleProps } from '../../lib/macie';
import { nagFindings } from '../support/nag';

const NAME = FindingField.BUCKET_NAME;
const FIXTURES = FindingCriteria.allOf(NAME.isOneOf('fixtures'));

let app: App;
let stack: Stack;
beforeEach(() => {
  app = new App();
  stack = new Stack(app, 'Security');
});

const suppress = (criteria: FindingCriteria, more: Partial<SuppressionRuleProps> = {}, id = 'Fixtures') =>
  new SuppressionRule(stack, id, { criteria, reason: 'made up data of the tests', ...more });

function only(): any {
  const found = Object.values(Template.fromStack(stack).findResources('AWS::Macie::FindingsFilter'));
  expect(found).toHaveLength(1);
  return found[0];
}

describe('[163] criteria', () => {
  test('are written as Macie writes them: texts in lists, truth as text, time in milliseconds', () => {
    const criteria = FindingCriteria.allOf(
      NAME.isOneOf('a', 'b'),
      FindingField.SEVERITY.isNoneOf(FindingSeverity.HIGH),
      FindingField.SAMPLE.isTrue(),
      FindingField.OBJECT_PUBLIC_ACCESS.isFalse(),
      FindingField.COUNT.between(2, 5),
      FindingField.SIZE_CLASSIFIED.atLeast(1),
      FindingField.MANAGED_DATA_IDENTIFIER_COUNT.atMost(3),
      FindingField.CREATED_AT.since('2026-01-31T00:00:00Z'),
      FindingField.OBJECT_LAST_MODIFIED.before('2026-01-31'),
      FindingField.text('policyDetails.action.apiCallDetails.api').isOneOf('PutBucketAcl'),
      FindingCondition.of(FindingField.UPDATED_AT, { gt: 1 }),
    );
    expect(criteria.render()).toEqual({
      'resourcesAffected.s3Bucket.name': { eq: ['a', 'b'] },
      'severity.description': { neq: ['High'] },
      sample: { eq: ['true'] },
      'resourcesAffected.s3Object.publicAccess': { eq: ['false'] },
      count: { gte: 2, lte: 5 },
      'classificationDetails.result.sizeClassified': { gte: 1 },
      'classificationDetails.result.sensitiveData.detections.count': { lte: 3 },
      createdAt: { gte: 1769817600000 },
      'resourcesAffected.s3Object.lastModified': { lt: 1769817600000 },
      'policyDetails.action.apiCallDetails.api': { eq: ['PutBucketAcl'] },
      updatedAt: { gt: 1 },
    });
  });

  test.each<[string, () => unknown, RegExp]>([
    ['nothing', () => FindingCriteria.allOf(), /without a condition all findings are meant/],
    ['one field twice', () => FindingCriteria.allOf(NAME.isOneOf('a'), NAME.isNoneOf('b')), /s3Bucket.name has two/],
    ['no value', () => FindingCriteria.allOf(NAME.isOneOf()), /has 0 values; 1 to 50/],
    ['51 values', () => FindingCriteria.allOf(NAME.isOneOf(...Array(51).fill('a'))), /has 51 values; 1 to 50/],
    ['a number as text', () => FindingField.COUNT.isOneOf('1'), /count is a number, which isOneOf is not for/],
    ['a text as number', () => NAME.atLeast(1), /is a text, which atLeast is not for/],
    ['a truth as text', () => FindingField.SAMPLE.isOneOf('true'), /sample is a boolean, which isOneOf is not for/],
    ['a time as truth', () => FindingField.CREATED_AT.isTrue(), /createdAt is a time, which isTrue is not for/],
    ['no time', () => FindingField.CREATED_AT.since('yesterday'), /'yesterday' is no time such as 2026-01-31/],
    ['a time of nowhere', () => FindingField.CREATED_AT.since('2026-01-31T00:00:00'), /is no time such as/],
    [
      'a time that is not known yet',
      () => FindingField.CREATED_AT.before(Lazy.string({ produce: () => '2026-01-31' })),
      /is no time such as/,
    ],
  ])('with %s are refused', (_, make, message) => {
    expect(make).toThrow(message);
    expect(make).toThrow(/FindingCriteria: /);
  });
});

describe('[162] a suppression rule', () => {
  test('is the resource of CloudFormation that archives, with its reason', () => {
    const rule = suppress(FIXTURES, { ruleName: 'fixtures', position: 1 });
    expect(only().Properties).toEqual({
      Name: 'fixtures',
      Description: 'made up data of the tests',
      Action: 'ARCHIVE',
      FindingCriteria: { Criterion: { 'resourcesAffected.s3Bucket.name': { eq: ['fixtures'] } } },
      Position: 1,
    });
    expect(stack.resolve(rule.suppressionRuleId)).toEqual({ 'Fn::GetAtt': [expect.any(String), 'Id'] });
    expect(nagFindings(stack)).toEqual([]);
  });

  test('is named by its path, two of them, and takes names that are not known yet', () => {
    suppress(FindingCriteria.allOf(NAME.isOneOf(Fn.importValue('bucket'))));
    suppress(FIXTURES, { ruleName: Lazy.string({ produce: () => 'later' }) }, 'Other');
    const names = Object.values(Template.fromStack(stack).findResources('AWS::Macie::FindingsFilter'));
    expect(names.map(({ Properties }) => Properties.Name)).toEqual([
      expect.stringMatching(/^Security-Fixtures/),
      'later',
    ]);
  });

  test.each<[Partial<SuppressionRuleProps>, RegExp]>([
    [{ reason: '  ' }, /reason has 0 characters; 1 to 512/],
    [{ reason: 'r'.repeat(513) }, /reason has 513/],
    [{ ruleName: 'ab' }, /ruleName has 2 characters; 3 to 64/],
    [{ ruleName: 'n'.repeat(65) }, /ruleName has 65/],
  ])('has limits: %j', (more, message) => {
    expect(() => suppress(FIXTURES, more)).toThrow(message);
  });

  test.each<[string, FindingCondition[]]>([
    ['severity', [FindingField.SEVERITY.isOneOf(FindingSeverity.LOW)]],
    ['type', [FindingField.TYPE.isOneOf(FindingType.POLICY_S3_BUCKET_PUBLIC.value)]],
    [
      'severity, type, account and time',
      [
        FindingField.SEVERITY.isOneOf(FindingSeverity.LOW),
        FindingField.TYPE.isOneOf(FindingType.SENSITIVE_DATA_PERSONAL.value),
        FindingField.ACCOUNT_ID.isOneOf('111111111111'),
        FindingField.CREATED_AT.since('2026-01-01'),
      ],
    ],
    ['all buckets but one', [NAME.isNoneOf('important')]],
  ])('by %s alone is refused', (_, conditions) => {
    expect(() => suppress(FindingCriteria.allOf(...conditions))).toThrow(/MACIE-SUPPRESSION-NARROW: conditions on/);
  });

  test.each<[string, FindingCondition]>([
    ['a bucket', NAME.isOneOf('fixtures')],
    ['a tag', FindingField.OBJECT_TAG_KEY.isOneOf('made-up')],
    ['an identifier', FindingField.MANAGED_DATA_IDENTIFIER.isOneOf('HTTP_COOKIE')],
    ['sample findings', FindingField.SAMPLE.isTrue()],
  ])('by %s is narrow enough, with a type or alone', (_, condition) => {
    suppress(FindingCriteria.allOf(condition));
    suppress(FindingCriteria.allOf(FindingField.SEVERITY.isOneOf(FindingSeverity.LOW), condition), {}, 'Both');
  });

  test('waits for the session, and fails where there is no Macie', () => {
    suppress(FIXTURES);
    new MacieSession(stack, 'Macie');
    expect(only().DependsOn).toEqual([expect.stringMatching(/^Macie/)]);
    app = new App();
    stack = new Stack(app, 'China', { env: { region: 'cn-north-1' } });
    suppress(FIXTURES);
    expect(() => app.synth()).toThrow(/MACIE-REGION/);
  });
});

describe('[162] a rule for findings', () => {
  const warnings = () =>
    Annotations.fromStack(stack).findWarning(
      '/Security/Fixtures',
      Match.stringLikeRegexp('archives every finding that .*Alert'),
    );
  const alert = (options: FindingPatternOptions, scope = stack) =>
    new FindingRule(scope, 'Alert', { ...options, targets: [new targets.SnsTopic(new sns.Topic(scope, 'Topic'))] });

  const both = FindingCriteria.allOf(FIXTURES.conditions[0], FindingField.SEVERITY.isOneOf('Medium', 'High'));

  test.each<[string, FindingPatternOptions, FindingCriteria]>([
    ['the same bucket', { bucketNames: ['fixtures'] }, FIXTURES],
    ['one of the buckets', { bucketNames: ['fixtures'] }, FindingCriteria.allOf(NAME.isOneOf('fixtures', 'more'))],
    ['the bucket and higher severities', { bucketNames: ['fixtures'], minimumSeverity: FindingSeverity.HIGH }, both],
    ['the bucket and these severities', { bucketNames: ['fixtures'], severities: [FindingSeverity.MEDIUM] }, both],
    ['sample findings', { sampleFindings: SampleFindings.ONLY }, FindingCriteria.allOf(FindingField.SAMPLE.isTrue())],
    [
      'a bucket that is not excluded',
      { bucketNames: ['b'], jobIds: ['j'] },
      FindingCriteria.allOf(FindingField.JOB_ID.isOneOf('j'), NAME.isNoneOf('a')),
    ],
    [
      'real ones of the bucket',
      { bucketNames: ['fixtures'] },
      FindingCriteria.allOf(FIXTURES.conditions[0], FindingField.SAMPLE.isFalse()),
    ],
    [
      'a kind of data',
      { bucketNames: ['fixtures'], sensitiveData: [SensitiveDataCategory.CREDENTIALS] },
      FindingCriteria.allOf(FIXTURES.conditions[0], FindingField.SENSITIVE_DATA_CATEGORY.isOneOf('CREDENTIALS')),
    ],
  ])('that gets none any more is named: %s', (_, options, criteria) => {
    suppress(criteria);
    alert(options);
    app.synth();
    expect(warnings()).toHaveLength(1);
  });

  test.each<[string, FindingPatternOptions, FindingCriteria]>([
    ['all', {}, FIXTURES],
    ['another bucket too', { bucketNames: ['fixtures', 'orders'] }, FIXTURES],
    ['buckets by wildcard', { bucketNames: ['fix*'] }, FIXTURES],
    ['lower severities too', { bucketNames: ['fixtures'], minimumSeverity: FindingSeverity.LOW }, both],
    ['every severity', { bucketNames: ['fixtures'] }, both],
    [
      'an excluded bucket',
      { bucketNames: ['a'], jobIds: ['j'] },
      FindingCriteria.allOf(FindingField.JOB_ID.isOneOf('j'), NAME.isNoneOf('a')),
    ],
    [
      'counts by a range',
      { bucketNames: ['fixtures'], minimumCount: 2 },
      FindingCriteria.allOf(FIXTURES.conditions[0], FindingField.COUNT.atLeast(2)),
    ],
    ['real ones', { categories: [FindingCategory.POLICY] }, FindingCriteria.allOf(FindingField.SAMPLE.isTrue())],
    [
      'also custom identifiers',
      { bucketNames: ['fixtures'], sensitiveData: [SensitiveDataCategory.CUSTOM_IDENTIFIER] },
      FindingCriteria.allOf(FIXTURES.conditions[0], FindingField.SENSITIVE_DATA_CATEGORY.isOneOf('CUSTOM_IDENTIFIER')),
    ],
  ])('that still gets some is not: %s', (_, options, criteria) => {
    suppress(criteria);
    alert(options);
    app.synth();
    expect(warnings()).toHaveLength(0);
  });

  test('of a bucket whose name is not known may be about an excluded one', () => {
    const bucket = new s3.Bucket(stack, 'Bucket');
    suppress(FindingCriteria.allOf(FindingField.JOB_ID.isOneOf('j'), NAME.isNoneOf('a')));
    alert({ buckets: [bucket], jobIds: ['j'] });
    app.synth();
    expect(warnings()).toHaveLength(0);
  });

  test('of a bucket of the app is recognized by reference, and one of another Region is let be', () => {
    const bucket = new s3.Bucket(stack, 'Bucket');
    suppress(FindingCriteria.allOf(NAME.isOneOf(bucket.bucketName)));
    alert({ buckets: [bucket] });
    app.synth();
    expect(warnings()).toHaveLength(1);

    app = new App();
    stack = new Stack(app, 'Security', { env: { account: '111111111111', region: 'eu-west-1' } });
    suppress(FIXTURES);
    alert(
      { bucketNames: ['fixtures'] },
      new Stack(app, 'Far', { env: { account: '111111111111', region: 'us-east-1' } }),
    );
    app.synth();
    expect(warnings()).toHaveLength(0);
  });
});
