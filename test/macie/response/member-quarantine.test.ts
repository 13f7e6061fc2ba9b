import { runSimulation } from '@cloud-copilot/iam-simulate';
import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template as Synthesized } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  FindingResponse,
  FindingScope,
  MemberResponseRole,
  QuarantineBucket,
  ResponseAction,
  ResponseMode,
  ResponseStep,
} from '../../../lib/macie';
import type { MemberResponseRoleProps } from '../../../lib/macie';
import { DEFAULT_IDENTITY } from '../../support/kafka';
import { resourcesOf, templateResolver } from '../../support/kafka/template';
import type { Template } from '../../support/kafka/template';
import { ACCOUNT, World } from '../../support/response/world';
import { Bucket, Content } from '../../support/s3-model';
import { findingOf, PLACE, ResponseStack } from './scenario';

jest.setTimeout(180_000);

const MEMBER = '999999999999';
const OTHER_MEMBER = '888888888888';
const STRANGER = '777777777777';
const KEY = `arn:aws:kms:eu-west-1:${MEMBER}:key/of-the-data`;
const GIB = 1024 ** 3;
const ABROAD = { scope: FindingScope.MEMBER_ACCOUNTS, accounts: [MEMBER, OTHER_MEMBER] };
const QUARANTINE_ARN = 'arn:aws:s3:::quarantine';

let world: World;
let abroad: Bucket;
let quarantine: Bucket;
let quarantineKeyArn: string;
let policies: Policies;

interface Statement {
  readonly Action: string | string[];
}

/** What decides: the roles of the member, by action, and both policies of the hub. */
interface Policies {
  readonly roles: Record<string, Statement[]>;
  readonly bucket: Statement[];
  readonly key: Statement[];
}

beforeAll(async () => {
  const stack = new ResponseStack();
  const to = new QuarantineBucket(stack, 'Quarantine', { bucketName: 'quarantine' });
  const options = { quarantine: to, prefixes: ['in/'] };
  const common = { hub: stack.hub, bucketNames: ['abroad'], mode: ResponseMode.ENFORCE, ...ABROAD };
  const move = ResponseStep.moveObject({ ...options, approval: false });
  new FindingResponse(stack, 'Copied', { ...common, steps: [ResponseStep.copyObject(options)] });
  new FindingResponse(stack, 'Moved', { ...common, steps: [move] });
  world = await World.of(stack);
  quarantineKeyArn = world.resolve(stack.resolve(to.encryptionKey!.keyArn));

  const member = new Stack(new App(), 'Member', { env: { account: MEMBER, region: 'eu-west-1' } });
  for (const action of [ResponseAction.COPY, ResponseAction.MOVE]) {
    new MemberResponseRole(member, action, {
      hubAccount: ACCOUNT,
      action,
      bucketNames: ['abroad'],
      prefixes: ['in/'],
      encryptionKeys: [kms.Key.fromKeyArn(member, `Key${action}`, KEY)],
      quarantineBucketArn: QUARANTINE_ARN,
      quarantineKeyArn,
    });
  }
  policies = policiesOf(Synthesized.fromStack(member).toJSON() as Template);
});
afterAll(() => world.stop());
beforeEach(begin);
afterEach(() => expect(world.violations).toEqual([]));

function begin(): void {
  world.reset();
  abroad = world.s3.add(new Bucket('abroad', 'Enabled', MEMBER));
  quarantine = world.s3.add(new Bucket('quarantine', 'Enabled', ACCOUNT, quarantineKeyArn));
}

function policiesOf(member: Template): Policies {
  const resolve = templateResolver(member, { ...DEFAULT_IDENTITY, region: 'eu-west-1', account: MEMBER });
  const roles = resourcesOf(member, 'AWS::IAM::Policy').map(([id, { Properties }]) => [
    id.slice(0, 4),
    resolve(Properties!.PolicyDocument.Statement),
  ]);
  const [[, bucket]] = resourcesOf(world.template, 'AWS::S3::BucketPolicy');
  const [[, key]] = resourcesOf(world.template, 'AWS::KMS::Key');
  return {
    roles: Object.fromEntries(roles),
    bucket: world.resolve(bucket.Properties!.PolicyDocument.Statement),
    key: world.resolve(key.Properties!.KeyPolicy.Statement),
  };
}

async function respond(response: string, key: string) {
  const { versionId, etag } = abroad.current(key)!;
  const object = { versionId: versionId === 'null' ? '' : versionId, etag };
  const message = world.publish(findingOf('abroad', key, object, { accountId: MEMBER }), response);
  expect(await world.deliver([message])).toEqual([]);
  return world.play();
}

async function release() {
  await world.order({ operation: 'release', caseId: world.rows('Ledger')[0].caseId });
  return world.play();
}

const ledger = () => world.rows('Ledger').map(({ phase, outcome, reason }) => [phase, outcome, reason]);

describe('[177] [182] [S-26] an object of a member account', () => {
  afterEach(() => {
    // One principal reads the one side and writes the other.
    expect(world.s3.needed.filter(({ principal }) => principal !== 'ASIAEXAMPLE')).toEqual([]);
  });

  const roleOf = (action: string) => `arn:aws:iam::${MEMBER}:role/macie-response-${action}-member-eu-west-1`;

  test('is copied into the quarantine of the hub, in the folder of its account, and the copy is hidden again', async () => {
    const version = abroad.put('in/a', 'cards', { tags: { team: 'x' }, kmsKeyId: KEY });
    await respond('Copied', 'in/a');
    const [[key, [copy]]] = quarantine.objects;
    expect(key).toMatch(new RegExp(`^${MEMBER}/abroad/[0-9a-f]{64}/in/a$`));
    expect(copy).toMatchObject({ tags: { team: 'x' }, kmsKeyId: KEY });
    expect(copy.content.sha256).toBe(version.content.sha256);
    expect(abroad.current('in/a')).toBe(version);
    await release();
    expect(quarantine.current(key)!.deleteMarker).toBe(true);
    expect(ledger()).toEqual([
      ['APPLY', 'CHANGED', undefined],
      ['UNDO', 'CHANGED', undefined],
    ]);
    expect(new Set(world.assumed)).toEqual(new Set([roleOf('copy')]));
  });

  test('is moved there, and [187] a release brings it back', async () => {
    const version = abroad.put('in/a', 'cards', { tags: { team: 'x' } });
    await respond('Moved', 'in/a');
    expect(abroad.current('in/a')!.deleteMarker).toBe(true);
    expect([...quarantine.objects.values()][0][0]).toMatchObject({ kmsKeyId: quarantineKeyArn, tags: { team: 'x' } });
    await release();
    const back = abroad.current('in/a')!;
    expect(back).toMatchObject({ tags: { team: 'x' }, sse: 'AES256' });
    expect(back.content.sha256).toBe(version.content.sha256);
    expect(abroad.objects.get('in/a')).toHaveLength(3);
    expect(new Set(world.assumed)).toEqual(new Set([roleOf('move')]));
  });

  test('stays where it is, if its bucket belongs to somebody else by now', async () => {
    const version = abroad.put('in/a', 'cards');
    abroad = world.s3.add(Object.assign(new Bucket('abroad', 'Enabled', STRANGER), { objects: abroad.objects }));
    const [{ status }] = await respond('Moved', 'in/a');
    expect(status).toBe('FAILED');
    expect(abroad.current('in/a')).toBe(version);
    expect(quarantine.objects.size).toBe(0);
  });

  test('stays where it is, if the quarantine belongs to somebody else by now', async () => {
    const version = abroad.put('in/a', 'cards');
    quarantine = world.s3.add(new Bucket('quarantine', 'Enabled', STRANGER));
    const [{ status }] = await respond('Moved', 'in/a');
    expect(status).toBe('FAILED');
    expect(abroad.current('in/a')).toBe(version);
    expect(quarantine.objects.size).toBe(0);
  });
});

/** The last call of an upload in parts fails once. */
function failOnce(): void {
  let failed = false;
  world.wire.fault = (_, { operation }) => {
    if (failed || operation !== 'POST object uploadId') return undefined;
    failed = true;
    return 'before';
  };
}

async function goneFromQuarantine(response: string): Promise<void> {
  abroad.put('in/a', 'cards');
  await respond(response, 'in/a');
  quarantine.objects.clear();
  await release();
}

/** Every way through the code that needs a right of its own. */
const flows: Record<string, Record<string, () => Promise<unknown>>> = {
  COPY: {
    'a version': async () => {
      abroad.put('in/a', 'cards', { tags: { team: 'x' }, kmsKeyId: KEY });
      await respond('Copied', 'in/a');
      await release();
    },
    'no versions': async () => {
      abroad = world.s3.add(new Bucket('abroad', 'Off', MEMBER));
      abroad.put('in/a', 'cards');
      await respond('Copied', 'in/a');
    },
    'in parts': async () => {
      abroad.put('in/a', Content.huge(6 * GIB, 'big'), { tags: { team: 'x' } });
      failOnce();
      await respond('Copied', 'in/a');
    },
    gone: async () => {
      abroad.put('in/a', 'cards');
      const { versionId, etag } = abroad.current('in/a')!;
      const finding = findingOf('abroad', 'in/a', { versionId, etag }, { accountId: MEMBER });
      abroad.objects.clear();
      await world.deliver([world.publish(finding, 'Copied')]);
      await world.play();
    },
    'gone from the quarantine': async () => goneFromQuarantine('Copied'),
  },
  MOVE: {
    'a version': async () => {
      abroad.put('in/a', 'cards', { tags: { team: 'x' }, kmsKeyId: KEY });
      await respond('Moved', 'in/a');
      await release();
    },
    'no version once': async () => {
      const version = { ...abroad.put('in/a', 'cards', { tags: { team: 'x' } }), versionId: 'null' };
      abroad.objects.set('in/a', [version]);
      await respond('Moved', 'in/a');
    },
    'in parts, there and back': async () => {
      abroad.put('in/a', Content.huge(6 * GIB, 'big'), { tags: { team: 'x' } });
      failOnce();
      await respond('Moved', 'in/a');
      failOnce();
      await release();
    },
    locked: async () => {
      abroad.put('in/a', 'cards', { lock: { mode: 'COMPLIANCE', until: '2100-01-01T00:00:00Z' } });
      abroad.put('in/b', 'cards', { lock: { legalHold: true } });
      await respond('Moved', 'in/a');
      await respond('Moved', 'in/b');
    },
    'gone from the quarantine': async () => goneFromQuarantine('Moved'),
  },
};

interface Question {
  readonly action: string;
  readonly resource: string;
  readonly role?: string;
  readonly account?: string;
}

/** Both sides are asked, as for every call from one account to another. */
async function isAllowed(
  kind: string,
  { action, resource, role, account = MEMBER }: Question,
  { roles, bucket, key }: Policies = policies,
): Promise<boolean> {
  const isQuarantine = resource.startsWith(QUARANTINE_ARN);
  const owner = isQuarantine ? ACCOUNT : resource.split(':')[4] || MEMBER;
  const name = role ?? `macie-response-${kind.toLowerCase()}-member-eu-west-1`;
  const principal = `arn:aws:iam::${account}:role/${name}`;
  const policy = (Statement: Statement[]) => ({ Version: '2012-10-17', Statement });
  const own = isQuarantine ? bucket : resource === quarantineKeyArn ? key : undefined;
  const answer = await runSimulation(
    {
      request: {
        principal,
        action,
        resource: { resource, accountId: owner },
        contextVariables: {
          's3:ResourceAccount': owner,
          'aws:PrincipalAccount': account,
          'aws:PrincipalArn': principal,
          'aws:SecureTransport': 'true',
        },
      },
      identityPolicies: [{ name: 'attached', policy: policy(roles[kind]) }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      // A key of the member leaves it to the policies of its account.
      resourcePolicy: own
        ? policy(own)
        : owner === MEMBER && action.startsWith('kms:')
          ? policy(DELEGATING)
          : undefined,
    },
    {},
  );
  if (answer.resultType === 'error') throw new Error(`${action} on ${resource}: ${JSON.stringify(answer.errors)}`);
  return answer.overallResult === 'Allowed';
}

const DELEGATING = [
  { Effect: 'Allow', Action: 'kms:*', Resource: '*', Principal: { AWS: `arn:aws:iam::${MEMBER}:root` } },
];

describe.each(Object.keys(flows))('[189] the rights of the role of a member for %s', (kind) => {
  const questions = new Map<string, Question>();

  beforeAll(async () => {
    for (const flow of Object.values(flows[kind])) {
      begin();
      await flow();
      for (const { action, resource } of world.s3.needed) questions.set(`${action} ${resource}`, { action, resource });
    }
  });

  test('are those that its runs need, on both sides', async () => {
    expect(questions.size).toBeGreaterThan(10);
    for (const question of questions.values()) {
      expect([question, await isAllowed(kind, question)]).toEqual([question, true]);
    }
  });

  /** One action less, wherever one is allowed to the role. */
  function* lessened(): Generator<[string, Policies]> {
    const without = (all: Statement[], i: number, action: string) =>
      all.map((one, j) => (i === j ? { ...one, Action: [one.Action].flat().filter((name) => name !== action) } : one));
    const name = `macie-response-${kind.toLowerCase()}-member`;
    for (const side of ['role', 'bucket', 'key'] as const) {
      const all = side === 'role' ? policies.roles[kind] : policies[side];
      for (const [i, one] of all.entries()) {
        if (side !== 'role' && !JSON.stringify(one).includes(name)) continue;
        for (const action of [one.Action].flat()) {
          const left = without(all, i, action);
          const changed = side === 'role' ? { roles: { ...policies.roles, [kind]: left } } : { [side]: left };
          yield [`${side} ${i} ${action}`, { ...policies, ...changed }];
        }
      }
    }
  }

  test('are each needed, on both sides', async () => {
    const idle: string[] = [];
    const tried: string[] = [];
    for (const [what, changed] of lessened()) {
      tried.push(what);
      const asked = [...questions.values()].filter(({ action }) => what.endsWith(` ${action}`));
      const answers = await Promise.all(asked.map((question) => isAllowed(kind, question, changed)));
      if (answers.every((answer) => answer)) idle.push(what);
    }
    expect(idle).toEqual([]);
    for (const side of ['role', 'bucket', 'key']) expect(tried.some((what) => what.startsWith(side))).toBe(true);
  });

  test('are nobody else’s, and for no other objects', async () => {
    const put = { action: 's3:PutObject', resource: `${QUARANTINE_ARN}/${MEMBER}/abroad/id/in/a` };
    const use = { action: 'kms:GenerateDataKey', resource: quarantineKeyArn };
    const role = `macie-response-${kind.toLowerCase()}-member-eu-west-1`;
    expect(await isAllowed(kind, put)).toBe(true);
    for (const question of [put, use]) {
      expect(await isAllowed(kind, { ...question, role: 'administrator' })).toBe(false);
      expect(await isAllowed(kind, { ...question, role: `${role}-2` })).toBe(false);
      expect(await isAllowed(kind, { ...question, account: STRANGER })).toBe(false);
    }
    const unlimited = { ...policies, roles: { [kind]: EVERYTHING } };
    expect(await isAllowed(kind, put, unlimited)).toBe(true);
    const others = `${QUARANTINE_ARN}/${OTHER_MEMBER}/abroad/id/in/a`;
    expect(await isAllowed(kind, { ...put, resource: others }, unlimited)).toBe(false);
    expect(await isAllowed(kind, { ...put, resource: others, account: OTHER_MEMBER }, unlimited)).toBe(true);
    expect(await isAllowed(kind, { ...put, account: STRANGER }, unlimited)).toBe(false);
    expect(await isAllowed(kind, { ...put, role: 'administrator' }, unlimited)).toBe(false);
    expect(await isAllowed(kind, { ...use, role: 'administrator' }, unlimited)).toBe(false);
    for (const action of ['s3:GetObjectVersion', 's3:DeleteObjectVersion']) {
      expect(await isAllowed(kind, { ...put, action }, unlimited)).toBe(false);
    }
    const read = { action: 's3:GetObject', resource: 'arn:aws:s3:::abroad/in/a' };
    expect(await isAllowed(kind, read)).toBe(true);
    expect(await isAllowed(kind, { ...read, resource: 'arn:aws:s3:::abroad/elsewhere/a' })).toBe(false);
    expect(await isAllowed(kind, { ...read, resource: 'arn:aws:s3:::other/in/a' })).toBe(false);
  });
});

const EVERYTHING = [{ Effect: 'Allow', Action: '*', Resource: '*' }];

test('[189] a function that acts in members only has no right on any bucket or key itself', () => {
  const statements = resourcesOf(world.template, 'AWS::IAM::Policy')
    .filter(([id]) => /^(Copied|Moved)Step1/.test(id))
    .flatMap(([, { Properties }]) => Properties!.PolicyDocument.Statement);
  const actions = statements.flatMap(({ Action }: Statement) => Action);
  expect(actions).toContain('sts:AssumeRole');
  expect(actions.filter((action: string) => /^(s3|kms):/.test(action))).toEqual([]);
});

test('in a dry run, the default, nobody is let into the quarantine', () => {
  const stack = new ResponseStack();
  const to = new QuarantineBucket(stack, 'Quarantine');
  const steps = [ResponseStep.copyObject({ quarantine: to, prefixes: [''] })];
  new FindingResponse(stack, 'Response', { hub: stack.hub, bucketNames: ['abroad'], steps, ...ABROAD });
  expect(JSON.stringify(Synthesized.fromStack(stack).toJSON())).not.toContain('aws:PrincipalAccount');
});

test('where own and member accounts are meant, the function works in its own account by itself', () => {
  const stack = new ResponseStack();
  const to = new QuarantineBucket(stack, 'Quarantine');
  const steps = [ResponseStep.copyObject({ quarantine: to, prefixes: [''] })];
  const both = { scope: FindingScope.MEMBER_ACCOUNTS, accounts: [ACCOUNT, MEMBER], mode: ResponseMode.ENFORCE };
  new FindingResponse(stack, 'Response', { hub: stack.hub, bucketNames: ['data'], steps, ...both });
  const template = JSON.stringify(Synthesized.fromStack(stack).findResources('AWS::IAM::Policy'));
  expect(template).toContain('s3:PutObject');
  expect(template).toContain('kms:GenerateDataKey');
  const [{ Properties }] = Object.values<any>(Synthesized.fromStack(stack).findResources('AWS::S3::BucketPolicy'));
  expect(JSON.stringify(Properties)).not.toContain(`${ACCOUNT}:root`);
});

test('a quarantine whose policies can not be written is warned about, with what to add, and one without a key refused', () => {
  const stack = new ResponseStack();
  const common = { hub: stack.hub, bucketNames: ['abroad'], mode: ResponseMode.ENFORCE, ...ABROAD };
  const stepsFor = (to: s3.IBucket) => [ResponseStep.copyObject({ quarantine: to, prefixes: [''] })];
  const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:eu-west-1:${ACCOUNT}:key/known`);
  const known = s3.Bucket.fromBucketAttributes(stack, 'Known', { bucketName: 'known', encryptionKey });
  new FindingResponse(stack, 'Response', { ...common, steps: stepsFor(known) });
  const warned = (text: string) =>
    Annotations.fromStack(stack).hasWarning('/Response/Response', Match.stringLikeRegexp(text));
  warned('Response/Known.* can not be changed from here; add to it: .*macie-response-copy-member.*PrincipalAccount');
  warned('Response/Key.* can not be changed from here; add to it: .*GenerateDataKey.*macie-response-copy-member');
  const unknown = s3.Bucket.fromBucketName(stack, 'Unknown', 'unknown');
  const refused = () => new FindingResponse(stack, 'Refused', { ...common, steps: stepsFor(unknown) });
  expect(refused).toThrow(/Unknown' has no KMS key that is known.*encryptionKey/);
});

const COPYING = {
  action: ResponseAction.COPY,
  prefixes: [''],
  quarantineBucketArn: QUARANTINE_ARN,
  quarantineKeyArn: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/known`,
};

test.each<[string, Partial<MemberResponseRoleProps>, RegExp]>([
  ['a copy of anything', { prefixes: undefined }, /COPY needs prefixes/],
  ['a copy of nothing', { prefixes: [] }, /COPY needs prefixes/],
  ['a move to nowhere', { action: ResponseAction.MOVE, quarantineBucketArn: undefined }, /needs quarantineBucketArn/],
  ['a copy without the key', { quarantineKeyArn: undefined }, /needs quarantineKeyArn/],
  ['a name as ARN', { quarantineBucketArn: 'quarantine' }, /quarantineBucketArn is quarantine/],
  ['an alias', { quarantineKeyArn: `arn:aws:kms:eu-west-1:${ACCOUNT}:alias/a` }, /quarantineKeyArn is .*by its id/],
  ['a quarantine for tags', { action: ResponseAction.TAG }, /TAG copies nothing, but has prefixes/],
  ['an approval', { action: ResponseAction.APPROVAL }, /APPROVAL is not done/],
  ['no bucket', { bucketNames: [] }, /name them/],
])('[S-26] the role of a member for %s is refused', (_, props, message) => {
  const stack = new Stack(new App(), 'Member', { env: { ...PLACE, account: MEMBER } });
  const all = { hubAccount: ACCOUNT, bucketNames: ['a'], ...COPYING };
  expect(() => new MemberResponseRole(stack, 'Valid', all)).not.toThrow();
  expect(() => new MemberResponseRole(stack, 'Role', { ...all, ...props })).toThrow(message);
});

test('[189] the role of a member may use the keys of the buckets that it is given, and tokens pass', () => {
  const stack = new Stack(new App(), 'Member');
  const encryptionKey = new kms.Key(stack, 'Key');
  const bucket = new s3.Bucket(stack, 'Data', { encryptionKey });
  const quarantineBucketArn = new CfnParameter(stack, 'Quarantine').valueAsString;
  const quarantineKeyArn = new CfnParameter(stack, 'QuarantineKey').valueAsString;
  const arns = { quarantineBucketArn, quarantineKeyArn };
  new MemberResponseRole(stack, 'Role', { hubAccount: ACCOUNT, ...COPYING, ...arns, buckets: [bucket] });
  const [{ Properties }] = Object.values<any>(Synthesized.fromStack(stack).findResources('AWS::IAM::Policy'));
  const uses = Properties.PolicyDocument.Statement.filter(({ Action }: any) => [Action].flat().includes('kms:Decrypt'));
  expect(uses.map(({ Resource }: any) => Resource)).toEqual([
    [stack.resolve(quarantineKeyArn), stack.resolve(encryptionKey.keyArn)],
  ]);
});
