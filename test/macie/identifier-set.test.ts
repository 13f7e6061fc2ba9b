import { readFileSync } from 'fs';
import * as path from 'path';
import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { IdentifierSet, ManagedDataIdentifier, ManagedDataIdentifierCategory, MacieSession } from '../../lib/macie';
import { EMAIL_ADDRESS, IPV4_ADDRESS, IPV6_ADDRESS, medicalRecordNumber } from '../../lib/macie/identifier-definitions';
import { matchesOf } from '../../lib/macie/identifier-matches';
import { inJavaScript } from '../../lib/macie/identifier-regex';
import { CORPUS, score } from '../support/corpus';
import { nagFindings } from '../support/nag';

const MRN = medicalRecordNumber('[A-Z]{2}-?[0-9]{7}');

let stack: Stack;
beforeEach(() => (stack = new Stack(new App(), 'Security')));

const idsOf = (set: IdentifierSet) => set.managedDataIdentifiers.map(({ id }) => id);
const customs = () =>
  Object.values<any>(Template.fromStack(stack).findResources('AWS::Macie::CustomDataIdentifier')).map(
    ({ Properties }) => Properties,
  );

describe('[S-25] a set', () => {
  test('for the GDPR has 87 managed identifiers and custom ones for e-mail and IP addresses', () => {
    const set = IdentifierSet.forGdpr(stack, 'Personal');
    expect(set.managedDataIdentifiers).toHaveLength(87);
    expect(idsOf(set)).toEqual(
      expect.arrayContaining([
        'NAME',
        'ADDRESS',
        'DATE_OF_BIRTH',
        'LATITUDE_LONGITUDE',
        'HTTP_COOKIE',
        'UK_NHS_NUMBER',
      ]),
    );
    expect(idsOf(set).filter((id) => /^(USA?|CANADA|BRAZIL|INDIA|CREDIT_CARD_[^N])_/.test(id))).toEqual([]);
    expect(set.customDataIdentifiers).toHaveLength(3);
    expect(customs().map(({ Description }) => Description)).toEqual([
      'E-mail addresses',
      expect.stringMatching(/^IPv4 addresses/),
      expect.stringMatching(/^IPv6 addresses/),
    ]);
    expect(set.notCovered.join()).toMatch(/national identification numbers of countries.*criminal records.*biometric/);
  });

  test('for the GDPR keeps to the countries that are asked for, and to what knows no borders', () => {
    const ids = idsOf(IdentifierSet.forGdpr(stack, 'Personal', { countries: ['DE', 'SE'] }));
    const foreign = ids.map((id) => ManagedDataIdentifier.of(id)).filter(({ countries }) => countries.length > 0);
    for (const { countries } of foreign) expect(countries.some((one) => ['DE', 'SE', 'EU'].includes(one))).toBe(true);
    expect(ids.length).toBeLessThan(40);
    expect(ids).not.toContain('FRANCE_PASSPORT_NUMBER');
    expect(ids).toEqual(expect.arrayContaining(['NAME', 'GERMANY_PASSPORT_NUMBER', 'SWEDEN_BANK_ACCOUNT_NUMBER']));
    expect(ids).toContain('EUROPEAN_HEALTH_INSURANCE_CARD_NUMBER');
  });

  test.each([
    [['DE', 'GB', 'QQ'], /MACIE-IDENTIFIER-COUNTRY: Macie has nothing of 'QQ' in this set; choose from AT, AU/],
    [['UK'], /Macie has nothing of 'UK'/],
    [[], /no country is given/],
  ])('refuses countries that it knows nothing of: %j', (countries, message) => {
    expect(() => IdentifierSet.forGdpr(stack, 'Personal', { countries })).toThrow(message);
  });

  test('for PCI DSS has the five of cards and nothing to make', () => {
    const set = IdentifierSet.forPciDss(stack, 'Cards');
    expect(idsOf(set).sort()).toEqual([
      'CREDIT_CARD_EXPIRATION',
      'CREDIT_CARD_MAGNETIC_STRIPE',
      'CREDIT_CARD_NUMBER',
      'CREDIT_CARD_NUMBER_(NO_KEYWORD)',
      'CREDIT_CARD_SECURITY_CODE',
    ]);
    expect(set.customDataIdentifiers).toEqual([]);
    expect(set.notCovered.join()).toMatch(/PINs/);
  });

  test('for HIPAA has nineteen, and medical record numbers once their format is known', () => {
    const set = IdentifierSet.forHipaa(stack, 'Patients');
    expect(set.managedDataIdentifiers).toHaveLength(19);
    expect(set.customDataIdentifiers).toHaveLength(3);
    expect(set.notCovered[0]).toMatch(/medical record numbers, unless medicalRecordNumberRegex/);

    const known = IdentifierSet.forHipaa(stack, 'Known', { medicalRecordNumberRegex: '[A-Z]{2}[0-9]{7}' });
    expect(known.customDataIdentifiers).toHaveLength(4);
    expect(known.notCovered.join()).not.toMatch(/medical record/);
    IdentifierSet.forHipaa(stack, 'Own', {
      medicalRecordNumberRegex: '[0-9]{8}',
      medicalRecordNumberKeywords: ['Aktenzeichen'],
    });
    expect(customs().filter(({ Description }) => Description === 'Medical record numbers')).toEqual([
      expect.objectContaining({ Regex: '[A-Z]{2}[0-9]{7}', Keywords: expect.arrayContaining(['mrn', 'patient id']) }),
      expect.objectContaining({ Regex: '[0-9]{8}', Keywords: ['Aktenzeichen'] }),
    ]);
    expect(() => IdentifierSet.forHipaa(stack, 'Bad', { medicalRecordNumberRegex: '(?=a)' })).toThrow(/MACIE-REGEX/);
  });

  test('of credentials has all nine, also the three that jobs do not look for by themselves', () => {
    const set = IdentifierSet.credentials(stack, 'Secrets');
    expect(set.managedDataIdentifiers).toHaveLength(9);
    const extra = set.managedDataIdentifiers.filter(({ recommended }) => !recommended).map(({ id }) => id);
    expect(extra.sort()).toEqual(['GCP_API_KEY', 'JSON_WEB_TOKEN', 'STRIPE_CREDENTIALS']);
  });

  test('of finance has all 58, or those of some countries', () => {
    const all = IdentifierSet.financial(stack, 'Money').managedDataIdentifiers;
    expect(all).toHaveLength(58);
    expect(new Set(all.map(({ category }) => category))).toEqual(new Set([ManagedDataIdentifierCategory.FINANCIAL]));
    const french = idsOf(IdentifierSet.financial(stack, 'French', { countries: ['FR'] }));
    expect(french).toContain('FRANCE_BANK_ACCOUNT_NUMBER');
    expect(french).toContain('CREDIT_CARD_NUMBER');
    expect(french).not.toContain('GERMANY_BANK_ACCOUNT_NUMBER');
  });

  test('puts the name of no law into a template, warns of nothing, and gives no finding of cdk-nag', () => {
    IdentifierSet.forGdpr(stack, 'Personal');
    IdentifierSet.forPciDss(stack, 'Cards');
    IdentifierSet.forHipaa(stack, 'Patients', { medicalRecordNumberRegex: '[A-Z]{2}[0-9]{7}' });
    IdentifierSet.credentials(stack, 'Secrets');
    IdentifierSet.financial(stack, 'Money');
    expect(JSON.stringify(Template.fromStack(stack).toJSON())).not.toMatch(/gdpr|pci|dss|hipaa|complian/i);
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
    expect(nagFindings(stack)).toEqual([]);
  });

  test('waits for the session', () => {
    IdentifierSet.forGdpr(stack, 'Personal');
    new MacieSession(stack, 'Macie');
    const made = Object.values<any>(Template.fromStack(stack).findResources('AWS::Macie::CustomDataIdentifier'));
    expect(made.map(({ DependsOn }) => DependsOn)).toEqual(Array(3).fill([expect.stringMatching(/^Macie/)]));
  });
});

describe('[S-25] on the labelled corpus', () => {
  const detect = (...definitions: (typeof EMAIL_ADDRESS)[]) => {
    const tries = definitions.map((definition) => ({ definition, regex: inJavaScript(definition.regex)! }));
    return (text: string) => tries.flatMap(({ definition, regex }) => matchesOf(regex, definition, text));
  };
  const scores = {
    'e-mail address': score('EMAIL', detect(EMAIL_ADDRESS)),
    'IP address': score('IP', detect(IPV4_ADDRESS, IPV6_ADDRESS)),
    'medical record number': score('MRN', detect(MRN)),
  };

  test('which has enough of everything, and much of nothing', () => {
    expect(CORPUS.length).toBeGreaterThanOrEqual(100);
    expect(CORPUS.filter(({ EMAIL, IP, MRN: mrn }) => !EMAIL && !IP && !mrn).length).toBeGreaterThanOrEqual(40);
    for (const one of CORPUS) {
      for (const value of [one.EMAIL, one.IP, one.MRN].flatMap((values) => values ?? []))
        expect(one.text).toContain(value);
    }
  });

  test('the custom identifiers are as good as the guide says', () => {
    const guide = readFileSync(path.join(__dirname, '..', '..', 'docs', 'guide', 'macie-identifiers.md'), 'utf8');
    const rows = [...guide.matchAll(/^\| (.+?) +\| (\d+) +\| (\d+) % +\| (\d+) % +\|/gm)].map(
      ([, name, ...numbers]) => [name, ...numbers.map(Number)],
    );
    expect(rows).toEqual(
      Object.entries(scores).map(([name, { labelled, precision, recall }]) => [name, labelled, precision, recall]),
    );
  });

  test('no custom identifier gets worse', () => {
    for (const { precision, recall } of Object.values(scores)) {
      expect(precision).toBeGreaterThanOrEqual(70);
      expect(recall).toBeGreaterThanOrEqual(70);
    }
  });
});
