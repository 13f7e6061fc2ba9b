import {
  Aspects,
  CfnParameter,
  Fn,
  PropertyInjectors,
  RemovalPolicy,
  Size,
  Stack,
  Stage,
  Token,
  Validations,
} from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as acmpca from 'aws-cdk-lib/aws-acmpca';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import {
  BrokerLogs,
  Brokers,
  ClientAuthentication,
  ClusterKind,
  KafkaVersion,
  MonitoringLevel,
  ProvisionedCluster,
  StandardBrokerSize,
} from '../../lib/cluster';
import type { ProvisionedClusterProps } from '../../lib/cluster';
import { KafkaTopic } from '../../lib/topic';
import {
  app,
  cluster,
  countsOf,
  differences,
  idsOf,
  importedVpc,
  keepReportsQuiet,
  onlyOne,
  referencesIn,
  resourcesOf,
  retainedOnDeletable,
  stack,
  textOf,
  vpc,
  warningsOf,
} from '../support/fixtures';
import { nagFindings } from '../support/nag';

keepReportsQuiet();

const CLUSTER = 'AWS::MSK::Cluster';
const CONFIGURATION = 'AWS::MSK::Configuration';
const PLACE = { account: '123456789012', region: 'eu-west-1' };
const AUTHORITY = 'arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/0a1b2c3d-0000-4000-8000-000000000002';

/** The properties of the cluster that the given props make. */
function rendered(props: Partial<ProvisionedClusterProps> = {}, of = stack()): any {
  cluster(of, 'Orders', props);
  return onlyOne(of, CLUSTER).Properties;
}

function serverProperties(of: Stack): Record<string, string> {
  const text: string = onlyOne(of, CONFIGURATION).Properties.ServerProperties;
  return Object.fromEntries(text.split('\n').map((line) => line.split('=')));
}

function authority(scope: Construct): acmpca.ICertificateAuthority {
  return acmpca.CertificateAuthority.fromCertificateAuthorityArn(scope, 'Authority', AUTHORITY);
}

function l1(of: ProvisionedCluster): CfnResource {
  return of.node.defaultChild as CfnResource;
}

describe('the smallest cluster', () => {
  const own = stack();
  const orders = cluster(own);
  const template = Template.fromStack(own);
  const properties = onlyOne(template, CLUSTER).Properties;

  test('[1] [41] [99] [B-08] is four resources and no function', () => {
    expect(countsOf(template)).toEqual({
      [CLUSTER]: 1,
      [CONFIGURATION]: 1,
      'AWS::EC2::SecurityGroup': 1,
      'AWS::Logs::LogGroup': 1,
    });
  });

  test('[2] has no finding of cdk-nag and no warning', () => {
    expect(nagFindings(own)).toEqual([]);
    expect(warningsOf(own)).toEqual([]);
  });

  // Whoever changes a value below changes a running cluster of everybody who did not name it.
  test('[57] [B-08] has the frozen defaults of this major version', () => {
    const actual = {
      NumberOfBrokerNodes: properties.NumberOfBrokerNodes,
      InstanceType: properties.BrokerNodeGroupInfo.InstanceType,
      StorageInfo: properties.BrokerNodeGroupInfo.StorageInfo,
      StorageMode: properties.StorageMode,
      ClientAuthentication: properties.ClientAuthentication,
      EncryptionInfo: properties.EncryptionInfo,
      EnhancedMonitoring: properties.EnhancedMonitoring,
      ZookeeperAccess: properties.ZookeeperAccess,
      ServerProperties: serverProperties(own),
    };
    const frozen = {
      NumberOfBrokerNodes: 3,
      InstanceType: 'kafka.m7g.large',
      StorageInfo: { EBSStorageInfo: { VolumeSize: 100 } },
      StorageMode: undefined,
      ClientAuthentication: {
        Sasl: { Iam: { Enabled: true }, Scram: { Enabled: false } },
        Tls: { Enabled: false },
        Unauthenticated: { Enabled: false },
      },
      EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true } },
      EnhancedMonitoring: 'DEFAULT',
      ZookeeperAccess: undefined,
      ServerProperties: {
        'auto.create.topics.enable': 'false',
        'default.replication.factor': '3',
        'min.insync.replicas': '2',
        'offsets.topic.replication.factor': '3',
        'transaction.state.log.min.isr': '2',
        'transaction.state.log.replication.factor': '3',
        'unclean.leader.election.enable': 'false',
      },
    };
    const changed = differences(frozen, actual);
    if (changed.length > 0) {
      throw new Error(`this restarts users' brokers: ${changed.join(', ')}; only a new major version may do that`);
    }
  });

  test('[39] [40] [S-09] encrypts between clients and brokers and between brokers', () => {
    expect(properties.EncryptionInfo.EncryptionInTransit).toEqual({ ClientBroker: 'TLS', InCluster: true });
  });

  test('[23] [28] lets clients in by IAM only', () => {
    expect(orders.authentication?.map(({ mechanism }) => mechanism)).toEqual(['IAM']);
  });

  test('[55] [58] follows the newest revision of its configuration', () => {
    const [id] = idsOf(template, CONFIGURATION);
    expect(properties.ConfigurationInfo).toEqual({
      Arn: { 'Fn::GetAtt': [id, 'Arn'] },
      Revision: { 'Fn::GetAtt': [id, 'LatestRevision.Revision'] },
    });
    expect(onlyOne(template, CONFIGURATION).Properties.KafkaVersionsList).toBeUndefined();
  });

  test('[98] [99] logs into a group whose name keeps the log resource policy short, for three months', () => {
    const [logGroup] = idsOf(template, 'AWS::Logs::LogGroup');
    expect(properties.LoggingInfo).toEqual({
      BrokerLogs: { CloudWatchLogs: { Enabled: true, LogGroup: { Ref: logGroup } } },
    });
    expect(onlyOne(template, 'AWS::Logs::LogGroup').Properties).toEqual({
      LogGroupName: `/aws/vendedlogs/msk/${properties.ClusterName}`,
      RetentionInDays: 90,
    });
  });

  test('[41] has a group that admits nobody', () => {
    const [id] = idsOf(template, 'AWS::EC2::SecurityGroup');
    expect(properties.BrokerNodeGroupInfo.SecurityGroups).toEqual([{ 'Fn::GetAtt': [id, 'GroupId'] }]);
    expect(resourcesOf(template)[id].Properties.SecurityGroupIngress).toBeUndefined();
  });

  test('[107] [108] is kept with all that belongs to it, but for a first deployment that fails', () => {
    const policies = Object.values(resourcesOf(template)).map(({ DeletionPolicy, UpdateReplacePolicy }) => [
      DeletionPolicy,
      UpdateReplacePolicy,
    ]);
    expect(policies).toEqual(Array(4).fill(['RetainExceptOnCreate', 'Retain']));
    expect(retainedOnDeletable(template)).toEqual([]);
  });

  test('[7] says what it is', () => {
    expect(orders).toMatchObject({ kind: ClusterKind.STANDARD, zones: 3 });
    expect(orders.kafkaVersion).toBe(KafkaVersion.V3_9_X_KRAFT);
    expect(orders.subnets).toHaveLength(3);
    expect(own.resolve(orders.clusterArn)).toEqual({ 'Fn::GetAtt': [idsOf(template, CLUSTER)[0], 'Arn'] });
    expect(own.resolve(orders.clusterName)).toBe(properties.ClusterName);
  });
});

describe('the zones', () => {
  const subnetsOf = (props: any) => props.BrokerNodeGroupInfo.ClientSubnets.map(textOf) as string[];

  test.each([
    ['without an environment', {}],
    ['with one', { env: PLACE }],
  ])('[11] [S-02] are three %s', (_name, props) => {
    const of = stack(props);
    const properties = rendered({ vpc: 'env' in props ? new ec2.Vpc(of, 'Vpc') : vpc(of) }, of);
    expect(properties.NumberOfBrokerNodes).toBe(3);
    expect(subnetsOf(properties).map((id) => /PrivateSubnet\d/.exec(id)?.[0])).toEqual([
      'PrivateSubnet1',
      'PrivateSubnet2',
      'PrivateSubnet3',
    ]);
  });

  test('are two on request, and each partition has two replicas then', () => {
    const of = stack();
    const properties = rendered({ vpc: new ec2.Vpc(of, 'Two'), zones: 2 }, of);
    expect(properties.NumberOfBrokerNodes).toBe(2);
    expect(subnetsOf(properties)).toHaveLength(2);
    expect(serverProperties(of)).toEqual({
      'auto.create.topics.enable': 'false',
      'default.replication.factor': '2',
      'min.insync.replicas': '1',
      'offsets.topic.replication.factor': '2',
      'transaction.state.log.min.isr': '1',
      'transaction.state.log.replication.factor': '2',
      'unclean.leader.election.enable': 'false',
    });
    expect(warningsOf(of)).toEqual([]);
  });

  test('are the first three of four, with one subnet of each', () => {
    const of = stack();
    const network = new ec2.Vpc(of, 'Vpc', {
      availabilityZones: [0, 1, 2, 3].map((zone) => Fn.select(zone, Fn.getAzs())),
      subnetConfiguration: [
        { name: 'App', subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
        { name: 'Data', subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      ],
    });
    const chosen = (props: Partial<ProvisionedClusterProps>, id: string) =>
      cluster(of, id, { vpc: network, ...props }).subnets?.map((subnet) => subnet.node.id);
    expect(chosen({ vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } }, 'Any')).toEqual([
      'AppSubnet1',
      'AppSubnet2',
      'AppSubnet3',
    ]);
    expect(chosen({ vpcSubnets: { subnetGroupName: 'Data' } }, 'Data')).toEqual([
      'DataSubnet1',
      'DataSubnet2',
      'DataSubnet3',
    ]);
  });

  test('fails where the VPC has too few, and prints the line that makes three', () => {
    const of = stack();
    const network = new ec2.Vpc(of, 'Vpc', { maxAzs: 3 });
    expect(() => cluster(of, 'Orders', { vpc: network })).toThrow(
      /MSK-CLUSTER-ZONES: .*span 3 Availability Zones, but .* lie in 2; .*`availabilityZones: \[0, 1, 2\]\.map\(\(i\) => Fn\.select\(i, Fn\.getAzs\(\)\)\)`.*`zones: 2`/,
    );
  });

  test.each([
    ['1', 1],
    ['4', 4],
    ['a value that is not known yet', Token.asNumber({ Ref: 'Zones' })],
  ])('fails for another number of them: %s', (shown, zones) => {
    expect(() => cluster(stack(), 'Orders', { zones })).toThrow(
      `MSK-CLUSTER-ZONES: \`zones\` must be 2 or 3, got ${shown}`,
    );
  });

  test('[11] fails where the selected subnets share one', () => {
    const of = stack({ env: PLACE });
    const network = ec2.Vpc.fromVpcAttributes(of, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['eu-west-1a'] });
    const subnets = ['eu-west-1a', 'eu-west-1a', 'eu-west-1b'].map((availabilityZone, index) =>
      ec2.Subnet.fromSubnetAttributes(of, `Subnet${index}`, { subnetId: `subnet-${index}`, availabilityZone }),
    );
    expect(() => cluster(of, 'Orders', { vpc: network, vpcSubnets: { subnets } })).toThrow('MSK-CLUSTER-ZONES');
  });

  test('[11] fails where an override names a subnet twice', () => {
    const of = stack();
    const subnets = ['subnet-a', 'subnet-a', 'subnet-b'];
    l1(cluster(of)).addPropertyOverride('BrokerNodeGroupInfo.ClientSubnets', subnets);
    expect(() => Template.fromStack(of)).toThrow(/MSK-CLUSTER-ZONES: .* twice/);
  });

  test('[11] are two in the Region that has no more', () => {
    const inRegion = (zones: number) => () => rendered({ zones }, stack({ env: { ...PLACE, region: 'us-west-1' } }));
    expect(inRegion(3)).toThrow('MSK-CLUSTER-ZONES');
    expect(inRegion(2)).not.toThrow();
  });

  test('are not judged before a VPC is looked up', () => {
    const of = stack({ env: PLACE });
    const properties = rendered({ vpc: ec2.Vpc.fromLookup(of, 'Vpc', { vpcId: 'vpc-0a1b2c3d' }) }, of);
    expect(properties.NumberOfBrokerNodes).toBe(3);
  });

  test('are taken on trust from subnets that are known by their IDs alone', () => {
    const of = stack();
    const subnets = ['subnet-1', 'subnet-2', 'subnet-3'].map((id) => ec2.Subnet.fromSubnetId(of, id, id));
    expect(subnetsOf(rendered({ vpcSubnets: { subnets } }, of))).toEqual(['subnet-1', 'subnet-2', 'subnet-3']);
  });

  test('are taken on trust from a list that is known at deployment only', () => {
    const of = stack();
    const network = ec2.Vpc.fromVpcAttributes(of, 'Vpc', {
      vpcId: 'vpc-1',
      availabilityZones: Fn.getAzs(),
      privateSubnetIds: Fn.split(',', Fn.importValue('PrivateSubnets')),
    });
    const properties = rendered({ vpc: network }, of);
    expect(properties.BrokerNodeGroupInfo.ClientSubnets).toEqual({
      'Fn::Split': [',', { 'Fn::ImportValue': 'PrivateSubnets' }],
    });
  });
});

describe('the brokers', () => {
  test('[9] [10] [16] are as many, as large and with as much storage as asked for', () => {
    const brokers = Brokers.standard({
      size: StandardBrokerSize.M7G_2XLARGE,
      perZone: 2,
      volumeSize: Size.tebibytes(1),
    });
    expect(brokers).toMatchObject({ perZone: 2, instanceType: 'kafka.m7g.2xlarge' });
    expect(rendered({ brokers })).toMatchObject({
      NumberOfBrokerNodes: 6,
      BrokerNodeGroupInfo: { InstanceType: 'kafka.m7g.2xlarge', StorageInfo: { EBSStorageInfo: { VolumeSize: 1024 } } },
    });
  });

  test('[9] [57] [S-02] that are added change no topic, no setting and no name', () => {
    const withBrokers = (perZone: number) => {
      const of = stack();
      const orders = cluster(of, 'Orders', { brokers: Brokers.standard({ perZone }) });
      new KafkaTopic(of, 'Paid', { cluster: orders, topicName: 'paid', partitions: 12 });
      return { orders: idsOf(of, CLUSTER)[0], template: Template.fromStack(of).toJSON() };
    };
    const [few, many] = [withBrokers(1), withBrokers(4)];
    expect(differences(few.template, many.template)).toEqual([
      `Resources.${few.orders}.Properties.NumberOfBrokerNodes`,
    ]);
  });

  test.each<[string, Brokers, string]>([
    ['a volume above 16 TiB', Brokers.standard({ volumeSize: Size.gibibytes(16385) }), 'MSK-CLUSTER-STORAGE'],
    ['no broker', Brokers.standard({ perZone: 0 }), 'MSK-CLUSTER-BROKER-COUNT'],
    ['half a broker', Brokers.standard({ perZone: 1.5 }), 'MSK-CLUSTER-BROKER-COUNT'],
    [
      'a size that does not exist',
      Brokers.standard({ size: StandardBrokerSize.of('kafka.m7g.huge') }),
      'MSK-CLUSTER-BROKER-SIZE',
    ],
  ])('[10] [17] [111] fails for %s', (_name, brokers, rule) => {
    expect(() => rendered({ brokers })).toThrow(rule);
  });

  test.each([1, 16384])('[17] may have a volume of %d GiB', (size) => {
    expect(() => rendered({ brokers: Brokers.standard({ volumeSize: Size.gibibytes(size) }) })).not.toThrow();
  });

  test('fails for a number of brokers that is not known yet', () => {
    expect(() => Brokers.standard({ perZone: Token.asNumber({ Ref: 'Count' }) })).toThrow('BrokersPerZoneUnknown');
  });

  test('[10] [22] warns of KRaft on the smallest size', () => {
    const of = stack();
    rendered({ brokers: Brokers.standard({ size: StandardBrokerSize.T3_SMALL }) }, of);
    expect(warningsOf(of)).toEqual([expect.stringContaining('[ack: cdk-msk-macie:MSK-CLUSTER-SMALL-KRAFT]')]);
  });
});

describe('values that are known at deployment only', () => {
  const of = stack();
  const text = (id: string) => new CfnParameter(of, id).valueAsString;
  const properties = rendered(
    {
      clusterName: text('Name'),
      kafkaVersion: KafkaVersion.of(text('Version')),
      brokers: Brokers.standard({
        size: StandardBrokerSize.of(text('InstanceType')),
        volumeSize: Size.gibibytes(new CfnParameter(of, 'VolumeSize', { type: 'Number' }).valueAsNumber),
      }),
      encryptionKey: kms.Key.fromKeyArn(of, 'Key', `arn:aws:kms:eu-west-1:123456789012:key/${text('KeyId')}`),
      vpcSubnets: {
        subnets: ['A', 'B', 'C'].map((id) =>
          ec2.Subnet.fromSubnetAttributes(of, id, { subnetId: text(`Subnet${id}`), routeTableId: 'rtb-a' }),
        ),
      },
    },
    of,
  );

  test('pass all checks and reach the template', () => {
    expect(properties).toMatchObject({
      ClusterName: { Ref: 'Name' },
      KafkaVersion: { Ref: 'Version' },
      BrokerNodeGroupInfo: {
        InstanceType: { Ref: 'InstanceType' },
        ClientSubnets: [{ Ref: 'SubnetA' }, { Ref: 'SubnetB' }, { Ref: 'SubnetC' }],
        StorageInfo: { EBSStorageInfo: { VolumeSize: { Ref: 'VolumeSize' } } },
      },
    });
    expect(textOf(properties.EncryptionInfo.EncryptionAtRest.DataVolumeKMSKeyId)).toMatch(/key\/<KeyId>$/);
  });

  test('[51] leave ZooKeeper as it is, since nobody knows whether there is one', () => {
    expect(properties.ZookeeperAccess).toBeUndefined();
  });

  test('give a log group the name of the cluster', () => {
    expect(textOf(onlyOne(of, 'AWS::Logs::LogGroup').Properties.LogGroupName)).toBe('/aws/vendedlogs/msk/<Name>');
  });
});

describe('the name', () => {
  const nameIn = (scope: Construct, id = 'Orders') => {
    cluster(scope, id);
    const of = Stack.of(scope);
    return onlyOne(of, CLUSTER).Properties.ClusterName as string;
  };

  test('is the given one', () => {
    expect(rendered({ clusterName: 'orders' }).ClusterName).toBe('orders');
  });

  test('[8] is made of the path, and so is that of the configuration', () => {
    const of = stack();
    expect(nameIn(of)).toMatch(/^Stack-?Orders/);
    expect(onlyOne(of, CONFIGURATION).Properties.Name).toMatch(/^Stack-?Orders-?Configuration/);
  });

  test('[8] is never longer than 64 characters, and still differs', () => {
    const scope = (end: string) =>
      Array.from({ length: 8 }, (_, i) => `AVeryLongName${i}`).reduce<Construct>(
        (inner, id) => new Construct(inner, id),
        stack({ id: `Stack${end}` }),
      );
    const [one, other] = [nameIn(scope('One')), nameIn(scope('Other'))];
    expect(one).toMatch(/^[0-9A-Za-z-]{40,64}$/);
    expect(other).toMatch(/^[0-9A-Za-z-]{40,64}$/);
    expect(one).not.toBe(other);
  });

  test('[8] [110] differs between two clusters, stacks and stages', () => {
    const theApp = app();
    const two = stack({ app: theApp, id: 'A' });
    cluster(two, 'One');
    cluster(two, 'Two');
    const others = [
      stack({ app: theApp, id: 'B' }),
      ...['Test', 'Live'].map((id) => new Stack(new Stage(theApp, id), 'A')),
    ];
    others.forEach((of) => cluster(of, 'One'));
    const names = [two, ...others].flatMap((of) =>
      Object.values(resourcesOf(of)).flatMap(({ Type, Properties }) =>
        Type === CLUSTER ? [Properties.ClusterName] : [],
      ),
    );
    expect(new Set(names).size).toBe(5);
  });

  test('[58] of a configuration does not follow its content', () => {
    const name = (zones: number) => {
      const of = stack();
      cluster(of, 'Orders', { zones });
      return onlyOne(of, CONFIGURATION).Properties.Name as string;
    };
    expect(name(2)).toBe(name(3));
  });

  test.each(['orders.v2', 'o'.repeat(65), 'orders_v2'])('[111] fails for one that is refused: %s', (clusterName) => {
    expect(() => rendered({ clusterName })).toThrow('MSK-CLUSTER-NAME');
  });
});

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
