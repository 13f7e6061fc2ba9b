import type { Answer } from '../support/poller/outcome';
import { AdminServices } from '../support/kafka-admin/services';
import { HandlerProcess } from '../support/node';
import { eventOf, FakeStack } from './cloudformation';

jest.setTimeout(120_000);

const CLUSTER = 'arn:aws:kafka:us-east-1:111122223333:cluster/clicks/1a2b3c4d-s1';
const PLACE = { Function: 'admin', ClusterArn: CLUSTER, Brokers: 'b:9098' };
const PAID = { ...PLACE, TopicName: 'paid', PartitionCount: '6' };
const ACLS = { ...PLACE, Name: '0a1b2c3d', Entries: [{ Principal: 'User:alice' }, { Principal: 'User:bob' }] };
const TOPIC = 'Custom::MskTopic';

describe('the dispatcher of the Kafka client', () => {
  let services: AdminServices;
  let handler: HandlerProcess;
  let answer: (event: any) => Answer;

  beforeAll(async () => {
    services = await AdminServices.start(async (_, event) => answer(event));
    handler = await HandlerProcess.start('kafka-admin-dispatcher', services.environment);
  });
  beforeEach(() => {
    answer = () => ({ payload: { done: {} } });
    services.calls.length = 0;
  });
  afterAll(async () => {
    await handler.stop();
    await services.stop();
  });

  const invocations = () => services.calls.filter(({ service }) => service === 'lambda').map(({ event }) => event);
  const create = (properties: object, type = TOPIC) =>
    handler.run(eventOf('Create', properties as any, { ResourceType: type }));

  test('create asks the function named, in signed requests, and names the topic for good', async () => {
    const { response } = await create({ ...PAID, ReplicationFactor: '3' });
    expect(response).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: `${CLUSTER}/topic/paid` });
    expect(services.calls).toEqual([
      {
        service: 'lambda',
        of: 'admin',
        event: {
          brokers: 'b:9098',
          work: 'ensure-topic',
          topic: {
            topicName: 'paid',
            partitions: 6,
            replicationFactor: 3,
            settings: {},
            formerSettings: [],
            creationOnly: [],
            existing: 'refuse',
          },
        },
      },
    ]);
  });

  test('an update names what was set before, and a repeat asks the same again', async () => {
    const configs = (settings: object) => Buffer.from(JSON.stringify(settings)).toString('base64');
    const details = {
      ResourceType: TOPIC,
      PhysicalResourceId: `${CLUSTER}/topic/paid`,
      OldResourceProperties: { ...PAID, Configs: configs({ a: '1', b: '2' }) },
    };
    const event = eventOf('Update', { ...PAID, Configs: configs({ a: '3' }) }, details);
    const answers = [await handler.run(event), await handler.run(event)];
    expect(answers.map(({ response }) => response!.PhysicalResourceId)).toEqual(Array(2).fill(`${CLUSTER}/topic/paid`));
    const [first, second] = invocations();
    expect(first.topic).toMatchObject({ settings: { a: '3' }, formerSettings: ['a', 'b'], existing: 'ours' });
    expect(second).toEqual(first);
  });

  test('another name or cluster replaces: the new one is made first, then the old one deleted', async () => {
    const app = new FakeStack(handler, 'app', TOPIC);
    await app.deploy({ Paid: PAID });
    await app.deploy({ Paid: { ...PAID, TopicName: 'settled' } });
    await app.destroy();
    expect(invocations().map(({ work, topic, topicName }) => [work, topic?.topicName ?? topicName])).toEqual([
      ['ensure-topic', 'paid'],
      ['ensure-topic', 'settled'],
      ['remove-topic', 'paid'],
      ['remove-topic', 'settled'],
    ]);
  });

  test('[191] a topic that was adopted is let go without a call, after updates too', async () => {
    answer = () => ({ payload: { done: { adopted: true } } });
    const app = new FakeStack(handler, 'app', TOPIC);
    await app.deploy({ Paid: { ...PAID, Existing: 'ADOPT' } });
    answer = () => ({ payload: { done: {} } });
    await app.deploy({ Paid: { ...PAID, Existing: 'ADOPT', PartitionCount: '9' } });
    await app.destroy();
    expect(app.answers.map(({ PhysicalResourceId }) => PhysicalResourceId)).toEqual(
      Array(3).fill(`${CLUSTER}/topic/paid/adopted`),
    );
    expect(invocations().map(({ work }) => work)).toEqual(['ensure-topic', 'ensure-topic']);
  });

  test('a failed create says why, and its roll-back deletes no topic', async () => {
    answer = () => ({ payload: { failure: { name: 'TopicExists', message: 'there is one' } } });
    const app = new FakeStack(handler, 'app', TOPIC);
    expect(await app.deploy({ Paid: PAID })).toBe('ROLLBACK_COMPLETE');
    expect(app.answers[0].Reason).toBe('TopicExists: there is one');
    expect(invocations().map(({ work }) => work)).toEqual(['ensure-topic']);
  });

  test('[65] fewer partitions fail an update, and do not fail its roll-back', async () => {
    const failure = { name: 'MorePartitions', message: 'they can not shrink' };
    answer = ({ topic }) => ({ payload: topic.mayHaveMorePartitions ? { done: {} } : { failure } });
    const details = { ResourceType: TOPIC, PhysicalResourceId: 'id', OldResourceProperties: PAID };
    const event = eventOf('Update', { ...PAID, PartitionCount: '3' }, details);
    services.stackStatus = 'UPDATE_IN_PROGRESS';
    expect((await handler.run(event)).response).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringContaining('MorePartitions'),
    });
    services.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    expect((await handler.run(event)).response).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'id' });
  });

  test.each([
    ['throttled', { status: 429, type: 'TooManyRequestsException' }],
    ['of a function that is being made', { status: 409, type: 'ResourceConflictException' }],
    ['without a policy that IAM knows of', { status: 403, type: 'AccessDeniedException' }],
    ['that the service loses', { status: 500, type: 'ServiceException' }],
  ])('a call %s is made again', async (_, fault) => {
    services.faults.push(fault);
    expect((await create(PAID)).response!.Status).toBe('SUCCESS');
    expect(invocations()).toHaveLength(2);
  });

  test('a function that is gone, that fails or takes too long is said in its own words', async () => {
    services.faults.push({ status: 404, type: 'ResourceNotFoundException', message: 'Function not found: admin' });
    expect((await create(PAID)).response!.Reason).toBe('ResourceNotFoundException: Function not found: admin');
    answer = () => ({ functionError: 'Unhandled', message: 'Task timed out after 240.00 seconds' });
    expect((await create(PAID)).response!.Reason).toBe('FunctionError: Unhandled: Task timed out after 240.00 seconds');
  });

  test('work that outlasts the time of the event is a failure before Lambda stops the function', async () => {
    const slow = AdminServices.start(() => new Promise((resolve) => setTimeout(resolve, 2_000, { payload: {} })));
    const ofSlow = await HandlerProcess.start('kafka-admin-dispatcher', (await slow).environment);
    const { response } = await ofSlow.run(eventOf('Create', PAID, { ResourceType: TOPIC }), { timeoutMs: 16_000 });
    expect(response!.Reason).toMatch(/not done after 1 s/);
    await ofSlow.stop();
    await (await slow).stop();
  });

  test('[73] an update of ACLs creates before it deletes, in one request; a delete deletes all; a failed create cleans up', async () => {
    const app = new FakeStack(handler, 'app', 'Custom::MskAcls');
    await app.deploy({ Acls: ACLS });
    await app.deploy({ Acls: { ...ACLS, Entries: [{ Principal: 'User:bob' }] } });
    await app.destroy();
    const [alice, bob] = ACLS.Entries;
    expect(invocations().map(({ work, create, remove }) => [work, create, remove])).toEqual([
      ['change-acls', [alice, bob], []],
      ['change-acls', [bob], [alice, bob]],
      ['change-acls', [], [bob]],
    ]);
    services.calls.length = 0;
    answer = ({ create }) => ({
      payload: create.length ? { failure: { name: 'KafkaError', message: 'no' } } : { done: {} },
    });
    expect(await app.deploy({ Acls: ACLS })).toBe('ROLLBACK_COMPLETE');
    expect(invocations().at(-1)).toMatchObject({ create: [], remove: [alice, bob] });
  });

  test('neither brokers nor names of users are in the log', async () => {
    const { stdout } = await create(ACLS, 'Custom::MskAcls');
    expect(stdout).not.toMatch(/9098|alice|canary-signature/);
  });
});
