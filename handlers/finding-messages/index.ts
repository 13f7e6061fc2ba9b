import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { clientSettings } from '../shared/client-settings';
import type { FindingEvent } from '../shared/finding-events';
import { messageOf, publication } from '../shared/finding-message';
import { noticesOf } from '../shared/finding-notice';
import { noticeOptions } from '../shared/notice-options';

const sns = new SNSClient(clientSettings);

/**
 * Tells people of the findings that an event carries.
 *
 * What the topic does not take is an error of the function: Lambda repeats the event, and then hands it to the queue for
 * failures. Nothing of the event is logged.
 */
export async function handler(event: FindingEvent): Promise<void> {
  for (const notice of noticesOf(event, noticeOptions())) {
    await sns.send(new PublishCommand(publication(process.env.TOPIC_ARN!, messageOf(notice))));
  }
}
