import type { WireCall } from '../../support/response/wire';
import { GateScenario, STATE } from './scenario';

jest.setTimeout(600_000);

let scene: GateScenario;

beforeAll(async () => {
  scene = await GateScenario.of();
});
afterAll(() => scene.world.stop());
beforeEach(() => scene.reset());
afterEach(() => expect(scene.world.violations).toEqual([]));

const told = () => scene.world.published.map(({ message }) => JSON.parse(message).default as string);
const rows = (pk: string) => scene.world.rows('GateTable').filter((row) => row.pk === pk);

test('[200] what is clean is released, what is not is held and told, and other tags stay', async () => {
  scene.upload('a', 'clean', { tags: { team: 'x' } });
  scene.upload('b', 'card');
  scene.upload('c', 'image');
  await scene.run('Collect');
  expect(scene.macie.jobs).toHaveLength(1);
  expect(['a', 'b', 'c'].map((key) => scene.fate(key))).toEqual(['scan', 'scan', 'scan']);
  await scene.run('Release');
  expect(scene.fate('a')).toBe('scan');
  scene.scan();
  await scene.run('Release');
  expect(['a', 'b', 'c'].map((key) => scene.fate(key))).toEqual(['released', 'held', 'held']);
  expect(scene.data.current('a')!.tags).toEqual({ team: 'x', [STATE]: expect.stringMatching(/^released-/) });
  expect(told()).toHaveLength(1);
  expect(told()[0]).toMatch(/2 uploads to bucket data are held/);
  expect(told()[0]).toMatch(/Sensitive data +1 objects/);
  expect(
    rows('held')
      .map(({ key, reason }) => [key, reason])
      .sort(),
  ).toEqual([
    ['b', 'FOUND'],
    ['c', 'UNREAD'],
  ]);
  expect(scene.world.rows('GateTable').filter(({ pk }) => pk === 'batch' || pk.startsWith('in#'))).toEqual([]);
  await scene.run('Collect'); // nothing waits, nothing is made
  expect(scene.macie.jobs).toHaveLength(1);
});

test('[200] whichever call fails, before or after it took effect, and whenever a function dies, all ends the same', async () => {
  const begin = () => {
    scene.reset();
    scene.upload('a', 'clean');
    scene.upload('b', 'card');
  };
  const end = async () => {
    const isOver = () => scene.queue.messages.length + rows('batch').length + rows('again').length === 0;
    for (let i = 0; i < 8 && !(i > 0 && isOver()); i++) await scene.round();
    expect([scene.fate('a'), scene.fate('b')]).toEqual(['released', 'held']);
    expect(rows('held').map(({ key }) => key)).toEqual(['b']);
    expect(scene.world.rows('GateTable').filter(({ pk }) => pk === 'again' || pk.startsWith('in#'))).toEqual([]);
    expect(scene.queue.messages).toEqual([]);
    expect(new Set(told()).size).toBeLessThanOrEqual(1);
    expect(told().length).toBeGreaterThanOrEqual(1);
  };
  begin();
  await scene.round();
  const calls = scene.world.wire.calls.length;
  expect(calls).toBeGreaterThan(20);
  for (let call = 0; call < calls; call++) {
    for (const how of ['before', 'after', 'killed before', 'killed after'] as const) {
      begin();
      if (how === 'before' || how === 'after') scene.world.wire.fault = (index) => (index === call ? how : undefined);
      else scene.world.killAt(call, how === 'killed before' ? 'before' : 'after');
      await end();
      expect(scene.macie.jobs.length).toBeLessThanOrEqual(2);
    }
  }
});

test('[200] an object that is uploaded again during the scan is released by no result about the one before', async () => {
  const first = scene.upload('a', 'clean');
  await scene.run('Collect');
  scene.scan();
  const second = scene.upload('a', 'card');
  await scene.run('Release');
  expect([scene.fate('a', first), scene.fate('a', second)]).toEqual(['released', undefined]);
  scene.world.ahead += 60_000;
  await scene.round();
  expect([scene.fate('a', first), scene.fate('a', second)]).toEqual(['released', 'held']);
});

test('[200] a version that was never the latest while a job ran is scanned by none, and stays held', async () => {
  const first = scene.upload('a', 'clean');
  await scene.run('Collect');
  scene.upload('a', 'card');
  for (let i = 0; i < 16; i++) await scene.round();
  expect(scene.fate('a', first)).toBe('scan');
  expect(scene.fate('a')).toBe('held');
  expect(rows('again')).toEqual([]);
  expect(rows('batch').every(({ sealed }) => sealed === undefined)).toBe(true);
});

test.each(['CANCELLED', 'PAUSED', 'RUNNING'] as const)('[200] a job that is %s releases nothing', async (ending) => {
  scene.upload('a', 'clean');
  scene.endings = [ending];
  await scene.round();
  expect(scene.fate('a')).toBe('scan');
  const [job] = scene.macie.jobs;
  if (ending === 'PAUSED') {
    for (let i = 0; i < 5; i++) await scene.round();
    expect(scene.fate('a')).toBe('scan');
    job.jobStatus = 'RUNNING';
  }
  for (let i = 0; i < 7; i++) await scene.round();
  expect(scene.fate('a')).toBe('released');
  expect(scene.macie.jobs).toHaveLength(ending === 'CANCELLED' ? 2 : 1);
});

test('[200] what no job says anything about is scanned three times, then held as unreadable', async () => {
  scene.upload('a', 'clean');
  scene.silentAbout.add('a');
  for (let i = 0; i < 30; i++) await scene.round();
  expect(scene.macie.jobs).toHaveLength(3);
  expect(scene.fate('a')).toBe('held');
  expect(told()[0]).toMatch(/Not readable +1 objects/);
});

test('[200] messages that come twice, late or not at all change nothing', async () => {
  scene.announce('a', scene.upload('a', 'clean'));
  scene.upload('lost', 'clean', { announced: false });
  await scene.round();
  scene.announce('a', scene.data.current('a')!);
  await scene.round();
  expect([scene.fate('a'), scene.fate('lost')]).toEqual(['released', undefined]);
  expect(scene.macie.jobs).toHaveLength(1);
  await scene.run('Reconcile');
  await scene.run('Reconcile');
  await scene.round();
  expect(scene.fate('lost')).toBe('released');
  expect(scene.macie.jobs).toHaveLength(2);
  await scene.run('Reconcile');
  expect(scene.queue.messages).toEqual([]);
});

test('[200] a search that is cut off goes on where it was, and finds all', async () => {
  for (let i = 0; i < 6; i++) scene.upload(`lost${i}`, 'clean', { announced: false });
  scene.data.versionsPerPage = 2;
  let lists = 0;
  const isList = ({ service, operation }: WireCall) => service === 's3' && !operation.includes('tagging');
  const { wire } = scene.world;
  wire.fault = (_, call) => (isList(call) && ++lists > 2 ? 'before' : undefined);
  expect(await scene.run('Reconcile')).toBeDefined();
  expect(scene.queue.messages).toHaveLength(4);
  const { length } = wire.calls;
  wire.fault = () => undefined;
  expect(await scene.run('Reconcile')).toBeUndefined();
  expect(scene.queue.messages).toHaveLength(6);
  expect(wire.calls.slice(length).filter(isList)).toHaveLength(1);
  await scene.round();
  expect(Array.from({ length: 6 }, (_, i) => scene.fate(`lost${i}`))).toEqual(Array(6).fill('released'));
});

test('[200] a tag that came along with an upload is worth nothing, unless reviewers wrote it about what was held', async () => {
  const forged = { [STATE]: 'released-0123456789abcdef0123456789abcdef' };
  const run = scene.run.bind(scene);
  scene.upload('a', 'card', { tags: forged });
  scene.upload('b', 'card', { tags: { [STATE]: 'held-of-another' } });
  await run('Collect');
  expect([scene.fate('a'), scene.fate('b')]).toEqual(['scan', 'scan']);
  scene.scan();
  await run('Release');
  expect([scene.fate('a'), scene.fate('b')]).toEqual(['held', 'held']);
  scene.data.current('b')!.tags[STATE] = 'released-by-ann';
  scene.clean.add(scene.data.current('b')!.versionId); // by what ann says
  await run('Reconcile');
  expect(scene.queue.messages).toEqual([]);
  expect(scene.data.current('b')!.tags[STATE]).toBe('released-by-ann');
});

test('[200] ten tags leave no room for one more: such an upload stays held', async () => {
  const tags = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`tag${i}`, 'x']));
  scene.upload('a', 'clean', { tags });
  scene.upload('b', 'clean');
  await scene.round();
  expect([scene.fate('a'), scene.fate('b')]).toEqual([undefined, 'released']);
  expect(rows('held').map(({ reason }) => reason)).toEqual(['TAGS']);
  expect(told()).toHaveLength(1);
});

test('[200] a throttled job is made later, and Macie that is off is an error that leaves everything held', async () => {
  scene.upload('a', 'clean');
  scene.macie.createIntervalMs = 365 * 86_400_000;
  scene.macie.behaviours.CreateClassificationJob({
    name: 'of somebody else',
    clientToken: 'x',
    jobType: 'ONE_TIME',
    s3JobDefinition: { bucketDefinitions: [], scoping: { includes: { and: [{ tagScopeTerm: { tagValues: [{}] } }] } } },
  });
  await scene.round();
  expect(scene.macie.jobs).toHaveLength(1);
  scene.macie.createIntervalMs = 10_000;
  await scene.round();
  expect(scene.fate('a')).toBe('released');
  scene.upload('b', 'clean');
  scene.macie.enabled = false;
  expect(await scene.run('Collect')).toBe('AccessDeniedException');
  expect(scene.fate('b')).toBe('scan');
  expect(scene.world.logs).not.toMatch(/"b"/);
});
