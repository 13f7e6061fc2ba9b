import { spawn } from 'child_process';
import type { ChildProcess } from 'child_process';
import { once } from 'events';
import { createServer } from 'net';
import type { AddressInfo } from 'net';
import { setTimeout as sleep } from 'timers/promises';
import { CreateTableCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  GetObjectTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { RegulatedDataWatch } from '../../examples/regulated-data-watch';
import { EventBus } from '../support/event-bus';
import { macieSample } from '../support/findings';
import { app } from '../support/fixtures';
import { resourcesOf } from '../support/kafka/template';
import { pythonWith } from '../support/python';
import { ACCOUNT, World } from '../support/response/world';

jest.setTimeout(300_000);

const BUCKET = 'patients';
const KEY = 'exports/of the week.csv';

/**
 * The reference stack with its own functions, rules and state machine; storage, tables, topic and its subscriber are of
 * a local AWS that is not ours, events are matched by the engine of EventBridge.
 */
describe('[182] [S-25] regulated-data-watch in earnest, on a local AWS', () => {
  let moto: ChildProcess;
  let world: World;
  let bus: EventBus;
  let s3: S3Client;
  let sqs: SQSClient;
  let dynamo: DynamoDBClient;
  let mailbox: string;

  beforeAll(async () => {
    const stack = new RegulatedDataWatch(
      app({ analyticsReporting: false, context: { data: 'health', mode: 'enforce' } }),
      'regulated-data-watch',
      { env: { account: ACCOUNT, region: 'eu-west-1' } },
    );
    const python = pythonWith('moto[server]==5.2.5');
    const port = await freePort();
    moto = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', `${port}`], { stdio: 'ignore' });
    const endpoint = `http://127.0.0.1:${port}`;
    await listening(endpoint, moto);
    world = await World.of(stack, {
      env: { AWS_ENDPOINT_URL_S3: endpoint, AWS_ENDPOINT_URL_DYNAMODB: endpoint, AWS_ENDPOINT_URL_SNS: endpoint },
    });
    bus = await EventBus.start(world.template, world.resolve);

    const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
    const settings = { endpoint, region: 'eu-west-1', credentials };
    s3 = new S3Client({ ...settings, forcePathStyle: true });
    sqs = new SQSClient(settings);
    dynamo = new DynamoDBClient(settings);
    for (const [TableName, { Properties }] of resourcesOf(world.template, 'AWS::DynamoDB::Table')) {
      const { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes } = world.resolve(Properties);
      await dynamo.send(
        new CreateTableCommand({
          TableName,
          KeySchema,
          AttributeDefinitions,
          GlobalSecondaryIndexes,
          BillingMode: 'PAY_PER_REQUEST',
        }),
      );
    }
    const sns = new SNSClient(settings);
    const [[Name]] = resourcesOf(world.template, 'AWS::SNS::Topic').filter(([id]) => id.startsWith('Alerts'));
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name }));
    mailbox = (await sqs.send(new CreateQueueCommand({ QueueName: 'mailbox' }))).QueueUrl!;
    const Endpoint = `arn:aws:sqs:eu-west-1:${ACCOUNT}:mailbox`;
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint }));
    const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' } as const;
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration }));
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await s3.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration }));
  });

  afterAll(async () => {
    await Promise.all([world?.stop(), bus?.stop()]);
    if (moto?.exitCode === null) {
      moto.kill('SIGKILL');
      await once(moto, 'exit');
    }
  });

  test('an event comes in, the object is restricted, and one message goes out', async () => {
    const put = await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: KEY, Body: 'cards', Tagging: 'team=wards' }));
    const event: any = structuredClone({ ...macieSample('financial'), account: ACCOUNT });
    Object.assign(event.detail, {
      accountId: ACCOUNT,
      region: 'eu-west-1',
      severity: { score: 3, description: 'High' },
    });
    const { s3Bucket, s3Object } = event.detail.resourcesAffected;
    Object.assign(s3Bucket, { name: BUCKET, arn: `arn:aws:s3:::${BUCKET}` });
    const eTag = put.ETag!.replace(/"/g, '');
    Object.assign(s3Object, { key: KEY, path: `${BUCKET}/${KEY}`, versionId: put.VersionId, eTag, etag: eTag });
    world.publish(event, 'Restrict');

    const deliveries = await bus.put(event);
    const messages = deliveries
      .filter(({ target }) => /:ResponsesQueue[0-9A-F]{8}$/.test(target))
      .map(({ input }) => JSON.stringify(input));
    expect(messages).toHaveLength(1);
    expect(await world.deliver([...messages, ...messages])).toEqual([]);
    expect((await world.play()).map(({ status }) => status)).toEqual(['SUCCEEDED']);

    const { TagSet } = await s3.send(
      new GetObjectTaggingCommand({ Bucket: BUCKET, Key: KEY, VersionId: put.VersionId }),
    );
    expect(Object.fromEntries(TagSet!.map((tag) => [tag.Key, tag.Value]))).toEqual({
      team: 'wards',
      'macie-response:restricted': 'true',
    });
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: mailbox, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
    );
    expect(Messages).toHaveLength(1);
    const mail = JSON.parse(Messages[0].Body!);
    expect(mail.Message).toContain(BUCKET);
    expect(mail.Message).not.toContain(KEY);
    const [[TableName]] = resourcesOf(world.template, 'AWS::DynamoDB::Table').filter(([id]) => id.includes('Ledger'));
    const { Items = [] } = await dynamo.send(new ScanCommand({ TableName }));
    expect(Items.map(({ action, outcome }) => [action.S, outcome.S])).toEqual([['RESTRICT', 'CHANGED']]);
    expect(world.violations).toEqual([]);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listening(endpoint: string, child: ChildProcess): Promise<void> {
  while ((await fetch(endpoint).catch(() => undefined)) === undefined) {
    if (child.exitCode !== null) throw new Error('moto ended');
    await sleep(100);
  }
}
