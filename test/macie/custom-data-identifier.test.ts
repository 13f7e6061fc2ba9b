import { App, CfnOutput, Fn, Lazy, Stack, Tags } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import {
  CustomDataIdentifier,
  IdentifierSeverity,
  MacieSession,
  ManagedDataIdentifier,
  ManagedDataIdentifierCategory,
} from '../../lib/macie';
import type { CustomDataIdentifierProps } from '../../lib/macie';
import { inJavaScript } from '../../lib/macie/identifier-regex';
import data from '../../lib/rules/data/macie-managed-data-identifiers.json';
import { MacieIdentifiers } from '../support/model-server/macie-identifiers';
import { nagFindings } from '../support/nag';

const NATIVE = 'AWS::Macie::CustomDataIdentifier';
const LEVELLED = 'Custom::MacieCustomDataIdentifier';
const HIGH_FROM_10 = { severity: IdentifierSeverity.HIGH, occurrencesThreshold: 10 };

let stack: Stack;
beforeEach(() => (stack = new Stack(new App(), 'Security')));

const make = (props: Partial<CustomDataIdentifierProps> = {}, id = 'Badge') =>
  new CustomDataIdentifier(stack, id, { regex: 'B-[0-9]{6}', ...props });
const words = (count: number, length: number) => Array.from({ length: count }, () => 'w'.repeat(length));

function only(type: string): any {
  const found = Object.values(Template.fromStack(stack).findResources(type));
  expect(found).toHaveLength(1);
  return found[0];
}

describe('[156] a custom data identifier', () => {
  test('is the resource of CloudFormation, with what was given and nothing else', () => {
    make({
      customDataIdentifierName: 'badge',
      description: 'badges of employees',
      keywords: ['badge'],
      ignoreWords: ['B-000000'],
      maximumMatchDistance: 20,
      samples: { matches: ['badge B-123456'] },
    });
    expect(Template.fromStack(stack).toJSON().Resources).toEqual({
      [stack.getLogicalId(stack.node.findChild('Badge').node.findChild('Resource') as any)]: {
        Type: NATIVE,
        Properties: {
          Name: 'badge',
          Description: 'badges of employees',
          Regex: 'B-[0-9]{6}',
          Keywords: ['badge'],
          IgnoreWords: ['B-000000'],
          MaximumMatchDistance: 20,
        },
      },
    });
  });

  test('is named by its path and its definition, so that a new definition never meets the old name', () => {
    make();
    make({}, 'Other');
    const names = Object.values(Template.fromStack(stack).findResources(NATIVE)).map((one) => one.Properties.Name);
    expect(names).toEqual([
      expect.stringMatching(/^Security-Badge-?\w*-[0-9a-f]{8}$/),
      expect.stringMatching(/^Security-Other/),
    ]);
    stack = new Stack(new App(), 'Security');
    make({ regex: 'B-[0-9]{7}' });
    expect(only(NATIVE).Properties.Name).not.toBe(names[0]);
    expect(only(NATIVE).Properties.Name.slice(0, -8)).toBe(names[0].slice(0, -8));
  });

  test('[159] with severity levels is a resource of ours, with the definition as one text and the tags of the app', () => {
    Tags.of(stack).add('team', 'security');
    const identifier = make({ severityLevels: [HIGH_FROM_10], keywords: ['badge'], customDataIdentifierName: 'badge' });
    new CfnOutput(stack, 'Id', { value: identifier.customDataIdentifierId });
    const { Properties } = only(LEVELLED);
    expect(JSON.parse(Properties.Definition)).toEqual({
      name: 'badge',
      regex: 'B-[0-9]{6}',
      keywords: ['badge'],
      severityLevels: [{ severity: 'HIGH', occurrencesThreshold: 10 }],
    });
    expect(Properties.Tags).toEqual({ team: 'security' });
    Template.fromStack(stack).resourceCountIs(NATIVE, 0);
    Template.fromStack(stack).hasOutput('Id', { Value: { Ref: Match.stringLikeRegexp('^BadgeLevelled') } });
  });

  test('[159] with severity levels shares one function, which deletes what this stack has made and nothing else', () => {
    make({ severityLevels: [HIGH_FROM_10] });
    make({ severityLevels: [{ severity: IdentifierSeverity.LOW, occurrencesThreshold: 1 }] }, 'Other');
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::Lambda::Function', 1);
    template.resourceCountIs(LEVELLED, 2);
    const [{ Properties }] = Object.values(template.findResources('AWS::IAM::Policy'));
    const [list, keep, remove] = Properties.PolicyDocument.Statement;
    expect(list).toMatchObject({ Action: 'macie2:ListCustomDataIdentifiers', Resource: '*' });
    expect(keep.Action).toEqual([
      'macie2:CreateCustomDataIdentifier',
      'macie2:GetCustomDataIdentifier',
      'macie2:TagResource',
      'macie2:UntagResource',
    ]);
    expect(JSON.stringify(keep.Resource)).toMatch(/custom-data-identifier\/\*/);
    expect(remove).toMatchObject({
      Action: 'macie2:DeleteCustomDataIdentifier',
      Resource: keep.Resource,
      Condition: { StringEquals: { 'aws:ResourceTag/cdk-msk-macie:stack': { Ref: 'AWS::StackId' } } },
    });
    expect(JSON.stringify(template.toJSON())).not.toContain('arn:aws:');
    // All that the handler calls in its tests.
    const allowed = [list.Action, ...keep.Action, remove.Action];
    expect(allowed.sort()).toEqual(
      Object.keys(new MacieIdentifiers().behaviours)
        .map((name) => `macie2:${name}`)
        .sort(),
    );
  });

  test('[159] with severity levels gives two findings of cdk-nag, without them none', () => {
    make({}, 'Native');
    expect(nagFindings(stack)).toEqual([]);
    make({ severityLevels: [HIGH_FROM_10] });
    expect(nagFindings(stack).map(({ resource, id }) => `${resource} ${id.replace(/<.*?>/g, '')}`)).toEqual([
      'Badge/Levelled/Policy/Resource AwsSolutions-IAM5[Resource::*]',
      'Badge/Levelled/Policy/Resource AwsSolutions-IAM5[Resource::arn::macie2:::custom-data-identifier/*]',
    ]);
  });

  test('waits for the session of its stack, written before or after it, or for the one given', () => {
    make();
    make({ severityLevels: [HIGH_FROM_10] }, 'Levelled');
    new MacieSession(stack, 'Macie');
    const template = Template.fromStack(stack);
    const [session] = Object.keys(template.findResources('Custom::MacieSession'));
    for (const type of [NATIVE, LEVELLED]) {
      const [one] = Object.values(template.findResources(type));
      expect([one.DependsOn].flat()).toContain(session);
    }

    const app = new App();
    stack = new Stack(app, 'One');
    const other = new Stack(app, 'Two');
    make({ session: new MacieSession(other, 'Macie') });
    new MacieSession(stack, 'Another');
    const third = new Stack(app, 'Three');
    new CustomDataIdentifier(third, 'Badge', { regex: 'B' });
    new MacieSession(new Stack(third, 'Inner'), 'Macie');
    app.synth();
    expect(third.dependencies).toEqual([]);
    expect(stack.dependencies).toEqual([other]);
    expect(only(NATIVE).DependsOn).toBeUndefined();
  });

  test('of somebody else is named by its ID', () => {
    const one = CustomDataIdentifier.fromCustomDataIdentifierId(stack, 'Theirs', 'id-1');
    const two = CustomDataIdentifier.fromCustomDataIdentifierId(stack, 'Others', Fn.importValue('id'));
    expect([one.customDataIdentifierId, stack.resolve(two.customDataIdentifierId)]).toEqual([
      'id-1',
      { 'Fn::ImportValue': 'id' },
    ]);
    expect(Template.fromStack(stack).toJSON().Resources).toBeUndefined();
  });

  test('fails where there is no Macie', () => {
    const app = new App();
    stack = new Stack(app, 'China', { env: { region: 'cn-north-1' } });
    make();
    expect(() => app.synth()).toThrow(/MACIE-REGION: Amazon Macie does not exist in cn-north-1/);
  });
});

describe('[157] the limits', () => {
  test.each<[Partial<CustomDataIdentifierProps>, RegExp]>([
    [{ customDataIdentifierName: '' }, /the name has 0 characters; 1 to 128 are allowed/],
    [{ customDataIdentifierName: 'n'.repeat(129) }, /the name has 129 characters/],
    [{ description: 'd'.repeat(513) }, /description has 513 characters; 0 to 512/],
    [{ keywords: words(51, 3) }, /keywords has 51 words; up to 50/],
    [{ keywords: ['ab'] }, /keywords has the word 'ab' of 2 characters; 3 to 90/],
    [{ keywords: words(1, 91) }, /of 91 characters; 3 to 90/],
    [{ ignoreWords: words(11, 4) }, /ignoreWords has 11 words; up to 10/],
    [{ ignoreWords: ['abc'] }, /ignoreWords has the word 'abc' of 3 characters; 4 to 90/],
    [{ maximumMatchDistance: 0, keywords: ['abc'] }, /maximumMatchDistance is 0; 1 to 300/],
    [{ maximumMatchDistance: 301, keywords: ['abc'] }, /maximumMatchDistance is 301; 1 to 300/],
    [{ maximumMatchDistance: 10 }, /there are no keywords to be that close/],
    [{ severityLevels: [] }, /severityLevels has 0 levels; 1 to 3/],
    [
      { severityLevels: [{ severity: IdentifierSeverity.LOW, occurrencesThreshold: 0 }] },
      /takes 0 occurrences for LOW/,
    ],
    [{ severityLevels: [HIGH_FROM_10, HIGH_FROM_10] }, /has HIGH twice/],
    [
      { severityLevels: [HIGH_FROM_10, { severity: IdentifierSeverity.LOW, occurrencesThreshold: 10 }] },
      /takes 10 occurrences for HIGH and 10 for LOW; a higher severity has to take more/,
    ],
  ])('%j are refused', (props, message) => {
    expect(() => make(props)).toThrow(message);
    expect(() => make(props, 'Again')).toThrow(/MACIE-IDENTIFIER-LIMITS/);
  });

  test('are met by what is just allowed, and by what is not known yet', () => {
    make({
      customDataIdentifierName: 'n'.repeat(128),
      description: 'd'.repeat(512),
      keywords: words(50, 90),
      ignoreWords: words(10, 4),
      maximumMatchDistance: 300,
      severityLevels: [
        HIGH_FROM_10,
        { severity: IdentifierSeverity.MEDIUM, occurrencesThreshold: 2 },
        { severity: IdentifierSeverity.LOW, occurrencesThreshold: 1 },
      ],
    });
    const token = Lazy.string({ produce: () => 'x' });
    make({ regex: token, customDataIdentifierName: token, keywords: [token], samples: { matches: ['?'] } }, 'Token');
    expect(only(NATIVE).Properties).toMatchObject({ Regex: 'x', Name: 'x', Keywords: ['x'] });
  });
});

describe('[157] a regular expression', () => {
  test.each([
    ['', /has 0 characters/],
    ['a'.repeat(513), /has 513 characters, and 1 to 512/],
    ['a(?=b)', /look-ahead or look-behind, such as \(\?=/],
    ['a(?!b)', /look-ahead/],
    ['(?<=a)b', /look-behind/],
    ['(?<!a)b', /look-behind/],
    [String.raw`(?:a)\1`, /a back-reference, such as \\1/],
    [String.raw`(?:a)\k<name>`, /a back-reference/],
    [String.raw`(?:a)\g{1}`, /a back-reference/],
    ['(?P=name)', /a back-reference/],
    ['(?<year>a)', /a named group/],
    ['(?P<year>a)', /a named group/],
    ["(?'year'a)", /a named group/],
    ['(?(1)a|b)', /a condition/],
    ['(?{ code })', /embedded code/],
    ['a(?R)?', /recursion/],
    ['(?&name)', /recursion/],
    ['a(?C1)b', /embedded code/],
    [String.raw`\d{100,1000}`, /the repeat \{100,1000\} is too large/],
    ['a*b*a*', /three parts in a row that each repeat any number of times/],
    ['(?:a', /a group is not closed/],
    ['a)', /a group is closed that was not opened/],
    ['[a', /a character class is not closed/],
    ['a\\', /ends with a lone backslash/],
  ])('that Macie refuses is refused: %s', (regex, message) => {
    expect(() => make({ regex })).toThrow(message);
    expect(() => make({ regex }, 'Again')).toThrow(/MACIE-REGEX: Macie refuses/);
  });

  test.each([
    ['(a|b)c', 'capturing groups'],
    ['^a$', '\\^ stands for the start of the whole file; \\$ stands for the end of the whole file'],
    ['a{200}', 'the repeat \\{200\\} is large'],
    ['a(?m)b', 'of flags, only \\(\\?i\\)'],
    ['(?s:a)', 'of flags, only \\(\\?i\\)'],
    ['/abc/i', 'slashes and flags around it are taken literally'],
  ])('that Macie may read otherwise is warned of: %s', (regex, message) => {
    make({ regex });
    const found = Annotations.fromStack(stack).findWarning('/Security/Badge', Match.stringLikeRegexp(message));
    expect(found).toHaveLength(1);
  });

  test.each([
    '(?i)badge',
    String.raw`\(a\) \^ \$ [(^$] [^(] \[ []a] []^] [\]]`,
    String.raw`(?:a|b)+(?>c) a{2,100} \\1`,
    'a*b+c*d*',
    'a*-b*-c*',
    '[[:alpha:]]+',
    String.raw`\/home\/x`,
  ])('that Macie takes is taken without a word: %s', (regex) => {
    make({ regex });
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  });

  test.each<[string, RegExp | undefined]>([
    ['(?i)ab', /ab/gi],
    ['[[:alpha:][:digit:]_]+', /[A-Za-z0-9_]+/g],
    ['(?>a)', undefined],
    [String.raw`a\Q.\E`, undefined],
    ['a++', undefined],
    ['a(?x)b', undefined],
    [String.raw`\p{L}`, undefined],
    ['[z-a]', undefined],
  ])('[158] has a counterpart in JavaScript, or none: %s', (regex, expected) => {
    expect(inJavaScript(regex)).toEqual(expected);
  });
});

describe('[158] samples', () => {
  const NEAR = { keywords: ['Badge'], maximumMatchDistance: 20 };

  test.each<[string, Partial<CustomDataIdentifierProps>, string]>([
    ['the expression alone', {}, 'xB-123456x'],
    ['a keyword before it, in any case', NEAR, 'my bADGE: B-123456'],
    ['a keyword just close enough', NEAR, `badge${' '.repeat(12)}B-123456`],
    ['a second match', { ...NEAR, ignoreWords: ['B-000000'] }, 'badge B-000000 B-123456'],
    ['any case by (?i)', { regex: '(?i)b-[0-9]+' }, 'B-1'],
  ])('in which something is found by %s pass', (_, props, text) => {
    make({ ...props, samples: { matches: [text] } });
    expect(() => make({ ...props, samples: { doesNotMatch: [text] } }, 'Again')).toThrow(
      /MACIE-IDENTIFIER-SAMPLE: '.*' is found in the sample/,
    );
  });

  test.each<[string, Partial<CustomDataIdentifierProps>, string]>([
    ['there is too little of it', {}, 'B-12345'],
    ['the keyword is missing', NEAR, 'B-123456'],
    ['the keyword comes after it', NEAR, 'B-123456 badge'],
    ['the keyword is too far away', NEAR, `badge${' '.repeat(13)}B-123456`],
    ['it contains a word to ignore', { ignoreWords: ['123456'] }, 'B-123456'],
  ])('in which nothing is found because %s fail, and pass as such', (_, props, text) => {
    expect(() => make({ ...props, samples: { matches: [text] } })).toThrow(
      new RegExp(`MACIE-IDENTIFIER-SAMPLE: nothing is found in the sample '${text}'`),
    );
    make({ ...props, samples: { doesNotMatch: [text] } }, 'Again');
  });

  test('a word to ignore has its case, and the default distance is 50', () => {
    make({ regex: 'B-[a-z]+', ignoreWords: ['ABCD'], samples: { matches: ['B-abcd'] } });
    const at = (gap: number) => `badge${'.'.repeat(gap)}B-123456`;
    make({ keywords: ['badge'], samples: { matches: [at(42)], doesNotMatch: [at(43)] } }, 'Far');
  });

  test('are not tried where JavaScript knows no counterpart, and that is said', () => {
    make({ regex: '(?>B-[0-9]+)', samples: { matches: ['nothing'] } });
    const said = Match.stringLikeRegexp('no counterpart in JavaScript, so the samples were not tried');
    expect(Annotations.fromStack(stack).findWarning('/Security/Badge', said)).toHaveLength(1);
  });
});

describe('[S-21] managed data identifiers', () => {
  const constants = Object.entries(ManagedDataIdentifier).filter(([name]) => /^[A-Z]/.test(name));

  test('have a constant each, named by its ID, and none is left over', () => {
    expect(constants.map(([, { id }]) => id).sort()).toEqual(data.identifiers.map(({ id }) => id).sort());
    for (const [name, { id }] of constants) expect(name).toBe(id.replace(/[()]/g, ''));
  });

  test('are 9 of credentials, 58 of finance, 12 of health, 87 of persons, of which jobs look for 35 by themselves', () => {
    const { CREDENTIALS, FINANCIAL, PHI, PII } = ManagedDataIdentifierCategory;
    const counts = [CREDENTIALS, FINANCIAL, PHI, PII].map((one) => ManagedDataIdentifier.known(one).length);
    expect(counts).toEqual([9, 58, 12, 87]);
    expect(ManagedDataIdentifier.known()).toHaveLength(166);
    expect(ManagedDataIdentifier.known().filter(({ recommended }) => recommended)).toHaveLength(35);
  });

  test('say what they are, where that is known', () => {
    expect(ManagedDataIdentifier.CREDIT_CARD_NUMBER_NO_KEYWORD).toMatchObject({
      id: 'CREDIT_CARD_NUMBER_(NO_KEYWORD)',
      category: 'FINANCIAL',
      countries: [],
      keywordRequired: false,
      recommended: false,
    });
    expect(ManagedDataIdentifier.GERMANY_PASSPORT_NUMBER.countries).toEqual(['DE']);
    const news = ManagedDataIdentifier.of('MARS_PASSPORT_NUMBER');
    expect([news.category, news.countries, `${news}`]).toEqual([undefined, [], 'MARS_PASSPORT_NUMBER']);
  });
});
