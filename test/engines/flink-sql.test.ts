import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { FlinkRuntime, FlinkSql, FlinkSqlScript } from '../../lib/consumer';
import { KafkaTopic } from '../../lib/topic';
import { app, cluster, keepReportsQuiet } from '../support/fixtures';
import { TestFlink, explain, runnerJar } from '../support/flink';
import type { Principal, Template as TemplateJson, TestKafka } from '../support/kafka';
import { createTemplateTopics, resourcesOf, roleStatements, startKafka } from '../support/kafka';
import { FLINK_VERSIONS } from '../support/kafka/versions';

keepReportsQuiet();
jest.setTimeout(600_000);

const [OLDER, NEWER] = FLINK_VERSIONS;

const SQL = `-- Revenue by hour and region.
CREATE TABLE paid (
  id BIGINT,
  region STRING,
  amount DECIMAL(10, 2),
  paid_at TIMESTAMP_LTZ(3),
  WATERMARK FOR paid_at AS paid_at - INTERVAL '5' SECOND
) WITH (\${source.paid}, 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');

CREATE TABLE revenue (
  opens TIMESTAMP_LTZ(3), region STRING, orders BIGINT, amount DECIMAL(20, 2)
) WITH (\${sink.revenue}, 'format' = 'json', 'json.encode.decimal-as-plain-number' = 'true');

CREATE TABLE ids (id BIGINT) WITH (\${sink.ids}, 'format' = 'json');

INSERT INTO revenue
SELECT window_start, region, COUNT(*), SUM(amount)
FROM TABLE(TUMBLE(TABLE paid, DESCRIPTOR(paid_at), INTERVAL '\${hours}' HOUR))
GROUP BY window_start, window_end, region;

INSERT INTO ids SELECT id FROM paid;
`;

function application(sql = SQL): { template: TemplateJson; file: string } {
  const stack = new Stack(app(), 'Flink');
  const orders = cluster(stack);
  const topic = (topicName: string) =>
    new KafkaTopic(stack, topicName, { cluster: orders, topicName, partitions: 3, replicationFactor: 1 });
  new FlinkSql(stack, 'Revenue', {
    sql: FlinkSqlScript.inline(sql),
    sources: { paid: topic('paid') },
    sinks: { revenue: topic('revenue'), ids: topic('ids') },
    variables: { hours: '1' },
    consumerGroup: 'revenue',
    // Longer than a busy machine leaves a partition unread: windows would be closed without its records.
    idleTimeout: Duration.seconds(20),
    runtime: FlinkRuntime.FLINK_2_3,
  });
  const template = Template.fromStack(stack).toJSON() as TemplateJson;
  const file = path.join(folder, 'Flink.template.json');
  writeFileSync(file, JSON.stringify(template));
  return { template, file };
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'flink-sql-'));
  runnerJar();
});
afterAll(() => rmSync(folder, { recursive: true }));

const idOf = (template: TemplateJson, type: string, prefix: string) =>
  resourcesOf(template, type).find(([id]) => id.startsWith(prefix))![0];

describe('the SQL of a template', () => {
  test(`[131] [S-11] is planned by Flink ${OLDER} without Kafka, AWS or credentials`, async () => {
    const { status, output } = await explain(OLDER, application().file);
    expect({ status, output }).toMatchObject({
      status: 0,
      output: expect.stringMatching(/^OK: 5 statements of RevenueApplication/m),
    });
  });

  test.each([
    [
      'a column that is not there',
      'SUM(amount)',
      'SUM(amout)',
      "line 17, column 48: Column 'amout' not found in any table",
    ],
    ['a word that is none', 'GROUP BY', 'GRUP BY', 'line 19, column 6'],
    ['an option that is none', "'format' = 'json')", "'fromat' = 'json')", 'fromat'],
  ])('[S-11] with %s is refused with statement, line and reason', async (_, right, wrong, reason) => {
    const { status, output } = await explain(NEWER, application(SQL.replace(right, wrong)).file);
    expect(status).toBe(1);
    expect(output).toMatch(/RevenueApplication\w+: statement \d, which begins on line \d+, failed: /);
    expect(output).toContain(reason);
    // What variables stand for stays out of logs.
    expect(output).not.toContain('IAMLoginModule');
  });
});

describe('the jar', () => {
  const file = (content: object) => {
    const name = path.join(folder, 'other.json');
    writeFileSync(name, JSON.stringify(content));
    return name;
  };

  test('[S-11] plans all applications of a template, and names the one that is wrong', async () => {
    const { Resources } = application().template;
    const id = Object.keys(Resources).find((each) => Resources[each].Type === 'AWS::KinesisAnalyticsV2::Application')!;
    const wrong = JSON.parse(JSON.stringify(Resources[id]).replace('SUM(amount)', 'SUM(amout)'));
    const { status, output } = await explain(NEWER, file({ Resources: { A: Resources[id], B: wrong } }));
    expect(status).toBe(1);
    expect(output).toMatch(/^OK: 5 statements of A$/m);
    expect(output).toContain('B: statement 4');
  });

  test('[S-11] says what is wrong with what it is given', async () => {
    const { status, output } = await explain(NEWER, file({ Resources: {} }));
    expect(status).toBe(1);
    expect(output).toContain('there is no application with SQL in');
  });
});

describe('[B-04] the jar of the package, killed three times', () => {
  const RECORDS = 60_000;
  const BATCH = 500;
  const REGIONS = ['eu', 'us', 'ap'];
  const EPOCH = Date.UTC(2026, 0, 1);
  const STEP_MS = 2_000;
  let kafka: TestKafka;
  let flink: TestFlink;
  let limit: (...without: string[]) => Promise<Principal>;

  beforeAll(async () => {
    kafka = await startKafka();
  });
  afterAll(async () => {
    await flink?.stop();
    await kafka?.stop();
  });

  const order = (id: number) => ({
    id,
    region: REGIONS[id % REGIONS.length],
    amount: (id % 100) + 0.25,
    paid_at: new Date(EPOCH + id * STEP_MS).toISOString(),
  });

  /** Windows as they have to come out: `window region` to count and sum. */
  function expected(): Map<string, [number, number]> {
    const windows = new Map<string, [number, number]>();
    for (let id = 0; id < RECORDS; id++) {
      const { region, amount, paid_at } = order(id);
      const key = `${paid_at.slice(0, 13).replace('T', ' ')} ${region}`;
      const [count, sum] = windows.get(key) ?? [0, 0];
      windows.set(key, [count + 1, sum + amount]);
    }
    return windows;
  }

  async function produce(): Promise<void> {
    const producer = kafka.producer(kafka.plaintext());
    const send = (partition: number, values: object[]) =>
      producer.send({
        acks: -1,
        messages: values.map((value) => ({ topic: 'paid', partition, value: Buffer.from(JSON.stringify(value)) })),
      });
    for (let from = 0; from < RECORDS; from += BATCH) {
      const orders = Array.from({ length: BATCH }, (_, index) => order(from + index));
      await Promise.all(
        [0, 1, 2].map((partition) =>
          send(
            partition,
            orders.filter(({ id }) => id % 3 === partition),
          ),
        ),
      );
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    // Closes the last windows. Only one partition: the others are idle by then.
    await send(0, [
      { ...order(RECORDS), paid_at: new Date(EPOCH + RECORDS * STEP_MS + 7_200_000).toISOString(), region: 'end' },
    ]);
    await producer.close();
  }

  const COMMITTED = 1;
  const UNCOMMITTED = 0;

  /** The records of a topic, until there are as many as there should be and a while longer. */
  async function read(topic: string, count: number, isolationLevel = COMMITTED): Promise<any[]> {
    const consumer = kafka.consumer(kafka.plaintext(), { groupId: `check-${topic}-${isolationLevel}` });
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', isolationLevel });
    const records: any[] = [];
    stream.on('data', ({ value }) => records.push(JSON.parse(value!.toString())));
    await flink.until(`${count} records of ${topic}, there are ${records.length}`, async () => records.length >= count);
    await flink.progress(2);
    await consumer.close(true);
    return records;
  }

  test('[129] [130] [131] [S-11] aggregates from topic to topic exactly once, with the rights of the template', async () => {
    const { template } = application();
    const lookup = idOf(template, 'Custom::MskBootstrapBrokers', 'Orders');
    const resolve = kafka.resolver(template, {
      attributes: { [`${lookup}.BootstrapBrokerStringSaslIam`]: kafka.bootstrap.iam },
    });
    await createTemplateTopics(kafka, template, resolve);
    const role = idOf(template, 'AWS::IAM::Role', 'Revenue');
    const rights = kafka.resolver(template, { attributes: { ...logAttributes(template) } });
    const statements = roleStatements(template, role);
    limit = (...without) =>
      kafka.addPrincipal({
        roleArn: `arn:aws:iam::${kafka.identity.account}:role/${role}`,
        statements: statements.map((each) => ({
          ...each,
          Action: [each.Action].flat().filter((one) => !without.includes(one as string)),
        })),
        resolve: rights,
      });
    const principal = await limit();
    const { credentials } = principal;
    const [[, { Properties }]] = resourcesOf(template, 'AWS::KinesisAnalyticsV2::Application');
    flink = await TestFlink.create({
      version: NEWER,
      properties: resolve(Properties!.ApplicationConfiguration.EnvironmentProperties.PropertyGroups),
      authorityFile: kafka.authority.file,
      env: {
        AWS_REGION: kafka.identity.region,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_SESSION_TOKEN: credentials.sessionToken!,
      },
    });
    flink.startJobManager();
    flink.startTaskManager();
    await flink.progress(1);
    const produced = produce();

    for (const name of ['task-manager', 'task-manager'] as const) {
      await flink.progress(2);
      await flink.kill(name);
      flink.startTaskManager();
    }
    await flink.progress(2);
    await Promise.all([flink.kill('job-manager'), flink.kill('task-manager')]);
    flink.startJobManager(flink.newestCheckpoint());
    flink.startTaskManager();
    await produced;

    const windows = expected();
    const revenue = await read('revenue', windows.size);
    const totals = new Map(
      revenue.map(({ opens, region, orders, amount }) => [`${opens.slice(0, 13)} ${region}`, [orders, amount]]),
    );
    expect(totals).toEqual(windows);
    const rows = revenue.map((row) => JSON.stringify(row));
    expect(rows.filter((row, index) => rows.indexOf(row) !== index)).toEqual([]);
    expect(rows).toHaveLength(windows.size);
    const ids = (await read('ids', RECORDS + 1)).map(({ id }) => id);
    expect(ids).toHaveLength(RECORDS + 1);
    expect(new Set(ids).size).toBe(RECORDS + 1);
    // The kills did strike: what they cut off is there, for who does not ask for committed records.
    expect((await read('ids', RECORDS + 1, UNCOMMITTED)).length).toBeGreaterThan(RECORDS + 1);
    // The role has all that the job needs, and the job makes use of all that the role has.
    expect(kafka.unused(principal)).toEqual([]);
    // Nothing of the client's options, the session or the records is in the logs of the runner.
    const log = flink.log('job-manager');
    expect(log).not.toContain(credentials.secretAccessKey);
    expect(log).not.toContain(credentials.sessionToken);
  });

  test.each([
    ['ReadData', 'TopicAuthorizationException'],
    ['WriteData', 'TopicAuthorizationException'],
    ['AlterTransactionalId', 'TransactionalIdAuthorizationException'],
  ])('[130] does not run without %s, and goes on when it has it', async (action, reason) => {
    const producer = kafka.producer(kafka.plaintext());
    const value = Buffer.from(JSON.stringify(order(RECORDS + 10_000)));
    const trickle = setInterval(
      () => void producer.send({ acks: -1, messages: [{ topic: 'paid', partition: 0, value }] }).catch(() => undefined),
      200,
    );
    try {
      const from = flink.log('task-manager').length;
      await limit(`kafka-cluster:${action}`);
      await flink.says('task-manager', reason, from);
    } finally {
      await limit();
      clearInterval(trickle);
      await producer.close();
    }
    // The sink takes its task manager down when it is not let write.
    await flink.kill('task-manager');
    flink.startTaskManager();
    await flink.progress(1);
  });

  /** Statements about other services need no literal: whatever they refer to stands for itself. */
  function logAttributes(template: TemplateJson): Record<string, string> {
    return Object.fromEntries(resourcesOf(template, 'AWS::Logs::LogGroup').map(([id]) => [`${id}.Arn`, id]));
  }
});
