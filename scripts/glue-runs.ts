/**
 * A million records of which one in a hundred can not be read, into Iceberg and Parquet; script and JVM are killed three
 * times in the middle of a batch. Counts what is there with DuckDB and PyIceberg, and ends with an error where a record is
 * missing or there twice. Takes several minutes.
 *
 *   node --import tsx scripts/glue-runs.ts [records]
 */
import '../test/support/setup';
import { Payments, askFolders, askTable } from '../test/support/glue';

const RECORDS = Number(process.argv[2] ?? 1_000_000);
const BAD_EVERY = 100;
const PLACES = 'count(DISTINCT (kafka_topic, kafka_partition, kafka_offset))';
const COUNTS = `count(*), count(DISTINCT id), ${PLACES}`;

void main().then(
  (right) => process.exit(right ? 0 : 1),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);

async function main(): Promise<boolean> {
  const begin = Date.now();
  const payments = await Payments.start({ records: RECORDS, badEvery: BAD_EVERY });
  const { job } = payments;
  const extra = {
    '--parquet_path': 's3://lake/parquet',
    '--max_records_per_batch': String(Math.ceil(RECORDS / 10)),
  };
  try {
    const parquetDays = (batch: number) => job.batchDays('s3://lake/parquet', batch);
    const deadDays = (batch: number) => job.batchDays(job.settings['--dead_letter_path'], batch);
    const killed = [
      // After Iceberg, before Parquet; in the middle of Parquet; after everything but the commit.
      await job.killWhen((batch) => job.snapshots() > batch && parquetDays(batch) === 0, extra),
      await job.killWhen((batch) => batch >= 2 && parquetDays(batch) === 1, extra),
      await job.killWhen((batch) => batch >= 4 && deadDays(batch) > 0, extra),
    ];
    const { code, output } = await job.finish(extra);
    if (code !== 0) {
      throw new Error(output);
    }
    const bad = Math.ceil(RECORDS / BAD_EVERY);
    const good = RECORDS - bad;
    const [[iceberg]] = askTable(job.folder('--iceberg_location'), 'paid', [`SELECT ${COUNTS} FROM paid`]);
    const [parquet] = askFolders(job.path('s3://lake/parquet'), (files) => `SELECT ${COUNTS} FROM ${files}`);
    const [dead] = askFolders(job.folder('--dead_letter_path'), (files) => `SELECT count(*), ${PLACES} FROM ${files}`);
    const figures = {
      records: RECORDS,
      killedInBatch: killed,
      'Iceberg: rows, ids, offsets': Object.values(iceberg),
      'Parquet: rows, ids, offsets': parquet,
      'dead letters: rows, offsets': dead,
      seconds: Math.round((Date.now() - begin) / 1000),
    };
    console.log(JSON.stringify(figures, null, 2));
    const all = (values: unknown[], count: number) => values.every((value) => value === count);
    return all(Object.values(iceberg), good) && all(parquet, good) && all(dead, bad);
  } finally {
    await payments.stop();
  }
}
