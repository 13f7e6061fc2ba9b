import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { ClientAuthentication, KafkaTopic, KinesisBridge, MskCluster } from '../../lib';
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

function world(scope = stack()) {
  const orders = cluster(scope);
  const topic = new KafkaTopic(scope, 'Clicks', { cluster: orders, topicName: 'clicks', partitions: 12 });
  const stream = new kinesis.Stream(scope, 'Stream', { encryption: kinesis.StreamEncryption.KMS });
  return { scope, topic, stream };
}

/** What the role of the function is allowed, action by action. */
function rights(scope: Stack): Map<string, string> {
  const statements = idsOf(scope, 'AWS::IAM::Policy')
    .filter((id) => id.startsWith('Bridge'))
    .flatMap((id) => resourcesOf(scope)[id].Properties.PolicyDocument.Statement);
  return new Map(
    statements.flatMap(({ Action, Resource }: any) =>
      [Action].flat().map((action: string): [string, string] => [action, textOf(Resource)]),
    ),
  );
}

test('[S-10] one batch of a shard at a time, never in halves, from the record that failed, until the stream lets go of it', () => {
  const { scope, topic, stream } = world();
  new KinesisBridge(scope, 'Bridge', { stream, topic });
  const mapping = onlyOne(scope, 'AWS::Lambda::EventSourceMapping');
  const { EventSourceArn, FunctionName, DestinationConfig, ...settings } = mapping.Properties;
  expect(settings).toEqual({
    BatchSize: 1000,
    BisectBatchOnFunctionError: false,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    ParallelizationFactor: 1,
    StartingPosition: 'TRIM_HORIZON',
  });
  expect(textOf(EventSourceArn)).toMatch(/^<Stream\w+\.Arn>$/);
  expect(textOf(FunctionName)).toMatch(/^<BridgeFunction/);
  expect(textOf(DestinationConfig.OnFailure.Destination)).toMatch(/^<BridgeDeadLetters/);
  expect(mapping.DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/^BridgePolicy/)]));
});

test('[S-10] reads that stream, writes that topic, and may do nothing else', () => {
  const { scope, topic, stream } = world();
  new KinesisBridge(scope, 'Bridge', { stream, topic });
  const actions = rights(scope);
  expect(actions.get('kinesis:GetRecords')).toMatch(/^<Stream\w+\.Arn>$/);
  expect(actions.get('kms:Decrypt')).toMatch(/^<StreamKey\w+\.Arn>$/);
  expect(actions.get('kafka-cluster:WriteData')).toMatch(/\/clicks$/);
  expect(actions.get('sqs:SendMessage')).toMatch(/^<BridgeDeadLetters\w+\.Arn>$/);
  const open = [...actions].filter(([, resource]) => resource === '*').map(([action]) => action);
  expect(open.filter((action) => !action.startsWith('ec2:'))).toEqual([]);
  expect([...actions.keys()].filter((action) => /List|Read|Consum/.test(action))).toEqual(['kinesis:ListShards']);
});

test('[S-10] the function reaches the brokers and nothing else', () => {
  const { scope, topic, stream } = world();
  new KinesisBridge(scope, 'Bridge', { stream, topic });
  const group = idsOf(scope, 'AWS::EC2::SecurityGroup').filter((id) => id.startsWith('Bridge'));
  expect(group).toHaveLength(1);
  const rule = onlyOne(scope, 'AWS::EC2::SecurityGroupEgress').Properties;
  expect([rule.FromPort, rule.ToPort, textOf(rule.GroupId)]).toEqual([9098, 9098, `<${group[0]}.GroupId>`]);
});

test('[S-10] what it is told is kept as long as the cluster is', () => {
  const kept = world();
  new KinesisBridge(kept.scope, 'Bridge', kept);
  expect(onlyOne(kept.scope, 'AWS::SQS::Queue').DeletionPolicy).toBe('RetainExceptOnCreate');
  const scope = stack();
  const demo = cluster(scope, 'Orders', { removalPolicy: RemovalPolicy.DESTROY });
  const topic = new KafkaTopic(scope, 'Clicks', { cluster: demo, topicName: 'clicks', partitions: 1 });
  new KinesisBridge(scope, 'Bridge', { topic, stream: new kinesis.Stream(scope, 'Stream') });
  expect(onlyOne(scope, 'AWS::SQS::Queue').DeletionPolicy).toBe('Delete');
});

test('[S-10] every option reaches the mapping', () => {
  const { scope, topic, stream } = world();
  const deadLetterQueue = new sqs.Queue(scope, 'Told');
  const bridge = new KinesisBridge(scope, 'Bridge', {
    stream,
    topic,
    startingPosition: lambda.StartingPosition.LATEST,
    batchSize: 50,
    maxBatchingWindow: Duration.seconds(5),
    retryAttempts: 7,
    deadLetterQueue,
  });
  expect(onlyOne(scope, 'AWS::Lambda::EventSourceMapping').Properties).toMatchObject({
    StartingPosition: 'LATEST',
    BatchSize: 50,
    MaximumBatchingWindowInSeconds: 5,
    MaximumRetryAttempts: 7,
  });
  expect(bridge.deadLetterQueue).toBe(deadLetterQueue);
  expect(bridge.metricIteratorAge()).toMatchObject({ metricName: 'IteratorAge', statistic: 'Maximum' });
});

test('[S-10] two bridges of one stream, and what can not work', () => {
  const { scope, topic, stream } = world();
  ['Bridge', 'Second'].forEach((id) => new KinesisBridge(scope, id, { stream, topic }));
  expect(idsOf(scope, 'AWS::Lambda::EventSourceMapping')).toHaveLength(2);
  const other = MskCluster.fromClusterAttributes(scope, 'Other', {
    clusterArn: CLUSTER_ARN,
    authentication: [ClientAuthentication.scram()],
  });
  const bridge =
    (of: KafkaTopic | ReturnType<typeof KafkaTopic.fromTopicName>, position?: lambda.StartingPosition) => () =>
      new KinesisBridge(scope, `Refused${position ?? ''}`, { stream, topic: of, startingPosition: position });
  expect(bridge(topic, lambda.StartingPosition.AT_TIMESTAMP)).toThrow('KinesisBridgePosition');
  expect(bridge(KafkaTopic.fromTopicName(scope, 'Elsewhere', other, 'clicks'))).toThrow(
    "`vpc` of the cluster 'Stack/Other' is unknown",
  );
});
