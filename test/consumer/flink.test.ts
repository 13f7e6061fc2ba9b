import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { CfnParameter, Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { ClientAuthentication, ClientIdentity, MskCluster, ServerlessCluster } from '../../lib/cluster';
import type { IMskCluster } from '../../lib/cluster';
import {
  FlinkApplication,
  FlinkCode,
  FlinkLogLevel,
  FlinkMetricsLevel,
  FlinkRunner,
  FlinkRuntime,
  FlinkSql,
  FlinkSqlScript,
  FlinkStartingPosition,
} from '../../lib/consumer';
import type { FlinkApplicationProps, FlinkSqlProps } from '../../lib/consumer';
import * as bundled from '../../lib/private/flink-runner';
import { KafkaTopic } from '../../lib/topic';
import type { IKafkaTopic } from '../../lib/topic';
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

const APPLICATION = 'AWS::KinesisAnalyticsV2::Application';
const STATE = 'Custom::FlinkApplicationState';
const SQL = `CREATE TABLE paid (id STRING) WITH (\${source.paid}, 'format' = 'json');
CREATE TABLE revenue (id STRING) WITH (\${sink.revenue}, 'format' = 'json');

INSERT INTO revenue
SELECT id FROM paid;
`;
const arnOf = (kind: string, name: string) => `${CLUSTER_ARN.replace(':cluster/', `:${kind}/`)}/${name}`;

// Templates name the jar by its sources, so that these tests mean the same with and without a build.
jest.mock('../../lib/private/flink-runner', () => ({
  ...jest.requireActual<typeof bundled>('../../lib/private/flink-runner'),
  bundledRunner: jest.fn(),
}));
const actual = jest.requireActual<typeof bundled>('../../lib/private/flink-runner');
const runner = jest.mocked(bundled.bundledRunner);
beforeEach(() => void runner.mockReturnValue({ ...actual.bundledRunner(), built: true }));

function topicOf(orders: IMskCluster, topicName = 'paid'): IKafkaTopic {
  const { node } = orders;
  const existing = node.scope!.node.tryFindChild(`Topic${topicName}`) as IKafkaTopic | undefined;
  return existing ?? new KafkaTopic(node.scope!, `Topic${topicName}`, { cluster: orders, topicName, partitions: 12 });
}

function code(of: Stack): FlinkCode {
  return FlinkCode.fromBucket(s3.Bucket.fromBucketName(of, 'Jars', 'jars'), 'job.jar');
}

function application(of: Stack, props: Partial<FlinkApplicationProps> = {}, id = 'Job'): FlinkApplication {
  const home = props.sources ? undefined : cluster(of);
  return new FlinkApplication(of, id, {
    runtime: FlinkRuntime.FLINK_2_2,
    code: props.code ?? code(of),
    sources: home && [topicOf(home)],
    sinks: home && [topicOf(home, 'revenue')],
    consumerGroup: 'revenue',
    ...props,
  });
}

function sql(of: Stack, props: Partial<FlinkSqlProps> = {}, id = 'Revenue', orders = cluster(of)): FlinkSql {
  return new FlinkSql(of, id, {
    sql: FlinkSqlScript.inline(SQL),
    sources: { paid: topicOf(orders) },
    sinks: { revenue: topicOf(orders, 'revenue') },
    consumerGroup: 'revenue',
    ...props,
  });
}

/** What the policy of the role allows: resource to actions, an owned cluster's ARN as `CLUSTER_ARN`. */
function allowed(of: Stack, policy = /^(Job|RevenueApplication)Policy/): Record<string, string[]> {
  const clusters = Object.fromEntries(idsOf(of, 'AWS::MSK::Cluster').map((id) => [`${id}.Arn`, CLUSTER_ARN]));
  const rights: Record<string, string[]> = {};
  const [id] = idsOf(of, 'AWS::IAM::Policy').filter((each) => policy.test(each));
  for (const { Action, Resource } of resourcesOf(of)[id].Properties.PolicyDocument.Statement) {
    const key = textOf(Resource, clusters).replace(/<AWS::(\w+)>/g, '<$1>');
    rights[key] = [...(rights[key] ?? []), ...[Action].flat()].sort();
  }
  return rights;
}

const configurationOf = (of: Stack) => onlyOne(of, APPLICATION).Properties.ApplicationConfiguration;

/** Property groups by id. */
function groupsOf(of: Stack): Record<string, Record<string, any>> {
  const groups: any[] = configurationOf(of).EnvironmentProperties.PropertyGroups;
  return Object.fromEntries(groups.map(({ PropertyGroupId, PropertyMap }) => [PropertyGroupId, PropertyMap]));
}

describe('an application', () => {
  test('[129] has its settings in full, and none that the service would ignore', () => {
    const of = stack();
    application(of, {
      applicationName: 'revenue',
      parallelism: 4,
      parallelismPerKpu: 2,
      autoScaling: false,
      checkpointInterval: Duration.seconds(10),
      snapshots: false,
      allowNonRestoredState: true,
      logLevel: FlinkLogLevel.WARN,
      metricsLevel: FlinkMetricsLevel.OPERATOR,
      propertyGroups: { job: { hours: '1' } },
    });
    const { Properties } = onlyOne(of, APPLICATION);
    expect(Properties).toMatchObject({
      ApplicationName: 'revenue',
      RuntimeEnvironment: 'FLINK-2_2',
      RunConfiguration: { FlinkRunConfiguration: { AllowNonRestoredState: true } },
      ApplicationConfiguration: {
        ApplicationCodeConfiguration: {
          CodeContentType: 'ZIPFILE',
          CodeContent: { S3ContentLocation: { FileKey: 'job.jar' } },
        },
        ApplicationSnapshotConfiguration: { SnapshotsEnabled: false },
        FlinkApplicationConfiguration: {
          CheckpointConfiguration: {
            ConfigurationType: 'CUSTOM',
            CheckpointingEnabled: true,
            CheckpointInterval: 10_000,
          },
          MonitoringConfiguration: { ConfigurationType: 'CUSTOM', LogLevel: 'WARN', MetricsLevel: 'OPERATOR' },
          ParallelismConfiguration: {
            ConfigurationType: 'CUSTOM',
            Parallelism: 4,
            ParallelismPerKPU: 2,
            AutoScalingEnabled: false,
          },
        },
      },
    });
    expect(groupsOf(of).job).toEqual({ hours: '1' });
    expect(onlyOne(of, STATE).Properties).toMatchObject({ Snapshots: 'false', AllowNonRestoredState: 'true' });
  });

  test('[129] by default keeps its state, scales, logs, and leaves checkpoints to the service', () => {
    const of = stack();
    application(of);
    const { FlinkApplicationConfiguration: flink, ApplicationSnapshotConfiguration: snapshots } = configurationOf(of);
    expect(snapshots).toEqual({ SnapshotsEnabled: true });
    expect(flink).toEqual({
      MonitoringConfiguration: { ConfigurationType: 'CUSTOM', LogLevel: 'INFO', MetricsLevel: 'APPLICATION' },
      ParallelismConfiguration: {
        ConfigurationType: 'CUSTOM',
        Parallelism: 1,
        ParallelismPerKPU: 1,
        AutoScalingEnabled: true,
      },
    });
    expect(onlyOne(of, APPLICATION).Properties.RunConfiguration).toBeUndefined();
    expect(onlyOne(of, 'AWS::Logs::LogStream').DeletionPolicy).toBe('Retain');
  });

  test('[130] knows how to reach the brokers', () => {
    const of = stack();
    application(of);
    const { 'bootstrap.servers': brokers, ...rest } = groupsOf(of).kafka;
    expect(textOf(brokers)).toMatch(/^<Orders.*\.BootstrapBrokerStringSaslIam>$/);
    expect(rest).toEqual({
      'group.id': 'revenue',
      'security.protocol': 'SASL_SSL',
      'sasl.mechanism': 'AWS_MSK_IAM',
      'sasl.jaas.config': 'software.amazon.msk.auth.iam.IAMLoginModule required;',
      'sasl.client.callback.handler.class': 'software.amazon.msk.auth.iam.IAMClientCallbackHandler',
      'reconnect.backoff.ms': '1000',
    });
  });

  const LOGS = 'arn:<Partition>:logs:<Region>:<AccountId>:log-group:';
  const basics = (of: Stack) => {
    const [group] = idsOf(of, 'AWS::Logs::LogGroup').filter((id) => id.startsWith('Job'));
    const [stream] = idsOf(of, 'AWS::Logs::LogStream');
    return {
      'arn:<Partition>:s3:::jars/job.jar': ['s3:GetObject'],
      [`${LOGS}*`]: ['logs:DescribeLogGroups'],
      [`<${group}.Arn>`]: ['logs:DescribeLogStreams'],
      [`${LOGS}<${group}>:log-stream:<${stream}>`]: ['logs:PutLogEvents'],
      '*': [
        'ec2:CreateNetworkInterface',
        'ec2:CreateNetworkInterfacePermission',
        'ec2:DeleteNetworkInterface',
        'ec2:DescribeDhcpOptions',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'ec2:DescribeVpcs',
      ],
    };
  };
  const KAFKA = {
    [arnOf('topic', 'paid')]: ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
    [arnOf('topic', 'revenue')]: ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'],
    [arnOf('group', 'revenue')]: ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'],
  };

  test('[130] may read its code, its topics in its group, and write its log and sinks', () => {
    const of = stack();
    application(of);
    expect(allowed(of)).toEqual({
      ...basics(of),
      ...KAFKA,
      [CLUSTER_ARN]: expect.arrayContaining(['kafka-cluster:Connect', 'kafka-cluster:WriteDataIdempotently']),
    });
  });

  test('[130] may write in transactions of its own where it was given a prefix for them', () => {
    const of = stack();
    application(of, { transactionalIdPrefix: 'revenue-' });
    expect(allowed(of)).toMatchObject({
      ...KAFKA,
      [arnOf('transactional-id', 'revenue-*')]: [
        'kafka-cluster:AlterTransactionalId',
        'kafka-cluster:DescribeTransactionalId',
      ],
    });
  });

  test('[129] runs as a role that the service alone can take, for this account', () => {
    const of = stack();
    const job = application(of);
    const [roleId] = idsOf(of, 'AWS::IAM::Role').filter((id) => id.startsWith('Job'));
    const [statement] = resourcesOf(of)[roleId].Properties.AssumeRolePolicyDocument.Statement;
    expect(statement.Principal).toEqual({ Service: 'kinesisanalytics.amazonaws.com' });
    expect(statement.Condition.StringEquals).toEqual({ 'aws:SourceAccount': { Ref: 'AWS::AccountId' } });
    expect(job.grantPrincipal).toBe(job.role);
  });

  test('[129] says what a role that can not be changed still needs', () => {
    const of = stack();
    application(of, {
      role: iam.Role.fromRoleArn(of, 'Given', 'arn:aws:iam::123456789012:role/given', { mutable: false }),
    });
    const warnings = warningsOf(of).join();
    expect(warnings).toContain('MSK-GRANT-NOT-ADDED');
    expect(warnings).toContain('kafka-cluster:ReadData');
    expect(warnings).toContain('s3:GetObject');
  });

  test('[130] reaches the brokers by a rule opened from its side', () => {
    const of = stack();
    application(of);
    const rules = idsOf(of, 'AWS::EC2::SecurityGroupIngress').map((id) => resourcesOf(of)[id].Properties);
    expect(rules).toEqual([expect.objectContaining({ FromPort: 9098, ToPort: 9098, IpProtocol: 'tcp' })]);
    expect(textOf(rules[0].SourceSecurityGroupId)).toMatch(/^<Job/);
    expect(textOf(rules[0].GroupId)).toMatch(/^<Orders/);
    expect(configurationOf(of).VpcConfigurations[0].SubnetIds).toEqual(['subnet-a', 'subnet-b', 'subnet-c']);
  });

  test('[129] is made after topics, rights and network, and started after that', () => {
    const of = stack();
    application(of);
    const { DependsOn = [] } = onlyOne(of, APPLICATION);
    expect(DependsOn).toEqual(
      expect.arrayContaining([
        ...idsOf(of, 'AWS::MSK::Topic'),
        ...idsOf(of, 'AWS::MSK::Cluster'),
        ...idsOf(of, 'AWS::EC2::SecurityGroupIngress'),
        ...idsOf(of, 'AWS::IAM::Policy').filter((id) => id.startsWith('JobPolicy')),
      ]),
    );
    const state = onlyOne(of, STATE);
    expect(state.DependsOn).toEqual(
      expect.arrayContaining(idsOf(of, 'AWS::KinesisAnalyticsV2::ApplicationCloudWatchLoggingOption')),
    );
    expect(state.Properties.ApplicationName).toEqual({ Ref: idsOf(of, APPLICATION)[0] });
  });

  test('[129] is left alone where it is not to be started', () => {
    const of = stack();
    application(of, { start: false });
    expect(countsOf(of)[STATE]).toBeUndefined();
  });

  test('[B-08] has the findings of cdk-nag that can not be avoided', () => {
    const of = stack();
    sql(of);
    const own = nagFindings(of).filter(({ resource }) => /^Revenue|flink/.test(resource));
    expect(own.map(({ id, resource }) => [id, resource])).toEqual([
      ['AwsSolutions-IAM5[Resource::*]', 'Revenue/Application/Policy/Resource'],
      [expect.stringMatching(/^AwsSolutions-IAM5\[Resource::.*log-group:\*\]$/), 'Revenue/Application/Policy/Resource'],
      [expect.stringMatching(/^AwsSolutions-IAM5\[Resource::.*revenue-\*\]$/), 'Revenue/Application/Policy/Resource'],
    ]);
  });

  test('is kept by nothing that goes, in a demo too', () => {
    const of = stack();
    application(of);
    expect(retainedOnDeletable(of)).toEqual([]);
    expect(warningsOf(of)).toEqual([]);
    const demo = stack();
    const orders = cluster(demo, 'Orders', { removalPolicy: RemovalPolicy.DESTROY });
    application(demo, { sources: [topicOf(orders)] });
    expect(retainedOnDeletable(demo)).toEqual([]);
  });

  test('reads nothing but its object of an encrypted bucket', () => {
    const of = stack();
    const bucket = new s3.Bucket(of, 'Encrypted', { encryptionKey: new kms.Key(of, 'Key') });
    application(of, { code: FlinkCode.fromBucket(bucket, 'job.jar', 'v1') });
    const [bucketId] = idsOf(of, 'AWS::S3::Bucket');
    const [keyId] = idsOf(of, 'AWS::KMS::Key');
    expect(allowed(of)).toMatchObject({
      [`<${bucketId}.Arn>/job.jar`]: ['s3:GetObject', 's3:GetObjectVersion'],
      [`<${keyId}.Arn>`]: ['kms:Decrypt'],
    });
    expect(configurationOf(of).ApplicationCodeConfiguration.CodeContent.S3ContentLocation.ObjectVersion).toBe('v1');
  });

  test('[129] has metrics, whose names follow the line of Flink', () => {
    const of = stack();
    const orders = cluster(of);
    const source = topicOf(orders);
    const old = application(of, { sources: [source], runtime: FlinkRuntime.FLINK_1_20 }, 'Old');
    const job = application(of, {
      sources: [source],
      code: FlinkCode.fromBucket(s3.Bucket.fromBucketName(of, 'More', 'more-jars'), 'job.jar'),
    });
    expect(old.metricRestarts().metricName).toBe('fullRestarts');
    expect(job.metricRestarts()).toMatchObject({ metricName: 'numRestarts', namespace: 'AWS/KinesisAnalytics' });
    expect(job.metricMaxOffsetLag(source)).toMatchObject({
      namespace: 'AWS/Kafka',
      dimensions: expect.objectContaining({ 'Consumer Group': 'revenue', Topic: 'paid' }),
    });
  });

  test.each<[string, Partial<FlinkApplicationProps>, string]>([
    ['no topic', { sources: [], sinks: [] }, 'FlinkTopicsMissing: an application needs a topic'],
    ['a bad name', { applicationName: 'a b' }, "FLINK-NAME: the name of an application has 1 to 128 .*, got 'a b'"],
    ['no parallelism', { parallelism: 0 }, 'FLINK-PARALLELISM: `parallelism` is a whole number, 1 or more, got 0'],
    ['nine to a unit', { parallelismPerKpu: 9 }, '`parallelismPerKpu` is a whole number, 1 to 8, got 9'],
    ['our group', { propertyGroups: { kafka: { a: 'b' } } }, "the property group 'kafka' is made here"],
    ['an empty group', { propertyGroups: { job: {} } }, "1 to 50 properties, 'job' has 0"],
    ['a long property', { propertyGroups: { job: { a: 'x'.repeat(2049) } } }, "'a' of the group 'job' has 2049"],
    ['no security groups', { securityGroups: [] }, 'SecurityGroupsMissing'],
  ])('with %s is refused', (_, props, message) => {
    expect(() => application(stack(), props)).toThrow(new RegExp(message));
  });

  test('over two clusters is refused', () => {
    const of = stack();
    const sources = [topicOf(cluster(of)), KafkaTopic.fromTopicName(of, 'Other', cluster(of, 'Second'), 'x')];
    expect(() => application(of, { sources })).toThrow("'Stack/Other' is on another cluster than 'Stack/Topicpaid'");
  });

  test('takes tokens for names and numbers', () => {
    const of = stack();
    const name = new CfnParameter(of, 'Name').valueAsString;
    const parallelism = new CfnParameter(of, 'Threads', { type: 'Number' }).valueAsNumber;
    application(of, { applicationName: name, parallelism, consumerGroup: name });
    expect(onlyOne(of, APPLICATION).Properties.ApplicationName).toEqual({ Ref: 'Name' });
    expect(groupsOf(of).kafka['group.id']).toEqual({ Ref: 'Name' });
  });
});

describe('the cluster of an application', () => {
  test('may be serverless, with topics that are there already', () => {
    const of = stack();
    const orders = new ServerlessCluster(of, 'Orders', { vpc: importedVpc(of) });
    application(of, { sources: [KafkaTopic.fromTopicName(of, 'Paid', orders, 'paid')] });
    expect(onlyOne(of, APPLICATION).DependsOn).toEqual(
      expect.arrayContaining(idsOf(of, 'AWS::MSK::ServerlessCluster')),
    );
  });

  test('may be imported, when enough of it is known', () => {
    const of = stack();
    const bare = MskCluster.fromClusterArn(of, 'Bare', CLUSTER_ARN);
    expect(() => application(of, { sources: [KafkaTopic.fromTopicName(of, 'Paid', bare, 'paid')] })).toThrow(
      "`subnets` of the cluster 'Stack/Bare' is unknown",
    );
    const other = stack();
    const vpc = importedVpc(other);
    const known = MskCluster.fromClusterAttributes(other, 'Known', {
      clusterArn: CLUSTER_ARN,
      authentication: [ClientAuthentication.iam()],
      securityGroups: [],
      vpc,
      subnets: vpc.privateSubnets,
      bootstrapBrokers: 'b-1.orders:9098',
    });
    expect(() => application(other, { sources: [KafkaTopic.fromTopicName(other, 'Paid', known, 'paid')] })).toThrow(
      '`securityGroups` of the cluster',
    );
  });

  test.each<[string, ClientAuthentication, (of: Stack) => ClientIdentity, number, object]>([
    [
      'SCRAM',
      ClientAuthentication.scram(),
      (of) => ClientIdentity.scram(secretsmanager.Secret.fromSecretNameV2(of, 'Secret', 'AmazonMSK_revenue')),
      9096,
      { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'SCRAM-SHA-512', 'secret.arn': expect.anything() },
    ],
    [
      'nobody over TLS',
      ClientAuthentication.unauthenticated(),
      () => ClientIdentity.anonymous(),
      9094,
      { 'security.protocol': 'SSL' },
    ],
  ])('may know it by %s', (_, authentication, identity, port, properties) => {
    const of = stack();
    const orders = cluster(of, 'Orders', { authentication: [authentication] });
    application(of, { sources: [topicOf(orders)], identity: identity(of) });
    expect(groupsOf(of).kafka).toMatchObject(properties);
    expect(onlyOne(of, 'AWS::EC2::SecurityGroupIngress').Properties.FromPort).toBe(port);
    expect(
      Object.values(allowed(of))
        .flat()
        .filter((action) => action.startsWith('kafka-cluster:')),
    ).toEqual([]);
  });

  test('may be in another stack, and two applications share a topic', () => {
    const home = stack({ id: 'Home' });
    const orders = cluster(home);
    const away = stack({ id: 'Away', app: home.node.root as ReturnType<typeof app> });
    sql(away, {}, 'One', orders);
    sql(away, { consumerGroup: 'two' }, 'Two', orders);
    expect(countsOf(away)).toMatchObject({ [APPLICATION]: 2, [STATE]: 2, 'AWS::Lambda::Function': 1 });
    expect(countsOf(home)['AWS::EC2::SecurityGroupIngress']).toBeUndefined();
  });
});

describe('SQL', () => {
  test('[129] [131] [S-11] becomes the properties of an application that runs the shipped jar', () => {
    const of = stack();
    sql(of, { variables: { hours: '1' }, sql: FlinkSqlScript.inline(`${SQL}SET 'x' = '\${hours}'`) });
    const { 'sql.00': statements, variables, options, kafka } = groupsOf(of);
    expect(statements).toEqual({
      '001.1.00': "CREATE TABLE paid (id STRING) WITH (${source.paid}, 'format' = 'json')",
      '002.2.00': "CREATE TABLE revenue (id STRING) WITH (${sink.revenue}, 'format' = 'json')",
      '003.4.00': 'INSERT INTO revenue\nSELECT id FROM paid',
      '004.6.00': "SET 'x' = '${hours}'",
    });
    expect(options).toEqual({ 'table.exec.source.idle-timeout': '60000 ms', 'table.local-time-zone': 'UTC' });
    expect(Object.keys(variables).sort()).toEqual(['client', 'hours', 'sink.revenue', 'source.paid']);
    expect(kafka['group.id']).toBe('revenue');
    expect(onlyOne(of, APPLICATION).Properties.RuntimeEnvironment).toBe('FLINK-2_3');
  });

  test('[130] reads committed records in its group and writes exactly once', () => {
    const of = stack();
    sql(of);
    const { variables } = groupsOf(of);
    expect(Object.keys(allowed(of))).toContain(arnOf('transactional-id', 'revenue-*'));
    const source = textOf(variables['source.paid']);
    expect(source).toContain("'connector' = 'kafka', 'topic' = 'paid', 'properties.bootstrap.servers' = '<Orders");
    expect(source).toContain("'properties.sasl.mechanism' = 'AWS_MSK_IAM'");
    expect(source).toMatch(
      /'properties.group.id' = 'revenue', 'scan.startup.mode' = 'group-offsets', 'properties.auto.offset.reset' = 'earliest', 'properties.isolation.level' = 'read_committed'$/,
    );
    expect(textOf(variables['sink.revenue'])).toMatch(
      /'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'revenue-revenue', 'properties.transaction.timeout.ms' = '900000'$/,
    );
  });

  test('[130] may write at least once, and then needs no transactions; may begin with the newest record', () => {
    const of = stack();
    sql(of, { exactlyOnce: false, startingPosition: FlinkStartingPosition.LATEST, idleTimeout: Duration.seconds(5) });
    const { variables, options } = groupsOf(of);
    expect(textOf(variables['sink.revenue'])).toMatch(/'sink.delivery-guarantee' = 'at-least-once'$/);
    expect(textOf(variables['source.paid'])).toContain("'properties.auto.offset.reset' = 'latest'");
    expect(options['table.exec.source.idle-timeout']).toBe('5000 ms');
    expect(Object.keys(allowed(of)).filter((arn) => arn.includes('transactional-id'))).toEqual([]);
  });

  test('longer than a property is split, and no character is lost', () => {
    const of = stack();
    const columns = Array.from({ length: 300 }, (_, index) => `column_${index} STRING`).join(', ');
    const text = SQL.replace('id STRING', `id STRING, ${columns}`);
    sql(of, { sql: FlinkSqlScript.inline(text) });
    const parts = Object.entries<string>(groupsOf(of)['sql.00']).filter(([key]) => key.startsWith('001.'));
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.every(([, part]) => part.length <= 2048)).toBe(true);
    expect(parts.map(([key]) => key)).toEqual(parts.map((_, index) => `001.1.0${index}`));
    expect(parts.map(([, part]) => part).join('')).toBe(text.slice(0, text.indexOf(';')));
  });

  test('of more than 50 properties takes more groups, and too much is refused', () => {
    const of = stack();
    const many = (count: number) =>
      FlinkSqlScript.inline(SQL + Array.from({ length: count }, (_, index) => `SET 'k${index}' = 'v';`).join('\n'));
    sql(of, { sql: many(100) });
    expect(Object.keys(groupsOf(of)['sql.00'])).toHaveLength(50);
    expect(Object.keys(groupsOf(of)['sql.01'])).toHaveLength(50);
    expect(Object.keys(groupsOf(of)['sql.02'])).toHaveLength(3);
    expect(() => sql(stack(), { sql: many(2400) })).toThrow('has room for 2350');
  });

  test('is split at semicolons that end statements, and at no others', () => {
    const script = FlinkSqlScript.inline(
      "-- a; comment\nSET 'a;b' = 'it''s; fine'; /* one; two\n; */\n\nINSERT INTO `x;y` SELECT 'z' -- not; here\nFROM t",
    );
    expect(script._statements).toEqual([
      { number: 1, line: 2, text: "SET 'a;b' = 'it''s; fine'" },
      { number: 2, line: 5, text: "INSERT INTO `x;y` SELECT 'z' -- not; here\nFROM t" },
    ]);
  });

  test('may come from a file, and errors name it', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'flink-'));
    const file = path.join(folder, 'revenue.sql');
    writeFileSync(file, `${SQL}\nSELECT 1;`);
    expect(() => FlinkSqlScript.fromFile(file)).toThrow(`statement 4 on line 7 of ${file} begins with 'SELECT'`);
    rmSync(folder, { recursive: true });
  });

  test.each([
    ['without INSERT', 'CREATE TABLE a (b INT) WITH ();', 'FLINK-SQL-INSERT: the SQL has no INSERT statement'],
    ['empty', ' -- nothing', 'FLINK-SQL-INSERT'],
    ['with a statement set', 'EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; END;', 'leave the statement set out'],
    ['with an open quote', `${SQL}\nSET 'a = 1;`, "`'` on line 7 of the SQL has no `'`"],
    ['with an open comment', `${SQL}/* so`, '`/*` on line 6 of the SQL has no `*/`'],
    [
      'with two INSERTs into a table',
      `${SQL}INSERT INTO \`revenue\` SELECT 1`,
      "writes 'revenue', as statement 3 does",
    ],
  ])('%s is refused', (_, text, message) => {
    expect(() => FlinkSqlScript.inline(text)).toThrow(message);
  });

  test('with a token is refused: it belongs into a variable', () => {
    const of = stack();
    const hours = new CfnParameter(of, 'Hours').valueAsString;
    expect(() => FlinkSqlScript.inline(`${SQL} -- ${hours}`)).toThrow('FLINK-SQL-TOKEN');
    sql(of, { variables: { hours } });
    expect(groupsOf(of).variables.hours).toEqual({ Ref: 'Hours' });
  });

  test.each<[string, Partial<FlinkSqlProps>, string]>([
    [
      'an unknown variable',
      { sql: FlinkSqlScript.inline(SQL.replace('sink.revenue', 'sink.revenu')) },
      'statement 2 on line 2 of the SQL uses `${sink.revenu}`, and there is no such variable, only client, source.paid, sink.revenue',
    ],
    ['a variable that is made here', { variables: { 'sink.x': 'y' } }, "the variable 'sink.x' is made here"],
    ['a long variable', { variables: { x: 'y'.repeat(2049) } }, "'x' of the group 'variables' has 2049"],
    [
      'another line of Flink',
      { runtime: FlinkRuntime.FLINK_1_20 },
      'the bundled runner is for Flink 2, got FLINK-1_20',
    ],
  ])('with %s is refused', (_, props, message) => {
    expect(() => sql(stack(), props)).toThrow(message);
  });

  test('has no way to a secret', () => {
    const of = stack();
    const orders = cluster(of, 'Orders', { authentication: [ClientAuthentication.scram()] });
    const identity = ClientIdentity.scram(secretsmanager.Secret.fromSecretNameV2(of, 'Secret', 'AmazonMSK_revenue'));
    expect(() => sql(of, { identity }, 'Revenue', orders)).toThrow(/FlinkSqlIdentity: SQL has no way to a secret/);
  });

  test('may run on a line of its own with a runner of one’s own', () => {
    const of = stack();
    const own = FlinkRunner.fromBucket(s3.Bucket.fromBucketName(of, 'Jars', 'jars'), 'runner.jar');
    sql(of, { runtime: FlinkRuntime.FLINK_1_20, runner: own });
    expect(configurationOf(of).ApplicationCodeConfiguration.CodeContent.S3ContentLocation.FileKey).toBe('runner.jar');
  });

  test('[S-11] that would lose records or write odd numbers without a word warns', () => {
    const of = stack();
    const trapped = SQL.replace("{source.paid}, 'format' = 'json'", "$&, 'json.ignore-parse-errors' = 'true'").replace(
      'revenue (id STRING',
      'revenue (id DECIMAL(9, 2)',
    );
    sql(of, { sql: FlinkSqlScript.inline(trapped) });
    const warnings = warningsOf(of).join('\n');
    expect(warnings).toContain('FLINK-SQL-LOST-RECORDS');
    expect(warnings).toContain('statement 1 on line 1 of the SQL ignores what can not be parsed');
    expect(warnings).toContain('FLINK-SQL-DECIMAL');
    expect(warnings).toContain('statement 2 on line 2 of the SQL writes DECIMAL as JSON');
    const clean = stack();
    sql(clean);
    expect(warningsOf(clean)).toEqual([]);
  });
});

describe('the shipped runner', () => {
  test('that is not built can be synthesized, to the same template, with a warning', () => {
    const built = stack();
    sql(built);
    const before = Template.fromStack(built).toJSON();
    runner.mockReturnValue({
      file: path.join(bundled.FLINK_RUNNER.sources, 'not-built.jar'),
      hash: bundled.flinkRunnerHash(),
      built: false,
    });
    const of = stack();
    sql(of);
    expect(differences(before, Template.fromStack(of).toJSON())).toEqual([]);
    expect(warningsOf(of).join()).toContain('FLINK-RUNNER-NOT-BUILT');
  });

  test('is named by its sources: others make another object', () => {
    const keyOf = (hash: string) => {
      runner.mockReturnValue({ ...actual.bundledRunner(), hash, built: true });
      const of = stack();
      sql(of);
      return configurationOf(of).ApplicationCodeConfiguration.CodeContent.S3ContentLocation.FileKey;
    };
    const { hash } = actual.bundledRunner();
    expect(hash).toBe(actual.flinkRunnerHash());
    expect(keyOf(hash)).toMatch(/^[0-9a-f]{64}\.jar$/);
    expect(keyOf(hash)).toBe(keyOf(hash));
    expect(keyOf(hash)).not.toBe(keyOf('other'));
  });
});

describe('an edit', () => {
  function edited(
    props: Partial<FlinkSqlProps>,
    id = 'Revenue',
  ): { replaced: boolean; changed: string[]; restarted: boolean } {
    const [before, after] = [stack(), stack()];
    sql(before);
    sql(after, props, id);
    const changed = differences(onlyOne(before, APPLICATION), onlyOne(after, APPLICATION));
    return {
      replaced:
        idsOf(before, APPLICATION)[0] !== idsOf(after, APPLICATION)[0] ||
        changed.includes('Properties.ApplicationName'),
      changed: changed.map((each) => each.replace(/^Properties\.(ApplicationConfiguration\.)?/, '')),
      restarted: onlyOne(before, STATE).Properties.Revision !== onlyOne(after, STATE).Properties.Revision,
    };
  }

  test.each<[string, Partial<FlinkSqlProps>]>([
    ['SQL', { sql: FlinkSqlScript.inline(SQL.replace('SELECT id', 'SELECT UPPER(id)')) }],
    ['a variable', { variables: { a: 'b' } }],
    ['the consumer group', { consumerGroup: 'other' }],
    ['the parallelism', { parallelism: 3 }],
    ['the version of Flink', { runtime: FlinkRuntime.FLINK_2_2 }],
  ])('[129] of %s keeps the application, which is waited for', (_, props) => {
    expect(edited(props)).toMatchObject({
      replaced: false,
      restarted: true,
      changed: expect.arrayContaining([expect.anything()]),
    });
  });

  test('[129] of nothing changes nothing', () => {
    expect(edited({})).toEqual({ replaced: false, restarted: false, changed: [] });
  });

  test('[129] of the name, or a construct that is moved, makes a new application', () => {
    expect(edited({ applicationName: 'named' }).replaced).toBe(true);
    expect(edited({}, 'Moved').replaced).toBe(true);
  });
});
