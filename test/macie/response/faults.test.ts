import { FindingResponse, FindingScope, QuarantineBucket, ResponseMode, ResponseStep } from '../../../lib/macie';
import { ACCOUNT, World } from '../../support/response/world';
import { Bucket } from '../../support/s3-model';
import { findingOf, ResponseStack } from './scenario';

jest.setTimeout(600_000);

const MEMBER = '999999999999';
const RESTRICTED = { 'macie-response:restricted': 'true' };
const TAGGED = { 'macie-response:severity': 'High', 'macie-response:found': 'FINANCIAL_INFORMATION' };

let world: World;

beforeAll(async () => {
  const stack = new ResponseStack();
  const quarantine = new QuarantineBucket(stack, 'Quarantine', { bucketName: 'quarantine' });
  const options = { quarantine, prefixes: ['in/'] };
  const common = { hub: stack.hub, buckets: [stack.data], mode: ResponseMode.ENFORCE };
  const move = ResponseStep.moveObject({ ...options, approval: false });
  new FindingResponse(stack, 'Tagged', { ...common, steps: [ResponseStep.restrict(), ResponseStep.tag()] });
  new FindingResponse(stack, 'Copied', { ...common, steps: [ResponseStep.copyObject(options)] });
  new FindingResponse(stack, 'Moved', { ...common, steps: [move] });
  const abroad = { scope: FindingScope.MEMBER_ACCOUNTS, accounts: [MEMBER] };
  new FindingResponse(stack, 'AbroadCopied', { ...common, ...abroad, steps: [ResponseStep.copyObject(options)] });
  new FindingResponse(stack, 'AbroadMoved', { ...common, ...abroad, steps: [move] });
  new FindingResponse(stack, 'Closed', { ...common, steps: [ResponseStep.blockPublicAccess()] });
  world = await World.of(stack);
});
afterAll(() => world.stop());

interface Flow {
  readonly response: string;
  readonly key?: string;

  /** Whose bucket it is. */
  readonly owner?: string;

  /** What has to be so when it is done, and when it is taken back. */
  done(data: Bucket, quarantine: Bucket): void;
  undone(data: Bucket, quarantine: Bucket): void;
  readonly changes: number;
}

const tagsOf = (data: Bucket) => data.current('in/a')?.tags;
const bytes = (bucket: Bucket, key?: string) => bucket.current(key ?? [...bucket.objects.keys()][0])?.content.sha256;

const flows: Record<string, Flow> = {
  'restrict and tag': {
    response: 'Tagged',
    key: 'in/a',
    done: (data) => expect(tagsOf(data)).toEqual({ team: 'x', ...RESTRICTED, ...TAGGED }),
    undone: (data) => expect(tagsOf(data)).toEqual({ team: 'x' }),
    changes: 2,
  },
  copy: {
    response: 'Copied',
    key: 'in/a',
    done: (data, quarantine) => {
      expect(bytes(quarantine)).toBe(bytes(data, 'in/a'));
      expect([...quarantine.objects.values()].map(({ length }) => length)).toEqual([1]);
    },
    undone: (_, quarantine) => expect([...quarantine.objects.values()][0].at(-1)!.deleteMarker).toBe(true),
    changes: 1,
  },
  move: {
    response: 'Moved',
    key: 'in/a',
    done: (data, quarantine) => {
      expect(data.current('in/a')!.deleteMarker).toBe(true);
      expect(data.objects.get('in/a')).toHaveLength(2);
      expect(bytes(quarantine)).toBe(data.objects.get('in/a')![0].content.sha256);
    },
    undone: (data) => {
      expect(data.objects.get('in/a')).toHaveLength(3);
      expect(bytes(data, 'in/a')).toBe(data.objects.get('in/a')![0].content.sha256);
    },
    changes: 1,
  },
  'block public access': {
    response: 'Closed',
    done: (data) => expect(Object.values(data.publicAccess!)).toEqual([true, true, true, true]),
    undone: (data) => expect(data.publicAccess).toBeUndefined(),
    changes: 1,
  },
};

/** Begins a run in a fresh world: what is there, and the message about it. */
function begin({ response, key, owner = ACCOUNT }: Flow) {
  world.reset();
  const data = world.s3.add(new Bucket('data', 'Enabled', owner));
  const quarantine = world.s3.add(new Bucket('quarantine'));
  const version = key === undefined ? undefined : data.put(key, 'cards', { tags: { team: 'x' } });
  const message = world.publish(
    findingOf('data', key, { versionId: version?.versionId, etag: version?.etag }, { accountId: owner }),
    response,
  );
  return { data, quarantine, message };
}

/** From the queue to the end, with the queue delivering twice. */
async function act(message: string) {
  expect(await world.deliver([message, message])).toEqual([]);
  const runs = await world.play();
  expect(runs.map(({ status }) => status)).toEqual(['SUCCEEDED']);
}

function settled(flow: Flow, phases: string[]) {
  const rows = world.rows('Ledger');
  expect(rows.map(({ phase, outcome }) => [phase, outcome]).sort()).toEqual(
    phases.flatMap((phase) => Array.from({ length: flow.changes }, () => [phase, 'CHANGED'])).sort(),
  );
  // Two of the same kind only where the answer to the first got lost.
  const told = new Set(world.published.map(({ id }) => id));
  expect(told.size).toBe(phases.length);
  const lost = world.wire.calls.filter(({ operation }) => operation === 'Publish').length - phases.length;
  expect(world.published.length - told.size).toBeLessThanOrEqual(Math.max(0, lost));
  expect(world.rows('Claims').filter(({ id }) => id.startsWith('lock#'))).toEqual([]);
}

async function release() {
  const [{ caseId }] = world.rows('Ledger');
  for (let tries = 0; ; tries++) {
    try {
      await world.order({ operation: 'release', caseId });
      break;
    } catch (error) {
      if (tries > 3) throw error;
    }
  }
  expect((await world.play()).map(({ status }) => status)).toEqual(['SUCCEEDED']);
}

flows['copy of a member'] = { ...flows.copy, response: 'AbroadCopied', owner: MEMBER };
flows['move of a member'] = { ...flows.move, response: 'AbroadMoved', owner: MEMBER };

describe.each(Object.entries(flows))('[S-24] [182] [187] %s ends the same', (_, flow) => {
  test('whichever call fails, before or after it took effect, and whenever the function dies', async () => {
    const { data, quarantine, message } = begin(flow);
    await act(message);
    flow.done(data, quarantine);
    const calls = world.wire.calls.length;
    expect(calls).toBeGreaterThan(10);
    await release();
    flow.undone(data, quarantine);
    settled(flow, ['APPLY', 'UNDO']);
    const all = world.wire.calls.length;

    for (let call = 0; call < all; call++) {
      for (const how of ['before', 'after', 'killed before', 'killed after'] as const) {
        const fresh = begin(flow);
        if (how === 'before' || how === 'after') world.wire.fault = (index) => (index === call ? how : undefined);
        else world.killAt(call, how === 'killed before' ? 'before' : 'after');
        await act(fresh.message);
        flow.done(fresh.data, fresh.quarantine);
        if (call < calls) {
          settled(flow, ['APPLY']);
        } else {
          await release();
          flow.undone(fresh.data, fresh.quarantine);
          settled(flow, ['APPLY', 'UNDO']);
        }
      }
    }
  });
});
