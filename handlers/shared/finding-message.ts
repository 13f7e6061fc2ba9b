import type { Notice } from './finding-notice';
import { ascii } from './neutral-text';

/** A notice as people get it. */
export interface FindingMessage {
  /** At most 100 characters of printable ASCII. */
  readonly subject: string;
  /** For mail. */
  readonly text: string;
  /** For chat: JSON that Amazon Q Developer shows in Slack, Microsoft Teams and Amazon Chime. */
  readonly chat: string;
}

/** The longest subject that Amazon SNS takes. */
const SUBJECT = 100;

/**
 * Writes a notice down.
 *
 * @see https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
 */
export function messageOf(notice: Notice): FindingMessage {
  const title = `${notice.isSample ? 'SAMPLE, not real. ' : ''}${notice.level.toUpperCase()}: ${notice.what}`;
  const width = Math.max(...notice.facts.map(([name]) => name.length)) + 2;
  return {
    subject: shortened(ascii(title), SUBJECT),
    text: [
      title,
      '',
      ...notice.facts.map(([name, value]) => `${name.padEnd(width)}${value}`),
      '',
      ...notice.advice.map((sentence) => `${sentence}.`),
      `Open it: ${notice.link}`,
      '',
    ].join('\n'),
    chat: JSON.stringify({
      version: '1.0',
      source: 'custom',
      id: notice.id,
      content: {
        textType: 'client-markdown',
        title: forChat(shortened(title, 250)),
        description: notice.facts.map(([name, value]) => `*${name}*: ${forChat(value)}`).join('\n'),
        nextSteps: [...notice.advice, `Open it: ${notice.link}`],
        keywords: [notice.level],
      },
      metadata: { threadId: notice.id, summary: forChat(shortened(title, 250)), eventType: notice.category },
    }),
  };
}

/** Names of identifiers hold underscores, which chat takes for mark-up and mail does not. */
function forChat(text: string): string {
  return text.replaceAll('_', '＿');
}

function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 3)}...` : text;
}

/** What the message of each protocol of a topic is: chat subscribes by https. */
export function publication(topicArn: string, message: FindingMessage) {
  return {
    TopicArn: topicArn,
    Subject: message.subject,
    MessageStructure: 'json',
    Message: JSON.stringify({ default: message.text, https: message.chat }),
  };
}
