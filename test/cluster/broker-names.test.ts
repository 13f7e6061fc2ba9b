import { Duration, Token } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import * as msk from 'aws-cdk-lib/aws-msk';
import * as route53 from 'aws-cdk-lib/aws-route53';
import {
  Brokers,
  BrokerNames,
  ClientAuthentication,
  ClusterKind,
  MskCluster,
  PrometheusExporter,
  ServerlessCluster,
  StandardBrokerSize,
} from '../../lib/cluster';
import type { BrokerNamesProps, IMskCluster } from '../../lib/cluster';
import {
  cluster,
  CLUSTER_ARN,
  idsOf,
  importedVpc,
  keepReportsQuiet,
  resourcesOf,
  stack,
  warningsOf,
} from '../support/fixtures';

keepReportsQuiet();

function names(of: Stack, orders: IMskCluster, props: Partial<BrokerNamesProps> = {}): BrokerNames {
  const zone = route53.PrivateHostedZone.fromPrivateHostedZoneAttributes(of, 'Zone', {
    hostedZoneId: 'Z1',
    zoneName: 'kafka.internal',
  }) as route53.IPrivateHostedZone;
  return new BrokerNames(of, 'Names', { cluster: orders, zone, ...props });
}

/** What the records lead to, when the lookup answers with these brokers. */
function ledTo(of: Stack, all: string): Record<string, string> {
  const value = (node: any): any => {
    if (typeof node === 'string') return node;
    if (node['Fn::GetAtt']) return all;
    const [first, second] = node['Fn::Select'] ?? node['Fn::Split'];
    return node['Fn::Select'] ? value(second)[Number(first)] : value(second).split(first);
  };
  const records = Object.values(resourcesOf(of)).filter(({ Type }) => Type === 'AWS::Route53::RecordSet');
  return Object.fromEntries(
    records.map(({ Properties: { Name, Type, ResourceRecords } }) => [`${Type} ${Name}`, value(ResourceRecords[0])]),
  );
}

const PLAINTEXT = [ClientAuthentication.plaintext()];

test('[52] each broker has a name, in the order of the lookup, without its port', () => {
  const of = stack();
  const orders = cluster(of, 'Orders', {
    authentication: PLAINTEXT,
    brokers: Brokers.standard({ size: StandardBrokerSize.M7G_LARGE, perZone: 2 }),
  });
  expect(names(of, orders).names).toEqual([1, 2, 3, 4, 5, 6].map((place) => `broker-${place}.kafka.internal`));
  const all = [1, 2, 3, 4, 5, 10].map((id) => `b-${id}.orders.x.kafka.eu-west-1.amazonaws.com:9092`).join();
  expect(ledTo(of, all)).toEqual(
    Object.fromEntries(
      [1, 2, 3, 4, 5, 10].map((id, index) => [
        `CNAME broker-${index + 1}.kafka.internal.`,
        `b-${id}.orders.x.kafka.eu-west-1.amazonaws.com`,
      ]),
    ),
  );
  const [lookup] = idsOf(of, 'Custom::MskBootstrapBrokers');
  expect(resourcesOf(of)[lookup].Properties).toMatchObject({ AllOf: ['BootstrapBrokerString'], Brokers: 6 });
  expect(warningsOf(of).filter((warning) => warning.includes('NAMES'))).toEqual([]);
});

test('[52] the listener that is looked up is one that the cluster has', () => {
  const of = stack();
  const orders = MskCluster.fromClusterAttributes(of, 'Orders', {
    clusterArn: CLUSTER_ARN,
    authentication: [ClientAuthentication.scram()],
    numberOfBrokers: 2,
  });
  names(of, orders, { prefix: 'b', ttl: Duration.seconds(30) });
  const [lookup] = idsOf(of, 'Custom::MskBootstrapBrokers');
  expect(resourcesOf(of)[lookup].Properties.AllOf).toEqual(['BootstrapBrokerStringSaslScram']);
  expect(Object.keys(ledTo(of, 'x:1,y:2'))).toEqual(['CNAME b1.kafka.internal.', 'CNAME b2.kafka.internal.']);
  const [record] = idsOf(of, 'AWS::Route53::RecordSet');
  expect(resourcesOf(of)[record].Properties.TTL).toBe('30');
});

test('[52] names that no TLS client could use are warned of, unless Prometheus or plaintext clients can', () => {
  const warned = (props: Parameters<typeof cluster>[2]) => {
    const of = stack();
    names(of, cluster(of, 'Orders', props));
    return warningsOf(of).filter((warning) => warning.includes('prometheusExporters')).length;
  };
  expect(warned({})).toBe(1);
  expect(warned({ prometheusExporters: [PrometheusExporter.JMX] })).toBe(0);
  expect(warned({ authentication: PLAINTEXT })).toBe(0);
});

test('[52] a cluster whose brokers can not be counted is refused', () => {
  const refused = (make: (of: Stack) => IMskCluster) => {
    const of = stack();
    const orders = make(of);
    expect(() => names(of, orders)).toThrow(/how many brokers 'Stack\/Orders.*numberOfBrokers/);
  };
  refused((of) => new ServerlessCluster(of, 'Orders', { vpc: importedVpc(of) }));
  refused((of) => MskCluster.fromClusterArn(of, 'Orders', CLUSTER_ARN));
  refused((of) =>
    MskCluster.fromClusterAttributes(of, 'Orders', { clusterArn: CLUSTER_ARN, kind: ClusterKind.STANDARD }),
  );
  refused((of) =>
    MskCluster.fromCfnCluster(
      new msk.CfnCluster(of, 'Orders', {
        clusterName: 'orders',
        kafkaVersion: '3.9.x',
        numberOfBrokerNodes: Token.asNumber({ Ref: 'Brokers' }),
        brokerNodeGroupInfo: { instanceType: 'kafka.m7g.large', clientSubnets: ['subnet-a', 'subnet-b'] },
      }),
    ),
  );
});
