import { rmSync } from 'node:fs';
import * as path from 'node:path';
import { deflateSync } from 'node:zlib';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as glue from 'aws-cdk-lib/aws-glue';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { GlueSink, GlueStreamingJob, RecordFormat } from '../../lib/consumer';
import { KafkaTopic } from '../../lib/topic';
import { cluster, idsOf, keepReportsQuiet, stack } from '../support/fixtures';
import { FakeAws, LocalJob, SCRIPT } from '../support/glue';
import { createTemplateTopics, roleStatements, startKafka } from '../support/kafka';
import type { Principal, Producer, Resolve, TestKafka, Template as KafkaTemplate } from '../support/kafka';
import { standIns } from '../support/poller/stand-ins';
import { pythonJson } from '../support/spark';

keepReportsQuiet();
jest.setTimeout(600_000);

type Produced = Parameters<Producer['send']>[0]['messages'][number];

const RECORDS = 60_000;
const BAD_EVERY = 100;
const PARTITIONS = 4;
const PARQUET = 's3://lake/parquet';

const V1 = '00000000-0000-4000-8000-000000000001';
const V2 = '00000000-0000-4000-8000-000000000002';
const OTHER = '00000000-0000-4000-8000-000000000003';
const UNKNOWN = '00000000-0000-4000-8000-000000000009';

const USER = 'lake';
const SCRAM_SECRET = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:AmazonMSK_lake-AbCdEf';
const MTLS_SECRET = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:certificate-AbCdEf';

/** What no reader of the columns below can take, and why. */
const BAD: [string | Buffer | undefined, string][] = [
  ['not json', 'not JSON of the schema'],
  ['{"id":"x","amount":1.00', 'not JSON of the schema'],
  ['{"id":"a","paid_at":"2026-01-01T00:00:00Z"}{"id":"b"}', 'not JSON of the schema'],
  ['[{"id":"x","paid_at":"2026-01-01T00:00:00Z"}]', 'not JSON of the schema'],
  ['{"id":"x","amount":"much","paid_at":"2026-01-01T00:00:00Z"}', 'not JSON of the schema'],
  ['{"id":"x","amount":123456789.00,"paid_at":"2026-01-01T00:00:00Z"}', 'not JSON of the schema'],
  ['{"amount":1.00,"paid_at":"2026-01-01T00:00:00Z"}', 'id is missing'],
  ['{"id":"x","amount":1.00}', 'paid_at is missing'],
  ['{"id":"x","paid_at":1767225600000}', 'paid_at is not in the years 1 to 9999'],
  [Buffer.from('{"id":"M\u00fcller","paid_at":"2026-01-01T00:00:00Z"}', 'latin1'), 'not UTF-8'],
  ['', 'not JSON of the schema'],
  [undefined, 'no value'],
];

/** Good records are spread over days by their own time; the oldest Parquet reader would stumble over the first. */
function valueOf(index: number): string {
  const day = index === 1 ? '1850-06-01' : `2026-01-0${1 + (index % 2)}`;
  return JSON.stringify({
    id: `order-${index}`,
    amount: (index % 1000) / 100,
    paid_at: `${day}T23:30:00+0${index % 2}:00`,
    customer: { country: 'D\u00c9'[index % 2], tags: ['a', '\u{1F600}'] },
  });
}

/** The template of a job, and what a test needs of it. */
function template(): { stack: Stack; json: KafkaTemplate } {
  const of = stack();
  const orders = cluster(of);
  const topic = new KafkaTopic(of, 'Paid', {
    cluster: orders,
    topicName: 'paid',
    partitions: PARTITIONS,
    replicationFactor: 1, // The test has one broker.
  });
  const type = glue.Schema;
  new GlueStreamingJob(of, 'Lake', {
    topic,
    consumerGroup: 'lake',
    format: RecordFormat.json(
      [
        { name: 'id', type: type.STRING },
        { name: 'amount', type: type.decimal(8, 2) },
        { name: 'paid_at', type: type.TIMESTAMP },
        {
          name: 'customer',
          type: type.struct([
            { name: 'country', type: type.STRING },
            { name: 'tags', type: type.array(type.STRING) },
          ]),
        },
      ],
      { required: ['id'] },
    ),
    eventTime: 'paid_at',
    sink: GlueSink.iceberg({
      database: new glue.Database(of, 'Database', { databaseName: 'lake' }),
      tableName: 'paid',
      bucket: new s3.Bucket(of, 'Data'),
      prefix: 'lake/paid',
    }),
  });
  return { stack: of, json: Template.fromStack(of).toJSON() as KafkaTemplate };
}

describe('the shipped script on Spark', () => {
  const secrets: Record<string, string> = {
    // What a quoted value of a JAAS configuration has to get over.
    [SCRAM_SECRET]: JSON.stringify({ username: USER, password: 'p"a\\ss;w-rd' }),
  };
  const aws = new FakeAws({ schemaVersion: (id = V2) => schemaVersion(id), secrets });
  const good = new Map<string, string>();
  let kafka: TestKafka;
  let json: KafkaTemplate;
  let resolve: Resolve;
  let roleId: string;
  let role: Principal;
  let job: LocalJob;

  beforeAll(async () => {
    const { stack: of, json: synthesized } = template();
    json = synthesized;
    roleId = idsOf(of, 'AWS::IAM::Role').find((id) => id.startsWith('LakeRole'))!;
    const { username, password } = JSON.parse(secrets[SCRAM_SECRET]);
    kafka = await startKafka({ scramUsers: { [username]: password } });
    const { key, cert } = await kafka.authority.issue(USER);
    secrets[MTLS_SECRET] = JSON.stringify({ certificate: cert, privateKey: key });
    await createTemplateTopics(kafka, json);
    resolve = kafka.resolver(json, standIns(json, kafka));
    role = await kafka.addRole(json, roleId, { resolve });
    job = new LocalJob({
      template: json,
      resolve,
      kafka,
      endpoint: await aws.start(),
      role,
      arguments: { '--parquet_path': PARQUET },
    });
    await send(records());
  });

  afterAll(async () => {
    job?.stop();
    aws.stop();
    await kafka?.stop();
  });

  async function send(messages: Produced[]): Promise<void> {
    const producer = kafka.producer(kafka.plaintext());
    for (let from = 0; from < messages.length; from += 5_000) {
      await producer.send({ acks: 1, messages: messages.slice(from, from + 5_000) });
    }
    await producer.close();
  }

  function records(): Produced[] {
    return Array.from({ length: RECORDS }, (_, index) => {
      const bad = index % BAD_EVERY === 0;
      const value = bad ? BAD[(index / BAD_EVERY) % BAD.length][0] : valueOf(index);
      if (!bad) {
        good.set(`order-${index}`, value as string);
      }
      return {
        topic: 'paid',
        partition: index % PARTITIONS,
        key: Buffer.from(`key-${index}`),
        value: value === undefined ? undefined : Buffer.from(value),
      };
    });
  }

  const lake = (): Lake =>
    pythonJson(
      READER,
      job.folder('--iceberg_location'),
      job.folder('--parquet_path'),
      job.folder('--dead_letter_path'),
    );

  test('[127] [128] [S-12] [B-04] writes each record once over kills of script and JVM in the middle of a batch', async () => {
    const small = { '--max_records_per_batch': '15000' };
    const afterIceberg = await job.killWhen(
      (batch) => job.snapshots() > batch && job.batchDays(PARQUET, batch) === 0,
      small,
    );
    const betweenDays = await job.killWhen((batch) => batch > afterIceberg && job.batchDays(PARQUET, batch) > 1, small);
    expect(betweenDays).toBeGreaterThan(afterIceberg);
    const { code, output } = await job.finish(small);
    expect([code, code === 0 ? '' : output]).toEqual([0, '']);
    const reported = [...output.matchAll(/"batch": (\d+)/g)].map(([, batch]) => Number(batch));
    expect(reported).toEqual(expect.arrayContaining(job.batches('commits').filter((batch) => batch >= betweenDays)));

    const { iceberg, parquet, dead } = lake();
    const expected = { rows: good.size, ids: good.size, offsets: good.size, cents: centsOf(good.values()) };
    expect(iceberg).toEqual(expected);
    expect(parquet).toEqual(expected);
    const hex = (value: string | Buffer | undefined) =>
      value === undefined ? null : Buffer.from(value).toString('hex');
    expect(dead.sort(byText)).toEqual(
      BAD.map(([value, reason], kind) => [reason, hex(value), badOf(kind)]).sort(byText),
    );
  });

  test('[128] makes use of every right that its role has on the cluster', () => {
    expect(kafka.unused(role)).toEqual([]);
  });

  test('[127] stores a record under the day that its own time has in UTC', () => {
    const { days } = lake();
    const expected: Record<string, number> = {};
    for (const value of good.values()) {
      const day = new Date(JSON.parse(value).paid_at).toISOString().slice(0, 10);
      expected[day] = (expected[day] ?? 0) + 1;
    }
    expect(days).toEqual({ iceberg: expected, parquet: expected });
  });

  test('[127] reports what it did', () => {
    const text = aws.requests.join('\n');
    for (const word of ['MskGlueStreaming', 'OffsetsBehind', 'RecordAge', 'DeadLetters', 'BatchDuration', 'JobName']) {
      expect(text).toContain(word);
    }
  });

  test('[127] takes new and wider columns, and ends before the offsets move where a column can not change', async () => {
    const schema = job.settings['--schema'];
    const value = JSON.stringify({ id: 'late', amount: 12345678.9, paid_at: '2026-02-01T00:00:00Z', note: 'new' });
    await send([{ topic: 'paid', partition: 0, key: Buffer.from('late'), value: Buffer.from(value) }]);
    const before = job.batches('commits');
    const refused = await job.finish({ '--schema': schema.replace('`amount` decimal(8,2)', '`amount` string') });
    expect(refused.code).toBe(1);
    expect(refused.output).toMatch(/Cannot change column type: amount/);
    expect(job.batches('commits')).toEqual(before);

    const wider = schema.replace('decimal(8,2)', 'decimal(12,2)');
    expect(await job.finish({ '--schema': `${wider}, \`note\` string` })).toMatchObject({ code: 0 });
    const { iceberg, late } = lake();
    expect(late).toEqual([['late', '12345678.90', 'new']]);
    expect(iceberg).toMatchObject({ rows: good.size + 1, ids: good.size + 1 });
  });

  test('[127] ends where its checkpoint is gone, because the sink has the records already', async () => {
    const before = lake();
    rmSync(job.folder('--checkpoint'), { recursive: true });
    const { code, output } = await job.finish();
    expect(code).toBe(1);
    expect(output).toMatch(/the checkpoint \S+ is empty, but the stream \S+\/paid\/lake has written before/);
    expect(lake()).toEqual(before);
    rmSync(job.folder('--checkpoint'), { recursive: true });
  });

  test.each<[string, RegExp]>([
    ['kafka-cluster:Connect', /Access denied/],
    ['kafka-cluster:ReadData', /TopicAuthorizationException/],
  ])('[128] reads nothing without the statement of %s', async (action, message) => {
    const statements = roleStatements(json, roleId).filter(({ Action }) => ![Action].flat().includes(action));
    const { credentials } = await kafka.addPrincipal({
      roleArn: `arn:aws:iam::${kafka.identity.account}:role/${action.split(':')[1]}`,
      statements,
      resolve,
    });
    const { code, output } = await job.finish({ '--checkpoint': `s3://state/${action}` }, credentials);
    expect(code).toBe(1);
    expect(output).toMatch(message);
  });

  describe('beside the stream of the template', () => {
    const avro: [Buffer | undefined, string?][] = [
      [framed(V1, Buffer.concat([text('one'), long(150)]))],
      [framed(V2, Buffer.concat([text('two'), long(-3), long(1), text('noted')]), true)],
      [framed(V2, Buffer.concat([text('three'), long(0), long(0)]))],
      [framed(V1, Buffer.from([200])), 'not Avro of the schema'],
      [framed(UNKNOWN, text('x')), 'of no version of the schema'],
      [framed(OTHER, text('x')), 'of no version of the schema'],
      [Buffer.from('{"id":"four"}'), 'no header of the schema registry'],
      [undefined, 'no value'],
    ];
    let ends: string[];
    let output: string;

    beforeAll(async () => {
      await kafka.createTopics(
        ['secured', 'avro'].map((topicName) => ({ topicName, partitions: 1, replicationFactor: 1 })),
      );
      await send([
        { topic: 'secured', partition: 0, value: Buffer.from('{"id":"x"}') },
        ...avro.map(([value]) => ({ topic: 'avro', partition: 0, value })),
      ]);
      const { scram, tls } = kafka.bootstrap;
      ({ ends, output } = await job.several([
        { ...aside('scram'), '--auth': 'scram', '--secret_arn': SCRAM_SECRET, '--bootstrap_servers': scram },
        { ...aside('mtls'), '--auth': 'mtls', '--secret_arn': MTLS_SECRET, '--bootstrap_servers': tls },
        { ...aside('odd'), '--auth': 'scram', '--secret_arn': MTLS_SECRET },
        {
          ...aside('avro'),
          '--auth': 'tls',
          '--bootstrap_servers': tls,
          '--topics': 'avro',
          '--format': 'avro',
          '--registry_name': 'orders',
          '--schema_name': 'paid',
        },
      ]));
    });

    test.each([
      ['a user name and password', 0, 'scram'],
      ['a certificate', 1, 'mtls'],
    ])('[128] is let in by %s', (_, number, name) => {
      expect([ends[number], ends[number] === 'OK' ? '' : output]).toEqual(['OK', '']);
      expect(query(`SELECT id FROM read_parquet('${job.home}/lake/${name}/*/*/*.parquet')`)).toEqual([['x']]);
    });

    test('[128] names a secret that is not what it has to be, and says nothing of what is in any', () => {
      expect(ends[2]).toBe(`msk_to_lake: the secret ${MTLS_SECRET} is no JSON object with username and password`);
      const hidden = Object.values(secrets).flatMap((each) =>
        Object.values(JSON.parse(each) as Record<string, string>),
      );
      const said = hidden.filter((each) => each !== USER && output.includes(each.slice(0, 60)));
      expect(said).toEqual([]);
    });

    test('[127] takes Avro of a schema registry as its newest version has it', () => {
      expect([ends[3], ends[3] === 'OK' ? '' : output]).toEqual(['OK', '']);
      const columns = 'SELECT id, amount, note, kafka_offset FROM';
      expect(query(`${columns} read_parquet('${job.home}/lake/avro/*/*/*.parquet') ORDER BY kafka_offset`)).toEqual([
        ['one', 150, null, 0],
        ['two', -3, 'noted', 1],
        ['three', 0, null, 2],
      ]);
      expect(
        query(`SELECT reason FROM read_parquet('${job.home}/dead/avro/*/*/*.parquet') ORDER BY kafka_offset`),
      ).toEqual(avro.flatMap(([, reason]) => (reason ? [[reason]] : [])));
    });
  });
});

describe('the shipped script', () => {
  const settings = ['bootstrap_servers', 'checkpoint', 'dead_letter_path', 'parquet_path'].map((name) => `--${name}=x`);
  const cases: [string, string[], string[]][] = [
    [
      'arguments',
      ['--auth=kerberos', '--starting_position', 'yesterday', '--window_seconds=0'],
      [
        'msk_to_lake: --topics is missing; ',
        "--auth must be iam or scram or mtls or tls or plaintext, got 'kerberos'; ",
        "--window_seconds must be a whole number from 1, got '0'; ",
        "--starting_position must be earliest, latest or a time with its offset like 2026-01-31T00:00:00+00:00, got 'yesterday'",
        '--schema is missing',
      ],
    ],
    [
      'secrets',
      ['--topics=x', '--schema=x int', '--auth=mtls'],
      ['--secret_arn is missing: the secret of --auth mtls'],
    ],
    ['argument without a value', ['--topics=x', '--schema=x int', '--auth'], ['--auth has no value']],
    ['types', ['--topics=x', '--schema', 'id string, amount decimol(8,2)'], ['--schema can not be read', 'DECIMOL']],
    [
      'columns',
      ['--topics=x', '--schema', 'kafka_offset string, id string, Id int', '--event_time=at'],
      [
        "column 'Id' is there twice; column 'id' is there twice; ",
        "column 'kafka_offset' is a name of this script; ",
        "--event_time 'at' is no column of the schema: kafka_offset, id, Id",
      ],
    ],
    [
      'event times',
      ['--topics=x', '--schema=id string', '--event_time=id'],
      ["--event_time 'id' must be of type timestamp"],
    ],
    [
      'class paths',
      ['--topics=x', '--schema=id string'],
      ['the class software.amazon.msk.auth.iam.IAMClientCallbackHandler is not on the class path', '--extra-jars'],
    ],
  ];

  test('[127] names the place of wrong arguments, schemas and class paths', () => {
    const refusals = pythonJson<string[]>(
      REFUSALS,
      path.dirname(SCRIPT),
      JSON.stringify(cases.map(([, argv]) => [...settings, ...argv])),
    );
    refusals.forEach((refusal, index) => cases[index][2].forEach((message) => expect(refusal).toContain(message)));
    expect(refusals).toHaveLength(cases.length);
  });

  const judged: [string, string, string | null][] = [
    ['all columns', '{"id":"a","n":1,"amount":12.34,"at":"2026-01-02T23:30:00+02:00","tags":[{"k":"x","v":1}]}', null],
    ['other keys', ' {"id":"a","other":1}\n', null],
    ['more digits than a column has', '{"id":"a","amount":1.239}', null],
    ['a number as text', '{"id":"a","amount":"1.25"}', null],
    ['text after the object', '{"id":"a"} x', 'not JSON of the schema'],
    ['two lines', '{"id":"a"}\n{"id":"b"}', 'not JSON of the schema'],
    ['two elements', '{"id":"a"},{"id":"b"}', 'not JSON of the schema'],
    ['one brace too many', '{"id":"a"}}', 'not JSON of the schema'],
    ['an array', '[{"id":"a"}]', 'not JSON of the schema'],
    ['null', 'null', 'not JSON of the schema'],
    ['a number', '5', 'not JSON of the schema'],
    ['a fraction in a whole column', '{"id":"a","n":1.5}', 'not JSON of the schema'],
    ['a whole number that is too big', '{"id":"a","n":3000000000}', 'not JSON of the schema'],
    ['a decimal that is too big', '{"id":"a","amount":123456.78}', 'not JSON of the schema'],
    ['a wrong type inside', '{"id":"a","tags":[{"k":"x","v":"y"}]}', 'not JSON of the schema'],
    ['a wrong time', '{"id":"a","at":"nope"}', 'not JSON of the schema'],
    ['milliseconds for seconds', '{"id":"a","at":1700000000000}', 'at is not in the years 1 to 9999'],
    ['null in a required column', '{"id":null}', 'id is missing'],
  ];

  test('[127] takes JSON or not, the same with and without the header of a schema registry', () => {
    const found = pythonJson<[string | null, string | null, string][]>(
      JUDGE,
      path.dirname(SCRIPT),
      JSON.stringify(judged.map(([, value]) => value)),
    );
    expect(judged.map(([what], index) => [what, ...found[index]])).toEqual(
      judged.map(([what, , reason]) => [what, reason, reason, 'no header of the schema registry']),
    );
  });
});
interface Facts {
  readonly rows: number;
  readonly ids: number;
  readonly offsets: number;
  readonly cents: number;
}

interface Lake {
  readonly iceberg: Facts;
  readonly parquet: Facts;
  readonly days: Record<string, Record<string, number>>;
  readonly late: string[][];
  /** Reason, bytes, and how many there are. */
  readonly dead: [string, string | null, number][];
}

/** Reads the lake without Spark. */
const READER = `
import glob, json, sys
import duckdb
from pyiceberg.table import StaticTable

table, parquet, dead = sys.argv[1:]
newest = max(glob.glob(table + "/metadata/v*.metadata.json"), key=lambda name: int(name.split("/v")[-1].split(".")[0]))
rows = StaticTable.from_metadata(newest).scan().to_arrow()
db = duckdb.connect()
db.sql("SET TimeZone = 'UTC'")
files = f"read_parquet('{parquet}/dt=*/batch=*/*.parquet', hive_partitioning=true, union_by_name=true)"

def facts_of(source):
    offsets = "count(DISTINCT (kafka_topic, kafka_partition, kafka_offset))"
    facts = f"SELECT count(*), count(DISTINCT id), {offsets}, sum(amount * 100)::BIGINT FROM {source}"
    return dict(zip(["rows", "ids", "offsets", "cents"], db.sql(facts).fetchone()))

def days_of(source, day):
    return {str(day): count for day, count in db.sql(f"SELECT {day}, count(*) FROM {source} GROUP BY 1").fetchall()}

late = "SELECT id, amount::VARCHAR, note FROM rows WHERE note IS NOT NULL"
letters = f"read_parquet('{dead}/dt=*/batch=*/*.parquet', hive_partitioning=true)"
print(json.dumps({
    "iceberg": facts_of("rows"),
    "parquet": facts_of(files),
    "days": {"iceberg": days_of("rows", "paid_at::DATE"), "parquet": days_of(files, "dt")},
    "late": db.sql(late).fetchall() if "note" in rows.column_names else [],
    "dead": sorted(db.sql(f"SELECT reason, lower(hex(raw_value)), count(*) FROM {letters} GROUP BY ALL").fetchall(), key=json.dumps),
}))
`;

/** What the script says to wrong arguments. */
const REFUSALS = `
import contextlib, json, sys
sys.path.insert(0, sys.argv[1])
import msk_to_lake

refusals = []
with contextlib.redirect_stdout(sys.stderr):
    for argv in json.loads(sys.argv[2]):
        try:
            msk_to_lake.main(argv)
        except SystemExit as exit:
            refusals.append(exit.code)
print(json.dumps(refusals))
`;

/** Why the script does not take values: as they are, with the header of a registry, and without it where it has to be. */
const JUDGE = `
import json, sys
sys.path.insert(0, sys.argv[1])
import msk_to_lake
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
for name, value in msk_to_lake.SETTINGS.items():
    spark.conf.set(name, value)
ddl = "id STRING NOT NULL, n INT, amount DECIMAL(6,2), at TIMESTAMP, tags ARRAY<STRUCT<k: STRING, v: INT>>"
schema = msk_to_lake.parse_schema(spark, ddl)

def judged(values, framed):
    rows = spark.createDataFrame([(index, value) for index, value in enumerate(values)], "i INT, raw_value BINARY")
    rows = rows.coalesce(1).withColumn("kafka_timestamp", F.current_timestamp())
    read = msk_to_lake.Json(schema, framed).read(rows)
    return [row.bad for row in msk_to_lake.judged(read, schema, "").select("i", "bad").orderBy("i").collect()]

values = [value.encode() for value in json.loads(sys.argv[2])]
header = bytes([3, 0]) + bytes(16)
print(json.dumps(list(zip(judged(values, False), judged([header + each for each in values], True), judged(values, True)))))
`;

/** A stream of its own, beside that of the template, with one topic of one record. */
const aside = (name: string) => ({
  '--topics': 'secured',
  '--schema': 'id string',
  '--event_time': '',
  '--stream_name': name,
  '--checkpoint': `s3://state/${name}`,
  '--iceberg_table': '',
  '--parquet_path': `s3://lake/${name}`,
  '--dead_letter_path': `s3://dead/${name}`,
});

const query = (sql: string): unknown[][] =>
  pythonJson('import duckdb, json, sys; print(json.dumps(duckdb.sql(sys.argv[1]).fetchall()))', sql);

/** What the AWS Glue Schema Registry of the test has. */
const FIELDS = [
  { name: 'id', type: 'string' },
  { name: 'amount', type: 'long' },
];
const NOTE = { name: 'note', type: ['null', 'string'], default: null };
const VERSIONS: Record<string, { schema: string; fields: object[] }> = {
  [V1]: { schema: 'paid', fields: FIELDS },
  [V2]: { schema: 'paid', fields: [...FIELDS, NOTE] },
  [OTHER]: { schema: 'other', fields: FIELDS },
};

function schemaVersion(id: string): Record<string, string> | undefined {
  const version = VERSIONS[id];
  return (
    version && {
      SchemaVersionId: id,
      SchemaArn: `arn:aws:glue:us-east-1:111122223333:schema/orders/${version.schema}`,
      SchemaDefinition: JSON.stringify({ type: 'record', name: 'Paid', fields: version.fields }),
      DataFormat: 'AVRO',
    }
  );
}

/** As the registry's serializers put it: a 3, the compression, the id of the version, the record. */
function framed(version: string, record: Buffer, compressed = false): Buffer {
  const header = Buffer.from(`03${compressed ? '05' : '00'}${version.replace(/-/g, '')}`, 'hex');
  return Buffer.concat([header, compressed ? deflateSync(record) : record]);
}

/** Whole numbers and text as Avro has them. */
function long(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  for (; rest > 127; rest = Math.floor(rest / 128)) {
    bytes.push((rest % 128) + 128);
  }
  return Buffer.from([...bytes, rest]);
}

function text(value: string): Buffer {
  return Buffer.concat([long(value.length), Buffer.from(value)]);
}

function centsOf(values: Iterable<string>): number {
  return [...values].reduce((sum, value) => sum + Math.round(JSON.parse(value).amount * 100), 0);
}

function byText(one: unknown, other: unknown): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}

/** How many bad records there are of a kind. */
function badOf(kind: number): number {
  return Array.from({ length: RECORDS / BAD_EVERY }, (_, index) => index).filter((index) => index % BAD.length === kind)
    .length;
}
