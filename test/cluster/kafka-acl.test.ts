import { CfnParameter } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import {
  AclOperation,
  AclPermission,
  AclResource,
  ClientAuthentication,
  KafkaAcl,
  KafkaPrincipal,
  ResourcePattern,
  ServerlessCluster,
} from '../../lib/cluster';
import type { IMskCluster, KafkaAclProps } from '../../lib/cluster';
import { KafkaTopic } from '../../lib/topic';
import { cluster, idsOf, importedVpc, onlyOne, resourcesOf, stack } from '../support/fixtures';

const ACLS = 'Custom::MskAcls';
const alice = KafkaPrincipal.scram('alice');

function orders(of: Stack): IMskCluster {
  return cluster(of, 'Orders', { authentication: [ClientAuthentication.iam(), ClientAuthentication.scram()] });
}

function acl(of: Stack, home: IMskCluster, props: Partial<KafkaAclProps> = {}, id = 'Acl'): KafkaAcl {
  return new KafkaAcl(of, id, {
    cluster: home,
    principal: alice,
    resource: AclResource.topic(ResourcePattern.literal('paid')),
    operations: [AclOperation.READ],
    ...props,
  });
}

/** The entries as lines. */
function linesOf(entries: any[]): string[] {
  return entries.map((entry) =>
    ['Permission', 'Principal', 'Operation', 'ResourceType', 'PatternType', 'ResourceName', 'Host']
      .map((key) => entry[key])
      .join(' '),
  );
}

test('[72] ACLs are lines of Kafka’s access control, deleted with the resource', () => {
  const of = stack();
  const home = orders(of);
  acl(of, home);
  acl(
    of,
    home,
    {
      resource: AclResource.consumerGroup(ResourcePattern.prefixed('team-')),
      permission: AclPermission.DENY,
      host: '10.0.0.1',
    },
    'Group',
  );
  acl(of, home, { resource: AclResource.cluster(), operations: [AclOperation.DESCRIBE] }, 'Cluster');
  acl(
    of,
    home,
    { resource: AclResource.transactionalId(ResourcePattern.literal('t')), operations: [AclOperation.ALL] },
    'Transactions',
  );
  const resource = onlyOne(of, ACLS);
  expect(linesOf(resource.Properties.Entries)).toEqual([
    'ALLOW User:alice DESCRIBE CLUSTER LITERAL kafka-cluster *',
    'DENY User:alice READ GROUP PREFIXED team- 10.0.0.1',
    'ALLOW User:alice READ TOPIC LITERAL paid *',
    'ALLOW User:alice ALL TRANSACTIONAL_ID LITERAL t *',
  ]);
  expect(resource.DeletionPolicy).toBe('Delete');
});

test('[72] the client of the stack may change ACLs, and touch no topic', () => {
  const of = stack();
  acl(of, orders(of));
  const policies = Object.values(resourcesOf(of)).filter(
    ({ Type, Properties }) => Type === 'AWS::IAM::Policy' && JSON.stringify(Properties).includes('kafka-cluster:'),
  );
  expect(policies.map(({ Properties }) => Properties.PolicyDocument.Statement)).toEqual([
    [
      {
        Action: ['kafka-cluster:AlterCluster', 'kafka-cluster:Connect', 'kafka-cluster:DescribeCluster'],
        Effect: 'Allow',
        Resource: { 'Fn::GetAtt': [idsOf(of, 'AWS::MSK::Cluster')[0], 'Arn'] },
      },
    ],
  ]);
});

test('[74] a topic grants what a consumer needs, group included; twice is once, in whichever order', () => {
  const entries = [false, true].map((reversed) => {
    const of = stack();
    const home = orders(of);
    const topics = ['paid', 'shipped'].map(
      (topicName) => new KafkaTopic(of, topicName, { cluster: home, topicName, partitions: 1 }),
    );
    for (const topic of reversed ? topics.reverse() : topics) {
      topic.acls.consume(alice, 'billing');
      topic.acls.consume(alice, 'billing');
      topic.acls.produce(alice);
    }
    return linesOf(onlyOne(of, ACLS).Properties.Entries);
  });
  expect(entries[0]).toEqual([
    'ALLOW User:alice READ GROUP LITERAL billing *',
    'ALLOW User:alice DESCRIBE TOPIC LITERAL paid *',
    'ALLOW User:alice READ TOPIC LITERAL paid *',
    'ALLOW User:alice WRITE TOPIC LITERAL paid *',
    'ALLOW User:alice DESCRIBE TOPIC LITERAL shipped *',
    'ALLOW User:alice READ TOPIC LITERAL shipped *',
    'ALLOW User:alice WRITE TOPIC LITERAL shipped *',
  ]);
  expect(entries[1]).toEqual(entries[0]);
});

test('[73] each principal has one resource, so that what it loses is revoked there', () => {
  const of = stack();
  const home = orders(of);
  acl(of, home);
  acl(of, home, { principal: KafkaPrincipal.mutualTls('CN=app,O=Example') }, 'App');
  const named = new CfnParameter(of, 'User').valueAsString;
  acl(of, home, { principal: KafkaPrincipal.scram(named) }, 'Token');
  const principals = Object.values(resourcesOf(of))
    .filter(({ Type }) => Type === ACLS)
    .map(({ Properties }) => Properties.Entries[0].Principal);
  expect(principals).toHaveLength(3);
  expect(principals).toEqual(
    expect.arrayContaining(['User:alice', 'User:CN=app,O=Example', { 'Fn::Join': ['', ['User:', { Ref: 'User' }]] }]),
  );
});

describe('is refused at synth', () => {
  test.each<[string, RegExp, (of: Stack) => unknown]>([
    [
      'on a serverless cluster',
      /ClusterWithoutAcls: the serverless cluster 'Stack\/Clicks' has no ACLs/,
      (of) => acl(of, new ServerlessCluster(of, 'Clicks', { vpc: importedVpc(of) })),
    ],
    [
      'where the client that writes them can not connect',
      /ClusterWithoutIam: .*add ClientAuthentication\.iam\(\)/,
      (of) => acl(of, cluster(of, 'Orders', { authentication: [ClientAuthentication.scram()] })),
    ],
    [
      'an operation that Kafka does not have there',
      /MSK-ACL-OPERATION: Kafka has no WRITE on GROUP; there are READ, DELETE, DESCRIBE/,
      (of) =>
        acl(of, orders(of), {
          resource: AclResource.consumerGroup(ResourcePattern.literal('billing')),
          operations: [AclOperation.READ, AclOperation.WRITE],
        }),
    ],
    ['no operation', /AclOperationsMissing/, (of) => acl(of, orders(of), { operations: [] })],
    ['a subject that is none', /KafkaPrincipalSubject: .*got 'billing'/, () => KafkaPrincipal.mutualTls('billing')],
  ])('%s', (_, message, wrong) => {
    expect(() => wrong(stack())).toThrow(message);
  });
});
