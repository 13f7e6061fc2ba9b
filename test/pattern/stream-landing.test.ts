import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { landingFiles } from '../../handlers/stream-landing/files';
import { KafkaTopic, StreamLanding } from '../../lib';
import type { StreamLandingProps } from '../../lib';
import { app, cluster, keepReportsQuiet, warningsOf } from '../support/fixtures';

keepReportsQuiet();

function land(props: Partial<StreamLandingProps> = {}) {
  const stack = new Stack(app(), 'Stack');
  const topic = new KafkaTopic(stack, 'Topic', { cluster: cluster(stack), topicName: 'orders', partitions: 3 });
  return { stack, landing: new StreamLanding(stack, 'Landing', { topic, consumerGroup: 'landing', ...props }) };
}

test('[179] records land in a bucket that is kept, with a role that may write below the topic alone', () => {
  const { stack, landing } = land();
  const template = Template.fromStack(stack);
  template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'RetainExceptOnCreate' });
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: Match.objectLike({ EXTENSION: 'jsonl', KEY_PREFIX: 'topics/' }) },
  });
  expect(JSON.stringify(template)).toContain('/topics/orders/*');
  expect(landing.findingLanding.keyPrefix).toBe('topics/');
  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    Topics: ['orders'],
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  });
});

test('[179] the key of the records lets Macie in, whoever made it', () => {
  const mayDecrypt = {
    Action: 'kms:Decrypt',
    Condition: { StringEquals: { 'aws:PrincipalArn': Match.objectLike({}) } },
    Effect: 'Allow',
    Principal: { AWS: '*' },
    Resource: '*',
  };
  const hasIt = { KeyPolicy: { Statement: Match.arrayWith([mayDecrypt]) } };
  Template.fromStack(land().stack).hasResourceProperties('AWS::KMS::Key', hasIt);
  const stack = new Stack(app(), 'Stack');
  const bucket = new s3.Bucket(stack, 'Records', { encryption: s3.BucketEncryption.KMS });
  const topic = new KafkaTopic(stack, 'Topic', { cluster: cluster(stack), topicName: 'orders', partitions: 3 });
  new StreamLanding(stack, 'Landing', { topic, consumerGroup: 'landing', bucket });
  Template.fromStack(stack).hasResourceProperties('AWS::KMS::Key', hasIt);
});

test('[179] the key of others is warned of by what to add to it, and so is one that nobody here knows of', () => {
  const arn = 'arn:aws:kms:eu-west-1:111111111111:key/of-others';
  const landed = (bucketIn: (stack: Stack) => s3.IBucket) => {
    const stack = new Stack(app(), 'Stack');
    const topic = new KafkaTopic(stack, 'Topic', { cluster: cluster(stack), topicName: 'orders', partitions: 3 });
    new StreamLanding(stack, 'Landing', { topic, consumerGroup: 'landing', bucket: bucketIn(stack) });
    return warningsOf(stack, '/Stack/Landing').filter((warning) =>
      /MACIE-RESOURCE-POLICY|MACIE-LANDING-KEY/.test(warning),
    );
  };
  const key = (stack: Stack) => kms.Key.fromKeyArn(stack, 'Key', arn);
  const added = [expect.stringMatching(/add to it: .*kms:Decrypt.*MACIE-RESOURCE-POLICY/)];
  expect(landed((stack) => new s3.Bucket(stack, 'Records', { encryptionKey: key(stack) }))).toEqual(added);
  expect(
    landed((stack) =>
      s3.Bucket.fromBucketAttributes(stack, 'Records', { bucketName: 'records', encryptionKey: key(stack) }),
    ),
  ).toEqual(added);
  expect(landed((stack) => s3.Bucket.fromBucketName(stack, 'Records', 'records'))).toEqual([
    expect.stringMatching(/if the bucket .*Records is encrypted with a key.*fromBucketAttributes.*MACIE-LANDING-KEY/),
  ]);
  expect(landed((stack) => new s3.Bucket(stack, 'Records'))).toEqual([]);
});

test.each<[string, Partial<StreamLandingProps>, RegExp]>([
  [
    'an extension that Macie does not read',
    { fileExtension: 'bin' },
    /MACIE-LANDING-FORMAT: fileExtension is 'bin'.*jsonl/,
  ],
  ['no extension', { fileExtension: '' }, /MACIE-LANDING-FORMAT/],
  ['a prefix without its slash', { keyPrefix: 'topics' }, /StreamLandingPrefix: keyPrefix is 'topics'/],
  [
    'an archive before a weekly job has come by',
    { archiveStorageClass: s3.StorageClass.DEEP_ARCHIVE, archiveAfter: Duration.days(1) },
    /MACIE-LANDING-ARCHIVE: objects move to DEEP_ARCHIVE after 1 days/,
  ],
])('[179] %s is an error', (_, props, message) => {
  expect(() => land(props)).toThrow(message);
});

test('[179] an archive after a month is fine', () => {
  const { stack } = land({ archiveStorageClass: s3.StorageClass.GLACIER });
  Template.fromStack(stack).hasResourceProperties('AWS::S3::Bucket', {
    LifecycleConfiguration: { Rules: [{ Transitions: [{ StorageClass: 'GLACIER', TransitionInDays: 30 }] }] },
  });
});

describe('[179] the objects of a batch', () => {
  const record = (
    partition: number,
    offset: number,
    value: Buffer | undefined,
    timestamp = Date.UTC(2026, 10, 20, 14, 59),
  ) => ({
    topic: 'orders',
    partition,
    offset,
    timestamp,
    timestampType: 'CREATE_TIME',
    key: '',
    headers: [],
    value: value?.toString('base64'),
  });

  test('are one for each partition and hour, a line of JSON for each record, decoded', () => {
    const { files, unreadable } = landingFiles(
      {
        records: {
          'orders-0': [
            record(0, 7, Buffer.from('{"card":"1"}')),
            record(0, 8, Buffer.from('two\nlines, "quoted"')),
            record(0, 9, Buffer.from('{"late":true}'), Date.UTC(2026, 10, 20, 15, 1)),
            record(0, 10, undefined),
          ],
          'orders-2': [record(2, 1, Buffer.from([0xc3, 0x28])), record(2, 2, Buffer.from('ok\0'))],
        },
      } as any,
      'topics/',
      'jsonl',
    );
    expect(files.map(({ key }) => key)).toEqual([
      'topics/orders/2026/11/20/14/0-00000000000000000007.jsonl',
      'topics/orders/2026/11/20/15/0-00000000000000000009.jsonl',
    ]);
    const lines = files[0].body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ value }) => value)).toEqual([{ card: '1' }, 'two\nlines, "quoted"']);
    expect(unreadable).toEqual([
      { partition: 'orders-2', offset: 1 },
      { partition: 'orders-2', offset: 2 },
    ]);
  });
});
