import { Duration, Tags } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { ClientAuthentication, ClientIdentity, ClusterKind, MskCluster } from '../../lib/cluster';
import { MskVpcConnection } from '../../lib/connect';
import {
  DecodedFormat,
  FailureDestination,
  PollerScaling,
  RecordCondition,
  RecordFilter,
  RecordPart,
  RecordValidation,
} from '../../lib/consumer';
import { KafkaSchemaRegistry, KafkaTopic } from '../../lib/topic';
import {
  CLUSTER_ARN,
  cluster,
  countsOf,
  idsOf,
  importedVpc,
  keepReportsQuiet,
  onlyOne,
  retainedOnDeletable,
  stack,
  warningsOf,
} from '../support/fixtures';
import { allowed, CONSUME, consumer, FIND_CLUSTER, mapping, MAPPING, NETWORK, topicOf } from './consumers';

keepReportsQuiet();

const REGISTRY = 'arn:aws:glue:eu-west-1:123456789012:registry/orders';
const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:registry-a1b2c3';
const CA = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:authority-a1b2c3';
const READ_SECRET = ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'];

/** What the policy allows beyond reading the topic. */
function more(of: Stack): Record<string, string[]> {
  const usual: Record<string, string[]> = {
    ...NETWORK,
    ...CONSUME,
    [CLUSTER_ARN]: ['kafka-cluster:Connect', ...FIND_CLUSTER],
  };
  const others = Object.entries(allowed(of)).map(([resource, actions]) => [
    resource,
    actions.filter((action) => !usual[resource]?.includes(action)),
  ]);
  return Object.fromEntries(
    others.filter(([resource, actions]) => actions.length && !/DeadLetters/.test(String(resource))),
  );
}

const reporting = (onFailure: FailureDestination) => PollerScaling.provisioned({ onFailure });
const destinationOf = (properties: any) => properties.DestinationConfig.OnFailure.Destination;

describe('a failure destination', () => {
  test('[122] may be a bucket that is made, closed, encrypted and kept as long as the topic', () => {
    const of = stack();
    const { deadLetterBucket, deadLetterQueue } = consumer({ of, scaling: reporting(FailureDestination.bucket()) });
    const [id] = idsOf(of, 'AWS::S3::Bucket');
    expect(destinationOf(onlyOne(of, MAPPING).Properties)).toEqual({ 'Fn::GetAtt': [id, 'Arn'] });
    expect(onlyOne(of, 'AWS::S3::Bucket')).toMatchObject({
      Properties: {
        BucketEncryption: expect.anything(),
        PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
      },
      DeletionPolicy: 'RetainExceptOnCreate',
    });
    expect(allowed(of)).toMatchObject({
      [`<${id}.Arn>/*`]: ['s3:PutObject'],
      [`<${id}.Arn>`]: ['s3:ListBucket'],
    });
    expect(of.resolve(deadLetterBucket?.bucketName)).toEqual({ Ref: id });
    expect(deadLetterQueue).toBeUndefined();
    expect(countsOf(of)['AWS::SQS::Queue']).toBeUndefined();
    expect(retainedOnDeletable(of).filter((pair) => !pair.startsWith('FunctionLogGroup'))).toEqual([]);
  });

  test('[122] may be a bucket of one’s own, with the right to its key and nothing else', () => {
    const of = stack();
    const encryptionKey = kms.Key.fromKeyArn(of, 'Key', 'arn:aws:kms:eu-west-1:123456789012:key/1');
    const bucket = s3.Bucket.fromBucketAttributes(of, 'Mine', { bucketName: 'mine', encryptionKey });
    consumer({ of, scaling: reporting(FailureDestination.bucket(bucket)) });
    expect(more(of)).toEqual({
      'arn:<AWS::Partition>:s3:::mine': ['s3:ListBucket'],
      'arn:<AWS::Partition>:s3:::mine/*': ['s3:PutObject'],
      'arn:aws:kms:eu-west-1:123456789012:key/1': ['kms:GenerateDataKey'],
    });
  });

  test('[122] may be another topic of the cluster, which then comes first', () => {
    const of = stack();
    const orders = cluster(of);
    const failed = topicOf(orders, 'paid-failed');
    const topic = topicOf(orders);
    const properties = mapping({ of, topic, scaling: reporting(FailureDestination.kafkaTopic(failed)) });
    expect(destinationOf(properties)).toBe('kafka://paid-failed');
    expect(onlyOne(of, MAPPING).DependsOn).toEqual(expect.arrayContaining(idsOf(of, 'AWS::MSK::Topic')));
    expect(more(of)).toEqual({
      [CLUSTER_ARN]: ['kafka-cluster:WriteDataIdempotently'],
      [`${CLUSTER_ARN.replace(':cluster/', ':topic/')}/paid-failed`]: [
        'kafka-cluster:DescribeTopic',
        'kafka-cluster:WriteData',
      ],
    });
  });

  test('[122] may be a topic with a user and a password, with no right of IAM', () => {
    const of = stack();
    const orders = cluster(of, 'Orders', { authentication: [ClientAuthentication.scram()] });
    const secret = secretsmanager.Secret.fromSecretCompleteArn(of, 'Secret', SECRET);
    consumer({
      of,
      topic: topicOf(orders),
      identity: ClientIdentity.scram(secret),
      scaling: reporting(FailureDestination.kafkaTopic(topicOf(orders, 'failed'))),
    });
    expect(JSON.stringify(allowed(of))).not.toContain('kafka-cluster:');
  });

  test('[122] is no topic of another cluster, and not the topic itself', () => {
    const of = stack();
    const other = topicOf(cluster(of, 'Others'), 'failed');
    expect(() => consumer({ of, scaling: reporting(FailureDestination.kafkaTopic(other)) })).toThrow(
      /LAMBDA-MSK-DESTINATION: the topic 'Stack\/TopicOthersfailed' is in another cluster/,
    );
    const again = stack();
    const topic = topicOf(cluster(again));
    consumer({ of: again, topic, scaling: reporting(FailureDestination.kafkaTopic(topic)) });
    expect(warningsOf(again)).toEqual([expect.stringContaining('[ack: cdk-msk-macie:LAMBDA-MSK-DESTINATION]')]);
  });
});

describe('validation', () => {
  const provisioned = { scaling: PollerScaling.provisioned() };
  const schemas = (properties: any) => properties.AmazonManagedKafkaEventSourceConfig.SchemaRegistryConfig;

  test('[122] by a registry of Glue decodes values to JSON, and reads that registry alone', () => {
    const of = stack();
    const registry = KafkaSchemaRegistry.fromRegistryArn(of, 'Registry', REGISTRY);
    const properties = mapping({ ...provisioned, of, validation: RecordValidation.glueRegistry(registry) });
    expect(schemas(properties)).toEqual({
      SchemaRegistryURI: REGISTRY,
      EventRecordFormat: 'JSON',
      SchemaValidationConfigs: [{ Attribute: 'VALUE' }],
    });
    expect(more(of)).toEqual({
      [REGISTRY]: ['glue:GetRegistry', 'glue:GetSchemaVersion'],
      [REGISTRY.replace('registry/', 'schema/').concat('/*')]: ['glue:GetSchemaVersion'],
    });
    expect(warningsOf(of)).toEqual([]);
  });

  test('[122] by a registry of Confluent names its secrets and reads them', () => {
    const of = stack();
    const [credentials, rootCaCertificate] = [SECRET, CA].map((arn, index) =>
      secretsmanager.Secret.fromSecretCompleteArn(of, `Secret${index}`, arn),
    );
    const validation = RecordValidation.confluentRegistry('https://registry.example.com', {
      credentials,
      rootCaCertificate,
      parts: [RecordPart.KEY, RecordPart.VALUE],
      format: DecodedFormat.SOURCE,
    });
    expect(schemas(mapping({ ...provisioned, of, validation }))).toEqual({
      SchemaRegistryURI: 'https://registry.example.com',
      EventRecordFormat: 'SOURCE',
      SchemaValidationConfigs: [{ Attribute: 'KEY' }, { Attribute: 'VALUE' }],
      AccessConfigs: [
        { Type: 'BASIC_AUTH', URI: SECRET },
        { Type: 'SERVER_ROOT_CA_CERTIFICATE', URI: CA },
      ],
    });
    expect(more(of)).toEqual({ [SECRET]: READ_SECRET, [CA]: READ_SECRET });
  });

  test.each<[string, (of: Stack) => unknown, string]>([
    ['a registry by http', () => RecordValidation.confluentRegistry('http://registry'), "not at 'http://registry'"],
    [
      'two ways to say who it is',
      (of) => {
        const secret = secretsmanager.Secret.fromSecretCompleteArn(of, 'Secret', SECRET);
        const both = { credentials: secret, clientCertificate: secret };
        return RecordValidation.confluentRegistry('https://registry', both);
      },
      'not both',
    ],
    [
      'nothing to decode',
      (of) =>
        RecordValidation.glueRegistry(KafkaSchemaRegistry.fromRegistryArn(of, 'Registry', REGISTRY), { parts: [] }),
      '`parts` must not be empty',
    ],
  ])('[122] refuses %s', (_name, make, message) => {
    expect(() => make(stack())).toThrow(`LAMBDA-MSK-SCHEMAS: `);
    expect(() => make(stack())).toThrow(message);
  });

  test('[122] goes with provisioned pollers', () => {
    const of = stack();
    const registry = KafkaSchemaRegistry.fromRegistryArn(of, 'Registry', REGISTRY);
    consumer({ of, scaling: PollerScaling.onDemand(), validation: RecordValidation.glueRegistry(registry) });
    expect(() => Template.fromStack(of)).toThrow(/LAMBDA-MSK-SCALING.*SchemaRegistryConfig/);
  });
});

describe('filters', () => {
  const patterns = (...filters: RecordFilter[]) =>
    mapping({ filters }).FilterCriteria.Filters.map(({ Pattern }: any) => JSON.parse(Pattern));

  test('[122] look into JSON, at plain text and at what Kafka knows', () => {
    expect(
      patterns(
        RecordFilter.json({
          status: RecordCondition.oneOf('PAID', 'REFUNDED'),
          'customer.country': RecordCondition.noneOf('ES'),
          'customer.since': RecordCondition.exists(),
          total: RecordCondition.anyOf(RecordCondition.between(10, 20), RecordCondition.above(100)),
        }).combinedWith(RecordFilter.metadata({ partition: RecordCondition.numbers(0, 1) })),
        RecordFilter.text(RecordCondition.beginsWith('ERROR')),
        RecordFilter.pattern({ value: { a: [{ 'anything-but': { prefix: 'x' } }] } }),
      ),
    ).toEqual([
      {
        value: {
          status: ['PAID', 'REFUNDED'],
          customer: { country: [{ 'anything-but': ['ES'] }], since: [{ exists: true }] },
          total: [{ numeric: ['>=', 10, '<=', 20] }, { numeric: ['>', 100] }],
        },
        partition: [{ numeric: ['=', 0] }, { numeric: ['=', 1] }],
      },
      { value: [{ prefix: 'ERROR' }] },
      { value: { a: [{ 'anything-but': { prefix: 'x' } }] } },
    ]);
  });

  test('[122] know each condition', () => {
    const { isAbsent, isNull, flag, below, endsWith, oneOfIgnoringCase } = RecordCondition;
    const conditions = [isAbsent(), isNull(), flag(true), below(1), endsWith('.pdf'), oneOfIgnoringCase('ok')];
    expect(patterns(RecordFilter.json({ a: RecordCondition.anyOf(...conditions) }))).toEqual([
      {
        value: {
          a: [{ exists: false }, null, true, { numeric: ['<', 1] }, { suffix: '.pdf' }, { 'equals-ignore-case': 'ok' }],
        },
      },
    ]);
  });

  test.each<[string, () => unknown, string]>([
    ['no field', () => RecordFilter.json({}), 'RecordFilterEmpty: RecordFilter.json() was given no field'],
    [
      'a field of no record',
      () => RecordFilter.metadata({ header: RecordCondition.exists() }),
      "RecordFilterField: records have no field 'header'",
    ],
    [
      'one field twice',
      () => RecordFilter.json({ a: RecordCondition.exists(), 'a.b': RecordCondition.exists() }),
      "RecordFilterConflict: two conditions look at 'a.b'",
    ],
    [
      'a field and what is around it',
      () => RecordFilter.json({ 'a.b': RecordCondition.exists(), a: RecordCondition.exists() }),
      "RecordFilterConflict: two conditions look at 'a'",
    ],
    [
      'two looks at the value',
      () =>
        RecordFilter.json({ a: RecordCondition.exists() }).combinedWith(RecordFilter.text(RecordCondition.oneOf('x'))),
      "RecordFilterConflict: two conditions look at 'value'",
    ],
    ['no value', () => RecordCondition.oneOf(), 'RecordConditionEmpty'],
    ['no range', () => RecordCondition.between(2, 1), 'RecordConditionRange: no number is between 2 and 1'],
  ])('[122] refuse %s', (_name, make, message) => {
    expect(make).toThrow(message);
  });

  test('[122] may be encrypted with a key that lets Lambda in', () => {
    const of = stack();
    const filters = [RecordFilter.json({ a: RecordCondition.exists() })];
    const { KmsKeyArn } = mapping({ of, filters, filterEncryptionKey: new kms.Key(of, 'Key') });
    const [id] = idsOf(of, 'AWS::KMS::Key');
    expect(KmsKeyArn).toEqual({ 'Fn::GetAtt': [id, 'Arn'] });
    expect(onlyOne(of, 'AWS::KMS::Key').Properties.KeyPolicy.Statement).toContainEqual(
      expect.objectContaining({ Action: 'kms:Decrypt', Principal: { Service: 'lambda.amazonaws.com' } }),
    );
  });
});

describe('metrics, logs and tags', () => {
  test('[122] reach the mapping', () => {
    const of = stack();
    const billing = consumer({
      of,
      metrics: [lambda.MetricType.EVENT_COUNT, lambda.MetricType.KAFKA_METRICS],
      logLevel: lambda.EventSourceMappingLogLevel.WARN,
      scaling: PollerScaling.provisioned({ pollerGroupName: 'orders' }),
    });
    Tags.of(billing).add('team', 'billing');
    const [id] = idsOf(of, MAPPING);
    expect(onlyOne(of, MAPPING).Properties).toMatchObject({
      MetricsConfig: { Metrics: ['EventCount', 'KafkaMetrics'] },
      LoggingConfig: { SystemLogLevel: 'WARN' },
      ProvisionedPollerConfig: { PollerGroupName: 'orders' },
      Tags: [{ Key: 'team', Value: 'billing' }],
    });
    expect(of.resolve(billing.metric('DroppedEventCount', { period: Duration.minutes(1) }))).toMatchObject({
      namespace: 'AWS/Lambda',
      metricName: 'DroppedEventCount',
      statistic: 'Sum',
      dimensions: { EventSourceMappingUUID: { Ref: id } },
    });
  });

  test.each([
    ['the metrics of Kafka', { metrics: [lambda.MetricType.KAFKA_METRICS] }, 'MetricsConfig.Metrics'],
    ['a log', { logLevel: lambda.EventSourceMappingLogLevel.INFO }, 'LoggingConfig'],
  ])('[122] %s go with provisioned pollers', (_name, options, path) => {
    const of = stack();
    consumer({ of, ...options, scaling: PollerScaling.onDemand() });
    expect(() => Template.fromStack(of)).toThrow(`LAMBDA-MSK-SCALING: ${path}`);
  });
});

describe('the way of the pollers', () => {
  const kinds = {
    isolated: ec2.SubnetType.PRIVATE_ISOLATED,
    public: ec2.SubnetType.PUBLIC,
    egress: ec2.SubnetType.PRIVATE_WITH_EGRESS,
  };

  function vpcOf(of: Stack, kind: keyof typeof kinds): ec2.Vpc {
    const subnetConfiguration = [
      { name: 'Brokers', subnetType: kinds[kind] },
      ...(kind === 'egress' ? [{ name: 'Gateways', subnetType: ec2.SubnetType.PUBLIC }] : []),
    ];
    return new ec2.Vpc(of, 'Vpc', { availabilityZones: ['a', 'b', 'c'], subnetConfiguration });
  }

  function warned(kind: keyof typeof kinds, services: string[] = [], scaling = PollerScaling.onDemand()): string[] {
    const of = stack();
    const home = vpcOf(of, kind);
    services.forEach((service) =>
      home.addInterfaceEndpoint(service, { service: new ec2.InterfaceVpcEndpointAwsService(service) }),
    );
    const orders = cluster(of, 'Orders', { vpc: home, vpcSubnets: { subnetType: kinds[kind] } });
    consumer({ of, topic: topicOf(orders), scaling });
    return warningsOf(of, '/Stack/Billing');
  }

  test('[126] is there through a NAT gateway, and needless for pollers of their own', () => {
    expect(warned('egress')).toEqual([]);
    expect(warned('isolated', [], PollerScaling.provisioned())).toEqual([]);
  });

  test('[126] is missed in isolated subnets, by name, until the endpoints are there', () => {
    expect(warned('isolated')).toEqual([
      expect.stringMatching(/are isolated, and there is no endpoint for lambda, sts: .*LAMBDA-MSK-REACH\]$/),
    ]);
    expect(warned('isolated', ['lambda'])).toEqual([expect.stringContaining('there is no endpoint for sts:')]);
    expect(warned('isolated', ['lambda', 'sts'])).toEqual([]);
  });

  test('[126] is missed in public subnets too, whose gateway serves public addresses only', () => {
    expect(warned('public')).toEqual([expect.stringContaining('where pollers have private addresses')]);
  });

  test('[126] goes to Secrets Manager as well where there is a secret', () => {
    const of = stack();
    const home = vpcOf(of, 'isolated');
    ['lambda', 'sts'].forEach((service) =>
      home.addInterfaceEndpoint(service, { service: new ec2.InterfaceVpcEndpointAwsService(service) }),
    );
    const orders = cluster(of, 'Orders', {
      vpc: home,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      authentication: [ClientAuthentication.scram()],
    });
    const identity = ClientIdentity.scram(secretsmanager.Secret.fromSecretCompleteArn(of, 'Secret', SECRET));
    consumer({ of, topic: topicOf(orders), identity, scaling: PollerScaling.onDemand() });
    expect(warningsOf(of, '/Stack/Billing')).toEqual([
      expect.stringContaining('there is no endpoint for secretsmanager:'),
    ]);
  });

  test('[126] is unknown where the network is', () => {
    const of = stack();
    const orders = MskCluster.fromClusterAttributes(of, 'Orders', {
      clusterArn: CLUSTER_ARN,
      addPollerRule: false,
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(of, 'Group', 'sg-1')],
    });
    const topic = KafkaTopic.fromTopicName(of, 'Paid', orders, 'paid');
    consumer({ of, topic, scaling: PollerScaling.onDemand() });
    expect(warningsOf(of)).toEqual([]);
  });
});

describe('a cluster of another account', () => {
  test('[88] is read by a managed VPC connection, whose groups the pollers carry', () => {
    const of = stack({ env: { account: '210987654321', region: 'eu-west-1' } });
    const orders = MskCluster.fromClusterAttributes(of, 'Orders', {
      clusterArn: CLUSTER_ARN,
      kind: ClusterKind.STANDARD,
      authentication: [ClientAuthentication.iam()],
    });
    const vpcConnection = new MskVpcConnection(of, 'Connection', { cluster: orders, vpc: importedVpc(of) });
    consumer({ of, topic: KafkaTopic.fromTopicName(of, 'Paid', orders, 'paid'), vpcConnection });
    const [id] = idsOf(of, 'AWS::MSK::VpcConnection');
    const { Properties, DependsOn } = onlyOne(of, MAPPING);
    expect(Properties.EventSourceArn).toEqual({ 'Fn::GetAtt': [id, 'Arn'] });
    expect(DependsOn).toContain(id);
    // They come in by the ports of the connection; its own group lets everything out.
    const { FromPort, ToPort, GroupId, SourceSecurityGroupId } = onlyOne(
      of,
      'AWS::EC2::SecurityGroupIngress',
    ).Properties;
    expect([FromPort, ToPort, GroupId]).toEqual([14001, 14100, SourceSecurityGroupId]);
    expect(DependsOn).toEqual(expect.arrayContaining(idsOf(of, 'AWS::EC2::SecurityGroupIngress')));
    const rights = allowed(of);
    expect(rights[`<${id}.Arn>`]).toEqual(['kafka:DescribeVpcConnection']);
    // Topics and groups are of the cluster, not of the connection.
    expect(rights).toMatchObject(CONSUME);
  });
});
