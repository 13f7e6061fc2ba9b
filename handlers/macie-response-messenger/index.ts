import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { clientSettings } from '../shared/client-settings';
import { systemClock } from '../shared/clock';
import { publication } from '../shared/finding-message';
import type { Case } from '../shared/response-case';
import { Claims } from '../shared/response-claims';
import { Ledger } from '../shared/response-ledger';
import { discreet, report } from '../shared/response-log';
import { resultsOf } from '../shared/response-results';
import { writeBackTo } from '../shared/response-write-back';
import { responseMessage } from './message';
import type { Occasion } from './message';

export interface MessengerEvent {
  readonly caseId: string;
  readonly occasion: Occasion;

  /** What a waiting step is answered by; kept for the person who decides. */
  readonly token?: string;
}

const { CLAIMS_TABLE = '', LEDGER_TABLE = '', TOPIC_ARN, WRITE_BACK_QUEUE } = process.env;

const dynamo = new DynamoDBClient(clientSettings);
const sns = new SNSClient(clientSettings);
const claims = new Claims(dynamo, CLAIMS_TABLE, systemClock);
const ledger = new Ledger(dynamo, LEDGER_TABLE);
const writeBack = writeBackTo(WRITE_BACK_QUEUE);

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
    // A dry run has done nothing that anybody could rely on.
    if (occasion !== 'APPROVAL' && one.mode === 'ENFORCE') await writeBack?.({ caseId, findingId: one.findingId });
    report({ [`Told${occasion}`]: 1 }, { caseId, occasion });
  } catch (error) {
    throw discreet(error, occasion);
  }
}

/** Whoever gets the same message twice, because an answer was lost, sees it by the id of the case. */
async function tell(topicArn: string, occasion: Occasion, one: Case): Promise<void> {
  const message = responseMessage(
    occasion,
    one,
    await resultsOf(one, ledger, occasion === 'RELEASED' ? 'UNDO' : 'APPLY'),
  );
  const id = { DataType: 'String', StringValue: `${one.id}#${occasion}` };
  await sns.send(new PublishCommand({ ...publication(topicArn, message), MessageAttributes: { id } }));
}
