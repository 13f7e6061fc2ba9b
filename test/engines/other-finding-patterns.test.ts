import { App, Stack } from 'aws-cdk-lib';
import {
  FindingCategory,
  FindingSeverity,
  FindingSource,
  FindingType,
  GuardDutyFindingRule,
  GuardDutySeverity,
  MacieFindingEvents,
  SampleFindings,
  SensitiveDataCategory,
} from '../../lib/macie';
import type { FindingPatternOptions, GuardDutyPatternOptions } from '../../lib/macie';
import { matches } from '../../handlers/finding-reconciliation/pattern';
import { EventRuler } from '../support/event-ruler';
import {
  ALL_EVENTS,
  GUARD_DUTY_FINDINGS,
  guardDutyEvent,
  MACIE_FINDINGS,
  SECURITY_HUB_FINDINGS,
  securityHubEvent,
} from '../support/findings';
import { seeded } from '../support/seeded';

const { CREDENTIALS, CUSTOM_IDENTIFIER, FINANCIAL_INFORMATION, PERSONAL_INFORMATION } = SensitiveDataCategory;
const HUB = FindingSource.SECURITY_HUB;

const facade = MacieFindingEvents.fromAccount(new Stack(new App(), 'Stack'));

/** A pattern as it stands in a template: with `detail-type`. */
function inTemplate({ detailType, ...rest }: any): any {
  return { ...rest, 'detail-type': detailType };
}

let ruler: EventRuler;
beforeAll(async () => {
  ruler = await EventRuler.start();
}, 300_000);
afterAll(async () => {
  await ruler.stop();
});

async function titlesMatching(pattern: any): Promise<string[]> {
  expect(await ruler.check(pattern)).toBeUndefined();
  const matched = await Promise.all(ALL_EVENTS.map(({ event }) => ruler.matches(pattern, event)));
  return ALL_EVENTS.filter((_, index) => matched[index]).map(({ title }) => title);
}

describe('[S-22] [199] every kind of event, and who takes it', () => {
  const titles = (samples: { title: string }[]) => samples.map(({ title }) => title);
  const real = MACIE_FINDINGS.filter(({ event }) => !event.detail.sample);

  test.each<[string, object, string[]]>([
    ['Macie', facade.findingPattern(), titles(real)],
    ['Macie with samples', facade.findingPattern({ sampleFindings: SampleFindings.INCLUDE }), titles(MACIE_FINDINGS)],
    [
      'policy findings of Macie',
      facade.findingPattern({ categories: [FindingCategory.POLICY] }),
      titles(MACIE_FINDINGS.filter(({ event }) => event.detail.type.startsWith('Policy:'))),
    ],
    ['a member account', facade.findingPattern({ accounts: ['210987654321'] }), ['A member account']],
    ['GuardDuty', GuardDutyFindingRule.patternOf(), titles(GUARD_DUTY_FINDINGS)],
    [
      'GuardDuty, high and above',
      GuardDutyFindingRule.patternOf({ minimumSeverity: GuardDutySeverity.HIGH }),
      titles(GUARD_DUTY_FINDINGS.filter(({ event }) => event.detail.severity >= 7)),
    ],
    ['Macie through Security Hub', facade.findingPattern({ source: HUB }), titles(SECURITY_HUB_FINDINGS.slice(0, 3))],
    [
      'GuardDuty through Security Hub',
      GuardDutyFindingRule.patternOf({ source: HUB }),
      ['Through Security Hub: unusual access'],
    ],
    [
      'policy findings through Security Hub',
      facade.findingPattern({ source: HUB, categories: [FindingCategory.POLICY] }),
      titles(SECURITY_HUB_FINDINGS.slice(1, 3)),
    ],
    [
      'a type through Security Hub',
      facade.findingPattern({ source: HUB, types: [FindingType.POLICY_S3_BUCKET_PUBLIC] }),
      ['Through Security Hub: a bucket that everybody can access'],
    ],
  ])('%s', async (_, pattern, expected) => {
    expect(await titlesMatching(inTemplate(pattern))).toEqual(expected);
  });

  test('GuardDuty says other things too, which no rule for access to Amazon S3 takes', async () => {
    const event = guardDutyEvent('CryptoCurrency:EC2/BitcoinTool.B!DNS', 8);
    expect(await ruler.matches(inTemplate(GuardDutyFindingRule.patternOf()), event)).toBe(false);
  });
});

class Dice {
  private readonly random: () => number;
  constructor(seed: number) {
    this.random = seeded(seed);
  }
  one<T>(values: readonly T[]): T {
    return values[Math.floor(this.random() * values.length)];
  }
  some<T>(values: readonly T[]): T[] {
    const chosen = values.filter(() => this.random() < 0.4);
    return chosen.length > 0 ? chosen : [this.one(values)];
  }
  maybe(name: string, make: () => unknown): object {
    return this.random() < 0.3 ? { [name]: make() } : {};
  }
}

const BUCKETS = ['acme-orders', 'acme-orders-raw', 'acme-billing', 'team-logs'];
const NAMES = [...BUCKETS, 'acme-*', '*', 'acme-orders*'];
const ACCOUNTS = ['111111111111', '222222222222'];
const named = (bucket: string) => (name: string) => new RegExp(`^${name.replace(/\*/g, '.*')}$`).test(bucket);

const guardDuty = {
  TYPES: ['Discovery:S3/MaliciousIPCaller', 'Exfiltration:S3/AnomalousBehavior', 'PenTest:S3/KaliLinux'],

  options: (dice: Dice): GuardDutyPatternOptions => ({
    ...dice.maybe('minimumSeverity', () => dice.one(Object.values(GuardDutySeverity))),
    ...dice.maybe('types', () => dice.some(guardDuty.TYPES)),
    ...dice.maybe('bucketNames', () => dice.some(NAMES)),
    ...dice.maybe('accounts', () => dice.some(ACCOUNTS)),
    ...dice.maybe('sampleFindings', () => dice.one(Object.values(SampleFindings))),
  }),

  event: (dice: Dice): any => {
    const severity = dice.one([1, 2, 3.9, 4, 5, 6.9, 7, 8, 8.9, 9, 10]);
    const event = guardDutyEvent(dice.one([...guardDuty.TYPES, 'Recon:EC2/PortProbeUnprotectedPort']), severity);
    event.detail.accountId = dice.one(ACCOUNTS);
    event.detail.resource.s3BucketDetails[0].name = dice.one(BUCKETS);
    const additionalInfo = dice.one([undefined, {}, { sample: true }, { sample: false }]);
    if (additionalInfo) event.detail.service.additionalInfo = additionalInfo;
    return event;
  },

  isMeant: (options: GuardDutyPatternOptions, { detail }: any): boolean => {
    const rank = (severity: number) => (severity < 4 ? 0 : severity < 7 ? 1 : severity < 9 ? 2 : 3);
    const isSample = detail.service.additionalInfo?.sample === true;
    const { sampleFindings = 'EXCLUDE', minimumSeverity = 'LOW' } = options;
    return (
      /^\w+:S3\//.test(detail.type) &&
      rank(detail.severity) >= ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'].indexOf(minimumSeverity) &&
      (!options.types || options.types.includes(detail.type)) &&
      (!options.bucketNames || options.bucketNames.some(named(detail.resource.s3BucketDetails[0].name))) &&
      (!options.accounts || options.accounts.includes(detail.accountId)) &&
      (sampleFindings === 'INCLUDE' || isSample === (sampleFindings === 'ONLY'))
    );
  },
};

const hub = {
  TYPES: Object.values(FindingType).filter((value) => value instanceof FindingType),

  options: (dice: Dice): FindingPatternOptions => {
    for (;;) {
      const options = {
        source: HUB,
        ...dice.maybe('minimumSeverity', () => dice.one(Object.values(FindingSeverity))),
        ...dice.maybe('severities', () => dice.some(Object.values(FindingSeverity))),
        ...dice.maybe('categories', () => dice.some(Object.values(FindingCategory))),
        ...dice.maybe('types', () => dice.some(hub.TYPES)),
        ...dice.maybe('sensitiveData', () => dice.some(Object.values(SensitiveDataCategory))),
        ...dice.maybe('bucketNames', () => dice.some(NAMES)),
        ...dice.maybe('accounts', () => dice.some(ACCOUNTS)),
        ...dice.maybe('sampleFindings', () => dice.one(Object.values(SampleFindings))),
      };
      try {
        facade.findingPattern(options);
        return options;
      } catch {
        // Refused because no finding could meet them; take the next ones.
      }
    }
  },

  event: (dice: Dice): any => {
    const type = dice.one(hub.TYPES).value;
    const isPolicy = type.startsWith('Policy:');
    const arn = `arn:aws:s3:::${dice.one(BUCKETS)}`;
    const categories = dice.some([CREDENTIALS, FINANCIAL_INFORMATION, PERSONAL_INFORMATION]);
    const result = dice.one<any>([
      { SensitiveData: categories.map((Category) => ({ Category, TotalCount: 1 })) },
      { SensitiveData: [], CustomDataIdentifiers: { TotalCount: 4, Detections: [] } },
      { CustomDataIdentifiers: { TotalCount: 0, Detections: [] } },
    ]);
    // A key that looks like the name of another bucket.
    const object = { Type: 'AwsS3Object', Id: `${arn}/acme-orders`, DataClassification: { Result: result } };
    const sample = dice.one([true, false, undefined]);
    const event = securityHubEvent(dice.one(['Macie', 'Macie', 'Macie', 'GuardDuty'] as const), {
      AwsAccountId: dice.one(ACCOUNTS),
      Severity: { Label: dice.one(['LOW', 'MEDIUM', 'HIGH']) },
      Types: [`Some/Thing/${type.replace('/', '-')}`],
      Resources: [{ Type: 'AwsS3Bucket', Id: arn }, ...(isPolicy ? [] : [object])],
      RecordState: dice.one(['ACTIVE', 'ACTIVE', 'ACTIVE', 'ARCHIVED']),
      Sample: sample,
    });
    return JSON.parse(JSON.stringify(event));
  },

  isMeant: (options: FindingPatternOptions, event: any): boolean => {
    const [finding] = event.detail.findings;
    const ranks = ['LOW', 'MEDIUM', 'HIGH'];
    const type = finding.Types[0].split('/')[2].replace('-', '/');
    const [bucket, object] = finding.Resources;
    const result = object?.DataClassification.Result;
    const found = (result?.SensitiveData ?? []).map(({ Category }: any) => Category);
    if (result?.CustomDataIdentifiers?.TotalCount > 0) found.push(CUSTOM_IDENTIFIER);
    const { sampleFindings = 'EXCLUDE', minimumSeverity = 'Low' } = options;
    const category = type.startsWith('Policy:') ? FindingCategory.POLICY : FindingCategory.CLASSIFICATION;
    return (
      finding.ProductName === 'Macie' &&
      finding.RecordState === 'ACTIVE' &&
      ranks.indexOf(finding.Severity.Label) >= ranks.indexOf(minimumSeverity.toUpperCase()) &&
      (!options.severities || options.severities.some((one) => one.toUpperCase() === finding.Severity.Label)) &&
      (!options.categories || options.categories.includes(category)) &&
      (!options.types || options.types.some(({ value }) => value === type)) &&
      (!options.sensitiveData || options.sensitiveData.some((one) => found.includes(one))) &&
      (!options.bucketNames || options.bucketNames.some(named(bucket.Id.split(':::')[1]))) &&
      (!options.accounts || options.accounts.includes(finding.AwsAccountId)) &&
      (sampleFindings === 'INCLUDE' || (finding.Sample === true) === (sampleFindings === 'ONLY'))
    );
  },
};

describe.each<[string, any, (options: any) => any]>([
  ['[S-22] GuardDuty', guardDuty, (options) => GuardDutyFindingRule.patternOf(options)],
  ['[199] Security Hub', hub, (options) => facade.findingPattern(options)],
])('%s', (name, world, patternOf) => {
  test('3,000 generated pairs are matched as the options say', async () => {
    const dice = new Dice(20_261_125);
    const pairs = Array.from({ length: 500 }, () => world.options(dice)).flatMap((options) =>
      Array.from({ length: 6 }, () => ({ options, event: world.event(dice) })),
    );
    const answers = await Promise.all(
      pairs.map(({ options, event }) => ruler.matches(inTemplate(patternOf(options)), event)),
    );
    expect(pairs.filter(({ options, event }, index) => answers[index] !== world.isMeant(options, event))).toEqual([]);
    // Reconciliation matches by itself, in the same way.
    const own = pairs.map(({ options, event }) => {
      const { source, detail } = patternOf(options);
      return source.includes(event.source) && matches(detail, event.detail);
    });
    expect(own).toEqual(answers);
    const share = answers.filter(Boolean).length / answers.length;
    expect(share).toBeGreaterThan(0.1);
    expect(share).toBeLessThan(0.9);
  });

  const isHub = name.includes('Hub');
  const only = (hubOnly: boolean, entries: [string, any, (pattern: any) => void][]) =>
    hubOnly === isHub ? entries : [];
  test.each([
    ...only(false, [
      ['the source of Macie', {}, (p) => (p.source = ['aws.macie'])],
      ['types of anything', {}, (p) => delete p.detail.type],
      ['types as a beginning', {}, (p) => (p.detail.type = [{ prefix: 'S3/' }])],
      [
        'the severity of Macie',
        { minimumSeverity: GuardDutySeverity.HIGH },
        (p) => (p.detail.severity = [{ numeric: ['>=', 3] }]),
      ],
      [
        'an exclusive minimum',
        { minimumSeverity: GuardDutySeverity.HIGH },
        (p) => (p.detail.severity = [{ numeric: ['>', 7] }]),
      ],
      ['an exact severity', { minimumSeverity: GuardDutySeverity.MEDIUM }, (p) => (p.detail.severity = [4])],
      ['samples not excluded', {}, (p) => delete p.detail.service],
      ['samples excluded by value alone', {}, (p) => (p.detail.service.additionalInfo.sample = [false])],
      ['samples by absence alone', {}, (p) => (p.detail.service.additionalInfo.sample = [{ exists: false }])],
      [
        'the account of the event',
        { accounts: ['111111111111'] },
        (p) => ((p.account = p.detail.accountId), delete p.detail.accountId),
      ],
      [
        'a name without its star',
        { bucketNames: ['acme-*'] },
        (p) => (p.detail.resource.s3BucketDetails.name = ['acme-*']),
      ],
    ]),
    ...only(true, [
      ['the source of Macie', {}, (p) => (p.source = ['aws.macie'])],
      ['every product', {}, (p) => delete p.detail.findings.ProductName],
      ['archived findings', {}, (p) => delete p.detail.findings.RecordState],
      ['samples not excluded', {}, (p) => delete p.detail.findings.Sample],
      ['samples excluded by value alone', {}, (p) => (p.detail.findings.Sample = [false])],
      [
        'labels in small letters',
        { severities: [FindingSeverity.HIGH] },
        (p) => (p.detail.findings.Severity.Label = ['High']),
      ],
      [
        'a minimum that is exact',
        { minimumSeverity: FindingSeverity.MEDIUM },
        (p) => (p.detail.findings.Severity.Label = ['MEDIUM']),
      ],
      [
        'types as Macie writes them',
        { types: [FindingType.POLICY_S3_BUCKET_PUBLIC] },
        (p) => (p.detail.findings.Types = [{ wildcard: '*/Policy:IAMUser/S3BucketPublic' }]),
      ],
      [
        'a category of the other kind',
        { categories: [FindingCategory.POLICY] },
        (p) => (p.detail.findings.Types = [{ wildcard: '*/SensitiveData:*' }]),
      ],
      ['buckets by name', { bucketNames: ['acme-orders'] }, (p) => (p.detail.findings.Resources.Id = ['acme-orders'])],
      [
        'buckets as an end',
        { bucketNames: ['acme-orders'] },
        (p) => (p.detail.findings.Resources.Id = [{ suffix: 'acme-orders' }]),
      ],
      [
        'custom data in the common list only',
        { sensitiveData: [CUSTOM_IDENTIFIER] },
        (p) =>
          (p.detail.findings.Resources.DataClassification.Result = {
            SensitiveData: { Category: [CUSTOM_IDENTIFIER] },
          }),
      ],
    ]),
  ] as [string, any, (pattern: any) => void][])('a pattern with %s is caught', async (_, given, mutate) => {
    const options = isHub ? { source: HUB, ...given } : given;
    const dice = new Dice(7);
    const candidates = Array.from({ length: 80 }, () => world.event(dice));
    const right = inTemplate(patternOf(options));
    const wrong = structuredClone(right);
    mutate(wrong);
    const differs = async (pattern: any) => {
      const answers = await Promise.all(candidates.map((event) => ruler.matches(pattern, event)));
      return answers.some((answer, index) => answer !== world.isMeant(options, candidates[index]));
    };
    expect(await differs(right)).toBe(false);
    expect(await differs(wrong)).toBe(true);
  });
});
