import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as msk from 'aws-cdk-lib/aws-msk';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { ClientAuthentication, ClientIdentity, MskCluster, ScramUser, ServerlessCluster } from '../../lib/cluster';
import type { ProvisionedCluster } from '../../lib/cluster';
import { LambdaConsumer } from '../../lib/consumer';
import { KafkaTopic } from '../../lib/topic';
import {
  CLUSTER_ARN,
  app,
  cluster,
  countsOf,
  idsOf,
  importedVpc,
  keepReportsQuiet,
  nodeFunction,
  onlyOne,
  referencesIn,
  resourcesOf,
  retainedOnDeletable,
  stack,
} from '../support/fixtures';

keepReportsQuiet();

const scramCluster = (scope: Stack, id = 'Orders', props = {}): ProvisionedCluster =>
  cluster(scope, id, { authentication: [ClientAuthentication.scram()], ...props });

const OTHER = 'arn:aws:kafka:eu-west-1:123456789012:cluster/others/0a1b2c3d-0000-4000-8000-000000000002-7';

describe('a user', () => {
  const scope = stack();
  const orders = scramCluster(scope);
  const alice = new ScramUser(scope, 'Alice', { cluster: orders, userName: 'alice' });
  const reader = nodeFunction(scope);
  new KafkaTopic(scope, 'Paid', { cluster: orders, topicName: 'paid', partitions: 3 });
  const [secretId] = idsOf(scope, 'AWS::SecretsManager::Secret');

  test('[30] has a secret with a generated password, whose name Amazon MSK reads', () => {
    const { Properties } = onlyOne(scope, 'AWS::SecretsManager::Secret');
    expect(Properties.Name).toMatch(/^AmazonMSK_Stack-Alice-[0-9A-F]{8}$/);
    expect(Properties.GenerateSecretString).toEqual({
      SecretStringTemplate: '{"username":"alice"}',
      GenerateStringKey: 'password',
      ExcludePunctuation: true,
      PasswordLength: 32,
    });
    expect(Properties.SecretString).toBeUndefined();
  });

  test('[31] [37] is encrypted with a key that is made on request, rotates, and is no alias', () => {
    const key = onlyOne(scope, 'AWS::KMS::Key');
    expect(key.Properties.EnableKeyRotation).toBe(true);
    const [keyId] = idsOf(scope, 'AWS::KMS::Key');
    expect(onlyOne(scope, 'AWS::SecretsManager::Secret').Properties.KmsKeyId).toEqual({ 'Fn::GetAtt': [keyId, 'Arn'] });
  });

  test('[32] is a secret, to be granted as any other', () => {
    const granted = stack();
    const user = new ScramUser(granted, 'Alice', { cluster: scramCluster(granted), userName: 'alice' });
    const handler = nodeFunction(granted);
    user.grantRead(handler);
    const policies = Object.values(resourcesOf(granted)).filter(({ Type }) => Type === 'AWS::IAM::Policy');
    expect(JSON.stringify(policies)).toContain('secretsmanager:GetSecretValue');
    expect(reader).toBeDefined();
  });

  test('[33] is associated by the native resource, after its policy, and once SCRAM is on', () => {
    const association = onlyOne(scope, 'AWS::MSK::BatchScramSecret');
    expect(association.Properties.SecretArnList).toEqual([{ Ref: secretId }]);
    expect(association.DependsOn).toEqual(
      expect.arrayContaining([
        ...idsOf(scope, 'AWS::MSK::Cluster'),
        ...idsOf(scope, 'AWS::SecretsManager::ResourcePolicy'),
      ]),
    );
    expect(countsOf(scope)).not.toHaveProperty('Custom::MskScramAssociation');
  });

  test('[30] lets Amazon MSK read its secret, whatever else is added to the policy later', () => {
    const added = stack();
    const user = new ScramUser(added, 'Alice', { cluster: scramCluster(added), userName: 'alice' });
    user.denyAccountRootDelete();
    const { Statement } = onlyOne(added, 'AWS::SecretsManager::ResourcePolicy').Properties.ResourcePolicy;
    expect(Statement).toHaveLength(2);
    expect(Statement[0]).toMatchObject({
      Sid: 'AWSKafkaResourcePolicy',
      Principal: { Service: 'kafka.amazonaws.com' },
      Action: 'secretsmanager:GetSecretValue',
    });
  });

  test('is kept as long as the cluster is, with its key, and depends on nothing that goes', () => {
    // The topic waits for the association and needs nothing of it; the function is the test's.
    expect(retainedOnDeletable(scope).filter((pair) => !/^(Paid|Function)/.test(pair))).toEqual([]);
    for (const type of ['AWS::SecretsManager::Secret', 'AWS::KMS::Key']) {
      expect(onlyOne(scope, type).DeletionPolicy).toBe('RetainExceptOnCreate');
    }
    // Or the user would still be let in.
    expect(onlyOne(scope, 'AWS::MSK::BatchScramSecret').DeletionPolicy).toBeUndefined();
    const demo = stack();
    new ScramUser(demo, 'Alice', {
      cluster: scramCluster(demo, 'Orders', { removalPolicy: RemovalPolicy.DESTROY }),
      userName: 'alice',
    });
    expect(onlyOne(demo, 'AWS::SecretsManager::Secret').DeletionPolicy).toBe('Delete');
  });

  test('[24] is an identity', () => {
    expect(ClientIdentity.scram(alice).secret).toBe(alice);
    expect(alice.userNames).toEqual(['alice']);
  });

  test('of two clusters has two keys, and two users of one cluster have one key and one association', () => {
    const two = stack();
    const clusters = [scramCluster(two, 'One'), scramCluster(two, 'Two')];
    for (const userName of ['alice', 'bob']) {
      clusters.forEach((each) => new ScramUser(two, `${each.node.id}${userName}`, { cluster: each, userName }));
    }
    expect(countsOf(two)).toMatchObject({
      'AWS::KMS::Key': 2,
      'AWS::MSK::BatchScramSecret': 2,
      'AWS::SecretsManager::Secret': 4,
    });
  });

  test('[31] can bring a key and a name', () => {
    const own = stack();
    const encryptionKey = kms.Key.fromKeyArn(own, 'Key', 'arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d');
    new ScramUser(own, 'Alice', {
      cluster: scramCluster(own),
      userName: 'alice',
      secretName: 'AmazonMSK_alice',
      encryptionKey,
    });
    expect(countsOf(own)).not.toHaveProperty('AWS::KMS::Key');
    expect(onlyOne(own, 'AWS::SecretsManager::Secret').Properties).toMatchObject({
      Name: 'AmazonMSK_alice',
      KmsKeyId: encryptionKey.keyArn,
    });
  });
});

describe('what Amazon MSK would refuse, or do quietly', () => {
  const make = (props: object, authentication = [ClientAuthentication.scram()]) => {
    const scope = stack();
    return () =>
      new ScramUser(scope, 'Alice', {
        cluster: cluster(scope, 'Orders', { authentication }),
        userName: 'alice',
        ...props,
      });
  };

  test.each<[string, object, string]>([
    ['a name without the prefix', { secretName: 'alice' }, "whose names begin with AmazonMSK_, got 'alice'"],
    [
      'an alias',
      { encryptionKey: kms.Alias.fromAliasName(stack(), 'Alias', 'alias/users') },
      'wants the key of a secret itself, not an alias',
    ],
    ['an empty user name', { userName: '' }, "without spaces, commas, colons and equals signs, got ''"],
    ['a user name with a space', { userName: 'alice smith' }, "got 'alice smith'"],
  ])('%s is refused', (_, props, message) => {
    expect(make(props)).toThrow(message);
  });

  test('a cluster that does not offer SCRAM is refused, serverless ones too', () => {
    expect(make({}, [ClientAuthentication.iam()])).toThrow(
      /does not let clients in by SCRAM; it offers ClientIdentity.iam/,
    );
    const scope = stack();
    const serverless = new ServerlessCluster(scope, 'Serverless', { vpc: importedVpc(scope) });
    expect(() => new ScramUser(scope, 'Alice', { cluster: serverless, userName: 'alice' })).toThrow('by SCRAM');
  });

  test('two users of one name are refused', () => {
    const scope = stack();
    const orders = scramCluster(scope);
    new ScramUser(scope, 'Alice', { cluster: orders, userName: 'alice' });
    expect(() => new ScramUser(scope, 'Alias', { cluster: orders, userName: 'alice' })).toThrow(
      "'Stack/Alice' and 'Stack/Alias' are both the user 'alice'; keep one",
    );
  });

  test('[35] an exclusive association beside one that is not is refused', () => {
    const scope = stack();
    const orders = scramCluster(scope);
    new ScramUser(scope, 'Alice', { cluster: orders, userName: 'alice' });
    expect(() => new ScramUser(scope, 'Bob', { cluster: orders, userName: 'bob', exclusive: false })).toThrow(
      'ScramAssociationMixed',
    );
  });

  test('a secret of somebody else, in the native list, is judged by the template', () => {
    const scope = stack();
    const orders = scramCluster(scope);
    const secret = new secretsmanager.Secret(scope, 'Secret');
    new msk.CfnBatchScramSecret(scope, 'Association', {
      clusterArn: orders.clusterArn,
      secretArnList: [secret.secretArn],
    });
    // Only what a construct declares is judged at synth; the rule itself is tested with the rules.
    expect(() => Template.fromStack(scope)).not.toThrow();
  });
});

describe('[35] an association that is not exclusive', () => {
  const scope = stack();
  const orders = scramCluster(scope);
  for (const userName of ['alice', 'bob']) {
    new ScramUser(scope, userName, { cluster: orders, userName, exclusive: false });
  }
  const association = onlyOne(scope, 'Custom::MskScramAssociation');

  test('lists the secrets of the stack', () => {
    expect(association.Properties.SecretArns.map(({ Ref }: any) => Ref).sort()).toEqual(
      idsOf(scope, 'AWS::SecretsManager::Secret').sort(),
    );
    expect(Number(association.Properties.ServiceTimeout)).toBeLessThanOrEqual(3600);
  });

  test('may do it for this cluster, these secrets and their key', () => {
    const policy = Object.entries(resourcesOf(scope)).find(([id]) => id.startsWith('OrdersScramAssociation'))!;
    const statements = Object.values(resourcesOf(scope))
      .filter(({ Type }) => Type === 'AWS::IAM::Policy')
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
    expect(policy).toBeDefined();
    expect(JSON.stringify(statements)).not.toContain('"*"');
    expect(statements.find(({ Action }) => Action === 'kms:CreateGrant').Condition).toEqual({
      Bool: { 'kms:GrantIsForAWSResource': 'true' },
    });
    const readable = statements.find(({ Action }) => Action === 'secretsmanager:GetSecretValue').Resource;
    expect(readable).toHaveLength(2);
  });

  test('is what users of an imported cluster get', () => {
    const imported = stack();
    const far = MskCluster.fromClusterArn(imported, 'Far', CLUSTER_ARN);
    new ScramUser(imported, 'Alice', { cluster: far, userName: 'alice' });
    const two = MskCluster.fromClusterArn(imported, 'Other', OTHER);
    new ScramUser(imported, 'Bob', { cluster: two, userName: 'alice' });
    expect(countsOf(imported)).toMatchObject({ 'Custom::MskScramAssociation': 2, 'AWS::KMS::Key': 2 });
  });

  test('stands in the stack of its users, and the stack of the cluster does not wait for it', () => {
    const scopes = app();
    const home = new Stack(scopes, 'Home');
    const away = new Stack(scopes, 'Away');
    const shared = scramCluster(home);
    new KafkaTopic(home, 'Paid', { cluster: shared, topicName: 'paid', partitions: 3 });
    new ScramUser(away, 'Alice', { cluster: shared, userName: 'alice' });
    expect(countsOf(home)).not.toHaveProperty('AWS::MSK::BatchScramSecret');
    expect(countsOf(away)).toMatchObject({ 'Custom::MskScramAssociation': 1, 'AWS::SecretsManager::Secret': 1 });
    expect(home.dependencies).toEqual([]);
    expect(away.dependencies).toEqual([home]);
  });

  test('in another stack is waited for by a consumer that logs in with it', () => {
    const scopes = app();
    const home = new Stack(scopes, 'Home');
    const away = new Stack(scopes, 'Away');
    const topic = new KafkaTopic(home, 'Paid', { cluster: scramCluster(home), topicName: 'paid', partitions: 3 });
    const user = new ScramUser(away, 'Alice', { cluster: topic.cluster, userName: 'alice' });
    new LambdaConsumer(away, 'Billing', {
      topic,
      consumerGroup: 'billing',
      handler: nodeFunction(away),
      identity: ClientIdentity.scram(user),
    });
    const mapping = onlyOne(away, 'AWS::Lambda::EventSourceMapping');
    expect(mapping.DependsOn).toEqual(expect.arrayContaining(idsOf(away, 'Custom::MskScramAssociation')));
    expect(mapping.Properties.SourceAccessConfigurations).toEqual([
      { Type: 'SASL_SCRAM_512_AUTH', URI: { Ref: idsOf(away, 'AWS::SecretsManager::Secret')[0] } },
    ]);
  });
});

describe('[193] rotation with two users', () => {
  const scope = stack();
  const bob = new ScramUser(scope, 'Bob', {
    cluster: scramCluster(scope),
    userName: 'bob',
    rotateEvery: Duration.days(30),
  });
  const secrets = resourcesOf(scope);
  const [own, first, second] = [/^Bob[0-9A-F]{8}$/, /^BobUser1[0-9A-F]{8}$/, /^BobUser2[0-9A-F]{8}$/].map((id) =>
    Object.keys(secrets).find((each) => id.test(each))!,
  );

  test('both users are associated, and the secret that clients read is none of theirs', () => {
    expect(bob.userNames).toEqual(['bob', 'bob_clone']);
    expect(onlyOne(scope, 'AWS::MSK::BatchScramSecret').Properties.SecretArnList).toEqual([
      { Ref: first },
      { Ref: second },
    ]);
    expect(secrets[first].Properties.GenerateSecretString.SecretStringTemplate).toBe('{"username":"bob"}');
    expect(secrets[second].Properties.GenerateSecretString.SecretStringTemplate).toBe('{"username":"bob_clone"}');
  });

  test('the secret begins with the first user, by reference: no password is in the template', () => {
    const { SecretString, GenerateSecretString, Tags } = secrets[own].Properties;
    expect(GenerateSecretString).toBeUndefined();
    expect(SecretString['Fn::Join'][1]).toEqual(['{{resolve:secretsmanager:', { Ref: first }, ':SecretString:::}}']);
    expect(Tags).toEqual([
      { Key: 'cdk-msk-macie:user-1', Value: { Ref: first } },
      { Key: 'cdk-msk-macie:user-2', Value: { Ref: second } },
    ]);
  });

  test('the function is called for this secret, and may write these three and no other', () => {
    const schedule = onlyOne(scope, 'AWS::SecretsManager::RotationSchedule');
    expect(schedule.Properties).toMatchObject({
      SecretId: { Ref: own },
      RotationRules: { AutomaticallyAfterDays: 30 },
      RotateImmediatelyOnUpdate: false,
    });
    expect(onlyOne(scope, 'AWS::Lambda::Permission').Properties).toMatchObject({
      Principal: 'secretsmanager.amazonaws.com',
      SourceArn: { Ref: own },
      SourceAccount: { Ref: 'AWS::AccountId' },
    });
    expect(schedule.DependsOn).toEqual(
      expect.arrayContaining([...idsOf(scope, 'AWS::Lambda::Permission'), ...idsOf(scope, 'AWS::IAM::Policy')]),
    );
    const { Statement } = onlyOne(scope, 'AWS::IAM::Policy').Properties.PolicyDocument;
    expect(JSON.stringify(Statement)).not.toContain('"*"');
    const written = Statement.find(({ Action }: any) => Action.includes('secretsmanager:PutSecretValue'));
    expect([...new Set(referencesIn(written))].sort()).toEqual([own, first, second].sort());
  });

  test('two such users of a stack share the function', () => {
    const two = stack();
    const orders = scramCluster(two);
    for (const userName of ['alice', 'bob']) {
      new ScramUser(two, userName, { cluster: orders, userName, rotateEvery: Duration.days(30) });
    }
    expect(countsOf(two)).toMatchObject({ 'AWS::Lambda::Function': 1, 'AWS::SecretsManager::RotationSchedule': 2 });
  });
});
