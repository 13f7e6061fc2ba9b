import { App, CfnResource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { KinesisToMsk } from '../../examples/kinesis-to-msk';
import { OrdersToLambda } from '../../examples/orders-to-lambda';
import { DeployerPolicy, KafkaTopic, LambdaConsumer } from '../../lib';
import permissions from '../../lib/deployer/data/permissions.json';
import { cluster, keepReportsQuiet, nodeFunction, onlyOne, resourcesOf, textOf } from '../support/fixtures';

keepReportsQuiet();

/** What is allowed on what, of a policy for `stack` that a stack beside it holds. */
function allowed(stack: Stack): Map<string, string[]> {
  const before = new Stack(stack.node.root as App, 'Before');
  const document = DeployerPolicy.documentFor(stack);
  new iam.ManagedPolicy(before, 'Deployer', { document });
  const { Statement } = onlyOne(before, 'AWS::IAM::ManagedPolicy').Properties.PolicyDocument;
  expect(before.dependencies).toEqual([]);
  return new Map(
    Statement.flatMap(({ Action, Resource }: any) =>
      [Action].flat().map((action: string) => [action, [Resource].flat().map((arn) => textOf(arn))]),
    ),
  );
}

const ARN = (service: string, rest: string) => `arn:<AWS::Partition>:${service}:<AWS::Region>:<AWS::AccountId>:${rest}`;

test('[198] what is deployed has its names in the statements, and the policy waits for no other stack', () => {
  const stack = new Stack(new App(), 'Payments');
  const document = DeployerPolicy.documentFor(stack);
  const orders = cluster(stack, 'Orders', { clusterName: 'orders' });
  const topic = new KafkaTopic(stack, 'Paid', { cluster: orders, topicName: 'paid', partitions: 1 });
  new LambdaConsumer(stack, 'Billing', { topic, consumerGroup: 'billing', handler: nodeFunction(stack) });
  const actions = allowed(stack);
  expect(actions.get('kafka:CreateCluster')).toEqual([ARN('kafka', 'cluster/orders/*')]);
  expect(actions.get('kafka-cluster:CreateTopic')).toEqual([ARN('kafka', 'topic/*/*/paid')]);
  expect(actions.get('lambda:CreateFunction')).toEqual([ARN('lambda', 'function:Payments*')]);
  expect(actions.get('sqs:CreateQueue')).toEqual([ARN('sqs', 'Payments*')]);
  const role = 'arn:<AWS::Partition>:iam::<AWS::AccountId>:role/';
  expect(actions.get('iam:CreateRole')).toEqual([`${role}Payments*`]);
  expect(actions.get('iam:PassRole')).toEqual([`${role}Payments*`]);
  expect(actions.get('iam:CreateServiceLinkedRole')).toEqual([`${role}aws-service-role/*`]);
  // What has no name beforehand: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
  expect(actions.get('ec2:DescribeSubnets')).toEqual(['*']);
  expect(actions.has('macie2:EnableMacie')).toBe(false);
  // It was asked for before anything was in the stack.
  expect(document.isEmpty).toBe(false);
});

test('[198] a custom resource needs its function, and nothing of what has not been used', () => {
  const stack = new Stack(new App(), 'Brokers');
  const orders = cluster(stack);
  orders.bootstrapBrokers.forIdentity();
  const actions = allowed(stack);
  expect(actions.get('lambda:InvokeFunction')).toEqual([ARN('lambda', 'function:Brokers*')]);
  expect([...actions.keys()].filter((action) => /^(sqs|dynamodb|kinesis|iot|dms):/.test(action))).toEqual([]);
});

test('[198] a stack of nothing allows nothing', () => {
  expect(DeployerPolicy.documentFor(new Stack(new App(), 'Nothing')).isEmpty).toBe(true);
});

test('[198] no action on roles, functions, topics, queues or streams is open to others than those of the stack', () => {
  const app = new App();
  const open = [new OrdersToLambda(app, 'orders'), new KinesisToMsk(app, 'kinesis')].flatMap((stack) =>
    stack
      .resolve(DeployerPolicy.documentFor(stack))
      .Statement.filter(({ Resource }: any) => Resource === '*')
      .flatMap(({ Action }: any) => [Action].flat()),
  );
  expect(open.length).toBeGreaterThan(10);
  const writing =
    /^(iam|kafka|kafka-cluster|kinesis|sqs|sns|s3|dynamodb|secretsmanager):(Create|Put|Delete|Update|Pass)/;
  // Of these, the Service Authorization Reference knows no resource.
  const limitless = ['kinesis:UpdateShardCount', 'kinesis:UpdateStreamMode'];
  expect([...new Set(open)].filter((action) => writing.test(String(action)))).toEqual(limitless);
});

test('[198] the permissions of all that this package makes are known', () => {
  const app = new App();
  const made = [new OrdersToLambda(app, 'orders'), new KinesisToMsk(app, 'kinesis')].flatMap((stack) =>
    Object.values(resourcesOf(stack)).map(({ Type }) => Type),
  );
  const unknown = [...new Set(made)].filter((type) => !type.startsWith('Custom::') && !(type in permissions.types));
  expect(unknown).toEqual([]);
  expect(Object.keys(permissions.types).filter((type) => type.startsWith('AWS::MSK::'))).toHaveLength(9);
  expect(permissions.sources.registry).toMatch(/^\d{4}-\d\d-\d\d/);
});

test('[198] types that it does not know are not in its way', () => {
  const stack = new Stack(new App(), 'Others');
  new CfnResource(stack, 'Other', { type: 'Example::Other::Thing' });
  expect(DeployerPolicy.documentFor(stack).isEmpty).toBe(true);
});
