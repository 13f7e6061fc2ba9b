import { readFileSync } from 'fs';
import * as path from 'path';
import { App, Stack } from 'aws-cdk-lib';
import {
  FindingCategory,
  FindingSeverity,
  FindingType,
  MacieFindingEvents,
  SampleFindings,
  SensitiveDataCategory,
} from '../../lib/macie';
import type { FindingPatternOptions } from '../../lib/macie';
import { EventRuler } from '../support/event-ruler';
import { seeded } from '../support/seeded';

const { LOW, MEDIUM, HIGH } = FindingSeverity;
const { CLASSIFICATION, POLICY } = FindingCategory;
const { CREDENTIALS, CUSTOM_IDENTIFIER, FINANCIAL_INFORMATION, PERSONAL_INFORMATION } = SensitiveDataCategory;

const SAMPLES = ['credentials', 'custom-identifier', 'financial', 'multiple', 'personal', 'policy-bucket-public'];

const events: Record<string, any> = Object.fromEntries(
  SAMPLES.map((name) => {
    const file = path.join(__dirname, '..', 'support', 'samples', `macie-${name}.json`);
    return [name, JSON.parse(readFileSync(file, 'utf8'))];
  }),
);

const facade = MacieFindingEvents.fromAccount(new Stack(new App(), 'Stack'));

/** A pattern as it stands in a template: with `detail-type`. */
function patternOf(options: FindingPatternOptions): any {
  const { detailType, ...rest } = facade.findingPattern(options);
  return { ...rest, 'detail-type': detailType };
}

let ruler: EventRuler;

// The engine is downloaded the first time.
beforeAll(async () => {
  ruler = await EventRuler.start();
}, 300_000);

afterAll(async () => {
  await ruler.stop();
});

describe('[B-05] [172] the samples', () => {
  const all = SAMPLES;
  const findings = SAMPLES.filter((name) => !name.startsWith('policy'));

  test.each<[string, FindingPatternOptions, string[]]>([
    ['without options', {}, all],
    ['low and above', { minimumSeverity: LOW }, all],
    ['medium and above', { minimumSeverity: MEDIUM }, all],
    ['high', { minimumSeverity: HIGH }, all.filter((name) => name !== 'custom-identifier')],
    ['medium only', { severities: [MEDIUM] }, ['custom-identifier']],
    ['low or medium only', { severities: [LOW, MEDIUM] }, ['custom-identifier']],
    ['low only', { severities: [LOW] }, []],
    ['sensitive data', { categories: [CLASSIFICATION] }, findings],
    ['policy', { categories: [POLICY] }, ['policy-bucket-public']],
    ['both categories', { categories: [CLASSIFICATION, POLICY] }, all],
    ['personal data, alone or among others', { sensitiveData: [PERSONAL_INFORMATION] }, ['multiple', 'personal']],
    ['financial data, alone or among others', { sensitiveData: [FINANCIAL_INFORMATION] }, ['financial', 'multiple']],
    ['credentials', { sensitiveData: [CREDENTIALS] }, ['credentials']],
    ['custom data', { sensitiveData: [CUSTOM_IDENTIFIER] }, ['custom-identifier', 'multiple']],
    [
      'custom data or credentials',
      { sensitiveData: [CUSTOM_IDENTIFIER, CREDENTIALS] },
      ['credentials', 'custom-identifier', 'multiple'],
    ],
    ['any sensitive data', { sensitiveData: Object.values(SensitiveDataCategory) }, findings],
    ['the type of financial data alone', { types: [FindingType.SENSITIVE_DATA_FINANCIAL] }, ['financial']],
    [
      'two types',
      { types: [FindingType.POLICY_S3_BUCKET_PUBLIC, FindingType.SENSITIVE_DATA_MULTIPLE] },
      ['multiple', 'policy-bucket-public'],
    ],
    ['a bucket', { bucketNames: ['acme-billing-exports'] }, ['financial']],
    ['a bucket in other letters', { bucketNames: ['Acme-billing-exports'] }, []],
    ['a part of the name', { bucketNames: ['acme-*-prod', '*stage'] }, ['personal', 'policy-bucket-public']],
    ['the account', { accounts: ['210987654321', '123456789012'] }, all],
    ['another account', { accounts: ['210987654321'] }, []],
    ['a job', { jobIds: ['0be7f3d8a1c54927b6e0d2f9483a7c15'] }, ['credentials']],
    ['news only', { maximumCount: 1 }, all],
    ['the first time exactly', { minimumCount: 1, maximumCount: 1 }, all],
    ['repetitions', { minimumCount: 2 }, []],
    ['samples too', { sampleFindings: SampleFindings.INCLUDE }, all],
    ['samples only', { sampleFindings: SampleFindings.ONLY }, []],
    [
      'several at once',
      { minimumSeverity: HIGH, sensitiveData: [PERSONAL_INFORMATION], bucketNames: ['acme-shared-*'] },
      ['multiple'],
    ],
  ])('%s', async (_, options, expected) => {
    const pattern = patternOf(options);
    expect(await ruler.check(pattern)).toBeUndefined();
    const matched = await Promise.all(SAMPLES.map((name) => ruler.matches(pattern, events[name])));
    expect(SAMPLES.filter((_name, index) => matched[index])).toEqual(expected);
  });

  test('of another source or detail type never match', async () => {
    const event = events.financial;
    for (const foreign of [{ source: 'aws.macie2' }, { 'detail-type': 'Macie Alert' }, { source: 'aws.securityhub' }]) {
      expect(await ruler.matches(patternOf({}), { ...event, ...foreign })).toBe(false);
    }
  });

  test('marked as sample findings match when asked for', async () => {
    const sample = { ...events.financial, detail: { ...events.financial.detail, sample: true } };
    const answers = Object.values(SampleFindings).map((sampleFindings) =>
      ruler.matches(patternOf({ sampleFindings }), sample),
    );
    expect(await Promise.all(answers)).toEqual([false, true, true]); // EXCLUDE, INCLUDE, ONLY
  });

  test('without the mark, as the schema of the guide has them, count as real', async () => {
    const event = structuredClone(events.financial);
    delete event.detail.sample;
    expect(await ruler.matches(patternOf({}), event)).toBe(true);
  });
});

/** What a reader of the options expects, said over the event and without a pattern. */
function isMeant(options: FindingPatternOptions, event: any): boolean {
  if (event.source !== 'aws.macie' || event['detail-type'] !== 'Macie Finding') return false;
  const finding = event.detail;
  const ranks = ['Low', 'Medium', 'High'];
  const result = finding.classificationDetails?.result;
  const found = new Set<string>((result?.sensitiveData ?? []).map((item: any) => item.category));
  if ((result?.customDataIdentifiers?.totalCount ?? 0) > 0) found.add('CUSTOM_IDENTIFIER');
  const bucket = finding.resourcesAffected.s3Bucket.name;
  const named = (name: string) => new RegExp(`^${name.replace(/\./g, '\\.').replace(/\*/g, '.*')}$`).test(bucket);

  const answers = [
    { EXCLUDE: finding.sample !== true, INCLUDE: true, ONLY: finding.sample === true }[
      options.sampleFindings ?? 'EXCLUDE'
    ],
    !options.minimumSeverity || ranks.indexOf(finding.severity.description) >= ranks.indexOf(options.minimumSeverity),
    !options.severities || options.severities.includes(finding.severity.description),
    !options.categories || options.categories.includes(finding.category),
    !options.types || options.types.some((type) => type.value === finding.type),
    !options.sensitiveData || options.sensitiveData.some((category) => found.has(category)),
    !options.bucketNames || options.bucketNames.some(named),
    !options.accounts || options.accounts.includes(finding.accountId),
    !options.jobIds || options.jobIds.includes(finding.classificationDetails?.jobId),
    finding.count >= (options.minimumCount ?? 1),
    finding.count <= (options.maximumCount ?? Infinity),
  ];
  return answers.every(Boolean);
}

/** Options and events over the same small worlds, so that they meet often. */
class Generator {
  private static readonly TYPES = Object.values(FindingType).filter((value) => value instanceof FindingType);
  private static readonly BUCKETS = ['acme-orders', 'acme-orders-raw', 'acme.billing', 'team-a-logs', 'team-b-logs'];
  private static readonly NAMES = [...Generator.BUCKETS, 'acme-*', '*-logs', 'team-*-logs', '*', 'acme-orders*'];
  private static readonly ACCOUNTS = ['111111111111', '222222222222', '333333333333'];
  private static readonly JOBS = ['job1', 'job2'];

  private readonly random: () => number;

  constructor(seed: number) {
    this.random = seeded(seed);
  }

  public options(): FindingPatternOptions {
    for (;;) {
      const options = {
        ...this.maybe('minimumSeverity', () => this.one([LOW, MEDIUM, HIGH])),
        ...this.maybe('severities', () => this.some([LOW, MEDIUM, HIGH])),
        ...this.maybe('categories', () => this.some([CLASSIFICATION, POLICY])),
        ...this.maybe('types', () => this.some(Generator.TYPES)),
        ...this.maybe('sensitiveData', () => this.some(Object.values(SensitiveDataCategory))),
        ...this.maybe('bucketNames', () => this.some(Generator.NAMES)),
        ...this.maybe('accounts', () => this.some(Generator.ACCOUNTS)),
        ...this.maybe('jobIds', () => this.some(Generator.JOBS)),
        ...this.maybe('minimumCount', () => this.one([1, 2])),
        ...this.maybe('maximumCount', () => this.one([1, 2, 3])),
        ...this.maybe('sampleFindings', () => this.one(Object.values(SampleFindings))),
      } as FindingPatternOptions;
      try {
        facade.findingPattern(options);
        return options;
      } catch {
        // Refused because no finding could meet them; take the next ones.
      }
    }
  }

  /** A sample with other values: of a job or of discovery, with lists that are null, empty or filled. */
  public event(): any {
    const event = structuredClone(events[this.one(SAMPLES)]);
    const finding = event.detail;
    const score = this.one([1, 2, 3]);
    finding.severity = { score, description: ['Low', 'Medium', 'High'][score - 1] };
    finding.accountId = this.one(Generator.ACCOUNTS);
    finding.resourcesAffected.s3Bucket.name = this.one(Generator.BUCKETS);
    this.one([() => (finding.sample = true), () => (finding.sample = false), () => delete finding.sample])();
    if (finding.category === 'POLICY') {
      finding.type = this.one(Generator.TYPES.map(String).filter((type) => type.startsWith('Policy:')));
      finding.count = this.one([1, 2, 3, 4]);
    } else {
      finding.type = this.one(Generator.TYPES.map(String).filter((type) => !type.startsWith('Policy:')));
      this.classify(finding.classificationDetails);
    }
    if (this.random() < 0.05) event.source = 'aws.securityhub';
    return event;
  }

  private classify(details: any): void {
    if (this.random() < 0.3) {
      Object.assign(details, { jobArn: null, jobId: null, originType: 'AUTOMATED_SENSITIVE_DATA_DISCOVERY' });
    } else {
      details.jobId = this.one(Generator.JOBS);
    }
    if (this.random() < 0.2) details.result.status = { code: 'PARTIAL', reason: 'ARCHIVE_CONTAINS_UNPROCESSED_FILES' };
    const categories = this.some([CREDENTIALS, FINANCIAL_INFORMATION, PERSONAL_INFORMATION]);
    details.result.sensitiveData = this.one([
      null,
      [],
      ...[categories, categories].map((list) => list.map((category) => ({ category, totalCount: 3, detections: [] }))),
    ]);
    const detections = [{ arn: 'arn:aws:macie2:::custom-data-identifier/1', name: 'customer', count: 7 }];
    details.result.customDataIdentifiers = this.one<unknown>([
      null,
      { totalCount: 0, detections: [] },
      { totalCount: 0, detections: null },
      { totalCount: 7, detections },
    ]);
  }

  private maybe(name: string, make: () => unknown): object {
    return this.random() < 0.25 ? { [name]: make() } : {};
  }

  private one<T>(values: readonly T[]): T {
    return values[Math.floor(this.random() * values.length)];
  }

  private some<T>(values: readonly T[]): T[] {
    const chosen = values.filter(() => this.random() < 0.4);
    return chosen.length > 0 ? chosen : [this.one(values)];
  }
}

interface Pair {
  options: FindingPatternOptions;
  event: any;
}

/** For each of many options a handful of events. */
function pairs(seed: number, count: number): Pair[] {
  const generator = new Generator(seed);
  return Array.from({ length: count }, () => generator.options()).flatMap((options) =>
    Array.from({ length: 6 }, () => ({ options, event: generator.event() })),
  );
}

describe('[B-05] [173] generated pairs of options and events', () => {
  test('5,000 of them are matched as the options say', async () => {
    const all = pairs(20_261_124, 850);
    const answers = await Promise.all(all.map(({ options, event }) => ruler.matches(patternOf(options), event)));
    const wrong = all.filter(({ options, event }, index) => answers[index] !== isMeant(options, event));
    expect(wrong).toEqual([]);
    const matched = answers.filter(Boolean).length / answers.length;
    expect(matched).toBeGreaterThan(0.15);
    expect(matched).toBeLessThan(0.85);
    expect(all.length).toBeGreaterThan(5_000);
  });

  /** What could be wrong with a pattern, each with the options that show it; undefined where it does not apply. */
  const mutations: Record<string, [FindingPatternOptions, (pattern: any) => void]> = {
    'the source of the API': [{}, (p) => (p.source = ['aws.macie2'])],
    'no source': [{}, (p) => delete p.source],
    'an old detail type': [{}, (p) => (p['detail-type'] = ['Macie Alert'])],
    'samples not excluded': [{}, (p) => delete p.detail],
    'samples only in one of two forms': [{}, (p) => (p.detail.sample = [false])],
    'samples excluded by absence': [{}, (p) => (p.detail.sample = [{ exists: false }])],
    'samples that are text': [{ sampleFindings: SampleFindings.ONLY }, (p) => (p.detail.sample = ['true'])],
    'a minimum that is exact': [{ minimumSeverity: MEDIUM }, (p) => (p.detail.severity.score = [2])],
    'a minimum that is exclusive': [
      { minimumSeverity: MEDIUM },
      (p) => (p.detail.severity.score = [{ numeric: ['>', 2] }]),
    ],
    'a minimum on another scale': [
      { minimumSeverity: MEDIUM },
      (p) => (p.detail.severity.score = [{ numeric: ['>=', 4] }]),
    ],
    'scores that are text': [{ minimumSeverity: HIGH }, (p) => (p.detail.severity.score = ['3'])],
    'severities in capitals': [{ severities: [HIGH] }, (p) => (p.detail.severity.description = ['HIGH'])],
    'severities beside their place': [
      { severities: [HIGH] },
      (p) => (p.detail.severity = p.detail.severity.description),
    ],
    'the account of the event': [
      { accounts: ['111111111111'] },
      (p) => {
        p.account = p.detail.accountId;
        delete p.detail.accountId;
      },
    ],
    'a name without its stars': [
      { bucketNames: ['acme-*'] },
      (p) => (p.detail.resourcesAffected.s3Bucket.name = ['acme-*']),
    ],
    'a part of a name as a beginning': [
      { bucketNames: ['team-*-logs'] },
      (p) => (p.detail.resourcesAffected.s3Bucket.name = [{ prefix: 'acme-' }]),
    ],
    'a category by its type': [
      { sensitiveData: [FINANCIAL_INFORMATION] },
      (p) => {
        delete p.detail.classificationDetails;
        p.detail.type = ['SensitiveData:S3Object/Financial'];
      },
    ],
    'custom data in the common list only': [
      { sensitiveData: [CUSTOM_IDENTIFIER] },
      (p) => (p.detail.classificationDetails.result = { sensitiveData: { category: ['CUSTOM_IDENTIFIER'] } }),
    ],
    'custom data counted from 0': [
      { sensitiveData: [CUSTOM_IDENTIFIER] },
      (p) =>
        (p.detail.classificationDetails.result = { customDataIdentifiers: { totalCount: [{ numeric: ['>=', 0] }] } }),
    ],
    'custom data and a category instead of or': [
      { sensitiveData: [CUSTOM_IDENTIFIER, CREDENTIALS] },
      (p) => (p.detail.classificationDetails.result = Object.assign({}, ...p.detail.classificationDetails.result.$or)),
    ],
    'the job as its ARN': [
      { jobIds: ['job1'] },
      (p) => (p.detail.classificationDetails = { jobArn: p.detail.classificationDetails.jobId }),
    ],
    'a range without its upper end': [
      { minimumCount: 1, maximumCount: 2 },
      (p) => (p.detail.count = [{ numeric: ['>=', 1] }]),
    ],
    'the category in small letters': [{ categories: [POLICY] }, (p) => (p.detail.category = ['policy'])],
  };

  test.each(Object.entries(mutations))('a pattern with %s is caught', async (_, [options, mutate]) => {
    const generator = new Generator(7);
    const candidates = Array.from({ length: 60 }, () => generator.event());
    const right = patternOf(options);
    const wrong = structuredClone(right);
    mutate(wrong);
    const differs = async (pattern: any) => {
      const answers = await Promise.all(candidates.map((event) => ruler.matches(pattern, event)));
      return answers.some((answer, index) => answer !== isMeant(options, candidates[index]));
    };
    expect(await differs(right)).toBe(false);
    expect(await differs(wrong)).toBe(true);
  });
});
