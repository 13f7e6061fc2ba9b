import type {
  CloudFormationCustomResourceCreateEvent,
  CloudFormationCustomResourceDeleteEvent,
  CloudFormationCustomResourceEvent,
  CloudFormationCustomResourceResponse,
  CloudFormationCustomResourceUpdateEvent,
  Context,
} from 'aws-lambda';
import { systemClock } from './clock';
import type { Clock } from './clock';

export type EnsureEvent<Properties> =
  CloudFormationCustomResourceCreateEvent<Properties> | CloudFormationCustomResourceUpdateEvent<Properties>;

type AnyEvent = CloudFormationCustomResourceEvent<unknown>;

export interface Outcome {
  /** Another id than before makes an update a replacement: CloudFormation deletes the old one afterwards. */
  readonly physicalResourceId: string;
  /** What `Fn::GetAtt` reads. */
  readonly data?: Record<string, string>;
}

export interface CustomResource<Properties> {
  /** Create and update alike: makes things be as the properties say. Repeating it does no harm. */
  ensure(event: EnsureEvent<Properties>): Promise<Outcome>;
  /** Delete. Left out where nothing of ours is to be undone. */
  remove?(event: CloudFormationCustomResourceDeleteEvent<Properties>): Promise<void>;
  /** Whether `remove` finds what a failed create left behind; it then hears of those too, by an id of no meaning. */
  readonly cleansUpFailedCreate?: boolean;
}

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html */
const MAX_ANSWER_BYTES = 4096;

/** Marks what a failed create leaves behind: mostly nothing, so that the delete of the roll-back has nothing to do. */
const FAILED_CREATE = 'failed-create/';

/** Kept back from the time that is left, for the answer itself. */
const ANSWER_MS = 15_000;

/** Waits before another try to deliver an answer. */
const DELIVERY_PAUSES_MS = [250, 1_000, 3_000];

/**
 * The Lambda handler of a custom resource.
 *
 * Whatever the resource throws becomes the answer FAILED. Only an answer that can not be delivered is an error of the
 * function: Lambda then repeats the event, which does no harm, instead of CloudFormation waiting in vain.
 */
export function customResourceHandler<Properties>(
  resource: CustomResource<Properties>,
  clock: Clock = systemClock,
): (event: CloudFormationCustomResourceEvent<Properties>, context: Context) => Promise<void> {
  return async (event, context) => {
    const answer = await withinTimeLeft(event, context, outcomeOf(resource, event)).then(
      (outcome) => succeeded(event, outcome),
      (error: unknown) => failed(event, error),
    );
    console.log(JSON.stringify({ requestType: event.RequestType, ...loggable(answer) }));
    await deliver(event.ResponseURL, fitted(answer), clock);
  };
}

async function outcomeOf<Properties>(
  resource: CustomResource<Properties>,
  event: CloudFormationCustomResourceEvent<Properties>,
): Promise<Outcome> {
  if (event.RequestType !== 'Delete') return resource.ensure(event);
  const exists = !event.PhysicalResourceId.startsWith(FAILED_CREATE);
  if (exists || resource.cleansUpFailedCreate) await resource.remove?.(event);
  return { physicalResourceId: event.PhysicalResourceId };
}

/** Neither Lambda nor CloudFormation, each with its own limit, would say more than that the time was over. */
async function withinTimeLeft<T>(event: AnyEvent, context: Context, work: Promise<T>): Promise<T> {
  const serviceTimeoutMs = Number(event.ResourceProperties.ServiceTimeout ?? Infinity) * 1_000;
  const left = Math.min(context.getRemainingTimeInMillis(), serviceTimeoutMs) - ANSWER_MS;
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the work is not done after ${Math.round(left / 1_000)} s`)), left);
  });
  return Promise.race([work, timeUp]).finally(() => clearTimeout(timer));
}

function succeeded(event: AnyEvent, { physicalResourceId, data }: Outcome): CloudFormationCustomResourceResponse {
  const answer: CloudFormationCustomResourceResponse = {
    Status: 'SUCCESS',
    PhysicalResourceId: physicalResourceId,
    ...addressee(event),
    Data: data,
  };
  const bytes = Buffer.byteLength(JSON.stringify(answer));
  return bytes <= MAX_ANSWER_BYTES
    ? answer
    : failed(event, new Error(`the answer has ${bytes} bytes, and CloudFormation takes ${MAX_ANSWER_BYTES}`));
}

function failed(event: AnyEvent, error: unknown): CloudFormationCustomResourceResponse {
  return {
    Status: 'FAILED',
    Reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    PhysicalResourceId:
      event.RequestType === 'Create' ? `${FAILED_CREATE}${event.RequestId}` : event.PhysicalResourceId,
    ...addressee(event),
  };
}

function addressee({ StackId, RequestId, LogicalResourceId }: AnyEvent) {
  return { StackId, RequestId, LogicalResourceId };
}

/** Neither properties nor attributes, and never the URL: whoever holds it can answer in our place. */
function loggable({ Status, Reason, StackId, RequestId, LogicalResourceId }: CloudFormationCustomResourceResponse) {
  return {
    status: Status,
    reason: Reason,
    stackId: StackId,
    requestId: RequestId,
    logicalResourceId: LogicalResourceId,
  };
}

/** Only the reason of a failure can be too long, and its beginning says the most. */
function fitted(answer: CloudFormationCustomResourceResponse): string {
  const text = JSON.stringify(answer);
  if (Buffer.byteLength(text) <= MAX_ANSWER_BYTES || answer.Reason === undefined) return text;
  const dots = '...';
  let room = MAX_ANSWER_BYTES - Buffer.byteLength(JSON.stringify({ ...answer, Reason: dots }));
  let kept = '';
  for (const character of answer.Reason) {
    room -= Buffer.byteLength(JSON.stringify(character)) - 2;
    if (room < 0) break;
    kept += character;
  }
  return JSON.stringify({ ...answer, Reason: kept + dots });
}

async function deliver(url: string, body: string, clock: Clock): Promise<void> {
  for (const pause of [...DELIVERY_PAUSES_MS, undefined]) {
    const problem = await put(url, body);
    if (problem === undefined) return;
    console.log(JSON.stringify({ undelivered: problem }));
    if (pause === undefined) throw new Error(`the answer could not be delivered to CloudFormation: ${problem}`);
    await clock.sleep(pause);
  }
}

/** What kept the answer from being taken, without the URL. The presigned URL wants an empty content type. */
async function put(url: string, body: string): Promise<string | undefined> {
  if (!/^(https:|http:\/\/(127\.0\.0\.1|localhost)[:/])/.test(url)) return 'the response URL is not https';
  try {
    const headers = { 'content-type': '' };
    const response = await fetch(url, { method: 'PUT', body, headers, signal: AbortSignal.timeout(5_000) });
    return response.ok ? undefined : `HTTP ${response.status}`;
  } catch (error) {
    const { cause, name } = error as Error & { cause?: { code?: string } };
    return cause?.code ?? name;
  }
}
