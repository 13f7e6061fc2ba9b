import { CfnParameter, Duration, PropertyInjectors, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as acmpca from 'aws-cdk-lib/aws-acmpca';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as glue from 'aws-cdk-lib/aws-glue';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { ClientAuthentication, ClientIdentity, MskCluster, ServerlessCluster } from '../../lib/cluster';
import type { IMskCluster, MskClusterAttributes } from '../../lib/cluster';
import { GlueJobStart, GlueSink, GlueStartingPosition, GlueStreamingJob, RecordFormat } from '../../lib/consumer';
import type { GlueStreamingJobProps } from '../../lib/consumer';
import { KafkaTopic } from '../../lib/topic';
import {
  app,
  CLUSTER_ARN,
  cluster,
  countsOf,
  differences,
  idsOf,
  importedVpc,
  keepReportsQuiet,
  onlyOne,
  resourcesOf,
  retainedOnDeletable,
  stack,
  textOf,
  warningsOf,
} from '../support/fixtures';
import { nagFindings } from '../support/nag';

keepReportsQuiet();

const JOB = 'AWS::Glue::Job';
const POLICY = 'AWS::IAM::Policy';
const INGRESS = 'AWS::EC2::SecurityGroupIngress';
const IN_CLUSTER = CLUSTER_ARN.split(':cluster/')[1];
const COLUMNS: glue.Column[] = [
  { name: 'id', type: glue.Schema.STRING },
  { name: 'amount', type: glue.Schema.decimal(10, 2) },
  { name: 'paid_at', type: glue.Schema.TIMESTAMP },
];

type Options = Partial<GlueStreamingJobProps> & { readonly of?: Stack };

function topicOf(orders: IMskCluster, topicName = 'paid'): KafkaTopic {
  return new KafkaTopic(orders.node.scope!, `Topic${orders.node.id}${topicName}`, {
    cluster: orders,
    topicName,
    partitions: 12,
  });
}

function bucketIn(of: Stack): s3.IBucket {
  return s3.Bucket.fromBucketName(of, `Data${of.node.children.length}`, 'data');
}

function icebergIn(of: Stack): GlueSink {
  const database = glue.Database.fromDatabaseArn(
    of,
    `Database${of.node.children.length}`,
    'arn:aws:glue:eu-west-1:123456789012:database/lake',
  );
  return GlueSink.iceberg({ database, tableName: 'paid', bucket: bucketIn(of), prefix: '/lake/paid/' });
}

function lake({ of = stack(), ...props }: Options = {}, id = 'Lake'): GlueStreamingJob {
  return new GlueStreamingJob(of, id, {
    consumerGroup: 'lake',
    ...props,
    topic: props.topic ?? topicOf(cluster(of)),
    format: props.format ?? RecordFormat.json(COLUMNS, { required: ['id'] }),
    sink: props.sink ?? icebergIn(of),
  });
}

/** References of a template as text. */
function known(of: Stack): Record<string, string> {
  return {
    ...Object.fromEntries(idsOf(of, 'AWS::MSK::Cluster').map((id) => [`${id}.Arn`, CLUSTER_ARN])),
    ...Object.fromEntries(idsOf(of, 'AWS::MSK::ServerlessCluster').map((id) => [`${id}.Arn`, CLUSTER_ARN])),
    'AWS::Partition': 'aws',
    'AWS::Region': 'eu-west-1',
    'AWS::AccountId': '123456789012',
  };
}

function argumentsOf(of: Stack): Record<string, string> {
  const settings = onlyOne(of, JOB).Properties.DefaultArguments as Record<string, unknown>;
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, textOf(value, known(of))]));
}

function settings(options: Options = {}): Record<string, string> {
  const { of = stack() } = options;
  lake({ ...options, of });
  return argumentsOf(of);
}

/** What the policy allows: `resource (condition)` to actions. */
function allowed(of: Stack): Record<string, string[]> {
  const rights: Record<string, string[]> = {};
  const [id] = idsOf(of, POLICY).filter((each) => each.startsWith('LakePolicy'));
  for (const { Effect, Action, Resource, Condition } of resourcesOf(of)[id].Properties.PolicyDocument.Statement) {
    expect(Effect).toBe('Allow');
    for (const resource of [Resource].flat()) {
      const key = textOf(resource, known(of)) + (Condition ? ` ${Object.keys(Condition).join()}` : '');
      rights[key] = [...(rights[key] ?? []), ...[Action].flat()].sort();
    }
  }
  return rights;
}

const FILES = ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:PutObject'];
const BUCKET = ['s3:GetBucketLocation', 's3:ListBucket'];
const GLUE = 'arn:aws:glue:eu-west-1:123456789012';
const EC2 = 'arn:aws:ec2:eu-west-1:123456789012';

describe('a job', () => {
  const of = stack();
  const job = lake({ of, eventTime: 'paid_at' });
  const template = Template.fromStack(of);
  const idOf = (type: string) => idsOf(template, type).find((id) => id.startsWith('Lake'))!;

  test('[127] is a streaming job of Glue 5.1 that runs once at a time, without end', () => {
    const { Properties } = onlyOne(template, JOB);
    expect(Properties).toMatchObject({
      Command: { Name: 'gluestreaming', PythonVersion: '3', ScriptLocation: expect.anything() },
      GlueVersion: '5.1',
      WorkerType: 'G.1X',
      NumberOfWorkers: 2,
      ExecutionProperty: { MaxConcurrentRuns: 1 },
      Connections: { Connections: [{ Ref: idOf('AWS::Glue::Connection') }] },
      Role: { 'Fn::GetAtt': [idOf('AWS::IAM::Role'), 'Arn'] },
    });
    expect(Properties).not.toHaveProperty('Timeout');
    expect(Properties).not.toHaveProperty('MaintenanceWindow');
  });

  test('[127] tells the script all that it needs', () => {
    const bucket = idOf('AWS::S3::Bucket');
    const role = idOf('AWS::IAM::Role');
    const [brokers] = idsOf(template, 'Custom::MskBootstrapBrokers');
    expect(argumentsOf(of)).toEqual({
      '--auth': 'iam',
      '--bootstrap_servers': `<${brokers}.BootstrapBrokerStringSaslIam>`,
      '--checkpoint': `s3://<${bucket}>/checkpoints/${IN_CLUSTER}/paid/lake`,
      '--conf': [
        'spark.sql.extensions=org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions',
        '--conf spark.sql.catalog.glue_catalog=org.apache.iceberg.spark.SparkCatalog',
        '--conf spark.sql.catalog.glue_catalog.catalog-impl=org.apache.iceberg.aws.glue.GlueCatalog',
        '--conf spark.sql.catalog.glue_catalog.io-impl=org.apache.iceberg.aws.s3.S3FileIO',
        '--conf spark.sql.catalog.glue_catalog.warehouse=s3://data',
      ].join(' '),
      '--custom-logGroup-prefix': `/aws-glue/jobs/<${role}>`,
      '--datalake-formats': 'iceberg',
      '--dead_letter_path': `s3://<${bucket}>/dead-letters/${IN_CLUSTER}/paid/lake`,
      '--enable-metrics': '',
      '--enable-observability-metrics': 'true',
      '--event_time': 'paid_at',
      '--format': 'json',
      '--group_prefix': 'lake',
      '--iceberg_location': 's3://data/lake/paid',
      '--iceberg_table': 'glue_catalog.lake.paid',
      '--job-bookmark-option': 'job-bookmark-disable',
      '--job-language': 'python',
      '--max_records_per_batch': '1000000',
      '--metrics_namespace': 'MskGlueStreaming',
      '--region': 'eu-west-1',
      '--schema': '`id` string NOT NULL, `amount` decimal(10,2), `paid_at` timestamp',
      '--schema_registry': 'false',
      '--starting_position': 'earliest',
      '--stream_name': `${IN_CLUSTER}/paid/lake`,
      '--topics': 'paid',
      '--trigger': 'window',
      '--window_seconds': '100',
    });
    expect(textOf(of.resolve(job.deadLetterPath), known(of))).toBe(argumentsOf(of)['--dead_letter_path']);
  });

  test('[128] connects to the brokers as an IAM client, from the first subnet of the cluster', () => {
    const [brokers] = idsOf(template, 'Custom::MskBootstrapBrokers');
    expect(onlyOne(template, 'AWS::Glue::Connection').Properties.ConnectionInput).toEqual({
      ConnectionType: 'KAFKA',
      ConnectionProperties: {
        KAFKA_BOOTSTRAP_SERVERS: { 'Fn::GetAtt': [brokers, 'BootstrapBrokerStringSaslIam'] },
        KAFKA_SSL_ENABLED: 'true',
        KAFKA_SASL_MECHANISM: 'AWS_MSK_IAM',
      },
      PhysicalConnectionRequirements: {
        SubnetId: 'subnet-a',
        AvailabilityZone: 'eu-west-1a',
        SecurityGroupIdList: [{ 'Fn::GetAtt': [idOf('AWS::EC2::SecurityGroup'), 'GroupId'] }],
      },
    });
  });

  test('[128] lets its workers reach each other, and the brokers on one port', () => {
    const own = { 'Fn::GetAtt': [idOf('AWS::EC2::SecurityGroup'), 'GroupId'] };
    const [clusterGroup] = idsOf(template, 'AWS::EC2::SecurityGroup').filter((id) => id.startsWith('Orders'));
    const rules = idsOf(template, INGRESS).map((id) => resourcesOf(template)[id].Properties);
    const rule = { IpProtocol: 'tcp', SourceSecurityGroupId: own, Description: expect.any(String) };
    expect(rules).toEqual(
      expect.arrayContaining([
        { ...rule, GroupId: own, FromPort: 0, ToPort: 65535 },
        { ...rule, GroupId: { 'Fn::GetAtt': [clusterGroup, 'GroupId'] }, FromPort: 9098, ToPort: 9098 },
      ]),
    );
    expect(rules).toHaveLength(2);
  });

  test('[128] may do what its work takes, each on the resource it is about', () => {
    const bucket = `<${idOf('AWS::S3::Bucket')}.Arn>`;
    const [script] = Object.keys(allowed(of)).filter((resource) => resource.includes('cdk-hnb659fds-assets'));
    const group = `<${idOf('AWS::EC2::SecurityGroup')}.GroupId>`;
    const logGroups = idsOf(template, 'AWS::Logs::LogGroup').filter((id) => id.startsWith('Lake'));
    expect(allowed(of)).toEqual({
      [CLUSTER_ARN]: ['kafka-cluster:Connect'],
      [`${CLUSTER_ARN.replace(':cluster/', ':topic/')}/paid`]: [
        'kafka-cluster:DescribeTopic',
        'kafka-cluster:ReadData',
      ],
      [script]: ['s3:GetObject'],
      'arn:aws:s3:::data/lake/paid/*': FILES,
      'arn:aws:s3:::data': BUCKET,
      [`${bucket}/checkpoints/${IN_CLUSTER}/paid/lake/*`]: FILES,
      [`${bucket}/dead-letters/${IN_CLUSTER}/paid/lake/*`]: FILES,
      [bucket]: BUCKET,
      [`${GLUE}:catalog`]: [
        'glue:CreateTable',
        'glue:GetConnection',
        'glue:GetDatabase',
        'glue:GetTable',
        'glue:UpdateTable',
      ],
      [`${GLUE}:database/lake`]: ['glue:CreateTable', 'glue:GetDatabase', 'glue:GetTable', 'glue:UpdateTable'],
      [`${GLUE}:table/lake/paid`]: ['glue:CreateTable', 'glue:GetDatabase', 'glue:GetTable', 'glue:UpdateTable'],
      [`${GLUE}:connection/<${idOf('AWS::Glue::Connection')}>`]: ['glue:GetConnection'],
      '*': [
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeRouteTables',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'ec2:DescribeVpcAttribute',
        'ec2:DescribeVpcEndpoints',
      ],
      '* StringEquals': ['cloudwatch:PutMetricData'],
      [`${EC2}:network-interface/*`]: ['ec2:CreateNetworkInterface'],
      [`${EC2}:network-interface/* ArnEqualsIfExists`]: ['ec2:DeleteNetworkInterface'],
      [`${EC2}:network-interface/* ForAllValues:StringEquals`]: ['ec2:CreateTags', 'ec2:DeleteTags'],
      [`${EC2}:security-group/${group}`]: ['ec2:CreateNetworkInterface'],
      [`${EC2}:subnet/subnet-a`]: ['ec2:CreateNetworkInterface'],
      ...Object.fromEntries(logGroups.map((id) => [`<${id}.Arn>`, ['logs:CreateLogStream', 'logs:PutLogEvents']])),
    });
    expect(idsOf(template, POLICY).filter((id) => id.startsWith('Lake'))).toHaveLength(1);
    expect(resourcesOf(template)[idOf('AWS::IAM::Role')].Properties).not.toHaveProperty('ManagedPolicyArns');
  });

  test('[124] waits for topic, cluster, rights and network, and its trigger for it', () => {
    expect(onlyOne(template, JOB).DependsOn).toEqual(
      expect.arrayContaining([
        ...idsOf(template, 'AWS::MSK::Topic'),
        ...idsOf(template, 'AWS::MSK::Cluster'),
        idOf(POLICY),
        ...idsOf(template, INGRESS),
      ]),
    );
    expect(onlyOne(template, 'AWS::Glue::Trigger').Properties).toEqual({
      Type: 'SCHEDULED',
      Schedule: 'cron(0/15 * * * ? *)',
      StartOnCreation: true,
      Actions: [{ JobName: { Ref: idOf(JOB) } }],
    });
  });

  test('[127] keeps its checkpoint, encrypted, over TLS only, without versions', () => {
    const bucket = onlyOne(template, 'AWS::S3::Bucket');
    expect(bucket).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    expect(bucket.Properties).toMatchObject({
      BucketEncryption: expect.anything(),
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
    });
    expect(bucket.Properties).not.toHaveProperty('VersioningConfiguration');
    const [statement] = onlyOne(template, 'AWS::S3::BucketPolicy').Properties.PolicyDocument.Statement;
    expect(statement).toMatchObject({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } });
    expect(retainedOnDeletable(of)).toEqual([]);
    expect(warningsOf(of)).toEqual([]);
  });

  test('[B-08] has the findings of cdk-nag that can not be avoided', () => {
    const own = nagFindings(of).filter(({ resource }) => resource.startsWith('Lake'));
    const short = (id: string) => id.replace(/\{"Fn::Select.*?\]\}\]\}\]\}/g, '…');
    const bucket = `<${idOf('AWS::S3::Bucket')}.Arn>`;
    expect(own.map(({ id, resource }) => `${resource} ${short(id)}`)).toEqual([
      'Lake/CheckpointBucket/Resource AwsSolutions-S1',
      'Lake/Job/Resource AwsSolutions-GL1',
      'Lake/Job/Resource AwsSolutions-GL3',
      'Lake/Policy/Resource AwsSolutions-IAM5[Resource::*]',
      `Lake/Policy/Resource AwsSolutions-IAM5[Resource::${bucket}/checkpoints/…/paid/lake/*]`,
      `Lake/Policy/Resource AwsSolutions-IAM5[Resource::${bucket}/dead-letters/…/paid/lake/*]`,
      'Lake/Policy/Resource AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:network-interface/*]',
      'Lake/Policy/Resource AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::data/lake/paid/*]',
    ]);
  });

  test('[103] knows how far it is behind, and what it did', () => {
    const dimensions = { JobName: of.resolve(job.job.jobName) };
    const metric = (name: string, statistic: string) =>
      expect.objectContaining({ namespace: 'MskGlueStreaming', metricName: name, statistic });
    expect(job.metricOffsetsBehind()).toEqual(metric('OffsetsBehind', 'Maximum'));
    expect(job.metricRecordAge()).toEqual(metric('RecordAge', 'Maximum'));
    expect(job.metricBatchDuration()).toEqual(metric('BatchDuration', 'Maximum'));
    expect(job.metricRecords()).toEqual(metric('Records', 'Sum'));
    expect(job.metricDeadLetters({ period: Duration.minutes(1) })).toMatchObject({
      metricName: 'DeadLetters',
      period: Duration.minutes(1),
    });
    expect(of.resolve(job.metricOffsetsBehind().dimensions)).toEqual(dimensions);
  });
});

describe('the options of a job', () => {
  test('[127] reach it', () => {
    const of = stack();
    lake({
      of,
      workerType: glue.WorkerType.G_025X,
      numberOfWorkers: 6,
      autoScaling: true,
      batchInterval: Duration.minutes(5),
      maxRecordsPerBatch: 5000,
      maintenanceWindow: 'Sun:10',
      allowReplay: true,
      startingPosition: GlueStartingPosition.timestamp(new Date('2026-01-31T00:00:00Z')),
      logRetention: logs.RetentionDays.ONE_WEEK,
    });
    expect(onlyOne(of, JOB).Properties).toMatchObject({
      WorkerType: 'G.025X',
      NumberOfWorkers: 6,
      MaintenanceWindow: 'Sun:10',
    });
    expect(argumentsOf(of)).toMatchObject({
      '--enable-auto-scaling': 'true',
      '--window_seconds': '300',
      '--max_records_per_batch': '5000',
      '--allow_replay': 'true',
      '--starting_position': '2026-01-31T00:00:00.000Z',
    });
    const retention = idsOf(of, 'AWS::Logs::LogGroup')
      .filter((id) => id.startsWith('Lake'))
      .map((id) => resourcesOf(of)[id].Properties.RetentionInDays);
    expect(retention).toEqual([7, 7]);
  });

  test('[127] take it from a schedule, or from nothing but you', () => {
    const of = stack();
    lake({ of, start: GlueJobStart.scheduled(glue.TriggerSchedule.daily()) });
    expect(onlyOne(of, 'AWS::Glue::Trigger').Properties.Schedule).toBe('cron(0 0 * * ? *)');
    expect(argumentsOf(of)['--trigger']).toBe('available_now');

    const other = stack();
    expect(lake({ of: other, start: GlueJobStart.onDemand() }).trigger).toBeUndefined();
    expect(countsOf(other)['AWS::Glue::Trigger']).toBeUndefined();
    expect(argumentsOf(other)['--trigger']).toBe('window');
  });

  test('[127] may be Parquet, with keys of the buckets', () => {
    const of = stack();
    const bucket = new s3.Bucket(of, 'Mine', { encryptionKey: new kms.Key(of, 'Key') });
    const job = lake({ of, sink: GlueSink.parquet({ bucket, prefix: 'raw/paid' }), checkpointBucket: bucket });
    expect(job.checkpointBucket).toBe(bucket);
    const [id] = idsOf(of, 'AWS::S3::Bucket');
    const [key] = idsOf(of, 'AWS::KMS::Key');
    expect(argumentsOf(of)).toMatchObject({ '--parquet_path': `s3://<${id}>/raw/paid` });
    expect(Object.keys(argumentsOf(of)).filter((name) => /iceberg|conf|datalake/.test(name))).toEqual([]);
    expect(allowed(of)).toMatchObject({
      [`<${id}.Arn>/raw/paid/*`]: FILES,
      [`<${key}.Arn>`]: expect.arrayContaining(['kms:Decrypt', 'kms:GenerateDataKey']),
    });
    expect(JSON.stringify(allowed(of))).not.toContain('glue:CreateTable');
  });

  test('[127] may be Avro, or JSON with the header of a schema registry', () => {
    const of = stack();
    lake({ of, format: RecordFormat.avro({ registryName: 'orders', schemaName: 'paid' }), eventTime: 'paid_at' });
    expect(argumentsOf(of)).toMatchObject({
      '--format': 'avro',
      '--registry_name': 'orders',
      '--schema_name': 'paid',
      '--event_time': 'paid_at',
    });
    expect(allowed(of)).toMatchObject({
      [`${GLUE}:registry/orders`]: ['glue:GetSchemaVersion'],
      [`${GLUE}:schema/orders/paid`]: ['glue:GetSchemaVersion'],
    });
    const header = { schemaRegistryHeader: true };
    expect(settings({ format: RecordFormat.json(COLUMNS, header) })['--schema_registry']).toBe('true');
  });

  test('[127] read more topics, and bring more jars', () => {
    const of = stack();
    const orders = cluster(of);
    const extraJars = [glue.Code.fromBucket(bucketIn(of), 'aws-msk-iam-auth-2.3.9-all.jar')];
    lake({ of, topic: topicOf(orders), additionalTopics: [topicOf(orders, 'refunded')], extraJars });
    expect(argumentsOf(of)).toMatchObject({
      '--topics': 'paid,refunded',
      '--extra-jars': 's3://data/aws-msk-iam-auth-2.3.9-all.jar',
    });
    const topics = Object.keys(allowed(of)).filter((resource) => resource.includes(':topic/'));
    expect(topics.map((topic) => topic.split('/').pop())).toEqual(['paid', 'refunded']);
    expect(onlyOne(of, JOB).DependsOn).toEqual(expect.arrayContaining(idsOf(of, 'AWS::MSK::Topic')));
  });
});

describe('the identity', () => {
  const { unauthenticated, plaintext, scram } = ClientAuthentication;

  test.each<[string, ClientAuthentication[], string, string, number]>([
    ['TLS', [unauthenticated()], 'tls', 'true', 9094],
    ['plain text', [plaintext()], 'plaintext', 'false', 9092],
  ])('[128] of nobody over %s decides on port, connection and rights', (_name, authentication, auth, ssl, port) => {
    const of = stack();
    lake({ of, topic: topicOf(cluster(of, 'Orders', { authentication })), identity: ClientIdentity.anonymous() });
    expect(argumentsOf(of)['--auth']).toBe(auth);
    const { ConnectionProperties } = onlyOne(of, 'AWS::Glue::Connection').Properties.ConnectionInput;
    expect(ConnectionProperties).toEqual({ KAFKA_BOOTSTRAP_SERVERS: expect.anything(), KAFKA_SSL_ENABLED: ssl });
    const [rule] = idsOf(of, INGRESS).filter((id) => id.startsWith('LakeBrokerAccess'));
    expect(resourcesOf(of)[rule].Properties).toMatchObject({ FromPort: port, ToPort: port });
    expect(JSON.stringify(allowed(of))).not.toContain('kafka-cluster:');
  });

  test.each<[string, string, number, Record<string, unknown>]>([
    [
      'a user name and password',
      'scram',
      9096,
      {
        KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
        KAFKA_SASL_SCRAM_SECRETS_ARN: { Ref: expect.stringMatching(/^Secret/) },
      },
    ],
    ['a certificate', 'mtls', 9094, {}],
  ])('[128] by %s is a secret that the run reads, and nobody else', (_name, auth, port, sasl) => {
    const of = stack();
    const key = new kms.Key(of, 'Key');
    const secret = new secretsmanager.Secret(of, 'Secret', { secretName: 'AmazonMSK_lake', encryptionKey: key });
    const authority = acmpca.CertificateAuthority.fromCertificateAuthorityArn(
      of,
      'Authority',
      'arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/11111111-2222-3333-4444-555555555555',
    );
    const [authentication, identity] =
      auth === 'scram'
        ? [scram(), ClientIdentity.scram(secret)]
        : [ClientAuthentication.mutualTls([authority]), ClientIdentity.mutualTls(secret)];
    lake({ of, topic: topicOf(cluster(of, 'Orders', { authentication: [authentication] })), identity });
    const secretId = onlyOneId(of, 'AWS::SecretsManager::Secret');
    expect(argumentsOf(of)).toMatchObject({ '--auth': auth, '--secret_arn': `<${secretId}>` });
    const { ConnectionProperties } = onlyOne(of, 'AWS::Glue::Connection').Properties.ConnectionInput;
    expect(ConnectionProperties).toEqual({
      KAFKA_BOOTSTRAP_SERVERS: expect.anything(),
      KAFKA_SSL_ENABLED: 'true',
      ...sasl,
    });
    const [rule] = idsOf(of, INGRESS).filter((id) => id.startsWith('LakeBrokerAccess'));
    expect(resourcesOf(of)[rule].Properties).toMatchObject({ FromPort: port, ToPort: port });
    const rights = allowed(of);
    expect(rights[`<${secretId}>`]).toEqual(['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue']);
    expect(rights[`<${onlyOneId(of, 'AWS::KMS::Key')}.Arn> StringLike`]).toEqual(['kms:Decrypt']);
    expect(JSON.stringify(rights)).not.toContain('kafka-cluster:');
  });
});

const onlyOneId = (of: Stack, type: string) => {
  const [id, ...others] = idsOf(of, type);
  expect(others).toEqual([]);
  return id;
};

describe('the cluster', () => {
  const imported = (of: Stack, attributes: Partial<MskClusterAttributes>) => {
    const vpc = importedVpc(of, 'BrokerVpc');
    const securityGroups = [ec2.SecurityGroup.fromSecurityGroupId(of, 'Brokers', 'sg-0a1b2c3d')];
    return MskCluster.fromClusterAttributes(of, 'Orders', {
      clusterArn: CLUSTER_ARN,
      vpc,
      subnets: vpc.privateSubnets,
      securityGroups,
      bootstrapBrokers: 'b-1:9098',
      ...attributes,
    });
  };
  const paidOf = (of: Stack, orders: IMskCluster) => KafkaTopic.fromTopicName(of, 'Paid', orders, 'paid');

  test('[126] [128] may be imported, with its broker string', () => {
    const of = stack();
    lake({ of, topic: paidOf(of, imported(of, {})) });
    expect(argumentsOf(of)).toMatchObject({
      '--bootstrap_servers': 'b-1:9098',
      '--stream_name': `${IN_CLUSTER}/paid/lake`,
    });
    expect(countsOf(of)['Custom::MskBootstrapBrokers']).toBeUndefined();
    const [rule] = idsOf(of, INGRESS).filter((id) => id.startsWith('LakeBrokerAccess'));
    expect(resourcesOf(of)[rule].Properties).toMatchObject({ GroupId: 'sg-0a1b2c3d', FromPort: 9098 });
  });

  test.each<[string, Partial<MskClusterAttributes>, RegExp]>([
    ['VPC', { vpc: undefined }, /GlueNetwork: .* give `vpc` and `subnet`/],
    ['subnets', { subnets: undefined }, /GlueNetwork: .* give `vpc` and `subnet`/],
    ['security groups', { securityGroups: undefined }, /ClusterSecurityGroupsUnknown: .* give `securityGroups`/],
  ])('[128] fails where its %s are unknown, and says what to give', (_name, attributes, message) => {
    const of = stack();
    expect(() => lake({ of, topic: paidOf(of, imported(of, attributes)) })).toThrow(message);
  });

  test('[128] fails where the zone of the subnet is unknown', () => {
    const of = stack();
    const subnet = ec2.Subnet.fromSubnetId(of, 'Subnet', 'subnet-x');
    expect(() => lake({ of, subnet })).toThrow(/GlueNetwork: .* 'Stack\/Subnet' .*fromSubnetAttributes/);
  });

  test('[3] [S-04] [128] may be serverless', () => {
    const of = stack();
    const clicks = new ServerlessCluster(of, 'Clicks', { vpc: importedVpc(of) });
    lake({ of, topic: KafkaTopic.fromTopicName(of, 'Page', clicks, 'page') });
    expect(argumentsOf(of)['--topics']).toBe('page');
    expect(onlyOne(of, JOB).DependsOn).toEqual(expect.arrayContaining(idsOf(of, 'AWS::MSK::ServerlessCluster')));
  });

  test('[110] [128] may be in another stack, without a cycle', () => {
    const theApp = app();
    const owner = stack({ app: theApp, id: 'Owner' });
    const topic = topicOf(cluster(owner));
    const of = stack({ app: theApp, id: 'Lakes' });
    lake({ of, topic });
    theApp.synth();
    expect([owner.dependencies, of.dependencies]).toEqual([[], [owner]]);
    expect(idsOf(owner, INGRESS)).toEqual([]);
  });

  test('takes the checkpoint along in a demo', () => {
    const of = stack();
    lake({ of, topic: topicOf(cluster(of, 'Orders', { removalPolicy: RemovalPolicy.DESTROY })) });
    expect(onlyOne(of, 'AWS::S3::Bucket')).toMatchObject({ DeletionPolicy: 'Delete' });
  });
});

describe('an edit', () => {
  interface Edit extends Options {
    readonly topicName?: string;
    readonly clusterId?: string;
    readonly jobId?: string;
    readonly bucket?: boolean;
  }
  const PROGRESS = ['--checkpoint', '--stream_name', '--dead_letter_path'];
  function edited({ topicName, clusterId = 'Orders', jobId = 'Lake', bucket, ...options }: Edit) {
    const of = stack();
    const topic = topicOf(cluster(of, clusterId), topicName);
    const checkpointBucket = bucket ? s3.Bucket.fromBucketName(of, 'State', 'state') : undefined;
    lake({ ...options, of, topic, checkpointBucket }, jobId);
    const { DefaultArguments, ...rest } = onlyOne(of, JOB).Properties;
    return {
      id: idsOf(of, JOB)[0],
      rest,
      settings: of.resolve(DefaultArguments) as Record<string, unknown>,
      buckets: idsOf(of, 'AWS::S3::Bucket'),
    };
  }
  /** Whether the job goes on from its checkpoint. */
  const keeps = (before: Edit, after: Edit) => {
    const [one, other] = [edited(before), edited(after)];
    return PROGRESS.every((name) => JSON.stringify(one.settings[name]) === JSON.stringify(other.settings[name]));
  };

  test.each<[string, Edit, Edit, boolean]>([
    ['another topic', {}, { topicName: 'refunded' }, false],
    ['another cluster', {}, { clusterId: 'Others' }, false],
    ['another consumer group', {}, { consumerGroup: 'lake-2' }, false],
    ['another position', {}, { startingPosition: GlueStartingPosition.latest() }, true],
    ['another schema', {}, { format: RecordFormat.json(COLUMNS.slice(0, 2)) }, true],
    ['other workers', {}, { numberOfWorkers: 5 }, true],
    ['another start', {}, { start: GlueJobStart.onDemand() }, true],
    ['a moved construct with a bucket of its own', {}, { jobId: 'Moved' }, false],
    ['a moved construct with a bucket of yours', { bucket: true }, { bucket: true, jobId: 'Moved' }, true],
  ])('[125] of %s goes on from the checkpoint, or does not', (_name, before, after, expected) => {
    expect(keeps(before, after)).toBe(expected);
  });

  test('[125] changes the job in place, and never its checkpoint bucket', () => {
    const [before, after] = [edited({}), edited({ topicName: 'refunded', consumerGroup: 'other', numberOfWorkers: 4 })];
    expect([after.id, after.buckets]).toEqual([before.id, before.buckets]);
    expect(differences(before.rest, after.rest)).toEqual(['NumberOfWorkers']);
  });

  test('[125] of a moved construct leaves the name of the stream, by which the script refuses to write again', () => {
    const [before, moved] = [edited({}), edited({ jobId: 'Moved' })];
    expect(moved.settings['--stream_name']).toEqual(before.settings['--stream_name']);
    expect(moved.settings).not.toHaveProperty(['--allow_replay']);
  });
});

describe('two jobs', () => {
  test('[110] may read one topic', () => {
    const of = stack();
    const topic = topicOf(cluster(of));
    lake({ of, topic });
    lake({ of, topic, consumerGroup: 'raw', sink: GlueSink.parquet({ bucket: bucketIn(of), prefix: 'raw' }) }, 'Raw');
    expect(countsOf(of)).toMatchObject({
      [JOB]: 2,
      'AWS::S3::Bucket': 2,
      [INGRESS]: 4,
      'Custom::MskBootstrapBrokers': 1,
    });
  });
});

test('[29-pain] names that are known at deployment only reach arguments and rights', () => {
  const of = stack();
  const text = (id: string) => new CfnParameter(of, id).valueAsString;
  const topic = KafkaTopic.fromTopicName(of, 'Imported', cluster(of), text('Topic'));
  lake({
    of,
    topic,
    consumerGroup: text('Group'),
    maxRecordsPerBatch: new CfnParameter(of, 'Most', { type: 'Number' }).valueAsNumber,
  });
  expect(argumentsOf(of)).toMatchObject({
    '--topics': '<Topic>',
    '--group_prefix': '<Group>',
    '--stream_name': `${IN_CLUSTER}/<Topic>/<Group>`,
    '--max_records_per_batch': '<Most>',
  });
  expect(Object.keys(allowed(of))).toEqual(
    expect.arrayContaining([`${CLUSTER_ARN.replace(':cluster/', ':topic/')}/<Topic>`]),
  );
});

describe('misuse', () => {
  const column = (name: string): glue.Column => ({ name, type: glue.Schema.STRING });

  test.each<[string, () => unknown, RegExp]>([
    ['no columns', () => RecordFormat.json([]), /GlueColumns: `columns` must not be empty/],
    [
      'a column twice',
      () => RecordFormat.json([column('id'), column('ID')]),
      /GlueColumns: the column 'ID' is there twice/,
    ],
    ['a name of the script', () => RecordFormat.json([column('kafka_offset')]), /GlueColumns: .* got 'kafka_offset'/],
    ['a name with a dot', () => RecordFormat.json([column('a.b')]), /GlueColumns: .* got 'a\.b'/],
    [
      'a requirement that is no column',
      () => RecordFormat.json([column('id')], { required: ['key'] }),
      /GlueColumns: `required` names 'key', which is none of `columns`: id/,
    ],
    ['an event time that is none', () => lake({ eventTime: 'id' }), /GlueEventTime: .* 'id' is of type string/],
    ['an unknown event time', () => lake({ eventTime: 'at' }), /GlueEventTime: .* 'at' is no column/],
    ['a group with a wildcard', () => lake({ consumerGroup: 'lake*' }), /GlueConsumerGroup: .* got 'lake\*'/],
    ['one worker', () => lake({ numberOfWorkers: 1 }), /GlueWorkers: .* at least 2, got 1/],
    ['an empty batch', () => lake({ maxRecordsPerBatch: 0 }), /GlueBatch: .* got 0/],
    ['a window of no hour', () => lake({ maintenanceWindow: 'Sun:24' }), /GlueMaintenanceWindow: .* got 'Sun:24'/],
    [
      'a whole bucket',
      () => {
        const of = stack();
        lake({ of, sink: GlueSink.parquet({ bucket: bucketIn(of), prefix: '/' }) });
      },
      /GlueSinkPrefix: .* got '\/'/,
    ],
    [
      'topics of two clusters',
      () => {
        const of = stack();
        lake({ of, topic: topicOf(cluster(of)), additionalTopics: [topicOf(cluster(of, 'Other'), 'x')] });
      },
      /GlueTopics: .* 'Stack\/TopicOtherx' is of 'Stack\/Other' and not of 'Stack\/Orders'/,
    ],
  ])('[111] as %s is refused', (_name, act, message) => {
    expect(act).toThrow(message);
  });
});

test('a team may inject its own defaults', () => {
  const theApp = app();
  PropertyInjectors.of(theApp).add({
    constructUniqueId: GlueStreamingJob.PROPERTY_INJECTION_ID,
    inject: (props: GlueStreamingJobProps) => ({ numberOfWorkers: 9, ...props }),
  });
  const of = stack({ app: theApp });
  lake({ of });
  expect(onlyOne(of, JOB).Properties.NumberOfWorkers).toBe(9);
});
