import { Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import {
  ClientAuthentication,
  ClientIdentity,
  ClientLibrary,
  ClusterKind,
  FargateConsumer,
  FargateScaling,
  KafkaTopic,
  MskCluster,
  ServerlessCluster,
} from '../../lib';
import type { FargateConsumerProps, IKafkaTopic } from '../../lib';
import {
  CLUSTER_ARN,
  app,
  cluster,
  countsOf,
  differences,
  idsOf,
  importedVpc,
  keepReportsQuiet,
  onlyOne,
  resourcesOf,
  stack,
  textOf,
  warningsOf,
} from '../support/fixtures';
import { CONSUME, allowed, topicOf } from './consumers';

keepReportsQuiet();

const IMAGE = ecs.ContainerImage.fromRegistry('public.ecr.aws/docker/library/eclipse-temurin:21');

type Options = Partial<FargateConsumerProps> & { readonly of?: Stack };

function consumer({ of = stack(), ...props }: Options = {}, id = 'Billing'): FargateConsumer {
  return new FargateConsumer(of, id, {
    consumerGroup: 'billing',
    image: IMAGE,
    ...props,
    topic: props.topic ?? topicOf(cluster(of)),
  });
}

/** What the container finds in its environment. */
function environment(of: Stack): Record<string, string> {
  const [{ Environment }] = onlyOne(of, 'AWS::ECS::TaskDefinition').Properties.ContainerDefinitions;
  return Object.fromEntries(Environment.map(({ Name, Value }: any) => [Name, textOf(Value)]));
}

const secretOf = (of: Stack, encryptionKey?: kms.IKey) =>
  new secretsmanager.Secret(of, 'Credentials', { secretName: 'AmazonMSK_billing', encryptionKey });

describe('[S-15] [135] a consumer on Fargate', () => {
  test('makes a role, a group, a log, a cluster and a service, and nothing that stays unused', () => {
    const without = stack();
    topicOf(cluster(without));
    const before = countsOf(without);
    const of = stack();
    consumer({ of });
    const made = Object.entries(countsOf(of)).flatMap(([type, count]) =>
      count === before[type] ? [] : [`${type} ${count - (before[type] ?? 0)}`],
    );
    expect(made.sort()).toEqual([
      'AWS::EC2::SecurityGroup 1',
      'AWS::EC2::SecurityGroupEgress 1',
      'AWS::EC2::SecurityGroupIngress 1',
      'AWS::ECS::Cluster 1',
      'AWS::ECS::Service 1',
      'AWS::ECS::TaskDefinition 1',
      // Of the task and of what starts it; of the look-up of the brokers.
      'AWS::IAM::Policy 3',
      'AWS::IAM::Role 3',
      'AWS::Lambda::Function 1',
      'AWS::Logs::LogGroup 2',
      'Custom::MskBootstrapBrokers 1',
    ]);
  });

  test('may read its topics as its group, and nothing else', () => {
    const of = stack();
    consumer({ of });
    expect(allowed(of)).toEqual({ [CLUSTER_ARN]: ['kafka-cluster:Connect'], ...CONSUME });
  });

  test('has its role for tasks of this account alone', () => {
    const of = stack();
    consumer({ of });
    const [trust] =
      resourcesOf(of)[idsOf(of, 'AWS::IAM::Role').find((id) => id.startsWith('BillingRole'))!].Properties
        .AssumeRolePolicyDocument.Statement;
    expect(trust.Principal).toEqual({ Service: 'ecs-tasks.amazonaws.com' });
    expect(trust.Condition.StringEquals).toEqual({ 'aws:SourceAccount': { Ref: 'AWS::AccountId' } });
    expect(textOf(trust.Condition.ArnLike['aws:SourceArn'])).toBe(
      'arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:*',
    );
  });

  test('tells the container brokers, topics, group and settings', () => {
    const of = stack();
    const orders = cluster(of);
    consumer({ of, topic: topicOf(orders), additionalTopics: [topicOf(orders, 'refunded')] });
    const found = environment(of);
    expect(Object.keys(found)).toEqual([
      'KAFKA_BOOTSTRAP_SERVERS',
      'KAFKA_TOPICS',
      'KAFKA_GROUP_ID',
      'KAFKA_CLIENT_PROPERTIES',
    ]);
    expect(found.KAFKA_BOOTSTRAP_SERVERS).toMatch(/BootstrapBrokerStringSaslIam>$/);
    expect(found.KAFKA_TOPICS).toBe('paid,refunded');
    expect(found.KAFKA_GROUP_ID).toBe('billing');
    expect(found.KAFKA_CLIENT_PROPERTIES).toContain('sasl.mechanism=AWS_MSK_IAM\n');
  });

  test.each([
    [ClientLibrary.LIBRDKAFKA, 'sasl.mechanism=OAUTHBEARER\n'],
    [ClientLibrary.PLATFORMATIC, '"mechanism":"OAUTHBEARER"'],
    [ClientLibrary.KAFKA_JS, '"mechanism":"oauthbearer"'],
  ])('has the settings as %s takes them', (clientLibrary, expected) => {
    const of = stack();
    consumer({ of, clientLibrary });
    expect(environment(of).KAFKA_CLIENT_PROPERTIES).toContain(expected);
  });

  test('reaches the brokers on the port of its identity, and HTTPS', () => {
    const of = stack();
    consumer({ of });
    const { FromPort, ToPort } = onlyOne(of, 'AWS::EC2::SecurityGroupIngress').Properties;
    expect([FromPort, ToPort]).toEqual([9098, 9098]);
    const group = resourcesOf(of)[idsOf(of, 'AWS::EC2::SecurityGroup').find((id) => id.startsWith('Billing'))!];
    expect(group.Properties.SecurityGroupEgress).toEqual([
      expect.objectContaining({ CidrIp: '0.0.0.0/0', FromPort: 443, ToPort: 443 }),
    ]);
    expect(group.Properties.SecurityGroupIngress).toBeUndefined();
  });

  test('has no public address, ends in order, and goes back to the version that ran', () => {
    const of = stack();
    consumer({ of });
    const { Properties } = onlyOne(of, 'AWS::ECS::Service');
    expect(Properties.NetworkConfiguration.AwsvpcConfiguration).toMatchObject({
      AssignPublicIp: 'DISABLED',
      Subnets: ['subnet-a', 'subnet-b', 'subnet-c'],
    });
    expect(Properties.DeploymentConfiguration).toEqual({
      DeploymentCircuitBreaker: { Enable: true, Rollback: true },
      MaximumPercent: 200,
      MinimumHealthyPercent: 100,
    });
    expect(Properties.DesiredCount).toBe(1);
    const [{ StopTimeout }] = onlyOne(of, 'AWS::ECS::TaskDefinition').Properties.ContainerDefinitions;
    expect(StopTimeout).toBe(120);
  });

  test('starts when topic, cluster, rights and network are there', () => {
    const of = stack();
    consumer({ of });
    const { DependsOn } = onlyOne(of, 'AWS::ECS::TaskDefinition');
    const types = DependsOn!.map((id) => resourcesOf(of)[id].Type);
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
    // That of the code, and that of what starts it: without its log no task starts.
    expect(DependsOn!.filter((id) => resourcesOf(of)[id].Type === 'AWS::IAM::Policy')).toHaveLength(2);
    expect(onlyOne(of, 'AWS::ECS::Service').Properties.TaskDefinition).toEqual({
      Ref: idsOf(of, 'AWS::ECS::TaskDefinition')[0],
    });
  });

  test('keeps its log as the cluster is kept', () => {
    const of = stack();
    consumer({ of });
    const log = Object.entries(resourcesOf(of)).find(([id]) => /^BillingLog/.test(id))![1];
    expect(log).toMatchObject({ Properties: { RetentionInDays: 90 }, DeletionPolicy: 'Retain' });
  });

  test('exposes what was made', () => {
    const of = stack();
    const made = consumer({ of });
    expect(of.resolve(made.metricMaxOffsetLag().toMetricConfig().metricStat!.metricName)).toBe('MaxOffsetLag');
    expect(made.metricEstimatedTimeLag().metricName).toBe('EstimatedMaxTimeLag');
    expect(made.grantPrincipal).toBe(made.role.grantPrincipal);
    made.connections.allowTo(ec2.Peer.ipv4('10.0.0.0/8'), ec2.Port.tcp(5432));
    expect(JSON.stringify(resourcesOf(of))).toContain('5432');
    expect([made.service, made.taskDefinition, made.container, made.ecsCluster, made.logGroup]).not.toContain(
      undefined,
    );
  });
});

describe('[135] other identities on Fargate', () => {
  test('SCRAM: user name and password come from the secret, by a right of what starts the task', () => {
    const of = stack();
    const orders = cluster(of, 'Orders', { authentication: [ClientAuthentication.scram()] });
    const secret = secretOf(of, new kms.Key(of, 'Key'));
    consumer({ of, topic: topicOf(orders), identity: ClientIdentity.scram(secret) });

    const [container] = onlyOne(of, 'AWS::ECS::TaskDefinition').Properties.ContainerDefinitions;
    const id = idsOf(of, 'AWS::SecretsManager::Secret')[0];
    expect(container.Secrets.map(({ Name, ValueFrom }: any) => [Name, textOf(ValueFrom)])).toEqual([
      ['KAFKA_USERNAME', `<${id}>:username::`],
      ['KAFKA_PASSWORD', `<${id}>:password::`],
    ]);
    const policies = Object.entries(resourcesOf(of)).filter(([, { Type }]) => Type === 'AWS::IAM::Policy');
    const [, starter] = policies.find(([name]) => name.startsWith('BillingExecutionPolicy'))!;
    expect(starter.Properties.PolicyDocument.Statement.map(({ Action }: any) => Action)).toEqual([
      ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
      'kms:Decrypt',
    ]);
    // IAM says nothing to a broker that knows users by their passwords: the code has no right at all.
    expect(policies.some(([name]) => name.startsWith('BillingPolicy'))).toBe(false);
    // The key would wait for the role, and a cluster whose secret it is for the consumer.
    expect(JSON.stringify(onlyOne(of, 'AWS::KMS::Key').Properties.KeyPolicy)).not.toContain('Billing');
    expect(onlyOne(of, 'AWS::EC2::SecurityGroupIngress').Properties.FromPort).toBe(9096);
  });

  test('mutual TLS: certificate and key', () => {
    const of = stack();
    const topic = importedTopic(of, [ClientAuthentication.mutualTls([])]);
    consumer({ of, topic, identity: ClientIdentity.mutualTls(secretOf(of)) });
    const [container] = onlyOne(of, 'AWS::ECS::TaskDefinition').Properties.ContainerDefinitions;
    expect(container.Secrets.map(({ Name }: any) => Name)).toEqual(['KAFKA_CERTIFICATE', 'KAFKA_PRIVATE_KEY']);
    expect(environment(of).KAFKA_CLIENT_PROPERTIES).toContain('${env:KAFKA_CERTIFICATE}');
  });

  test('a role that can not be changed is said to need the rights', () => {
    const of = stack();
    const taskRole = iam.Role.fromRoleArn(of, 'Given', 'arn:aws:iam::123456789012:role/given', { mutable: false });
    consumer({ of, taskRole });
    expect(warningsOf(of).filter((each) => each.includes('MSK-GRANT-NOT-ADDED'))).toHaveLength(1);
  });
});

describe('[135] where the topic is', () => {
  test('a cluster from elsewhere, once its network is known', () => {
    const of = stack();
    consumer({ of, topic: importedTopic(of, [ClientAuthentication.iam()]) });
    expect(allowed(of)).toEqual({ [CLUSTER_ARN]: ['kafka-cluster:Connect'], ...CONSUME });
    const { GroupId, FromPort } = onlyOne(of, 'AWS::EC2::SecurityGroupIngress').Properties;
    expect([GroupId, FromPort]).toEqual(['sg-brokers', 9098]);
  });

  test('what is unknown is named', () => {
    const of = stack();
    const topic = KafkaTopic.fromTopicArn(of, 'Paid', `${CLUSTER_ARN.replace(':cluster/', ':topic/')}/paid`);
    expect(() => consumer({ of, topic })).toThrow('`vpc` of the cluster');
  });

  test('a serverless cluster', () => {
    const of = stack();
    const orders = new ServerlessCluster(of, 'Serverless', { vpc: importedVpc(of) });
    consumer({ of, topic: KafkaTopic.fromTopicName(of, 'Paid', orders, 'paid') });
    expect(onlyOne(of, 'AWS::ECS::TaskDefinition').DependsOn).toContain(idsOf(of, 'AWS::MSK::ServerlessCluster')[0]);
  });

  test('another stack: rules, rights and tasks are in that of the consumer, which comes last', () => {
    const scope = app();
    const owner = stack({ app: scope, id: 'Owner' });
    const client = stack({ app: scope, id: 'Client' });
    consumer({ of: client, topic: topicOf(cluster(owner)) });
    expect(idsOf(owner, 'AWS::EC2::SecurityGroupIngress')).toEqual([]);
    expect(client.dependencies.includes(owner)).toBe(true);
    expect(owner.dependencies).toEqual([]);
    expect(idsOf(client, 'AWS::EC2::SecurityGroupIngress')).toHaveLength(1);
  });

  test('two consumers of one topic share nothing but one ECS cluster that is given', () => {
    const of = stack();
    const topic = topicOf(cluster(of));
    const { ecsCluster } = consumer({ of, topic });
    consumer({ of, topic, consumerGroup: 'audit', ecsCluster }, 'Audit');
    expect(idsOf(of, 'AWS::ECS::Cluster')).toHaveLength(1);
    expect(idsOf(of, 'AWS::EC2::SecurityGroupIngress')).toHaveLength(2);
    const group = (id: string) =>
      JSON.stringify(resourcesOf(of)[idsOf(of, 'AWS::IAM::Policy').find((each) => each.startsWith(id))!]);
    expect(group('BillingPolicy')).not.toContain('/audit');
    expect(group('AuditPolicy')).not.toContain('/billing');
  });
});

describe('[135] scaling on lag', () => {
  const scaled = (options: Parameters<typeof FargateScaling.onLag>[0], more: Options = {}) => {
    const of = more.of ?? stack();
    consumer({ scaling: FargateScaling.onLag(options), ...more, of });
    return of;
  };

  test('goes from one task to as many as there are partitions', () => {
    const { MinCapacity, MaxCapacity } = onlyOne(
      scaled({ recordsBehind: 1000 }),
      'AWS::ApplicationAutoScaling::ScalableTarget',
    ).Properties;
    expect([MinCapacity, MaxCapacity]).toEqual([1, 12]);
  });

  test('does not say how many tasks there are: each deployment would set them back', () => {
    expect(onlyOne(scaled({ recordsBehind: 1000 }), 'AWS::ECS::Service').Properties.DesiredCount).toBeUndefined();
  });

  test('starts the more the further behind, and stops one after a calm time', () => {
    const of = scaled({ recordsBehind: 1000, calmFor: Duration.minutes(30) });
    const steps = Object.values(resourcesOf(of))
      .filter(({ Type }) => Type === 'AWS::ApplicationAutoScaling::ScalingPolicy')
      .map(({ Properties }) => Properties.StepScalingPolicyConfiguration);
    expect(steps.map(({ AdjustmentType }) => AdjustmentType)).toEqual(['ChangeInCapacity', 'ChangeInCapacity']);
    expect(
      steps[0].StepAdjustments.map((step: any) => [step.MetricIntervalLowerBound, step.ScalingAdjustment]),
    ).toEqual([
      [0, 1],
      [1000, 2],
      [3000, 4],
    ]);
    expect(steps[1].StepAdjustments).toEqual([{ MetricIntervalUpperBound: 0, ScalingAdjustment: -1 }]);
    const alarms = Object.values(resourcesOf(of)).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
    expect(alarms.map(({ Properties: alarm }) => [alarm.MetricName, alarm.Threshold, alarm.EvaluationPeriods])).toEqual(
      [
        ['SumOffsetLag', 1000, 3],
        ['SumOffsetLag', 250, 30],
      ],
    );
    // A group that reports nothing is neither behind nor calm.
    expect(alarms.map(({ Properties }) => Properties.TreatMissingData)).toEqual(['notBreaching', 'notBreaching']);
  });

  test('looks at all topics together', () => {
    const of = stack();
    const orders = cluster(of);
    scaled({ recordsBehind: 1000 }, { of, topic: topicOf(orders), additionalTopics: [topicOf(orders, 'refunded')] });
    const [alarm] = Object.values(resourcesOf(of)).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
    expect(alarm.Properties.Metrics[0].Expression).toBe('SUM([lag0, lag1])');
  });

  test('needs to know how many tasks can share a topic', () => {
    const of = stack();
    const topic = importedTopic(of, [ClientAuthentication.iam()]);
    expect(() => scaled({ recordsBehind: 1 }, { of, topic })).toThrow('give `maxTasks`');
    const other = stack();
    scaled({ recordsBehind: 1, maxTasks: 3 }, { of: other, topic: importedTopic(other, [ClientAuthentication.iam()]) });
  });

  test.each([
    [FargateScaling.constant(13), '13 tasks share 12 partitions'],
    [FargateScaling.onLag({ recordsBehind: 1, maxTasks: 13 }), '13 tasks share 12 partitions'],
    [FargateScaling.onLag({ recordsBehind: 0 }), '`recordsBehind` must be at least 1'],
    [FargateScaling.onLag({ recordsBehind: 1, minTasks: 0 }), '`minTasks` must be a whole number from 1'],
    [FargateScaling.onLag({ recordsBehind: 1, minTasks: 3, maxTasks: 2 }), '`maxTasks` must be a whole number from 3'],
  ])('refuses what can not be meant (%#)', (scaling, message) => {
    expect(() => consumer({ scaling })).toThrow(message);
  });

  test('none is allowed: a service that rests', () => {
    const of = stack();
    consumer({ of, scaling: FargateScaling.constant(0) });
    expect(onlyOne(of, 'AWS::ECS::Service').Properties.DesiredCount).toBe(0);
  });
});

describe('what can not be meant', () => {
  test.each<[Options, string]>([
    [{ consumerGroup: 'billing:eu' }, "`consumerGroup` is 'billing:eu'"],
    [{ consumerGroup: '' }, "`consumerGroup` is ''"],
    [{ stopTimeout: Duration.minutes(3) }, '`stopTimeout` must be two minutes at the most'],
    [{ environment: { KAFKA_TOPICS: 'mine' } }, "the environment variable 'KAFKA_TOPICS' is set here"],
    [{ securityGroups: [] }, 'a list of security groups must not be empty'],
    [{ identity: ClientIdentity.anonymous() }, 'does not let clients in by UNAUTHENTICATED'],
  ])('%#', (options, message) => {
    expect(() => consumer(options)).toThrow(message);
  });

  test('topics of two clusters', () => {
    const of = stack();
    expect(() =>
      consumer({ of, topic: topicOf(cluster(of)), additionalTopics: [topicOf(cluster(of, 'Other'), 'b')] }),
    ).toThrow('is in another cluster');
  });
});

test('another topic or group is a new revision of the task, not another service', () => {
  const of = (props: Options) => {
    const made = stack();
    consumer({ ...props, of: made, topic: topicOf(cluster(made), props.consumerGroup === 'b' ? 'paid' : 'other') });
    return resourcesOf(made);
  };
  const changed = differences(of({ consumerGroup: 'a' }), of({ consumerGroup: 'b' }));
  expect(changed.filter((path) => path.startsWith('BillingService'))).toEqual([]);
});

function importedTopic(of: Stack, authentication: ClientAuthentication[]): IKafkaTopic {
  const vpc = importedVpc(of);
  const orders = MskCluster.fromClusterAttributes(of, 'Elsewhere', {
    clusterArn: CLUSTER_ARN,
    kind: ClusterKind.STANDARD,
    authentication,
    vpc,
    subnets: vpc.privateSubnets,
    securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(of, 'BrokerGroup', 'sg-brokers')],
  });
  return KafkaTopic.fromTopicName(of, 'PaidElsewhere', orders, 'paid');
}
