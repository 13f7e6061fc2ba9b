import { createHash } from 'crypto';
import { readFileSync } from 'fs';
import { messageOf } from '../../handlers/shared/finding-message';
import { noticesOf } from '../../handlers/shared/finding-notice';
import { MESSAGES_PAGE, messagesPage } from '../../scripts/finding-messages';
import {
  ALL_EVENTS,
  GUARD_DUTY_FINDINGS,
  MACIE_FINDINGS,
  macieSample,
  SECURITY_HUB_FINDINGS,
} from '../support/findings';
import { ModelServer, ServiceError } from '../support/model-server/server';
import { HandlerProcess } from '../support/node';

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:alerts';
const QUEUE = 'https://sqs.eu-west-1.amazonaws.com/123456789012/digest';

/** Text of others at its worst. */
const CANARY =
  'canary"\'\n*bold*_it_`code` <!channel> <@U1> [a](http://evil.example) &amp; \u202eevil\u0007 #x | \\ ${x} www.evil.example';

/** Puts the canary into every text that is not for the formatter to say. */
function poisoned(event: any): any {
  const copy = structuredClone(event);
  const poison = (node: any, path: string[]) => {
    if (node === null || typeof node !== 'object') return;
    for (const [name, value] of Object.entries(node)) {
      const at = [...path, name];
      if (typeof value === 'object') poison(value, at);
      else if (typeof value === 'string' && isOfOthers(at)) node[name] = `${CANARY}.${CANARY}`;
    }
  };
  poison(copy.detail, []);
  return copy;
}

/** Keys, tags, owners, columns, paths, titles and persons. */
function isOfOthers(path: string[]): boolean {
  const at = path.join('.');
  return (
    /\.s3Object\.(key|path|extension)$|tags|owner|columnName|jsonPath|title|description$|Title|Description|userIdentity|userName/.test(
      at,
    ) && !at.startsWith('severity')
  );
}

describe('[184] messages', () => {
  test('the page of the guide shows each kind of finding as it reaches a person', () => {
    expect(readFileSync(MESSAGES_PAGE, 'utf8')).toBe(messagesPage());
  });

  test.each(ALL_EVENTS.map(({ title, event }) => [title, event] as const))(
    '%s: what others have written neither leaks nor breaks anything',
    (_, event) => {
      for (const notice of noticesOf(poisoned(event))) {
        const { subject, text, chat } = messageOf(notice);
        const [clean] = noticesOf(event);
        expect(`${subject}${text}${chat}`).not.toMatch(/canary|evil/);
        expect(text.split('\n')).toHaveLength(messageOf(clean).text.split('\n').length);
        expect(JSON.parse(chat)).toMatchObject({
          version: '1.0',
          source: 'custom',
          content: { textType: 'client-markdown' },
        });
      }
    },
  );

  test('a key that is asked for is said, and is no mark-up, mention or link', () => {
    const event = macieSample('financial');
    event.detail.resourcesAffected.s3Object.key = CANARY;
    const { text, chat } = messageOf(noticesOf(event, { showObjectKeys: true })[0]);
    const { description } = JSON.parse(chat).content;
    const said = description
      .split('\n')
      .find((line: string) => line.startsWith('*Object*: '))!
      .slice('*Object*: '.length);
    expect(said).toContain('canary');
    expect(said).not.toMatch(/[*_~`<>[\](){}&|#@!\\"'\p{Cc}\p{Cf}]|:\/\/|www\./u);
    expect(text).toContain(`Object    ${said}\n`);
    expect(text).not.toContain('http://');
  });

  test('names of identifiers and buckets, which are said, are neither', () => {
    const event = macieSample('custom-identifier');
    event.detail.classificationDetails.result.customDataIdentifiers.detections[0].name = CANARY;
    event.detail.resourcesAffected.s3Bucket.name = CANARY;
    const { subject, chat } = messageOf(noticesOf(event)[0]);
    expect(subject).toMatch(/^[\x20-\x7e]{1,100}$/);
    const { title, description } = JSON.parse(chat).content;
    for (const line of [title, ...description.split('\n').map((one: string) => one.replace(/^\*[\w ]+\*: /, ''))]) {
      expect(line).not.toMatch(/[*_~`<>[\]{}&|#@!\\"'\p{Cc}\p{Cf}]|:\/\/|www\./u);
    }
  });

  test('what follows the last period of a key is said only if it names a format', () => {
    const event = macieSample('financial');
    event.detail.resourcesAffected.s3Object.key = 'mail/john.doe';
    expect(messageOf(noticesOf(event)[0]).text).toContain('Object    … (name withheld)\n');
  });

  test('subjects are what Amazon SNS takes', () => {
    for (const { event } of ALL_EVENTS) {
      expect(messageOf(noticesOf(event)[0]).subject).toMatch(/^[A-Z][\x20-\x7e]{0,99}$/);
    }
  });

  test('severities are told on the scale of whoever gave them', () => {
    const levels = (samples: typeof MACIE_FINDINGS) => samples.map(({ event }) => noticesOf(event)[0].level);
    expect(levels(GUARD_DUTY_FINDINGS)).toEqual(['High', 'High', 'High', 'Low', 'High', 'Medium', 'Low']);
    expect(levels(SECURITY_HUB_FINDINGS)).toEqual(['High', 'High', 'Low', 'High']);
    expect(levels(MACIE_FINDINGS.slice(0, 4))).toEqual(['High', 'High', 'High', 'Medium']);
  });

  test('[179] an object that a topic has landed in is told by topic and hour, and that the topic still has it', () => {
    const event = macieSample('financial');
    event.detail.resourcesAffected.s3Object.key = 'topics/orders/2026/11/20/14/0-17.jsonl';
    const landings = [{ bucket: 'acme-billing-exports', prefix: 'topics/' }];
    const { subject, text } = messageOf(noticesOf(event, { landings })[0]);
    expect(subject).toBe('HIGH: financial information in records of topic orders');
    expect(text).toMatch(/^Topic +orders$/m);
    expect(text).toMatch(/^Hour +2026-11-20 14:00 UTC$/m);
    expect(text).toMatch(/^The records stay in topic orders until its retention ends: /m);
    for (const elsewhere of [
      [{ bucket: 'other', prefix: 'topics/' }],
      [{ bucket: 'acme-billing-exports', prefix: 'x/' }],
    ]) {
      expect(messageOf(noticesOf(event, { landings: elsewhere })[0]).text).not.toContain('orders');
    }
  });

  test('a bare event is told too', () => {
    for (const source of ['aws.macie', 'aws.guardduty', 'aws.securityhub', 'other']) {
      const detail = source === 'aws.securityhub' ? { findings: [{}] } : {};
      expect(noticesOf({ source, detail }).map(messageOf)).toHaveLength(1);
    }
  });
});

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

describe('the bundles', () => {
  let sns: ModelServer;
  let sqs: ModelServer;
  let messages: HandlerProcess;
  let digest: HandlerProcess;
  let published: any[] = [];
  let waiting: { MessageId: string; Body: string; ReceiptHandle: string }[] = [];
  const gone = new Set<string>();

  beforeAll(async () => {
    sns = await ModelServer.start('sns', {
      Publish: (input) => {
        published.push(input);
        return { MessageId: md5(input.Message) };
      },
    });
    let cursor = 0;
    sqs = await ModelServer.start('sqs', {
      ReceiveMessage: ({ MaxNumberOfMessages }) => {
        const left = waiting.filter(({ ReceiptHandle }) => !gone.has(ReceiptHandle));
        const Messages = left.slice(cursor, cursor + MaxNumberOfMessages);
        cursor = Messages.length === 0 ? 0 : cursor + Messages.length;
        return { Messages: Messages.map((one) => ({ ...one, MD5OfBody: md5(one.Body) })) };
      },
      DeleteMessageBatch: ({ Entries }) => {
        Entries.forEach((entry: any) => gone.add(entry.ReceiptHandle));
        return { Successful: Entries.map(({ Id }: any) => ({ Id })), Failed: [] };
      },
    });
    const env = {
      TOPIC_ARN: TOPIC,
      QUEUE_URL: QUEUE,
      AWS_ENDPOINT_URL_SNS: sns.endpoint,
      AWS_ENDPOINT_URL_SQS: sqs.endpoint,
    };
    messages = await HandlerProcess.start('finding-messages', env);
    digest = await HandlerProcess.start('finding-digest', env);
  }, 120_000);
  afterAll(async () => {
    await Promise.all([messages.stop(), digest.stop(), sns.stop(), sqs.stop()]);
  });
  beforeEach(() => {
    for (const server of [sns, sqs]) server.forget();
    published = [];
    waiting = [];
    gone.clear();
  });
  afterEach(() => {
    expect([...sns.violations, ...sqs.violations]).toEqual([]);
  });

  test('event in, message out: text for mail, JSON for chat, nothing logged', async () => {
    for (const { event } of ALL_EVENTS) {
      const { stdout, error } = await messages.run(poisoned(event));
      expect([stdout, error]).toEqual(['', undefined]);
    }
    expect(published).toHaveLength(ALL_EVENTS.length);
    ALL_EVENTS.forEach(({ event }, index) => {
      const { text, chat, subject } = messageOf(noticesOf(poisoned(event))[0]);
      expect(published[index]).toEqual({
        TopicArn: TOPIC,
        Subject: subject,
        MessageStructure: 'json',
        Message: JSON.stringify({ default: text, https: chat }),
      });
    });
  });

  test('what the topic does not take is an error of the function, without a word of the event', async () => {
    sns.fail('Publish', { when: 'before', how: new ServiceError('AuthorizationErrorException', 'not authorized') });
    const { error, stdout } = await messages.run(poisoned(macieSample('financial')));
    expect(error).toContain('not authorized');
    expect(`${error}${stdout}`).not.toContain('canary');
  });

  const put = (events: any[]) => {
    waiting = events.map((event, index) => ({
      MessageId: `${index}`,
      Body: JSON.stringify(event),
      ReceiptHandle: `r${index}`,
    }));
  };
  const other = (name: 'financial' | 'personal', id: string) => {
    const event = macieSample(name);
    event.detail.id = id;
    return event;
  };

  test('[184] a digest is one message for each bucket and category, whatever came, and twice is once', async () => {
    const many = Array.from({ length: 1_000 }, (_, index) => other('financial', `f${index}`));
    put([...many, many[0], other('personal', 'p1'), ...SECURITY_HUB_FINDINGS.map(({ event }) => event)]);
    const { error, stdout } = await digest.run({}, { timeoutMs: 600_000 });
    expect([error, stdout]).toEqual([undefined, '']);
    expect(published.map(({ Subject }) => Subject)).toEqual([
      'HIGH: 1000 findings in a quarter of an hour: financial information in bucket acme-billing-exports',
      'HIGH: personal information in an object of bucket acme-hr-documents-prod',
      ...SECURITY_HUB_FINDINGS.map(() => expect.stringContaining('through Security Hub')),
    ]);
    expect(JSON.parse(published[0].Message).default).toMatch(/^How much +3,891,000 occurrences$/m);
    expect(gone.size).toBe(waiting.length);
    await digest.run({}, { timeoutMs: 600_000 });
    expect(published).toHaveLength(6);
  }, 60_000);

  test('[184] a digest that fails half-way tells the rest the next time, and nothing is lost', async () => {
    put([other('financial', 'f1'), other('personal', 'p1')]);
    sns.fail('Publish', { when: 'before', how: new ServiceError('ThrottlingException', 'slow down') });
    expect((await digest.run({}, { timeoutMs: 600_000 })).error).toContain('slow down');
    expect(gone.size).toBe(0);
    await digest.run({}, { timeoutMs: 600_000 });
    expect(published).toHaveLength(2);
    expect(gone.size).toBe(2);
  });
});
