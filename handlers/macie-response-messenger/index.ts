import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { clientSettings } from '../shared/client-settings';
import { systemClock } from '../shared/clock';
import { publication } from '../shared/finding-message';
import type { Case } from '../shared/response-case';
import { Claims } from '../shared/response-claims';
import { entryId, Ledger } from '../shared/response-ledger';
import { discreet, report } from '../shared/response-log';
import { parseMessage } from '../shared/response-message';
import { responseMessage } from './message';
import type { Occasion, StepResult } from './message';

export interface MessengerEvent {
  readonly caseId: string;
  readonly occasion: Occasion;

  /** What a waiting step is answered by; kept for the person who decides. */
  readonly token?: string;
}

const { CLAIMS_TABLE = '', LEDGER_TABLE = '', TOPIC_ARN } = process.env;

const dynamo = new DynamoDBClient(clientSettings);
const sns = new SNSClient(clientSettings);
const claims = new Claims(dynamo, CLAIMS_TABLE, systemClock);
const ledger = new Ledger(dynamo, LEDGER_TABLE);

export async function handler({ caseId, occasion, token }: MessengerEvent): Promise<void> {
  try {
    const one = await claims.find(caseId);
    if (!one) throw new Error('there is no such case');
    if (token !== undefined) await claims.ask(caseId, token);
    if (TOPIC_ARN !== undefined && !(await claims.isTold(caseId, occasion))) {
      await tell(TOPIC_ARN, occasion, one);
      await claims.told(caseId, occasion);
    }
    if (occasion === 'FAILED' || occasion === 'EXPIRED') await claims.move(caseId, 'FAILED', 'STARTED');
    if (occasion === 'FINISHED' || occasion === 'REJECTED') await claims.move(caseId, 'DONE', 'STARTED');
    report({ [`Told${occasion}`]: 1 }, { caseId, occasion });
  } catch (error) {
    throw discreet(error, occasion);
  }
}

/** Whoever gets the same message twice, because an answer was lost, sees it by the id of the case. */
async function tell(topicArn: string, occasion: Occasion, one: Case): Promise<void> {
  const message = responseMessage(occasion, one, await results(one, occasion === 'RELEASED'));
  const id = { DataType: 'String', StringValue: `${one.id}#${occasion}` };
  await sns.send(new PublishCommand({ ...publication(topicArn, message), MessageAttributes: { id } }));
}

async function results(one: Case, undone: boolean): Promise<StepResult[]> {
  const { actions = [] } = parseMessage(one.message) ?? {};
  return Promise.all(
    actions.map(async (action, step) => {
      const entry = await ledger.find(entryId(one.id, step, undone ? 'UNDO' : 'APPLY'));
      return { action: action.split(':')[0], outcome: entry?.outcome ?? 'NOT_REACHED', reason: entry?.reason };
    }),
  );
}
