import { CfnParameter, PropertyInjectors, Size, Validations } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { MskCluster, ServerlessCluster } from '../../lib/cluster';
import type { MskClusterAttributes } from '../../lib/cluster';
import { LambdaConsumer, PollerScaling } from '../../lib/consumer';
import type { LambdaConsumerProps } from '../../lib/consumer';
import { KafkaTopic } from '../../lib/topic';
import {
  app,
  CLUSTER_ARN,
  cluster,
  countsOf,
  differences,
  idsOf,
  importedVpc,
  keepReportsQuiet,
  nodeFunction,
  onlyOne,
  resourcesOf,
  stack,
  textOf,
  warningsOf,
  without,
} from '../support/fixtures';
import {
  MAPPING,
  POLICY,
  GROUP_ARN,
  TOPIC_ARN,
  topicOf,
  consumer,
  mapping,
  allowed,
  NETWORK,
  FIND_CLUSTER,
  CONSUME,
} from './consumers';
import type { Options } from './consumers';

keepReportsQuiet();

describe('an edit', () => {
  type Edit = Options & { readonly topicName?: string };
  const resources = ({ topicName = 'paid', ...options }: Edit) => {
    const of = stack();
    const topic = new KafkaTopic(of, 'Paid', { cluster: cluster(of), topicName, partitions: 12 });
    consumer({ ...options, of, topic });
    return { resources: resourcesOf(of), mapping: idsOf(of, MAPPING)[0] };
  };
  const before = resources({});

  test.each<[string, Edit]>([
    ['another consumer group', { consumerGroup: 'billing-v2' }],
    ['another topic name', { topicName: 'paid-orders' }],
  ])('[125] [28-pain] %s makes a new mapping, and replaces nothing else of the consumer', (_name, edit) => {
    const after = resources(edit);
    expect(after.mapping).not.toBe(before.mapping);
    const own = (all: Record<string, unknown>) => Object.keys(all).filter((id) => /^Billing(?!Mapping)/.test(id));
    expect(own(after.resources)).toEqual(own(before.resources));
    const [rest, others] = [without(before.resources, before.mapping), without(after.resources, after.mapping)];
    const changed = new Set(differences(rest, others).map((path) => path.split('.').slice(0, 3).join('.')));
    const expected = /^BillingPolicy\w+\.Properties\.PolicyDocument$|^Paid\w+\.Properties\.TopicName$/;
    expect([...changed].filter((path) => !expected.test(path))).toEqual([]);
  });

  test.each<[string, Edit, string[]]>([
    ['a batch size', { batchSize: 10 }, ['Properties.BatchSize']],
    ['a switch', { enabled: false }, ['Properties.Enabled']],
    ['a retry', { scaling: PollerScaling.provisioned({ retryAttempts: 5 }) }, ['Properties.MaximumRetryAttempts']],
  ])('[125] %s changes the mapping in place', (_name, edit, paths) => {
    expect(differences(before.resources, resources(edit).resources)).toEqual(
      paths.map((path) => `${before.mapping}.${path}`),
    );
  });
});

describe('names that are known at deployment only', () => {
  const twice = [1, 2].map(() => {
    const of = stack();
    const text = (id: string) => new CfnParameter(of, id).valueAsString;
    // Tokens are numbered by process: a second app in it has others.
    consumer({ of, topic: topicOf(cluster(of), text('Topic')), consumerGroup: text('Group') });
    return of;
  });

  test('[29-pain] give the mapping the same id at every synth', () => {
    expect(idsOf(twice[0], MAPPING)).toEqual(idsOf(twice[1], MAPPING));
  });

  test('[29-pain] reach the mapping and the rights', () => {
    expect(onlyOne(twice[0], MAPPING).Properties).toMatchObject({
      Topics: [{ Ref: 'Topic' }],
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: { Ref: 'Group' } },
    });
    expect(Object.keys(allowed(twice[0]))).toEqual(
      expect.arrayContaining([TOPIC_ARN.replace(/paid$/, '<Topic>'), GROUP_ARN.replace(/billing$/, '<Group>')]),
    );
  });
});

describe('two consumers', () => {
  test('[110] may read one topic, over one rule', () => {
    const of = stack();
    const topic = topicOf(cluster(of));
    consumer({ of, topic, handler: nodeFunction(of, 'A') });
    consumer({ of, topic, handler: nodeFunction(of, 'B'), consumerGroup: 'shipping' }, 'Shipping');
    expect(countsOf(of)).toMatchObject({ [MAPPING]: 2, [POLICY]: 2, 'AWS::EC2::SecurityGroupIngress': 1 });
  });

  test('[110] may feed one function from two topics', () => {
    const of = stack();
    const orders = cluster(of);
    const handler = nodeFunction(of);
    consumer({ of, handler, topic: topicOf(orders, 'paid') });
    consumer({ of, handler, topic: topicOf(orders, 'shipped') }, 'Shipping');
    expect(countsOf(of)).toMatchObject({ [MAPPING]: 2, [POLICY]: 2, 'AWS::EC2::SecurityGroupIngress': 1 });
  });

  test('[110] may feed one function from topics of one name in two clusters', () => {
    const of = stack();
    const handler = nodeFunction(of);
    ['One', 'Two'].forEach((id) => consumer({ of, handler, topic: topicOf(cluster(of, id)) }, `From${id}`));
    expect(countsOf(of)).toMatchObject({ [MAPPING]: 2, 'AWS::EC2::SecurityGroupIngress': 2 });
    const sources = Object.values(resourcesOf(of)).flatMap(({ Type, Properties }) =>
      Type === MAPPING ? [textOf(Properties.EventSourceArn)] : [],
    );
    expect(new Set(sources).size).toBe(2);
  });
});

describe('the function', () => {
  const ARN = 'arn:aws:lambda:eu-west-1:123456789012:function:billing';

  test('fails where its role is unknown, and says how to import it', () => {
    const of = stack();
    const handler = lambda.Function.fromFunctionArn(of, 'Imported', ARN);
    expect(() => consumer({ of, handler })).toThrow(
      /FunctionRoleUnknown: .* 'Stack\/Imported' is unknown.*`lambda\.Function\.fromFunctionAttributes\(…, \{ role \}\)`/,
    );
  });

  function importedWith(of: Stack, mutable: boolean): lambda.IFunction {
    const role = iam.Role.fromRoleArn(of, 'Role', 'arn:aws:iam::123456789012:role/billing', { mutable });
    return lambda.Function.fromFunctionAttributes(of, 'Imported', { functionArn: ARN, role, sameEnvironment: true });
  }

  test('[123] may be imported with its role', () => {
    const of = stack();
    expect(mapping({ of, handler: importedWith(of, true) }).FunctionName).toBe('billing');
    expect(onlyOne(of, POLICY).Properties.Roles).toEqual(['billing']);
  });

  test('[123] may have a role that takes no policy; all statements to add are said at once then', () => {
    const of = stack();
    consumer({ of, handler: importedWith(of, false) });
    expect(idsOf(of, POLICY)).toEqual([]);
    expect(onlyOne(of, MAPPING).DependsOn?.join()).not.toContain('BillingPolicy');
    const [warning, ...more] = warningsOf(of, '/Stack/Billing');
    expect(more).toEqual([]);
    expect(warningsOf(of)).toHaveLength(1);
    const [, json] = /'Stack\/Role' .* add to them: (.*) \[ack: cdk-msk-macie:MSK-GRANT-NOT-ADDED\]$/.exec(warning)!;
    const actions = JSON.parse(json).flatMap(({ Action }: any) => Action);
    expect(new Set(actions)).toEqual(
      new Set([
        ...FIND_CLUSTER,
        ...Object.values(NETWORK).flat(),
        ...Object.values(CONSUME).flat(),
        'kafka-cluster:Connect',
        'sqs:GetQueueAttributes',
        'sqs:GetQueueUrl',
        'sqs:SendMessage',
      ]),
    );
  });

  test('[121] may be an alias', () => {
    const of = stack();
    const alias = new lambda.Alias(of, 'Live', { aliasName: 'live', version: nodeFunction(of).currentVersion });
    const { FunctionName } = mapping({ of, handler: alias });
    const [id] = idsOf(of, 'AWS::Lambda::Alias');
    expect(textOf(FunctionName, { [id]: `${ARN}:live` })).toBe('billing:live');
    expect(onlyOne(of, POLICY).Properties.Roles).toHaveLength(1);
  });
});

describe('the cluster', () => {
  const imported = (of: Stack, attributes: Partial<MskClusterAttributes> = {}) =>
    MskCluster.fromClusterAttributes(of, 'Orders', { clusterArn: CLUSTER_ARN, ...attributes });

  test.each<[boolean | undefined, number | undefined, number]>([
    [true, 1, 0],
    [false, undefined, 0],
    [undefined, undefined, 1],
  ])('[126] that is imported has the rule for pollers as it says: %s', (addPollerRule, rules, warnings) => {
    const of = stack();
    const brokers = importedVpc(of, 'BrokerVpc');
    const { privateSubnets: subnets } = brokers;
    const group = cluster(of, 'Unused').connections.securityGroups;
    const orders = imported(of, { addPollerRule, subnets, securityGroups: group });
    consumer({ of, topic: KafkaTopic.fromTopicName(of, 'Paid', orders, 'paid') });
    expect(countsOf(of)['AWS::EC2::SecurityGroupIngress']).toBe(rules);
    expect(warningsOf(of, '/Stack/Orders')).toHaveLength(warnings);
    expect(onlyOne(of, MAPPING).Properties.EventSourceArn).toBe(CLUSTER_ARN);
    expect(allowed(of)).toMatchObject(NETWORK);
  });

  test('[126] warns of the rule by an id that can be acknowledged', () => {
    const of = stack();
    const orders = imported(of, { securityGroups: cluster(of, 'Unused').connections.securityGroups });
    consumer({ of, topic: KafkaTopic.fromTopicName(of, 'Paid', orders, 'paid') });
    Validations.of(orders).acknowledge({ id: 'cdk-msk-macie:MSK-POLLER-ACCESS', reason: 'the owner has it' });
    expect(warningsOf(of)).toEqual([]);
  });

  test('fails where its security groups are unknown', () => {
    const of = stack();
    const topic = KafkaTopic.fromTopicArn(of, 'Paid', TOPIC_ARN);
    expect(() => consumer({ of, topic })).toThrow(
      /ClusterSecurityGroupsUnknown: .* give `securityGroups` to MskCluster/,
    );
  });

  test('leaves the subnets of the pollers open where they are unknown', () => {
    const of = stack();
    const orders = imported(of, {
      addPollerRule: false,
      securityGroups: cluster(of, 'Unused').connections.securityGroups,
    });
    consumer({ of, topic: KafkaTopic.fromTopicName(of, 'Paid', orders, 'paid') });
    expect(allowed(of)['*']).toEqual(Object.values(NETWORK).flat().sort());
  });

  test('[3] [S-04] may be serverless', () => {
    const of = stack();
    const clicks = new ServerlessCluster(of, 'Clicks', { vpc: importedVpc(of) });
    const properties = mapping({ of, topic: KafkaTopic.fromTopicName(of, 'Page', clicks, 'page') });
    const [id] = idsOf(of, 'AWS::MSK::ServerlessCluster');
    expect(properties.EventSourceArn).toEqual({ 'Fn::GetAtt': [id, 'Arn'] });
    expect(onlyOne(of, MAPPING).DependsOn).toContain(id);
  });
});

describe('rules', () => {
  test.each<[string, Options, string]>([
    ['an empty group', { consumerGroup: '' }, 'LAMBDA-MSK-GROUP'],
    ['a group with a space', { consumerGroup: 'billing team' }, 'Consumer'],
    ['a wildcard in the group', { consumerGroup: 'billing*' }, 'ResourcePatternWildcard'],
  ])('[111] refuse %s', (_name, options, message) => {
    expect(() => mapping(options)).toThrow(message);
  });

  test('[111] refuse a topic whose name Lambda does not take', () => {
    const of = stack();
    consumer({ of, topic: topicOf(cluster(of), 'p') });
    expect(() => Template.fromStack(of)).toThrow('LAMBDA-MSK-TOPIC');
  });

  test('[111] judge what overrides make of the mapping', () => {
    const of = stack();
    const { eventSourceMapping } = consumer({ of, scaling: PollerScaling.onDemand() });
    (eventSourceMapping.node.defaultChild as lambda.CfnEventSourceMapping).maximumRetryAttempts = 3;
    expect(() => Template.fromStack(of)).toThrow('LAMBDA-MSK-SCALING');
  });

  test('warn of a group whose lag is not measured', () => {
    const of = stack();
    consumer({ of, consumerGroup: 'team:billing' });
    expect(warningsOf(of, '/Stack/Billing')).toEqual([
      expect.stringContaining('[ack: cdk-msk-macie:LAMBDA-MSK-GROUP-METRICS]'),
    ]);
  });
});

test('a team may inject its own defaults', () => {
  const theApp = app();
  PropertyInjectors.of(theApp).add({
    constructUniqueId: LambdaConsumer.PROPERTY_INJECTION_ID,
    inject: (props: LambdaConsumerProps) => ({ batchSize: 1000, ...props }),
  });
  expect(mapping({ of: stack({ app: theApp }) }).BatchSize).toBe(1000);
});

test('[S-08] a function that can not take the largest records of its topic is warned of', () => {
  const warned = (mebibytes?: number) => {
    const of = stack();
    const maxMessageSize = mebibytes === undefined ? undefined : Size.mebibytes(mebibytes);
    const orders = cluster(of, 'Orders', { serverProperties: { maxMessageSize } });
    new LambdaConsumer(of, 'Billing', {
      topic: new KafkaTopic(of, 'Large', { cluster: orders, topicName: 'large', partitions: 1 }),
      consumerGroup: 'billing',
      handler: nodeFunction(of),
    });
    return warningsOf(of).filter((warning) => warning.includes('LAMBDA-MSK-RECORD-SIZE'));
  };
  expect([warned(), warned(4)]).toEqual([[], []]);
  expect(warned(12)).toEqual([
    expect.stringMatching(/'large' takes records of 12582912 bytes, and a function none above 4718592/),
  ]);
});
