import { App, NestedStack, RemovalPolicy, Stack, Stage } from 'aws-cdk-lib';
import type { Environment } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import {
  AllowList,
  AutomatedDiscovery,
  AutomatedDiscoveryStatus,
  CustomDataIdentifier,
  DiscoveryResultsExport,
  FindingsPublication,
  MacieSession,
  ManagedDataIdentifier,
} from '../../lib/macie';
import type { AutomatedDiscoveryProps, DiscoveryResultsExportProps, MacieSettingOptions } from '../../lib/macie';
import { MacieSettings } from '../support/model-server/macie-settings';
import { nagFindings } from '../support/nag';

const PLACE = { account: '111111111111', region: 'eu-west-1' };
const EXPORT = 'Custom::MacieDiscoveryResultsExport';
const PUBLICATION = 'Custom::MacieFindingsPublication';
const DISCOVERY = 'Custom::MacieAutomatedDiscovery';

let app: App;
let stack: Stack;
beforeEach(() => {
  app = new App();
  stack = new Stack(app, 'Security');
});

function only(type: string, of = stack): any {
  const found = Object.values(Template.fromStack(of).findResources(type));
  expect(found).toHaveLength(1);
  return found[0];
}

const valueOf = (type: string, of = stack) => JSON.parse(stack.resolve(only(type, of).Properties.Value));

/** Every statement of every policy of the template, with its kind of resource. */
function statements(of = stack): any[] {
  const found: any[] = [];
  JSON.stringify(Template.fromStack(of).toJSON(), (key, value) => {
    if (key === 'Statement') found.push(...value);
    return value;
  });
  return found;
}

const settings: [string, string, string, (scope: Construct, id: string, options?: MacieSettingOptions) => Construct][] =
  [
    [
      '[165] the export',
      EXPORT,
      'MACIE-EXPORT-SINGLE',
      (scope, id, options) => new DiscoveryResultsExport(scope, id, options),
    ],
    [
      '[167] the publication',
      PUBLICATION,
      'MACIE-PUBLICATION-SINGLE',
      (scope, id, options) => new FindingsPublication(scope, id, options),
    ],
    [
      '[164] discovery',
      DISCOVERY,
      'MACIE-DISCOVERY-SINGLE',
      (scope, id, options) => new AutomatedDiscovery(scope, id, options),
    ],
  ];

describe.each(settings)('%s, which an account has once in a Region,', (_, type, code, make) => {
  test('is kept when the construct goes, unless told otherwise, and takes nothing over unless told to', () => {
    make(stack, 'Setting');
    expect(only(type)).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    expect(only(type).Properties).not.toHaveProperty('TakeOver');
    stack = new Stack(new App(), 'Security');
    make(stack, 'Setting', { takeOver: true, removalPolicy: RemovalPolicy.DESTROY });
    expect(only(type)).toMatchObject({ DeletionPolicy: 'Delete', Properties: { TakeOver: true } });
  });

  test('keeps its logical id when the construct is renamed, so that nothing is made and cleared', () => {
    make(stack, 'Old');
    const other = new Stack(app, 'Other');
    make(other, 'New');
    const ids = [stack, other].map((one) => Object.keys(Template.fromStack(one).findResources(type)));
    expect(ids[0]).toEqual(ids[1]);
  });

  test.each<[string, () => Construct]>([
    ['one stack', () => stack],
    ['a nested stack', () => new NestedStack(stack, 'Nested')],
  ])('is refused a second time in %s', (__, where) => {
    make(stack, 'One');
    expect(() => make(where(), 'Two')).toThrow(
      new RegExp(`${code}: Security/One and Security/.*Two are both .*keep one`),
    );
  });

  test('is refused a second time in another stage of the same known account and Region', () => {
    make(new Stack(app, 'One', { env: PLACE }), 'Setting');
    const other = new Stack(new Stage(app, 'Prod', { env: PLACE }), 'Two');
    expect(() => make(other, 'Setting')).toThrow(code);
  });

  test.each<[string, Environment | undefined, Environment | undefined]>([
    ['two Regions', PLACE, { ...PLACE, region: 'us-east-1' }],
    ['an unknown place', PLACE, undefined],
    ['unknown places', undefined, undefined],
  ])('is fine in %s', (__, one, other) => {
    make(new Stack(app, 'One', { env: one }), 'Setting');
    make(new Stack(app, 'Two', { env: other }), 'Setting');
    expect(() => app.synth()).not.toThrow();
  });

  test('waits for the session of its stack', () => {
    make(stack, 'Setting');
    new MacieSession(stack, 'Macie');
    const [session] = Object.keys(Template.fromStack(stack).findResources('Custom::MacieSession'));
    expect(only(type).DependsOn).toContain(session);
    const waiting = Object.entries<any>(Template.fromStack(stack).toJSON().Resources)
      .filter(([, one]) => [one.DependsOn].flat().includes(session))
      .map(([, one]) => one.Type);
    expect(waiting).toEqual([type]); // nothing that is kept when the session goes
  });

  test('fails where there is no Macie', () => {
    make(new Stack(app, 'China', { env: { region: 'cn-north-1' } }), 'Setting');
    expect(() => app.synth()).toThrow(/MACIE-REGION: Amazon Macie does not exist in cn-north-1/);
  });

  test('names no partition, and all of them share one function', () => {
    for (const [name, , , makeOne] of settings) makeOne(stack, name.replace(/\W/g, ''));
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::Lambda::Function', 1);
    expect(JSON.stringify(template.toJSON())).not.toContain('arn:aws:');
  });
});

test('[164] [165] [167] the handler may call what it calls in its tests, each of it, and nothing else', () => {
  new DiscoveryResultsExport(stack, 'Results');
  new FindingsPublication(stack, 'Publication');
  new AutomatedDiscovery(stack, 'Discovery', { status: AutomatedDiscoveryStatus.ENABLED });
  const actions = statements()
    .flatMap(({ Action }) => Action)
    .filter((action) => action.startsWith('macie2:'));
  expect(actions.sort()).toEqual(
    Object.keys(new MacieSettings().behaviours)
      .map((name) => `macie2:${name}`)
      .sort(),
  );
});

describe('[167] publication', () => {
  test('is of both kinds by default, and of what is asked for', () => {
    new FindingsPublication(stack, 'Publication');
    expect(valueOf(PUBLICATION)).toEqual({ publishPolicyFindings: true, publishClassificationFindings: true });
    stack = new Stack(new App(), 'Security');
    new FindingsPublication(stack, 'Publication', {
      publishPolicyFindings: false,
      publishClassificationFindings: false,
    });
    expect(valueOf(PUBLICATION)).toEqual({ publishPolicyFindings: false, publishClassificationFindings: false });
  });

  test('needs two actions, which know no resource: one finding of cdk-nag', () => {
    new FindingsPublication(stack, 'Publication');
    expect(nagFindings(stack)).toEqual([
      { stack: 'Security', resource: 'Publication/Resource/Policy/Resource', id: 'AwsSolutions-IAM5[Resource::*]' },
    ]);
    const [{ Action }] = statements().filter(({ Action }) => JSON.stringify(Action).includes('macie2'));
    expect(Action).toEqual([
      'macie2:GetFindingsPublicationConfiguration',
      'macie2:PutFindingsPublicationConfiguration',
    ]);
  });
});

describe('[164] automated discovery', () => {
  const discover = (props: AutomatedDiscoveryProps, id = 'Discovery') => new AutomatedDiscovery(stack, id, props);
  const actions = () =>
    statements()
      .flatMap(({ Action }) => Action)
      .filter((action) => action.startsWith('macie2:Update'));

  test.each([
    [AutomatedDiscoveryStatus.ENABLED, 'ENABLED'],
    [AutomatedDiscoveryStatus.DISABLED, 'DISABLED'],
    [AutomatedDiscoveryStatus.UNMANAGED, undefined],
    [undefined, undefined],
  ])('of status %s says %s, and may change the status only then', (status, expected) => {
    discover({ status });
    expect(valueOf(DISCOVERY).status).toBe(expected);
    expect(actions().includes('macie2:UpdateAutomatedDiscoveryConfiguration')).toBe(expected !== undefined);
  });

  test('leaves out buckets and looks for what it is told, by reference too', () => {
    const bucket = new s3.Bucket(stack, 'Bucket');
    discover({
      excludedBuckets: [bucket],
      excludedBucketNames: ['builds'],
      managedDataIdentifiers: [ManagedDataIdentifier.USA_PASSPORT_NUMBER, ManagedDataIdentifier.of('NEW_ONE')],
      excludedManagedDataIdentifiers: [ManagedDataIdentifier.HTTP_COOKIE],
      customDataIdentifiers: [CustomDataIdentifier.fromCustomDataIdentifierId(stack, 'Custom', 'id-1')],
      allowLists: [AllowList.fromAllowListId(stack, 'List', 'list-1')],
    });
    const value = only(DISCOVERY)
      .Properties.Value['Fn::Join'][1].map((part: any) => (typeof part === 'string' ? part : 'REF'))
      .join('');
    expect(JSON.parse(value)).toEqual({
      excludedBuckets: ['REF', 'builds'],
      libraryBuckets: [],
      template: {
        includes: {
          managedDataIdentifierIds: ['USA_PASSPORT_NUMBER', 'NEW_ONE'],
          customDataIdentifierIds: ['id-1'],
          allowListIds: ['list-1'],
        },
        excludes: { managedDataIdentifierIds: ['HTTP_COOKIE'] },
      },
    });
  });

  test.each<[AutomatedDiscoveryProps, RegExp]>([
    [{ excludedBucketNames: ['team-*'] }, /'team-\*' is not the whole name of a bucket; there are no wildcards/],
    [{ excludedBucketNames: Array(1001).fill('bucket') }, /1001 buckets are left out; up to 1000/],
    [
      {
        managedDataIdentifiers: [ManagedDataIdentifier.NAME],
        excludedManagedDataIdentifiers: [ManagedDataIdentifier.NAME],
      },
      /NAME is both looked for and not looked for/,
    ],
  ])('refuses what can not be', (props, message) => {
    expect(() => discover(props)).toThrow(message);
  });

  test('leaves out the bucket that results are written to, written before or after, but none of the user', () => {
    discover({});
    const results = new DiscoveryResultsExport(stack, 'Results');
    const [, [before, bucket, after]] = only(DISCOVERY).Properties.Value['Fn::Join'];
    expect(stack.resolve(results.bucket.bucketName)).toEqual(bucket);
    expect(`${before}NAME${after}`).toContain('"libraryBuckets":["NAME"]');

    stack = new Stack(new App(), 'Security');
    new DiscoveryResultsExport(stack, 'Results', { bucket: new s3.Bucket(stack, 'Bucket') });
    discover({});
    expect(valueOf(DISCOVERY).libraryBuckets).toEqual([]);
  });

  test('says which bucket of another stack it can not leave out by itself', () => {
    new DiscoveryResultsExport(new Stack(app, 'Other'), 'Results');
    discover({});
    app.synth();
    const said = Match.stringLikeRegexp(
      'can not be left out by themselves: Other/Results; name them in excludedBuckets',
    );
    expect(Annotations.fromStack(stack).findWarning('/Security/Discovery', said)).toHaveLength(1);
  });

  test('gives one finding of cdk-nag', () => {
    discover({});
    expect(nagFindings(stack).map(({ id }) => id)).toEqual(['AwsSolutions-IAM5[Resource::*]']);
  });
});

describe('[S-28] [165] [166] the export of results', () => {
  const exported = (props: DiscoveryResultsExportProps = {}, of = stack) =>
    new DiscoveryResultsExport(of, 'Results', props);

  function fromMacie(of = stack): any[] {
    const service = (principal: any) => JSON.stringify(principal ?? '').includes('macie');
    return statements(of).filter(({ Principal }) => service(Principal?.Service));
  }

  /** As the guide of Macie writes them. */
  const condition = (region: unknown, account: unknown) => ({
    StringEquals: { 'aws:SourceAccount': account },
    ArnLike: {
      'aws:SourceArn': ['export-configuration:*', 'classification-job/*'].map((tail) => ({
        'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:macie2:${region}:${account}:${tail}`]],
      })),
    },
  });

  test('makes a bucket and a key that are kept, and depends on both policies', () => {
    exported();
    const template = Template.fromStack(stack);
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            { BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } },
          ],
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        VersioningConfiguration: { Status: 'Enabled' },
      },
    });
    template.hasResource('AWS::KMS::Key', {
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: { EnableKeyRotation: true },
    });
    expect(only(EXPORT).DependsOn).toEqual([
      expect.stringMatching(/^ResultsBucketPolicy/),
      expect.stringMatching(/^ResultsKey/),
      expect.stringMatching(/^ResultsPolicy/),
    ]);
  });

  test('lets Macie in by the statements of its guide', () => {
    stack = new Stack(app, 'Known', { env: PLACE });
    exported({ keyPrefix: 'macie' });
    const Principal = { Service: 'macie.amazonaws.com' };
    const Condition = condition(PLACE.region, PLACE.account);
    const bucket = { 'Fn::GetAtt': [expect.stringMatching(/^ResultsBucket/), 'Arn'] };
    const objects = { 'Fn::Join': ['', [bucket, '/macie/*']] };
    const key = { 'Fn::GetAtt': [expect.stringMatching(/^ResultsKey/), 'Arn'] };
    const deny = { Effect: 'Deny', Principal, Action: 's3:PutObject', Resource: objects };
    expect(fromMacie()).toEqual(
      expect.arrayContaining([
        { Effect: 'Allow', Principal, Action: ['kms:GenerateDataKey', 'kms:Encrypt'], Resource: '*', Condition },
        { Effect: 'Allow', Principal, Action: 's3:GetBucketLocation', Resource: bucket, Condition },
        { Effect: 'Allow', Principal, Action: 's3:PutObject', Resource: objects, Condition },
        { ...deny, Condition: { StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } } },
        { ...deny, Condition: { StringNotEquals: { 's3:x-amz-server-side-encryption-aws-kms-key-id': key } } },
      ]),
    );
    expect(fromMacie()).toHaveLength(5);
    Template.fromStack(stack).hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });

  test.each([
    ['eu-west-1', 'macie.amazonaws.com'],
    ['us-east-1', 'macie.amazonaws.com'],
    ['me-south-1', 'macie.me-south-1.amazonaws.com'],
    ['eu-south-1', 'macie.eu-south-1.amazonaws.com'],
    ['af-south-1', 'macie.af-south-1.amazonaws.com'],
    ['ap-east-1', 'macie.ap-east-1.amazonaws.com'],
    ['il-central-1', 'macie.il-central-1.amazonaws.com'],
  ])('names Macie as it is called in %s', (region, Service) => {
    stack = new Stack(app, 'Regional', { env: { ...PLACE, region } });
    exported();
    expect(fromMacie().map(({ Principal }) => Principal)).toEqual(Array(5).fill({ Service }));
  });

  test('leaves the name to CloudFormation where the Region is not known', () => {
    exported();
    const template = Template.fromStack(stack);
    const [[id, condition]] = Object.entries<any>(template.toJSON().Conditions);
    const service = {
      'Fn::If': [id, { 'Fn::Join': ['', ['macie.', { Ref: 'AWS::Region' }, '.amazonaws.com']] }, 'macie.amazonaws.com'],
    };
    expect(fromMacie().map(({ Principal }) => Principal.Service)).toEqual(Array(5).fill(service));
    expect(condition['Fn::Or']).toHaveLength(5);
    expect(condition['Fn::Or'][0]).toEqual({ 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'af-south-1'] });
  });

  test('to a bucket of the user extends its policies, also in another stack, and adds no refusal', () => {
    const home = new Stack(app, 'Home');
    const key = new kms.Key(home, 'Key');
    const bucket = new s3.Bucket(home, 'Bucket', { encryptionKey: key });
    const results = exported({ bucket });
    expect([results.bucket, results.encryptionKey]).toEqual([bucket, key]);
    expect(fromMacie(home).map(({ Effect, Action }) => [Effect, Action])).toEqual([
      ['Allow', ['kms:GenerateDataKey', 'kms:Encrypt']],
      ['Allow', 's3:GetBucketLocation'],
      ['Allow', 's3:PutObject'],
    ]);
    expect(fromMacie()).toEqual([]);
    expect(stack.dependencies).toEqual([home]);
    Template.fromStack(stack).resourceCountIs('AWS::S3::Bucket', 0);
    Template.fromStack(stack).resourceCountIs('AWS::KMS::Key', 0);
  });

  test('to a bucket of somebody else says what to add', () => {
    exported({
      bucket: s3.Bucket.fromBucketName(stack, 'Bucket', 'central-results'),
      encryptionKey: kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:222222222222:key/k'),
    });
    expect(valueOf(EXPORT)).toEqual({
      bucketName: 'central-results',
      kmsKeyArn: 'arn:aws:kms:eu-west-1:222222222222:key/k',
    });
    const warned = (text: string) =>
      Annotations.fromStack(stack).findWarning('/Security/Results', Match.stringLikeRegexp(text));
    expect(
      warned("the policy of 'Security/Bucket' can not be changed.*s3:GetBucketLocation.*s3:PutObject"),
    ).toHaveLength(1);
    expect(warned("the policy of 'Security/Key' can not be changed.*kms:GenerateDataKey")).toHaveLength(1);
  });

  test('lets its handler do what Macie tries in its name, on this bucket and key alone', () => {
    exported({ keyPrefix: 'macie' });
    const own = statements().filter(({ Principal, Action }) => !Principal && !JSON.stringify(Action).includes('logs:'));
    expect(own.map(({ Action }) => Action)).toEqual([
      ['macie2:GetClassificationExportConfiguration', 'macie2:PutClassificationExportConfiguration'],
      's3:GetBucketLocation',
      's3:PutObject',
      ['kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'],
    ]);
    expect(own.filter(({ Resource }) => Resource === '*')).toHaveLength(1);
  });

  test.each(['', '/macie', 'macie/', '/'])('refuses a prefix that S3 and Macie read otherwise: "%s"', (keyPrefix) => {
    expect(() => exported({ keyPrefix })).toThrow(/MACIE-EXPORT-PREFIX/);
  });

  test('says where the results are', () => {
    stack = new Stack(app, 'Known', { env: PLACE });
    expect(exported({ keyPrefix: 'macie' }).resultsPrefix).toBe('macie/AWSLogs/111111111111/Macie/eu-west-1/');
  });

  test('gives three findings of cdk-nag', () => {
    exported();
    expect(nagFindings(stack).map(({ resource, id }) => `${resource} ${id.replace(/<\w+\.Arn>/, '')}`)).toEqual([
      'Results/Bucket/Resource AwsSolutions-S1',
      'Results/Resource/Policy/Resource AwsSolutions-IAM5[Resource::*]',
      'Results/Resource/Policy/Resource AwsSolutions-IAM5[Resource::/*]',
    ]);
  });
});
