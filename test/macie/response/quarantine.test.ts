import * as kms from 'aws-cdk-lib/aws-kms';
import { FindingResponse, QuarantineBucket, ResponseMode, ResponseStep } from '../../../lib/macie';
import { World } from '../../support/response/world';
import { Bucket, Content } from '../../support/s3-model';
import { findingOf, ResponseStack } from './scenario';

jest.setTimeout(180_000);

const GIB = 1024 ** 3;
const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/of-the-data';

let world: World;
let data: Bucket;
let quarantine: Bucket;

beforeAll(async () => {
  const stack = new ResponseStack();
  const to = new QuarantineBucket(stack, 'Quarantine', { bucketName: 'quarantine' });
  const own = kms.Key.fromKeyArn(stack, 'OfData', KEY);
  const options = { quarantine: to, prefixes: ['in/', 'out/'], encryptionKeys: [own] };
  const common = { hub: stack.hub, buckets: [stack.data], mode: ResponseMode.ENFORCE };
  const move = { ...options, tablePrefixes: ['in/declared/'] };
  new FindingResponse(stack, 'Copied', { ...common, steps: [ResponseStep.copyObject(options)] });
  new FindingResponse(stack, 'Moved', { ...common, steps: [ResponseStep.moveObject({ ...move, approval: false })] });
  new FindingResponse(stack, 'MovedIfApproved', { ...common, steps: [ResponseStep.moveObject(move)] });
  world = await World.of(stack);
});
afterAll(() => world.stop());
beforeEach(() => {
  world.reset();
  data = world.s3.add(new Bucket('data'));
  quarantine = world.s3.add(
    new Bucket('quarantine', 'Enabled', undefined, 'arn:aws:kms:eu-west-1:123456789012:key/own'),
  );
});
afterEach(() => expect(world.violations).toEqual([]));

async function respond(key: string, response: string, versionId = data.current(key)?.versionId) {
  const message = world.publish(
    findingOf('data', key, { versionId, etag: data.version(key, versionId || undefined)?.etag }),
    response,
  );
  expect(await world.deliver([message])).toEqual([]);
  return world.play();
}

const ledger = () => world.rows('Ledger').map(({ outcome, reason }) => [outcome, reason]);
const copies = () => [...quarantine.objects.values()].map((versions) => versions.at(-1)!);

async function release() {
  await world.order({ operation: 'release', caseId: world.rows('Ledger')[0].caseId });
  return world.play();
}

describe('[S-24] [177] a copy', () => {
  test('has the bytes, the metadata, the tags and the KMS key of the version that was found', async () => {
    const headers = { 'content-type': 'text/csv', 'x-amz-meta-owner': 'ann' };
    const old = data.put('in/a b+c&ü?.csv', 'cards', { headers, tags: { team: 'x&y' }, sse: 'aws:kms', kmsKeyId: KEY });
    data.put('in/a b+c&ü?.csv', 'newer');
    await respond('in/a b+c&ü?.csv', 'Copied', old.versionId);
    expect(ledger()).toEqual([['CHANGED', undefined]]);
    expect([...quarantine.objects.keys()][0]).toMatch(/^123456789012\/data\/[0-9a-f]{64}\/in\/a b\+c&ü\?\.csv$/);
    const [copy] = copies();
    expect(copy.content.sha256).toBe(old.content.sha256);
    expect(copy).toMatchObject({ headers, tags: { team: 'x&y' }, sse: 'aws:kms', kmsKeyId: KEY });
    expect(data.current('in/a b+c&ü?.csv')!.content.sha256).toBe(Content.of('newer').sha256);
  });

  test('without a KMS key gets that of the quarantine, and a key that is too long is left out', async () => {
    const key = `in/${'k'.repeat(1_000)}`;
    data.put(key, 'cards');
    await respond(key, 'Copied');
    expect(copies()[0].kmsKeyId).toMatch(/own$/);
    expect([...quarantine.objects.keys()][0]).toMatch(/^123456789012\/data\/[0-9a-f]{64}$/);
  });

  test('of more than 5 GB is made in parts and compared by what the service computed', async () => {
    const content = Content.huge(12 * GIB + 1, 'big');
    const headers = { 'content-type': 'text/csv', 'x-amz-meta-owner': 'ann' };
    data.put('in/big', content, { headers, tags: { team: 'x' } });
    await respond('in/big', 'Copied');
    expect(ledger()).toEqual([['CHANGED', undefined]]);
    expect(copies()[0]).toMatchObject({ headers, tags: { team: 'x' } });
    expect(copies()[0].content.sha256).toBe(content.sha256);
    expect(quarantine.uploads.size).toBe(0);
  });

  test('is compared by reading both where the service computed nothing', async () => {
    data.put('in/a', 'cards', { hasChecksum: false, etag: 'of-parts-2' });
    await respond('in/a', 'Copied');
    expect(ledger()).toEqual([['CHANGED', undefined]]);
    expect(world.wire.calls.filter(({ operation }) => /^GET object( versionId)?$/.test(operation)).length).toBe(2);
  });

  test('of another prefix is refused', async () => {
    data.put('elsewhere/a', 'cards');
    await respond('elsewhere/a', 'Copied');
    expect(ledger()).toEqual([['REFUSED', 'OTHER_PREFIX']]);
    expect(quarantine.objects.size).toBe(0);
  });

  test('[187] is out of sight after a release, and not lost', async () => {
    data.put('in/a', 'cards');
    await respond('in/a', 'Copied');
    await release();
    expect(copies()[0].deleteMarker).toBe(true);
    expect([...quarantine.objects.values()][0]).toHaveLength(2);
  });
});

describe('[S-24] [177] a move', () => {
  test('leaves a delete marker and every version, and [187] a release brings the object back under its key', async () => {
    const version = data.put('in/a', 'cards', { tags: { team: 'x' } });
    await respond('in/a', 'Moved');
    expect(ledger()).toEqual([['CHANGED', undefined]]);
    expect(data.current('in/a')!.deleteMarker).toBe(true);
    expect(data.version('in/a', version.versionId)!.content.sha256).toBe(version.content.sha256);
    expect(copies()[0].content.sha256).toBe(version.content.sha256);
    await release();
    const back = data.current('in/a')!;
    expect(back).toMatchObject({ tags: { team: 'x' }, sse: 'AES256' });
    expect(back.content.sha256).toBe(version.content.sha256);
    expect(data.objects.get('in/a')).toHaveLength(3);
  });

  test('is not brought back over what is there by now', async () => {
    data.put('in/a', 'cards');
    await respond('in/a', 'Moved');
    const fresh = data.put('in/a', 'clean');
    await release();
    expect(data.current('in/a')).toBe(fresh);
    expect(ledger()[1]).toEqual(['REFUSED', 'OCCUPIED']);
  });

  test('waits for a person unless a template says that nobody has to be asked', async () => {
    data.put('in/a', 'cards');
    const [{ status }] = await respond('in/a', 'MovedIfApproved');
    expect(status).toBe('FAILED'); // nobody came
    expect(data.current('in/a')!.deleteMarker).toBeUndefined();
    expect(quarantine.objects.size).toBe(0);
  });

  test('stops where a newer object has come', async () => {
    const old = data.put('in/a', 'cards');
    const fresh = data.put('in/a', 'clean');
    await respond('in/a', 'Moved', old.versionId);
    expect(ledger()).toEqual([['REFUSED', 'NOT_CURRENT']]);
    expect(data.current('in/a')).toBe(fresh);
  });

  test('stops where a newer object comes between copy and delete marker', async () => {
    data.put('in/a', 'cards');
    let fresh: unknown;
    world.wire.fault = (_, { operation }) => {
      if (operation === 'DELETE object') fresh = data.put('in/a', 'clean');
      return undefined;
    };
    await respond('in/a', 'Moved');
    expect(ledger()).toEqual([['REFUSED', 'NOT_CURRENT']]);
    expect(data.current('in/a')).toBe(fresh);
  });

  const later = '2100-01-01T00:00:00Z';
  test.each([
    ['under retention', { mode: 'GOVERNANCE', until: later }, 'LOCKED'],
    ['under legal hold', { legalHold: true }, 'LOCKED'],
  ])('of an object %s is refused', async (_, lock, reason) => {
    data.put('in/a', 'cards', { lock });
    await respond('in/a', 'Moved');
    expect(ledger()).toEqual([['REFUSED', reason]]);
    expect(data.objects.get('in/a')).toHaveLength(1);
  });

  test.each([
    ['Delta', 'in/t/part=1/f.parquet', 'in/t/_delta_log/00000000000000000000.json'],
    ['Iceberg', 'in/t/data/f.parquet', 'in/t/metadata/v1.metadata.json'],
    ['Hudi', 'in/t/f.parquet', 'in/t/.hoodie/hoodie.properties'],
    ['a file sink', 'in/t/f.parquet', 'in/t/_spark_metadata/0'],
    ['a checkpoint', 'in/checkpoints/offsets/1', undefined],
    ['a declared prefix', 'in/declared/f.parquet', undefined],
  ])('of a file of %s is refused', async (_, key, mark) => {
    data.put(key, 'cards');
    if (mark) data.put(mark, '{}');
    await respond(key, 'Moved');
    expect(ledger()).toEqual([['REFUSED', 'TABLE']]);
  });

  test('is not stopped by a folder that only looks like a table', async () => {
    data.put('in/t/f.csv', 'cards');
    data.put('in/t/metadata/readme.txt', 'x');
    data.put('other/_delta_log/0.json', '{}');
    await respond('in/t/f.csv', 'Moved');
    expect(ledger()).toEqual([['CHANGED', undefined]]);
  });

  test('out of a bucket without versions is refused', async () => {
    world.s3.add((data = new Bucket('data', 'Off')));
    data.put('in/a', 'cards');
    await respond('in/a', 'Moved', '');
    expect(ledger()).toEqual([['REFUSED', 'NO_VERSIONS']]);
  });
});
