import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { MirrorMaker, MirrorSource, ResourcePattern } from '../../lib';
import { app, cluster, stack } from '../support/fixtures';
import { kafkaClient, resourcesOf, roleStatements, startKafka } from '../support/kafka';
import type { Resolve, Statement, Template, TestKafka } from '../support/kafka';
import { CLIENT_INSTANCE_JARS, MIRROR_MAKER_JARS } from '../support/kafka/jar-sets';
import { jars } from '../support/kafka/java';
import { standIns } from '../support/poller/stand-ins';
import type { KafkaImage, Program } from '../support/program';
import { containerEnvironment, javaEnvironment, runContainer } from '../support/program';

jest.setTimeout(300_000);

const RETENTION = '86400000';
const PASSWORD = 'secret-of-mover';

let source: TestKafka;
let target: TestKafka;
let template: Template;
let resolve: Resolve;
let folder: string;
let image: KafkaImage;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'cdk-msk-mirror-'));
  const [kafka, tools] = await Promise.all([jars(MIRROR_MAKER_JARS), jars(CLIENT_INSTANCE_JARS)]);
  image = {
    jars: [...kafka, tools.find((jar) => jar.includes('aws-msk-iam-auth'))!],
    script: 'connect-mirror-maker.sh',
    main: 'org.apache.kafka.connect.mirror.MirrorMaker',
  };
  [source, target] = await Promise.all([
    startKafka({ authentication: ['unauthenticated', 'scram'], scramUsers: { mover: PASSWORD } }),
    startKafka({ authentication: ['iam'] }),
  ]);
  template = synthesize(source.bootstrap.scram);
  resolve = target.resolver(template, standIns(template, target));
  await source.createTopics(
    ['orders.paid', 'other'].map((topicName) => ({
      topicName,
      partitions: 2,
      replicationFactor: 1,
      configs: { 'retention.ms': RETENTION },
    })),
  );
  const producer = source.producer(source.plaintext());
  const message = { key: Buffer.from('key'), value: Buffer.from('value') };
  await producer.send({ acks: -1, messages: ['orders.paid', 'other'].map((topic) => ({ topic, ...message })) });
  const billing = source.consumer(source.plaintext(), { groupId: 'billing' });
  for await (const read of await billing.consume({ topics: ['orders.paid'], mode: 'earliest', autocommit: false })) {
    await read.commit();
    break;
  }
  await billing.close(true);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await Promise.all([source.stop(), target.stop()]);
});

function synthesize(bootstrapServers: string): Template {
  const scope = app({ analyticsReporting: false });
  const of = stack({ app: scope });
  new MirrorMaker(of, 'Move', {
    cluster: cluster(of),
    source: MirrorSource.sasl(bootstrapServers, { secret: new secretsmanager.Secret(of, 'Mover') }),
    topics: [ResourcePattern.prefixed('orders.')],
    consumerGroups: [ResourcePattern.literal('billing')],
  });
  return scope.synth().getStackByName(of.stackName).template as Template;
}

const roleId = () => Object.keys(template.Resources).find((id) => /^MoveRole/.test(id))!;

/** The task, with its own command and environment; it looks around more often than in earnest. */
async function start(change: (all: Statement[]) => Statement[] = (all) => all): Promise<Program> {
  const { credentials } = await target.addPrincipal({
    roleArn: `arn:aws:iam::${target.identity.account}:role/${roleId()}`,
    statements: change(roleStatements(template, roleId())),
    resolve,
  });
  const [[, { Properties }]] = resourcesOf(template, 'AWS::ECS::TaskDefinition');
  const [{ EntryPoint, Command }] = Properties!.ContainerDefinitions;
  const environment = containerEnvironment(template, resolve);
  const hurried = environment.MIRROR_MAKER_PROPERTIES.replace(/(interval\.seconds)=\d+/g, '$1=2');
  return runContainer(folder, image, [...EntryPoint, ...Command], {
    ...(await javaEnvironment(credentials)),
    ...environment,
    MIRROR_MAKER_PROPERTIES: hurried,
    SOURCE_USERNAME: 'mover',
    SOURCE_PASSWORD: PASSWORD,
  });
}

/** What has arrived: records, the setting of the topic, the place of the group. */
async function arrived(): Promise<{ records: number; retention?: string; place: number }> {
  const topic = 'orders.paid';
  if (!(await target.admin.listTopics()).includes(topic)) {
    return { records: 0, place: 0 };
  }
  const partitions = [0, 1].map((partitionIndex) => ({ partitionIndex, timestamp: -1n }));
  const [ends] = await target.admin.listOffsets({ topics: [{ name: topic, partitions }] });
  const [{ configs }] = await target.admin.describeConfigs({
    resources: [{ resourceType: kafkaClient.ConfigResourceTypes.TOPIC, resourceName: topic }],
  });
  const [{ topics }] = await target.admin.listConsumerGroupOffsets({ groups: ['billing'] });
  const sum = (all: readonly (bigint | number)[]) => all.reduce<number>((so, far) => so + Math.max(0, Number(far)), 0);
  return {
    records: sum(ends.partitions.map(({ offset }) => offset)),
    retention: configs.find(({ name }) => name === 'retention.ms')?.value ?? undefined,
    place: sum(topics.flatMap((each) => each.partitions.map(({ committedOffset }) => committedOffset))),
  };
}

const REFUSED = /AuthorizationException|SaslAuthenticationException|Access denied/;

test('[201] MirrorMaker moves records, settings and places with the rights of its role', async () => {
  const mover = await start();
  try {
    const deadline = Date.now() + 200_000;
    let seen = await arrived();
    while ((seen.records === 0 || seen.place === 0) && Date.now() < deadline && mover.code === undefined) {
      await sleep(250);
      seen = await arrived();
    }
    expect(seen).toEqual({ records: 1, retention: RETENTION, place: 1 });
    expect(await target.admin.listTopics()).not.toContain('other');
    expect(mover.output).not.toMatch(REFUSED);
  } finally {
    await mover.kill();
  }
});

test.each([
  ['the cluster', 0],
  ['topics of its own', 1],
  ['topics that are moved', 2],
  ['its group, and those that are moved', 3],
])('[201] without the statement about %s, it is refused', async (_, index) => {
  const topics = (await target.admin.listTopics()).filter((name) => !name.startsWith('__'));
  if (topics.length) {
    await target.admin.deleteTopics({ topics });
  }
  const mover = await start((all) => all.filter((__, each) => each !== index));
  try {
    await mover.says(REFUSED, 200_000);
  } finally {
    await mover.kill();
  }
});
