import { randomBytes } from 'crypto';
import { gzipSync } from 'zlib';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { collect } from '../../../handlers/macie-upload-gate/collector';
import { GateObjects } from '../../../handlers/macie-upload-gate/objects';
import { release } from '../../../handlers/macie-upload-gate/releaser';
import { GateTable } from '../../../handlers/macie-upload-gate/table';
import { STATE } from '../../../handlers/macie-upload-gate/upload';
import { FakeClock } from '../../handlers/fake-clock';
import { LocalDynamoDb } from '../../support/poller/dynamodb';
import { seeded } from '../../support/seeded';

jest.setTimeout(300_000);

const UPLOADS = 10_000;
const MINUTE = 60_000;

test('[200] ten thousand uploads in a day are all decided, rightly, by no more jobs than the day may have', async () => {
  const random = seeded(200);
  const clock = new FakeClock();
  clock.time = Date.UTC(2026, 0, 1);
  const dynamo = await LocalDynamoDb.start({ gate: 'pk,sk' });
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  const client = new DynamoDBClient({ endpoint: dynamo.endpoint, region: 'eu-west-1', credentials });
  const table = new GateTable(client, 'gate');

  const tags = new Map<string, { Key: string; Value: string }[]>();
  const s3: any = {
    send: async ({ constructor: { name }, input }: any) => {
      if (name === 'ListObjectVersionsCommand') {
        return { Versions: [{ Key: input.Prefix, VersionId: 'v1', IsLatest: true }] };
      }
      if (name === 'GetObjectTaggingCommand') return { TagSet: tags.get(input.Key) ?? [] };
      tags.set(input.Key, input.Tagging.TagSet);
      return {};
    },
  };
  const stateOf = (key: string) => tags.get(key)?.find(({ Key }) => Key === STATE)?.Value;
  const objects = new GateObjects(s3, 'data', '123456789012');

  const isClean = (key: string) => !key.endsWith('7');
  const scanned = new Set<string>();
  const jobs: { batch: string; at: number; takes: number; lines: string[] }[] = [];
  const waiting: string[] = [];
  let uploaded = 0;
  const gate = {
    table,
    objects,
    clock,
    bucket: 'data',
    newBatchId: () => randomBytes(8).toString('hex'),
    announcements: {
      receive: async () => waiting.splice(0, 10).map((key) => ({ receipt: key, upload: { key, versionId: 'v1' } })),
      finish: async () => undefined,
    },
    tell: async () => undefined,
  };
  const creating = {
    find: async (batch: string) => indexOf(batch),
    create: async (batch: string) => {
      if (random() < 0.2) throw Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
      jobs.push({ batch, at: clock.now(), takes: Math.floor(random() * 3) * 15 * MINUTE, lines: [] });
      return indexOf(batch)!;
    },
  };
  const indexOf = (batch: string) => {
    const index = jobs.findIndex((job) => job.batch === batch);
    return index < 0 ? undefined : String(index);
  };
  const looking = {
    status: async (id: string) =>
      clock.now() - jobs[Number(id)].at >= jobs[Number(id)].takes ? 'COMPLETE' : 'RUNNING',
  };
  const results = {
    list: async (id: string) => [id],
    read: async (id: string) => {
      const job = jobs[Number(id)];
      for (const [key] of tags) {
        if (stateOf(key) !== `scan-${job.batch}` || scanned.has(key) || random() < 0.001) continue;
        scanned.add(key);
        const sensitiveData = isClean(key) ? [] : [{}];
        const result = { status: { code: 'COMPLETE' }, sensitiveData };
        const resourcesAffected = { s3Bucket: { name: 'data' }, s3Object: { key, versionId: 'v1' } };
        job.lines.push(JSON.stringify({ classificationDetails: { jobId: id, result }, resourcesAffected }));
      }
      return gzipSync(job.lines.join('\n'));
    },
  };

  const perDay = 40;
  const days = new Map<string, number>();
  for (let run = 0; run < 2 * 96; run++, clock.time += 15 * MINUTE) {
    for (let i = 0; i < 250 && uploaded < UPLOADS; i++) waiting.push(`object-${uploaded++}`);
    // A schedule may start a function twice at once.
    const options = { maxObjects: 400, maxJobsPerDay: perDay, forMs: 10 * MINUTE };
    await Promise.all([1, 2].map(() => collect({ ...gate, jobs: creating }, options)));
    await release({ ...gate, jobs: looking, results }, { graceMs: 60 * MINUTE, attempts: 3, releaseUnread: false });
    for (const [key] of tags) {
      if (stateOf(key)?.startsWith('released-') && !(scanned.has(key) && isClean(key))) throw new Error(key);
    }
  }
  for (const { at } of jobs) {
    const day = new Date(at).toISOString().slice(0, 10);
    days.set(day, (days.get(day) ?? 0) + 1);
  }
  expect(Math.max(...days.values())).toBeLessThanOrEqual(perDay);
  const gaps = jobs.slice(1).map(({ at }, i) => at - jobs[i].at);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(10_000);

  const fates = Array.from({ length: UPLOADS }, (_, i) => stateOf(`object-${i}`)!.replace(/-.*/, ''));
  expect(fates.filter((fate) => fate === 'held')).toHaveLength(UPLOADS / 10);
  expect(fates.filter((fate) => fate === 'released')).toHaveLength((UPLOADS * 9) / 10);
  const left = dynamo
    .scan('gate')
    .filter(({ pk, sealed }) => pk.S === 'again' || sealed || String(pk.S).startsWith('in#'));
  expect(left).toEqual([]);
  client.destroy();
  await dynamo.stop();
});
