import { App } from 'aws-cdk-lib';
import { ProtectedStream } from '../../examples/protected-stream';
import { parseMessage } from '../../handlers/shared/response-message';
import { EventRuler } from '../support/event-ruler';
import { kafkaClient, resourcesOf } from '../support/kafka';
import type { Template } from '../support/kafka';
import { ModelServer } from '../support/model-server/server';
import { HandlerProcess } from '../support/node';
import { Deployment, startCluster, synthesized } from '../support/poller';
import type { LocalFunction } from '../support/poller';
import { Bucket, S3Model } from '../support/s3-model';
import { standInFinding } from '../support/stand-in-detector';

jest.setTimeout(240_000);

const BUCKET = 'records';
const ACCOUNT = '123456789012';

/** The record of one customer, with a number that looks like a card's. */
const customer = (id: number) => JSON.stringify({ customer: `c${id}`, card: '4111111111111111', note: 'canary "x"' });

function deployed() {
  const app = new App();
  new ProtectedStream(app, 'protected-stream');
  return synthesized(app, 'protected-stream');
}

const idOf = (template: Template, type: string, part: string) =>
  resourcesOf(template, type)
    .map(([id]) => id)
    .find((id) => id.includes(part))!;

describe('[179] [B-06] protected-stream: from a topic of Kafka to a message for people', () => {
  const stack = deployed();
  const writerId = idOf(stack.template, 'AWS::Lambda::Function', 'LandingWriter');
  let deployment: Deployment;
  let s3: S3Model;
  let sns: ModelServer;
  let ruler: EventRuler;
  let writer: LocalFunction;
  let bucket: Bucket;
  const published: any[] = [];

  beforeAll(async () => {
    s3 = await S3Model.start();
    bucket = s3.add(new Bucket(BUCKET));
    sns = await ModelServer.start('sns', {
      Publish: (input) => {
        published.push(input);
        return { MessageId: '1' };
      },
    });
    ruler = await EventRuler.start();
    const kafka = await startCluster(stack.template, '4.1.2');
    deployment = new Deployment(kafka, stack);
    await deployment.createTopics();
    writer = await deployment.function(writerId, { AWS_ENDPOINT_URL_S3: s3.endpoint, BUCKET, ACCOUNT });
  });
  afterAll(async () => {
    await Promise.all([writer?.stop(), ruler?.stop(), sns?.stop(), s3?.stop()]);
    await deployment?.kafka.stop();
  });

  async function produce(values: (Buffer | undefined)[]): Promise<void> {
    const { clusterArn, identity } = deployment.kafka;
    const topicArn = `${clusterArn.replace(':cluster/', ':topic/')}/customers`;
    const allow = (actions: string[], Resource: string) => ({
      Effect: 'Allow',
      Action: actions.map((action) => `kafka-cluster:${action}`),
      Resource,
    });
    const { connection } = await deployment.kafka.addPrincipal({
      roleArn: `arn:aws:iam::${identity.account}:role/producer`,
      statements: [
        allow(['Connect', 'WriteDataIdempotently'], clusterArn),
        allow(['DescribeTopic', 'WriteData'], topicArn),
      ],
    });
    const producer = new kafkaClient.Producer({ ...connection, idempotent: true });
    await producer.send({
      acks: -1,
      messages: values.map((value, index) => ({ topic: 'customers', key: Buffer.from(`c${index}`), value })),
    });
    await producer.close();
  }

  const landed = () => [...bucket.objects].map(([key, versions]) => ({ key, body: textOf(versions.at(-1)!) }));
  const textOf = ({ content }: any): string =>
    Buffer.from(content.read?.() ?? content.bytes ?? content.text).toString();

  const patternsOf = (part: string) => {
    const { EventPattern, Targets } =
      stack.template.Resources[idOf(stack.template, 'AWS::Events::Rule', part)].Properties!;
    return { pattern: withBucket(EventPattern), targets: Targets };
  };
  /** The bucket of the template is the one of this test. */
  const withBucket = (pattern: any) =>
    JSON.parse(
      JSON.stringify(pattern, (_, value) =>
        value?.Ref?.startsWith('Records') ? BUCKET : value?.Ref === 'AWS::AccountId' ? ACCOUNT : value,
      ),
    );

  test('records land in lines that can be read, with what is no text given up; people are told of topic and hour', async () => {
    const values = Array.from({ length: 500 }, (_, id) => Buffer.from(customer(id)));
    await produce([...values, Buffer.from([0xff, 0xfe, 0x00]), undefined]);
    const poller = await deployment.consume({ invoke: (event) => writer.invoke(event), retryDelayMs: 20 });
    try {
      await poller.caughtUp(120_000);
    } finally {
      await poller.stop();
    }
    expect(poller.givenUp).toHaveLength(1); // bytes; a record without a value holds nothing

    const lines = landed().flatMap(({ body }) =>
      body
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
    expect(new Set(lines.map(({ value }) => value.customer)).size).toBe(500);
    for (const { key } of landed())
      expect(key).toMatch(/^topics\/customers\/\d{4}\/\d\d\/\d\d\/\d\d\/\d-\d{20}\.jsonl$/);

    const [first] = landed();
    const finding = standInFinding(BUCKET, first.key, first.body);
    expect(await ruler.matches(patternsOf('MacieRecords').pattern, finding)).toBe(true);
    const formatter = idOf(stack.template, 'AWS::Lambda::Function', 'MessagesFormatter');
    const { LANDINGS } = stack.template.Resources[formatter].Properties!.Environment.Variables;
    const landings =
      typeof LANDINGS === 'string'
        ? LANDINGS
        : LANDINGS['Fn::Join'][1].map((part: any) => (typeof part === 'string' ? part : BUCKET)).join('');
    const messages = await HandlerProcess.start('finding-messages', {
      TOPIC_ARN: 'arn:aws:sns:eu-west-1:123456789012:alerts',
      LANDINGS: landings,
      AWS_ENDPOINT_URL_SNS: sns.endpoint,
    });
    expect((await messages.run(finding).finally(() => messages.stop())).error).toBeUndefined();
    expect(published[0].Subject).toBe('HIGH: financial information in records of topic customers');
    const { default: text } = JSON.parse(published[0].Message);
    const [, year, month, day, hour] = /customers\/(\d+)\/(\d+)\/(\d+)\/(\d+)/.exec(first.key)!;
    expect(text).toMatch(new RegExp(`^Hour +${year}-${month}-${day} ${hour}:00 UTC$`, 'm'));
    expect(text).toContain('The records stay in topic customers until its retention ends');
    expect(text).not.toMatch(/canary|4111/);

    // The response takes it as well, in the form that the hub reads.
    const response = patternsOf('RestrictFindings');
    expect(await ruler.matches(response.pattern, finding)).toBe(true);
    const { InputTemplate } = response.targets[0].InputTransformer;
    const template =
      typeof InputTemplate === 'string'
        ? InputTemplate
        : InputTemplate['Fn::Join'][1].map((part: any) => (typeof part === 'string' ? part : 'arn')).join('');
    expect(parseMessage(template.replace(/<[^>]+>/, JSON.stringify(finding.detail.id)))).toMatchObject({
      findingId: finding.detail.id,
      mode: 'DRY_RUN',
    });
  });

  test('without the extension nothing can be read, so nothing is found', async () => {
    const [{ key, body }] = landed();
    expect(standInFinding(BUCKET, key.replace(/\.jsonl$/, ''), body)).toBeUndefined();
    const event = {
      records: {
        'customers-0': [
          {
            topic: 'customers',
            partition: 0,
            offset: 1,
            timestamp: 0,
            value: Buffer.from(customer(1)).toString('base64'),
          },
        ],
      },
    };
    const bare = await deployment.function(writerId, {
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      BUCKET,
      ACCOUNT,
      EXTENSION: '',
    });
    const before = new Set(bucket.objects.keys());
    await bare.invoke(event);
    await bare.stop();
    const [added] = landed().filter((one) => !before.has(one.key));
    expect(added.body).toContain('4111111111111111');
    expect(standInFinding(BUCKET, added.key, added.body)).toBeUndefined();
  });

  test('the role of the writer allows what the writer did, and no more', async () => {
    const role = deployment.simulatedRole(writerId);
    const [{ key }] = landed();
    const arn = deployment.resolve({ 'Fn::GetAtt': [idOf(stack.template, 'AWS::S3::Bucket', 'Records'), 'Arn'] });
    expect(await role.decide('s3:PutObject', `${arn}/${key}`)).toBe('Allowed');
    expect(await role.decide('s3:PutObject', `${arn}/topics/other/x.jsonl`)).not.toBe('Allowed');
    expect(await role.decide('s3:GetObject', `${arn}/${key}`)).not.toBe('Allowed');
  });
});
