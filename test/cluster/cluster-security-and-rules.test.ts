import { Aspects, PropertyInjectors, RemovalPolicy, Stack, Stage, Validations } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as acmpca from 'aws-cdk-lib/aws-acmpca';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import {
  BrokerLogs,
  ClientAuthentication,
  KafkaVersion,
  MonitoringLevel,
  ProvisionedCluster,
  ServerlessCluster,
} from '../../lib/cluster';
import type { ProvisionedClusterProps } from '../../lib/cluster';
import { KafkaTopic } from '../../lib/topic';
import {
  app,
  cluster,
  idsOf,
  importedVpc,
  keepReportsQuiet,
  onlyOne,
  referencesIn,
  resourcesOf,
  retainedOnDeletable,
  stack,
  textOf,
  warningsOf,
} from '../support/fixtures';
import { nagFindings } from '../support/nag';

keepReportsQuiet();

const CLUSTER = 'AWS::MSK::Cluster';

const PLACE = { account: '123456789012', region: 'eu-west-1' };

const AUTHORITY = 'arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/0a1b2c3d-0000-4000-8000-000000000002';

/** The properties of the cluster that the given props make. */
function rendered(props: Partial<ProvisionedClusterProps> = {}, of = stack()): any {
  cluster(of, 'Orders', props);
  return onlyOne(of, CLUSTER).Properties;
}

function authority(scope: Construct): acmpca.ICertificateAuthority {
  return acmpca.CertificateAuthority.fromCertificateAuthorityArn(scope, 'Authority', AUTHORITY);
}

function l1(of: ProvisionedCluster): CfnResource {
  return of.node.defaultChild as CfnResource;
}

describe('the authentication', () => {
  interface Case {
    readonly name: string;
    readonly authentication: ClientAuthentication[];
    readonly on: string[];
    readonly clientBroker: string;
    readonly port: string;
    readonly warning?: string;
  }
  const { iam, scram, unauthenticated, plaintext } = ClientAuthentication;
  const mutualTls = ClientAuthentication.mutualTls([authority(stack())]);
  const cases: Case[] = [
    { name: 'IAM', authentication: [iam()], on: ['iam'], clientBroker: 'TLS', port: '9098' },
    { name: 'SCRAM', authentication: [scram()], on: ['scram'], clientBroker: 'TLS', port: '9096' },
    { name: 'mutual TLS', authentication: [mutualTls], on: ['tls'], clientBroker: 'TLS', port: '9094' },
    {
      name: 'nobody over TLS',
      authentication: [unauthenticated()],
      on: ['unauthenticated'],
      clientBroker: 'TLS',
      port: '9094',
    },
    {
      name: 'nobody in plain text',
      authentication: [plaintext()],
      on: ['unauthenticated'],
      clientBroker: 'PLAINTEXT',
      port: '9092',
    },
    {
      name: 'IAM and SCRAM',
      authentication: [iam(), scram()],
      on: ['iam', 'scram'],
      clientBroker: 'TLS',
      port: '9098',
    },
    {
      name: 'all that ask',
      authentication: [scram(), iam(), mutualTls],
      on: ['iam', 'scram', 'tls'],
      clientBroker: 'TLS',
      port: '9096',
    },
    {
      name: 'IAM and nobody',
      authentication: [iam(), unauthenticated()],
      on: ['iam', 'unauthenticated'],
      clientBroker: 'TLS',
      port: '9098',
    },
    {
      name: 'IAM and plain text',
      authentication: [iam(), plaintext()],
      on: ['iam', 'unauthenticated'],
      clientBroker: 'TLS_PLAINTEXT',
      port: '9098',
      warning: 'MSK-CLUSTER-PLAINTEXT',
    },
    {
      name: 'nobody over both',
      authentication: [unauthenticated(), plaintext()],
      on: ['unauthenticated'],
      clientBroker: 'TLS_PLAINTEXT',
      port: '9094',
    },
  ];

  test.each(cases)(
    '[26] [27] [29] [S-09] by $name is a complete block',
    ({ authentication, on, clientBroker, port, warning }) => {
      const of = stack();
      const orders = cluster(of, 'Orders', { authentication });
      const properties = onlyOne(of, CLUSTER).Properties;
      const { CertificateAuthorityArnList: authorities, ...tls } = properties.ClientAuthentication.Tls;
      expect({ ...properties.ClientAuthentication, Tls: tls }).toEqual({
        Sasl: { Iam: { Enabled: on.includes('iam') }, Scram: { Enabled: on.includes('scram') } },
        Tls: { Enabled: on.includes('tls') },
        Unauthenticated: { Enabled: on.includes('unauthenticated') },
      });
      expect(authorities).toEqual(on.includes('tls') ? [AUTHORITY] : undefined);
      expect(properties.EncryptionInfo.EncryptionInTransit).toEqual({ ClientBroker: clientBroker, InCluster: true });
      expect(orders.connections.defaultPort?.toString()).toBe(port);
      expect(warningsOf(of)).toEqual(warning ? [expect.stringContaining(`[ack: cdk-msk-macie:${warning}]`)] : []);
    },
  );

  test('[25] fails for mutual TLS without an authority', () => {
    expect(() => rendered({ authentication: [ClientAuthentication.mutualTls([])] })).toThrow(
      'MSK-CLUSTER-AUTHENTICATION',
    );
  });

  test('fails for an empty list', () => {
    expect(() => rendered({ authentication: [] })).toThrow(
      /AuthenticationMissing.*ClientAuthentication\.unauthenticated\(\)/,
    );
  });
});

describe('ZooKeeper', () => {
  test.each([
    ['closed', KafkaVersion.V3_9_X, { Enabled: false }],
    ['closed in a version that this package does not know', KafkaVersion.of('3.10.x'), { Enabled: false }],
    ['not there with KRaft', KafkaVersion.V3_9_X_KRAFT, undefined],
    ['not there with KRaft in a version that this package does not know', KafkaVersion.of('4.9.x.kraft'), undefined],
  ])('[4] [51] [S-01] is %s', (_name, kafkaVersion, expected) => {
    expect(rendered({ kafkaVersion }).ZookeeperAccess).toEqual(expected);
  });
});

describe('the key of the volumes', () => {
  test('[36] [38] [S-09] is named by its ARN', () => {
    const of = stack();
    const properties = rendered({ encryptionKey: new kms.Key(of, 'Key') }, of);
    const [id] = idsOf(of, 'AWS::KMS::Key');
    expect(properties.EncryptionInfo.EncryptionAtRest).toEqual({ DataVolumeKMSKeyId: { 'Fn::GetAtt': [id, 'Arn'] } });
  });

  test('[38] may be in another account', () => {
    const of = stack();
    const arn = 'arn:aws:kms:eu-west-1:999999999999:key/0a1b2c3d-0000-4000-8000-000000000003';
    const properties = rendered({ encryptionKey: kms.Key.fromKeyArn(of, 'Key', arn) }, of);
    expect(properties.EncryptionInfo.EncryptionAtRest).toEqual({ DataVolumeKMSKeyId: arn });
  });
});

describe('security groups', () => {
  test('[41] [42] may be given; then none is made', () => {
    const of = stack();
    const network = importedVpc(of);
    const groups = ['A', 'B'].map((id) => new ec2.SecurityGroup(of, id, { vpc: network }));
    const orders = cluster(of, 'Orders', { securityGroups: groups });
    const ids = idsOf(of, 'AWS::EC2::SecurityGroup');
    expect(ids).toHaveLength(2);
    expect(onlyOne(of, CLUSTER).Properties.BrokerNodeGroupInfo.SecurityGroups).toEqual(
      ids.map((id) => ({ 'Fn::GetAtt': [id, 'GroupId'] })),
    );
    expect(orders.connections.securityGroups).toEqual(groups);
  });

  test('fails for an empty list', () => {
    expect(() => rendered({ securityGroups: [] })).toThrow('SecurityGroupsMissing');
  });

  test('[42] [43] [88] are opened by a client on the port of its listener, in the stack of the client', () => {
    const theApp = app();
    const owner = stack({ app: theApp, id: 'Owner' });
    const clients = stack({ app: theApp, id: 'Clients' });
    const orders = cluster(owner);
    const client = new ec2.SecurityGroup(clients, 'Client', { vpc: orders.vpc!, allowAllOutbound: false });
    client.connections.allowToDefaultPort(orders);
    theApp.synth();
    const { GroupId, SourceSecurityGroupId, ...rule } = onlyOne(clients, 'AWS::EC2::SecurityGroupIngress').Properties;
    expect(rule).toMatchObject({ IpProtocol: 'tcp', FromPort: 9098, ToPort: 9098 });
    expect(JSON.stringify(GroupId)).toContain('"StackName":"Owner"');
    expect(referencesIn(SourceSecurityGroupId)).toEqual(idsOf(clients, 'AWS::EC2::SecurityGroup'));
    expect(onlyOne(clients, 'AWS::EC2::SecurityGroupEgress').Properties).toMatchObject({
      FromPort: 9098,
      ToPort: 9098,
    });
    expect(idsOf(owner, 'AWS::EC2::SecurityGroupIngress')).toEqual([]);
    expect(owner.dependencies).toEqual([]);
  });
});

describe('[53] a VPC of its own', () => {
  test.each([
    ['provisioned', (of: Stack) => new ProvisionedCluster(of, 'Orders', { kafkaVersion: KafkaVersion.V4_1_X_KRAFT })],
    ['serverless', (of: Stack) => new ServerlessCluster(of, 'Orders')],
  ])('is made for a %s cluster that is given none, in three zones and closed', (_, create) => {
    const of = stack();
    const made = create(of);
    const template = Template.fromStack(of);
    template.resourceCountIs('AWS::EC2::Subnet', 3);
    ['AWS::EC2::InternetGateway', 'AWS::EC2::NatGateway', 'AWS::EC2::Route'].forEach((type) =>
      template.resourceCountIs(type, 0),
    );
    expect(made.vpc!.isolatedSubnets.map(({ subnetId }) => subnetId)).toEqual(
      made.subnets!.map(({ subnetId }) => subnetId),
    );
    template.hasResourceProperties('AWS::EC2::FlowLog', { TrafficType: 'REJECT' });
    expect(retainedOnDeletable(template)).toEqual([]);
    const policies = Object.values(resourcesOf(template)).map(({ DeletionPolicy }) => DeletionPolicy);
    expect(new Set(policies)).toEqual(new Set(['RetainExceptOnCreate']));
    expect(nagFindings(of)).toEqual([]);
    expect(warningsOf(of)).toEqual([]);
  });

  test('goes with a cluster that goes', () => {
    const of = stack();
    const removalPolicy = RemovalPolicy.DESTROY;
    new ProvisionedCluster(of, 'Orders', { kafkaVersion: KafkaVersion.V4_1_X_KRAFT, removalPolicy });
    expect(Object.values(resourcesOf(of)).filter(({ DeletionPolicy }) => DeletionPolicy !== 'Delete')).toEqual([]);
  });
});

describe('logs', () => {
  test('[98] may go into a group of one’s own', () => {
    const of = stack();
    const logGroup = new logs.LogGroup(of, 'Mine');
    const properties = rendered({ brokerLogs: [BrokerLogs.toLogGroup({ logGroup })] }, of);
    const [id] = idsOf(of, 'AWS::Logs::LogGroup');
    expect(properties.LoggingInfo.BrokerLogs.CloudWatchLogs).toEqual({ Enabled: true, LogGroup: { Ref: id } });
  });

  test('[98] may be kept for as long as wanted', () => {
    const of = stack();
    rendered({ brokerLogs: [BrokerLogs.toLogGroup({ retention: logs.RetentionDays.ONE_YEAR })] }, of);
    expect(onlyOne(of, 'AWS::Logs::LogGroup').Properties.RetentionInDays).toBe(365);
  });

  test('[99] may be off', () => {
    const of = stack();
    expect(rendered({ brokerLogs: [] }, of).LoggingInfo).toEqual({
      BrokerLogs: { CloudWatchLogs: { Enabled: false } },
    });
    expect(idsOf(of, 'AWS::Logs::LogGroup')).toEqual([]);
  });

  test('[101] of the authorizer go where it is said, and nowhere by default', () => {
    const of = stack();
    expect(rendered({}, of).LoggingInfo.AuthorizerLogs).toBeUndefined();
    const own = stack();
    const { LoggingInfo, ClusterName } = rendered({ authorizerLogs: [BrokerLogs.toLogGroup()] }, own);
    const groups = resourcesOf(own);
    const name = (logGroup: { Ref: string }) => groups[logGroup.Ref].Properties.LogGroupName;
    expect(name(LoggingInfo.BrokerLogs.CloudWatchLogs.LogGroup)).toBe(`/aws/vendedlogs/msk/${ClusterName}`);
    expect(name(LoggingInfo.AuthorizerLogs.CloudWatchLogs.LogGroup)).toBe(
      `/aws/vendedlogs/msk/${ClusterName}/authorizer`,
    );
    expect(retainedOnDeletable(own)).toEqual([]);
  });

  test('[101] of the authorizer may go into a bucket while those of the brokers go nowhere', () => {
    const of = stack();
    const bucket = new s3.Bucket(of, 'Bucket');
    const { LoggingInfo } = rendered({ brokerLogs: [], authorizerLogs: [BrokerLogs.toBucket(bucket, 'who')] }, of);
    const [id] = idsOf(of, 'AWS::S3::Bucket');
    expect(LoggingInfo).toEqual({
      BrokerLogs: { CloudWatchLogs: { Enabled: false } },
      AuthorizerLogs: {
        CloudWatchLogs: { Enabled: false },
        S3: { Enabled: true, Bucket: { Ref: id }, Prefix: 'who' },
      },
    });
  });

  test.each(['in the same stack', 'in another stack'])(
    'may be encrypted with a key %s, for this group only',
    (where) => {
      const theApp = app();
      const of = stack({ app: theApp });
      const keys = where === 'in another stack' ? stack({ app: theApp, id: 'Keys' }) : of;
      const key = new kms.Key(keys, 'Key');
      const { ClusterName } = rendered({ brokerLogs: [BrokerLogs.toLogGroup({ encryptionKey: key })] }, of);
      theApp.synth();
      const [, statement] = onlyOne(keys, 'AWS::KMS::Key').Properties.KeyPolicy.Statement;
      expect(textOf(statement.Principal.Service)).toBe('logs.<AWS::Region>.<AWS::URLSuffix>');
      expect(statement.Effect).toBe('Allow');
      expect(statement.Action).toEqual([
        'kms:Decrypt',
        'kms:DescribeKey',
        'kms:Encrypt',
        'kms:GenerateDataKey*',
        'kms:ReEncrypt*',
      ]);
      expect(textOf(statement.Condition.ArnEquals['kms:EncryptionContext:aws:logs:arn'])).toBe(
        `arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:/aws/vendedlogs/msk/${ClusterName}`,
      );
      expect(JSON.stringify(onlyOne(of, 'AWS::Logs::LogGroup').Properties.KmsKeyId)).toContain('Arn');
    },
  );
});

describe('metrics', () => {
  test.each(Object.values(MonitoringLevel))('[96] are shown at the level %s', (monitoringLevel) => {
    expect(rendered({ monitoringLevel }).EnhancedMonitoring).toBe(monitoringLevel);
  });

  test('[103] name the cluster, and take more dimensions and another statistic', () => {
    const of = stack();
    const orders = cluster(of, 'Orders', { clusterName: 'orders' });
    const lag = orders.metrics.metricMaxOffsetLag('billing', 'paid', { statistic: cloudwatch.Stats.AVERAGE });
    expect(lag).toMatchObject({
      namespace: 'AWS/Kafka',
      metricName: 'MaxOffsetLag',
      statistic: 'Average',
      dimensions: { 'Cluster Name': 'orders', 'Consumer Group': 'billing', Topic: 'paid' },
    });
    expect(orders.metrics.metricMaxOffsetLag('billing', 'paid').statistic).toBe('Maximum');
    orders.metrics.metric('ActiveControllerCount').createAlarm(of, 'Alarm', { threshold: 1, evaluationPeriods: 1 });
    expect(onlyOne(of, 'AWS::CloudWatch::Alarm').Properties).toMatchObject({
      Namespace: 'AWS/Kafka',
      MetricName: 'ActiveControllerCount',
      Dimensions: [{ Name: 'Cluster Name', Value: 'orders' }],
    });
  });

  test('[103] work from a stack in another place, by the generated name', () => {
    const theApp = app();
    const orders = cluster(stack({ app: theApp, id: 'Owner', env: PLACE }));
    const elsewhere = stack({ app: theApp, id: 'Elsewhere', env: { ...PLACE, region: 'us-east-1' } });
    const dashboard = new cloudwatch.Dashboard(elsewhere, 'Dashboard');
    dashboard.addWidgets(new cloudwatch.GraphWidget({ left: [orders.metrics.metric('GlobalTopicCount')] }));
    const body = textOf(onlyOne(elsewhere, 'AWS::CloudWatch::Dashboard').Properties.DashboardBody);
    expect(body).toContain('"region":"eu-west-1"');
    expect(body).toMatch(/"Cluster Name","Owner-?Orders/);
  });
});

describe('removal', () => {
  function closure(removalPolicy?: RemovalPolicy) {
    const own = stack();
    const orders = cluster(own, 'Orders', { removalPolicy });
    new KafkaTopic(own, 'Paid', { cluster: orders, topicName: 'paid', partitions: 1 });
    return own;
  }

  test.each<[string, RemovalPolicy | undefined, (string | undefined)[]]>([
    ['nothing is said', undefined, ['RetainExceptOnCreate', 'Retain']],
    ['all is to be deleted', RemovalPolicy.DESTROY, ['Delete', 'Delete']],
    ['all is to be kept', RemovalPolicy.RETAIN, ['Retain', 'Retain']],
  ])('[68] [107] [108] is one policy over all that belongs together when %s', (_name, removalPolicy, expected) => {
    const own = closure(removalPolicy);
    const policies = Object.values(resourcesOf(own)).map((each) => [each.DeletionPolicy, each.UpdateReplacePolicy]);
    expect(policies).toEqual(Array(5).fill(expected));
    expect(retainedOnDeletable(own)).toEqual([]);
  });
});

describe('rules', () => {
  test('[111] judge what overrides make of the cluster', () => {
    const of = stack();
    l1(cluster(of)).addPropertyOverride('NumberOfBrokerNodes', 4);
    expect(() => Template.fromStack(of)).toThrow(/MSK-CLUSTER-BROKER-COUNT: 4 brokers cannot be spread evenly over 3/);
  });

  test('[111] judge what aspects make of the cluster', () => {
    const of = stack();
    const orders = cluster(of);
    Aspects.of(of).add({
      visit: (node) => node === l1(orders) && l1(orders).addPropertyOverride('KafkaVersion', '4.0.x'),
    });
    expect(() => Template.fromStack(of)).toThrow('MSK-CLUSTER-VERSION: ');
  });

  test('[111] judge what overrides make of the configuration', () => {
    const of = stack();
    const orders = cluster(of);
    const configuration = orders.node.findChild('Configuration').node.defaultChild as CfnResource;
    configuration.addPropertyOverride('ServerProperties', 'broker.id=1');
    expect(() => Template.fromStack(of)).toThrow('MSK-CONFIGURATION-PROPERTIES: ');
  });

  test.each<[string, unknown]>([
    ['an array', ['MSK-CLUSTER-NAME', 'MSK-CLUSTER-BROKER-COUNT']],
    ['the text of the command line', 'MSK-CLUSTER-NAME,MSK-CLUSTER-BROKER-COUNT'],
  ])('of the service can be ignored by their ids: %s', (_name, ignore) => {
    const of = stack({ app: app({ context: { 'cdk-msk-macie:ignore': ignore } }) });
    l1(cluster(of)).addPropertyOverride('NumberOfBrokerNodes', 4);
    expect(onlyOne(of, CLUSTER).Properties.NumberOfBrokerNodes).toBe(4);
  });

  test('are ignored by their whole id only', () => {
    const of = stack({ app: app({ context: { 'cdk-msk-macie:ignore': 'MSK-CLUSTER-VERSION-SUPPORT' } }) });
    cluster(of, 'Orders', { kafkaVersion: KafkaVersion.V4_2_X_KRAFT });
    expect(() => Template.fromStack(of)).toThrow('MSK-CLUSTER-VERSION: ');
  });

  test('of the structure can not be ignored', () => {
    const of = stack({ app: app({ context: { 'cdk-msk-macie:ignore': ['MSK-TOPIC-NAME'] } }) });
    new KafkaTopic(of, 'Paid', { cluster: cluster(of), topicName: 'paid orders', partitions: 1 });
    expect(() => Template.fromStack(of)).toThrow('MSK-TOPIC-NAME');
  });

  test('[15] warn by an id that can be acknowledged', () => {
    const warned = (acknowledged: boolean) => {
      const of = stack();
      const orders = cluster(of, 'Orders', { kafkaVersion: KafkaVersion.V3_7_X_KRAFT });
      if (acknowledged) {
        Validations.of(orders).acknowledge({ id: 'cdk-msk-macie:MSK-CLUSTER-VERSION-SUPPORT', reason: 'moving soon' });
      }
      return warningsOf(of, '/Stack/Orders');
    };
    expect(warned(false)).toEqual([
      expect.stringMatching(
        /support for Kafka 3\.7\.x\.kraft ended .* \[ack: cdk-msk-macie:MSK-CLUSTER-VERSION-SUPPORT\]$/,
      ),
    ]);
    expect(warned(true)).toEqual([]);
  });

  test('judge clusters in stages and nested places', () => {
    const stage = new Stage(app(), 'Live');
    const of = new Stack(stage, 'Stack');
    l1(cluster(new Construct(of, 'Data'))).addPropertyOverride('NumberOfBrokerNodes', 4);
    expect(() => stage.synth()).toThrow('MSK-CLUSTER-BROKER-COUNT');
  });
});

describe('a team', () => {
  test('may inject its own defaults', () => {
    const theApp = app();
    PropertyInjectors.of(theApp).add({
      constructUniqueId: ProvisionedCluster.PROPERTY_INJECTION_ID,
      inject: (props: ProvisionedClusterProps) => ({ monitoringLevel: MonitoringLevel.PER_BROKER, ...props }),
    });
    expect(rendered({}, stack({ app: theApp })).EnhancedMonitoring).toBe('PER_BROKER');
  });

  test('[113] may be in any partition', () => {
    for (const region of ['cn-north-1', 'us-gov-west-1']) {
      const of = stack({ env: { account: '123456789012', region } });
      cluster(of, 'Orders', { brokerLogs: [BrokerLogs.toLogGroup({ encryptionKey: new kms.Key(of, 'Key') })] });
      expect(JSON.stringify(Template.fromStack(of).toJSON())).not.toContain('arn:aws:');
      Template.fromStack(of).hasResourceProperties('AWS::KMS::Key', Match.anyValue());
    }
  });
});
