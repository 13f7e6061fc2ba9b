/**
 * Records a second of the shipped runner against the same Flink and the same SQL in a program with nothing of ours, one
 * after the other, as a ratio: windows and a copy of each record, from topic to topic, exactly once.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ClientAuthentication, ClientIdentity } from '../lib/cluster';
import { FlinkSql, FlinkSqlScript } from '../lib/consumer';
import { KafkaTopic } from '../lib/topic';
import { cluster } from '../test/support/fixtures';
import type { FlinkProgram } from '../test/support/flink';
import { TestFlink, runnerJar } from '../test/support/flink';
import { flinkJars } from '../test/support/kafka/jar-sets';
import { compiled, jars } from '../test/support/kafka/java';
import { FLINK_VERSIONS } from '../test/support/kafka/versions';
import type { Template as TemplateJson, TestKafka } from '../test/support/kafka';
import { createTemplateTopics, resourcesOf, startKafka } from '../test/support/kafka';
import { standIns } from '../test/support/poller/stand-ins';
import { median, rounded } from './figures';

/** Fewer, by the environment, show that it works; their rates say nothing. */
const RECORDS = Number(process.env.BENCH_RECORDS ?? 1_000_000);
const PARTITIONS = 4;
const BATCH = 5_000;
const ENDS_WITHIN_MS = 300_000;
const [, VERSION] = FLINK_VERSIONS;

const SQL = `
CREATE TABLE paid (
  id BIGINT, region STRING, amount DECIMAL(10, 2), paid_at TIMESTAMP_LTZ(3),
  WATERMARK FOR paid_at AS paid_at - INTERVAL '5' SECOND
) WITH (
  \${source.paid}, 'scan.bounded.mode' = 'latest-offset',
  'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601'
);
CREATE TABLE revenue (opens TIMESTAMP_LTZ(3), region STRING, orders BIGINT, amount DECIMAL(20, 2)) WITH (
  \${sink.revenue}, 'format' = 'json', 'json.encode.decimal-as-plain-number' = 'true'
);
CREATE TABLE copies (id BIGINT, region STRING) WITH (\${sink.copies}, 'format' = 'json');
INSERT INTO revenue
SELECT window_start, region, COUNT(*), SUM(amount)
FROM TABLE(TUMBLE(TABLE paid, DESCRIPTOR(paid_at), INTERVAL '1' HOUR))
GROUP BY window_start, window_end, region;
INSERT INTO copies SELECT id, region FROM paid;
`;

type Groups = { PropertyGroupId: string; PropertyMap: Record<string, string> }[];

/** Rounds, each a run of both. */
export async function flinkRatio(rounds: number): Promise<object> {
  const runner = runnerJar();
  const folder = mkdtempSync(path.join(tmpdir(), 'flink-ratio-'));
  const template = synthesized();
  const kafka = await startKafka();
  try {
    const resolve = kafka.resolver(template, standIns(template, kafka));
    await createTemplateTopics(kafka, template, resolve);
    await fill(kafka);
    const [[, { Properties }]] = resourcesOf(template, 'AWS::KinesisAnalyticsV2::Application');
    const groups: Groups = resolve(Properties!.ApplicationConfiguration.EnvironmentProperties.PropertyGroups);
    const bare = await bareProgram(folder, runner, groups);
    const rates: { ours: number[]; bare: number[] } = { ours: [], bare: [] };
    for (let round = 0; round < rounds; round++) {
      rates.ours.push(await perSecond(kafka, groups));
      rates.bare.push(await perSecond(kafka, groups, bare));
    }
    const ratios = rates.ours.map((each, round) => each / rates.bare[round]);
    return {
      flink: VERSION,
      records: RECORDS,
      rounds,
      jarMb: rounded(statSync(runner).size / 1e6),
      bareRecordsPerSecond: Math.round(median(rates.bare)),
      recordsPerSecond: Math.round(median(rates.ours)),
      ratio: rounded(median(ratios)),
      ratios: ratios.map(rounded),
    };
  } finally {
    await kafka.stop();
    rmSync(folder, { recursive: true });
  }
}

function synthesized(): TemplateJson {
  const stack = new Stack(new App(), 'Ratio');
  const orders = cluster(stack, 'Orders', { authentication: [ClientAuthentication.plaintext()] });
  const topic = (topicName: string) =>
    new KafkaTopic(stack, topicName, { cluster: orders, topicName, partitions: PARTITIONS, replicationFactor: 1 });
  new FlinkSql(stack, 'Revenue', {
    sql: FlinkSqlScript.inline(SQL),
    sources: { paid: topic('paid') },
    sinks: { revenue: topic('revenue'), copies: topic('copies') },
    consumerGroup: 'revenue',
    identity: ClientIdentity.anonymous(),
  });
  return Template.fromStack(stack).toJSON() as TemplateJson;
}

/** The SQL of the application as its runner understands it. */
async function bareProgram(folder: string, runner: string, groups: Groups): Promise<FlinkProgram> {
  const of = (name: string) => groups.find(({ PropertyGroupId }) => PropertyGroupId === name)!.PropertyMap;
  const variables = of('variables');
  const statements = new Map<string, string>();
  for (const [key, part] of Object.entries(of('sql.00')).sort()) {
    const [number] = key.split('.');
    statements.set(number, (statements.get(number) ?? '') + part);
  }
  const sql = path.join(folder, 'bare.sql');
  const text = [...statements.values()].join(';\n');
  writeFileSync(
    sql,
    text.replace(/\$\{([^}]*)\}/g, (_, name: string) => variables[name]),
  );
  const jar = await compiled('bare-sql', path.join(__dirname, 'java'), await jars(flinkJars(VERSION)));
  // The connector is in the jar of the runner.
  return { jars: [jar, runner], mainClass: 'BareSql', arguments: [sql] };
}

async function perSecond(kafka: TestKafka, properties: Groups, program?: FlinkProgram): Promise<number> {
  // Each run begins at the beginning: a group that has committed would go on.
  await kafka.admin.deleteGroups({ groups: ['revenue'] }).catch(() => undefined);
  const flink = await TestFlink.create({
    version: VERSION,
    properties,
    authorityFile: kafka.authority.file,
    env: {},
    program,
  });
  try {
    flink.startJobManager();
    flink.startTaskManager();
    await flink.says('job-manager', 'from state RUNNING to FINISHED', 0, ENDS_WITHIN_MS);
    const log = readFileSync(path.join(flink.logs, 'job-manager.log'), 'utf8');
    const at = (change: string) => {
      const [, time] = new RegExp(`^(\\d\\d:\\d\\d:\\d\\d\\.\\d{3}).*Job .*switched from state ${change}`, 'm').exec(
        log,
      )!;
      return Date.parse(`2026-01-01T${time}Z`);
    };
    return (RECORDS * 1000) / (at('RUNNING to FINISHED') - at('CREATED to RUNNING'));
  } finally {
    await flink.stop();
  }
}

async function fill(kafka: TestKafka): Promise<void> {
  const producer = kafka.producer(kafka.plaintext());
  const epoch = Date.UTC(2026, 0, 1);
  for (let from = 0; from < RECORDS; from += BATCH) {
    const messages = Array.from({ length: BATCH }, (_, index) => {
      const id = from + index;
      const order = { id, region: ['eu', 'us', 'ap'][id % 3], amount: (id % 100) + 0.25 };
      const paid_at = new Date(epoch + id * 100).toISOString();
      const value = Buffer.from(JSON.stringify({ ...order, paid_at }));
      return { topic: 'paid', partition: id % PARTITIONS, value };
    });
    await producer.send({ acks: 1, messages });
  }
  await producer.close();
}
