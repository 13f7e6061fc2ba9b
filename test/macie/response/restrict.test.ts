import { FindingResponse, ResponseMode, ResponseStep } from '../../../lib/macie';
import { World } from '../../support/response/world';
import { Bucket } from '../../support/s3-model';
import { findingOf, ResponseStack } from './scenario';

jest.setTimeout(180_000);

const RESTRICTED = { 'macie-response:restricted': 'true' };
const TAGGED = { 'macie-response:severity': 'High', 'macie-response:found': 'FINANCIAL_INFORMATION' };

let world: World;
let data: Bucket;

beforeAll(async () => {
  const stack = new ResponseStack();
  const buckets = [stack.data];
  const steps = [ResponseStep.restrict(), ResponseStep.tag()];
  new FindingResponse(stack, 'Enforced', { hub: stack.hub, buckets, steps, mode: ResponseMode.ENFORCE });
  new FindingResponse(stack, 'Tried', { hub: stack.hub, buckets, steps });
  world = await World.of(stack);
});
afterAll(() => world.stop());
beforeEach(() => {
  world.reset();
  data = world.s3.add(new Bucket('data'));
});
afterEach(() => expect(world.violations).toEqual([]));

test('[S-24] [177] an object is restricted and tagged, other tags stay, and the ledger and people know', async () => {
  const version = data.put('in/cards.csv', 'cards', { tags: { team: 'billing' } });
  const message = world.publish(findingOf('data', 'in/cards.csv', { versionId: version.versionId }), 'Enforced');
  expect(await world.deliver([message])).toEqual([]);
  const [run] = await world.play();
  console.log(world.logs, JSON.stringify(run, null, 1), world.published);
  expect(run.status).toBe('SUCCEEDED');
  expect(version.tags).toEqual({ team: 'billing', ...RESTRICTED, ...TAGGED });
  expect(world.published).toHaveLength(1);
  expect(world.rows('Ledger')).toMatchObject([
    { action: 'RESTRICT', outcome: 'CHANGED', bucket: 'data', key: 'in/cards.csv' },
    { action: 'TAG', outcome: 'CHANGED' },
  ]);
});
