import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Ec2Client } from '../../examples/ec2-client';
import { EksConsumerStack } from '../../examples/eks-consumer';
import { FargateConsumerStack } from '../../examples/fargate-consumer';
import { EksConsumer, EksPodIdentity, KafkaTopic, KafkaVersion, ResourcePattern, TopicBrowser } from '../../lib';
import { app, cluster, stack } from '../support/fixtures';
import { refusal, resourcesOf, roleStatements, startKafka } from '../support/kafka';
import type { AwsCredentials, Principal, Statement, Template, TestKafka } from '../support/kafka';
import { CLIENT_INSTANCE_JARS } from '../support/kafka/jar-sets';
import { jars } from '../support/kafka/java';
import { standIns } from '../support/poller/stand-ins';
import { Program, containerEnvironment, javaEnvironment, runContainer } from '../support/program';
import type { KafkaImage } from '../support/program';
import { CredentialService } from '../support/sts';

jest.setTimeout(300_000);

const REAUTHENTICATION_MS = 2_000;
const scope = () => app({ analyticsReporting: false });

let kafka: TestKafka;
let image: KafkaImage;
let folder: string;
let sent = 0;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'cdk-msk-workloads-'));
  const jarFiles = await jars(CLIENT_INSTANCE_JARS);
  const main = 'org.apache.kafka.tools.consumer.ConsoleConsumer';
  image = { jars: jarFiles, script: 'kafka-console-consumer.sh', main };
  kafka = await startKafka({
    authentication: ['unauthenticated', 'iam'],
    serverProperties: { 'connections.max.reauth.ms': String(REAUTHENTICATION_MS) },
  });
  await kafka.createTopics(
    ['orders.paid', 'other'].map((topicName) => ({ topicName, partitions: 6, replicationFactor: 1 })),
  );
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await kafka.stop();
});

const templateOf = (of: Stack) => {
  const synthesized = (of.node.root as ReturnType<typeof app>).synth();
  return synthesized.getStackByName(of.stackName).template as Template;
};
const roleOf = (template: Template, prefix: string) =>
  resourcesOf(template, 'AWS::IAM::Role').find(([id]) => id.startsWith(prefix))![0];
const resolverOf = (template: Template) => kafka.resolver(template, standIns(template, kafka));

function principal(
  template: Template,
  prefix: string,
  change: (all: Statement[]) => Statement[] = (all) => all,
): Promise<Principal> {
  const roleId = roleOf(template, prefix);
  return kafka.addPrincipal({
    roleArn: `arn:aws:iam::${kafka.identity.account}:role/${roleId}`,
    statements: change(roleStatements(template, roleId)),
    resolve: resolverOf(template),
  });
}

/** Writes a record and answers its value. */
async function order(): Promise<string> {
  const value = `order-${++sent}.`;
  const producer = kafka.producer(kafka.plaintext());
  await producer.send({
    acks: -1,
    messages: [{ topic: 'orders.paid', key: Buffer.from(value), value: Buffer.from(value) }],
  });
  await producer.close();
  return value;
}

describe('[S-15] [135] the container of examples/fargate-consumer.ts', () => {
  const template = templateOf(new FargateConsumerStack(scope(), 'fargate-consumer'));
  const start = async ({ credentials }: Principal) => {
    const [[, { Properties }]] = resourcesOf(template, 'AWS::ECS::TaskDefinition');
    const [{ EntryPoint, Command }] = Properties!.ContainerDefinitions;
    return runContainer(path.join(folder, 'fargate'), image, [...EntryPoint, ...Command], {
      ...(await javaEnvironment(credentials)),
      ...containerEnvironment(template, resolverOf(template)),
    });
  };

  test('reads the topic with the rights of its role', async () => {
    const consumer = await start(await principal(template, 'PrinterRole'));
    try {
      await consumer.says(new RegExp(await order()));
    } finally {
      await consumer.kill();
    }
  });

  test.each([
    ['connect', 0, /Access denied|SaslAuthenticationException/],
    ['read the topic', 1, /TopicAuthorizationException/],
    ['be in the group', 2, /GroupAuthorizationException/],
  ])('without the statement that lets it %s, it does not', async (_, index, refused) => {
    const consumer = await start(
      await principal(template, 'PrinterRole', (all) => all.filter((__, each) => each !== index)),
    );
    try {
      await consumer.says(refused);
    } finally {
      await consumer.kill();
    }
  });
});

describe('[S-14] [137] the instance of examples/ec2-client.ts', () => {
  const template = templateOf(new Ec2Client(scope(), 'ec2-client'));
  let env: Record<string, string>;
  const home = () => path.join(folder, 'instance');

  /** Its first start, where the packages of the system and the download are played. */
  async function boot(to: string, curl: string): Promise<Program> {
    const [[, { Properties }]] = resourcesOf(template, 'AWS::EC2::Instance');
    const script = Buffer.from(resolverOf(template)(Properties!.UserData), 'base64').toString();
    const shims = path.join(to, 'shims');
    const files = new Program('mkdir', ['-p', shims, path.join(to, 'bin')], {});
    await files.end();
    writeFileSync(path.join(shims, 'dnf'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(path.join(shims, 'curl'), curl, { mode: 0o755 });
    const here = script.replaceAll('/opt/kafka', `${to}/kafka`).replaceAll('/usr/local/bin', `${to}/bin`);
    writeFileSync(path.join(to, 'user-data'), here);
    return new Program('bash', [path.join(to, 'user-data')], { PATH: `${shims}:${process.env.PATH}` });
  }

  const download = () => `#!/bin/sh\nfor url; do :; done\nexec cp "${path.dirname(image.jars[0])}/\${url##*/}" .\n`;

  const type = (name: string, ...args: string[]) => new Program(path.join(home(), 'bin', name), args, env);

  async function typed(name: string, ...args: string[]): Promise<string> {
    const program = type(name, ...args);
    program.write('');
    await program.end();
    return program.output;
  }

  beforeAll(async () => {
    const setUp = await boot(home(), download());
    expect([await setUp.end(), setUp.output]).toEqual([0, expect.not.stringMatching(/FAILED/)]);
    env = await javaEnvironment((await principal(template, 'ClientRole')).credentials);
  });

  test('[137] gets nothing that is not what it was', async () => {
    const setUp = await boot(
      path.join(folder, 'attacked'),
      `${download().replace('exec ', '')}echo more >> "\${url##*/}"\n`,
    );
    expect(await setUp.end()).not.toBe(0);
    expect(setUp.output).toMatch(/FAILED/);
  });

  test('sees the topics that it may see, and no others', async () => {
    expect(await typed('kafka-topics', '--list')).toMatch(/(^|\n)orders\.paid\n$/);
    expect(await typed('kafka-topics', '--list')).not.toMatch(/other/);
    expect(await typed('kafka-topics', '--describe', '--topic', 'orders.paid')).toMatch(/PartitionCount: 6/);
  });

  test('writes and reads', async () => {
    const producer = type('kafka-console-producer', '--topic', 'orders.paid');
    producer.write('by hand\n');
    expect(await producer.end()).toBe(0);
    const reader = type('kafka-console-consumer', '--topic', 'orders.paid', '--from-beginning');
    await reader.says(/by hand/);
    await reader.kill();
    expect(await typed('kafka-get-offsets', '--topic', 'orders.paid')).toMatch(/orders\.paid:0:\d+/);
  });

  test('makes and changes the topic that it is there for alone', async () => {
    expect(await typed('kafka-topics', '--create', '--topic', 'scratch', '--partitions', '1')).toMatch(/Created topic/);
    const change = [
      '--alter',
      '--entity-type',
      'topics',
      '--entity-name',
      'scratch',
      '--add-config',
      'retention.ms=60000',
    ];
    expect(await typed('kafka-configs', ...change)).toMatch(/Completed updating/);
    expect(await typed('kafka-topics', '--create', '--topic', 'mine', '--partitions', '1')).toMatch(/Authoriz/);
  });

  test('leaves its settings without a secret', () => {
    const text = readFileSync(path.join(home(), 'kafka', 'client.properties'), 'utf8');
    expect(text).toContain(`bootstrap.servers=${kafka.bootstrap.iam}\n`);
    expect(text).toContain('group.id=by-hand\n');
  });
});

describe('[197] the settings and rights of a topic browser, for the Java clients that it works with', () => {
  const of = stack();
  new TopicBrowser(of, 'Browser', {
    cluster: cluster(of, 'Orders', { kafkaVersion: KafkaVersion.V3_9_X_KRAFT }),
    topics: [ResourcePattern.prefixed('orders.')],
    consumerGroups: [ResourcePattern.literal('printer')],
  });
  const template = templateOf(of);
  const PROPERTY = 'KAFKA_CLUSTERS_0_PROPERTIES_';
  const tools = {
    topics: 'org.apache.kafka.tools.TopicCommand',
    configs: 'kafka.admin.ConfigCommand',
    groups: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
    consumer: 'org.apache.kafka.tools.consumer.ConsoleConsumer',
    producer: 'org.apache.kafka.tools.ConsoleProducer',
  };
  let env: Record<string, string>;
  let settings: string;
  let bootstrap: string;

  beforeAll(async () => {
    env = await javaEnvironment((await principal(template, 'BrowserRole')).credentials);
    const given = containerEnvironment(template, resolverOf(template));
    bootstrap = given.KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS;
    settings = path.join(folder, 'browser.properties');
    // As the browser reads names from its environment.
    const lines = Object.entries(given)
      .filter(([name]) => name.startsWith(PROPERTY))
      .map(([name, value]) => `${name.slice(PROPERTY.length).toLowerCase().replaceAll('_', '.')}=${value}`);
    writeFileSync(settings, lines.join('\n'));
  });

  function begin(tool: keyof typeof tools, ...args: string[]): Program {
    const option =
      { consumer: '--consumer.config', producer: '--producer.config' }[tool as string] ?? '--command-config';
    const classPath = image.jars.join(path.delimiter);
    const all = ['-cp', classPath, tools[tool], '--bootstrap-server', bootstrap, option, settings, ...args];
    const program = new Program('java', all, env);
    program.write('by hand\n');
    return program;
  }

  async function use(tool: keyof typeof tools, ...args: string[]): Promise<string> {
    const program = begin(tool, ...args);
    await program.end();
    return program.output;
  }

  test('show topics with their settings and records, and groups, and no others', async () => {
    const value = await order();
    const listed = await use('topics', '--list');
    expect(listed).toMatch(/orders\.paid/);
    expect(listed).not.toMatch(/other/);
    expect(await use('configs', '--describe', '--all', '--topic', 'orders.paid')).toMatch(/retention\.ms=/);
    expect(await use('groups', '--describe', '--group', 'printer')).not.toMatch(/Authoriz/);
    expect(await use('groups', '--describe', '--group', 'theirs')).toMatch(/GroupAuthorizationException/);
    const readers = [0, 1, 2, 3, 4, 5].map((partition) =>
      begin('consumer', '--topic', 'orders.paid', '--partition', String(partition), '--offset', 'earliest'),
    );
    try {
      await Promise.any(readers.map((reader) => reader.says(new RegExp(value))));
    } finally {
      await Promise.all(readers.map((reader) => reader.kill()));
    }
  });

  test('change nothing', async () => {
    expect(await use('producer', '--topic', 'orders.paid')).toMatch(/Authoriz/);
    expect(await use('topics', '--create', '--topic', 'orders.more', '--partitions', '1')).toMatch(/Authoriz/);
    expect(await use('topics', '--delete', '--topic', 'orders.paid')).toMatch(/Authoriz/);
  });
});

describe('[S-16] [136] pods, when brokers ask again who they are', () => {
  const example = templateOf(new EksConsumerStack(scope(), 'eks-consumer'));
  const withAgent = (() => {
    const of = stack({ app: scope() });
    const topic = new KafkaTopic(of, 'Paid', { cluster: cluster(of), topicName: 'orders.paid', partitions: 6 });
    const made = new EksConsumer(of, 'Printer', {
      topic,
      consumerGroup: 'printer',
      workloadName: 'printer',
      image: 'apache/kafka:4.1.1',
      podIdentity: EksPodIdentity.podIdentityAgent({ eksClusterName: 'apps', sessionName: 'printer-of-apps' }),
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(of, 'Nodes', 'sg-nodes')],
    });
    return { template: templateOf(of), manifest: of.resolve(made.manifest) as any[] };
  })();
  let service: CredentialService;
  let template: Template;

  /** Whatever session of whatever role comes: with the rights of the role that has some. */
  async function serve(of: Template): Promise<void> {
    template = of;
    const statements = roleStatements(of, roleOf(of, 'PrinterRole'));
    const resolve = resolverOf(of);
    const known = new Map<string, Promise<AwsCredentials>>();
    const session = (roleArn: string, sessionName: string) => {
      const key = `${roleArn}/${sessionName}`;
      const made =
        known.get(key) ??
        kafka.addPrincipal({ roleArn, sessionName, statements, resolve }).then(({ credentials }) => credentials);
      known.set(key, made);
      return made;
    };
    service = await CredentialService.start(session, `arn:aws:iam::${kafka.identity.account}:role/PodRole`);
    // Clients give the agent a second, and brokers take a part of it to get to know somebody.
    await service.prepare();
  }

  afterEach(() => service.stop());

  /** The container of a manifest, with what EKS adds to its environment. */
  async function start(manifest: any[], added: Record<string, string>): Promise<Program> {
    const deployment = manifest.find(({ kind }) => kind === 'Deployment');
    const [container] = deployment.spec.template.spec.containers;
    const fixed = exampleContainer();
    const environment = Object.fromEntries(container.env.map(({ name, value }: any) => [name, String(value)]));
    return runContainer(path.join(folder, 'eks'), image, [...fixed.command, ...fixed.args], {
      ...(await javaEnvironment()),
      AWS_ENDPOINT_URL_STS: service.url,
      ...environment,
      ...added,
    });
  }

  const exampleManifest = () => {
    const [[, { Properties }]] = resourcesOf(example, 'AWS::SSM::Parameter');
    return JSON.parse(resolverOf(example)(Properties!.Value)).items as any[];
  };
  const exampleContainer = () =>
    exampleManifest().find(({ kind }) => kind === 'Deployment').spec.template.spec.containers[0];

  /** Reads a record, and one more after brokers have asked twice. */
  async function staysConnected(consumer: Program): Promise<void> {
    await consumer.says(new RegExp(await order()));
    await sleep(3 * REAUTHENTICATION_MS);
    await consumer.says(new RegExp(await order()));
    expect(consumer.output).not.toMatch(/Cannot change principals/);
  }

  test('of examples/eks-consumer.ts: the session of IRSA keeps the name that the manifest gives it', async () => {
    await serve(example);
    const token = path.join(folder, 'token');
    writeFileSync(token, 'token of the service account');
    const manifest = exampleManifest();
    const role = manifest.find(({ kind }) => kind === 'ServiceAccount').metadata.annotations[
      'eks.amazonaws.com/role-arn'
    ];
    const consumer = await start(manifest, { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: token });
    try {
      await staysConnected(consumer);
      expect(new Set(service.asked)).toEqual(new Set([`${roleOf(template, 'PrinterRole')} printer`]));
      expect(service.asked.length).toBeGreaterThan(1);
    } finally {
      await consumer.kill();
    }
  });

  test('with Pod Identity and the second role of the manifest', async () => {
    await serve(withAgent.template);
    const manifest = resolverOf(template)(withAgent.manifest) as any[];
    const config = path.join(folder, 'aws-config');
    writeFileSync(config, manifest.find(({ kind }) => kind === 'ConfigMap').data.config);
    const consumer = await start(manifest, {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${service.url}/v1/credentials`,
      AWS_CONFIG_FILE: config,
    });
    try {
      await staysConnected(consumer);
      expect(new Set(service.asked)).toEqual(new Set([`${roleOf(template, 'PrinterRole')} printer-of-apps`]));
      expect(service.renewals).toBeGreaterThan(1);
    } finally {
      await consumer.kill();
    }
  });

  test('with Pod Identity alone, whose sessions are named anew, they are refused', async () => {
    await serve(withAgent.template);
    const manifest = resolverOf(template)(withAgent.manifest) as any[];
    const consumer = await start(manifest, {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${service.url}/v1/credentials`,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_PROFILE: 'default',
    });
    try {
      await consumer.says(/Cannot change principals during re-authentication/);
    } finally {
      await consumer.kill();
    }
  });

  describe('KEDA', () => {
    const membersLeave = async (group: string) => {
      const admin = kafka.adminClient(kafka.plaintext());
      try {
        while ((await admin.describeGroups({ groups: [group] })).get(group)!.members.size > 0) {
          await sleep(1000);
        }
      } finally {
        await admin.close();
      }
    };
    const lag = async ({ connection }: Principal) => {
      const admin = kafka.adminClient(connection);
      try {
        const [{ topics }] = await admin.listConsumerGroupOffsets({ groups: ['printer'] });
        await admin.metadata({ topics: ['orders.paid'] });
        return topics.map(({ name }) => name).join();
      } catch (error) {
        return refusal(error);
      } finally {
        await admin.close();
      }
    };
    beforeAll(async () => {
      await order();
      // The pods were killed: their group forgets them when their session is over.
      await membersLeave('printer');
      const consumer = kafka.consumer(kafka.plaintext(), { groupId: 'printer' });
      const stream = await consumer.consume({ topics: ['orders.paid'], mode: 'earliest', autocommit: false });
      for await (const message of stream) {
        await message.commit();
        break;
      }
      await consumer.close(true);
    });
    beforeEach(() => serve(example));

    test('sees how far the group is, by the right of its role', async () => {
      expect(await lag(await principal(example, 'KedaRole'))).toBe('orders.paid');
    });

    test.each([
      [0, 'SASL_AUTHENTICATION_FAILED'],
      [1, 'TOPIC_AUTHORIZATION_FAILED'],
      [2, 'GROUP_AUTHORIZATION_FAILED'],
    ])('not without statement %i', async (index, refused) => {
      const change = (all: Statement[]) => all.filter((_, each) => each !== index);
      expect(await lag(await principal(example, 'KedaRole', change))).toBe(refused);
    });
  });
});
