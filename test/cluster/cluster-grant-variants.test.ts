import * as iam from 'aws-cdk-lib/aws-iam';
import { Template } from 'aws-cdk-lib/assertions';
import { ClusterGrants, ResourcePattern } from '../../lib';
import { CLUSTER_ARN, stack } from '../support/fixtures';

/** Every statement of the granted policy as `action` on what follows the account in the ARN. */
function rights(grant: (grants: ClusterGrants, role: iam.Role) => iam.Grant): string[] {
  const scope = stack();
  const role = new iam.Role(scope, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
  expect(grant(ClusterGrants.fromClusterArn(scope, CLUSTER_ARN), role).success).toBe(true);
  return Object.values<any>(Template.fromStack(scope).findResources('AWS::IAM::Policy'))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
    .flatMap(({ Action, Resource }) =>
      [Action]
        .flat()
        .flatMap((action: string) =>
          [Resource].flat().map((arn: string) => `${action.split(':')[1]} ${arn.split(':').slice(5).join(':')}`),
        ),
    )
    .sort();
}

const IN = 'orders/0a1b2c3d-0000-4000-8000-000000000001-7';
const paid = ResourcePattern.literal('paid');

test('[87] a transactional producer has its transactional id too', () => {
  expect(
    rights((grants, role) => grants.produceInTransactions(role, paid, ResourcePattern.literal('billing-1'))),
  ).toEqual([
    `AlterTransactionalId transactional-id/${IN}/billing-1`,
    `Connect cluster/${IN}`,
    `DescribeTopic topic/${IN}/paid`,
    `DescribeTransactionalId transactional-id/${IN}/billing-1`,
    `WriteData topic/${IN}/paid`,
    `WriteDataIdempotently cluster/${IN}`,
  ]);
});

test('[87] a reader of descriptions can not read records', () => {
  expect(
    rights((grants, role) =>
      grants.describe(role, ResourcePattern.prefixed('team-'), ResourcePattern.prefixed('team-')),
    ),
  ).toEqual([
    `Connect cluster/${IN}`,
    `DescribeCluster cluster/${IN}`,
    `DescribeGroup group/${IN}/team-*`,
    `DescribeTopic topic/${IN}/team-*`,
    `DescribeTopicDynamicConfiguration topic/${IN}/team-*`,
  ]);
});

test('[87] an administrator has the topics, not the records in them', () => {
  const granted = rights((grants, role) => grants.administer(role, ResourcePattern.prefixed('team-')));
  expect(granted).toEqual([
    `AlterTopic topic/${IN}/team-*`,
    `AlterTopicDynamicConfiguration topic/${IN}/team-*`,
    `Connect cluster/${IN}`,
    `CreateTopic topic/${IN}/team-*`,
    `DeleteTopic topic/${IN}/team-*`,
    `DescribeCluster cluster/${IN}`,
    `DescribeTopic topic/${IN}/team-*`,
    `DescribeTopicDynamicConfiguration topic/${IN}/team-*`,
  ]);
});

test('[196] a Kafka Streams application owns what begins with its id, and nothing else', () => {
  const granted = rights((grants, role) =>
    grants.kafkaStreams(role, 'sums', [paid], [ResourcePattern.literal('totals')]),
  );
  expect(granted).toEqual([
    `AlterGroup group/${IN}/sums`,
    `AlterTransactionalId transactional-id/${IN}/sums-*`,
    `Connect cluster/${IN}`,
    `CreateTopic topic/${IN}/sums-*`,
    `DeleteGroup group/${IN}/sums`,
    `DeleteTopic topic/${IN}/sums-*`,
    `DescribeGroup group/${IN}/sums`,
    `DescribeTopic topic/${IN}/paid`,
    `DescribeTopic topic/${IN}/sums-*`,
    `DescribeTopic topic/${IN}/totals`,
    `DescribeTopicDynamicConfiguration topic/${IN}/sums-*`,
    `DescribeTransactionalId transactional-id/${IN}/sums-*`,
    `ReadData topic/${IN}/paid`,
    `ReadData topic/${IN}/sums-*`,
    `WriteData topic/${IN}/sums-*`,
    `WriteData topic/${IN}/totals`,
    `WriteDataIdempotently cluster/${IN}`,
  ]);
});
