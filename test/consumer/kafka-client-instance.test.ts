import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import {
  ClientAuthentication,
  ClientIdentity,
  KafkaClientInstance,
  KafkaTopic,
  ResourcePattern,
  ServerlessCluster,
} from '../../lib';
import type { KafkaClientInstanceProps } from '../../lib';
import { KAFKA_TOOLS, mavenPath } from '../../lib/consumer/kafka-tools';
import { CLUSTER_ARN, cluster, idsOf, importedVpc, onlyOne, resourcesOf, stack, textOf } from '../support/fixtures';
import { lockedJars } from '../support/kafka/java';
import { CONSUME, GROUP_ARN, TOPIC_ARN, allowed, topicOf } from './consumers';

type Options = Partial<KafkaClientInstanceProps> & { readonly of?: Stack };

function instance({ of = stack(), ...props }: Options = {}): Stack {
  new KafkaClientInstance(of, 'Billing', {
    consumerGroup: 'billing',
    ...props,
    cluster: props.cluster ?? cluster(of),
  });
  return of;
}

const scriptOf = (of: Stack) => textOf(onlyOne(of, 'AWS::EC2::Instance').Properties.UserData['Fn::Base64']);

const SESSION = [
  'ssm:UpdateInstanceInformation',
  'ssmmessages:CreateControlChannel',
  'ssmmessages:CreateDataChannel',
  'ssmmessages:OpenControlChannel',
  'ssmmessages:OpenDataChannel',
];

describe('[S-14] [137] an instance with Kafka tools', () => {
  test('lets nobody in: no key, no open port, no public address', () => {
    const of = instance();
    const { Properties } = onlyOne(of, 'AWS::EC2::Instance');
    expect(Properties.KeyName).toBeUndefined();
    const group = resourcesOf(of)[idsOf(of, 'AWS::EC2::SecurityGroup').find((id) => id.startsWith('Billing'))!];
    expect(group.Properties.SecurityGroupIngress).toBeUndefined();
    expect(group.Properties.SecurityGroupEgress).toEqual([expect.objectContaining({ FromPort: 443, ToPort: 443 })]);
    expect(onlyOne(of, 'AWS::EC2::SecurityGroupIngress').Properties).toMatchObject({ FromPort: 9098, ToPort: 9098 });
    expect(Properties.SubnetId).toBe('subnet-a');
  });

  test('has an encrypted volume, and credentials that need a session token to be asked for', () => {
    const of = instance();
    const [{ Ebs }] = onlyOne(of, 'AWS::EC2::Instance').Properties.BlockDeviceMappings;
    expect(Ebs).toMatchObject({ Encrypted: true, VolumeType: 'gp3' });
    expect(onlyOne(of, 'AWS::EC2::LaunchTemplate').Properties.LaunchTemplateData.MetadataOptions).toEqual({
      HttpTokens: 'required',
    });
  });

  test('may hold a session, and nothing of Kafka unless topics are named', () => {
    expect(allowed(instance())).toEqual({ '*': SESSION });
  });

  test('may read and describe its topics, write those that are writable, and run those of its prefix', () => {
    const of = stack();
    const orders = cluster(of);
    instance({
      of,
      cluster: orders,
      topics: [topicOf(orders)],
      writableTopics: [topicOf(orders, 'refunded')],
      administeredTopics: [ResourcePattern.prefixed('scratch.')],
    });
    const rights = allowed(of);
    const topic = (name: string) => TOPIC_ARN.replace(/paid$/, name);
    expect(Object.keys(rights).sort()).toEqual(
      ['*', CLUSTER_ARN, GROUP_ARN, TOPIC_ARN, topic('refunded'), topic('scratch.*')].sort(),
    );
    expect([...new Set(rights[TOPIC_ARN])]).toEqual([
      'kafka-cluster:DescribeTopic',
      'kafka-cluster:DescribeTopicDynamicConfiguration',
      'kafka-cluster:ReadData',
    ]);
    expect([...new Set(rights[GROUP_ARN])]).toEqual(CONSUME[GROUP_ARN]);
    expect(rights[topic('refunded')]).toEqual(['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData']);
    expect(rights[topic('scratch.*')]).toContain('kafka-cluster:DeleteTopic');
  });

  test('is made when topics, rights and network are there, and anew with other settings', () => {
    const of = stack();
    const orders = cluster(of);
    instance({ of, cluster: orders, topics: [topicOf(orders)] });
    const types = onlyOne(of, 'AWS::EC2::Instance').DependsOn!.map((id) => resourcesOf(of)[id].Type);
    expect(new Set(types)).toEqual(
      new Set([
        'AWS::MSK::Cluster',
        'AWS::MSK::Topic',
        'AWS::IAM::Policy',
        'AWS::IAM::Role',
        'AWS::EC2::SecurityGroupIngress',
        'AWS::EC2::SecurityGroupEgress',
      ]),
    );
    // What is said at the first start reaches no instance that is there already.
    const [before] = idsOf(instance(), 'AWS::EC2::Instance');
    const [after] = idsOf(instance({ consumerGroup: 'audit' }), 'AWS::EC2::Instance');
    expect(before).not.toBe(after);
  });

  test('has an image for its processor', () => {
    const image = (of: Stack) => JSON.stringify((Stack.of(of) as any)._toCloudFormation().Parameters);
    expect(image(instance())).toContain('arm64');
    const instanceType = ec2.InstanceType.of(ec2.InstanceClass.T3, ec2.InstanceSize.SMALL);
    expect(image(instance({ instanceType }))).toContain('x86_64');
  });
});

describe('[137] its first start', () => {
  test('fetches the tools that the tests run, by address and hash, in less than EC2 takes', () => {
    const script = scriptOf(instance());
    const locked = lockedJars()['kafka-tools'];
    const lines = Object.entries(KAFKA_TOOLS).map(([coordinates, hash]) => `${hash} ${mavenPath(coordinates)}`);
    expect(Object.fromEntries(lines.map((line) => [line.split('/').at(-1)!, line.split(' ')[0]]))).toEqual(locked);
    lines.forEach((line) => expect(script).toContain(`${line}\n`));
    expect(script).toContain('"https://repo1.maven.org/maven2/$path"');
    expect(Buffer.byteLength(script)).toBeLessThan(12_000);
  });

  test('writes the settings of the identity', () => {
    const script = scriptOf(instance());
    expect(script).toContain('sasl.mechanism=AWS_MSK_IAM\n');
    expect(script).toContain('group.id=billing\nPROPERTIES\n');
  });

  test('with a user and password: asks for them when a tool is started, and keeps them nowhere', () => {
    const of = stack();
    const secret = new secretsmanager.Secret(of, 'Credentials', { secretName: 'AmazonMSK_billing' });
    const orders = cluster(of, 'Orders', { authentication: [ClientAuthentication.scram()] });
    instance({ of, cluster: orders, identity: ClientIdentity.scram(secret), topics: [topicOf(orders)] });
    const [id] = idsOf(of, 'AWS::SecretsManager::Secret');
    expect(scriptOf(of)).toContain(`aws secretsmanager get-secret-value --secret-id '<${id}>'`);
    expect(scriptOf(of)).toContain(
      'KAFKA_PASSWORD=$(jq --raw-output .password <<< "$secret") && export KAFKA_PASSWORD',
    );
    expect(allowed(of)).toEqual({
      '*': SESSION,
      [`<${id}>`]: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
    });
    expect(onlyOne(of, 'AWS::EC2::SecurityGroupIngress').Properties.FromPort).toBe(9096);
  });

  test.each(['http://mirror.example.com', 'https://mirror.example.com/', 'https://a.example.com/$(reboot)'])(
    'does not fetch from %s',
    (mavenRepository) => {
      expect(() => instance({ mavenRepository })).toThrow('`mavenRepository` is');
    },
  );

  test('can fetch from a repository of yours', () => {
    expect(scriptOf(instance({ mavenRepository: 'https://maven.example.com/central' }))).toContain(
      '"https://maven.example.com/central/$path"',
    );
  });
});

test('[137] is how topics of a serverless cluster are made', () => {
  const of = stack();
  const orders = new ServerlessCluster(of, 'Serverless', { vpc: importedVpc(of) });
  instance({ of, cluster: orders, administeredTopics: [ResourcePattern.literal('paid')] });
  const [policy] = idsOf(of, 'AWS::IAM::Policy').filter((id) => id.startsWith('Billing'));
  expect(JSON.stringify(resourcesOf(of)[policy])).toContain('kafka-cluster:CreateTopic');
});

test('topics of another cluster are refused', () => {
  const of = stack();
  const topic = KafkaTopic.fromTopicName(of, 'Elsewhere', cluster(of, 'Other'), 'paid');
  expect(() => instance({ of, topics: [topic] })).toThrow('is in another cluster');
});
