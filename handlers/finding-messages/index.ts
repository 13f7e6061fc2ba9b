import { callAws, SERVICES } from '../shared/aws-call';
import type { FindingEvent } from '../shared/finding-events';
import { messageOf, publication } from '../shared/finding-message';
import { noticesOf } from '../shared/finding-notice';
import { noticeOptions } from '../shared/notice-options';

/**
 * Tells people of the findings that an event carries.
 *
 * What the topic does not take is an error of the function: Lambda repeats the event, and then hands it to the queue for
 * failures. Nothing of the event is logged.
 */
export async function handler(event: FindingEvent): Promise<void> {
  for (const notice of noticesOf(event, noticeOptions())) {
    await callAws(SERVICES.sns, 'Publish', publication(process.env.TOPIC_ARN!, messageOf(notice)));
  }
}
