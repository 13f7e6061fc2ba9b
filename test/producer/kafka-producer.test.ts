import { App, Size, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import {
  ClientAuthentication,
  ClientIdentity,
  ClientLibrary,
  KafkaProducer,
  KafkaTopic,
  MskCluster,
  ProducerClient,
} from '../../lib';
import type { KafkaProducerProps, ProvisionedCluster } from '../../lib';
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
  warningsOf,
} from '../support/fixtures';
import type { RenderedResource } from '../support/fixtures';

keepReportsQuiet();

const networkOf = (scope: Construct): ec2.IVpc =>
  (scope.node.tryFindChild('ImportedVpc') as ec2.IVpc | undefined) ?? importedVpc(scope);

function vpcFunction(scope: Construct, id = 'Writer', role?: iam.IRole): lambda.Function {
  const network = networkOf(scope);
  return new lambda.Function(scope, id, {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => {};'),
    vpc: network,
    vpcSubnets: { subnets: network.privateSubnets },
    allowAllOutbound: false,
    role,
  });
}

function service(scope: Construct): { container: ecs.ContainerDefinition; tasks: ecs.FargateService } {
  const vpc = networkOf(scope);
  const taskDefinition = new ecs.FargateTaskDefinition(scope, 'Task');
  const container = taskDefinition.addContainer('App', { image: ecs.ContainerImage.fromRegistry('app') });
  const tasks = new ecs.FargateService(scope, 'Tasks', {
    cluster: new ecs.Cluster(scope, 'Ecs', { vpc }),
    taskDefinition,
    securityGroups: [new ec2.SecurityGroup(scope, 'TasksGroup', { vpc, allowAllOutbound: false })],
  });
  return { container, tasks };
}

function topicOf(scope: Construct, topicName: string): KafkaTopic {
  const orders = (scope.node.tryFindChild('Orders') as ProvisionedCluster | undefined) ?? cluster(scope);
  return new KafkaTopic(scope, topicName, { cluster: orders, topicName, partitions: 1 });
}

/** What the policies of that name allow, as `action last/parts/of/the/arn`. */
function allowed(scope: Stack, policy: RegExp): string[] {
  const [id] = idsOf(scope, 'AWS::IAM::Policy').filter((each) => policy.test(each));
  return resourcesOf(scope)
    [id].Properties.PolicyDocument.Statement.flatMap(({ Action, Resource }: any) =>
      [Action].flat().flatMap((action: string) => [Resource].flat().map((each) => `${action} ${lastOf(textOf(each))}`)),
    )
    .sort();
}

const lastOf = (arn: string) => /[^/>]*$/.exec(arn)![0];

/** The resource whose logical id begins so. */
function named(scope: Stack, type: string, name: string): RenderedResource {
  const [id] = idsOf(scope, type).filter((each) => each.startsWith(name));
  return resourcesOf(scope)[id];
}

const PRODUCE = (topic: string) => [`kafka-cluster:DescribeTopic ${topic}`, `kafka-cluster:WriteData ${topic}`];
const CLUSTER = ['kafka-cluster:Connect ', 'kafka-cluster:WriteDataIdempotently '];

describe('a function', () => {
  test('[140] [S-06] may write to its topics and no other, reaches one port of the brokers, and is made after all that', () => {
    const scope = stack();
    const topics = [topicOf(scope, 'paid'), topicOf(scope, 'refunded')];
    topicOf(scope, 'other');
    const handler = vpcFunction(scope);
    const producer = new KafkaProducer(scope, 'Producer', { topics, client: ProducerClient.lambdaFunction(handler) });

    expect(allowed(scope, /^ProducerPolicy/)).toEqual([...CLUSTER, ...PRODUCE('paid'), ...PRODUCE('refunded')].sort());
    const { Properties, DependsOn } = named(scope, 'AWS::Lambda::Function', 'Writer');
    expect(scope.resolve(producer.environment)).toEqual(Properties.Environment.Variables);
    expect(Object.keys(Properties.Environment.Variables)).toEqual(['KAFKA_BOOTSTRAP_SERVERS', 'KAFKA_TOPICS']);
    expect(Properties.Environment.Variables.KAFKA_TOPICS).toBe('paid,refunded');

    const rules = ['Ingress', 'Egress'].flatMap((way) => idsOf(scope, `AWS::EC2::SecurityGroup${way}`));
    const ports = rules.map((id) => resourcesOf(scope)[id].Properties).map((rule) => [rule.FromPort, rule.ToPort]);
    expect(ports).toEqual([
      [9098, 9098],
      [9098, 9098],
    ]);
    const before = [...rules, ...idsOf(scope, 'AWS::MSK::Topic'), ...idsOf(scope, 'AWS::IAM::Policy')];
    expect(before.filter((id) => !DependsOn!.includes(id) && !/^other|Bootstrap|WriterServiceRole/.test(id))).toEqual(
      [],
    );
  });

  test('[140] that writes in transactions may use the ids with its prefix, and is told it', () => {
    const scope = stack();
    new KafkaProducer(scope, 'Producer', {
      topics: [topicOf(scope, 'paid')],
      client: ProducerClient.lambdaFunction(vpcFunction(scope)),
      transactionalIdPrefix: 'orders-',
    });
    expect(allowed(scope, /^ProducerPolicy/)).toEqual(
      [
        ...CLUSTER,
        ...PRODUCE('paid'),
        'kafka-cluster:AlterTransactionalId orders-*',
        'kafka-cluster:DescribeTransactionalId orders-*',
      ].sort(),
    );
    const { Variables } = named(scope, 'AWS::Lambda::Function', 'Writer').Properties.Environment;
    expect(Variables.KAFKA_TRANSACTIONAL_ID_PREFIX).toBe('orders-');
  });

  test('[140] has the settings of the library that it names', () => {
    const scope = stack();
    const producer = new KafkaProducer(scope, 'Producer', {
      topics: [topicOf(scope, 'paid')],
      client: ProducerClient.lambdaFunction(vpcFunction(scope)),
      clientLibrary: ClientLibrary.PLATFORMATIC,
      clientId: 'writer',
    });
    const { Variables } = named(scope, 'AWS::Lambda::Function', 'Writer').Properties.Environment;
    expect(Variables.KAFKA_CLIENT_PROPERTIES).toEqual(scope.resolve(producer.properties.platformatic));
    expect(JSON.parse(textOf(Variables.KAFKA_CLIENT_PROPERTIES)).clientId).toBe('writer');
  });

  test('[140] [S-08] sends records as large as the largest that one of its topics takes', () => {
    const scope = stack();
    const paid = topicOf(scope, 'paid');
    const [small, large] = [2, 3].map(
      (mebibytes) =>
        new KafkaTopic(scope, `Topic${mebibytes}`, {
          cluster: paid.cluster,
          topicName: `topic-${mebibytes}`,
          partitions: 1,
          configuration: { maxMessageSize: Size.mebibytes(mebibytes) },
        }),
    );
    const client = ProducerClient.lambdaFunction(vpcFunction(scope));
    const { properties } = new KafkaProducer(scope, 'Producer', { topics: [small, large], client });
    expect(properties.java).toContain(`max.request.size=${3 * 1024 * 1024}\n`);
  });

  test('[140] of a role that was given may make the interfaces that put it into the VPC; a role of its own can already', () => {
    const scope = stack();
    const topics = [topicOf(scope, 'paid')];
    const role = new iam.Role(scope, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    const given = vpcFunction(scope, 'Writer', role);
    new KafkaProducer(scope, 'Given', { topics, client: ProducerClient.lambdaFunction(given) });
    const own = vpcFunction(scope, 'Own');
    new KafkaProducer(scope, 'Its', { topics, client: ProducerClient.lambdaFunction(own) });
    expect(allowed(scope, /^GivenPolicy/)).toContain('ec2:CreateNetworkInterface *');
    expect(allowed(scope, /^ItsPolicy/).filter((each) => each.startsWith('ec2:'))).toEqual([]);
    const [policy] = idsOf(scope, 'AWS::IAM::Policy').filter((id) => id.startsWith('GivenPolicy'));
    expect(named(scope, 'AWS::Lambda::Function', 'Writer').DependsOn).toContain(policy);
  });

  test('[140] of SCRAM reads its secret and has no rights of IAM on topics, and its port is that of SCRAM', () => {
    const scope = stack();
    const orders = cluster(scope, 'Orders', { authentication: [ClientAuthentication.scram()] });
    const key = new kms.Key(scope, 'Key');
    const secret = new secretsmanager.Secret(scope, 'Secret', { secretName: 'AmazonMSK_writer', encryptionKey: key });
    new KafkaProducer(scope, 'Producer', {
      topics: [new KafkaTopic(scope, 'paid', { cluster: orders, topicName: 'paid', partitions: 1 })],
      client: ProducerClient.lambdaFunction(vpcFunction(scope)),
      identity: ClientIdentity.scram(secret),
    });
    expect(allowed(scope, /^ProducerPolicy/).map((each) => each.split(' ')[0])).toEqual([
      'kms:Decrypt',
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
    ]);
    const { Variables } = named(scope, 'AWS::Lambda::Function', 'Writer').Properties.Environment;
    expect(textOf(Variables.KAFKA_SECRET_ARN)).toMatch(/^<Secret/);
    expect(onlyOne(scope, 'AWS::EC2::SecurityGroupIngress').Properties.FromPort).toBe(9096);
  });

  test('[140] of nobody in particular has no policy at all', () => {
    const scope = stack();
    const orders = cluster(scope, 'Orders', { authentication: [ClientAuthentication.unauthenticated()] });
    new KafkaProducer(scope, 'Producer', {
      topics: [new KafkaTopic(scope, 'paid', { cluster: orders, topicName: 'paid', partitions: 1 })],
      client: ProducerClient.lambdaFunction(vpcFunction(scope)),
      identity: ClientIdentity.anonymous(),
    });
    expect(idsOf(scope, 'AWS::IAM::Policy').filter((id) => id.startsWith('Producer'))).toEqual([]);
  });

  test('[140] outside a VPC, without topics, or with an empty prefix of transactional ids is refused', () => {
    const scope = stack();
    const topics = [topicOf(scope, 'paid')];
    const outside = ProducerClient.lambdaFunction(nodeFunction(scope));
    const inside = ProducerClient.lambdaFunction(vpcFunction(scope));
    const make = (id: string, props: KafkaProducerProps) => () => new KafkaProducer(scope, id, props);
    expect(make('1', { topics, client: outside })).toThrow('ProducerWithoutVpc');
    expect(make('2', { topics: [], client: inside })).toThrow('TopicsMissing');
    expect(make('3', { topics, client: inside, transactionalIdPrefix: '' })).toThrow('TransactionalIdPrefix');
    const elsewhere = KafkaTopic.fromTopicArn(
      scope,
      'Elsewhere',
      CLUSTER_ARN.replace(':cluster/', ':topic/') + '/other',
    );
    expect(make('4', { topics: [...topics, elsewhere], client: inside })).toThrow('TopicOfOtherCluster');
  });

  test('[140] two producers of one function and topics of one imported cluster', () => {
    const scope = stack();
    const vpc = importedVpc(scope);
    const group = ec2.SecurityGroup.fromSecurityGroupId(scope, 'Brokers', 'sg-1');
    const imported = MskCluster.fromClusterAttributes(scope, 'Imported', {
      clusterArn: CLUSTER_ARN,
      vpc,
      securityGroups: [group],
      bootstrapBrokers: 'b-1:9098',
    });
    const handler = vpcFunction(scope);
    for (const name of ['one', 'two']) {
      const topics = [KafkaTopic.fromTopicName(scope, name, imported, name)];
      new KafkaProducer(scope, `Writes${name}`, { topics, client: ProducerClient.lambdaFunction(handler) });
    }
    expect(allowed(scope, /^WritesonePolicy/)).toContain('kafka-cluster:WriteData one');
    expect(allowed(scope, /^WritestwoPolicy/)).toContain('kafka-cluster:WriteData two');
    expect(idsOf(scope, 'AWS::EC2::SecurityGroupIngress')).toHaveLength(1);
  });
});

describe('a container', () => {
  test('[140] [S-06] writes as its task role, and its tasks start when it can', () => {
    const scope = stack();
    const topics = [topicOf(scope, 'paid')];
    const { container, tasks } = service(scope);
    new KafkaProducer(scope, 'Producer', { topics, client: ProducerClient.container(container, tasks) });
    const policy = named(scope, 'AWS::IAM::Policy', 'ProducerPolicy').Properties;
    expect(textOf(policy.Roles[0])).toMatch(/^<TaskTaskRole/);
    const [definition] = onlyOne(scope, 'AWS::ECS::TaskDefinition').Properties.ContainerDefinitions;
    expect(definition.Environment.map(({ Name }: any) => Name)).toEqual(['KAFKA_BOOTSTRAP_SERVERS', 'KAFKA_TOPICS']);
    expect(onlyOne(scope, 'AWS::ECS::Service').DependsOn).toEqual(
      expect.arrayContaining([
        ...idsOf(scope, 'AWS::EC2::SecurityGroupIngress'),
        ...idsOf(scope, 'AWS::MSK::Topic'),
        expect.stringMatching(/^ProducerPolicy/),
      ]),
    );
  });

  test('[140] of SCRAM is handed user and password by ECS, whose role alone reads the secret', () => {
    const scope = stack();
    const orders = cluster(scope, 'Orders', { authentication: [ClientAuthentication.scram()] });
    const secret = new secretsmanager.Secret(scope, 'Secret', { secretName: 'AmazonMSK_writer' });
    const { container, tasks } = service(scope);
    new KafkaProducer(scope, 'Producer', {
      topics: [new KafkaTopic(scope, 'paid', { cluster: orders, topicName: 'paid', partitions: 1 })],
      client: ProducerClient.container(container, tasks),
      identity: ClientIdentity.scram(secret),
    });
    const [definition] = onlyOne(scope, 'AWS::ECS::TaskDefinition').Properties.ContainerDefinitions;
    expect(definition.Secrets.map(({ Name, ValueFrom }: any) => [Name, textOf(ValueFrom).replace(/<.*>/, '')])).toEqual(
      [
        ['KAFKA_USERNAME', ':username::'],
        ['KAFKA_PASSWORD', ':password::'],
      ],
    );
    expect(definition.Environment.map(({ Name }: any) => Name)).not.toContain('KAFKA_SECRET_ARN');
    const policy = named(scope, 'AWS::IAM::Policy', 'ProducerExecutionPolicy').Properties;
    expect(textOf(policy.Roles[0])).toMatch(/^<TaskExecutionRole/);
    expect(idsOf(scope, 'AWS::IAM::Policy').filter((id) => id.startsWith('ProducerPolicy'))).toEqual([]);
  });
});

test('[140] whatever else writes is given rights and network, and its settings by whoever makes it', () => {
  const scope = stack();
  const topics = [topicOf(scope, 'paid')];
  const role = new iam.Role(scope, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
  const vpc = scope.node.findChild('ImportedVpc') as ec2.IVpc;
  const group = new ec2.SecurityGroup(scope, 'Group', { vpc });
  const producer = new KafkaProducer(scope, 'Producer', { topics, client: ProducerClient.other(role, group) });
  expect(allowed(scope, /^ProducerPolicy/)).toEqual([...CLUSTER, ...PRODUCE('paid')].sort());
  expect(textOf(onlyOne(scope, 'AWS::EC2::SecurityGroupIngress').Properties.SourceSecurityGroupId)).toMatch(/^<Group/);
  expect(producer.environment.KAFKA_TOPICS).toBe('paid');
});

test('[140] a role that can not be changed is told what to add', () => {
  const scope = stack();
  const topics = [topicOf(scope, 'paid')];
  const role = iam.Role.fromRoleArn(scope, 'Role', 'arn:aws:iam::123456789012:role/fixed', { mutable: false });
  new KafkaProducer(scope, 'Producer', {
    topics,
    client: ProducerClient.lambdaFunction(vpcFunction(scope, 'Writer', role)),
  });
  expect(warningsOf(scope).filter((line) => line.includes('MSK-GRANT-NOT-ADDED'))).toHaveLength(1);
});

test('[140] cluster, topic and function in three stacks make no cycle', () => {
  const app = new App();
  const [owner, topics, writers] = ['Owner', 'Topics', 'Writers'].map((id) => new Stack(app, id));
  const vpc = new ec2.Vpc(owner, 'Vpc', { availabilityZones: ['a', 'b', 'c'] });
  const orders = cluster(owner, 'Orders', { vpc });
  const paid = new KafkaTopic(topics, 'Paid', { cluster: orders, topicName: 'paid', partitions: 1 });
  const handler = new lambda.Function(writers, 'Writer', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => {};'),
    vpc,
  });
  new KafkaProducer(writers, 'Producer', { topics: [paid], client: ProducerClient.lambdaFunction(handler) });
  app.synth();
  expect(writers.dependencies.map(({ node }) => node.id).sort()).toEqual(['Owner', 'Topics']);
  expect(owner.dependencies).toEqual([]);
});
