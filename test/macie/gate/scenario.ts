import { createHash } from 'crypto';
import { gzipSync } from 'zlib';
import { App, Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { DiscoveryResultsExport, UploadGate } from '../../../lib/macie';
import type { UploadGateProps } from '../../../lib/macie';
import type { Behaviours } from '../../support/model-server/server';
import { MacieJobs } from '../../support/model-server/macie-jobs';
import { resourcesOf } from '../../support/kafka/template';
import { World } from '../../support/response/world';
import { Bucket, Content } from '../../support/s3-model';
import type { Version } from '../../support/s3-model';

export const STATE = 'macie-gate:state';
const MINUTE = 60_000;
const RESULTS = 'results';

export class GateStack extends Stack {
  public readonly bucket: s3.Bucket;
  public readonly gate: UploadGate;

  public constructor(props: Partial<UploadGateProps> = {}) {
    super(new App(), 'Uploads', { env: { account: '123456789012', region: 'eu-west-1' } });
    this.bucket = new s3.Bucket(this, 'Data', { bucketName: 'data', versioned: true });
    const bucket = new s3.Bucket(this, 'Results', { bucketName: RESULTS });
    this.gate = new UploadGate(this, 'Gate', {
      bucket: this.bucket,
      resultsExport: new DiscoveryResultsExport(this, 'Export', { bucket }),
      topic: new sns.Topic(this, 'People'),
      ...props,
    });
  }
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

/** A queue, in the time of the scenario. */
class Queue {
  public messages: { id: string; body: string; visibleFrom: number }[] = [];
  private ids = 0;

  public constructor(private readonly now: () => number) {}

  public send(body: string): void {
    this.messages.push({ id: `m${this.ids++}`, body, visibleFrom: 0 });
  }

  public readonly behaviours: Behaviours = {
    ReceiveMessage: ({ MaxNumberOfMessages }) => {
      const ready = this.messages.filter(({ visibleFrom }) => visibleFrom <= this.now()).slice(0, MaxNumberOfMessages);
      for (const message of ready) message.visibleFrom = this.now() + 20 * MINUTE;
      return {
        Messages: ready.map(({ id, body }) => ({ MessageId: id, ReceiptHandle: id, Body: body, MD5OfBody: md5(body) })),
      };
    },
    DeleteMessageBatch: ({ Entries }) => {
      const gone = Entries.map(({ ReceiptHandle }: any) => ReceiptHandle);
      this.messages = this.messages.filter(({ id }) => !gone.includes(id));
      return { Successful: Entries.map(({ Id }: any) => ({ Id })), Failed: [] };
    },
    SendMessage: ({ MessageBody }) => {
      this.send(MessageBody);
      return { MessageId: 'sent', MD5OfMessageBody: md5(MessageBody) };
    },
  };
}

/** A bucket behind its gate, with a detector that finds `card`, can not read `image`, and takes its time. */
export class GateScenario {
  public static async of(stack = new GateStack()): Promise<GateScenario> {
    const scenario = new GateScenario();
    scenario.world = await World.of(stack, { macie: scenario.macie.behaviours, sqs: scenario.queue.behaviours });
    scenario.reset();
    return scenario;
  }

  public world!: World;
  public readonly macie = new MacieJobs(() => Date.now() + this.world.ahead);
  public readonly queue = new Queue(() => this.world?.ahead ?? 0);
  public data!: Bucket;

  /** What a job has found to be clean, by version. */
  public readonly clean = new Set<string>();

  /** How the next jobs end, in order; then they complete. */
  public endings: ('COMPLETE' | 'CANCELLED' | 'PAUSED' | 'RUNNING')[] = [];

  /** Objects that results say nothing about, by key. */
  public silentAbout = new Set<string>();

  private results!: Bucket;
  private files = 0;

  public reset(): void {
    this.world.reset();
    this.macie.clear();
    this.macie.createIntervalMs = 10_000;
    this.queue.messages = [];
    this.clean.clear();
    this.silentAbout.clear();
    this.endings = [];
    this.data = this.world.s3.add(new Bucket('data'));
    this.results = this.world.s3.add(new Bucket(RESULTS));
  }

  /** @param announced whether an event tells of it */
  public upload(key: string, content: string, { tags = {}, announced = true } = {}): Version {
    const version = this.data.put(key, content, { tags });
    if (announced) this.announce(key, version);
    return version;
  }

  public announce(key: string, { versionId }: Version): void {
    this.queue.send(
      JSON.stringify({ version: '0', bucket: { name: 'data' }, object: { key, 'version-id': versionId } }),
    );
  }

  public async run(stage: 'Collect' | 'Release' | 'Reconcile'): Promise<string | undefined> {
    const { template } = this.world;
    const id = [...this.world.functions.keys()].find((one) => one.startsWith(`Gate${stage}`))!;
    const input = resourcesOf(template, 'AWS::Events::Rule').find(([rule]) => rule.startsWith(`Gate${stage}`))![1];
    const result = await this.world.invoke(id, JSON.parse(this.world.resolve(input.Properties!.Targets[0].Input)));
    this.requireInvariant();
    return 'error' in result ? result.error : undefined;
  }

  /** Jobs go on: whatever of a job's tag is the latest version now is read, and results are written. */
  public scan(): void {
    for (const job of this.macie.jobs.filter(({ jobStatus }) => jobStatus === 'RUNNING')) {
      const ending = this.endings.shift() ?? 'COMPLETE';
      if (ending === 'RUNNING') continue;
      job.jobStatus = ending;
      if (ending !== 'COMPLETE') continue;
      const [{ tagScopeTerm }] = job.s3JobDefinition.scoping.includes.and;
      const [{ value }] = tagScopeTerm.tagValues;
      const lines = [...this.data.objects].flatMap(([key]) => {
        const version = this.data.current(key)!;
        if (version.deleteMarker || version.tags[STATE] !== value || this.silentAbout.has(key)) return [];
        return [this.resultOf(job.jobId, key, version)];
      });
      const name = `AWSLogs/123456789012/Macie/eu-west-1/${job.jobId}/${this.files++}.jsonl.gz`;
      const body = gzipSync(lines.map((line) => JSON.stringify(line)).join('\n'));
      const [[key]] = resourcesOf(this.world.template, 'AWS::KMS::Key');
      this.results.put(name, Content.of(body), {
        kmsKeyId: `arn:aws:kms:eu-west-1:123456789012:key/${key}`,
        hasChecksum: false, // what stands in for one would be refused by a client that reads
      });
    }
  }

  /** Everything once; some errors may come to pass. */
  public async round(minutes = 15): Promise<void> {
    await this.run('Collect');
    this.scan();
    await this.run('Release');
    this.world.ahead += minutes * MINUTE;
  }

  public fate(key: string, version = this.data.current(key)!): string | undefined {
    return version.tags[STATE]?.replace(/-.*/, '');
  }

  /** Nothing can be read that no job has found to be clean. */
  private requireInvariant(): void {
    for (const version of [...this.data.objects.values()].flat()) {
      if (version.tags[STATE]?.startsWith('released-') && !this.clean.has(version.versionId)) {
        throw new Error(`${version.versionId} is released and was never scanned`);
      }
    }
  }

  private resultOf(jobId: string, key: string, version: Version): object {
    const text = version.content.sha256;
    const is = (word: string) => [...WORDS].some(([one, sha]) => one.includes(word) && sha === text);
    const found = is('card');
    const code = is('image') ? 'SKIPPED' : 'COMPLETE';
    if (!found && code === 'COMPLETE') this.clean.add(version.versionId);
    return {
      category: 'CLASSIFICATION',
      classificationDetails: {
        jobId,
        result: {
          status: { code },
          sensitiveData: found ? [{ category: 'FINANCIAL_INFORMATION', totalCount: 1 }] : [],
          customDataIdentifiers: { totalCount: 0, detections: [] },
        },
      },
      resourcesAffected: { s3Bucket: { name: 'data' }, s3Object: { key, versionId: version.versionId } },
    };
  }
}

/** The stand-in for a detector knows contents by their hashes. */
const WORDS = new Map(['card', 'image', 'card 2'].map((word) => [word, Content.of(word).sha256]));
