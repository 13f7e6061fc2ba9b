import { Size, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import {
  ClientAuthentication,
  ClientIdentity,
  DmsKafkaEndpoint,
  IotKafkaRule,
  KafkaTopic,
  MskCluster,
} from '../../lib';
import {
  CLUSTER_ARN,
  cluster,
  idsOf,
  keepReportsQuiet,
  onlyOne,
  resourcesOf,
  stack,
  textOf,
} from '../support/fixtures';

keepReportsQuiet();

/** A topic of a cluster that lets clients in by these ways, and the secret of a user. */
function world(...authentication: ClientAuthentication[]) {
  const scope = stack();
  const orders = cluster(scope, 'Orders', { authentication });
  const topic = new KafkaTopic(scope, 'Topic', { cluster: orders, topicName: 'readings', partitions: 1 });
  const encryptionKey = new kms.Key(scope, 'Key');
  const secret = new secretsmanager.Secret(scope, 'Secret', { secretName: 'AmazonMSK_devices', encryptionKey });
  const group = () => new ec2.SecurityGroup(scope, 'Replication', { vpc: orders.vpc!, allowAllOutbound: false });
  return { scope, topic, secret, group };
}
const SQL = "SELECT * FROM 'sensors/+/temperature'";

const policyOf = (scope: Stack) => {
  const [id] = idsOf(scope, 'AWS::IAM::Policy').filter((each) => each.startsWith('Rule'));
  return { id, statements: resourcesOf(scope)[id].Properties.PolicyDocument.Statement as any[] };
};

describe('AWS IoT', () => {
  test('[140] writes as a SCRAM user whose secret the rule reads, and nobody else', () => {
    const { scope, topic, secret } = world(ClientAuthentication.scram());
    new IotKafkaRule(scope, 'Rule', {
      topic,
      sql: SQL,
      identity: ClientIdentity.scram(secret),
      key: '${topic(2)}',
      headers: { at: '${timestamp()}' },
    });
    const { TopicRulePayload } = onlyOne(scope, 'AWS::IoT::TopicRule').Properties;
    const [{ Kafka }] = TopicRulePayload.Actions;
    expect(TopicRulePayload.Sql).toBe(SQL);
    expect([Kafka.Topic, Kafka.Key, Kafka.Headers]).toEqual([
      'readings',
      '${topic(2)}',
      [{ Key: 'at', Value: '${timestamp()}' }],
    ]);
    const client = Kafka.ClientProperties;
    expect(client).toMatchObject({ 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'SCRAM-SHA-512', acks: 'all' });
    expect(client['key.serializer']).toMatch(/StringSerializer$/);
    expect(textOf(client['sasl.scram.password'])).toMatch(
      /^\$\{get_secret\('<Secret\w+>', 'SecretString', 'password', '<RuleRole\w+\.Arn>'\)\}$/,
    );
    expect(textOf(client['bootstrap.servers'])).toContain('BootstrapBrokerStringSaslScram');

    const { statements } = policyOf(scope);
    const read = statements.find(({ Action }) => Action.includes('secretsmanager:GetSecretValue'));
    expect(textOf(read.Resource)).toMatch(/^<Secret\w+>$/);
    const decrypt = statements.find(({ Action }) => Action === 'kms:Decrypt');
    expect(Object.keys(decrypt.Condition.StringLike)).toEqual(['kms:EncryptionContext:SecretARN']);
    // What has no resource of its own is network interfaces, and nothing else.
    expect(
      statements
        .filter(({ Resource }) => Resource === '*')
        .flatMap(({ Action }) => Action)
        .filter((action) => !/^ec2:/.test(action)),
    ).toEqual([]);
    expect(onlyOne(scope, 'AWS::EC2::SecurityGroupIngress').Properties.FromPort).toBe(9096);
  });

  test('[140] may be taken by the rules of this account only, and begins when its way and rights are there', () => {
    const { scope, topic, secret } = world(ClientAuthentication.scram());
    new IotKafkaRule(scope, 'Rule', { topic, sql: SQL, identity: ClientIdentity.scram(secret) });
    const [roleId] = idsOf(scope, 'AWS::IAM::Role').filter((id) => id.startsWith('RuleRole'));
    const [trust] = resourcesOf(scope)[roleId].Properties.AssumeRolePolicyDocument.Statement;
    expect(trust.Principal.Service).toBe('iot.amazonaws.com');
    expect(trust.Condition.StringEquals['aws:SourceAccount']).toEqual({ Ref: 'AWS::AccountId' });
    const destination = onlyOne(scope, 'AWS::IoT::TopicRuleDestination');
    expect(destination.DependsOn).toContain(policyOf(scope).id);
    expect(destination.Properties.VpcProperties.SubnetIds).toHaveLength(3);
    const rule = onlyOne(scope, 'AWS::IoT::TopicRule');
    expect(rule.DependsOn).toEqual(
      expect.arrayContaining([
        policyOf(scope).id,
        ...idsOf(scope, 'AWS::MSK::Topic'),
        ...idsOf(scope, 'AWS::EC2::SecurityGroupIngress'),
      ]),
    );
    const { ErrorAction } = rule.Properties.TopicRulePayload;
    expect(textOf(ErrorAction.Sqs.QueueUrl)).toMatch(/^<RuleDeadLetters/);
    expect(resourcesOf(scope)[idsOf(scope, 'AWS::SQS::Queue')[0]].DeletionPolicy).toBe('RetainExceptOnCreate');
  });

  test('[140] writes over TLS to a cluster that asks nobody, without a secret', () => {
    const { scope, topic } = world(ClientAuthentication.unauthenticated());
    new IotKafkaRule(scope, 'Rule', { topic, sql: SQL, identity: ClientIdentity.anonymous() });
    const [{ Kafka }] = onlyOne(scope, 'AWS::IoT::TopicRule').Properties.TopicRulePayload.Actions;
    expect(Object.keys(Kafka.ClientProperties).sort()).toEqual(['acks', 'bootstrap.servers', 'security.protocol']);
    expect(Kafka.ClientProperties['security.protocol']).toBe('SSL');
  });

  test('[140] can not be an IAM role or a certificate, nor connect in plain text, and says so at once', () => {
    const { scope, topic, secret } = world(ClientAuthentication.iam(), ClientAuthentication.plaintext());
    const rule = (id: string, identity: ClientIdentity) => () =>
      new IotKafkaRule(scope, id, { topic, sql: SQL, identity });
    expect(rule('Iam', ClientIdentity.iam())).toThrow(
      "ServiceIdentity: AWS IoT can not be IAM to a cluster: use ClientIdentity.scram(secret) or ClientIdentity.anonymous(), which the cluster 'Stack/Orders' has to offer",
    );
    expect(rule('Tls', ClientIdentity.mutualTls(secret))).toThrow('AWS IoT can not be MUTUAL_TLS');
    expect(rule('Plain', ClientIdentity.anonymous())).toThrow('AWS IoT does not connect in plain text');
    expect(rule('Scram', ClientIdentity.scram(secret))).toThrow('ClientIdentityNotOffered');
  });

  test('[140] two rules on a topic of an imported cluster that says what they need', () => {
    const scope = stack();
    const vpc = ec2.Vpc.fromVpcAttributes(scope, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'] });
    const subnet = ec2.Subnet.fromSubnetId(scope, 'Subnet', 'subnet-1');
    const group = ec2.SecurityGroup.fromSecurityGroupId(scope, 'Brokers', 'sg-1');
    const known = { clusterArn: CLUSTER_ARN, vpc, securityGroups: [group], bootstrapBrokers: 'b-1:9096' };
    const orders = MskCluster.fromClusterAttributes(scope, 'Orders', { ...known, subnets: [subnet] });
    const secret = secretsmanager.Secret.fromSecretNameV2(scope, 'Secret', 'AmazonMSK_devices');
    const topic = KafkaTopic.fromTopicName(scope, 'Topic', orders, 'readings');
    const identity = ClientIdentity.scram(secret);
    ['One', 'Two'].forEach((id) => new IotKafkaRule(scope, id, { topic, sql: SQL, identity }));
    expect(idsOf(scope, 'AWS::IoT::TopicRule')).toHaveLength(2);
    const unknown = KafkaTopic.fromTopicName(
      scope,
      'Other',
      MskCluster.fromClusterAttributes(scope, 'Others', known),
      'readings',
    );
    expect(() => new IotKafkaRule(scope, 'Three', { topic: unknown, sql: SQL, identity })).toThrow(
      "`subnets` of the cluster 'Stack/Others' is unknown",
    );
  });
});

describe('AWS DMS', () => {
  test('[140] writes as a SCRAM user whose password CloudFormation reads when it deploys', () => {
    const { scope, topic, secret, group } = world(ClientAuthentication.scram());
    const endpoint = new DmsKafkaEndpoint(scope, 'Endpoint', {
      topic,
      identity: ClientIdentity.scram(secret),
      replication: group(),
      maxMessageSize: Size.mebibytes(2),
    });
    const { KafkaSettings, EndpointType, EngineName } = onlyOne(scope, 'AWS::DMS::Endpoint').Properties;
    expect([EndpointType, EngineName]).toEqual(['target', 'kafka']);
    expect(KafkaSettings).toMatchObject({
      Topic: 'readings',
      SecurityProtocol: 'sasl-ssl',
      MessageMaxBytes: 2 * 1024 * 1024,
    });
    expect(textOf(KafkaSettings.SaslPassword)).toMatch(
      /^\{\{resolve:secretsmanager:<Secret\w+>:SecretString:password::\}\}$/,
    );
    expect(onlyOne(scope, 'AWS::EC2::SecurityGroupIngress').Properties.FromPort).toBe(9096);
    expect(onlyOne(scope, 'AWS::EC2::SecurityGroupEgress').Properties.FromPort).toBe(9096);
    expect(onlyOne(scope, 'AWS::DMS::Endpoint').DependsOn).toEqual(idsOf(scope, 'AWS::MSK::Topic'));
    expect(endpoint.ready).toContain(endpoint.endpoint);
  });

  test('[140] connects to anonymous listeners, and can be neither an IAM role nor a certificate', () => {
    const { scope, topic, secret, group } = world(ClientAuthentication.iam(), ClientAuthentication.plaintext());
    const replication = group();
    const make = (id: string, identity: ClientIdentity) => () =>
      new DmsKafkaEndpoint(scope, id, { topic, identity, replication });
    expect(make('Iam', ClientIdentity.iam())).toThrow('AWS DMS can not be IAM to a cluster');
    expect(make('Tls', ClientIdentity.mutualTls(secret))).toThrow('AWS DMS can not be MUTUAL_TLS to a cluster');
    make('Plain', ClientIdentity.anonymous())();
    const [plain] = idsOf(scope, 'AWS::DMS::Endpoint').map((id) => resourcesOf(scope)[id].Properties.KafkaSettings);
    expect(plain.SecurityProtocol).toBe('plaintext');
    const encrypted = world(ClientAuthentication.unauthenticated());
    new DmsKafkaEndpoint(encrypted.scope, 'Tls', {
      topic: encrypted.topic,
      identity: ClientIdentity.anonymous(),
      replication: encrypted.group(),
    });
    expect(onlyOne(encrypted.scope, 'AWS::DMS::Endpoint').Properties.KafkaSettings.SecurityProtocol).toBe(
      'ssl-encryption',
    );
  });
});
