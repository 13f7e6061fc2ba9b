import { execFile } from 'child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { promisify } from 'util';
import { Size } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as acmpca from 'aws-cdk-lib/aws-acmpca';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import {
  AclOperation,
  AclResource,
  ClientAuthentication,
  ClientIdentity,
  ClientProperties,
  KafkaAcl,
  KafkaPrincipal,
  KafkaTopic,
  MskCluster,
  PartitionRebalancing,
  ResourcePattern,
  TopicManagement,
} from '../../lib';
import { CLUSTER_ARN, cluster, stack } from '../support/fixtures';
import { kafkaClient, refusal, resourcesOf, startKafka, templateServerProperties } from '../support/kafka';
import type { Connection, TestKafka } from '../support/kafka';
import { AdminOnKafka, configs, expectTopic } from '../support/kafka-admin';
import { pythonWith } from '../support/python';

jest.setTimeout(300_000);

const PASSWORD = 'of-nobody-else';
const LARGE = 12 * 1024 * 1024;
/** The zone of the third broker alone. */
const NEAR = 'use1-az2';

/** A cluster that admits nobody without an ACL and takes records of 12 MiB, with topics and users. */
function closedStack(allow: (topic: KafkaTopic, of: Stack) => void): Stack {
  const of = stack();
  const arn = 'arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/0a1b2c3d-0000-4000-8000-000000000001';
  const authority = acmpca.CertificateAuthority.fromCertificateAuthorityArn(of, 'Authority', arn);
  const orders = cluster(of, 'Orders', {
    authentication: [
      ClientAuthentication.iam(),
      ClientAuthentication.scram(),
      ClientAuthentication.mutualTls([authority]),
    ],
    serverProperties: {
      maxMessageSize: Size.mebibytes(13),
      closestReplicaReads: true,
      other: { 'allow.everyone.if.no.acl.found': 'false' },
    },
  });
  const management = TopicManagement.ADMIN_HANDLER;
  const topic = new KafkaTopic(of, 'Paid', { cluster: orders, topicName: 'paid', partitions: 3, management });
  new PartitionRebalancing(of, 'Rebalancing', { cluster: orders });
  allow(topic, of);
  return of;
}

/** The ACL resources of a stack, as the handler gets them. */
function aclsOf(of: Stack, place: Record<string, string>): Record<string, Record<string, unknown>> {
  const all = resourcesOf(Template.fromStack(of).toJSON() as any, 'Custom::MskAcls');
  return Object.fromEntries(
    all.map(([id, { Properties }]) => [id, { ...place, Name: Properties!.Name, Entries: Properties!.Entries }]),
  );
}

/** Prints, for each partition that it reads, its leader and the broker that it reads from, once it reads from all. */
const WHERE_FROM = `
import json, os, sys, time
from confluent_kafka import Consumer

topic, group, file = sys.argv[1:]
lines = [line.strip() for line in open(file)]
settings = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
seen = {}
def statistics(text):
    partitions = json.loads(text)["topics"].get(topic, {}).get("partitions", {})
    for number, of in partitions.items():
        if int(number) >= 0 and of["fetch_state"] == "active":
            seen[number] = [of["leader"], of["broker"]]
consumer = Consumer({
    **settings,
    "sasl.username": os.environ["KAFKA_USERNAME"],
    "sasl.password": os.environ["KAFKA_PASSWORD"],
    "group.id": group,
    "auto.offset.reset": "earliest",
    # The next one begins where this one began.
    "enable.auto.commit": False,
    "statistics.interval.ms": 250,
    "stats_cb": statistics,
})
consumer.subscribe([topic])
read, settled, failures = 0, 0, []
deadline = time.time() + 30
# The first answer of a leader names the closer replica, and the next request goes there.
while time.time() < deadline and settled < 10:
    message = consumer.poll(0.25)
    if message is not None and message.error():
        failures.append(str(message.error()))
    read += message is not None and message.error() is None
    settled = settled + 1 if read and len(seen) == 3 else 0
consumer.close()
print(json.dumps({"read": read, "failures": failures, "from": [seen[number] for number in sorted(seen)]}))
`;

/** The leader of each partition, and the broker that a reader with the settings reads it from. */
async function whereFrom(librdkafka: string, topic: string, groupId: string): Promise<[number, number][]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'closest-replica-'));
  try {
    const file = path.join(folder, 'client.properties');
    writeFileSync(file, librdkafka);
    const env = { ...process.env, KAFKA_USERNAME: 'alice', KAFKA_PASSWORD: PASSWORD };
    const python = pythonWith('confluent-kafka==2.16.1', 'aws-msk-iam-sasl-signer-python==1.0.2');
    const { stdout } = await promisify(execFile)(python, ['-c', WHERE_FROM, topic, groupId, file], { env });
    const { read, failures, from } = JSON.parse(stdout);
    expect({ failures, hasRead: read > 0 }).toEqual({ failures: [], hasRead: true });
    return from;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const alice = KafkaPrincipal.scram('alice');
const app = KafkaPrincipal.mutualTls('CN=app');

describe('ACLs, large records and a lost broker, on three brokers of Kafka 4.1.2 that admit nobody without an ACL', () => {
  let kafka: TestKafka;
  let on: AdminOnKafka;
  const first = closedStack((topic) => {
    topic.acls.produce(alice);
    topic.acls.consume(app, 'billing');
  });

  beforeAll(async () => {
    kafka = await startKafka({
      version: '4.1.2',
      nodes: 3,
      zones: ['use1-az1', 'use1-az1', NEAR],
      scramUsers: { alice: PASSWORD },
      serverProperties: templateServerProperties(Template.fromStack(first).toJSON() as any),
    });
    on = await AdminOnKafka.start(kafka, first);
  });
  afterAll(async () => {
    await on?.stop();
    await kafka?.stop();
  });

  const asAlice = () => kafka.scram('alice', PASSWORD);
  const asApp = () => kafka.mutualTls('app');

  async function produce(connection: Connection, topic: string, value = Buffer.from('v'), more = {}): Promise<string> {
    const producer = kafka.producer(connection, { retries: 3, ...more });
    return producer.send({ acks: -1, messages: [{ topic, key: Buffer.from('k'), value }] }).then(() => 'ok', refusal);
  }

  async function consume(connection: Connection, topic: string, groupId: string, more = {}): Promise<string | number> {
    const consumer = kafka.consumer(connection, { groupId, ...more });
    try {
      const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
      for await (const message of stream) return message.value!.length;
      return 'nothing';
    } catch (error) {
      return refusal(error);
    } finally {
      await consumer.close(true);
    }
  }

  test('[75] before there is any ACL, the handler makes a topic where all others are shut out', async () => {
    const topics = on.stack('Custom::MskTopic');
    expect(await topics.deploy({ Paid: { ...on.place, TopicName: 'paid', PartitionCount: '3' } })).toBe('COMPLETE');
    expect(await produce(asAlice(), 'paid')).toBe('TOPIC_AUTHORIZATION_FAILED');
  });

  test('[72] [73] [74] grants let a user and a certificate in, an update revokes what is no longer named, a removal all', async () => {
    const acls = on.stack('Custom::MskAcls');
    expect(await acls.deploy(aclsOf(first, on.place))).toBe('COMPLETE');
    await kafka.changesApplied();
    expect(await produce(asAlice(), 'paid')).toBe('ok');
    // With the right to the topic comes the one to the group: either alone reads nothing.
    expect(await consume(await asApp(), 'paid', 'billing')).toBe(1);
    expect(await consume(await asApp(), 'paid', 'other')).toBe('GROUP_AUTHORIZATION_FAILED');
    expect(await produce(await asApp(), 'paid')).toBe('TOPIC_AUTHORIZATION_FAILED');
    expect(await consume(asAlice(), 'paid', 'billing')).toMatch(/AUTHORIZATION_FAILED/);

    const second = closedStack((topic) => {
      new KafkaAcl(topic, 'See', {
        cluster: topic.cluster,
        principal: alice,
        resource: AclResource.topic(ResourcePattern.prefixed('pa')),
        operations: [AclOperation.DESCRIBE],
      });
      topic.acls.consume(app, 'billing');
    });
    expect(await acls.deploy(aclsOf(second, on.place))).toBe('COMPLETE');
    await kafka.changesApplied();
    expect(await produce(asAlice(), 'paid')).toBe('TOPIC_AUTHORIZATION_FAILED');
    expect(await consume(await asApp(), 'paid', 'billing')).toBe(1);

    await acls.destroy();
    await kafka.changesApplied();
    expect(await consume(await asApp(), 'paid', 'billing')).toMatch(/AUTHORIZATION_FAILED/);
    // Deleting what is gone, as a repeated event does, is no failure.
    await acls.destroy();
    const { ANY } = kafkaClient.ResourceTypes;
    const filter = { resourceType: ANY, resourceName: null, resourcePatternType: kafkaClient.ResourcePatternTypes.ANY };
    const ofUsers = { principal: alice.principal, host: null, operation: kafkaClient.AclOperations.ANY };
    const permissionType = kafkaClient.AclPermissionTypes.ANY;
    expect(await kafka.admin.describeAcls({ filter: { ...filter, ...ofUsers, permissionType } })).toEqual([]);
  });

  test('[194] a reader that names its zone reads from the replica there, where the cluster lets it; another from the leaders', async () => {
    const acls = on.stack('Custom::MskAcls', 'near');
    const allowed = closedStack((topic) => {
      topic.acls.produce(alice);
      topic.acls.consume(alice, 'billing');
    });
    expect(await acls.deploy(aclsOf(allowed, on.place))).toBe('COMPLETE');
    await kafka.changesApplied();
    for (let sent = 0; sent < 6; sent++) expect(await produce(asAlice(), 'paid')).toBe('ok');

    const home = stack();
    const identity = ClientIdentity.scram(secretsmanager.Secret.fromSecretNameV2(home, 'Secret', 'AmazonMSK_alice'));
    const orders = MskCluster.fromClusterAttributes(home, 'Orders', {
      clusterArn: CLUSTER_ARN,
      bootstrapBrokers: kafka.bootstrap.scram,
    });
    const settings = (clientRack?: string) =>
      ClientProperties.fromCluster(orders, { identity, clientRack, trustedCertificates: kafka.authority.file })
        .librdkafka;
    const near = await whereFrom(settings(NEAR), 'paid', 'billing');
    expect(near.map(([, broker]) => broker)).toEqual([3, 3, 3]);
    // Some of them have their leader elsewhere, and are left to it by who does not say where he is.
    expect(near.filter(([leader]) => leader !== 3)).not.toEqual([]);
    expect(await whereFrom(settings(), 'paid', 'billing')).toEqual(near.map(([leader]) => [leader, leader]));
    await acls.destroy();
  });

  test('[S-08] 12 MiB pass and are replicated where the sizes say so, and are refused where they do not', async () => {
    const topics = on.stack('Custom::MskTopic', 'sizes');
    const place = { ...on.place, PartitionCount: '1', ReplicationFactor: '3' };
    expect(
      await topics.deploy({
        Large: { ...place, TopicName: 'large', Configs: configs({ 'max.message.bytes': String(13 * 1024 * 1024) }) },
        Small: { ...place, TopicName: 'small', Configs: configs({ 'max.message.bytes': '1048588' }) },
      }),
    ).toBe('COMPLETE');
    const topicArn = (name: string) => `${kafka.clusterArn.replace(':cluster/', ':topic/')}/${name}`;
    const groupArn = `${kafka.clusterArn.replace(':cluster/', ':group/')}/readers`;
    const allow = (actions: string[], Resource: string | string[]) => ({
      Effect: 'Allow',
      Action: actions.map((action) => `kafka-cluster:${action}`),
      Resource,
    });
    const both = [topicArn('large'), topicArn('small')];
    const { connection } = await kafka.addPrincipal({
      roleArn: 'arn:aws:iam::111122223333:role/client',
      statements: [
        allow(['Connect'], kafka.clusterArn),
        allow(['DescribeTopic', 'WriteData', 'ReadData'], both),
        allow(['DescribeGroup', 'AlterGroup'], groupArn),
      ],
    });
    const record = Buffer.alloc(LARGE, 'x');
    expect(await produce(connection, 'small', record)).toBe('MESSAGE_TOO_LARGE');
    expect(await produce(connection, 'large', record)).toBe('ok');
    await kafka.inSync();
    expect(await consume(connection, 'large', 'readers', { maxBytes: 13 * 1024 * 1024 })).toBe(LARGE);
  });

  test('[64] a growth that is rolled back leaves the partitions and does not get stuck', async () => {
    const topics = on.stack('Custom::MskTopic', 'rollback');
    const grown = (partitions: string) => ({ ...on.place, TopicName: 'grown', PartitionCount: partitions });
    const twin = { ...on.place, TopicName: 'twin', PartitionCount: '1' };
    expect(await topics.deploy({ Grown: grown('2'), Twin: twin })).toBe('COMPLETE');
    on.services.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    const wrong = { ...twin, Configs: configs({ 'retention.ms': 'long' }) };
    expect(await topics.deploy({ Grown: grown('4'), Twin: wrong })).toBe('ROLLBACK_COMPLETE');
    on.services.stackStatus = 'UPDATE_IN_PROGRESS';
    expect(on.services.calls.filter(({ service }) => service === 'cloudformation')).toEqual([
      { service: 'cloudformation', of: expect.stringContaining(':stack/rollback/') },
    ]);
    await expectTopic(kafka, 'grown', { partitions: 4, replicas: 3, settings: {} });
  });

  test('[195] partitions move to a broker that was empty, a few at a time, under load, and lose nothing', async () => {
    const topic = 'uneven';
    // Broker 2 is the one that was added: its zone has another broker, which holds all.
    const assignments = Array.from({ length: 6 }, (_, partition) => ({ partition, brokers: [1, 3] }));
    await kafka.admin.createTopics({ topics: [topic], assignments });
    const { connection } = await kafka.addPrincipal({
      roleArn: 'arn:aws:iam::111122223333:role/writer',
      statements: [
        { Effect: 'Allow', Action: ['kafka-cluster:Connect'], Resource: kafka.clusterArn },
        {
          Effect: 'Allow',
          Action: ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'],
          Resource: `${kafka.clusterArn.replace(':cluster/', ':topic/')}/${topic}`,
        },
      ],
    });
    const writer = kafka.producer(connection, { retries: 50 });
    let acknowledged = 0;
    let writing = true;
    const load = (async () => {
      for (let n = 0; writing; n++) {
        await writer.send({ acks: -1, messages: [{ topic, key: Buffer.from(`${n}`), value: Buffer.alloc(1000) }] });
        acknowledged++;
      }
    })();

    const step = async () => {
      const answer: any = await on.admin.invoke({
        brokers: kafka.bootstrap.iam,
        work: 'rebalance',
        partitionsAtOnce: 2,
      });
      if (!answer.payload?.done) throw new Error(JSON.stringify(answer));
      return answer.payload.done;
    };
    const first = await step();
    expect(first).toEqual({ moving: 0, started: 2 });
    let steps = 1;
    for (let done = first; done.started + done.moving + (done.unwell ?? 0) > 0 && steps < 60; steps++)
      done = await step();
    writing = false;
    await load;
    await kafka.inSync();
    const { topics } = await kafka.admin.metadata({ topics: [topic], forceUpdate: true });
    const { partitions } = topics.get(topic)!;
    const on2 = partitions.filter(({ replicas }) => replicas.includes(2));
    expect(on2).toHaveLength(3);
    expect(partitions.every(({ replicas, isr }) => replicas.includes(3) && isr.length === 2)).toBe(true);
    const timestamp = kafkaClient.ListOffsetTimestamps.LATEST;
    const all = partitions.map((_, partitionIndex) => ({ partitionIndex, timestamp }));
    const [{ partitions: ends }] = await kafka.admin.listOffsets({ topics: [{ name: topic, partitions: all }] });
    expect(ends.reduce((sum, { offset }) => sum + Number(offset), 0)).toBeGreaterThanOrEqual(acknowledged);
    expect(acknowledged).toBeGreaterThan(0);
  });

  test('[B-04] a broker lost in the middle: topics are made and changed when it is back', async () => {
    const topics = on.stack('Custom::MskTopic', 'lost');
    const lost = (more: Record<string, string>) => ({
      ...on.place,
      TopicName: 'lost',
      ReplicationFactor: '3',
      ...more,
    });
    await kafka.kill(1);
    const back = new Promise((resolve) => setTimeout(resolve, 6_000)).then(() => kafka.restart(1));
    expect(await topics.deploy({ Lost: lost({ PartitionCount: '6' }) })).toBe('COMPLETE');
    await back;
    await kafka.inSync();
    const killed = kafka.kill(2);
    const settings = { 'retention.ms': '86400000' };
    expect(await topics.deploy({ Lost: lost({ PartitionCount: '12', Configs: configs(settings) }) })).toBe('COMPLETE');
    await killed;
    await kafka.restart(2);
    await kafka.inSync();
    await expectTopic(kafka, 'lost', { partitions: 12, replicas: 3, settings });
    expect(on.refusedConnections()).toEqual([]);
  });
});
