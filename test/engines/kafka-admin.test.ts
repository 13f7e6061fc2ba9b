import type { Stack } from 'aws-cdk-lib';
import { Brokers, ExpressBrokerSize, KafkaTopic, KafkaVersion, ServerlessCluster, TopicManagement } from '../../lib';
import { cluster, importedVpc, stack } from '../support/fixtures';
import { kafkaClient, startKafka } from '../support/kafka';
import type { Profile, TestKafka } from '../support/kafka';
import { AdminOnKafka, configs, expectTopic } from '../support/kafka-admin';

jest.setTimeout(300_000);

const TOPIC = 'Custom::MskTopic';
const DAY = { 'retention.ms': '86400000' };

function stackOn(profile: Profile): Stack {
  const of = stack();
  const home =
    profile === 'serverless'
      ? new ServerlessCluster(of, 'Orders', { vpc: importedVpc(of) })
      : cluster(of, 'Orders', {
          kafkaVersion: KafkaVersion.V3_9_X_KRAFT,
          brokers: profile === 'express' ? Brokers.express({ size: ExpressBrokerSize.M7G_LARGE }) : Brokers.standard(),
        });
  new KafkaTopic(of, 'Paid', {
    cluster: home,
    topicName: 'paid',
    partitions: 6,
    management: TopicManagement.ADMIN_HANDLER,
  });
  return of;
}

async function write(kafka: TestKafka, topic: string, count = 1): Promise<void> {
  const { connection } = await kafka.addPrincipal({
    roleArn: 'arn:aws:iam::111122223333:role/writer',
    statements: [
      {
        Effect: 'Allow',
        Action: ['kafka-cluster:Connect', 'kafka-cluster:WriteDataIdempotently'],
        Resource: kafka.clusterArn,
      },
      {
        Effect: 'Allow',
        Action: ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'],
        Resource: `${kafka.clusterArn.replace(':cluster/', ':topic/')}/${topic}`,
      },
    ],
  });
  const producer = kafka.producer(connection, { idempotent: true });
  const messages = Array.from({ length: count }, (_, i) => ({
    topic,
    key: Buffer.from(`${i}`),
    value: Buffer.from('v'),
  }));
  await producer.send({ acks: -1, messages });
}

/** How many records a topic holds. */
async function recordsIn(kafka: TestKafka, topic: string, partitions: number): Promise<number> {
  const timestamp = kafkaClient.ListOffsetTimestamps.LATEST;
  const all = Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp }));
  const [{ partitions: ends }] = await kafka.admin.listOffsets({ topics: [{ name: topic, partitions: all }] });
  return ends.reduce((sum, { offset }) => sum + Number(offset), 0);
}

const CLUSTERS = (['3.9.2', '4.1.2'] as const).flatMap((version) =>
  (['standard', 'express', 'serverless'] as const).map((profile) => ({ version, profile })),
);

describe.each(CLUSTERS)('topics by the admin handler on $profile Kafka $version', ({ version, profile }) => {
  let kafka: TestKafka;
  let on: AdminOnKafka;
  const replicas = profile === 'express' ? 3 : 1;

  beforeAll(async () => {
    kafka = await startKafka({ version, profile });
    on = await AdminOnKafka.start(kafka, stackOn(profile));
  });
  afterAll(async () => {
    await on?.stop();
    await kafka?.stop();
  });

  const newApp = () => on.stack(TOPIC, 'app');
  const paid = (more: Record<string, unknown> = {}) => ({
    ...on.place,
    TopicName: 'paid',
    PartitionCount: '6',
    ...more,
  });

  test('[61] [62] [64] [66] [67] create, repeat, grow, refuse to shrink, change one setting of two, rename, delete', async () => {
    const app = newApp();
    const both = configs({ ...DAY, 'max.message.bytes': '2097152' });
    expect(await app.deploy({ Paid: paid({ Configs: both }) })).toBe('COMPLETE');
    const made = { partitions: 6, replicas, settings: { ...DAY, 'max.message.bytes': '2097152' } };
    await expectTopic(kafka, 'paid', made);

    // A setting that somebody else has made stays, whatever changes.
    const resource = { resourceType: kafkaClient.ConfigResourceTypes.TOPIC, resourceName: 'paid' };
    const byHand = { name: 'compression.type', value: 'zstd', configOperation: 0 as const };
    await kafka.admin.incrementalAlterConfigs({ resources: [{ ...resource, configs: [byHand] }] });

    const week = configs({ 'retention.ms': '604800001', 'max.message.bytes': '2097152' });
    expect(await app.deploy({ Paid: paid({ Configs: week, PartitionCount: '9' }) })).toBe('COMPLETE');
    const settings = { 'compression.type': 'zstd', 'max.message.bytes': '2097152', 'retention.ms': '604800001' };
    await expectTopic(kafka, 'paid', { partitions: 9, replicas, settings });

    expect(await app.deploy({ Paid: paid({ Configs: configs(DAY) }) })).toBe('ROLLBACK_COMPLETE');
    expect(app.answers.find(({ Status }) => Status === 'FAILED')!.Reason).toMatch(
      /^MorePartitions: the topic 'paid' has 9 partitions, and partitions can not shrink to 6/,
    );
    await expectTopic(kafka, 'paid', { partitions: 9, replicas, settings });

    // What is not named any more follows the brokers again.
    expect(await app.deploy({ Paid: paid({ PartitionCount: '9', Configs: configs(DAY) }) })).toBe('COMPLETE');
    await expectTopic(kafka, 'paid', { partitions: 9, replicas, settings: { 'compression.type': 'zstd', ...DAY } });

    expect(await app.deploy({ Paid: paid({ TopicName: 'settled', PartitionCount: '2' }) })).toBe('COMPLETE');
    await expectTopic(kafka, 'settled', { partitions: 2, replicas, settings: {} });
    await expectTopic(kafka, 'paid', undefined);
    await app.destroy();
    await expectTopic(kafka, 'settled', undefined);
  });

  test('[62] [191] a topic that is there is refused, or adopted with its records, and never deleted', async () => {
    await kafka.createTopics([{ topicName: 'old', partitions: 3, replicationFactor: replicas, configs: DAY }]);
    await write(kafka, 'old', 30);
    const app = newApp();
    expect(await app.deploy({ Old: paid({ TopicName: 'old' }) })).toBe('ROLLBACK_COMPLETE');
    expect(app.answers[0].Reason).toMatch(/^TopicExists: .* 'old' already, with 3 partitions.*ExistingTopic\.ADOPT/);

    const size = { 'max.message.bytes': '1500000' };
    const adopted = paid({ TopicName: 'old', PartitionCount: '4', Existing: 'ADOPT', Configs: configs(size) });
    expect(await app.deploy({ Old: adopted })).toBe('COMPLETE');
    await expectTopic(kafka, 'old', { partitions: 4, replicas, settings: { ...DAY, ...size } });
    await app.destroy();
    expect(await recordsIn(kafka, 'old', 4)).toBe(30);
    const fewer = paid({ TopicName: 'old', PartitionCount: '2', Existing: 'ADOPT' });
    expect(await app.deploy({ Old: fewer })).toBe('ROLLBACK_COMPLETE');
    expect(app.answers.at(-2)!.Reason).toMatch(/^MorePartitions/);
    await expectTopic(kafka, 'old', { partitions: 4, replicas, settings: { ...DAY, ...size } });
  });

  test('what the brokers refuse is said in their words, and nothing has changed', async () => {
    const app = newApp();
    const wrong = paid({ TopicName: 'mine', Configs: configs({ 'retention.ms': 'long' }) });
    expect(await app.deploy({ Mine: wrong })).toBe('ROLLBACK_COMPLETE');
    expect(app.answers[0].Reason).toMatch(/^KafkaError: INVALID_CONFIG: .*retention\.ms/);
    await expectTopic(kafka, 'mine', undefined);
    expect(await app.deploy({ Mine: paid({ TopicName: 'mine' }) })).toBe('COMPLETE');
    expect(await app.deploy({ Mine: { ...wrong, PartitionCount: '12' } })).toBe('ROLLBACK_COMPLETE');
    await expectTopic(kafka, 'mine', { partitions: 6, replicas, settings: {} });
  });

  if (profile === 'serverless') {
    test('[69] cleanup.policy is for the creation, and a change is refused before anything changes', async () => {
      const app = newApp();
      const keys = (policy: string, partitions = '2') =>
        paid({
          TopicName: 'keys',
          PartitionCount: partitions,
          Configs: configs({ 'cleanup.policy': policy }),
          CreationOnly: ['cleanup.policy'],
        });
      expect(await app.deploy({ Keys: keys('compact') })).toBe('COMPLETE');
      expect(await app.deploy({ Keys: keys('delete', '4') })).toBe('ROLLBACK_COMPLETE');
      expect(app.answers[1].Reason).toMatch(/^CreationOnly: .* has cleanup\.policy=compact$/);
      await expectTopic(kafka, 'keys', { partitions: 2, replicas, settings: { 'cleanup.policy': 'compact' } });
    });
  }

  test('nothing but the brokers was reached for', () => {
    expect(on.refusedConnections()).toEqual([]);
  });
});
