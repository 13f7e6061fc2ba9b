import { Duration, Size } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import * as glue from 'aws-cdk-lib/aws-glue';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { AuthenticationMechanism, Brokers, ServerlessCluster, StandardBrokerSize } from '../../lib/cluster';
import type { IMskCluster } from '../../lib/cluster';
import { FirehoseCompression, FirehoseConsumer, FirehoseSink, FirehoseStartingPosition } from '../../lib/consumer';
import type { FirehoseConsumerProps, S3FirehoseSinkOptions } from '../../lib/consumer';
import { KafkaTopic } from '../../lib/topic';
import {
  CLUSTER_ARN,
  cluster,
  idsOf,
  importedVpc,
  keepReportsQuiet,
  nodeFunction,
  onlyOne,
  resourcesOf,
  stack,
  textOf,
  warningsOf,
} from '../support/fixtures';
import { nagFindings } from '../support/nag';
import { topicOf } from './consumers';

keepReportsQuiet();

const STREAM = 'AWS::KinesisFirehose::DeliveryStream';
const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/1';

function bucketIn(of: Stack): s3.IBucket {
  const encryptionKey = kms.Key.fromKeyArn(of, 'Key', KEY);
  return s3.Bucket.fromBucketAttributes(of, 'Lake', { bucketName: 'lake', encryptionKey });
}

function largeIn(of: Stack, vpcConnectivity?: AuthenticationMechanism[]): IMskCluster {
  return cluster(of, 'Orders', { brokers: Brokers.standard({ size: StandardBrokerSize.M7G_LARGE }), vpcConnectivity });
}

function stream(
  of: Stack,
  { sink, ...props }: Partial<FirehoseConsumerProps> & { sink?: FirehoseSink } = {},
  options: Partial<S3FirehoseSinkOptions> = {},
): any {
  new FirehoseConsumer(of, 'Archive', {
    topic: props.topic ?? topicOf(largeIn(of)),
    sink: sink ?? FirehoseSink.s3({ bucket: bucketIn(of), prefix: 'paid/', ...options }),
    ...props,
  });
  return onlyOne(of, STREAM).Properties;
}

/** What the role may do: resource and condition to actions. */
function allowed(of: Stack): Record<string, string[]> {
  const clusters = Object.fromEntries(idsOf(of, 'AWS::MSK::Cluster').map((id) => [`${id}.Arn`, CLUSTER_ARN]));
  const [policy] = idsOf(of, 'AWS::IAM::Policy').filter((id) => id.startsWith('Archive'));
  const rights: Record<string, string[]> = {};
  for (const { Action, Resource, Condition } of resourcesOf(of)[policy].Properties.PolicyDocument.Statement) {
    for (const resource of [Resource].flat()) {
      const key = textOf(resource, clusters) + (Condition ? ' if' : '');
      rights[key] = [...(rights[key] ?? []), ...[Action].flat()].sort();
    }
  }
  return rights;
}

test('[132] delivers a line for each record, in folders by day, named so that readers know what it is', () => {
  const { MSKSourceConfiguration, ExtendedS3DestinationConfiguration: sink, DeliveryStreamType } = stream(stack());
  expect(DeliveryStreamType).toBe('MSKAsSource');
  expect(MSKSourceConfiguration).toMatchObject({
    TopicName: 'paid',
    AuthenticationConfiguration: { Connectivity: 'PRIVATE' },
    ReadFromTimestamp: '1970-01-01T00:00:00Z',
  });
  expect(sink).toMatchObject({
    Prefix: 'paid/day=!{timestamp:yyyy-MM-dd}/',
    ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/day=!{timestamp:yyyy-MM-dd}/',
    CompressionFormat: 'GZIP',
    FileExtension: '.json.gz',
    BufferingHints: { IntervalInSeconds: 300, SizeInMBs: 64 },
    ProcessingConfiguration: {
      Enabled: true,
      Processors: [
        { Type: 'AppendDelimiterToRecord', Parameters: [{ ParameterName: 'Delimiter', ParameterValue: '\\n' }] },
      ],
    },
    CloudWatchLoggingOptions: { Enabled: true },
  });
});

test('[132] takes all options', () => {
  const of = stack();
  const transform = nodeFunction(of);
  const sink = stream(
    of,
    { deliveryStreamName: 'archive' },
    {
      errorPrefix: 'bad/',
      bufferInterval: Duration.minutes(1),
      bufferSize: Size.mebibytes(1),
      compression: FirehoseCompression.NONE,
      newLines: false,
      transform,
    },
  ).ExtendedS3DestinationConfiguration;
  const arn = { 'Fn::GetAtt': [idsOf(of, 'AWS::Lambda::Function')[0], 'Arn'] };
  expect(sink).toMatchObject({
    ErrorOutputPrefix: 'bad/!{firehose:error-output-type}/day=!{timestamp:yyyy-MM-dd}/',
    BufferingHints: { IntervalInSeconds: 60, SizeInMBs: 1 },
    CompressionFormat: 'UNCOMPRESSED',
    FileExtension: '.json',
    ProcessingConfiguration: {
      Processors: [{ Type: 'Lambda', Parameters: [{ ParameterName: 'LambdaArn', ParameterValue: arn }] }],
    },
  });
  expect(Object.keys(allowed(of)).filter((each) => each.startsWith('<Function'))).toHaveLength(2);
});

test.each([
  [FirehoseStartingPosition.latest(), undefined],
  [FirehoseStartingPosition.atTime('2026-01-31T12:00:00Z'), '2026-01-31T12:00:00Z'],
])('[132] begins where it is told to', (startingPosition, expected) => {
  expect(stream(stack(), { startingPosition }).MSKSourceConfiguration.ReadFromTimestamp).toBe(expected);
});

test('[132] takes no time but UTC', () => {
  expect(() => FirehoseStartingPosition.atTime('31.1.2026')).toThrow(
    "FirehoseTime: the time '31.1.2026' is none of UTC",
  );
});

test('[133] may read the topic, write below the bucket, use its key through S3 and log: what the service documents', () => {
  const of = stack();
  stream(of);
  const inCluster = (kind: string, name: string) => `${CLUSTER_ARN.replace(':cluster/', `:${kind}/`)}/${name}`;
  const [logs] = idsOf(of, 'AWS::Logs::LogGroup').filter((id) => id.startsWith('Archive'));
  expect(allowed(of)).toEqual({
    [CLUSTER_ARN]: [
      'kafka-cluster:Connect',
      'kafka:DescribeCluster',
      'kafka:DescribeClusterV2',
      'kafka:GetBootstrapBrokers',
    ],
    [inCluster('topic', 'paid')]: [
      'kafka-cluster:DescribeTopic',
      'kafka-cluster:DescribeTopicDynamicConfiguration',
      'kafka-cluster:ReadData',
    ],
    [inCluster('group', '*')]: ['kafka-cluster:DescribeGroup'],
    'arn:<AWS::Partition>:s3:::lake': ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
    'arn:<AWS::Partition>:s3:::lake/*': ['s3:AbortMultipartUpload', 's3:PutObject'],
    [`${KEY} if`]: ['kms:Decrypt', 'kms:GenerateDataKey'],
    [`<${logs}.Arn>`]: ['logs:PutLogEvents'],
  });
  const [{ Condition, Principal }] = onlyOne(of, 'AWS::IAM::Role').Properties.AssumeRolePolicyDocument.Statement;
  expect(Principal).toEqual({ Service: 'firehose.amazonaws.com' });
  expect(textOf(Condition.ArnLike['aws:SourceArn'])).toMatch(/:firehose:.*:deliverystream\/\*$/);
});

test('[133] is let in by the policy of the cluster, once for two streams, before the stream is made', () => {
  const of = stack();
  const topic = topicOf(largeIn(of));
  for (const id of ['One', 'Two']) {
    const bucket = s3.Bucket.fromBucketName(of, `Lake${id}`, 'lake');
    new FirehoseConsumer(of, id, { topic, sink: FirehoseSink.s3({ bucket }) });
  }
  const { Policy } = onlyOne(of, 'AWS::MSK::ClusterPolicy').Properties;
  expect(Policy.Statement.map(({ Action, Effect, Principal }: any) => ({ Action, Effect, Principal }))).toEqual([
    { Action: 'kafka:CreateVpcConnection', Effect: 'Allow', Principal: { Service: 'firehose.amazonaws.com' } },
  ]);
  for (const id of idsOf(of, STREAM)) {
    expect(resourcesOf(of)[id].DependsOn).toEqual(expect.arrayContaining(idsOf(of, 'AWS::MSK::ClusterPolicy')));
  }
});

test('[133] says what is missing of a cluster without multi-VPC connectivity, and nothing for public access', () => {
  const of = stack();
  stream(of);
  expect(warningsOf(of, '/Stack/Archive')).toEqual([
    expect.stringMatching(/is off for SASL_IAM.*turn it on after the cluster is created.*FIREHOSE-MSK-CONNECTIVITY\]$/),
  ]);
  const open = stack();
  expect(stream(open, { publicAccess: true }).MSKSourceConfiguration.AuthenticationConfiguration).toMatchObject({
    Connectivity: 'PUBLIC',
  });
  expect(warningsOf(open, '/Stack/Archive')).toEqual([]);
  expect(idsOf(open, 'AWS::MSK::ClusterPolicy')).toEqual([]);
});

test('[133] says nothing where the cluster turns connectivity on for IAM, and waits until it is', () => {
  const of = stack();
  stream(of, { topic: topicOf(largeIn(of, [AuthenticationMechanism.IAM])) });
  expect(warningsOf(of, '/Stack/Archive')).toEqual([]);
  const [id] = idsOf(of, STREAM);
  const [settings] = idsOf(of, 'AWS::CloudFormation::WaitCondition');
  expect(resourcesOf(of)[id].DependsOn).toContain(settings);
});

test('[133] refuses brokers that take no connection', () => {
  const of = stack();
  const brokers = Brokers.standard({ size: StandardBrokerSize.T3_SMALL });
  expect(() => stream(of, { topic: topicOf(cluster(of, 'Orders', { brokers })) })).toThrow(
    /FIREHOSE-MSK-CLUSTER.*kafka.t3.small/,
  );
});

describe('a table', () => {
  const toTable = (of: Stack, uniqueKeys?: string[]) =>
    FirehoseSink.iceberg({
      database: glue.Database.fromDatabaseArn(of, 'Db', 'arn:aws:glue:eu-west-1:123456789012:database/lake'),
      tableName: 'paid',
      bucket: bucketIn(of),
      uniqueKeys,
    });

  test('[132] of Iceberg is appended to, with the rights on that table alone', () => {
    const of = stack();
    const { IcebergDestinationConfiguration: sink } = stream(of, { sink: toTable(of) });
    expect(sink).toMatchObject({
      AppendOnly: true,
      DestinationTableConfigurationList: [{ DestinationDatabaseName: 'lake', DestinationTableName: 'paid' }],
      S3Configuration: { ErrorOutputPrefix: expect.stringContaining('errors/') },
    });
    expect(textOf(sink.CatalogConfiguration.CatalogArn)).toMatch(/:glue:.*:catalog$/);
    const onGlue = Object.entries(allowed(of)).filter(([resource]) => resource.includes(':glue:'));
    expect(onGlue.map(([resource, actions]) => [resource.split(':').pop(), actions]).sort()).toEqual([
      ['catalog', ['glue:GetDatabase', 'glue:GetTable', 'glue:UpdateTable']],
      ['database/lake', ['glue:GetDatabase', 'glue:GetTable', 'glue:UpdateTable']],
      ['table/lake/paid', ['glue:GetDatabase', 'glue:GetTable', 'glue:UpdateTable']],
    ]);
  });

  test('[132] with keys is updated', () => {
    const of = stack();
    const { IcebergDestinationConfiguration: sink } = stream(of, { sink: toTable(of, ['id']) });
    expect(sink.AppendOnly).toBeUndefined();
    expect(sink.DestinationTableConfigurationList[0].UniqueKeys).toEqual(['id']);
  });

  test('[132] is none for a serverless cluster', () => {
    const of = stack();
    const clicks = new ServerlessCluster(of, 'Clicks', { vpc: importedVpc(of) });
    const topic = KafkaTopic.fromTopicName(of, 'Page', clicks, 'page');
    expect(() => stream(of, { topic, sink: toTable(of) })).toThrow(
      /FIREHOSE-MSK-ICEBERG: .* 'Stack\/Clicks' is serverless/,
    );
  });
});

test('[B-08] [132] has the findings of cdk-nag that the service leaves no way around', () => {
  const of = stack();
  stream(of);
  const own = nagFindings(of).filter(({ resource }) => resource.startsWith('Archive'));
  expect(own.map(({ id }) => id.replace(/<[^>]*>/g, '<>'))).toEqual([
    expect.stringMatching(/^AwsSolutions-IAM5/),
    expect.stringMatching(/^AwsSolutions-IAM5/),
    expect.stringMatching(/KDF1/),
  ]);
});
