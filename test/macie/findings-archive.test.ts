import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as events from 'aws-cdk-lib/aws-events';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  BucketSelection,
  ClassificationJob,
  FindingsArchive,
  FindingsArchiveTable,
  JobChange,
  JobSchedule,
  MacieSession,
  ResponseHealth,
} from '../../lib/macie';
import { nagFindings } from '../support/nag';

const PLACE = { account: '111111111111', region: 'eu-west-1' };

let stack: Stack;
beforeEach(() => {
  stack = new Stack(new App(), 'Security', { env: PLACE });
});

describe('[188] an archive of findings', () => {
  test('keeps every finding but samples, each on a line of its day, without a function', () => {
    new FindingsArchive(stack, 'Archive');
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::Lambda::Function', 0);
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.macie'],
        'detail-type': ['Macie Finding'],
        detail: { sample: [false, { exists: false }] },
      },
      Targets: [
        {
          Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ArchiveStream'), 'Arn'] },
          RoleArn: Match.anyValue(),
          DeadLetterConfig: Match.anyValue(),
          Input: Match.absent(),
          InputTransformer: Match.absent(),
        },
      ],
    });
    template.hasResourceProperties('AWS::KinesisFirehose::DeliveryStream', {
      DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' },
      ExtendedS3DestinationConfiguration: {
        Prefix: 'findings/day=!{timestamp:yyyy-MM-dd}/',
        CompressionFormat: 'GZIP',
        FileExtension: '.jsonl.gz',
        ProcessingConfiguration: { Enabled: true, Processors: [{ Type: 'AppendDelimiterToRecord' }] },
      },
    });
  });

  test('is in a bucket that is closed, encrypted, versioned and retained with its key, for ever or as long as said', () => {
    new FindingsArchive(stack, 'Archive');
    const template = Template.fromStack(stack);
    for (const type of ['AWS::S3::Bucket', 'AWS::KMS::Key']) {
      template.hasResource(type, { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    }
    template.hasResourceProperties('AWS::S3::Bucket', {
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
      LifecycleConfiguration: { Rules: [{ ExpirationInDays: Match.absent() }] },
    });
    const other = new Stack(new App(), 'Other');
    new FindingsArchive(other, 'Archive', { retention: Duration.days(7 * 365) });
    Template.fromStack(other).hasResourceProperties('AWS::S3::Bucket', {
      LifecycleConfiguration: {
        Rules: [{ ExpirationInDays: 2_555, NoncurrentVersionExpiration: { NoncurrentDays: 30 } }],
      },
    });
  });

  test('may be written by Firehose alone, and only where findings and errors go', () => {
    new FindingsArchive(stack, 'Archive');
    const bucket = { 'Fn::GetAtt': [Match.stringLikeRegexp('^ArchiveBucket'), 'Arn'] };
    const objects = (prefix: string) => ({ 'Fn::Join': ['', [bucket, prefix]] });
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: ['s3:AbortMultipartUpload', 's3:PutObject'],
            Resource: [objects('/findings/*'), objects('/errors/*')],
          }),
          Match.objectLike({
            Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
            Condition: {
              StringEquals: { 'kms:ViaService': { 'Fn::Join': ['', ['s3.eu-west-1.', { Ref: 'AWS::URLSuffix' }]] } },
            },
          }),
          Match.objectLike({ Action: 'logs:PutLogEvents' }),
        ]),
      },
    });
    expect(nagFindings(stack).map(({ id }) => id.replace(/\[.*</, '[<'))).toEqual([
      'AwsSolutions-S1',
      'AwsSolutions-SQS3', // the dead letters themselves
      'AwsSolutions-IAM5[<ArchiveBucket49F1AC64.Arn>/errors/*]',
      'AwsSolutions-IAM5[<ArchiveBucket49F1AC64.Arn>/findings/*]',
    ]);
  });

  test('is left out of what the app scans', () => {
    new MacieSession(stack, 'Session');
    const job = new ClassificationJob(stack, 'Job', {
      jobName: 'all',
      onDefinitionChange: JobChange.RESCAN,
      buckets: BucketSelection.all(),
      schedule: JobSchedule.monthly(1),
    });
    const archive = new FindingsArchive(stack, 'Archive');
    expect(job).toBeDefined();
    const [{ Properties }] = Object.values(Template.fromStack(stack).findResources('Custom::MacieClassificationJob'));
    expect(JSON.stringify(stack.resolve(Properties.Definition))).toContain(
      stack.resolve(archive.bucket.bucketName).Ref,
    );
  });

  test('rings when findings wait, before Firehose gives them up', () => {
    const archive = new FindingsArchive(stack, 'Archive');
    const health = new ResponseHealth(stack, 'Health', { archive, deadLetterQueues: [archive.rule.deadLetterQueue] });
    expect(health.alarms).toHaveLength(2);
    Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'AWS/Firehose',
      MetricName: 'DeliveryToS3.DataFreshness',
      Threshold: 3_600,
      ComparisonOperator: 'GreaterThanThreshold',
    });
  });

  test('takes a bucket and a bus of yours; what a bucket of its own would be told is refused then', () => {
    const bucket = new s3.Bucket(stack, 'Mine');
    const eventBus = new events.EventBus(stack, 'Bus');
    const archive = new FindingsArchive(stack, 'Archive', { bucket, eventBus });
    expect(archive.bucket).toBe(bucket);
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::S3::Bucket', 1);
    template.resourceCountIs('AWS::KMS::Key', 0);
    template.hasResourceProperties('AWS::Events::Rule', { EventBusName: Match.anyValue() });
    const make = (id: string, props: object) => () => new FindingsArchive(stack, id, props);
    expect(make('A', { bucket, retention: Duration.days(400) })).toThrow(
      /bucket is given together with retention.*Security\/Mine/,
    );
    expect(make('B', { retention: Duration.days(30) })).toThrow(
      /retention is 30 days; Macie itself keeps findings for 90/,
    );
    expect(() => new FindingsArchiveTable(stack, 'Table', { archive })).toThrow(/give queryResultsBucket/);
  });

  test('is a table with a partition for each day, which nobody has to add', () => {
    const archive = new FindingsArchive(stack, 'Archive');
    const table = new FindingsArchiveTable(stack, 'Table', { archive });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Glue::Table', {
      TableInput: {
        PartitionKeys: [{ Name: 'day', Type: 'string' }],
        Parameters: { 'projection.enabled': 'true', 'projection.day.format': 'yyyy-MM-dd' },
      },
    });
    const queries = Object.values(template.findResources('AWS::Athena::NamedQuery'));
    expect(queries.map(({ Properties }) => Properties.Name).sort()).toEqual([
      'macie-findings-by-bucket',
      'macie-findings-by-month',
      'macie-findings-by-severity',
    ]);
    for (const { Properties } of queries) expect(Properties.WorkGroup).toBe(table.workGroupName);
  });
});
