import { change, cluster, resource, serverless } from '../templates';
import { late } from './case';
import type { Case } from './case';

const IAM = { 'ClientAuthentication.Sasl.Iam.Enabled': true };
const CONNECTED = {
  ...IAM,
  'BrokerNodeGroupInfo.ConnectivityInfo.VpcConnectivity.ClientAuthentication.Sasl.Iam.Enabled': true,
};
const S3 = 'ExtendedS3DestinationConfiguration';

function stream(changes: Record<string, unknown> = {}) {
  const Properties = {
    DeliveryStreamType: 'MSKAsSource',
    MSKSourceConfiguration: {
      MSKClusterARN: { 'Fn::GetAtt': ['Cluster', 'Arn'] },
      TopicName: 'paid',
      AuthenticationConfiguration: { Connectivity: 'PRIVATE', RoleARN: 'arn:aws:iam::123456789012:role/firehose' },
    },
    [S3]: {
      BucketARN: 'arn:aws:s3:::paid',
      Prefix: 'paid/!{timestamp:yyyy}/',
      ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
    },
  };
  return resource('AWS::KinesisFirehose::DeliveryStream', change(Properties, changes));
}

const PUBLIC = { 'MSKSourceConfiguration.AuthenticationConfiguration.Connectivity': 'PUBLIC' };

/** A property of the stream with a bad and a good value, on a cluster that is fit. */
function property(id: string, path: string, bad: unknown, good: unknown): Case {
  return {
    id,
    wrong: `${path} of ${JSON.stringify(bad)}`,
    bad: { Cluster: cluster(CONNECTED), Stream: stream({ [path]: bad }) },
    good: { Cluster: cluster(CONNECTED), Stream: stream({ [path]: good }) },
  };
}

/** A cluster that no stream can read, and one that it can. */
function source(id: string, wrong: string, bad: Record<string, unknown>, good: Record<string, unknown>, of = {}): Case {
  return {
    id,
    wrong,
    bad: { Cluster: cluster({ ...CONNECTED, ...bad }), Stream: stream(of) },
    good: { Cluster: cluster({ ...CONNECTED, ...good }), Stream: stream(of) },
  };
}

export const FIREHOSE_CASES: Case[] = [
  {
    id: 'FIREHOSE-MSK-CONNECTIVITY',
    wrong: 'a private way that the cluster does not have',
    bad: { Cluster: cluster(IAM), Stream: stream() },
    good: { Cluster: cluster(CONNECTED), Stream: stream() },
    says: 'SASL_IAM',
  },
  {
    id: 'FIREHOSE-MSK-CONNECTIVITY',
    wrong: 'a private way by another authentication',
    bad: { Cluster: cluster(IAM), Stream: stream(), Later: late({ VpcConnectivity: ['SASL_SCRAM'] }) },
    good: { Cluster: cluster(IAM), Stream: stream(), Later: late({ VpcConnectivity: ['SASL_IAM'] }) },
  },
  {
    id: 'FIREHOSE-MSK-CONNECTIVITY',
    wrong: 'a private way where the public one is there',
    bad: { Cluster: cluster(IAM), Stream: stream() },
    good: { Cluster: cluster(IAM), Stream: stream(PUBLIC) },
  },
  source('FIREHOSE-MSK-CLUSTER', 'no IAM', { 'ClientAuthentication.Sasl.Iam.Enabled': false }, {}, PUBLIC),
  source(
    'FIREHOSE-MSK-CLUSTER',
    'small brokers',
    { 'BrokerNodeGroupInfo.InstanceType': 'kafka.t3.small' },
    { 'BrokerNodeGroupInfo.InstanceType': 'kafka.m7g.large' },
  ),
  source('FIREHOSE-MSK-CLUSTER', 'an old version', { KafkaVersion: '2.6.2' }, { KafkaVersion: '2.7.1' }),
  {
    id: 'FIREHOSE-MSK-ICEBERG',
    wrong: 'a table from a serverless cluster',
    bad: { Cluster: serverless(), Stream: stream({ [S3]: undefined, IcebergDestinationConfiguration: {} }) },
    good: { Cluster: serverless(), Stream: stream() },
  },
  property('FIREHOSE-MSK-BUFFER', `${S3}.BufferingHints.IntervalInSeconds`, 59, 60),
  property('FIREHOSE-MSK-BUFFER', `${S3}.BufferingHints.IntervalInSeconds`, 901, 900),
  property('FIREHOSE-MSK-BUFFER', `${S3}.BufferingHints.SizeInMBs`, 129, 128),
  property('FIREHOSE-MSK-PREFIX', `${S3}.Prefix`, 'a/!{firehose:error-output-type}/', 'a/'),
  property('FIREHOSE-MSK-PREFIX', `${S3}.ErrorOutputPrefix`, 'errors/', 'errors/!{firehose:error-output-type}/'),
  property('FIREHOSE-MSK-PREFIX', `${S3}.ErrorOutputPrefix`, undefined, { Ref: 'Errors' }),
  property('FIREHOSE-MSK-PREFIX', `${S3}.FileExtension`, 'json', '.json.gz'),
];
