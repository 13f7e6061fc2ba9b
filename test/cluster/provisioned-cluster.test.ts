import { CfnParameter, Fn, Size, Stack, Stage, Token } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { Brokers, ClusterKind, KafkaVersion, ProvisionedCluster, StandardBrokerSize } from '../../lib/cluster';
import type { ProvisionedClusterProps } from '../../lib/cluster';
import { KafkaTopic } from '../../lib/topic';
import {
  app,
  cluster,
  countsOf,
  differences,
  idsOf,
  keepReportsQuiet,
  onlyOne,
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

/** The properties of the cluster that the given props make. */
function rendered(props: Partial<ProvisionedClusterProps> = {}, of = stack()): any {
  cluster(of, 'Orders', props);
  return onlyOne(of, CLUSTER).Properties;
}

function serverProperties(of: Stack): Record<string, string> {
  const text: string = onlyOne(of, CONFIGURATION).Properties.ServerProperties;
  return Object.fromEntries(text.split('\n').map((line) => line.split('=')));
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

  test('[118] has no finding of cdk-nag and no warning', () => {
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

  test('[10] warns of KRaft on the smallest size', () => {
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
