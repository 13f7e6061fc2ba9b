import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { App, Stack, assertions, aws_iam as iam, aws_msk as msk } from 'aws-cdk-lib';
import { arnInCluster } from '../../lib/private/arn';
import type { Acl, Statement, Template } from '../support/kafka';
import {
  DEFAULT_IDENTITY,
  clusterArn,
  iamToken,
  kafkaRights,
  roleStatements,
  sessionArn,
  templateResolver,
  templateServerProperties,
  templateTopics,
} from '../support/kafka';

const cluster = DEFAULT_IDENTITY;
const CLUSTER = clusterArn(cluster);
const arn = (kind: string, name: string, of = CLUSTER) => `${of.replace(':cluster/', `:${kind}/`)}/${name}`;
const allow = (actions: string | string[], resources: string | string[] = CLUSTER): Statement => ({
  Effect: 'Allow',
  Action: [actions].flat().map((action) => `kafka-cluster:${action}`),
  Resource: resources,
});
const rights = (...statements: Statement[]) => kafkaRights(statements, cluster);
const acl = (words: string): Acl => {
  const [permission, operation, resourceType, patternType, resourceName] = words.split(' ');
  return { permission, operation, resourceType, patternType, resourceName } as Acl;
};

describe('[B-03] an IAM statement becomes Kafka ACLs', () => {
  const topic = arn('topic', 'paid');
  const group = arn('group', 'billing');
  const transaction = arn('transactional-id', 'transfer');

  test.each<[string, string, string]>([
    ['DescribeCluster', CLUSTER, 'ALLOW DESCRIBE CLUSTER LITERAL kafka-cluster'],
    ['AlterCluster', CLUSTER, 'ALLOW ALTER CLUSTER LITERAL kafka-cluster'],
    ['DescribeClusterDynamicConfiguration', CLUSTER, 'ALLOW DESCRIBE_CONFIGS CLUSTER LITERAL kafka-cluster'],
    ['AlterClusterDynamicConfiguration', CLUSTER, 'ALLOW ALTER_CONFIGS CLUSTER LITERAL kafka-cluster'],
    ['WriteDataIdempotently', CLUSTER, 'ALLOW IDEMPOTENT_WRITE CLUSTER LITERAL kafka-cluster'],
    ['CreateTopic', topic, 'ALLOW CREATE TOPIC LITERAL paid'],
    ['DescribeTopic', topic, 'ALLOW DESCRIBE TOPIC LITERAL paid'],
    ['AlterTopic', topic, 'ALLOW ALTER TOPIC LITERAL paid'],
    ['DeleteTopic', topic, 'ALLOW DELETE TOPIC LITERAL paid'],
    ['DescribeTopicDynamicConfiguration', topic, 'ALLOW DESCRIBE_CONFIGS TOPIC LITERAL paid'],
    ['AlterTopicDynamicConfiguration', topic, 'ALLOW ALTER_CONFIGS TOPIC LITERAL paid'],
    ['ReadData', topic, 'ALLOW READ TOPIC LITERAL paid'],
    ['WriteData', topic, 'ALLOW WRITE TOPIC LITERAL paid'],
    ['DescribeGroup', group, 'ALLOW DESCRIBE GROUP LITERAL billing'],
    ['AlterGroup', group, 'ALLOW READ GROUP LITERAL billing'],
    ['DeleteGroup', group, 'ALLOW DELETE GROUP LITERAL billing'],
    ['DescribeTransactionalId', transaction, 'ALLOW DESCRIBE TRANSACTIONAL_ID LITERAL transfer'],
    ['AlterTransactionalId', transaction, 'ALLOW WRITE TRANSACTIONAL_ID LITERAL transfer'],
    ['ReadData', arn('topic', 'team-*'), 'ALLOW READ TOPIC PREFIXED team-'],
    ['ReadData', arn('topic', '*'), 'ALLOW READ TOPIC LITERAL *'],
    ['AlterGroup', arn('group', 'a/b'), 'ALLOW READ GROUP LITERAL a/b'],
    ['readdata', topic, 'ALLOW READ TOPIC LITERAL paid'],
  ])('%s on %s', (action, resource, expected) => {
    expect(rights(allow(action, resource)).acls).toEqual([acl(expected)]);
  });

  test('with Deny where the statement says so', () => {
    const denied = { ...allow('WriteData', topic), Effect: 'Deny' };
    expect(rights(allow('WriteData', topic), denied).acls).toEqual([
      acl('ALLOW WRITE TOPIC LITERAL paid'),
      acl('DENY WRITE TOPIC LITERAL paid'),
    ]);
  });

  test('once, however often it is said', () => {
    expect(rights(allow(['ReadData', 'Read*'], [topic, topic]), allow('ReadData', topic)).acls).toHaveLength(1);
  });

  test('for each action that a wildcard means on that kind of resource, and for no other', () => {
    const operations = (action: string, resource: string) =>
      rights(allow(action, resource)).acls.map(({ operation }) => operation);
    expect(operations('*Topic', topic)).toEqual(['CREATE', 'DESCRIBE', 'ALTER', 'DELETE']);
    expect(operations('*TopicDynamicConfiguration', topic)).toEqual(['DESCRIBE_CONFIGS', 'ALTER_CONFIGS']);
    expect(operations('*', group)).toEqual(['DESCRIBE', 'READ', 'DELETE']);
    expect(operations('?eadData', topic)).toEqual(['READ']);
  });
});

describe('[B-03] whether a principal may connect', () => {
  test.each<[string, boolean, Statement[]]>([
    ['with Connect', true, [allow('Connect')]],
    ['with a wildcard that covers it', true, [allow('*')]],
    ['without it', false, [allow('WriteDataIdempotently')]],
    ['with Connect taken away again', false, [allow('Connect'), { ...allow('Connect'), Effect: 'Deny' }]],
    ['without a statement', false, []],
  ])('%s: %s', (_, expected, statements) => {
    expect(rights(...statements).connect).toBe(expected);
  });
});

describe('[B-03] statements about other services', () => {
  const secret = {
    Effect: 'Allow',
    Action: 'secretsmanager:GetSecretValue',
    Resource: { Ref: 'NobodyKnows' },
    Condition: {},
  };

  test('come back as they are', () => {
    expect(kafkaRights([secret, allow('Connect')], cluster)).toEqual({
      connect: true,
      acls: [],
      others: [{ ...secret, Action: [secret.Action] }],
    });
  });

  test('are parted from actions on the data plane in the same statement', () => {
    const mixed = {
      Effect: 'Allow',
      Action: ['kafka:GetBootstrapBrokers', 'kafka-cluster:Connect'],
      Resource: CLUSTER,
    };
    expect(rights(mixed)).toEqual({
      connect: true,
      acls: [],
      others: [{ ...mixed, Action: ['kafka:GetBootstrapBrokers'] }],
    });
  });
});

describe('[B-03] refuses', () => {
  const foreign = (change: Partial<typeof cluster>) => clusterArn({ ...cluster, ...change });
  const topic = arn('topic', 'paid');

  test.each<[string, Statement, string]>([
    ['another partition', allow('Connect', foreign({ partition: 'aws-cn' })), 'its partition is aws-cn'],
    ['another Region', allow('Connect', foreign({ region: 'eu-west-1' })), 'its Region is eu-west-1'],
    ['another account', allow('Connect', foreign({ account: '444455556666' })), 'its account is 444455556666'],
    ['another cluster name', allow('Connect', foreign({ clusterName: 'other' })), 'its cluster name is other'],
    [
      'another cluster id',
      allow('ReadData', arn('topic', 'paid', foreign({ clusterUuid: 'other-1' }))),
      'its cluster id is other-1',
    ],
    [
      'any cluster of a name',
      allow('ReadData', arn('topic', 'paid', foreign({ clusterUuid: '*' }))),
      'its cluster id is *',
    ],
    ['any Region', allow('Connect', foreign({ region: '*' })), 'its Region is *'],
    ['every resource', allow('Connect', '*'), '"*" is not the ARN'],
    ['another service', allow('Connect', CLUSTER.replace(':kafka:', ':sqs:')), 'is not the ARN'],
    ['a cluster ARN with more than a cluster', allow('Connect', `${CLUSTER}/paid`), 'names more than a cluster'],
    ['a topic ARN without a topic', allow('ReadData', topic.replace('/paid', '')), 'names no topic'],
    ['an unresolved reference', allow('Connect', { Ref: 'Cluster' } as any), '{"Ref":"Cluster"} is not the ARN'],
    ['a wildcard in the middle', allow('ReadData', arn('topic', 'a*b')), 'a wildcard at the end only'],
    ['a wildcard at the beginning', allow('ReadData', arn('topic', '*-dlq')), 'a wildcard at the end only'],
    ['two wildcards', allow('ReadData', arn('topic', 'a*b*')), 'a wildcard at the end only'],
    ['a wildcard for one character', allow('ReadData', arn('topic', 'paid?')), 'a wildcard at the end only'],
    ['a policy variable', allow('ReadData', arn('topic', '${aws:username}')), 'a wildcard at the end only'],
    ['a condition', { ...allow('Connect'), Condition: { StringEquals: {} } }, 'cannot express Condition'],
    ['a principal', { ...allow('Connect'), Principal: '*' }, 'cannot express Principal'],
    ['NotResource', { ...allow('Connect'), NotResource: CLUSTER }, 'cannot express NotResource'],
    ['NotAction', { Effect: 'Allow', NotAction: 's3:*', Resource: '*' }, 'cannot express NotAction'],
    ['no resource', { Effect: 'Allow', Action: 'kafka-cluster:Connect' }, 'cannot express no Resource'],
    ['no effect', { Action: 'kafka-cluster:Connect', Resource: CLUSTER }, 'cannot express Effect undefined'],
    ['an action that does not exist', allow('ReadRecords', topic), 'there is no action kafka-cluster:ReadRecords'],
    ['a wildcard that means nothing', allow('Purge*', topic), 'there is no action kafka-cluster:Purge*'],
    [
      'every action of every service',
      { Effect: 'Allow', Action: '*', Resource: CLUSTER },
      'action * covers kafka-cluster and more',
    ],
    [
      'a wildcard over services',
      { Effect: 'Allow', Action: 'kafka*:Connect', Resource: CLUSTER },
      'covers kafka-cluster and more',
    ],
  ])('%s', (_, statement, message) => {
    expect(() => rights(statement)).toThrow(message);
  });

  test.each<[string, string, string]>([
    ['a topic action on a cluster', 'ReadData', CLUSTER],
    ['a group action on a topic', 'AlterGroup', topic],
    ['a cluster action on a topic', 'WriteDataIdempotently', topic],
    ['Connect on a topic', 'Connect', topic],
    ['a topic action on a group', 'DescribeTopic', arn('group', 'paid')],
    ['a topic action on a transactional id', 'WriteData', arn('transactional-id', 'paid')],
    ['a wildcard of topic actions on a group', '*Topic', arn('group', 'paid')],
  ])('%s, naming both', (_, action, resource) => {
    expect(() => rights(allow(action, resource))).toThrow(`kafka-cluster:${action} does not apply to a`);
    expect(() => rights(allow(action, resource))).toThrow(resource);
  });

  test('a resource that fits next to one that does not', () => {
    expect(() => rights(allow('ReadData', [topic, CLUSTER]))).toThrow(
      'kafka-cluster:ReadData does not apply to a cluster',
    );
  });
});

/** A template as a user would get it: nothing in it is a literal ARN. */
function synthesized() {
  const stack = new Stack(new App(), 'Stack');
  const orders = new msk.CfnServerlessCluster(stack, 'Orders', {
    clusterName: 'orders',
    vpcConfigs: [{ subnetIds: ['subnet-1'] }],
    clientAuthentication: { sasl: { iam: { enabled: true } } },
  });
  const statement = (action: string, resource: string) =>
    new iam.PolicyStatement({ actions: [`kafka-cluster:${action}`], resources: [resource] });
  const paid = arnInCluster(orders.attrArn, 'topic', 'paid');
  const assumedBy = new iam.ServicePrincipal('lambda.amazonaws.com');
  const inlinePolicies = { Inline: new iam.PolicyDocument({ statements: [statement('Connect', orders.ref)] }) };
  const role = new iam.Role(stack, 'Role', { assumedBy, inlinePolicies });
  const bystander = new iam.Role(stack, 'Bystander', { assumedBy });
  new iam.Policy(stack, 'Policy', { roles: [role], statements: [statement('ReadData', paid)] });
  new iam.ManagedPolicy(stack, 'Managed', { roles: [role], statements: [statement('WriteData', paid)] });
  role.addManagedPolicy(new iam.ManagedPolicy(stack, 'Added', { statements: [statement('DescribeTopic', paid)] }));
  new iam.Policy(stack, 'OfBystander', { roles: [bystander], statements: [statement('DeleteTopic', paid)] });
  return {
    template: assertions.Template.fromStack(stack).toJSON() as Template,
    roleId: stack.getLogicalId(role.node.defaultChild as iam.CfnRole),
  };
}

describe('[B-03] the statements of a role', () => {
  const { template, roleId } = synthesized();

  test('are its own and those of the policies attached to it, no others', () => {
    const resolve = templateResolver(template, cluster);
    expect(kafkaRights(roleStatements(template, roleId), cluster, resolve)).toEqual({
      connect: true,
      acls: ['READ', 'WRITE', 'DESCRIBE'].map((operation) => acl(`ALLOW ${operation} TOPIC LITERAL paid`)),
      others: [],
    });
  });

  test('belong to the cluster that the resolver names', () => {
    const other = { ...cluster, clusterUuid: 'other-1' };
    const statements = roleStatements(template, roleId);
    expect(() => kafkaRights(statements, cluster, templateResolver(template, other))).toThrow(
      'its cluster id is other-1',
    );
  });

  test('can be of a policy that names the role by its physical name', () => {
    const PolicyDocument = { Statement: [allow('Connect')] };
    const Resources = {
      Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'billing' } },
      Policy: { Type: 'AWS::IAM::RolePolicy', Properties: { RoleName: 'billing', PolicyDocument } },
    };
    expect(roleStatements({ Resources }, 'Role')).toEqual(PolicyDocument.Statement);
  });

  test.each<[string, Template['Resources'], string]>([
    ['what is not a role', { Role: { Type: 'AWS::IAM::User' } }, 'Role is not a role of the template'],
    ['a role that is not there', {}, 'Role is not a role of the template'],
    [
      'a permissions boundary',
      { Role: { Type: 'AWS::IAM::Role', Properties: { PermissionsBoundary: 'arn' } } },
      'permissions boundary',
    ],
  ])('are refused for %s', (_, Resources, message) => {
    expect(() => roleStatements({ Resources }, 'Role')).toThrow(message);
  });
});

describe('a resolver', () => {
  const template: Template = {
    Parameters: {
      Stage: { Type: 'String', Default: 'test' },
      Image: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/path' },
    },
    Resources: { Orders: { Type: 'AWS::MSK::Cluster' } },
  };
  const resolve = templateResolver(template, cluster, {
    refs: { Bucket: 'lake' },
    attributes: { 'Key.Arn': 'arn:key' },
    imports: { 'Other:Name': 'shared' },
  });

  test.each<[unknown, unknown]>([
    ['text', 'text'],
    [{ Ref: 'Orders' }, CLUSTER],
    [{ 'Fn::GetAtt': ['Orders', 'Arn'] }, CLUSTER],
    [{ 'Fn::GetAtt': 'Key.Arn' }, 'arn:key'],
    [{ Ref: 'Stage' }, 'test'],
    [{ Ref: 'AWS::Partition' }, 'aws'],
    [{ 'Fn::ImportValue': 'Other:Name' }, 'shared'],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'Bucket' }]] }, 'a-lake'],
    [
      { 'Fn::Select': [1, { 'Fn::Split': [':cluster/', { Ref: 'Orders' }] }] },
      'orders/8f7d3a52-0c5e-4a1b-9b57-2d6c1e90f4ab-7',
    ],
    [
      { 'Fn::Sub': '${Orders}/${Orders.Arn}/${AWS::Region}/${!Literal}' },
      `${CLUSTER}/${CLUSTER}/us-east-1/\${Literal}`,
    ],
    [{ 'Fn::Sub': ['${Name}-${Bucket}', { Name: { Ref: 'Stage' } }] }, 'test-lake'],
    [{ 'Fn::Base64': '{}' }, 'e30='],
    [{ a: [{ b: { Ref: 'Bucket' } }] }, { a: [{ b: 'lake' }] }],
  ])('turns %j into a literal', (value, expected) => {
    expect(resolve(value)).toEqual(expected);
  });

  test.each<[unknown, string]>([
    [{ Ref: 'Nobody' }, 'cannot resolve Ref Nobody'],
    [{ Ref: 'Image' }, 'cannot resolve Ref Image'],
    [{ 'Fn::GetAtt': ['Orders', 'CurrentVersion'] }, 'cannot resolve Fn::GetAtt Orders.CurrentVersion'],
    [{ 'Fn::ImportValue': 'Nobody' }, 'cannot resolve Fn::ImportValue Nobody'],
    [{ 'Fn::Sub': '${Nobody}' }, 'cannot resolve Fn::Sub Nobody'],
    [{ 'Fn::If': ['A', 1, 2] }, 'cannot resolve Fn::If'],
  ])('refuses %j', (value, message) => {
    expect(() => resolve(value)).toThrow(message);
  });

  test('of a template with two clusters has to be told which one is meant', () => {
    const two: Template = {
      Resources: { A: { Type: 'AWS::MSK::Cluster' }, B: { Type: 'AWS::MSK::ServerlessCluster' } },
    };
    expect(() => templateResolver(two, cluster)({ Ref: 'B' })).toThrow('clusters A, B: name one as clusterId');
    const told = templateResolver(two, cluster, { clusterId: 'B' });
    expect(told({ Ref: 'B' })).toBe(CLUSTER);
    expect(() => told({ Ref: 'A' })).toThrow('cannot resolve Ref A');
  });
});

describe('topics and configuration of a template', () => {
  const topic = (properties: object): Template => ({
    Resources: {
      Orders: { Type: 'AWS::MSK::Cluster' },
      Paid: {
        Type: 'AWS::MSK::Topic',
        Properties: {
          ClusterArn: { Ref: 'Orders' },
          TopicName: 'paid',
          PartitionCount: 12,
          ReplicationFactor: 3,
          ...properties,
        },
      },
    },
  });
  const topicsOf = (template: Template) => templateTopics(template, templateResolver(template, cluster));
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  test('[S-05] a topic has the partitions, copies and settings that stand there', () => {
    const configs = { 'retention.ms': '60000', 'cleanup.policy': 'compact,delete' };
    const expected = { clusterArn: CLUSTER, topicName: 'paid', partitions: 12, replicationFactor: 3 };
    expect(topicsOf(topic({ Configs: base64(JSON.stringify(configs)) }))).toEqual([{ ...expected, configs }]);
    expect(topicsOf(topic({}))).toEqual([{ ...expected, configs: {} }]);
  });

  test.each<[string, string, string]>([
    ['plain JSON', '{"retention.ms":"1"}', 'Configs of Paid is not base64'],
    ['key=value lines', 'retention.ms=1', 'Configs of Paid is not base64'],
    ['a number', base64('{"retention.ms":1}'), 'Configs of Paid: retention.ms is 1, the service takes strings'],
  ])('[S-05] settings as %s are refused, as the service does', (_, Configs, message) => {
    expect(() => topicsOf(topic({ Configs }))).toThrow(message);
  });

  const configuration = (...texts: string[]): Template => ({
    Resources: Object.fromEntries(
      texts.map((ServerProperties, index) => [
        `Config${index}`,
        { Type: 'AWS::MSK::Configuration', Properties: { ServerProperties } },
      ]),
    ),
  });

  test('server properties are read line by line', () => {
    const template = configuration(
      '# ours\nauto.create.topics.enable=false\n\n message.max.bytes = 8388608 \nempty=\n',
    );
    expect(templateServerProperties(template)).toEqual({
      'auto.create.topics.enable': 'false',
      'message.max.bytes': '8388608',
      empty: '',
    });
    expect(templateServerProperties(configuration())).toEqual({});
    expect(templateServerProperties(configuration('a=1', 'b=2'), 'Config1')).toEqual({ b: '2' });
  });

  test('server properties that say nothing are refused', () => {
    expect(() => templateServerProperties(configuration('no.value'))).toThrow('not key=value: no.value');
    expect(() => templateServerProperties(configuration('a=1', 'b=2'))).toThrow('has 2 configurations: name one');
    expect(() => templateServerProperties(configuration('a=1'), 'Config1')).toThrow(
      'has 0 configurations named Config1',
    );
  });
});

describe('who a client is', () => {
  test('a role is known by a session of it, without its path', () => {
    const expected = 'arn:aws:sts::111122223333:assumed-role/billing/test';
    expect(sessionArn('arn:aws:iam::111122223333:role/billing')).toBe(expected);
    expect(sessionArn('arn:aws:iam::111122223333:role/service-role/team/billing')).toBe(expected);
    expect(() => sessionArn('arn:aws:iam::111122223333:user/billing')).toThrow('is not the ARN of a role');
  });

  test.each([
    ['us-east-1', 'amazonaws.com', undefined],
    ['us-east-1', 'amazonaws.com', 'a/session+token=='],
    ['cn-north-1', 'amazonaws.com.cn', undefined],
  ])("the token is what AWS's own signer makes (%s, %s, session token %s)", async (region, suffix, sessionToken) => {
    const credentials = {
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      sessionToken,
    };
    const signedAt = new Date('2026-01-31T12:34:56.789Z');
    const hostname = `kafka.${region}.${suffix}`;
    const query = { Action: 'kafka-cluster:Connect' };
    const request = { method: 'GET', protocol: 'https:', hostname, path: '/', query, headers: { host: hostname } };
    const signer = new SignatureV4({ service: 'kafka-cluster', region, credentials, sha256: Sha256 });
    const signed = await signer.presign(request, { expiresIn: 900, signingDate: signedAt });

    const url = new URL(Buffer.from(iamToken({ region, credentials, signedAt }), 'base64url').toString());
    expect(url.host).toBe(hostname);
    expect(Object.fromEntries(url.searchParams)).toEqual(signed.query);
  });
});
