/**
 * Reads from CloudFormation's published resource schemas, which cfn-lint carries, what can only be set when a resource is
 * created, and writes lib/rules/data/create-only.json.
 *
 *   node --import tsx scripts/update-create-only.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pythonWith } from '../test/support/python.ts';

/** What holds data, a position in data, or a name that others know. */
const TYPES = [
  'AWS::DynamoDB::Table',
  'AWS::EC2::SecurityGroup',
  'AWS::Glue::Registry',
  'AWS::Glue::Schema',
  'AWS::KMS::Key',
  'AWS::KafkaConnect::Connector',
  'AWS::Kinesis::Stream',
  'AWS::KinesisAnalyticsV2::Application',
  'AWS::KinesisFirehose::DeliveryStream',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Logs::LogGroup',
  'AWS::MSK::Channel',
  'AWS::MSK::Cluster',
  'AWS::MSK::Configuration',
  'AWS::MSK::Replicator',
  'AWS::MSK::ServerlessCluster',
  'AWS::MSK::Topic',
  'AWS::MSK::VpcConnection',
  'AWS::Macie::CustomDataIdentifier',
  'AWS::Pipes::Pipe',
  'AWS::S3::Bucket',
  'AWS::SQS::Queue',
  'AWS::SecretsManager::Secret',
];

const python = pythonWith('cfn-lint==1.58.0');
const schemas = path.join(
  path.dirname(python),
  '..',
  'lib',
  'python3.11',
  'site-packages',
  'cfnlint',
  'data',
  'schemas',
);
const read = (...file) => JSON.parse(readFileSync(path.join(schemas, ...file), 'utf8'));
const files = read('providers', 'us-east-1.json');

const types = Object.fromEntries(
  TYPES.map((type) => {
    const { createOnlyProperties = [], conditionalCreateOnlyProperties = [] } = read(
      'resources',
      `${files[type]}.json`,
    );
    const paths = [...createOnlyProperties, ...conditionalCreateOnlyProperties];
    return [type, paths.map((pointer) => pointer.replace('/properties/', '').replaceAll('/', '.')).sort()];
  }),
);
const data = {
  source: 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-type-schemas.html',
  readOn: read('version.json').schema_date.slice(0, 10),
  types,
};
writeFileSync(
  path.join(import.meta.dirname, '..', 'lib', 'rules', 'data', 'create-only.json'),
  `${JSON.stringify(data, null, 2)}\n`,
);
