import { FindingCategory, FindingResponse, ResponseMode, ResponseStep } from '../../../lib/macie';
import { World } from '../../support/response/world';
import { Bucket } from '../../support/s3-model';
import { findingOf, ResponseStack } from './scenario';

jest.setTimeout(300_000);

let world: World;
let data: Bucket;

beforeAll(async () => {
  const stack = new ResponseStack({ maxActionsPerBucket: 1_000, maxActionsPerAccount: 1_000 });
  const common = { hub: stack.hub, buckets: [stack.data], mode: ResponseMode.ENFORCE };
  const steps = [ResponseStep.tagBucket()];
  new FindingResponse(stack, 'Found', { ...common, steps });
  new FindingResponse(stack, 'Policy', { ...common, steps, categories: [FindingCategory.POLICY] });
  new FindingResponse(stack, 'Both', { ...common, steps: [ResponseStep.tag(), ...steps] });
  new FindingResponse(stack, 'Closed', { ...common, steps: [ResponseStep.blockPublicAccess(), ...steps] });
  new FindingResponse(stack, 'Tried', { ...common, mode: ResponseMode.DRY_RUN, steps });
  world = await World.of(stack);
});
afterAll(() => world.stop());
beforeEach(() => {
  world.reset();
  data = world.s3.add(new Bucket('data'));
});
afterEach(() => expect(world.violations).toEqual([]));

const FOUND = { 'macie-response:found': 'FINANCIAL_INFORMATION', 'macie-response:severity': 'High' };
const OTHERS = { team: 'billing', 'aws:cloudformation:stack-name': 'Data', odd: '<a> & "b"' };

let keys = 0;

/** A finding about a new object, with what was found in it. */
function about(categories = ['FINANCIAL_INFORMATION'], severity = 'High') {
  const { versionId, etag } = data.put(`key-${keys++}`, `cards ${keys}`);
  const event = findingOf('data', `key-${keys - 1}`, { versionId, etag });
  event.detail.severity.description = severity;
  event.detail.classificationDetails.result.sensitiveData = categories.map((category) => ({
    category,
    totalCount: 1,
    detections: [],
  }));
  return event;
}

async function respond(event: any, response = 'Found') {
  expect(await world.deliver([world.publish(event, response)])).toEqual([]);
  return world.play();
}

const outcomes = () => world.rows('Ledger').map(({ phase, outcome, reason }) => [phase, outcome, reason]);
const puts = () =>
  world.wire.calls.filter(({ operation }) => operation.startsWith('PUT') && operation.endsWith('tagging')).length;

async function release(at = -1) {
  await world.order({ operation: 'release', caseId: world.rows('Ledger').at(at)!.caseId });
  await world.play();
}

describe('[S-27] a bucket', () => {
  test('is tagged with what was found in it, and all other tags stay', async () => {
    data.tags = { ...OTHERS };
    await respond(about());
    expect(data.tags).toEqual({ ...OTHERS, ...FOUND });
    await release();
    expect(data.tags).toEqual(OTHERS);
  });

  test('without tags gets these, and is without again after a release', async () => {
    await respond(about());
    expect(data.tags).toEqual(FOUND);
    await release();
    expect(data.tags).toBeUndefined();
  });

  test('gathers categories and the highest severity; the same again writes nothing', async () => {
    await respond(about(['PERSONAL_INFORMATION'], 'Low'));
    await respond(about(['CREDENTIALS', 'FINANCIAL_INFORMATION'], 'High'));
    await respond(about(['FINANCIAL_INFORMATION'], 'Medium'));
    expect(data.tags).toEqual({
      'macie-response:found': 'CREDENTIALS+FINANCIAL_INFORMATION+PERSONAL_INFORMATION',
      'macie-response:severity': 'High',
    });
    expect([puts(), outcomes().map(([, outcome]) => outcome)]).toEqual([2, ['CHANGED', 'CHANGED', 'UNCHANGED']]);
  });

  test('keeps what was found since when an older case is released', async () => {
    await respond(about(['PERSONAL_INFORMATION']));
    const [{ caseId }] = world.rows('Ledger');
    await respond(about(['CREDENTIALS']));
    await world.order({ operation: 'release', caseId });
    await world.play();
    expect(data.tags!['macie-response:found']).toBe('CREDENTIALS+PERSONAL_INFORMATION');
    expect(outcomes().at(-1)).toEqual(['UNDO', 'UNCHANGED', undefined]);
  });

  test('is tagged with the policy that a finding is about, beside its being closed', async () => {
    data.tags = { ...OTHERS };
    await respond(findingOf('data'), 'Closed');
    expect(data.publicAccess).toBeDefined();
    await respond(findingOf('data', undefined, {}, { type: 'Policy:IAMUser/S3BucketSharedExternally' }), 'Policy');
    expect(data.tags).toEqual({
      ...OTHERS,
      'macie-response:policy': 'S3BucketPublic+S3BucketSharedExternally',
      'macie-response:severity': 'High',
    });
  });

  test('is tagged beside an object, and only looked at in a dry run', async () => {
    const event = about();
    await respond(event, 'Tried');
    expect([data.tags, outcomes()]).toEqual([undefined, [['APPLY', 'WOULD_CHANGE', undefined]]]);
    await respond(event, 'Both');
    expect(data.tags).toEqual(FOUND);
    expect([...data.objects.values()][0][0].tags).toEqual(FOUND);
  });

  test('with 50 tags gets none, not counting those of AWS, and people are told', async () => {
    const full = Object.fromEntries(Array.from({ length: 49 }, (_, i) => [`t${i}`, 'x']));
    data.tags = { ...full };
    await respond(about());
    expect([data.tags, outcomes()]).toEqual([full, [['APPLY', 'REFUSED', 'TOO_MANY_TAGS']]]);
    expect(world.published[0].subject).toContain('a person has to look');
    const { t0, ...less } = full;
    data.tags = { ...less, 'aws:cloudformation:stack-name': 'Data' };
    await respond(about());
    expect([t0, data.tags]).toEqual(['x', { ...less, 'aws:cloudformation:stack-name': 'Data', ...FOUND }]);
  });

  test('that is gone is let be', async () => {
    const event = about();
    const message = world.publish(event, 'Found');
    world.s3.buckets.delete('data');
    await world.deliver([message]);
    await world.play();
    expect(outcomes()).toEqual([['APPLY', 'GONE', undefined]]);
  });
});

test('[S-27] a case waits while another one is between reading and writing the tags of the bucket', async () => {
  const messages = [world.publish(about(['CREDENTIALS']), 'Found'), world.publish(about(), 'Both')];
  expect(await world.deliver(messages)).toEqual([]);
  const [first, second] = world.executions.map(({ input }) => JSON.parse(input));
  let died = false;
  world.wire.fault = (_, { service, operation }) => {
    died ||= service === 's3' && operation.startsWith('PUT');
    return died ? 'before' : undefined;
  };
  expect(await world.invoke('FoundStep1', { ...first, step: 0 })).toHaveProperty('error');
  world.wire.fault = () => undefined;
  expect(await world.invoke('BothStep2', { ...second, step: 1 })).toMatchObject({ error: 'Busy' });
  expect(data.tags).toBeUndefined();
  expect((await world.play()).map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  expect(data.tags!['macie-response:found']).toBe('CREDENTIALS+FINANCIAL_INFORMATION');
});

test('[S-27] [182] whichever call fails, before or after it took effect, and whenever the function dies, it ends the same', async () => {
  const run = async () => {
    data.tags = { ...OTHERS };
    await respond(about());
    expect(data.tags).toEqual({ ...OTHERS, ...FOUND });
    await release();
    expect(data.tags).toEqual(OTHERS);
    expect(outcomes().map(([phase, outcome]) => [phase, outcome])).toEqual([
      ['APPLY', 'CHANGED'],
      ['UNDO', 'CHANGED'],
    ]);
    expect(world.rows('Claims').filter(({ id }) => id.startsWith('lock#'))).toEqual([]);
    return world.wire.calls.findIndex(({ service, operation }) => service === 'sns' && operation === 'Publish');
  };
  const calls = await run();
  expect(calls).toBeGreaterThan(10);
  for (let call = 0; call < calls; call++) {
    for (const how of ['before', 'after', 'killed before', 'killed after'] as const) {
      world.reset();
      data = world.s3.add(new Bucket('data'));
      if (how === 'before' || how === 'after') world.wire.fault = (index) => (index === call ? how : undefined);
      else world.killAt(call, how === 'killed before' ? 'before' : 'after');
      await run();
    }
  }
});
