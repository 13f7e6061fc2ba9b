import { sendAll } from '../shared/send-all';
import { click } from './click';

/** How many clicks to make up, over how many minutes, and when the last of them is, in milliseconds since 1970. */
export interface ProduceRequest {
  readonly clicks: number;
  readonly minutes?: number;
  readonly until?: number;
}

/** Writes made-up clicks of the last minutes, so that there is something to see at once. */
export async function handler({
  clicks,
  minutes = 10,
  until = Date.now(),
}: ProduceRequest): Promise<{ acknowledged: number }> {
  const step = (minutes * 60_000) / clicks;
  const times = Array.from({ length: clicks }, (_, number) => Math.round(until - (clicks - 1 - number) * step));
  return { acknowledged: await sendAll(times.map((timestamp, number) => click(number, timestamp))) };
}
