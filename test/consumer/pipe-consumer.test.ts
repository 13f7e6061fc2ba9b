import { Duration } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import {
  PipeConsumer,
  PipeLogLevel,
  PipeStartingPosition,
  PipeTarget,
  RecordCondition,
  RecordFilter,
} from '../../lib/consumer';
import type { PipeConsumerProps } from '../../lib/consumer';
import {
  CLUSTER_ARN,
  cluster,
  idsOf,
  keepReportsQuiet,
  nodeFunction,
  onlyOne,
  resourcesOf,
  stack,
  textOf,
} from '../support/fixtures';
import { CONSUME, FIND_CLUSTER, NETWORK, topicOf } from './consumers';

keepReportsQuiet();

const QUEUE = 'arn:aws:sqs:eu-west-1:123456789012:paid';

function pipe(of: Stack, props: Partial<PipeConsumerProps> = {}): any {
  new PipeConsumer(of, 'Pipe', {
    topic: topicOf(cluster(of)),
    consumerGroup: 'billing',
    target: PipeTarget.queue(sqs.Queue.fromQueueArn(of, 'Queue', QUEUE)),
    ...props,
  });
  return onlyOne(of, 'AWS::Pipes::Pipe').Properties;
}

function allowed(of: Stack): Record<string, string[]> {
  const clusters = Object.fromEntries(idsOf(of, 'AWS::MSK::Cluster').map((id) => [`${id}.Arn`, CLUSTER_ARN]));
  const [policy] = idsOf(of, 'AWS::IAM::Policy').filter((id) => id.startsWith('Pipe'));
  const rights: Record<string, string[]> = {};
  for (const { Action, Resource, Condition } of resourcesOf(of)[policy].Properties.PolicyDocument.Statement) {
    const key = textOf(Resource, clusters) + (Condition ? ` ${JSON.stringify(of.resolve(Condition))}` : '');
    rights[key] = [...(rights[key] ?? []), ...[Action].flat()].sort();
  }
  return rights;
}

test('[134] takes records to a queue with the documented rights, and logs what fails without the records', () => {
  const of = stack();
  const properties = pipe(of);
  const [logs] = idsOf(of, 'AWS::Logs::LogGroup').filter((id) => id.startsWith('Pipe'));
  expect(properties).toEqual({
    RoleArn: expect.anything(),
    Source: expect.anything(),
    SourceParameters: {
      ManagedStreamingKafkaParameters: {
        TopicName: 'paid',
        ConsumerGroupID: 'billing',
        StartingPosition: 'TRIM_HORIZON',
      },
    },
    Target: QUEUE,
    LogConfiguration: {
      Level: 'ERROR',
      CloudwatchLogsLogDestination: { LogGroupArn: { 'Fn::GetAtt': [logs, 'Arn'] } },
    },
  });
  expect(allowed(of)).toEqual({
    ...NETWORK,
    ...CONSUME,
    [CLUSTER_ARN]: ['kafka-cluster:Connect', ...FIND_CLUSTER],
    [QUEUE]: ['sqs:SendMessage'],
    [`<${logs}.Arn>`]: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  });
});

test('[134] takes all options', () => {
  const of = stack();
  const properties = pipe(of, {
    startingPosition: PipeStartingPosition.LATEST,
    batchSize: 10,
    maxBatchingWindow: Duration.seconds(5),
    filters: [RecordFilter.json({ status: RecordCondition.oneOf('PAID') })],
    inputTemplate: '{"offset": <$.offset>}',
    enabled: false,
    logLevel: PipeLogLevel.OFF,
  });
  expect(properties).toMatchObject({
    DesiredState: 'STOPPED',
    SourceParameters: {
      FilterCriteria: { Filters: [{ Pattern: '{"value":{"status":["PAID"]}}' }] },
      ManagedStreamingKafkaParameters: {
        StartingPosition: 'LATEST',
        BatchSize: 10,
        MaximumBatchingWindowInSeconds: 5,
      },
    },
    TargetParameters: { InputTemplate: '{"offset": <$.offset>}' },
  });
  expect(properties.LogConfiguration).toBeUndefined();
});

test.each<[string, (of: Stack) => PipeTarget, string, string, any]>([
  [
    'a function',
    (of) => PipeTarget.lambdaFunction(nodeFunction(of)),
    'lambda:InvokeFunction',
    'AWS::Lambda::Function',
    { LambdaFunctionParameters: { InvocationType: 'REQUEST_RESPONSE' } },
  ],
  [
    'a state machine',
    (of) =>
      PipeTarget.stateMachine(
        new sfn.StateMachine(of, 'Machine', {
          definitionBody: sfn.DefinitionBody.fromChainable(new sfn.Pass(of, 'Do')),
        }),
      ),
    'states:StartExecution',
    'AWS::StepFunctions::StateMachine',
    { StepFunctionStateMachineParameters: { InvocationType: 'FIRE_AND_FORGET' } },
  ],
  [
    'an event bus',
    (of) => PipeTarget.eventBus(new events.EventBus(of, 'Bus'), { source: 'orders', detailType: 'Order paid' }),
    'events:PutEvents',
    'AWS::Events::EventBus',
    { EventBridgeEventBusParameters: { Source: 'orders', DetailType: 'Order paid' } },
  ],
])('[134] takes records to %s', (_name, target, action, type, parameters) => {
  const of = stack();
  const { Target, TargetParameters } = pipe(of, { target: target(of) });
  const [id] = idsOf(of, type);
  expect(textOf(Target)).toContain(id);
  expect(TargetParameters).toEqual(parameters);
  expect(Object.entries(allowed(of)).find(([, actions]) => actions.includes(action))?.[0]).toBe(textOf(Target));
});

test('[134] may use the key of its queue', () => {
  const of = stack();
  const queue = new sqs.Queue(of, 'Encrypted', { encryptionMasterKey: new kms.Key(of, 'Key') });
  pipe(of, { target: PipeTarget.queue(queue) });
  const [key] = idsOf(of, 'AWS::KMS::Key');
  expect(allowed(of)[`<${key}.Arn>`]).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
});

test('[134] takes records to whatever else there is', () => {
  const of = stack();
  const arn = 'arn:aws:kinesis:eu-west-1:123456789012:stream/paid';
  const statement = new iam.PolicyStatement({ actions: ['kinesis:PutRecords'], resources: [arn] });
  const target = PipeTarget.of(arn, [statement], { kinesisStreamParameters: { partitionKey: '$.partition' } });
  expect(pipe(of, { target })).toMatchObject({
    Target: arn,
    TargetParameters: { KinesisStreamParameters: { PartitionKey: '$.partition' } },
  });
  expect(allowed(of)[arn]).toEqual(['kinesis:PutRecords']);
});
