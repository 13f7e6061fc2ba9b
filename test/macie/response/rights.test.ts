import * as kms from 'aws-cdk-lib/aws-kms';
import { FindingResponse, FindingScope, QuarantineBucket, ResponseMode, ResponseStep } from '../../../lib/macie';
import { resourcesOf } from '../../support/kafka/template';
import { ACCOUNT, World } from '../../support/response/world';
import { Bucket, Content } from '../../support/s3-model';
import type { Right } from '../../support/s3-model';
import { caseIn, findingOf, ResponseStack } from './scenario';

jest.setTimeout(600_000);

const MEMBER = '999999999999';
const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/of-the-data`;

interface Statement {
  readonly role: string;
  readonly actions: string[];
  readonly resources: string[];
}

let world: World;
let statements: Statement[];

beforeAll(async () => {
  const stack = new ResponseStack({ maxActionsPerBucket: 2, securityHub: true });
  const quarantine = new QuarantineBucket(stack, 'Quarantine', { bucketName: 'quarantine' });
  const encryptionKeys = [kms.Key.fromKeyArn(stack, 'OfData', KEY)];
  const options = { quarantine, prefixes: ['in/'], encryptionKeys };
  const { hub } = stack;
  const enforced = { hub, buckets: [stack.data], mode: ResponseMode.ENFORCE };
  const tried = { hub, buckets: [stack.data] };
  const restrict = ResponseStep.restrict();
  const move = ResponseStep.moveObject({ ...options, approval: false });
  new FindingResponse(stack, 'Restricted', { ...enforced, steps: [restrict] });
  new FindingResponse(stack, 'Tagged', { ...enforced, steps: [ResponseStep.tag()] });
  new FindingResponse(stack, 'Copied', { ...enforced, steps: [ResponseStep.copyObject(options)] });
  new FindingResponse(stack, 'Moved', { ...enforced, steps: [move] });
  new FindingResponse(stack, 'Closed', { ...enforced, steps: [ResponseStep.blockPublicAccess()] });
  new FindingResponse(stack, 'Named', { ...enforced, steps: [ResponseStep.tagBucket()] });
  new FindingResponse(stack, 'TriedNaming', { ...tried, steps: [ResponseStep.tagBucket()] });
  new FindingResponse(stack, 'Asked', { ...enforced, steps: [ResponseStep.approval(), ResponseStep.restrict()] });
  new FindingResponse(stack, 'TriedTagging', { ...tried, steps: [restrict, ResponseStep.tag()] });
  new FindingResponse(stack, 'TriedMoving', { ...tried, steps: [move] });
  new FindingResponse(stack, 'TriedClosing', { ...tried, steps: [ResponseStep.blockPublicAccess()] });
  const abroad = { scope: FindingScope.MEMBER_ACCOUNTS, accounts: [MEMBER], bucketNames: ['abroad'] };
  new FindingResponse(stack, 'Abroad', { hub, ...abroad, mode: ResponseMode.ENFORCE, steps: [restrict] });
  world = await World.of(stack);
  statements = allStatements();
});
afterAll(() => world.stop());

/** What the roles of functions may do, beside logs and the queue, which Lambda itself reads. */
function allStatements(): Statement[] {
  const resolved = (value: unknown) => [world.resolve(value)].flat() as string[];
  const roles = [...world.functions.keys()].map((id) => world.roleOf(id));
  return resourcesOf(world.template, 'AWS::IAM::Policy').flatMap(([, { Properties }]) =>
    Properties!.PolicyDocument.Statement.flatMap(({ Action, Resource }: any) =>
      roles
        .filter((role) => resolved(Properties!.Roles).includes(world.resolve({ Ref: role })))
        .map((role) => ({ role, actions: [Action].flat(), resources: resolved(Resource) }))
        .filter(({ actions }) => !actions.includes('sqs:ReceiveMessage')),
    ),
  );
}

function covers({ role, actions, resources }: Statement, right: Right): boolean {
  const isNamed = (pattern: string) =>
    new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*')}$`, 's').test(right.resource);
  return role === right.principal && actions.includes(right.action) && resources.some(isNamed);
}

interface Setting {
  readonly data: Bucket;
  respond(response: string, key?: string, meanwhile?: () => void, finding?: string): Promise<void>;
  release(): Promise<void>;
}

/** Every way through the code that needs a right of its own. */
const flows: Record<string, (setting: Setting) => Promise<void>> = {
  'tags of versions': async ({ data, respond, release }) => {
    data.put('in/a', 'cards');
    await respond('TriedTagging', 'in/a');
    await respond('Restricted', 'in/a');
    await release();
    await respond('Tagged', 'in/a');
    await release();
  },
  'tags without versions': async ({ respond }) => {
    const data = world.s3.add(new Bucket('data', 'Off'));
    data.put('in/a', 'cards');
    await respond('TriedTagging', 'in/a');
    await respond('Restricted', 'in/a');
    await respond('Tagged', 'in/a');
  },
  'tags of the bucket': async ({ data, respond, release }) => {
    data.put('in/a', 'cards');
    await respond('TriedNaming', 'in/a');
    await respond('Named', 'in/a');
    await release();
  },
  'public access': async ({ respond, release }) => {
    await respond('TriedClosing');
    await respond('Closed');
    await release();
  },
  'a copy of a version': async ({ data, respond, release }) => {
    data.put('in/a', 'cards', { tags: { team: 'x' }, kmsKeyId: KEY, hasChecksum: false });
    await respond('Copied', 'in/a');
    await release();
  },
  'a copy without versions': async ({ respond }) => {
    const data = world.s3.add(new Bucket('data', 'Off'));
    data.put('in/a', 'cards');
    await respond('Copied', 'in/a');
  },
  'a copy in parts that fails': async ({ data, respond }) => {
    data.put('in/a', Content.huge(6 * 1024 ** 3, 'big'), { tags: { team: 'x' } });
    let failed = false;
    world.wire.fault = (_, { operation }) => {
      if (failed || operation !== 'POST object uploadId') return undefined;
      failed = true;
      return 'before';
    };
    await respond('Copied', 'in/a');
  },
  'a move of a version and back': async ({ data, respond, release }) => {
    data.put('in/a', 'cards', { tags: { team: 'x' }, kmsKeyId: KEY });
    await respond('TriedMoving', 'in/a');
    await respond('Moved', 'in/a');
    await release();
  },
  'moves in parts that fail, there and back': async ({ data, respond, release }) => {
    data.put('in/a', Content.huge(6 * 1024 ** 3, 'big'), { tags: { team: 'x' } });
    const fail = () => {
      let failed = false;
      world.wire.fault = (_, { operation }) => {
        if (failed || operation !== 'POST object uploadId') return undefined;
        failed = true;
        return 'before';
      };
    };
    fail();
    await respond('Moved', 'in/a');
    fail();
    await release();
  },
  'moves without versions': async ({ respond }) => {
    const data = world.s3.add(new Bucket('data', 'Off'));
    data.put('in/a', 'cards');
    await respond('Moved', 'in/a');
  },
  'a move of what had no version once': async ({ respond }) => {
    const data = world.s3.add(new Bucket('data', 'Enabled'));
    data.objects.set('in/a', [{ ...data.put('in/a', 'cards', { tags: { team: 'x' } }), versionId: 'null' }]);
    await respond('Moved', 'in/a');
  },
  'moves of what is locked': async ({ data, respond }) => {
    data.put('in/a', 'cards', { lock: { mode: 'COMPLIANCE', until: '2100-01-01T00:00:00Z' } });
    data.put('in/b', 'cards', { lock: { legalHold: true } });
    for (const response of ['TriedMoving', 'Moved']) {
      await respond(response, 'in/a');
      await respond(response, 'in/b');
    }
  },
  'what is gone': async ({ data, respond, release }) => {
    for (const response of ['TriedMoving', 'Copied', 'Moved']) {
      data.put('in/a', 'cards');
      await respond(response, 'in/a', () => data.objects.clear());
    }
    world.ahead += 3_600_000; // the budget of another hour
    data.put('in/a', 'other cards');
    await respond('Copied', 'in/a');
    world.s3.buckets.get('quarantine')!.objects.clear();
    await release();
  },
  'a move that is found gone': async ({ data, respond }) => {
    data.put('in/a', 'cards');
    let copied = false;
    world.wire.fault = (_, { operation }) => {
      if (operation !== 'PUT object' || copied) return undefined;
      copied = true;
      data.objects.clear();
      return 'before';
    };
    await respond('Moved', 'in/a');
  },
  'what people decide': async ({ data, respond, release }) => {
    data.put('in/a', 'cards');
    data.put('in/b', 'cards');
    const decide = (operation: string) => {
      world.onWait = async () => {
        const caseId = caseIn(world.published.at(-1)!);
        await world.order({ operation, caseId }).catch(() => undefined);
      };
    };
    decide('approve');
    await respond('Asked', 'in/a');
    await release();
    decide('reject');
    await respond('Asked', 'in/b');
    world.ahead += 3_600_000;
    world.s3.add(new Bucket('data', 'Off')).put('in/a', 'cards');
    decide('approve');
    await respond('Asked', 'in/a');
  },
  'a budget that runs out': async ({ data, respond }) => {
    for (const key of ['in/a', 'in/b', 'in/c']) {
      data.put(key, 'cards');
      await respond('Restricted', key);
    }
    world.ahead += 3_600_000;
    await world.order({ operation: 'resume', accountId: ACCOUNT, bucket: 'data' }).catch(() => undefined);
    await world.play();
  },
  'another try of what somebody left': async ({ data, respond }) => {
    data.put('in/a', 'cards');
    world.killAt(1, 'after'); // claimed, not started
    await respond('Restricted', 'in/a');
  },
  'another finding about what was dealt with': async ({ data, respond }) => {
    data.put('in/a', 'cards');
    await respond('Restricted', 'in/a', undefined, 'first');
    await respond('Restricted', 'in/a', undefined, 'second');
  },
  'another account': async ({ respond, release }) => {
    const abroad = world.s3.add(new Bucket('abroad', 'Enabled', MEMBER));
    abroad.put('in/a', 'cards');
    await respond('Abroad', 'in/a');
    await release();
  },
};

function quarantineKey(): string {
  return resourcesOf(world.template, 'AWS::KMS::Key')[0][0];
}

/** Runs a flow, and tells all that is to be seen at its end. */
async function play(name: string, denied: (right: Right) => boolean): Promise<string> {
  world.reset();
  world.deny(denied);
  const data = world.s3.add(new Bucket('data'));
  const quarantine = world.s3.add(
    new Bucket('quarantine', 'Enabled', undefined, world.resolve({ 'Fn::GetAtt': [quarantineKey(), 'Arn'] })),
  );
  expect(quarantine.defaultKey).toMatch(/^arn:aws:kms:/);
  const problems: unknown[] = [];
  await flows[name]({
    data,
    async respond(response, key, meanwhile, finding = '') {
      const bucketName = response === 'Abroad' ? 'abroad' : 'data';
      const bucket = world.s3.buckets.get(bucketName)!;
      const current = key === undefined ? undefined : bucket.current(key);
      const versionId = current?.versionId === 'null' ? '' : current?.versionId;
      const detail = {
        accountId: bucket.owner,
        id: `${response}-${key}-${current?.etag}-${bucket.versioning}${finding}`,
      };
      const event = findingOf(bucketName, key, { versionId, etag: current?.etag }, detail);
      world.securityHub.receive(event);
      const message = world.publish(event, response);
      meanwhile?.();
      problems.push(
        await world.deliver([message], 3),
        (await world.play()).map(({ status }) => status),
        (await world.writeBack(2)).length,
      );
    },
    async release() {
      const last = world.rows('Ledger').at(-1);
      const order = { operation: 'release', caseId: last?.caseId ?? 'none' };
      problems.push(
        await world.order(order).catch(() => 'failed'),
        (await world.play()).map(({ status }) => status),
        (await world.writeBack(2)).length,
      );
    },
  });
  const buckets = [...world.s3.buckets.values()].map((bucket) => [
    [...bucket.objects].map(([key, versions]) => [
      key,
      versions.map(({ tags, etag, kmsKeyId }) => [tags, etag, kmsKeyId]),
    ]),
    bucket.uploads.size,
    bucket.publicAccess,
    bucket.tags,
  ]);
  const ledger = world.rows('Ledger').map(({ id, outcome, reason }) => [id, outcome, reason]);
  const claims = world.rows('Claims').map(({ id, status, by }) => [id.replace(/#\d+$/, ''), status, by]);
  const statuses = [...world.securityHub.findings.values()].map(({ Workflow, Note }) => [Workflow, Note?.Text]);
  return JSON.stringify([problems, buckets, ledger, claims, world.published, statuses]);
}

test('[S-24] [189] the rights of each role are those that its runs need, and each statement is needed', async () => {
  const used = new Map<Statement, Set<string>>();
  const unused = new Set(
    statements.flatMap((one) => one.actions.map((action) => `${one.role} ${action} ${one.resources}`)),
  );
  const ends = new Map<string, string>();
  for (const name of Object.keys(flows)) {
    ends.set(name, await play(name, () => false));
    for (const right of world.needed.filter(({ principal }) => principal !== 'ASIAEXAMPLE')) {
      const covering = statements.filter((one) => covers(one, right));
      if (covering.length === 0) throw new Error(`${name} needs ${JSON.stringify(right)}`);
      for (const one of covering) {
        used.set(one, (used.get(one) ?? new Set()).add(name));
        unused.delete(`${one.role} ${right.action} ${one.resources}`);
      }
    }
  }
  expect([...unused]).toEqual([]);

  for (const one of statements) {
    const broken: string[] = [];
    for (const name of used.get(one)!) {
      const end = await play(name, (right) => covers(one, right));
      if (end !== ends.get(name)) broken.push(name);
      if (broken.length > 0) break;
    }
    expect([one.actions, broken.length]).toEqual([one.actions, 1]);
  }
});

test('[S-24] a state machine may invoke its own functions and the messenger, and no others', () => {
  for (const [id, { Properties }] of resourcesOf(world.template, 'AWS::StepFunctions::StateMachine')) {
    const definition = JSON.parse(world.resolve(Properties!.DefinitionString));
    const invoked = Object.values<any>(definition.States).flatMap(({ Parameters }) => Parameters?.FunctionName ?? []);
    const role = Properties!.RoleArn['Fn::GetAtt'][0];
    const allowed = resourcesOf(world.template, 'AWS::IAM::Policy')
      .filter(([, policy]) => policy.Properties!.Roles.some(({ Ref }: any) => Ref === role))
      .flatMap(([, policy]) => policy.Properties!.PolicyDocument.Statement)
      .filter(({ Action }: any) => Action === 'lambda:InvokeFunction')
      .flatMap(({ Resource }: any) => world.resolve(Resource));
    expect([id, new Set(allowed)]).toEqual([id, new Set(invoked)]);
  }
});
