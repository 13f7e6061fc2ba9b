import { App, CfnParameter, Size, Stack, Validations } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { BucketPermission, BucketSelection, BucketSharing, JobSchedule, ScanDay } from '../../lib/macie';
import type { BucketCriteria, ClassificationJobProps, ObjectScope } from '../../lib/macie';
import { excludeFromScans } from '../../lib/macie/excluded-buckets';
import { idsOf, keepReportsQuiet, warningsOf } from '../support/fixtures';
import { classificationJob, definitionIn } from './scan-job';

const ACCOUNT = '111111111111';
const PLACE = { account: ACCOUNT, region: 'eu-west-1' };
const EVERY_BUCKET = {
  simpleCriterion: {
    key: 'S3_BUCKET_EFFECTIVE_PERMISSION',
    comparator: 'EQ',
    values: ['PUBLIC', 'NOT_PUBLIC', 'UNKNOWN'],
  },
};

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

describe('buckets', () => {
  const selected = (buckets: BucketSelection) => definitionOf({ buckets }).s3JobDefinition;

  test('[149] of this account and of members are named', () => {
    const bucket = new s3.Bucket(stack, 'Orders');
    const buckets = BucketSelection.named({
      buckets: [bucket, s3.Bucket.fromBucketName(stack, 'Imported', 'imported')],
      bucketNames: ['by-name'],
      memberBucketNames: { '222222222222': ['theirs'] },
    });
    expect(selected(buckets)).toEqual({
      bucketDefinitions: [
        { accountId: ACCOUNT, buckets: [`<${idsOf(stack, 'AWS::S3::Bucket')[0]}>`, 'imported', 'by-name'] },
        { accountId: '222222222222', buckets: ['theirs'] },
      ],
    });
  });

  test('[149] of the account of the stack, whichever that is', () => {
    const anywhere = new Stack(app, 'Anywhere');
    job({}, 'Job', anywhere);
    expect(definitionIn(anywhere).s3JobDefinition.bucketDefinitions[0].accountId).toBe('<AWS::AccountId>');
  });

  test('[150] [S-30] are all there are, new ones too', () => {
    expect(selected(BucketSelection.all())).toEqual({ bucketCriteria: { includes: { and: [EVERY_BUCKET] } } });
  });

  test('[150] [S-30] are those of accounts', () => {
    expect(selected(BucketSelection.ofAccounts([ACCOUNT, '222222222222']))).toEqual({
      bucketCriteria: {
        includes: {
          and: [{ simpleCriterion: { key: 'ACCOUNT_ID', comparator: 'EQ', values: [ACCOUNT, '222222222222'] } }],
        },
      },
    });
  });

  test('[150] meet every criterion', () => {
    const criteria: BucketCriteria = {
      bucketNames: ['a', 'b'],
      excludedBucketNames: ['c'],
      accounts: [ACCOUNT],
      excludedAccounts: ['222222222222', '333333333333'],
      effectivePermissions: [BucketPermission.PUBLIC, BucketPermission.UNKNOWN],
      sharedAccess: [BucketSharing.EXTERNAL],
      tags: [{ key: 'class', value: 'secret' }, { key: 'pii' }],
      excludedTags: [{ key: 'skip' }, { key: 'class', value: 'none' }],
    };
    const simple = (key: string, comparator: string, ...values: string[]) => ({
      simpleCriterion: { key, comparator, values },
    });
    const tag = (comparator: string, ...tagValues: object[]) => ({ tagCriterion: { comparator, tagValues } });
    expect(selected(BucketSelection.matching(criteria))).toEqual({
      bucketCriteria: {
        includes: {
          and: [
            simple('S3_BUCKET_NAME', 'EQ', 'a', 'b'),
            simple('ACCOUNT_ID', 'EQ', ACCOUNT),
            simple('ACCOUNT_ID', 'NE', '222222222222'),
            simple('ACCOUNT_ID', 'NE', '333333333333'),
            simple('S3_BUCKET_EFFECTIVE_PERMISSION', 'EQ', 'PUBLIC', 'UNKNOWN'),
            simple('S3_BUCKET_SHARED_ACCESS', 'EQ', 'EXTERNAL'),
            tag('EQ', { key: 'class', value: 'secret' }, { key: 'pii' }),
            tag('NE', { key: 'skip' }),
            tag('NE', { key: 'class', value: 'none' }),
          ],
        },
        excludes: { and: [simple('S3_BUCKET_NAME', 'EQ', 'c')] },
      },
    });
  });

  test('[150] are those that the criteria mean, whichever they are', () => {
    const random = seeded(7);
    const some = <T>(values: T[]) => values.filter(() => random() < 0.4);
    const orNothing = <T>(values: T[]) => (values.length > 0 && random() < 0.6 ? values : undefined);
    const NAMES = ['a', 'b', 'c', 'd'];
    const ACCOUNTS = [ACCOUNT, '222222222222', '333333333333'];
    const TAGS = [{ key: 'x' }, { key: 'x', value: '1' }, { key: 'y', value: '2' }];
    let met = 0;
    for (let i = 0; i < 300; i++) {
      const names = some(NAMES);
      const accounts = some(ACCOUNTS);
      const criteria: BucketCriteria = {
        bucketNames: orNothing(names),
        excludedBucketNames: orNothing(some(NAMES.filter((name) => !names.includes(name)))),
        accounts: orNothing(accounts),
        excludedAccounts: orNothing(some(ACCOUNTS.filter((account) => !accounts.includes(account)))),
        effectivePermissions: orNothing(some(Object.values(BucketPermission))),
        sharedAccess: orNothing(some(Object.values(BucketSharing))),
        tags: orNothing(some(TAGS)),
        excludedTags: orNothing(some(TAGS)),
      };
      if (Object.values(criteria).every((value) => value === undefined)) continue;
      const { bucketCriteria }: any = BucketSelection.matching(criteria)._definition(stack, []);
      for (let j = 0; j < 20; j++) {
        const one = <T>(values: T[]) => values[Math.floor(random() * values.length)];
        const bucket: FakeBucket = {
          S3_BUCKET_NAME: one(NAMES),
          ACCOUNT_ID: one(ACCOUNTS),
          S3_BUCKET_EFFECTIVE_PERMISSION: one(Object.values(BucketPermission)),
          S3_BUCKET_SHARED_ACCESS: one(Object.values(BucketSharing)),
          tags: some([
            { key: 'x', value: one(['1', '9']) },
            { key: 'y', value: one(['2', '9']) },
          ]),
        };
        expect([criteria, bucket, macieReads(bucket, bucketCriteria)]).toEqual([
          criteria,
          bucket,
          means(criteria, bucket),
        ]);
        met += Number(means(criteria, bucket));
      }
    }
    expect(met).toBeGreaterThan(200);
  });

  test.each<[string, () => BucketSelection, RegExp]>([
    [
      'no bucket',
      () => BucketSelection.named({}),
      /no bucket is named; give buckets, bucketNames or memberBucketNames/,
    ],
    ['an empty list', () => BucketSelection.named({ bucketNames: [] }), /bucketNames is an empty list; leave it out/],
    [
      'an empty list of a member',
      () => BucketSelection.named({ memberBucketNames: { '222222222222': [] } }),
      /222222222222 is an empty list/,
    ],
    ['a wildcard', () => BucketSelection.named({ bucketNames: ['orders-*'] }), /'orders-\*' in bucketNames is no name/],
    [
      'an account of five digits',
      () => BucketSelection.named({ memberBucketNames: { '12345': ['a'] } }),
      /'12345' in memberBucketNames is not the twelve digits/,
    ],
    [
      'more than 1,000 buckets',
      () => BucketSelection.named({ bucketNames: Array.from({ length: 1001 }, (_, i) => `b${i}`) }),
      /1001 buckets are named; a job takes up to 1000/,
    ],
    [
      'a bucket of another Region',
      () => BucketSelection.named({ buckets: [abroad({ region: 'us-east-1', account: ACCOUNT })] }),
      /Security\/Abroad is in us-east-1, and a job reads buckets of its own Region, eu-west-1; make a job there/,
    ],
    [
      'a bucket of another account',
      () => BucketSelection.named({ buckets: [abroad({ region: 'eu-west-1', account: '222222222222' })] }),
      /Security\/Abroad is in account 222222222222, and the job in 111111111111; .*memberBucketNames/,
    ],
    ['no criterion', () => BucketSelection.matching({}), /no criterion is given; use BucketSelection.all\(\)/],
    ['no account', () => BucketSelection.ofAccounts([]), /accounts is an empty list; leave it out/],
    ['half an account', () => BucketSelection.ofAccounts(['111']), /'111' in accounts is not the twelve digits/],
    [
      'an excluded half',
      () => BucketSelection.matching({ excludedAccounts: ['111'] }),
      /'111' in excludedAccounts is not the twelve digits/,
    ],
    ['an empty criterion', () => BucketSelection.matching({ tags: [] }), /tags is an empty list; leave it out/],
    [
      'a wildcard among criteria',
      () => BucketSelection.matching({ excludedBucketNames: ['log?'] }),
      /'log\?' in excludedBucketNames is no name of a bucket; Macie compares whole names/,
    ],
    [
      'a name both ways',
      () => BucketSelection.matching({ bucketNames: ['a', 'b'], excludedBucketNames: ['b'] }),
      /'b' is in bucketNames and in excludedBucketNames; keep it in one of the two/,
    ],
    [
      'an account both ways',
      () => BucketSelection.matching({ accounts: [ACCOUNT], excludedAccounts: [ACCOUNT] }),
      /'111111111111' is in accounts and in excludedAccounts/,
    ],
  ])('[150] fail with %s', (_, buckets, message) => {
    expect(() => job({ buckets: buckets() })).toThrow(/MACIE-JOB-BUCKETS/);
    expect(() => job({ buckets: buckets() }, 'Again')).toThrow(message);
  });

  function abroad(env: { region: string; account: string }): s3.IBucket {
    stack.node.tryRemoveChild('Abroad');
    return s3.Bucket.fromBucketAttributes(stack, 'Abroad', { bucketName: 'their-bucket', ...env });
  }
});

describe('objects', () => {
  const scoped = (objects: ObjectScope) => definitionOf({ objects }).s3JobDefinition.scoping;
  const simple = (key: string, comparator: string, ...values: string[]) => ({
    simpleScopeTerm: { key, comparator, values },
  });
  const tag = (comparator: string, ...tagValues: object[]) => ({
    tagScopeTerm: { comparator, key: 'TAG', target: 'S3_OBJECT', tagValues },
  });

  test('[151] meet every condition', () => {
    const objects: ObjectScope = {
      extensions: ['csv', 'json'],
      excludedExtensions: ['gz', 'zip'],
      keyPrefixes: ['in/', 'out/'],
      excludedKeyPrefixes: ['in/tmp', 'out/tmp'],
      minimumSize: Size.bytes(1),
      maximumSize: Size.mebibytes(2),
      modifiedSince: new Date('2026-01-02T03:04:05.678Z'),
      modifiedBefore: new Date('2026-02-01T00:00:00+01:00'),
      tags: [{ key: 'class', value: 'secret' }, { key: 'pii' }],
      excludedTags: [{ key: 'a' }, { key: 'b', value: 'c' }],
    };
    expect(scoped(objects)).toEqual({
      includes: {
        and: [
          simple('OBJECT_EXTENSION', 'EQ', 'csv', 'json'),
          simple('OBJECT_EXTENSION', 'NE', 'gz'),
          simple('OBJECT_EXTENSION', 'NE', 'zip'),
          simple('OBJECT_KEY', 'STARTS_WITH', 'in/', 'out/'),
          simple('OBJECT_SIZE', 'GTE', '1'),
          simple('OBJECT_SIZE', 'LTE', '2097152'),
          simple('OBJECT_LAST_MODIFIED_DATE', 'GTE', '2026-01-02T03:04:05Z'),
          simple('OBJECT_LAST_MODIFIED_DATE', 'LT', '2026-01-31T23:00:00Z'),
          tag('EQ', { key: 'class', value: 'secret' }, { key: 'pii', value: '' }),
          tag('NE', { key: 'a', value: '' }),
          tag('NE', { key: 'b', value: 'c' }),
        ],
      },
      excludes: { and: [simple('OBJECT_KEY', 'STARTS_WITH', 'in/tmp', 'out/tmp')] },
    });
  });

  test.each<[ObjectScope, object | undefined]>([
    [{}, undefined],
    [{ excludedKeyPrefixes: ['logs/'] }, { excludes: { and: [simple('OBJECT_KEY', 'STARTS_WITH', 'logs/')] } }],
    [{ keyPrefixes: ['in/'] }, { includes: { and: [simple('OBJECT_KEY', 'STARTS_WITH', 'in/')] } }],
    [{ maximumSize: Size.gibibytes(1) }, { includes: { and: [simple('OBJECT_SIZE', 'LTE', '1073741824')] } }],
  ])('[151] of %j have no empty part', (objects, expected) => {
    expect(scoped(objects)).toEqual(expected);
  });

  test.each<[ObjectScope, string]>([
    [{ extensions: [] }, 'extensions is an empty list; leave it out'],
    [{ excludedTags: [] }, 'excludedTags is an empty list; leave it out'],
    [{ extensions: ['.csv'] }, "'.csv' is no file name extension"],
    [{ excludedExtensions: ['tar.gz'] }, "'tar.gz' is no file name extension"],
    [{ extensions: ['cs*'] }, "'cs*' is no file name extension"],
    [{ keyPrefixes: ['s3://bucket/in'] }, "'s3://bucket/in' begins no key"],
    [{ excludedKeyPrefixes: ['in/*'] }, "'in/*' begins no key"],
    [{ keyPrefixes: [''] }, "'' begins no key"],
    [{ extensions: ['csv'], excludedExtensions: ['csv'] }, "'csv' is in extensions and in excludedExtensions"],
    [{ keyPrefixes: ['a'], excludedKeyPrefixes: ['a'] }, "'a' is in keyPrefixes and in excludedKeyPrefixes"],
    [{ minimumSize: Size.bytes(3), maximumSize: Size.bytes(2) }, 'no object has 3 bytes or more and 2 or fewer'],
    [{ modifiedSince: new Date('x') }, 'modifiedSince or modifiedBefore is no valid date'],
    [
      { modifiedSince: new Date('2026-01-01T00:00:00.1Z'), modifiedBefore: new Date('2026-01-01T00:00:00.9Z') },
      'no object was modified since 2026-01-01T00:00:00Z and before 2026-01-01T00:00:00Z',
    ],
  ])('[151] fail with %j', (objects, message) => {
    expect(() => job({ objects })).toThrow(`MACIE-JOB-OBJECTS: ${message}`);
  });

  test('[151] fail with a size that is known only when the stack is deployed', () => {
    const size = new CfnParameter(stack, 'Size', { type: 'Number' }).valueAsNumber;
    expect(() => job({ objects: { maximumSize: Size.bytes(size) } })).toThrow('only known when the stack is deployed');
  });
});

describe('buckets of the library', () => {
  const excluded = (definition: any) =>
    definition.s3JobDefinition.bucketCriteria.excludes?.and.map(({ simpleCriterion }: any) => simpleCriterion);
  const names = (...values: string[]) => [{ key: 'S3_BUCKET_NAME', comparator: 'EQ', values }];

  test('[150] [S-30] are left out by name, though they are made later and in any order', () => {
    job({ buckets: BucketSelection.matching({ excludedBucketNames: ['mine'] }) });
    const results = new s3.Bucket(stack, 'Results');
    const other = new Stack(app, 'Other', { env: PLACE });
    excludeFromScans(results, results.bucketName);
    excludeFromScans(new s3.Bucket(other, 'Quarantine', { bucketName: 'quarantine' }), 'quarantine');
    expect(excluded(definitionIn(stack))).toEqual(
      names('mine', 'quarantine', `<${idsOf(stack, 'AWS::S3::Bucket')[0]}>`),
    );
    expect(stack.dependencies).toEqual([]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('[150] [S-30] are left out of all', () => {
    excludeFromScans(stack, 'results');
    expect(excluded(definitionOf({ buckets: BucketSelection.all() }))).toEqual(names('results'));
  });

  test.each<[string, BucketSelection]>([
    ['by name', BucketSelection.named({ bucketNames: ['results'] })],
    ['by a criterion', BucketSelection.matching({ bucketNames: ['results'] })],
  ])('[150] are read where somebody asks for them %s', (_, buckets) => {
    excludeFromScans(stack, 'results');
    expect(JSON.stringify(definitionOf({ buckets }))).not.toContain('excludes');
  });

  test('[150] of another account, Region or app are of no concern', () => {
    excludeFromScans(new Stack(app, 'Abroad', { env: { ...PLACE, region: 'us-east-1' } }), 'abroad');
    excludeFromScans(new Stack(app, 'Away', { env: { ...PLACE, account: '222222222222' } }), 'away');
    excludeFromScans(new Stack(new App(), 'Security', { env: PLACE }), 'of-another-app');
    expect(excluded(definitionOf({ buckets: BucketSelection.all() }))).toBeUndefined();
  });

  test('[150] [S-30] whose name another stack alone knows are named in a warning, instead of closing a circle', () => {
    const scan = job({ buckets: BucketSelection.all() });
    const other = new Stack(app, 'Other', { env: PLACE });
    const bucket = new s3.Bucket(other, 'Quarantine');
    other.addStackDependency(stack);
    excludeFromScans(bucket, bucket.bucketName);
    expect(excluded(definitionIn(stack))).toBeUndefined();
    expect(warningsOf(stack)).toEqual([
      'the job reads Other/Quarantine too, where results or quarantined objects are kept: its name is not known in this ' +
        'stack; give that bucket a physical name, or make the job in its stack [ack: cdk-msk-macie:MACIE-JOB-EXCLUSION]',
    ]);
    Validations.of(scan).acknowledge({ id: 'cdk-msk-macie:MACIE-JOB-EXCLUSION', reason: 'empty' });
    app.synth();
    expect(warningsOf(stack)).toEqual([]);
  });

  test('[150] are of no concern to a job that names its buckets', () => {
    job();
    const bucket = new s3.Bucket(new Stack(app, 'Other', { env: PLACE }), 'Quarantine');
    excludeFromScans(bucket, bucket.bucketName);
    app.synth();
    expect(warningsOf(stack)).toEqual([]);
  });
});

describe('a job that reads everything every day', () => {
  const daily = JobSchedule.daily();
  const warnings = () => {
    app.synth();
    return warningsOf(stack).filter((warning) => warning.includes('MACIE-JOB-DAILY-ALL'));
  };

  test.each<[string, BucketSelection]>([
    ['all buckets', BucketSelection.all()],
    ['all of an account', BucketSelection.ofAccounts([ACCOUNT])],
    ['all but some', BucketSelection.matching({ excludedBucketNames: ['logs'] })],
  ])('[180] warns of what it costs, until that is acknowledged: %s', (_, buckets) => {
    const scan = job({ schedule: daily, buckets });
    expect(warnings()).toEqual([expect.stringMatching(/each day.*Macie charges by the gigabyte.*acknowledge/)]);
    Validations.of(scan).acknowledge({ id: 'cdk-msk-macie:MACIE-JOB-DAILY-ALL', reason: 'meant' });
    expect(warnings()).toEqual([]);
  });

  test.each<[string, Partial<ClassificationJobProps>]>([
    ['named buckets', {}],
    ['tagged buckets', { buckets: BucketSelection.matching({ tags: [{ key: 'pii' }] }) }],
    ['public buckets', { buckets: BucketSelection.matching({ effectivePermissions: [BucketPermission.PUBLIC] }) }],
    ['shared buckets', { buckets: BucketSelection.matching({ sharedAccess: [BucketSharing.EXTERNAL] }) }],
    ['a sample', { buckets: BucketSelection.all(), samplingPercentage: 10 }],
    ['some objects', { buckets: BucketSelection.all(), objects: { extensions: ['csv'] } }],
    ['once', { buckets: BucketSelection.all(), schedule: JobSchedule.once() }],
    ['weekly', { buckets: BucketSelection.all(), schedule: JobSchedule.weekly(ScanDay.FRIDAY) }],
  ])('[180] does not warn where it is narrowed: %s', (_, props) => {
    job({ schedule: daily, ...props });
    expect(warnings()).toEqual([]);
  });
});

interface FakeBucket {
  readonly [key: string]: any;
  readonly tags: { readonly key: string; readonly value: string }[];
}

/** Conditions of a block joined by AND, values of a condition by OR, and what is excluded wins: as Macie documents it. */
function macieReads(bucket: FakeBucket, { includes, excludes }: any): boolean {
  const meets = ({ simpleCriterion: simple, tagCriterion: tag }: any) => {
    const { comparator } = simple ?? tag;
    const isEqual = simple
      ? simple.values.includes(bucket[simple.key])
      : tag.tagValues.some((wanted: any) =>
          bucket.tags.some(({ key, value }) => key === wanted.key && [undefined, value].includes(wanted.value)),
        );
    // What several values mean to NE is not documented: none may have to be equal, or just one.
    if (comparator === 'NE') expect((simple?.values ?? tag.tagValues).length).toBe(1);
    return comparator === 'EQ' ? isEqual : !isEqual;
  };
  return includes.and.every(meets) && !excludes?.and.every(meets);
}

/** What the words of the options say. */
function means(criteria: BucketCriteria, bucket: FakeBucket): boolean {
  const has = ({ key, value }: { key: string; value?: string }) =>
    bucket.tags.some((tag) => tag.key === key && (value === undefined || tag.value === value));
  const isOneOf = (value: string, values?: string[]) => values === undefined || values.includes(value);
  if (!isOneOf(bucket.S3_BUCKET_NAME, criteria.bucketNames)) return false;
  if (criteria.excludedBucketNames?.includes(bucket.S3_BUCKET_NAME)) return false;
  if (!isOneOf(bucket.ACCOUNT_ID, criteria.accounts)) return false;
  if (criteria.excludedAccounts?.includes(bucket.ACCOUNT_ID)) return false;
  if (!isOneOf(bucket.S3_BUCKET_EFFECTIVE_PERMISSION, criteria.effectivePermissions)) return false;
  if (!isOneOf(bucket.S3_BUCKET_SHARED_ACCESS, criteria.sharedAccess)) return false;
  if (criteria.tags && !criteria.tags.some(has)) return false;
  return !criteria.excludedTags?.some(has);
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}
