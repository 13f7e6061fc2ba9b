// Writes docs/guide/messages-as-they-arrive.md: one message for each kind of finding, as it reaches a person.
//
//   node --import tsx scripts/finding-messages.ts
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { FindingEvent } from '../handlers/shared/finding-events';
import { messageOf } from '../handlers/shared/finding-message';
import { noticesOf } from '../handlers/shared/finding-notice';
import { ALL_EVENTS } from '../test/support/findings';

export const MESSAGES_PAGE = path.join(__dirname, '..', 'docs', 'guide', 'messages-as-they-arrive.md');

export function messagesPage(): string {
  const sections = ALL_EVENTS.map(({ title, event }) => {
    const { subject, text, chat } = messageOf(noticesOf(event as FindingEvent)[0]);
    const json = JSON.stringify(JSON.parse(chat), undefined, 2);
    const mail = ['```text', `Subject: ${subject}`, '', text.trimEnd(), '```'];
    // Chat is the same in other clothes: once is enough.
    return [
      `## ${title}`,
      '',
      ...mail,
      ...(title === 'Financial information' ? ['', 'In chat:', '', '```json', json, '```'] : []),
    ];
  });
  const intro =
    'What `FindingMessages` makes of each kind of finding, from the events of Macie, GuardDuty and Security Hub and of ' +
    '`JobStatusEvents`. Made by `scripts/finding-messages.ts`; the tests compare it with what the function sends.';
  return ['# Messages as they arrive', '', intro, '', ...sections.flatMap((lines) => [...lines, ''])].join('\n');
}

if (require.main === module) writeFileSync(MESSAGES_PAGE, messagesPage());
