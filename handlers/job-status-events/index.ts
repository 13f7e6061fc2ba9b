import { gunzipSync } from 'node:zlib';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { CloudWatchLogsEvent } from 'aws-lambda';
import { clientSettings } from '../shared/client-settings';
import { entryOf } from './entry';
import type { LogLine } from './entry';

const bus = new EventBridgeClient(clientSettings);

/** The most events that one call takes. */
const BATCH = 10;

interface LogData {
  readonly messageType: string;
  readonly logEvents: readonly { readonly message: string }[];
}

/**
 * Turns lines of the log of classification jobs into events of the default bus.
 *
 * An entry that the bus did not take is an error of the function: Lambda repeats all of them, so an event may come twice.
 */
export async function handler({ awslogs }: CloudWatchLogsEvent): Promise<void> {
  const { messageType, logEvents } = JSON.parse(gunzipSync(Buffer.from(awslogs.data, 'base64')).toString()) as LogData;
  if (messageType !== 'DATA_MESSAGE') return; // CloudWatch Logs tries the way out now and then
  const entries = logEvents.flatMap(({ message }) => entryOf(parsed(message), process.env.JOB_ARN_PREFIX!) ?? []);
  for (let first = 0; first < entries.length; first += BATCH) {
    const Entries = entries.slice(first, first + BATCH);
    const { FailedEntryCount = 0 } = await bus.send(new PutEventsCommand({ Entries }));
    if (FailedEntryCount > 0) throw new Error(`the bus did not take ${FailedEntryCount} events`);
  }
}

function parsed(message: string): LogLine {
  try {
    return JSON.parse(message) as LogLine;
  } catch {
    return {};
  }
}
