import { SendTaskFailureCommand, SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import type { AwsError } from '../shared/aws-errors';
import { discreet, report } from '../shared/response-log';
import { claims, dispatcher, start, stepFunctions } from '../macie-response-dispatcher/parts';
import { Operator } from './operator';
import type { Order } from './operator';

/** A call of the function's URL, which lets in only who signs it. */
interface SignedCall {
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  readonly requestContext?: { readonly authorizer?: { readonly iam?: { readonly userArn?: string } } };
}

const operator = new Operator({
  claims,
  start,
  async dispatch(messages) {
    const dispatch = await dispatcher.read(messages);
    const outcomes = [];
    for (const message of messages) outcomes.push(await dispatch(message));
    return outcomes;
  },
  approve: (taskToken) => heard(stepFunctions.send(new SendTaskSuccessCommand({ taskToken, output: '{}' }))),
  reject: (taskToken) => heard(stepFunctions.send(new SendTaskFailureCommand({ taskToken, error: 'Rejected' }))),
});

export async function handler({ body = '', isBase64Encoded, requestContext }: SignedCall) {
  const by = requestContext?.authorizer?.iam?.userArn;
  if (by === undefined) return reply(403, 'call the URL of this function, signed, so that it is known who decides');
  const order = orderIn(isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body);
  if (!order) return reply(400, 'the body is no order');
  try {
    const { statusCode, said, held } = await operator.carryOut(order, by);
    report({ [`Order${order.operation}`]: 1 }, { operation: order.operation, said });
    // Nothing held any more is what the alarm for spent budgets waits for.
    if (held !== undefined)
      report({ Held: held }, {}, 'bucket' in order && order.bucket !== undefined ? 'BUCKET' : 'ACCOUNT');
    return reply(statusCode, said);
  } catch (error) {
    throw discreet(error, order.operation);
  }
}

function reply(statusCode: number, said: string) {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ said }) };
}

function orderIn(body: string): Order | undefined {
  let order: Partial<Record<string, unknown>>;
  try {
    order = JSON.parse(body) as typeof order;
  } catch {
    return undefined;
  }
  const { operation, caseId, accountId, bucket } = order ?? {};
  const isResume = operation === 'resume' && typeof accountId === 'string';
  if (isResume && (bucket === undefined || typeof bucket === 'string')) return order as Order;
  const isDecision = operation === 'approve' || operation === 'reject' || operation === 'release';
  return isDecision && typeof caseId === 'string' ? (order as Order) : undefined;
}

async function heard(answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer;
    return true;
  } catch (error) {
    if (/^(TaskTimedOut|TaskDoesNotExist|InvalidToken)$/.test((error as AwsError).name)) return false;
    throw error;
  }
}
