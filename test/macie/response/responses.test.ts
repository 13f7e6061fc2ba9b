import { FindingResponse, FindingScope, QuarantineBucket, ResponseMode, ResponseStep } from '../../../lib/macie';
import { ACCOUNT, World } from '../../support/response/world';
import { Bucket } from '../../support/s3-model';
import { caseIn, findingOf, ResponseStack } from './scenario';

jest.setTimeout(180_000);

const MEMBER = '999999999999';
const RESTRICTED = { 'macie-response:restricted': 'true' };
const TAGGED = { 'macie-response:severity': 'High', 'macie-response:found': 'FINANCIAL_INFORMATION' };
const DAY = 24 * 3_600_000;

let world: World;
let data: Bucket;

beforeAll(async () => {
  const stack = new ResponseStack({ maxActionsPerBucket: 6, maxActionsPerAccount: 8 });
  const { hub } = stack;
  const buckets = [stack.data];
  const mode = ResponseMode.ENFORCE;
  const steps = [ResponseStep.restrict(), ResponseStep.tag()];
  new FindingResponse(stack, 'Enforced', { hub, buckets, steps, mode });
  new FindingResponse(stack, 'Tried', { hub, buckets, steps });
  new FindingResponse(stack, 'Asked', {
    hub,
    buckets,
    mode,
    steps: [ResponseStep.approval(), ResponseStep.restrict()],
  });
  new FindingResponse(stack, 'Closed', { hub, buckets, mode, steps: [ResponseStep.blockPublicAccess()] });
  const members = { scope: FindingScope.MEMBER_ACCOUNTS, accounts: [MEMBER] };
  new FindingResponse(stack, 'Abroad', { hub, ...members, bucketNames: ['*'], mode, steps: [ResponseStep.restrict()] });
  new QuarantineBucket(stack, 'Quarantine', { bucketName: 'quarantine' });
  world = await World.of(stack);
});
afterAll(() => world.stop());
beforeEach(() => {
  world.reset();
  data = world.s3.add(new Bucket('data'));
});
afterEach(() => expect(world.violations).toEqual([]));

const outcomes = () =>
  world.rows('Ledger').map(({ action, outcome, reason, phase }) => [action, outcome, phase, reason]);
const said = () => world.published.map(({ subject }) => subject.replace(/^HIGH: Macie response: /, ''));
const caseIds = () => world.rows('Ledger').map(({ caseId }) => caseId);
const logged = (name: string) => world.logs.split(`"outcome":"${name}"`).length - 1;

/** The reasons that what is held is counted by, beside the hub. */
const heldBy = () => {
  const lines = world.logs.split('\n').filter((line) => line.includes('"Held":'));
  const all = lines.map((line) => JSON.parse(line));
  for (const { _aws } of all) expect(_aws.CloudWatchMetrics[0].Dimensions).toEqual([['Hub'], ['Hub', 'Reason']]);
  return [...new Set(all.map(({ Reason }) => Reason))];
};

/** What whoever resumes reports to the alarm. */
const leftWaiting = () => Number(/"Held":(\d+)/.exec(world.find('Operator').log)?.[1]);

/** A finding about what is there now. */
function about(key: string, response = 'Enforced', detail: object = {}) {
  const current = data.current(key);
  const versionId = data.versioning === 'Enabled' ? current?.versionId : '';
  return world.publish(findingOf('data', key, { versionId, etag: current?.etag }, detail), response);
}

async function respond(...messages: string[]) {
  expect(await world.deliver(messages)).toEqual([]);
  return world.play();
}

test('[S-24] [S-27] [177] [188] an object is restricted and tagged, other tags stay, ledger and people know', async () => {
  const version = data.put('in/cards.csv', 'cards', { tags: { team: 'billing' } });
  const [run] = await respond(about('in/cards.csv'));
  expect(run.status).toBe('SUCCEEDED');
  expect(version.tags).toEqual({ team: 'billing', ...RESTRICTED, ...TAGGED });
  expect(said()).toEqual(['done']);
  expect(world.rows('Ledger')).toMatchObject([
    { action: 'RESTRICT', outcome: 'CHANGED', bucket: 'data', key: 'in/cards.csv', versionId: version.versionId },
    { action: 'TAG', outcome: 'CHANGED', actor: expect.stringMatching(/^macie-response-tag-/) },
  ]);
});

test('[S-24] people get one message, for mail and for chat, made as those about findings are', async () => {
  data.put('in/cards.csv', 'cards');
  await respond(about('in/cards.csv', 'Enforced', { id: 'of-this-message' }));
  const [{ subject, message }] = world.published;
  const { default: mail, https, ...others } = JSON.parse(message);
  expect(others).toEqual({});
  expect(subject).toBe('HIGH: Macie response: done');
  expect(mail.split('\n')).toEqual([
    'HIGH: Macie response: done',
    '',
    `Case     ${caseIds()[0]}`,
    'Finding  of-this-message',
    'Type     SensitiveData:S3Object/Financial',
    'Bucket   data',
    `Account  ${ACCOUNT}`,
    'Region   eu-west-1',
    'Step 1   RESTRICT: CHANGED',
    'Step 2   TAG: CHANGED',
    '',
    'Open it: https://eu-west-1.console.aws.amazon.com/macie/home?region=eu-west-1#findings?itemId=of-this-message',
    '',
  ]);
  expect(JSON.parse(https)).toMatchObject({
    source: 'custom',
    content: { textType: 'client-markdown', title: 'HIGH: Macie response: done' },
    metadata: { threadId: caseIds()[0], eventType: 'Macie response: FINISHED' },
  });
});

test('[S-24] a dry run changes nothing and says what it would do; the same steps in earnest are another case', async () => {
  const version = data.put('a.csv', 'cards');
  await respond(about('a.csv', 'Tried'));
  expect(version.tags).toEqual({});
  expect(outcomes()).toEqual([
    ['RESTRICT', 'WOULD_CHANGE', 'APPLY', undefined],
    ['TAG', 'WOULD_CHANGE', 'APPLY', undefined],
  ]);
  expect(world.published[0].subject).toContain('(dry run)');
  await respond(about('a.csv'));
  expect(version.tags).toMatchObject(RESTRICTED);
});

describe('[S-24] exactly once', () => {
  test('for the same finding twice, at once, in another order, a day late, and for two findings', async () => {
    const version = data.put('a.csv', 'cards');
    const other = data.put('b.csv', 'cards');
    const [first, again, second] = [about('a.csv'), about('a.csv'), about('b.csv')];
    await respond(first, first, second, again);
    world.ahead += DAY;
    await respond(second, first, again);
    expect([version.tags, other.tags]).toEqual([
      { ...RESTRICTED, ...TAGGED },
      { ...RESTRICTED, ...TAGGED },
    ]);
    expect(world.executions).toHaveLength(2);
    expect(world.rows('Ledger')).toHaveLength(4);
    expect(world.published).toHaveLength(2);
  });

  test('for batches that two dispatchers work at at the same time', async () => {
    data.put('a.csv', 'cards');
    const message = about('a.csv');
    const records = { Records: [{ messageId: '1', body: message }] };
    await Promise.all([world.invoke('Dispatcher', records), world.invoke('Dispatcher', records)]);
    await respond(message);
    expect(world.executions).toHaveLength(1);
    expect(world.published).toHaveLength(1);
  });

  test('and three scans over the same objects change nothing more after the first', async () => {
    const keys = ['a.csv', 'b.csv'];
    keys.forEach((key) => data.put(key, key));
    for (const changes of [4, 4, 4]) {
      await respond(...keys.map((key) => about(key)));
      expect(world.rows('Ledger')).toHaveLength(changes);
      world.ahead += DAY;
    }
  });
});

describe('[S-24] the object is looked at again:', () => {
  test('the version of the finding is tagged, not the one that came after it', async () => {
    const old = data.put('a.csv', 'cards');
    const message = about('a.csv');
    const fresh = data.put('a.csv', 'clean');
    await respond(message);
    expect(old.tags).toMatchObject(RESTRICTED);
    expect(fresh.tags).toEqual({});
  });

  test('without versions, another object under the key stays as it is', async () => {
    world.s3.add((data = new Bucket('data', 'Off')));
    data.put('a.csv', 'cards');
    const message = about('a.csv');
    const fresh = data.put('a.csv', 'clean');
    await respond(message);
    expect(fresh.tags).toEqual({});
    expect(outcomes().map(([, outcome]) => outcome)).toEqual(['REPLACED', 'REPLACED']);
    const same = data.put('b.csv', 'cards');
    await respond(about('b.csv'));
    expect(same.tags).toMatchObject(RESTRICTED);
  });

  test('one that is gone is gone', async () => {
    data.put('a.csv', 'cards');
    const message = about('a.csv');
    data.objects.clear();
    await respond(message);
    expect(outcomes()[0][1]).toBe('GONE');
  });

  test('one with ten tags of others keeps them, and people are told', async () => {
    const tags = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`t${i}`, 'x']));
    const version = data.put('a.csv', 'cards', { tags });
    await respond(about('a.csv'));
    expect(version.tags).toEqual(tags);
    expect(said()).toEqual(['done, a person has to look']);
  });

  test.each([
    ['Sample', { sample: true }],
    ['Archived', { archived: true }],
    ['OutOfScope', { accountId: MEMBER }],
  ])('a finding that is %s is left alone', async (outcome, detail) => {
    data.put('a.csv', 'cards');
    await respond(about('a.csv', 'Enforced', detail));
    expect(world.executions).toEqual([]);
    expect(logged(outcome)).toBe(1);
  });

  test('a finding about an object in a bucket of the library is left alone, one about the bucket is not', async () => {
    const quarantine = world.s3.add(new Bucket('quarantine'));
    const { versionId, etag } = quarantine.put('data/a.csv', 'cards');
    await respond(world.publish(findingOf('quarantine', 'data/a.csv', { versionId, etag }), 'Enforced'));
    expect(world.executions).toEqual([]);
    expect(logged('OwnBucket')).toBe(1);
    await respond(world.publish(findingOf('quarantine'), 'Closed'));
    expect(world.executions).toHaveLength(1);
  });

  test('a finding that is no more, one without an object, and a text that is none are dropped', async () => {
    const gone = about('a.csv');
    world.forget(JSON.parse(gone).findingId);
    const policy = world.publish(findingOf('data'), 'Closed').replace('"BUCKET"', '"OBJECT"');
    await respond(gone, policy, '{"version":2}', 'no message');
    expect(world.executions).toEqual([]);
    expect(['Missing', 'NoTarget', 'Malformed'].map(logged)).toEqual([1, 1, 2]);
  });
});

describe('[183] the budget', () => {
  test('stops 10,000 findings at so many changes an hour, with one alarm, until a person resumes', async () => {
    const many = 10_000;
    const messages = Array.from({ length: many }, (_, i) => {
      data.put(`f${i}.csv`, `${i}`);
      return about(`f${i}.csv`);
    });
    await respond(...messages);
    expect(world.rows('Ledger')).toHaveLength(6);
    expect(logged('Held')).toBe(many - 3);
    expect(heldBy()).toEqual(['BUCKET']);
    expect(world.rows('Claims').filter(({ id }) => id.startsWith('stop#'))).toEqual([
      { id: `stop#${ACCOUNT}#data`, at: expect.anything() },
    ]);

    world.ahead += DAY;
    await respond(messages[5]); // another hour does not open what only a person opens
    expect(world.rows('Ledger')).toHaveLength(6);
    expect(await world.order({ operation: 'resume', accountId: ACCOUNT, bucket: 'data' })).toMatchObject({
      said: '3 RESUMED',
    });
    expect(leftWaiting()).toBeGreaterThan(0); // the budget ran out again, and the alarm stays
    await world.play();
    expect(world.rows('Ledger')).toHaveLength(12);
  });

  test('counts for an account over all of its buckets, and not at all in a dry run', async () => {
    const other = world.s3.add(new Bucket('other'));
    const messages = ['a', 'b', 'c'].map((key) => (data.put(key, key), about(key)));
    const abroad = ['d', 'e'].map((key) => {
      const { versionId } = other.put(key, key);
      return world.publish(findingOf('other', key, { versionId }), 'Enforced');
    });
    await respond(...['a', 'b', 'c', 'a'].map((key) => about(key, 'Tried')), ...messages, ...abroad);
    expect(world.rows('Ledger').filter(({ outcome }) => outcome === 'CHANGED')).toHaveLength(8);
    expect(world.rows('Claims').filter(({ id }) => id.startsWith('stop#'))).toEqual([
      { id: `stop#${ACCOUNT}`, at: expect.anything() },
    ]);
    expect(heldBy()).toEqual(['ACCOUNT']);
    world.ahead += DAY;
    expect((await world.order({ operation: 'resume', accountId: ACCOUNT })).said).toBe('1 RESUMED');
    expect(heldBy()).toEqual(['ACCOUNT']);
    expect(leftWaiting()).toBe(0); // by which the alarm goes back
  });
});

describe('[S-24] approval', () => {
  test('by a signed call goes on, and the ledger names who it was', async () => {
    const version = data.put('a.csv', 'cards');
    const message = about('a.csv', 'Asked');
    world.onWait = async () => {
      const caseId = caseIn(world.published[0]);
      expect(version.tags).toEqual({});
      expect(await world.order({ operation: 'approve', caseId })).toMatchObject({ statusCode: 200 });
      // Somebody else comes late.
      expect(await world.order({ operation: 'reject', caseId }, 'bob')).toMatchObject({ statusCode: 409 });
    };
    const [{ status }] = await respond(message);
    expect(status).toBe('SUCCEEDED');
    expect(version.tags).toEqual(RESTRICTED);
    expect(said()).toEqual(['approval wanted', 'done']);
    expect(world.rows('Ledger')).toMatchObject([{ approver: `arn:aws:iam::${ACCOUNT}:user/ann` }]);
  });

  test('is for the object that was there: one that was replaced meanwhile is not touched', async () => {
    world.s3.add((data = new Bucket('data', 'Off')));
    data.put('a.csv', 'cards');
    const message = about('a.csv', 'Asked');
    let fresh: any;
    world.onWait = async () => {
      fresh = data.put('a.csv', 'clean');
      const caseId = caseIn(world.published[0]);
      await world.order({ operation: 'approve', caseId });
    };
    await respond(message);
    expect(fresh.tags).toEqual({});
    expect(outcomes()).toEqual([['RESTRICT', 'REPLACED', 'APPLY', undefined]]);
  });

  test('that does not come in time changes nothing, and people are told', async () => {
    const version = data.put('a.csv', 'cards');
    const [{ status }] = await respond(about('a.csv', 'Asked'));
    expect(status).toBe('FAILED');
    expect(version.tags).toEqual({});
    expect(said()).toEqual(['approval wanted', 'not approved in time, nothing was changed, a person has to look']);
    const caseId = caseIn(world.published[0]);
    expect((await world.order({ operation: 'approve', caseId })).said).toBe('nothing waits any more');
    expect(version.tags).toEqual({});
  });

  test('that is refused changes nothing', async () => {
    const version = data.put('a.csv', 'cards');
    world.onWait = async () => {
      const caseId = caseIn(world.published[0]);
      await world.order({ operation: 'reject', caseId });
    };
    const [{ status }] = await respond(about('a.csv', 'Asked'));
    expect(status).toBe('SUCCEEDED');
    expect(version.tags).toEqual({});
    expect(said()).toEqual(['approval wanted', 'rejected, nothing was changed']);
  });

  test('and whatever else people decide needs a signed call', async () => {
    const unsigned: any = await world.invoke('Operator', { body: '{"operation":"release","caseId":"x"}' });
    expect(unsigned.output.statusCode).toBe(403);
    expect(await world.order({ operation: 'nonsense' })).toMatchObject({ statusCode: 400 });
    expect(await world.order({ operation: 'approve', caseId: 'unknown' })).toMatchObject({ statusCode: 404 });
  });
});

describe('[187] release', () => {
  test('takes back what was done and nothing else, once, and a later finding does not do it again', async () => {
    const tags = { team: 'billing', 'macie-response:severity': 'Low' };
    const version = data.put('a.csv', 'cards', { tags });
    await respond(about('a.csv'));
    version.tags = { ...version.tags, since: 'then' };
    const [{ caseId }] = world.rows('Ledger');
    const order = { operation: 'release', caseId };
    expect(await world.order(order)).toMatchObject({ statusCode: 200 });
    expect(await world.order(order, 'bob')).toMatchObject({ statusCode: 200 });
    await world.play();
    expect(version.tags).toEqual({ ...tags, since: 'then' });
    expect(world.executions).toHaveLength(2);
    expect(said()).toEqual(['done', 'taken back']);
    expect(world.rows('Ledger').filter(({ phase }) => phase === 'UNDO')).toMatchObject([
      { action: 'TAG', outcome: 'CHANGED', approver: `arn:aws:iam::${ACCOUNT}:user/ann` },
      { action: 'RESTRICT', outcome: 'CHANGED' },
    ]);
    await respond(about('a.csv'));
    expect(version.tags).toEqual({ ...tags, since: 'then' });
  });

  test('of what did nothing does nothing', async () => {
    data.put('a.csv', 'cards');
    const message = about('a.csv');
    data.objects.clear();
    await respond(message);
    await world.order({ operation: 'release', caseId: world.rows('Ledger')[0].caseId });
    await world.play();
    expect(world.rows('Ledger')).toHaveLength(2);
  });
});

describe('[177] block public access', () => {
  const open = {
    BlockPublicAcls: true,
    BlockPublicPolicy: false,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: false,
  };
  const closed = {
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  };

  test('once a day at most, then people are told, and a release puts back what was there', async () => {
    data.publicAccess = open;
    const finding = findingOf('data');
    await respond(world.publish(finding, 'Closed'));
    expect(data.publicAccess).toEqual(closed);
    data.publicAccess = open;
    world.ahead += DAY / 2;
    const again = { ...finding, detail: { ...finding.detail, count: 2 } };
    await respond(world.publish(again, 'Closed'), world.publish(again, 'Closed'));
    expect(data.publicAccess).toEqual(open);
    expect(said()).toEqual(['done', 'done, a person has to look']);
    world.ahead += DAY;
    await respond(world.publish({ ...finding, detail: { ...finding.detail, count: 3 } }, 'Closed'));
    expect(data.publicAccess).toEqual(closed);
    expect(outcomes().map(([, outcome, , reason]) => [outcome, reason])).toEqual([
      ['CHANGED', undefined],
      ['REFUSED', 'ALREADY_TODAY'],
      ['CHANGED', undefined],
    ]);
    await world.order({ operation: 'release', caseId: world.rows('Ledger')[2].caseId });
    await world.play();
    expect(data.publicAccess).toEqual(open);
  });

  test('where nothing was set, a release leaves nothing', async () => {
    await respond(world.publish(findingOf('data'), 'Closed'));
    expect(data.publicAccess).toEqual(closed);
    await world.order({ operation: 'release', caseId: world.rows('Ledger')[0].caseId });
    await world.play();
    expect(data.publicAccess).toBeUndefined();
  });
});

test('[S-26] [177] a member account is acted on through the role that it offers', async () => {
  const abroad = world.s3.add(new Bucket('abroad', 'Enabled', MEMBER));
  const version = abroad.put('a.csv', 'cards');
  const { versionId, etag } = version;
  await respond(world.publish(findingOf('abroad', 'a.csv', { versionId, etag }, { accountId: MEMBER }), 'Abroad'));
  expect(version.tags).toEqual(RESTRICTED);
  expect(new Set(world.assumed)).toEqual(
    new Set([`arn:aws:iam::${MEMBER}:role/macie-response-restrict-member-eu-west-1`]),
  );
  expect(new Set(world.s3.needed.map(({ principal }) => principal))).toEqual(new Set(['ASIAEXAMPLE']));
});

test('[S-24] a bucket that changed hands is left alone', async () => {
  const foreign = world.s3.add(new Bucket('data', 'Enabled', MEMBER));
  const version = foreign.put('a.csv', 'cards');
  const [{ status }] = await respond(
    world.publish(findingOf('data', 'a.csv', { versionId: version.versionId }), 'Enforced'),
  );
  expect(status).toBe('FAILED');
  expect(version.tags).toEqual({});
  expect(said()).toEqual(['failed, a person has to look']);
});

test('[188] nothing that names or holds data is in messages, logs, metrics or histories', async () => {
  const canary = (where: string) => `canary-${where} "x" 'y' \n*bold* <b>`;
  const key = `${canary('key')}.csv`;
  const version = data.put(key, canary('content'), { tags: { [canary('tag')]: canary('value') } });
  const finding = findingOf('data', key, { versionId: version.versionId, tags: [{ key: canary('tag'), value: 'v' }] });
  const { resourcesAffected, classificationDetails } = finding.detail;
  resourcesAffected.s3Bucket.owner.displayName = canary('owner');
  const [{ occurrences }] = classificationDetails.result.sensitiveData[0].detections;
  occurrences.cells = [{ row: 1, column: 1, columnName: canary('column') }];
  occurrences.records = [{ recordIndex: 0, jsonPath: canary('path') }];
  const [run] = await respond(world.publish(finding, 'Enforced'));
  expect(run.status).toBe('SUCCEEDED');
  expect(version.tags).toMatchObject({ ...RESTRICTED, [canary('tag')]: canary('value') });
  await world.order({ operation: 'release', caseId: world.rows('Ledger')[0].caseId });
  await world.play();
  // And where everything goes wrong.
  world.s3.allows = () => false;
  data.put(`b${key}`, 'cards');
  await respond(about(`b${key}`));
  expect(said()).toEqual(['done', 'taken back', 'failed, a person has to look']);
  const seen = [
    world.logs,
    JSON.stringify(world.published),
    JSON.stringify(world.histories),
    JSON.stringify(world.executions),
  ];
  for (const text of seen) expect(text).not.toMatch(/canary/);
  expect(JSON.stringify(world.rows('Ledger'))).not.toMatch(/canary-(content|tag|value|owner|column|path)/);
});
