import { readdirSync, readFileSync } from 'fs';
import * as path from 'path';
import { App, Fn, Lazy, Stack, Token } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  FindingCategory,
  FindingPublishingFrequency,
  FindingSeverity,
  FindingType,
  MacieFindingEvents,
  MacieSessionStatus,
  SampleFindings,
  SensitiveDataCategory,
} from '../../lib/macie';
import type { FindingPatternOptions } from '../../lib/macie';

const support = path.join(__dirname, '..', 'support');
const shapes = JSON.parse(readFileSync(path.join(support, 'models', 'macie2.json'), 'utf8')).shapes;

let stack: Stack;

beforeEach(() => {
  stack = new Stack(new App(), 'Stack');
});

function detailOf(options: FindingPatternOptions): any {
  const pattern = MacieFindingEvents.fromAccount(stack).findingPattern(options);
  return stack.resolve(pattern.detail);
}

const ANY = { sampleFindings: SampleFindings.INCLUDE };

describe('the pattern', () => {
  test('[172] asks for findings of Macie and no sample findings by default', () => {
    expect(MacieFindingEvents.fromAccount(stack).findingPattern()).toEqual({
      source: ['aws.macie'],
      detailType: ['Macie Finding'],
      detail: { sample: [false, { exists: false }] },
    });
  });

  test('has no detail when everything is meant: EventBridge refuses an empty object', () => {
    expect(MacieFindingEvents.fromAccount(stack).findingPattern(ANY)).toEqual({
      source: ['aws.macie'],
      detailType: ['Macie Finding'],
    });
  });

  test.each<[string, FindingPatternOptions, unknown]>([
    ['low and above', { minimumSeverity: FindingSeverity.LOW }, { severity: { score: [{ numeric: ['>=', 1] }] } }],
    [
      'medium and above',
      { minimumSeverity: FindingSeverity.MEDIUM },
      { severity: { score: [{ numeric: ['>=', 2] }] } },
    ],
    ['high', { minimumSeverity: FindingSeverity.HIGH }, { severity: { score: [{ numeric: ['>=', 3] }] } }],
    [
      'exact severities',
      { severities: [FindingSeverity.LOW, FindingSeverity.HIGH] },
      { severity: { description: ['Low', 'High'] } },
    ],
    ['a category', { categories: [FindingCategory.POLICY] }, { category: ['POLICY'] }],
    [
      'types',
      { types: [FindingType.POLICY_S3_BUCKET_PUBLIC, FindingType.of('Policy:IAMUser/New')] },
      { type: ['Policy:IAMUser/S3BucketPublic', 'Policy:IAMUser/New'] },
    ],
    ['accounts', { accounts: ['123456789012'] }, { accountId: ['123456789012'] }],
    ['jobs', { jobIds: ['0be7f3d8a1c5'] }, { classificationDetails: { jobId: ['0be7f3d8a1c5'] } }],
    ['news only', { maximumCount: 1 }, { count: [{ numeric: ['<=', 1] }] }],
    ['an exact number', { minimumCount: 2, maximumCount: 2 }, { count: [{ numeric: ['=', 2] }] }],
    ['repetitions', { minimumCount: 2, maximumCount: 9 }, { count: [{ numeric: ['>=', 2, '<=', 9] }] }],
    ['samples only', { sampleFindings: SampleFindings.ONLY }, { sample: [true] }],
    [
      'managed categories inside of the finding',
      { sensitiveData: [SensitiveDataCategory.CREDENTIALS] },
      { classificationDetails: { result: { sensitiveData: { category: ['CREDENTIALS'] } } } },
    ],
    [
      'custom identifiers where they are counted, or by their category',
      { sensitiveData: [SensitiveDataCategory.CUSTOM_IDENTIFIER, SensitiveDataCategory.CREDENTIALS] },
      {
        classificationDetails: {
          result: {
            $or: [
              { sensitiveData: { category: ['CUSTOM_IDENTIFIER', 'CREDENTIALS'] } },
              { customDataIdentifiers: { totalCount: [{ numeric: ['>', 0] }] } },
            ],
          },
        },
      },
    ],
  ])('[173] takes %s', (_, options, detail) => {
    expect(detailOf({ ...ANY, ...options })).toEqual(detail);
  });

  test('[173] takes buckets as constructs of any kind, by name and by a part of the name', () => {
    const buckets = [
      new s3.Bucket(stack, 'Own'),
      new s3.CfnBucket(stack, 'Raw'),
      s3.Bucket.fromBucketName(stack, 'Imported', 'imported'),
    ];
    expect(detailOf({ ...ANY, buckets, bucketNames: ['orders', 'team-*-raw'] })).toEqual({
      resourcesAffected: {
        s3Bucket: {
          name: [
            { Ref: expect.stringMatching(/^Own/) },
            { Ref: 'Raw' },
            'imported',
            'orders',
            { wildcard: 'team-*-raw' },
          ],
        },
      },
    });
  });

  test('joins all options in one object', () => {
    const detail = detailOf({
      minimumSeverity: FindingSeverity.MEDIUM,
      severities: [FindingSeverity.HIGH],
      sensitiveData: [SensitiveDataCategory.FINANCIAL_INFORMATION],
      jobIds: ['job'],
    });
    expect(detail).toEqual({
      severity: { score: [{ numeric: ['>=', 2] }], description: ['High'] },
      sample: [false, { exists: false }],
      classificationDetails: { jobId: ['job'], result: { sensitiveData: { category: ['FINANCIAL_INFORMATION'] } } },
    });
  });

  test('passes values on that are not known yet', () => {
    const account = Token.asString({ Ref: 'Account' });
    const names = Lazy.list({ produce: () => ['late'] });
    const jobIds = Fn.split(',', Token.asString({ Ref: 'Jobs' }));
    expect(detailOf({ ...ANY, accounts: [account], bucketNames: names, jobIds })).toEqual({
      accountId: [{ Ref: 'Account' }],
      resourcesAffected: { s3Bucket: { name: ['late'] } },
      classificationDetails: { jobId: { 'Fn::Split': [',', { Ref: 'Jobs' }] } },
    });
  });
});

describe('what no finding could meet', () => {
  const { HIGH, LOW, MEDIUM } = FindingSeverity;

  test.each<[string, FindingPatternOptions, string]>([
    ['an empty list', { types: [] }, 'FindingPatternEmptyList: types is an empty list'],
    ['an account that is none', { accounts: ['1234'] }, "'1234' in accounts is not the twelve digits"],
    ['the ARN of a bucket', { bucketNames: ['arn:aws:s3:::b'] }, "'arn:aws:s3:::b' in bucketNames is not a name, with"],
    ['two * in a row', { bucketNames: ['a**'] }, "'a**' in bucketNames is not a name, with"],
    ['the ARN of a job', { jobIds: ['arn:x:classification-job/1'] }, 'in jobIds is not the id of a job'],
    [
      'severities below the lowest',
      { minimumSeverity: HIGH, severities: [LOW, MEDIUM] },
      'FindingPatternNeverMatches: no finding meets minimumSeverity High and severities Low, Medium',
    ],
    [
      'policy findings with sensitive data',
      { categories: [FindingCategory.POLICY], sensitiveData: [SensitiveDataCategory.CREDENTIALS] },
      'no finding meets categories (POLICY) and sensitiveData (CLASSIFICATION) at once',
    ],
    [
      'a policy type from a job',
      { types: [FindingType.POLICY_S3_BUCKET_PUBLIC], jobIds: ['job'] },
      'no finding meets types (POLICY) and jobIds (CLASSIFICATION) at once',
    ],
    [
      'sensitive data again',
      { minimumCount: 2, jobIds: ['job'] },
      'no finding meets jobIds (CLASSIFICATION) and minimumCount (POLICY) at once',
    ],
    ['no occurrence', { maximumCount: 0 }, 'no finding has occurred 1 to 0 times'],
    ['none at all', { minimumCount: -1, maximumCount: 0 }, 'no finding has occurred -1 to 0 times'],
    ['an empty range', { minimumCount: 3, maximumCount: 2 }, 'no finding has occurred 3 to 2 times'],
  ])('[173] fails for %s', (_, options, message) => {
    expect(() => detailOf(options)).toThrow(message);
  });

  test('does not mistake what is possible', () => {
    const types = [FindingType.POLICY_S3_BUCKET_PUBLIC, FindingType.SENSITIVE_DATA_CREDENTIALS];
    expect(() => detailOf({ types, jobIds: ['job'] })).not.toThrow();
    expect(() => detailOf({ types: [FindingType.of('New:Kind/X')], jobIds: ['job'] })).not.toThrow();
    expect(() => detailOf({ minimumSeverity: MEDIUM, severities: [LOW, HIGH] })).not.toThrow();
    expect(() => detailOf({ minimumCount: Token.asNumber({ Ref: 'Count' }), maximumCount: 1 })).not.toThrow();
  });
});

describe("the service's own model", () => {
  /** Follows a path of field names through the model, through lists as EventBridge does. */
  function shapeAt(name: string, fields: string[]): any {
    const shape = shapes[name];
    if (shape.type === 'list') return shapeAt(shape.member.shape, fields);
    const [field, ...rest] = fields;
    return field === undefined ? shape : shape.members?.[field] && shapeAt(shape.members[field].shape, rest);
  }

  /** The paths of all fields that a pattern asks for. */
  function pathsOf(pattern: any, prefix: string[] = []): string[][] {
    if (Array.isArray(pattern)) return [prefix];
    return Object.entries(pattern).flatMap(([key, value]) =>
      key === '$or' ? (value as any[]).flatMap((branch) => pathsOf(branch, prefix)) : pathsOf(value, [...prefix, key]),
    );
  }

  test('[173] has every field that a pattern can ask for', () => {
    const everything = detailOf({
      minimumSeverity: FindingSeverity.LOW,
      severities: [FindingSeverity.LOW],
      categories: [FindingCategory.CLASSIFICATION],
      maximumCount: 1,
      sensitiveData: [SensitiveDataCategory.CUSTOM_IDENTIFIER],
      types: [FindingType.SENSITIVE_DATA_MULTIPLE],
      bucketNames: ['b'],
      accounts: ['123456789012'],
      jobIds: ['job'],
    });
    const paths = pathsOf(everything);
    expect(paths).toHaveLength(11);
    for (const fields of paths) {
      expect([fields, shapeAt('Finding', fields)]).toEqual([fields, expect.anything()]);
    }
  });

  test.each<[string, string[]]>([
    ['SeverityDescription', Object.values(FindingSeverity)],
    ['FindingCategory', Object.values(FindingCategory)],
    ['SensitiveDataItemCategory', Object.values(SensitiveDataCategory)],
    ['FindingPublishingFrequency', Object.values(FindingPublishingFrequency)],
    ['MacieStatus', Object.values(MacieSessionStatus)],
    [
      'FindingType',
      Object.values(FindingType)
        .filter((value) => value instanceof FindingType)
        .map(String),
    ],
  ])('[173] has the values of our %s, no more and no fewer', (shape, values) => {
    expect(values.sort()).toEqual([...shapes[shape].enum].sort());
  });

  test('has every field of the sample findings, but the one that events spell in their own way', () => {
    const unknown = new Set<string>();
    const walk = (value: any, name: string, trail: string): void => {
      const shape = shapes[name];
      if (value === null || typeof value !== 'object') return;
      if (shape.type === 'list') return value.forEach((member: any) => walk(member, shape.member.shape, trail));
      for (const [key, member] of Object.entries(value)) {
        if (shape.members[key]) walk(member, shape.members[key].shape, `${trail}.${key}`);
        else unknown.add(`${trail}.${key}`);
      }
    };
    const folder = path.join(support, 'samples');
    const samples = readdirSync(folder).filter((file) => /^macie-.*\.json$/.test(file));
    expect(samples).toHaveLength(6);
    for (const file of samples) {
      walk(JSON.parse(readFileSync(path.join(folder, file), 'utf8')).detail, 'Finding', file);
    }
    expect([...unknown].map((field) => field.replace(/^[^.]*\.json/, '')).filter(unique)).toEqual([
      '.resourcesAffected.s3Object.etag',
    ]);
  });
});

function unique(value: string, index: number, all: string[]): boolean {
  return all.indexOf(value) === index;
}
