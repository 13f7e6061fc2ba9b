/**
 * Records a second of the shipped Glue script against the same Spark that reads and writes the same with nothing of ours,
 * one after the other, as a ratio. Both write an Iceberg table; one record in a hundred can not be read.
 */
import * as path from 'path';
import { Payments } from '../test/support/glue';
import { median, rounded } from './figures';

const RECORDS = 600_000;
const BAD_EVERY = 100;
const BATCH = 120_000;

/** Rounds, each a run of both. */
export async function glueRatio(rounds: number): Promise<object> {
  const payments = await Payments.start({ records: RECORDS, badEvery: BAD_EVERY });
  try {
    const { job, kafka } = payments;
    const ours: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const most = String(BATCH);
      const table = (name: string) => `glue_catalog.lake.${name}_${round}`;
      const plain = { '--auth': 'plaintext', '--bootstrap_servers': kafka.bootstrap.plaintext };
      const settings = {
        ...plain,
        '--iceberg_table': table('ours'),
        '--iceberg_location': '',
        '--stream_name': '',
        '--checkpoint': `s3://state/ours-${round}`,
        '--max_records_per_batch': most,
      };
      ours.push(perSecond((await job.finish(settings)).output));
      const args = [
        kafka.bootstrap.plaintext,
        'paid',
        job.settings['--schema'],
        table('bare'),
        `s3://state/bare-${round}`,
        most,
      ];
      bare.push(perSecond((await (await job.other(path.join(__dirname, 'bare_spark.py'), args)).ended).output));
    }
    return {
      records: RECORDS,
      recordsPerBatch: BATCH,
      rounds,
      bareRecordsPerSecond: Math.round(median(bare)),
      recordsPerSecond: Math.round(median(ours)),
      ratio: rounded(median(ours.map((each, round) => each / bare[round]))),
      ratios: ours.map((each, round) => rounded(each / bare[round])),
    };
  } finally {
    await payments.stop();
  }
}

/** Of the batches after the first, in which the JVM warms up. */
function perSecond(output: string): number {
  const batches = [...output.matchAll(/^(?:bare|msk_to_lake): (\{"batch".*\})$/gm)].map(
    ([, json]) => JSON.parse(json) as { batch: number; Records: number; BatchDuration: number },
  );
  const measured = batches.filter(({ batch, Records }) => batch > 0 && Records > 0);
  const records = measured.reduce((sum, { Records }) => sum + Records, 0);
  if (records !== RECORDS - BATCH) {
    throw new Error(`${records} records were measured:\n${output}`);
  }
  return (records * 1000) / measured.reduce((sum, { BatchDuration }) => sum + BatchDuration, 0);
}
