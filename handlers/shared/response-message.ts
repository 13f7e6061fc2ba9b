/**
 * What a finding says to the queue of a response hub: one message for each response that it matches.
 *
 * The rule of the response writes it, and whoever finds what a rule missed writes the same. It names the finding, whose
 * content is read from Macie when it is acted on, and the response, whose plan the message carries, so that responses of
 * any stack can share a hub that knows none of them.
 */
export interface ResponseMessage {
  readonly version: 1;

  /** The response, by the path of its construct. */
  readonly response: string;

  /** The state machine that carries the response out. */
  readonly stateMachineArn: string;

  readonly mode: ResponseMode;

  /** What a finding has to be about for the steps. */
  readonly subject: ResponseSubject;

  /** What the steps do, in order; part of what is claimed. */
  readonly actions: readonly string[];

  /** How many of the steps change something; each counts against the budget. */
  readonly changes: number;

  /** The accounts whose buckets are acted on; where there are none, that of the hub. */
  readonly accounts?: readonly string[];

  readonly findingId: string;
}

export type ResponseMode = 'DRY_RUN' | 'ENFORCE';
export type ResponseSubject = 'OBJECT' | 'BUCKET';

/** The message of a queue, or nothing where it is none. */
export function parseMessage(text: string): ResponseMessage | undefined {
  let value: Partial<ResponseMessage>;
  try {
    value = JSON.parse(text) as Partial<ResponseMessage>;
  } catch {
    return undefined;
  }
  const { version, response, stateMachineArn, mode, subject, actions, changes, accounts, findingId } = value ?? {};
  const texts = [response, stateMachineArn, findingId, ...(actions ?? [undefined]), ...(accounts ?? [])];
  const isOurs =
    version === 1 &&
    texts.every((one) => typeof one === 'string' && one !== '') &&
    (mode === 'DRY_RUN' || mode === 'ENFORCE') &&
    (subject === 'OBJECT' || subject === 'BUCKET') &&
    Number.isInteger(changes);
  return isOurs ? (value as ResponseMessage) : undefined;
}
