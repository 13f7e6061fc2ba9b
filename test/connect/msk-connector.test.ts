import { mkdtempSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { CfnParameter } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { ClientAuthentication, ClientIdentity, MskCluster, ResourcePattern } from '../../lib/cluster';
import type { IMskCluster } from '../../lib/cluster';
import {
  ConnectorCapacity,
  ConnectPlugin,
  ConnectPluginCode,
  ConnectWorkerConfiguration,
  DeliveryLogs,
  KafkaConnectVersion,
  MskConnector,
} from '../../lib/connect';
import type { ConnectWorkerConfigurationProps, IConnectPlugin, MskConnectorProps } from '../../lib/connect';
import { KafkaTopic } from '../../lib/topic';
import {
  app,
  CLUSTER_ARN,
  cluster,
  countsOf,
  idsOf,
  importedVpc,
  keepReportsQuiet,
  onlyOne,
  resourcesOf,
  stack,
  textOf,
  warningsOf,
} from '../support/fixtures';
import { nagFindings } from '../support/nag';

keepReportsQuiet();

const CONNECTOR = 'AWS::KafkaConnect::Connector';
const PLUGIN = 'AWS::KafkaConnect::CustomPlugin';
const WORKERS = 'AWS::KafkaConnect::WorkerConfiguration';
const INGRESS = 'AWS::EC2::SecurityGroupIngress';
const PLUGIN_ARN = 'arn:aws:kafkaconnect:eu-west-1:123456789012:custom-plugin/s3-sink/0a1b2c3d-1';

function pluginOf(of: Stack): IConnectPlugin {
  return (
    (of.node.tryFindChild('ImportedPlugin') as IConnectPlugin | undefined) ??
    ConnectPlugin.fromPluginArn(of, 'ImportedPlugin', PLUGIN_ARN)
  );
}

function topicOf(orders: IMskCluster, topicName = 'paid'): KafkaTopic {
  return new KafkaTopic(orders.node.scope!, `Topic${topicName}`, {
    cluster: orders,
    topicName,
    partitions: 12,
    replicationFactor: 3,
  });
}

function connector(of: Stack, props: Partial<MskConnectorProps> = {}, id = 'Archive'): MskConnector {
  return new MskConnector(of, id, {
    plugin: pluginOf(of),
    connectorClass: 'io.confluent.connect.s3.S3SinkConnector',
    kafkaConnectVersion: KafkaConnectVersion.V3_7_X,
    ...props,
    cluster: props.cluster ?? cluster(of),
  });
}

/** What the policy of a connector allows: resource to actions, an owned cluster's ARN as `CLUSTER_ARN`. */
function allowed(of: Stack, id = 'Archive'): Record<string, string[]> {
  const clusters = Object.fromEntries(idsOf(of, 'AWS::MSK::Cluster').map((each) => [`${each}.Arn`, CLUSTER_ARN]));
  const [policy] = idsOf(of, 'AWS::IAM::Policy').filter((each) => each.startsWith(id));
  const rights: Record<string, string[]> = {};
  for (const { Effect, Action, Resource } of resourcesOf(of)[policy].Properties.PolicyDocument.Statement) {
    expect(Effect).toBe('Allow');
    for (const resource of [Resource].flat()) {
      const key = textOf(resource, clusters)
        .replace(CLUSTER_ARN.split(':cluster/')[0], '')
        .replace(/orders\/[^/]+/, '*');
      rights[key] = [
        ...(rights[key] ?? []),
        ...[Action].flat().map((each) => each.replace('kafka-cluster:', '')),
      ].sort();
    }
  }
  return rights;
}

const INTERNAL = {
  ':topic/*/__amazon_msk_connect_*': ['CreateTopic', 'DescribeTopic', 'ReadData', 'WriteData'],
  ':group/*/__amazon_msk_connect_*': ['AlterGroup', 'DescribeGroup'],
  ':group/*/connect-*': ['AlterGroup', 'DescribeGroup'],
};

describe('a sink connector', () => {
  const of = stack();
  const orders = cluster(of);
  const archive = connector(of, {
    cluster: orders,
    readTopics: [topicOf(orders)],
    configuration: { 'flush.size': '1000' },
  });
  const template = Template.fromStack(of);
  const resources = resourcesOf(template);
  const [clusterId] = idsOf(template, 'AWS::MSK::Cluster');
  const [roleId] = idsOf(template, 'AWS::IAM::Role').filter((id) => id.startsWith('Archive'));

  test('[94] [138] reads its topics by IAM over TLS with one worker', () => {
    const { Properties } = onlyOne(template, CONNECTOR);
    expect(Properties).toMatchObject({
      Capacity: { ProvisionedCapacity: { WorkerCount: 1, McuCount: 1 } },
      ConnectorConfiguration: {
        'connector.class': 'io.confluent.connect.s3.S3SinkConnector',
        'flush.size': '1000',
        topics: 'paid',
      },
      KafkaConnectVersion: '3.7.x',
      KafkaClusterClientAuthentication: { AuthenticationType: 'IAM' },
      KafkaClusterEncryptionInTransit: { EncryptionType: 'TLS' },
      Plugins: [{ CustomPlugin: { CustomPluginArn: PLUGIN_ARN, Revision: 1 } }],
      ServiceExecutionRoleArn: { 'Fn::GetAtt': [roleId, 'Arn'] },
    });
    expect(Properties.KafkaCluster.ApacheKafkaCluster.Vpc).toEqual({
      Subnets: ['subnet-a', 'subnet-b', 'subnet-c'],
      SecurityGroups: [{ 'Fn::GetAtt': [expect.stringMatching(/^ArchiveSecurityGroup/), 'GroupId'] }],
    });
    const [attribute] = Properties.KafkaCluster.ApacheKafkaCluster.BootstrapServers['Fn::GetAtt'].slice(1);
    expect(attribute).toBe('BootstrapBrokerStringSaslIam');
  });

  test('[94] has just the documented rights', () => {
    expect(allowed(of)).toEqual({
      ':cluster/*': ['Connect', 'DescribeCluster'],
      ...INTERNAL,
      ':topic/*/paid': ['DescribeTopic', 'ReadData'],
    });
  });

  test('[94] has a role that MSK Connect takes for this connector only', () => {
    const [statement] = resources[roleId].Properties.AssumeRolePolicyDocument.Statement;
    expect(statement).toMatchObject({
      Principal: { Service: 'kafkaconnect.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    });
    expect(textOf(statement.Condition.ArnLike['aws:SourceArn'])).toMatch(
      /^arn:<AWS::Partition>:kafkaconnect:<AWS::Region>:<AWS::AccountId>:connector\/Stack-Archive-[A-F0-9]{8}-\*$/,
    );
    expect(onlyOne(template, CONNECTOR).Properties.ConnectorName).toMatch(/^Stack-Archive-[A-F0-9]{8}-[a-f0-9]{8}$/);
  });

  test('[94] is let in by the cluster from the side of the client, on one port', () => {
    expect(onlyOne(template, INGRESS).Properties).toMatchObject({
      FromPort: 9098,
      ToPort: 9098,
      SourceSecurityGroupId: { 'Fn::GetAtt': [expect.stringMatching(/^ArchiveSecurityGroup/), 'GroupId'] },
      GroupId: { 'Fn::GetAtt': [expect.stringMatching(/^OrdersSecurityGroup/), 'GroupId'] },
    });
  });

  test('[94] waits for topic, cluster, rights, network and logs', () => {
    expect(onlyOne(template, CONNECTOR).DependsOn?.sort()).toEqual(
      [
        clusterId,
        idsOf(template, INGRESS)[0],
        idsOf(template, 'AWS::MSK::Topic')[0],
        idsOf(template, 'AWS::IAM::Policy').find((id) => id.startsWith('Archive')),
        idsOf(template, 'AWS::Logs::LogGroup').find((id) => id.startsWith('Archive')),
      ].sort(),
    );
  });

  test('[94] logs into a group of its own from the first day', () => {
    const [id] = idsOf(template, 'AWS::Logs::LogGroup').filter((each) => each.startsWith('Archive'));
    expect(onlyOne(template, CONNECTOR).Properties.LogDelivery).toEqual({
      WorkerLogDelivery: { CloudWatchLogs: { Enabled: true, LogGroup: { Ref: id } } },
    });
    expect(resources[id]).toMatchObject({
      Properties: { LogGroupName: expect.stringMatching(/^\/aws\/vendedlogs\/msk-connect\//), RetentionInDays: 90 },
      DeletionPolicy: 'Delete',
    });
  });

  test('[138] has metrics of itself and of its group', () => {
    expect(archive.metricErroredTaskCount()).toMatchObject({
      namespace: 'AWS/KafkaConnect',
      metricName: 'ErroredTaskCount',
      statistic: 'Maximum',
    });
    const lag = archive.metricMaxOffsetLag(topicOf(orders, 'other'));
    expect(of.resolve(lag.dimensions)).toMatchObject({
      'Consumer Group': `connect-${onlyOne(template, CONNECTOR).Properties.ConnectorName}`,
    });
  });

  test('[B-08] has no finding of cdk-nag but for topics and groups that MSK Connect names itself, and no warning', () => {
    const found = nagFindings(of).map(({ id, resource }) => `${resource} ${id.slice(0, 17)} ${id.slice(-30)}`);
    expect(found.map((each) => each.replace(/ [^ ]*\/([^/]+)\]$/, ' $1'))).toEqual([
      'Archive/Policy/Resource AwsSolutions-IAM5 __amazon_msk_connect_*',
      'Archive/Policy/Resource AwsSolutions-IAM5 connect-*',
      'Archive/Policy/Resource AwsSolutions-IAM5 __amazon_msk_connect_*',
    ]);
    expect(warningsOf(of)).toEqual([]);
  });
});

test('[94] [138] a source connector writes topics, and makes those of a prefix itself', () => {
  const of = stack();
  const orders = cluster(of);
  const workerConfiguration = new ConnectWorkerConfiguration(of, 'Workers', {
    keyConverter: 'org.apache.kafka.connect.storage.StringConverter',
    valueConverter: 'org.apache.kafka.connect.json.JsonConverter',
    offsetStorageTopic: 'offsets-of-inventory',
  });
  connector(of, {
    cluster: orders,
    writeTopics: [topicOf(orders, 'heartbeat')],
    ownTopics: [ResourcePattern.prefixed('inventory.')],
    workerConfiguration,
    connectorName: 'inventory',
  });
  expect(allowed(of)).toEqual({
    ':cluster/*': ['Connect', 'DescribeCluster', 'WriteDataIdempotently'],
    ...INTERNAL,
    ':topic/*/offsets-of-inventory': ['CreateTopic', 'DescribeTopic', 'ReadData', 'WriteData'],
    ':topic/*/heartbeat': ['DescribeTopic', 'WriteData'],
    ':topic/*/inventory.*': ['CreateTopic', 'DescribeTopic', 'ReadData', 'WriteData'],
  });
  const { ConnectorName, ConnectorConfiguration } = onlyOne(of, CONNECTOR).Properties;
  expect([ConnectorName, ConnectorConfiguration.topics]).toEqual(['inventory', undefined]);
});

describe('the name of a connector', () => {
  function name(props: Partial<MskConnectorProps> = {}, workers?: Partial<ConnectWorkerConfigurationProps>): string {
    const of = stack();
    const workerConfiguration =
      workers &&
      new ConnectWorkerConfiguration(of, 'Workers', { keyConverter: 'a.B', valueConverter: 'c.D', ...workers });
    connector(of, { ...props, workerConfiguration });
    return onlyOne(of, CONNECTOR).Properties.ConnectorName;
  }
  const before = name();

  test.each<[string, Partial<MskConnectorProps>]>([
    ['the capacity', { capacity: ConnectorCapacity.provisioned({ workers: 2 }) }],
    ['the settings', { configuration: { 'flush.size': '7' }, connectorClass: 'a.B' }],
  ])('[94] stays with %s, which changes in place', (_title, props) => {
    expect(name(props)).toBe(before);
  });

  test.each<[string, Partial<MskConnectorProps>]>([
    ['the version', { kafkaConnectVersion: KafkaConnectVersion.V2_7_1 }],
    ['the description', { description: 'new' }],
    ['the logs', { logs: [] }],
    ['the subnets', { vpcSubnets: { availabilityZones: ['eu-west-1a'] } }],
  ])('[94] changes with %s, so that the new one can be made first', (_title, props) => {
    expect(name(props)).not.toBe(before);
  });

  test('[93] changes with the plugin and the worker configuration that it uses', () => {
    const [text, json] = [{}, { valueConverter: 'e.F' }].map((each) => name({}, each));
    expect(text).not.toBe(json);
    expect(name({}, {})).toBe(text);
  });
});

describe('a plugin', () => {
  function archive(fileName: string, content: string): string {
    const path = join(mkdtempSync(join(tmpdir(), 'plugin-')), fileName);
    writeFileSync(path, content);
    return path;
  }
  function rendered(code: ConnectPluginCode): any {
    const of = stack();
    new ConnectPlugin(of, 'Sink', { code });
    return onlyOne(of, PLUGIN).Properties;
  }

  test('[93] is made of a file, and gets another name with other contents', () => {
    const [one, two] = ['1', '2'].map((content) => rendered(ConnectPluginCode.fromAsset(archive('sink.jar', content))));
    expect(one).toMatchObject({
      ContentType: 'JAR',
      Name: expect.stringMatching(/^Stack-Sink-[A-F0-9]{8}-[a-f0-9]{8}$/),
    });
    expect(one.Location.S3Location.FileKey).toMatch(/^[0-9a-f]{64}\.jar$/);
    expect(one.Name).not.toBe(two.Name);
    expect(rendered(ConnectPluginCode.fromAsset(archive('sink.jar', '1'))).Name).toBe(one.Name);
  });

  test('[93] is made of an object, by its version', () => {
    const of = stack();
    const bucket = s3.Bucket.fromBucketName(of, 'Plugins', 'plugins');
    const code = (version?: string) => ConnectPluginCode.fromBucket(bucket, 'sink.zip', version);
    const one = new ConnectPlugin(of, 'One', { code: code('v1') });
    new ConnectPlugin(of, 'Two', { code: code() });
    const [first] = idsOf(of, PLUGIN);
    expect(resourcesOf(of)[first].Properties).toMatchObject({
      ContentType: 'ZIP',
      Location: { S3Location: { FileKey: 'sink.zip', ObjectVersion: 'v1' } },
    });
    expect(of.resolve(one.pluginRevision)).toEqual({ 'Fn::GetAtt': [first, 'Revision'] });
    expect(warningsOf(of)).toEqual([expect.stringMatching(/^"sink.zip"|new contents.*MSK-CONNECT-ARCHIVE-VERSION/)]);
    expect(warningsOf(of, '/Stack/One')).toEqual([]);
  });

  test('[93] is a JAR or ZIP file', () => {
    expect(() => rendered(ConnectPluginCode.fromAsset(archive('sink.tar', '')))).toThrow(
      /ConnectPluginArchive.*sink.tar/,
    );
  });
});

test('[93] a worker configuration is a properties file in base64, named by its contents', () => {
  const of = stack();
  const parameter = new CfnParameter(of, 'Topic').valueAsString;
  const props = { keyConverter: 'a.Key', valueConverter: 'a.Value' };
  new ConnectWorkerConfiguration(of, 'Text', { ...props, other: { 'value.converter': 'x', 'tasks.enable': 'true' } });
  new ConnectWorkerConfiguration(of, 'Later', { ...props, offsetStorageTopic: parameter });
  const [text, later] = idsOf(of, WORKERS).map((id) => resourcesOf(of)[id].Properties);
  expect(Buffer.from(text.PropertiesFileContent, 'base64').toString()).toBe(
    'key.converter=a.Key\ntasks.enable=true\nvalue.converter=a.Value',
  );
  expect(later.PropertiesFileContent).toHaveProperty('Fn::Base64');
  expect([text.Name, later.Name]).toEqual([
    expect.stringMatching(/^Stack-Text-[A-F0-9]{8}-[a-f0-9]{8}$/),
    expect.stringMatching(/^Stack-Later-[A-F0-9]{8}-[a-f0-9]{8}$/),
  ]);
});

describe('who a connector is', () => {
  const authentication = (...of: ClientAuthentication[]) => ({ authentication: of });

  test('[94] SCRAM and mutual TLS are refused with what would work', () => {
    const of = stack();
    const secret = secretsmanager.Secret.fromSecretNameV2(of, 'Secret', 'AmazonMSK_billing');
    const both = cluster(of, 'Orders', authentication(ClientAuthentication.iam(), ClientAuthentication.scram()));
    for (const identity of [ClientIdentity.scram(secret), ClientIdentity.mutualTls(secret)]) {
      expect(() => connector(of, { cluster: both, identity }, identity.mechanism)).toThrow(
        /MSK-CONNECT-AUTHENTICATION: .*leave `identity` out/,
      );
    }
    const scram = cluster(of, 'Scram', authentication(ClientAuthentication.scram()));
    expect(() => connector(of, { cluster: scram })).toThrow(/not by SCRAM: add ClientAuthentication.iam\(\)/);
  });

  test.each([
    [ClientAuthentication.unauthenticated(), 'TLS', 9094],
    [ClientAuthentication.plaintext(), 'PLAINTEXT', 9092],
  ])('[94] nobody in particular, without rights', (given, encryption, port) => {
    const of = stack();
    connector(of, {
      cluster: cluster(of, 'Orders', authentication(given)),
      identity: ClientIdentity.anonymous(),
    });
    expect(onlyOne(of, CONNECTOR).Properties).toMatchObject({
      KafkaClusterClientAuthentication: { AuthenticationType: 'NONE' },
      KafkaClusterEncryptionInTransit: { EncryptionType: encryption },
    });
    expect(onlyOne(of, INGRESS).Properties.FromPort).toBe(port);
    expect(idsOf(of, 'AWS::IAM::Policy').filter((id) => id.startsWith('Archive'))).toEqual([]);
  });
});

test('[94] topics belong to the cluster of the connector', () => {
  const of = stack();
  const [orders, others] = [cluster(of), cluster(of, 'Others')];
  expect(() => connector(of, { cluster: orders, readTopics: [topicOf(others)] })).toThrow(
    /TopicOfOtherCluster: .*'Stack\/Topicpaid' is in another cluster than 'Stack\/Orders'/,
  );
  const [one, same, other] = [CLUSTER_ARN, CLUSTER_ARN, CLUSTER_ARN.replace('orders', 'x')].map((clusterArn, i) =>
    MskCluster.fromClusterAttributes(of, `Import${i}`, {
      clusterArn,
      vpc: importedVpc(of, `Vpc${i}`),
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(of, `Group${i}`, `sg-${i}`)],
    }),
  );
  connector(of, { cluster: one, readTopics: [KafkaTopic.fromTopicName(of, 'Same', same, 'paid')] }, 'Fine');
  const writeTopics = [KafkaTopic.fromTopicName(of, 'Other', other, 'paid')];
  expect(() => connector(of, { cluster: one, writeTopics }, 'Wrong')).toThrow('TopicOfOtherCluster');
});

test('[94] workers scale between limits', () => {
  const of = stack();
  connector(of, { capacity: ConnectorCapacity.autoscaled({ maxWorkers: 4, maxTasks: 8 }) });
  expect(onlyOne(of, CONNECTOR).Properties.Capacity).toEqual({
    AutoScaling: {
      MinWorkerCount: 1,
      MaxWorkerCount: 4,
      McuCount: 1,
      ScaleInPolicy: { CpuUtilizationPercentage: 20 },
      ScaleOutPolicy: { CpuUtilizationPercentage: 80 },
      MaxAutoscalingTaskCount: 8,
    },
  });
});

test('[94] what MSK Connect would refuse fails at synth, what it would not tell is warned of', () => {
  const both = app();
  const of = stack({ app: both });
  connector(of, { capacity: ConnectorCapacity.provisioned({ unitsPerWorker: 3 }) });
  expect(() => both.synth()).toThrow(/MSK-CONNECT-CAPACITY: 3 units/);

  const quiet = stack();
  connector(quiet, {
    logs: [],
    vpc: new ec2.Vpc(quiet, 'Open', { subnetConfiguration: [{ name: 'Public', subnetType: ec2.SubnetType.PUBLIC }] }),
    configuration: { password: 'hunter2' },
  });
  const warnings = warningsOf(quiet).join();
  for (const id of ['MSK-CONNECT-LOGGING', 'MSK-CONNECT-NETWORK', 'MSK-CONNECT-SECRETS']) {
    expect(warnings).toContain(`[ack: cdk-msk-macie:${id}]`);
  }
  expect(warnings).not.toContain('hunter2');
});

test('[94] two connectors with one security group make one rule', () => {
  const of = stack();
  const orders = cluster(of);
  const group = new ec2.SecurityGroup(of, 'Clients', { vpc: importedVpc(of, 'ClientVpc') });
  const props = { cluster: orders, securityGroups: [group] };
  connector(of, props, 'One');
  connector(of, props, 'Two');
  expect(countsOf(of)).toMatchObject({ [CONNECTOR]: 2, [INGRESS]: 1 });
  const [rule] = idsOf(of, INGRESS);
  for (const id of idsOf(of, CONNECTOR)) {
    expect(resourcesOf(of)[id].DependsOn).toContain(rule);
  }
});

test('[94] a group that lets nothing out gets a rule for it', () => {
  const of = stack();
  const group = new ec2.SecurityGroup(of, 'Clients', { vpc: importedVpc(of, 'ClientVpc'), allowAllOutbound: false });
  connector(of, { securityGroups: [group] });
  const [egress] = idsOf(of, 'AWS::EC2::SecurityGroupEgress');
  expect(resourcesOf(of)[egress].Properties).toMatchObject({ FromPort: 9098 });
  expect(onlyOne(of, CONNECTOR).DependsOn).toContain(egress);
});

test('[94] a connector of another stack depends on the cluster, not the other way round', () => {
  const both = app();
  const owner = stack({ app: both, id: 'Owner' });
  const of = stack({ app: both, id: 'Client' });
  const orders = cluster(owner);
  connector(of, { cluster: orders, readTopics: [topicOf(orders)] });
  both.synth();
  expect([owner.dependencies, of.dependencies]).toEqual([[], [owner]]);
  expect(countsOf(of)[INGRESS]).toBe(1);
  expect(countsOf(owner)[INGRESS]).toBeUndefined();
});

describe('an imported cluster', () => {
  test('[94] has to be known well enough', () => {
    const of = stack();
    const bare = MskCluster.fromClusterArn(of, 'Bare', CLUSTER_ARN);
    expect(() => connector(of, { cluster: bare })).toThrow(/`vpc` of the cluster 'Stack\/Bare' is unknown/);
    expect(() => connector(of, { cluster: bare, vpc: importedVpc(of) }, 'Second')).toThrow(/`securityGroups` of/);
    expect(() => connector(of, { cluster: cluster(of), securityGroups: [] }, 'Third')).toThrow('SecurityGroupsMissing');
  });

  test('[94] is connected to in any partition', () => {
    const of = stack({ env: { region: 'cn-north-1', account: '123456789012' } });
    const orders = MskCluster.fromClusterAttributes(of, 'Orders', {
      clusterArn: CLUSTER_ARN.replace('arn:aws:', 'arn:aws-cn:').replace('eu-west-1', 'cn-north-1'),
      vpc: importedVpc(of),
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(of, 'Group', 'sg-0a1b2c3d')],
      bootstrapBrokers: 'b-1.orders:9098,b-2.orders:9098',
    });
    connector(of, {
      cluster: orders,
      plugin: ConnectPlugin.fromPluginArn(of, 'Cn', PLUGIN_ARN.replace('aws:', 'aws-cn:')),
    });
    expect(JSON.stringify(onlyOne(of, 'AWS::IAM::Policy'))).not.toContain('arn:aws:');
    expect(onlyOne(of, CONNECTOR).Properties.KafkaCluster.ApacheKafkaCluster.BootstrapServers).toBe(
      'b-1.orders:9098,b-2.orders:9098',
    );
  });
});

describe('logs', () => {
  test('[94] go where they are told, and are let in there', () => {
    const of = stack();
    const bucket = new s3.Bucket(of, 'LogBucket', { encryption: s3.BucketEncryption.KMS });
    connector(of, {
      logs: [
        DeliveryLogs.toLogGroup({ logGroup: logs.LogGroup.fromLogGroupName(of, 'Group', '/aws/vendedlogs/mine') }),
        DeliveryLogs.toBucket(bucket, 'connect/'),
        DeliveryLogs.toFirehose(
          firehose.DeliveryStream.fromDeliveryStreamArn(
            of,
            'Stream',
            'arn:aws:firehose:eu-west-1:123456789012:deliverystream/logs',
          ),
        ),
      ],
    });
    expect(onlyOne(of, CONNECTOR).Properties.LogDelivery.WorkerLogDelivery).toMatchObject({
      CloudWatchLogs: { Enabled: true, LogGroup: '/aws/vendedlogs/mine' },
      S3: { Enabled: true, Prefix: 'connect/' },
      Firehose: { Enabled: true, DeliveryStream: 'logs' },
    });
    const { Statement } = onlyOne(of, 'AWS::S3::BucketPolicy').Properties.PolicyDocument;
    expect(Statement).toEqual([
      expect.objectContaining({ Action: 's3:GetBucketAcl', Principal: { Service: 'delivery.logs.amazonaws.com' } }),
      expect.objectContaining({
        Action: 's3:PutObject',
        Condition: expect.objectContaining({
          StringEquals: {
            'aws:SourceAccount': { Ref: 'AWS::AccountId' },
            's3:x-amz-acl': 'bucket-owner-full-control',
          },
        }),
      }),
    ]);
    const key = onlyOne(of, 'AWS::KMS::Key').Properties.KeyPolicy.Statement;
    expect(key.at(-1)).toMatchObject({ Principal: { Service: 'delivery.logs.amazonaws.com' } });
    expect(warningsOf(of)).toEqual([]);
  });

  test('[94] in an imported bucket ask for its policy, and one kind can be named once', () => {
    const of = stack();
    const bucket = s3.Bucket.fromBucketName(of, 'Imported', 'logs');
    connector(of, { logs: [DeliveryLogs.toBucket(bucket)] });
    expect(warningsOf(of).join()).toMatch(/s3:PutObject.*MSK-LOGS-BUCKET-POLICY/);
    const twice = [DeliveryLogs.toBucket(bucket), DeliveryLogs.toBucket(bucket, 'a')];
    expect(() => connector(of, { cluster: cluster(of, 'Other'), logs: twice }, 'Twice')).toThrow('DeliveryLogsTwice');
  });
});

test('[94] a role that can not be changed is told what it lacks', () => {
  const of = stack();
  const role = iam.Role.fromRoleArn(of, 'Role', 'arn:aws:iam::123456789012:role/connect', { mutable: false });
  connector(of, { role });
  expect(warningsOf(of).join()).toMatch(/kafka-cluster:Connect.*MSK-GRANT-NOT-ADDED/);
});

test('[94] what the connector moves data to is granted to it', () => {
  const of = stack();
  const archive = connector(of);
  new s3.Bucket(of, 'Bucket').grantPut(archive);
  expect(Object.values(allowed(of)).flat()).toContain('s3:PutObject');

  const open = stack();
  const authentication = [ClientAuthentication.unauthenticated()];
  const anonymous = connector(open, {
    cluster: cluster(open, 'Orders', { authentication }),
    identity: ClientIdentity.anonymous(),
  });
  new s3.Bucket(open, 'Bucket').grantPut(anonymous);
  const [policy] = idsOf(open, 'AWS::IAM::Policy').filter((id) => id.startsWith('Archive'));
  expect(onlyOne(open, CONNECTOR).DependsOn).toContain(policy);
});

test('[94] imports know their names', () => {
  const of = stack();
  const arn = (kind: string) => `arn:aws:kafkaconnect:eu-west-1:123456789012:${kind}/name/0a1b2c3d-1`;
  expect([
    MskConnector.fromConnectorArn(of, 'Connector', arn('connector')).connectorName,
    ConnectPlugin.fromPluginAttributes(of, 'Plugin', { pluginArn: arn('custom-plugin'), pluginRevision: 2 }).pluginName,
    ConnectWorkerConfiguration.fromWorkerConfigurationArn(of, 'Workers', arn('worker-configuration'))
      .workerConfigurationName,
  ]).toEqual(['name', 'name', 'name']);
});
