import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Principal, Resolve, Template, TestKafka } from '../kafka';
import { resourcesOf } from '../kafka';
import { startSpark } from '../spark';
import type { Ended, SparkRun } from '../spark';

export const SCRIPT = path.join(__dirname, '..', '..', '..', 'processors', 'glue-streaming', 'msk_to_lake.py');

export interface JobOptions {
  readonly template: Template;
  readonly resolve: Resolve;
  readonly kafka: TestKafka;
  /** Where AWS answers. */
  readonly endpoint: string;
  /** Whose rights it has. */
  readonly role: Principal;
  /** Arguments beside those of the template. */
  readonly arguments?: Record<string, string>;
}

/**
 * The Glue job of a template on this machine: the script with the arguments that the template gives it, the buckets being
 * folders and the catalog one of files.
 */
export class LocalJob {
  readonly home = mkdtempSync(path.join(tmpdir(), 'cdk-msk-lake-'));
  readonly settings: Readonly<Record<string, string>>;
  private readonly runs: SparkRun[] = [];

  constructor(private readonly options: JobOptions) {
    const [[, { Properties }]] = resourcesOf(options.template, 'AWS::Glue::Job');
    this.settings = { ...options.resolve(Properties!.DefaultArguments), ...options.arguments };
  }

  /** Where something is on this machine that is in a bucket by the name of its logical id. */
  local(value: string): string {
    return value.replace(/^s3:\//, `file://${this.home}`);
  }

  path(value: string): string {
    return this.local(value).replace('file://', '');
  }

  folder(argument: string): string {
    return this.path(this.settings[argument]);
  }

  start(changes: Record<string, string> = {}, credentials = this.options.role.credentials): Promise<SparkRun> {
    return this.other(SCRIPT, this.argv(changes), credentials);
  }

  private argv(changes: Record<string, string>): string[] {
    const all: Record<string, string> = { ...this.settings, '--JOB_NAME': 'lake', ...changes };
    return Object.entries(all)
      .filter(([name]) => name !== '--conf')
      .flat();
  }

  /** Another script in the place of the job's. */
  async other(script: string, args: string[], credentials = this.options.role.credentials): Promise<SparkRun> {
    const { kafka, endpoint } = this.options;
    // The catalog of files keeps a table below the name of its database.
    const [catalog, database, table] = this.settings['--iceberg_table'].split('.');
    const location = this.local(this.settings['--iceberg_location']);
    if (!location.endsWith(`/${database}/${table}`)) {
      throw new Error(`the table ${database}.${table} can not be in ${location}`);
    }
    const run = await startSpark({
      script,
      arguments: args.map((each) => this.local(each)),
      conf: {
        'spark.sql.extensions': 'org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions',
        [`spark.sql.catalog.${catalog}`]: 'org.apache.iceberg.spark.SparkCatalog',
        [`spark.sql.catalog.${catalog}.type`]: 'hadoop',
        [`spark.sql.catalog.${catalog}.warehouse`]: location.slice(0, -`/${database}/${table}`.length),
      },
      env: {
        AWS_REGION: kafka.identity.region,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_SESSION_TOKEN: credentials.sessionToken!,
        AWS_ENDPOINT_URL: endpoint,
      },
    });
    this.runs.push(run);
    return run;
  }

  /** Reads what is there, and ends. */
  async finish(changes: Record<string, string> = {}, credentials = this.options.role.credentials): Promise<Ended> {
    return (await this.start({ '--trigger': 'available_now', ...changes }, credentials)).ended;
  }

  /** Runs one after the other in one Spark; answers how each ended, and all that was said. */
  async several(runs: readonly Record<string, string>[]): Promise<{ ends: string[]; output: string }> {
    const argv = runs.map((changes) =>
      this.argv({ '--trigger': 'available_now', ...changes }).map((each) => this.local(each)),
    );
    const script = path.join(__dirname, 'several.py');
    const { output } = await (await this.other(script, [path.dirname(SCRIPT), JSON.stringify(argv)])).ended;
    return { ends: [...output.matchAll(/^run \d+ ended: (.*)$/gm)].map(([, end]) => end), output };
  }

  /** Ends a run in the middle of a batch: after something of it was written, and before Spark knows. */
  async killWhen(holds: (batch: number) => boolean, changes: Record<string, string> = {}): Promise<number> {
    const run = await this.start({ '--window_seconds': '1', ...changes });
    for (;;) {
      const batch = Math.max(-1, ...this.batches('offsets'));
      if (batch > 0 && !this.batches('commits').includes(batch) && holds(batch)) {
        run.kill();
        const { code } = await run.ended;
        if (code !== null || this.batches('commits').includes(batch)) {
          throw new Error(`batch ${batch} was through before the run was killed`);
        }
        return batch;
      }
      if (run.hasEnded()) {
        throw new Error((await run.ended).output);
      }
      await sleep(2);
    }
  }

  /** The batches of the checkpoint that have begun, or are done. */
  batches(which: 'offsets' | 'commits'): number[] {
    return names(path.join(this.folder('--checkpoint'), which))
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  }

  /** How often the Iceberg table was written. */
  snapshots(): number {
    return names(path.join(this.folder('--iceberg_location'), 'metadata')).filter((name) => /^snap-/.test(name)).length;
  }

  /** In how many days of the Parquet files below a place a batch is. */
  batchDays(place: string, batch: number): number {
    const root = this.path(place);
    const of = String(batch).padStart(10, '0');
    return names(root).filter((day) => names(path.join(root, day)).some((name) => name.endsWith(of))).length;
  }

  stop(): void {
    this.runs.forEach((run) => run.kill());
    rmSync(this.home, { recursive: true, force: true });
  }
}

function names(of: string): string[] {
  return existsSync(of) ? readdirSync(of) : [];
}
