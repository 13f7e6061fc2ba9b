import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { FindingResponse, ResponseHub, ResponseMode, ResponseStep } from '../../../lib/macie';
import { ACCOUNT, World } from '../../support/response/world';
import { Bucket } from '../../support/s3-model';
import { caseIn, findingOf, ResponseStack } from './scenario';

jest.setTimeout(300_000);

let world: World;
let data: Bucket;

beforeAll(async () => {
  const stack = new ResponseStack({ securityHub: true });
  const common = { hub: stack.hub, buckets: [stack.data], mode: ResponseMode.ENFORCE };
  const restrict = ResponseStep.restrict();
  new FindingResponse(stack, 'Restricted', { ...common, steps: [restrict] });
  new FindingResponse(stack, 'Tagged', { ...common, steps: [ResponseStep.tag()] });
  new FindingResponse(stack, 'Asked', { ...common, steps: [ResponseStep.approval(), restrict] });
  new FindingResponse(stack, 'Closed', { ...common, steps: [ResponseStep.blockPublicAccess()] });
  new FindingResponse(stack, 'Tried', { ...common, mode: ResponseMode.DRY_RUN, steps: [restrict] });
  world = await World.of(stack);
});
afterAll(() => world.stop());
beforeEach(() => {
  world.reset();
  world.securityHub.unprocessed.clear();
  data = world.s3.add(new Bucket('data'));
});
afterEach(() => expect(world.violations).toEqual([]));

function about(key?: string, detail: object = {}) {
  const { versionId, etag } = (key !== undefined && data.current(key)) || {};
  return findingOf('data', key, { versionId, etag }, detail);
}

/** From Macie to the end of the response. */
async function respond(event: any, response = 'Restricted') {
  expect(await world.deliver([world.publish(event, response)])).toEqual([]);
  return world.play();
}

/** A secret object, and Security Hub knows of it. */
function begin(change: object = {}) {
  data.put('in/secret-name.csv', 'cards');
  const event = about('in/secret-name.csv');
  return { event, finding: world.securityHub.receive(event, change) };
}

async function release() {
  await world.order({ operation: 'release', caseId: world.rows('Ledger').at(-1)!.caseId });
  await world.play();
}

describe('[189] in Security Hub a finding', () => {
  test('is resolved when what was found is contained, with a note that does not name the object', async () => {
    const { event, finding } = begin();
    await respond(event);
    expect(finding.Workflow.Status).toBe('NEW');
    expect(await world.writeBack()).toEqual([]);
    const [{ caseId }] = world.rows('Ledger');
    expect(finding).toMatchObject({
      Workflow: { Status: 'RESOLVED' },
      Note: { Text: `Macie response: RESTRICT CHANGED. Case ${caseId}`, UpdatedBy: 'cdk-msk-macie' },
    });
    expect(world.logs).not.toContain('secret-name');
  });

  test('is resolved when its bucket was closed, and when its object is gone', async () => {
    const event = about();
    const finding = world.securityHub.receive(event);
    await respond(event, 'Closed');
    const gone = begin();
    const message = world.publish(gone.event, 'Restricted');
    data.objects.clear();
    await world.deliver([message]);
    await world.play();
    expect(await world.writeBack()).toEqual([]);
    expect([finding.Workflow.Status, gone.finding.Workflow.Status]).toEqual(['RESOLVED', 'RESOLVED']);
    expect(gone.finding.Note.Text).toContain('RESTRICT GONE');
  });

  test('is handed to people where nothing was contained, a step was refused, or somebody said no or nothing', async () => {
    const tagged = begin();
    await respond(tagged.event, 'Tagged');
    data.put('full', 'cards', { tags: Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`t${i}`, 'x'])) });
    const refused = about('full');
    await respond(refused);
    data.put('no', 'cards');
    const rejected = about('no');
    world.onWait = () => world.order({ operation: 'reject', caseId: caseIn(world.published.at(-1)!) });
    await respond(rejected, 'Asked');
    data.put('silent', 'cards');
    const expired = about('silent');
    world.onWait = async () => undefined;
    await respond(expired, 'Asked');
    const others = [refused, rejected, expired].map((event) => world.securityHub.receive(event));
    expect(await world.writeBack()).toEqual([]);
    expect([tagged.finding, ...others].map(({ Workflow }) => Workflow.Status)).toEqual(Array(4).fill('NOTIFIED'));
    expect(tagged.finding.Note.Text).toContain('TAG CHANGED');
    expect(others[1].Note.Text).toContain('RESTRICT NOT_REACHED');
  });

  test('is new again when a person has it released, and stays so when the end of the case is told late', async () => {
    const { event, finding } = begin();
    await respond(event);
    await world.writeBack();
    await release();
    expect(await world.writeBack()).toEqual([]);
    expect(finding).toMatchObject({
      Workflow: { Status: 'NEW' },
      Note: { Text: expect.stringContaining('taken back') },
    });

    const late = begin();
    await respond(late.event);
    await release();
    expect(await world.writeBack()).toEqual([]);
    expect(late.finding.Workflow.Status).toBe('NEW');
  });

  test('is left alone by a dry run', async () => {
    const { event, finding } = begin();
    await respond(event, 'Tried');
    expect(world.wire.calls.filter(({ service }) => service === 'sqs')).toEqual([]);
    expect(finding.Workflow.Status).toBe('NEW');
  });

  test.each(['SUPPRESSED', 'RESOLVED'])('that a person made %s stays so, released or not', async (Status) => {
    const { event, finding } = begin({
      Workflow: { Status },
      Note: { Text: 'known', UpdatedBy: 'ann', UpdatedAt: 'x' },
    });
    await respond(event);
    await world.writeBack();
    await release();
    await world.writeBack();
    expect(finding).toMatchObject({ Workflow: { Status }, Note: { Text: 'known' } });
    expect(world.wire.calls.filter(({ operation }) => operation.startsWith('PATCH'))).toEqual([]);
  });

  test('keeps the note of a person, and a person who suppressed it after us is not overruled by a release', async () => {
    const noted = begin({ Note: { Text: 'mine', UpdatedBy: 'ann', UpdatedAt: 'x' } });
    await respond(noted.event);
    await world.writeBack();
    expect(noted.finding).toMatchObject({ Workflow: { Status: 'RESOLVED' }, Note: { Text: 'mine', UpdatedBy: 'ann' } });

    world.reset();
    data = world.s3.add(new Bucket('data'));
    const { event, finding } = begin();
    await respond(event);
    await world.writeBack();
    finding.Workflow.Status = 'SUPPRESSED';
    await release();
    await world.writeBack();
    expect(finding.Workflow.Status).toBe('SUPPRESSED');
  });

  test('that another response resolved is not made less by one that only tags', async () => {
    const { event, finding } = begin();
    await respond(event);
    await respond(event, 'Tagged');
    expect(await world.writeBack()).toEqual([]);
    expect(finding).toMatchObject({
      Workflow: { Status: 'RESOLVED' },
      Note: { Text: expect.stringContaining('RESTRICT') },
    });
  });

  test('about what was dealt with already follows the case that did it', async () => {
    const { event } = begin();
    await respond(event);
    const again = about('in/secret-name.csv');
    const finding = world.securityHub.receive(again);
    expect(await respond(again)).toEqual([]);
    expect(await world.writeBack()).toEqual([]);
    expect(finding.Workflow.Status).toBe('RESOLVED');
  });

  test('of another account or product with the same id is not touched', async () => {
    const { event, finding } = begin({ AwsAccountId: '999999999999' });
    await respond(event);
    expect(await world.writeBack(2)).toHaveLength(1);
    expect(finding.Workflow.Status).toBe('NEW');
  });
});

describe('[189] the status gets there', () => {
  test('when the finding does, up to which the message comes again, and after which it is a dead letter', async () => {
    data.put('in/a', 'cards');
    const event = about('in/a');
    await respond(event);
    const left = await world.writeBack(3);
    expect(left).toEqual([JSON.stringify({ caseId: world.rows('Ledger')[0].caseId, findingId: event.detail.id })]);
    expect(world.logs.split('"error":"writing back: NotThereYet"')).toHaveLength(4);
    const finding = world.securityHub.receive(event);
    await world.invoke('WriteBack', { Records: left.map((body) => ({ messageId: '1', body })) });
    expect(finding.Workflow.Status).toBe('RESOLVED');
  });

  test('when Security Hub is done with what it did not process', async () => {
    const { event, finding } = begin();
    world.securityHub.unprocessed.set(finding.Id, 'ConcurrentUpdateError');
    await respond(event);
    const { length } = await world.writeBack(2);
    expect([length, finding.Workflow.Status]).toEqual([1, 'NEW']);
    expect(world.logs).toContain('writing back: ConcurrentUpdateError');
  });

  test('whichever call fails, before or after it took effect, and whenever the function dies', async () => {
    const run = async () => {
      const { finding, event } = begin();
      await respond(event);
      expect(await world.writeBack()).toEqual([]);
      expect(finding.Workflow.Status).toBe('RESOLVED');
      return world.wire.calls.length;
    };
    const calls = await run();
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
});

test('[189] without the word nothing is made for Security Hub; with it a role may set statuses but suppress nothing', () => {
  const templateOf = (securityHub?: boolean) => {
    const stack = new Stack(new App(), 'Hub', { env: { account: ACCOUNT, region: 'eu-west-1' } });
    const hub = new ResponseHub(stack, 'Hub', { securityHub });
    expect(hub.securityHubDeadLetterQueue !== undefined).toBe(securityHub === true);
    return Template.fromStack(stack);
  };
  expect(JSON.stringify(templateOf().toJSON())).not.toMatch(/securityhub|WRITE_BACK/);
  templateOf(true).hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        {
          Action: 'securityhub:BatchUpdateFindings',
          Effect: 'Allow',
          Resource: {
            'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:securityhub:eu-west-1:${ACCOUNT}:hub/default`]],
          },
          Condition: {
            StringEquals: { 'securityhub:ASFFSyntaxPath/Workflow.Status': ['NEW', 'NOTIFIED', 'RESOLVED'] },
          },
        },
      ]),
    },
  });
});
