import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { ClientAuthentication, ClientIdentity } from '../../lib/cluster';
import { FailureDestination, LambdaConsumer, PollerScaling } from '../../lib/consumer';
import {
  app,
  CLUSTER_ARN,
  cluster,
  countsOf,
  idsOf,
  keepReportsQuiet,
  nodeFunction,
  onlyOne,
  retainedOnDeletable,
  stack,
  warningsOf,
} from '../support/fixtures';
import { nagFindings } from '../support/nag';
import { MAPPING, POLICY, topicOf, consumer, mapping, allowed, NETWORK, FIND_CLUSTER, CONSUME } from './consumers';
import type { Options } from './consumers';

keepReportsQuiet();

describe('a consumer', () => {
  const of = stack();
  const handler = nodeFunction(of);
  const topic = topicOf(cluster(of));
  const before = { ...countsOfSketch() };
  const billing = new LambdaConsumer(of, 'Billing', { topic, handler, consumerGroup: 'billing' });
  const template = Template.fromStack(of);
  const [clusterId] = idsOf(template, 'AWS::MSK::Cluster');
  const [queueId] = idsOf(template, 'AWS::SQS::Queue');

  /** What the stack has without the consumer. */
  function countsOfSketch(): Record<string, number> {
    const without = stack();
    nodeFunction(without);
    topicOf(cluster(without));
    return countsOf(without);
  }

  test('[121] [S-13] is four resources, and one rule for each cluster and port', () => {
    const after = countsOf(template);
    const added = Object.keys(after).filter((type) => after[type] !== before[type]);
    expect(Object.fromEntries(added.map((type) => [type, after[type] - (before[type] ?? 0)]))).toEqual({
      [MAPPING]: 1,
      [POLICY]: 1,
      'AWS::SQS::Queue': 1,
      'AWS::SQS::QueuePolicy': 1,
      'AWS::EC2::SecurityGroupIngress': 1,
    });
  });

  test('[121] [S-13] maps the topic to the function, with pollers of its own', () => {
    expect(onlyOne(template, MAPPING).Properties).toEqual({
      FunctionName: { Ref: idsOf(template, 'AWS::Lambda::Function')[0] },
      EventSourceArn: { 'Fn::GetAtt': [clusterId, 'Arn'] },
      Topics: ['paid'],
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'billing' },
      StartingPosition: 'TRIM_HORIZON',
      ProvisionedPollerConfig: { MinimumPollers: 1 },
      MaximumRetryAttempts: 3,
      BisectBatchOnFunctionError: true,
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [queueId, 'Arn'] } } },
    });
  });

  test('[123] [S-13] may find the cluster, reach it, read the topic in its group, and report failures', () => {
    expect(allowed(of)).toEqual({
      ...NETWORK,
      ...CONSUME,
      [CLUSTER_ARN]: ['kafka-cluster:Connect', ...FIND_CLUSTER],
      [`<${queueId}.Arn>`]: ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'],
    });
  });

  test('[124] waits for topic, cluster, rights and network', () => {
    expect(onlyOne(template, MAPPING).DependsOn?.sort()).toEqual(
      [
        ...idsOf(template, 'AWS::MSK::Topic'),
        clusterId,
        ...idsOf(template, POLICY),
        ...idsOf(template, 'AWS::EC2::SecurityGroupIngress'),
      ].sort(),
    );
  });

  test('[122] keeps failed batches for 14 days, encrypted, over TLS only', () => {
    expect(onlyOne(template, 'AWS::SQS::Queue')).toMatchObject({
      Properties: { SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 24 * 3600 },
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
    const [statement] = onlyOne(template, 'AWS::SQS::QueuePolicy').Properties.PolicyDocument.Statement;
    expect(statement).toMatchObject({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    expect(of.resolve(billing.deadLetterQueue?.queueArn)).toEqual({ 'Fn::GetAtt': [queueId, 'Arn'] });
  });

  test('[123] touches no policy of the function', () => {
    expect(handler.role?.node.tryFindChild('DefaultPolicy')).toBeUndefined();
    expect(idsOf(template, POLICY)).toEqual([expect.stringMatching(/^Billing/)]);
  });

  test('[B-08] has the two findings of cdk-nag that can not be avoided, on its own policy and queue', () => {
    const own = nagFindings(of).filter(({ resource }) => resource.startsWith('Billing'));
    expect(own.map(({ id, resource }) => [id, resource])).toEqual([
      ['AwsSolutions-SQS3', 'Billing/DeadLetters/Resource'],
      ['AwsSolutions-IAM5[Resource::*]', 'Billing/Policy/Resource'],
    ]);
    const others = nagFindings(of).filter(({ resource }) => !/^(Billing|Function)/.test(resource));
    expect(others).toEqual([]);
  });

  test('is kept by nothing that goes', () => {
    // The log group of the function is the user's.
    expect(retainedOnDeletable(of).filter((pair) => !pair.startsWith('FunctionLogGroup'))).toEqual([]);
    expect(warningsOf(of)).toEqual([]);
  });

  test('[103] knows how far it is behind', () => {
    expect(billing.metricMaxOffsetLag({ period: Duration.minutes(1) })).toMatchObject({
      namespace: 'AWS/Kafka',
      metricName: 'MaxOffsetLag',
      statistic: 'Maximum',
      period: Duration.minutes(1),
      dimensions: expect.objectContaining({ 'Consumer Group': 'billing', Topic: 'paid' }),
    });
  });
});

describe('provisioned pollers', () => {
  test('[122] take all options of the service', () => {
    const scaling = PollerScaling.provisioned({
      minimumPollers: 2,
      maximumPollers: 8,
      pollerGroupName: 'orders',
      retryAttempts: 0,
      maxRecordAge: Duration.hours(1),
      bisectBatchOnError: false,
      reportBatchItemFailures: true,
    });
    expect(mapping({ scaling })).toMatchObject({
      ProvisionedPollerConfig: { MinimumPollers: 2, MaximumPollers: 8, PollerGroupName: 'orders' },
      MaximumRetryAttempts: 0,
      MaximumRecordAgeInSeconds: 3600,
      BisectBatchOnFunctionError: false,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });
});

describe('pollers on demand', () => {
  test('[122] have no failure option, no queue and no right to one', () => {
    const of = stack();
    expect(mapping({ of, scaling: PollerScaling.onDemand() })).toEqual({
      FunctionName: expect.anything(),
      EventSourceArn: expect.anything(),
      Topics: ['paid'],
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'billing' },
      StartingPosition: 'TRIM_HORIZON',
    });
    expect(countsOf(of)['AWS::SQS::Queue']).toBeUndefined();
    expect(
      Object.values(allowed(of))
        .flat()
        .filter((action) => action.startsWith('sqs:')),
    ).toEqual([]);
  });
});

describe('the options of a mapping', () => {
  test('[122] reach it', () => {
    const options: Options = {
      startingPosition: lambda.StartingPosition.AT_TIMESTAMP,
      startingPositionTimestamp: 1_760_000_000,
      batchSize: 500,
      maxBatchingWindow: Duration.seconds(5),
      enabled: false,
    };
    expect(mapping(options)).toMatchObject({
      StartingPosition: 'AT_TIMESTAMP',
      StartingPositionTimestamp: 1_760_000_000,
      BatchSize: 500,
      MaximumBatchingWindowInSeconds: 5,
      Enabled: false,
    });
  });
});

describe('the failure destination', () => {
  test('[122] may be a queue of one’s own', () => {
    const of = stack();
    const queue = new sqs.Queue(of, 'Mine', { encryptionMasterKey: new kms.Key(of, 'Key') });
    const scaling = PollerScaling.provisioned({ onFailure: FailureDestination.queue(queue) });
    const properties = mapping({ of, scaling });
    const [queueId] = idsOf(of, 'AWS::SQS::Queue');
    const [keyId] = idsOf(of, 'AWS::KMS::Key');
    expect(properties.DestinationConfig.OnFailure.Destination).toEqual({ 'Fn::GetAtt': [queueId, 'Arn'] });
    expect(allowed(of)).toMatchObject({
      [`<${queueId}.Arn>`]: expect.arrayContaining(['sqs:SendMessage']),
      [`<${keyId}.Arn>`]: expect.arrayContaining(['kms:Decrypt', 'kms:GenerateDataKey*']),
    });
    expect(countsOf(of)['AWS::SQS::Queue']).toBe(1);
  });

  test('[122] may be a topic of SNS', () => {
    const of = stack();
    const scaling = PollerScaling.provisioned({
      onFailure: FailureDestination.snsTopic(new sns.Topic(of, 'Failures')),
    });
    const properties = mapping({ of, scaling });
    const [topicId] = idsOf(of, 'AWS::SNS::Topic');
    expect(properties.DestinationConfig.OnFailure.Destination).toEqual({ Ref: topicId });
    expect(allowed(of)[`<${topicId}>`]).toEqual(['sns:Publish']);
    expect(countsOf(of)['AWS::SQS::Queue']).toBeUndefined();
  });

  test('goes with the cluster in a demo', () => {
    const of = stack();
    consumer({ of, topic: topicOf(cluster(of, 'Orders', { removalPolicy: RemovalPolicy.DESTROY })) });
    expect(onlyOne(of, 'AWS::SQS::Queue')).toMatchObject({ DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
  });
});

describe('the identity', () => {
  const { scram, mutualTls, unauthenticated, plaintext } = ClientAuthentication;
  const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:AmazonMSK_billing-a1b2c3';
  const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000003';

  function secretIn(of: Stack): secretsmanager.ISecret {
    return secretsmanager.Secret.fromSecretAttributes(of, 'Secret', {
      secretCompleteArn: SECRET,
      encryptionKey: kms.Key.fromKeyArn(of, 'Key', KEY),
    });
  }
  const secretRights = {
    [SECRET]: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
    [`${KEY} {"StringLike":{"kms:EncryptionContext:SecretARN":"${SECRET}"}}`]: ['kms:Decrypt'],
  };
  const CASES: [
    string,
    ClientAuthentication[],
    (of: Stack) => ClientIdentity,
    any,
    number,
    Record<string, string[]>,
  ][] = [
    [
      'SCRAM',
      [scram()],
      (of) => ClientIdentity.scram(secretIn(of)),
      [{ Type: 'SASL_SCRAM_512_AUTH', URI: SECRET }],
      9096,
      { [CLUSTER_ARN]: [...FIND_CLUSTER, 'kafka:ListScramSecrets'], ...secretRights },
    ],
    [
      'mutual TLS',
      [mutualTls([{ certificateAuthorityArn: 'arn' } as any])],
      (of) => ClientIdentity.mutualTls(secretIn(of)),
      [{ Type: 'CLIENT_CERTIFICATE_TLS_AUTH', URI: SECRET }],
      9094,
      { [CLUSTER_ARN]: FIND_CLUSTER, ...secretRights },
    ],
    ['nobody', [unauthenticated()], () => ClientIdentity.anonymous(), undefined, 9094, { [CLUSTER_ARN]: FIND_CLUSTER }],
    [
      'nobody in plain text',
      [plaintext()],
      () => ClientIdentity.anonymous(),
      undefined,
      9092,
      { [CLUSTER_ARN]: FIND_CLUSTER },
    ],
  ];

  test.each(CASES)(
    '[23] [24] [25] [123] by %s decides on rights, port and secret',
    (_name, authentication, identity, access, port, rights) => {
      const of = stack();
      const topic = topicOf(cluster(of, 'Orders', { authentication }));
      const scaling = PollerScaling.onDemand();
      const properties = mapping({ of, topic, scaling, identity: identity(of) });
      expect(properties.SourceAccessConfigurations).toEqual(access);
      expect(onlyOne(of, 'AWS::EC2::SecurityGroupIngress').Properties).toMatchObject({ FromPort: port, ToPort: port });
      expect(allowed(of)).toEqual({ ...NETWORK, ...rights });
    },
  );

  test('may be a secret that is known by its name alone', () => {
    const of = stack();
    const secret = secretsmanager.Secret.fromSecretNameV2(of, 'Secret', 'AmazonMSK_billing');
    const topic = topicOf(cluster(of, 'Orders', { authentication: [scram()] }));
    consumer({ of, topic, identity: ClientIdentity.scram(secret) });
    const arns = Object.keys(allowed(of)).filter((resource) => resource.includes(':secretsmanager:'));
    expect(arns).toEqual([expect.stringMatching(/:secret:AmazonMSK_billing-\?{6}$/)]);
  });

  test('by a secret with a key in the stack of the cluster makes no cycle, and changes no key', () => {
    const theApp = app();
    const owner = stack({ app: theApp, id: 'Owner' });
    const key = new kms.Key(owner, 'Key');
    const secret = new secretsmanager.Secret(owner, 'Secret', {
      secretName: 'AmazonMSK_billing',
      encryptionKey: key,
    });
    const topic = topicOf(cluster(owner, 'Orders', { authentication: [scram()] }));
    const of = stack({ app: theApp, id: 'Consumers' });
    consumer({ of, topic, identity: ClientIdentity.scram(secret) });
    theApp.synth();
    expect([owner.dependencies, of.dependencies]).toEqual([[], [owner]]);
    expect(JSON.stringify(onlyOne(owner, 'AWS::KMS::Key').Properties.KeyPolicy)).not.toContain('Function');
  });

  test('fails for one that the cluster does not offer, before anything is made', () => {
    const of = stack();
    const topic = topicOf(cluster(of, 'Orders', { authentication: [scram()] }));
    expect(() => consumer({ of, topic })).toThrow(
      /ClientIdentityNotOffered: .* it offers ClientIdentity\.scram\(secret\)/,
    );
    expect(idsOf(of, POLICY)).toEqual([]);
  });
});
