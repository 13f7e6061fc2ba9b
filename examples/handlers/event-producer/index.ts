import { sendAll } from '../shared/send-all';
import { event } from './event';

/** How many events to make up, over how many days, and when the last of them is, in milliseconds since 1970. */
export interface ProduceRequest {
  readonly events: number;
  readonly days?: number;
  readonly until?: number;
}

/** Writes made-up events of the last days, so that there is something to ask for. */
export async function handler({
  events,
  days = 3,
  until = Date.now(),
}: ProduceRequest): Promise<{ acknowledged: number }> {
  const step = (days * 86_400_000) / events;
  const times = Array.from({ length: events }, (_, number) => Math.round(until - (events - number) * step));
  return { acknowledged: await sendAll(times.map((happened, number) => event(number, happened))) };
}
