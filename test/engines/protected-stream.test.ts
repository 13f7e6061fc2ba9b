import * as path from 'node:path';
import { text } from 'node:stream/consumers';
import { ProtectedStream } from '../../examples/protected-stream';
import { parseMessage } from '../../handlers/shared/response-message';
import { EventBus } from '../support/event-bus';
import { app } from '../support/fixtures';
import { resourcesOf } from '../support/kafka';
import { ModelServer } from '../support/model-server/server';
import { Deployment, functionWithoutBrokers, startCluster, synthesized } from '../support/poller';
import type { KafkaEvent, LocalFunction } from '../support/poller';
import { Bucket, S3Model } from '../support/s3-model';
import { standInFinding } from '../support/stand-in-detector';

jest.setTimeout(300_000);

const STACK = 'protected-stream';
const TOPIC = 'customers';
/** What no message may hold. */
const CARD = '4111111111111111';
const NOTE = 'canary "x"\nof two lines';
/** With a record that is no text and one without a value, as many as fill a batch: nothing waits for the window. */
const CUSTOMERS = 9998;

const customer = (id: number) => JSON.stringify({ customer: `c${id}`, card: CARD, note: NOTE });

/** What an object holds, as a reader of the bucket gets it. */
interface Landed {
  readonly key: string;
  readonly body: string;
}

describe('[179] [B-06] protected-stream on Kafka 4.1.2, from its own template: from a topic to a message for people', () => {
  const scope = app({ analyticsReporting: false });
  new ProtectedStream(scope, STACK);
  const stack = synthesized(scope, STACK);
  const { template } = stack;
  const idOf = (type: string, name: string) =>
    resourcesOf(template, type)
      .map(([id]) => id)
      .find((id) => new RegExp(`^${name}[0-9A-F]{8}$`).test(id))!;
  const writerId = idOf('AWS::Lambda::Function', 'LandingWriter');
  const formatterId = idOf('AWS::Lambda::Function', 'MessagesFormatterFunction');

  /** Lambda's own Node has the SDK, which a bundle leaves out. */
  const NODE_PATH = path.join(__dirname, '..', '..', 'node_modules');
  const published: any[] = [];
  let deployment: Deployment;
  let account: string;
  let s3: S3Model;
  let sns: ModelServer;
  let bus: EventBus;
  let bucket: Bucket;
  let writer: LocalFunction;
  let formatter: LocalFunction;

  beforeAll(async () => {
    deployment = new Deployment(await startCluster(template, '4.1.2'), stack);
    await deployment.createTopics();
    const { resolve } = deployment;
    account = resolve({ Ref: 'AWS::AccountId' });
    const bucketId = idOf('AWS::S3::Bucket', 'Records');
    const [{ ServerSideEncryptionByDefault: encryption }] =
      template.Resources[bucketId].Properties!.BucketEncryption.ServerSideEncryptionConfiguration;
    s3 = await S3Model.start();
    bucket = s3.add(
      new Bucket(resolve({ Ref: bucketId }), 'Enabled', account, resolve(encryption.KMSMasterKeyID) as string),
    );
    sns = await ModelServer.start('sns', {
      Publish: (input) => {
        published.push(input);
        return { MessageId: String(published.length) };
      },
    });
    bus = await EventBus.start(template, resolve);
    writer = await deployment.function(writerId, { AWS_ENDPOINT_URL_S3: s3.endpoint, NODE_PATH });
    formatter = functionWithoutBrokers(stack, resolve, formatterId, { AWS_ENDPOINT_URL_SNS: sns.endpoint, NODE_PATH });
  });
  afterAll(async () => {
    await Promise.all([writer?.stop(), formatter?.stop(), bus?.stop(), sns?.stop(), s3?.stop()]);
    await deployment?.kafka.stop();
  });

  const landed = (): Promise<Landed[]> =>
    Promise.all(
      [...bucket.objects.keys()].map(async (key) => ({ key, body: await text(bucket.current(key)!.content.stream()) })),
    );

  /** What people and the response get of an object: nothing where the detector has nothing to say. */
  async function told({ key, body }: Landed) {
    const finding = standInFinding(bucket.name, key, body);
    if (finding === undefined) {
      return undefined;
    }
    finding.detail.accountId = account;
    const before = published.length;
    const { resolve } = deployment;
    const deliveries = await bus.put(finding);
    const to = (type: string, id: string) =>
      deliveries
        .filter(({ target }) => target === resolve({ 'Fn::GetAtt': [idOf(type, id), 'Arn'] }))
        .map(({ input }) => input);
    for (const event of to('AWS::Lambda::Function', 'MessagesFormatterFunction')) {
      expect(await formatter.invoke(event)).toEqual({ payload: null });
    }
    return { finding, messages: published.slice(before), responses: to('AWS::SQS::Queue', 'ResponsesQueue') };
  }

  test('every record that is text lands in a line that can be read, and what is bytes is given up', async () => {
    const values = Array.from({ length: CUSTOMERS }, (_, id) => customer(id));
    await deployment.write(TOPIC, [...values, Buffer.from([0xff, 0xfe, 0x00]), undefined]);
    const poller = await deployment.consume({ invoke: (event) => writer.invoke(event), retryDelayMs: 20 });
    try {
      await poller.caughtUp(120_000);
    } finally {
      await poller.stop();
    }
    expect(poller.givenUp.map(({ value }) => value)).toEqual([Buffer.from([0xff, 0xfe, 0x00])]);
    const reports = [...deployment.deadLetters.values()].flat();
    expect(reports.map(({ KafkaBatchInfo }) => KafkaBatchInfo.batchSize)).toEqual([1]);

    const objects = await landed();
    for (const { key } of objects) {
      expect(key).toMatch(/^topics\/customers\/\d{4}\/\d\d\/\d\d\/\d\d\/\d-\d{20}\.jsonl$/);
    }
    const lines = objects.flatMap(({ body }) => body.trimEnd().split('\n')).map((line) => JSON.parse(line));
    expect(lines.map(({ value }) => JSON.stringify(value)).sort()).toEqual([...values].sort());
  });

  test('[B-06] of each object people are told topic and hour, and nothing of what a record holds', async () => {
    let cards = 0;
    for (const object of await landed()) {
      const { finding, messages } = (await told(object))!;
      cards += finding.detail.classificationDetails.result.sensitiveData[0].totalCount;
      expect(messages).toHaveLength(1);
      const [{ TopicArn, Subject, Message }] = messages;
      expect(TopicArn).toBe(deployment.resolve({ Ref: idOf('AWS::SNS::Topic', 'Alerts') }));
      expect(Subject).toBe('HIGH: financial information in records of topic customers');
      const mail: string = JSON.parse(Message).default;
      const [, year, month, day, hour] = /customers\/(\d+)\/(\d+)\/(\d+)\/(\d+)/.exec(object.key)!;
      expect(mail).toMatch(/^Topic +customers$/m);
      expect(mail).toMatch(new RegExp(`^Hour +${year}-${month}-${day} ${hour}:00 UTC$`, 'm'));
      expect(mail).toContain('The records stay in topic customers until its retention ends');
      expect(Message).not.toMatch(/canary|4111/);
    }
    expect(cards).toBe(CUSTOMERS);
    expect(sns.violations).toEqual([]);
    expect(writer.output).not.toMatch(/canary|4111/);
  });

  test('[B-06] the response hub gets the same finding, in the form that it reads, for a dry run', async () => {
    const [object] = await landed();
    const { finding, responses } = (await told(object))!;
    expect(responses.map((message) => parseMessage(JSON.stringify(message)))).toMatchObject([
      { findingId: finding.detail.id, response: 'protected-stream/Restrict', mode: 'DRY_RUN' },
    ]);
  });

  test('[179] without the extension the same records land where nothing is found', async () => {
    const before = new Set(bucket.objects.keys());
    const event: KafkaEvent = {
      eventSource: 'aws:kafka',
      eventSourceArn: deployment.kafka.clusterArn,
      bootstrapServers: deployment.kafka.bootstrap.iam,
      records: {
        [`${TOPIC}-0`]: [
          {
            topic: TOPIC,
            partition: 0,
            offset: 1_000_000,
            timestamp: Date.UTC(2026, 10, 20, 14, 59),
            timestampType: 'CREATE_TIME',
            headers: [],
            value: Buffer.from(customer(1)).toString('base64'),
          },
        ],
      },
    };
    const added = async (extension: string) => {
      const environment = { AWS_ENDPOINT_URL_S3: s3.endpoint, NODE_PATH, EXTENSION: extension };
      const one = await deployment.function(writerId, environment);
      expect(await one.invoke(event).finally(() => one.stop())).toEqual({ payload: { batchItemFailures: [] } });
      const [object] = (await landed()).filter(({ key }) => !before.has(key));
      before.add(object.key);
      expect(object.body).toContain(CARD);
      return object;
    };
    expect((await told(await added('jsonl')))!.messages).toHaveLength(1);
    for (const extension of ['', 'bin']) {
      expect(await told(await added(extension))).toBeUndefined();
    }
  });

  test('the roles allow every call that was made, and no other place for records', async () => {
    const { resolve } = deployment;
    const role = deployment.simulatedRole(writerId);
    const rights = new Map(s3.needed.map(({ action, resource }) => [`${action} ${resource}`, { action, resource }]));
    expect([...new Set(s3.needed.map(({ action }) => action))].sort()).toEqual(['kms:GenerateDataKey', 's3:PutObject']);
    for (const { action, resource } of rights.values()) {
      // The simulator asks the policy of a key as well, which hands the decision to the account.
      const decision = action.startsWith('kms:')
        ? role.statements.some(
            ({ Action, Resource }) => [Action].flat().includes(action) && [Resource].flat().includes(resource),
          )
        : (await role.decide(action, resource)) === 'Allowed';
      expect([action, resource, decision]).toEqual([action, resource, true]);
    }
    const place = `arn:aws:s3:::${bucket.name}/topics`;
    expect(await role.decide('s3:PutObject', `${place}/other/x.jsonl`)).toBe('ImplicitlyDenied');
    expect(await role.decide('s3:GetObject', `${place}/customers/x.jsonl`)).toBe('ImplicitlyDenied');
    const teller = deployment.simulatedRole(formatterId);
    const alerts = resolve({ Ref: idOf('AWS::SNS::Topic', 'Alerts') });
    expect(await teller.decide('sns:Publish', alerts)).toBe('Allowed');
  });
});
