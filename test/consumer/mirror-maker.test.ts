import type { Stack } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { MirrorMaker, MirrorSource, ResourcePattern, SaslMechanism } from '../../lib';
import type { MirrorMakerProps } from '../../lib';
import { KAFKA_TOOLS } from '../../lib/consumer/kafka-tools';
import { CLUSTER_ARN, cluster, idsOf, onlyOne, resourcesOf, stack, textOf } from '../support/fixtures';
import { GROUP_ARN, TOPIC_ARN, allowed } from './consumers';

const SOURCE = MirrorSource.plaintext('kafka-1.example.com:9092,kafka-2.example.com:9092');
const { literal, prefixed } = ResourcePattern;

type Options = Partial<MirrorMakerProps> & { readonly of?: Stack };

function mirror({ of = stack(), ...props }: Options = {}): Stack {
  new MirrorMaker(of, 'Billing', {
    source: SOURCE,
    topics: [prefixed('orders.')],
    ...props,
    cluster: props.cluster ?? cluster(of),
  });
  return of;
}

const containerOf = (of: Stack) => onlyOne(of, 'AWS::ECS::TaskDefinition').Properties.ContainerDefinitions[0];
const propertiesOf = (of: Stack) => textOf(containerOf(of).Environment[0].Value);
const topic = (name: string) => TOPIC_ARN.replace(/paid$/, name);
const group = (name: string) => GROUP_ARN.replace(/billing$/, name);

describe('[201] MirrorMaker 2 on Fargate', () => {
  test('may write its topics and run its own, and no others', () => {
    const rights = allowed(mirror());
    const own = [
      'heartbeats',
      'mm2-configs.source.internal',
      'mm2-offset-syncs.source.internal',
      'mm2-offsets.source.internal',
      'mm2-status.source.internal',
    ];
    expect(Object.keys(rights).sort()).toEqual(
      [CLUSTER_ARN, ...own.map(topic), topic('orders.*'), group('source-mm2')].sort(),
    );
    expect(rights[topic('orders.*')]).not.toContain('kafka-cluster:ReadData');
    expect(JSON.stringify(rights)).not.toContain('Delete');
  });

  test('with consumer groups: may set their places, too', () => {
    const of = mirror({ consumerGroups: [literal('billing')] });
    expect(allowed(of)[group('billing')]).toEqual(['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup']);
    expect(allowed(of)[topic('source.checkpoints.internal')]).toContain('kafka-cluster:WriteData');
    expect(propertiesOf(of)).toContain('source->target.groups=billing\n');
    expect(propertiesOf(of)).toContain('source->target.sync.group.offsets.enabled=true\n');
    expect(propertiesOf(mirror())).toContain('source->target.sync.group.offsets.enabled=false\n');
  });

  test('keeps names of topics, or puts one before them', () => {
    expect(propertiesOf(mirror())).toContain('IdentityReplicationPolicy\n');
    const of = mirror({ prefixTopics: true });
    expect(propertiesOf(of)).toContain('DefaultReplicationPolicy\n');
    expect(Object.keys(allowed(of))).toContain(topic('source.orders.*'));
  });

  test('names topics without the characters that properties files and expressions read otherwise', () => {
    const of = mirror({ topics: [prefixed('orders.'), literal('a.b')] });
    expect(propertiesOf(of)).toContain('source->target.topics=orders[.].*,a[.]b\n');
  });

  test('writes nothing to the source', () => {
    expect(propertiesOf(mirror())).toContain('source->target.offset-syncs.topic.location=target\n');
    expect(propertiesOf(mirror())).toContain('target->source.enabled=false\n');
    expect(propertiesOf(mirror())).toContain('target->source.emit.heartbeats.enabled=false\n');
  });

  test('is one task, also during a deployment', () => {
    const { Properties } = onlyOne(mirror(), 'AWS::ECS::Service');
    expect(Properties.DesiredCount).toBe(1);
    expect(Properties.DeploymentConfiguration).toMatchObject({ MaximumPercent: 100, MinimumHealthyPercent: 0 });
  });

  test('reaches the source on its ports', () => {
    const of = mirror();
    const [id] = idsOf(of, 'AWS::EC2::SecurityGroup').filter((each) => each.startsWith('Billing'));
    expect(resourcesOf(of)[id].Properties.SecurityGroupEgress.map(({ FromPort }: any) => FromPort)).toEqual([
      443, 9092,
    ]);
  });

  test('fetches what IAM needs, by hash; an image that has it is left alone', () => {
    const hash = Object.entries(KAFKA_TOOLS).find(([name]) => name.includes('msk-iam-auth'))![1];
    expect(containerOf(mirror()).Command[0]).toContain(`echo "${hash}  $folder/iam.jar" | sha256sum -c\n`);
    expect(containerOf(mirror({ installIamAuth: false })).Command[0]).not.toContain('wget');
  });

  test('takes the credentials of the source from their secret, which no text holds', () => {
    const of = stack();
    const secret = new secretsmanager.Secret(of, 'Mover');
    mirror({ of, source: MirrorSource.sasl('kafka:9096', { secret }) });
    const [id] = idsOf(of, 'AWS::SecretsManager::Secret');
    expect(containerOf(of).Secrets.map(({ Name, ValueFrom }: any) => [Name, textOf(ValueFrom)])).toEqual([
      ['SOURCE_USERNAME', `<${id}>:username::`],
      ['SOURCE_PASSWORD', `<${id}>:password::`],
    ]);
    expect(propertiesOf(of)).toContain('source.security.protocol=SASL_SSL\nsource.sasl.mechanism=SCRAM-SHA-512\n');
    expect(propertiesOf(of)).toContain('username="${env:SOURCE_USERNAME}"');
  });

  test.each([
    [SaslMechanism.PLAIN, true, 'SASL_SSL', 'plain.PlainLoginModule'],
    [SaslMechanism.SCRAM_SHA_256, false, 'SASL_PLAINTEXT', 'scram.ScramLoginModule'],
  ])('knows %s (TLS: %s)', (mechanism, tls, protocol, module) => {
    const of = stack();
    const secret = new secretsmanager.Secret(of, 'Mover');
    mirror({ of, source: MirrorSource.sasl('kafka:9096', { secret, mechanism, tls }) });
    expect(propertiesOf(of)).toContain(`source.security.protocol=${protocol}\nsource.sasl.mechanism=${mechanism}\n`);
    expect(propertiesOf(of)).toContain(module);
  });

  test('keeps settings of topics as they are where the cluster takes some only', () => {
    expect(propertiesOf(mirror())).toContain('sync.topic.configs.enabled=true\n');
    const of = mirror({ syncTopicSettings: false });
    expect(propertiesOf(of)).toContain('sync.topic.configs.enabled=false\n');
    expect(JSON.stringify(allowed(of))).not.toContain('AlterTopicDynamicConfiguration');
  });

  test.each<[Options, string]>([
    [{ topics: [] }, 'name `topics`'],
    [{ tasks: 0 }, '`tasks` must be a whole number from 1'],
  ])('refuses what can not be meant (%#)', (options, message) => {
    expect(() => mirror(options)).toThrow(message);
  });

  test('refuses servers without a port', () => {
    expect(() => MirrorSource.tls('kafka.example.com')).toThrow("write 'HOST:PORT,HOST:PORT'");
  });
});
