import { createHash } from 'crypto';
import * as path from 'path';
import { RegulatedDataWatch } from '../../examples/regulated-data-watch';
import { parseMessage } from '../../handlers/shared/response-message';
import { EventBus } from '../support/event-bus';
import { JOB_EVENTS, guardDutyEvent, macieSample } from '../support/findings';
import { app } from '../support/fixtures';
import { DEFAULT_IDENTITY, resourcesOf, templateResolver } from '../support/kafka';
import { ModelServer } from '../support/model-server/server';
import { functionWithoutBrokers, synthesized } from '../support/poller';
import type { LocalFunction } from '../support/poller';
import { standIns } from '../support/poller/stand-ins';

jest.setTimeout(300_000);

const STACK = 'regulated-data-watch';
const FORMATTER = 'MessagesFormatterFunction';
const { account } = DEFAULT_IDENTITY;

/** An event of the account of the stack. */
function own(event: any, change: (detail: any) => void = () => undefined): any {
  const ours = structuredClone({ ...event, account });
  if (ours.detail.accountId !== undefined) {
    ours.detail.accountId = account;
  }
  change(ours.detail);
  return ours;
}

const withSeverity = (score: number, description: string) => (detail: any) =>
  (detail.severity = { score, description });

describe.each(['health', 'cards', 'personal'])(
  '[S-29] [S-25] regulated-data-watch for %s, from its own template',
  (data) => {
    const scope = app({ analyticsReporting: false, context: { data } });
    new RegulatedDataWatch(scope, STACK);
    const stack = synthesized(scope, STACK);
    const { template } = stack;
    const place = { identity: DEFAULT_IDENTITY };
    const resolve = templateResolver(template, DEFAULT_IDENTITY, standIns(template, place));
    const idOf = (type: string, name: string) =>
      resourcesOf(template, type)
        .map(([id]) => id)
        .find((id) => new RegExp(`^${name}[0-9A-F]{8}$`).test(id))!;

    const published: any[] = [];
    /** Messages of the digest's queue. */
    const waiting: string[] = [];
    /** Handed out, and not deleted yet. */
    const undeleted = new Set<string>();
    let bus: EventBus;
    let sns: ModelServer;
    let sqs: ModelServer;
    let formatter: LocalFunction;
    let digest: LocalFunction;

    beforeAll(async () => {
      sns = await ModelServer.start('sns', {
        Publish: (input) => {
          published.push(input);
          return { MessageId: String(published.length) };
        },
      });
      sqs = await ModelServer.start('sqs', {
        // Whoever has a message has it alone.
        ReceiveMessage: () => {
          const Messages = waiting.splice(0, 10).map((Body, index) => ({
            MessageId: String(index),
            ReceiptHandle: `of-${index}`,
            Body,
            MD5OfBody: createHash('md5').update(Body).digest('hex'),
          }));
          Messages.forEach(({ ReceiptHandle }) => undeleted.add(ReceiptHandle));
          return { Messages };
        },
        DeleteMessageBatch: ({ Entries }) => {
          Entries.forEach(({ ReceiptHandle }: { ReceiptHandle: string }) => undeleted.delete(ReceiptHandle));
          return { Successful: Entries.map(({ Id }: { Id: string }) => ({ Id })), Failed: [] };
        },
      });
      bus = await EventBus.start(template, resolve);
      const environment = {
        AWS_ENDPOINT_URL_SNS: sns.endpoint,
        AWS_ENDPOINT_URL_SQS: sqs.endpoint,
        NODE_PATH: path.join(__dirname, '..', '..', 'node_modules'),
      };
      formatter = functionWithoutBrokers(stack, resolve, idOf('AWS::Lambda::Function', FORMATTER), environment);
      digest = functionWithoutBrokers(
        stack,
        resolve,
        idOf('AWS::Lambda::Function', 'DigestFormatterFunction'),
        environment,
      );
    });
    beforeEach(() => {
      published.length = 0;
      waiting.length = 0;
      undeleted.clear();
    });
    afterAll(async () => {
      await Promise.all([formatter?.stop(), digest?.stop(), bus?.stop(), sns?.stop(), sqs?.stop()]);
    });

    const arnOf = (type: string, name: string) => resolve({ 'Fn::GetAtt': [idOf(type, name), 'Arn'] });

    /** Who got an event, by the names of the targets; the function that tells people has told then. */
    async function told(event: object): Promise<string[]> {
      const deliveries = await bus.put(event);
      for (const { target, input } of deliveries) {
        if (target === arnOf('AWS::Lambda::Function', FORMATTER)) {
          expect(await formatter.invoke(input)).toEqual({ payload: null });
        } else if (target === arnOf('AWS::SQS::Queue', 'DigestQueue')) {
          waiting.push(JSON.stringify(input));
        }
      }
      return deliveries.map(({ target }) => /:(?:function:)?(\w+?)(?:Function)?[0-9A-F]{8}$/.exec(target)![1]).sort();
    }

    /** Subjects and mails that people got. */
    const mails = () =>
      published.map(({ TopicArn, Subject, Message }) => {
        expect(TopicArn).toBe(resolve({ Ref: idOf('AWS::SNS::Topic', 'Alerts') }));
        return { subject: Subject, mail: JSON.parse(Message).default as string };
      });

    test.each([
      ['personal', 'HIGH: personal information in an object of bucket '],
      ['financial', 'HIGH: financial information in an object of bucket '],
      ['credentials', 'HIGH: credentials in an object of bucket '],
    ] as const)('a high finding of %s data is told at once, and goes to the response hub', async (sample, subject) => {
      const event = own(macieSample(sample), withSeverity(3, 'High'));
      expect(await told(event)).toEqual(['MessagesFormatter', 'ResponsesQueue']);
      const [message, ...others] = mails();
      expect(others).toEqual([]);
      const { s3Bucket, s3Object } = event.detail.resourcesAffected;
      expect(message.subject).toBe(`${subject}${s3Bucket.name}`);
      expect(message.mail).toContain(s3Bucket.name);
      expect(message.mail).not.toContain(s3Object.key); // A key can be as sensitive as what is inside.
      const [{ input }] = (await bus.put(event)).filter(({ target }) => target.includes(':sqs:'));
      expect(parseMessage(JSON.stringify(input))).toMatchObject({ findingId: event.detail.id, mode: 'DRY_RUN' });
    });

    test('what is not high waits for the digest, which tells of a bucket once', async () => {
      for (const [score, description] of [
        [1, 'Low'],
        [2, 'Medium'],
        [2, 'Medium'],
      ] as const) {
        const event = own(macieSample('custom-identifier'), (detail) => {
          withSeverity(score, description)(detail);
          detail.id = `${detail.id}-${waiting.length}`;
        });
        expect(await told(event)).toEqual(['DigestQueue']);
      }
      expect(mails()).toEqual([]);
      expect(await digest.invoke({})).toEqual({ payload: null });
      expect([waiting.length, undeleted.size]).toEqual([0, 0]);
      expect(mails().map(({ subject }) => subject)).toEqual([
        'MEDIUM: 3 findings in a quarter of an hour: data of custom identifiers in bucket acme-kafka-archive',
      ]);
    });

    test('a bucket that was opened, unusual access to one and a job that cannot read are told at once', async () => {
      for (const event of [
        own(macieSample('policy-bucket-public')),
        own(guardDutyEvent('Exfiltration:S3/AnomalousBehavior', 8)),
        own(JOB_EVENTS[0].event),
      ]) {
        expect(await told(event)).toEqual(['MessagesFormatter']);
      }
      expect(mails().map(({ subject }) => subject)).toEqual([
        'HIGH: everybody can access bucket acme-public-downloads-stage',
        'HIGH: unusual access: Exfiltration:S3/AnomalousBehavior on bucket acme-billing-exports',
        'MEDIUM: Macie Job Status: bucket access denied',
      ]);
    });

    test('a sample of Macie reaches the canary and nobody else, and what is no finding nobody', async () => {
      const sample = own(macieSample('personal'), (detail) => (detail.sample = true));
      expect(await told(sample)).toEqual(['Canary']);
      expect(await told({ ...own(macieSample('personal')), source: 'aws.macie2' })).toEqual([]);
      expect(await told(own(guardDutyEvent('Recon:EC2/Portscan', 8)))).toEqual([]);
      expect(mails()).toEqual([]);
    });

    test('a finding of another account is told, and not responded to', async () => {
      const event = own(macieSample('financial'), (detail) => (detail.accountId = '210987654321'));
      expect(await told(event)).toEqual(['MessagesFormatter']);
    });

    test('nothing that was sent to a service was other than its model says', () => {
      expect([...sns.violations, ...sqs.violations]).toEqual([]);
    });
  },
);
