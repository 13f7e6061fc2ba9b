import { Token } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import type { IMskCluster } from '../../lib/cluster';
import { LambdaConsumer } from '../../lib/consumer';
import type { LambdaConsumerProps } from '../../lib/consumer';
import { KafkaTopic } from '../../lib/topic';
import { CLUSTER_ARN, cluster, idsOf, nodeFunction, onlyOne, resourcesOf, stack, textOf } from '../support/fixtures';

export const MAPPING = 'AWS::Lambda::EventSourceMapping';

export const POLICY = 'AWS::IAM::Policy';

export const GROUP_ARN = `${CLUSTER_ARN.replace(':cluster/', ':group/')}/billing`;

export const TOPIC_ARN = `${CLUSTER_ARN.replace(':cluster/', ':topic/')}/paid`;

export type Options = Partial<LambdaConsumerProps> & { readonly of?: Stack };

export function topicOf(orders: IMskCluster, topicName = 'paid'): KafkaTopic {
  const { node } = orders;
  const id = Token.isUnresolved(topicName) ? 'Unknown' : topicName;
  return new KafkaTopic(node.scope!, `Topic${node.id}${id}`, { cluster: orders, topicName, partitions: 12 });
}

export function consumer({ of = stack(), ...props }: Options = {}, id = 'Billing'): LambdaConsumer {
  return new LambdaConsumer(of, id, {
    consumerGroup: 'billing',
    ...props,
    topic: props.topic ?? topicOf(cluster(of)),
    handler: props.handler ?? nodeFunction(of),
  });
}

export function mapping(options: Options = {}): any {
  const { of = stack() } = options;
  consumer({ ...options, of });
  return onlyOne(of, MAPPING).Properties;
}

/** What the policy of a consumer allows: `resource (condition)` to actions, an owned cluster's ARN as `CLUSTER_ARN`. */
export function allowed(of: Stack): Record<string, string[]> {
  const clusters = Object.fromEntries(idsOf(of, 'AWS::MSK::Cluster').map((id) => [`${id}.Arn`, CLUSTER_ARN]));
  const rights: Record<string, string[]> = {};
  const [id] = idsOf(of, POLICY).filter((each) => /^Billing(?!\w*DefaultPolicy)/.test(each));
  for (const { Effect, Action, Resource, Condition } of resourcesOf(of)[id].Properties.PolicyDocument.Statement) {
    expect(Effect).toBe('Allow');
    for (const resource of [Resource].flat()) {
      const key = textOf(resource, clusters) + (Condition ? ` ${JSON.stringify(of.resolve(Condition))}` : '');
      rights[key] = [...(rights[key] ?? []), ...[Action].flat()].sort();
    }
  }
  return rights;
}

export const NETWORK = {
  '*': [
    'ec2:DeleteNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSecurityGroups',
    'ec2:DescribeSubnets',
    'ec2:DescribeVpcs',
  ],
  '* {"StringEqualsIfExists":{"ec2:SubnetID":["subnet-a","subnet-b","subnet-c"]}}': ['ec2:CreateNetworkInterface'],
};

export const FIND_CLUSTER = ['kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers'];

export const CONSUME = {
  [TOPIC_ARN]: ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
  [GROUP_ARN]: ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'],
};
