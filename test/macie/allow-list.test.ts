import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { App, Fn, NestedStack, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { AllowList, AllowListWords, MacieSession } from '../../lib/macie';
import { nagFindings } from '../support/nag';

const PLACE = { account: '111111111111', region: 'eu-west-1' };

let app: App;
let stack: Stack;
let folder: string;
beforeEach(() => {
  app = new App();
  stack = new Stack(app, 'Security');
  folder = mkdtempSync(path.join(tmpdir(), 'words-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function fileOf(content: string | Buffer): AllowListWords {
  const file = path.join(folder, 'words.txt');
  writeFileSync(file, content);
  return AllowListWords.fromFile(file);
}

function only(): any {
  const found = Object.values(Template.fromStack(stack).findResources('AWS::Macie::AllowList'));
  expect(found).toHaveLength(1);
  return found[0];
}

describe('[160] an allow list', () => {
  test('by regular expression is the resource of CloudFormation', () => {
    const list = AllowList.regex(stack, 'Cards', { regex: '4111[0-9]{12}', description: 'test cards' });
    expect(only().Properties).toEqual({
      Name: expect.stringMatching(/^Security-Cards/),
      Description: 'test cards',
      Criteria: { Regex: '4111[0-9]{12}' },
    });
    expect(stack.resolve(list.allowListId)).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^Cards/), 'Id'] });
    expect(nagFindings(stack)).toEqual([]);
  });

  test('has the limits of Macie for expressions', () => {
    expect(() => AllowList.regex(stack, 'Cards', { regex: 'a(?=b)' })).toThrow(/MACIE-REGEX: .*look-ahead/);
  });

  test.each([
    [{ allowListName: '' }, /the name has 0 characters; 1 to 128/],
    [{ allowListName: 'n'.repeat(129) }, /the name has 129/],
    [{ description: '' }, /description has 0 characters; 1 to 512/],
    [{ description: 'd'.repeat(513) }, /description has 513/],
  ])('has limits of its own: %j', (options, message) => {
    expect(() => AllowList.regex(stack, 'Cards', { regex: 'a', ...options })).toThrow(message);
  });

  test('is one of five of its kind in an account and Region', () => {
    for (let i = 0; i < 5; i++) AllowList.regex(stack, `Regex${i}`, { regex: 'a' });
    for (let i = 0; i < 5; i++) AllowList.words(stack, `Words${i}`, { words: fileOf('word') });
    AllowList.regex(new Stack(app, 'Elsewhere', { env: PLACE }), 'Regex', { regex: 'a' });
    expect(() => AllowList.regex(new NestedStack(stack, 'Nested'), 'Regex', { regex: 'a' })).toThrow(
      /MACIE-ALLOW-LIST-QUOTA: this is the 6th list by regex in its account and Region; 5 are allowed/,
    );
    expect(() => AllowList.words(stack, 'Words5', { words: fileOf('word') })).toThrow(/the 6th list by words/);
  });

  test.each([
    ['cn-north-1', /MACIE-REGION/],
    ['ap-northeast-3', /MACIE-ALLOW-LIST-REGION: Macie has no allow lists in ap-northeast-3/],
  ])('fails where there is none: %s', (region, message) => {
    AllowList.regex(new Stack(app, 'Regional', { env: { region } }), 'Cards', { regex: 'a' });
    expect(() => app.synth()).toThrow(message);
  });

  test('of another kind is another list, with another name, because a list can not change its kind', () => {
    AllowList.regex(stack, 'Known', { regex: 'a' });
    const regex = Template.fromStack(stack).findResources('AWS::Macie::AllowList');
    stack = new Stack(new App(), 'Security');
    AllowList.words(stack, 'Known', { words: fileOf('word') });
    const words = Template.fromStack(stack).findResources('AWS::Macie::AllowList');
    expect(Object.keys(words)).not.toEqual(Object.keys(regex));
    expect(Object.values(words)[0].Properties.Name).not.toBe(Object.values(regex)[0].Properties.Name);
  });

  test('waits for the session, and one of somebody else is named by its ID', () => {
    AllowList.regex(stack, 'Cards', { regex: 'a' });
    new MacieSession(stack, 'Macie');
    expect(only().DependsOn).toEqual([expect.stringMatching(/^Macie/)]);
    expect(AllowList.fromAllowListId(stack, 'Theirs', 'id-1').allowListId).toBe('id-1');
    const token = AllowList.fromAllowListId(stack, 'Imported', Fn.importValue('id')).allowListId;
    expect(stack.resolve(token)).toEqual({ 'Fn::ImportValue': 'id' });
  });
});

describe('[161] a file of words', () => {
  test('beside the app is uploaded with it, and another content is another object of the same list', () => {
    AllowList.words(stack, 'Known', { words: fileOf('jane doe\r\n\r\njohn doe\n') });
    const { s3WordsList, S3WordsList = s3WordsList } = only().Properties.Criteria;
    expect(S3WordsList.BucketName).toEqual({ 'Fn::Sub': expect.stringContaining('cdk-hnb659fds-assets-') });
    expect(S3WordsList.ObjectKey).toMatch(/^[0-9a-f]{64}\.txt$/);
    const [asset] = app.synth().getStackArtifact('Security').assets;
    expect(asset ?? true).toBeTruthy();

    const before = only().Properties;
    stack = new Stack(new App(), 'Security');
    AllowList.words(stack, 'Known', { words: fileOf('somebody else') });
    expect(only().Properties).toEqual({
      ...before,
      Criteria: { S3WordsList: { ...S3WordsList, ObjectKey: expect.not.stringContaining(S3WordsList.ObjectKey) } },
    });
  });

  test.each<[string, string | Buffer, RegExp]>([
    ['without words', '\n \n', /has 0 words; 1 to 100000/],
    ['with too many words', 'w\n'.repeat(100_001), /has 100001 words; 1 to 100000/],
    ['with a long word', `secret\n${'w'.repeat(91)}`, /has 91 characters on line 2; up to 90/],
    ['that is no text', Buffer.from([0x50, 0x4b, 0x03, 0x04, 0xff, 0x00]), /is no plain text in UTF-8/],
    ['that is too large', Buffer.alloc(35 * 1024 * 1024 + 1, 'w\n'), /has 36700161 bytes; up to 36700160/],
  ])('%s is refused, without saying what is in it', (_, content, message) => {
    let error = new Error();
    try {
      AllowList.words(stack, 'Known', { words: fileOf(content) });
    } catch (thrown) {
      error = thrown as Error;
    }
    expect(error.message).toMatch(/^MACIE-ALLOW-LIST-WORDS: .*words\.txt/);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('secret');
  });

  test('that is not there is refused, and one at the limits is not', () => {
    expect(() => AllowList.words(stack, 'Known', { words: AllowListWords.fromFile('no/such/file') })).toThrow(
      /no\/such\/file does not exist/,
    );
    AllowList.words(stack, 'Large', { words: fileOf(`${'w'.repeat(90)}\n`.repeat(100_000)) });
  });

  test('in a bucket with a key lets the role of Macie decrypt, by condition, since the role may not exist yet', () => {
    const key = new kms.Key(stack, 'Key');
    const bucket = new s3.Bucket(stack, 'Bucket', { encryptionKey: key });
    AllowList.words(stack, 'Known', { words: AllowListWords.fromBucket(bucket, 'lists/known.txt') });
    expect(only().Properties.Criteria).toEqual({
      S3WordsList: { BucketName: { Ref: expect.stringMatching(/^Bucket/) }, ObjectKey: 'lists/known.txt' },
    });
    expect(only().DependsOn).toEqual([expect.stringMatching(/^Key/)]);
    const role = 'aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie';
    Template.fromStack(stack).hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          {
            Effect: 'Allow',
            Principal: { AWS: '*' },
            Action: 'kms:Decrypt',
            Resource: '*',
            Condition: {
              StringEquals: {
                'aws:PrincipalArn': {
                  'Fn::Join': [
                    '',
                    ['arn:', { Ref: 'AWS::Partition' }, ':iam::', { Ref: 'AWS::AccountId' }, `:role/${role}`],
                  ],
                },
              },
            },
          },
        ]),
      },
    });
  });

  test('in a bucket with a key of somebody else says what to add to it', () => {
    const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111111111111:key/k');
    const bucket = s3.Bucket.fromBucketAttributes(stack, 'Bucket', { bucketName: 'theirs', encryptionKey });
    AllowList.words(stack, 'Known', { words: AllowListWords.fromBucket(bucket, 'known.txt') });
    const said = Match.stringLikeRegexp(
      "policy of 'Security/Key' can not be changed from here.*kms:Decrypt.*AmazonMacie",
    );
    expect(Annotations.fromStack(stack).findWarning('/Security/Known', said)).toHaveLength(1);
  });

  test('in a bucket of another Region is refused', () => {
    const place = new Stack(app, 'Regional', { env: PLACE });
    const bucket = s3.Bucket.fromBucketAttributes(place, 'Bucket', { bucketName: 'far', region: 'us-east-1' });
    expect(() => AllowList.words(place, 'Known', { words: AllowListWords.fromBucket(bucket, 'k') })).toThrow(
      /MACIE-ALLOW-LIST-PLACE: .*a bucket in us-east-1; the bucket has to be in eu-west-1/,
    );
  });
});
