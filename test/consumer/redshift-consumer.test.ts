import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Stack } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { ClientAuthentication, ClientIdentity } from '../../lib/cluster';
import { RedshiftConsumer } from '../../lib/consumer';
import type { RedshiftConsumerProps } from '../../lib/consumer';
import {
  CLUSTER_ARN,
  cluster,
  idsOf,
  importedVpc,
  keepReportsQuiet,
  nodeFunction,
  onlyOne,
  resourcesOf,
  stack,
  textOf,
} from '../support/fixtures';
import { topicOf } from './consumers';

keepReportsQuiet();

function reader(of: Stack, props: Partial<RedshiftConsumerProps> = {}): RedshiftConsumer {
  const warehouse = new ec2.SecurityGroup(of, 'Warehouse', {
    vpc: importedVpc(of, 'Elsewhere'),
    allowAllOutbound: false,
  });
  return new RedshiftConsumer(of, 'Reader', {
    topic: props.topic ?? topicOf(cluster(of)),
    warehouse,
    viewName: 'paid',
    ...props,
  });
}

test('[141] knows the SQL of schema and view', () => {
  const of = stack();
  const { schemaSql, viewSql } = reader(of);
  const [role] = idsOf(of, 'AWS::IAM::Role').filter((id) => id.startsWith('Reader'));
  const [lookup] = idsOf(of, 'Custom::MskBootstrapBrokers');
  expect(textOf(of.resolve(schemaSql))).toBe(
    `CREATE EXTERNAL SCHEMA "kafka" FROM KAFKA IAM_ROLE '<${role}.Arn>' AUTHENTICATION iam ` +
      `URI '<${lookup}.BootstrapBrokerStringSaslIam>';`,
  );
  expect(viewSql).toBe(
    'CREATE MATERIALIZED VIEW "paid" AUTO REFRESH YES AS SELECT kafka_partition, kafka_offset, kafka_timestamp_type, ' +
      'kafka_timestamp, kafka_key, JSON_PARSE(kafka_value) AS kafka_value, kafka_headers, refresh_time ' +
      'FROM "kafka"."paid" WHERE CAN_JSON_PARSE(kafka_value);',
  );
});

test('[141] takes other names, and leaves refreshing to somebody', () => {
  const { schemaSql, viewSql } = reader(stack(), { schemaName: 'orders', viewName: 'paid_orders', autoRefresh: false });
  expect(schemaSql).toContain('SCHEMA "orders" FROM');
  expect(viewSql).toMatch(/VIEW "paid_orders" AUTO REFRESH NO AS .* FROM "orders"\."paid"/);
});

test('[141] may read the topic as a group of any name, and nothing else', () => {
  const of = stack();
  reader(of);
  const [cluster] = idsOf(of, 'AWS::MSK::Cluster');
  const [id] = idsOf(of, 'AWS::IAM::Policy').filter((each) => each.startsWith('Reader'));
  const inCluster = (kind: string, name: string) => `${CLUSTER_ARN.replace(':cluster/', `:${kind}/`)}/${name}`;
  const statements = resourcesOf(of)[id].Properties.PolicyDocument.Statement;
  expect(
    statements.map(({ Action, Resource }: any) => [textOf(Resource, { [`${cluster}.Arn`]: CLUSTER_ARN }), Action]),
  ).toEqual([
    [CLUSTER_ARN, 'kafka-cluster:Connect'],
    [inCluster('topic', 'paid'), ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData']],
    [inCluster('group', '*'), ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup']],
  ]);
});

test('[141] opens one port between warehouse and brokers, and whoever runs the SQL waits for it', () => {
  const of = stack();
  const { ready } = reader(of);
  const query = nodeFunction(of, 'Query');
  query.node.addDependency(ready);
  const ports = ['Ingress', 'Egress'].map((each) => {
    const { FromPort, ToPort } = onlyOne(of, `AWS::EC2::SecurityGroup${each}`).Properties;
    return [FromPort, ToPort];
  });
  expect(ports).toEqual([
    [9098, 9098],
    [9098, 9098],
  ]);
  const [id] = idsOf(of, 'AWS::Lambda::Function').filter((each) => each.startsWith('Query'));
  expect(resourcesOf(of)[id].DependsOn).toEqual(
    expect.arrayContaining([
      ...idsOf(of, 'AWS::MSK::Topic'),
      ...idsOf(of, 'AWS::EC2::SecurityGroupIngress'),
      ...idsOf(of, 'AWS::IAM::Policy').filter((each) => each.startsWith('Reader')),
    ]),
  );
});

test('[141] may be nobody, without a role in the SQL', () => {
  const of = stack();
  const topic = topicOf(cluster(of, 'Orders', { authentication: [ClientAuthentication.unauthenticated()] }));
  const { schemaSql } = reader(of, { topic, identity: ClientIdentity.anonymous() });
  expect(schemaSql).toMatch(/FROM KAFKA AUTHENTICATION none URI '/);
});

test.each<[string, (of: Stack) => Partial<RedshiftConsumerProps>, string]>([
  ['a quote in a name', () => ({ viewName: 'paid"; DROP' }), 'RedshiftName: `viewName` is'],
  ['a name that begins with a digit', () => ({ schemaName: '1st' }), 'RedshiftName: `schemaName` is'],
  ['a warehouse without a group', () => ({ warehouse: { connections: new ec2.Connections() } }), 'RedshiftNetwork'],
  [
    'a user with a password',
    (of) => ({
      topic: topicOf(cluster(of, 'Orders', { authentication: [ClientAuthentication.scram()] })),
      identity: ClientIdentity.scram(secretsmanager.Secret.fromSecretNameV2(of, 'Secret', 'AmazonMSK_redshift')),
    }),
    'RedshiftIdentity',
  ],
])('[141] refuses %s', (_name, props, message) => {
  const of = stack();
  expect(() => reader(of, props(of))).toThrow(message);
});
