import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetFindingsCommand, Macie2Client } from '@aws-sdk/client-macie2';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { AwsError } from '../shared/aws-errors';
import { clientSettings } from '../shared/client-settings';
import { systemClock } from '../shared/clock';
import { Claims } from '../shared/response-claims';
import { writeBackTo } from '../shared/response-write-back';
import { Dispatcher } from './dispatcher';

const macie = new Macie2Client(clientSettings);
export const stepFunctions = new SFNClient(clientSettings);

const { CLAIMS_TABLE = '', ACCOUNT = '', OWN_BUCKETS, WRITE_BACK_QUEUE } = process.env;
const { BUDGET_PER_BUCKET, BUDGET_PER_ACCOUNT } = process.env;

export const claims = new Claims(new DynamoDBClient(clientSettings), CLAIMS_TABLE, systemClock);

export const dispatcher = new Dispatcher({
  claims,
  start,
  clock: systemClock,
  writeBack: writeBackTo(WRITE_BACK_QUEUE),
  ownAccount: ACCOUNT,
  ownBuckets: OWN_BUCKETS?.split(',') ?? [],
  budget: { perBucket: Number(BUDGET_PER_BUCKET), perAccount: Number(BUDGET_PER_ACCOUNT) },
  async findings(findingIds) {
    const { findings = [] } = await macie.send(new GetFindingsCommand({ findingIds }));
    return findings;
  },
});

/** An execution by the same name is the same one, running or long over. */
export async function start(stateMachineArn: string, name: string, input: string): Promise<void> {
  try {
    await stepFunctions.send(new StartExecutionCommand({ stateMachineArn, name, input }));
  } catch (error) {
    if ((error as AwsError).name !== 'ExecutionAlreadyExists') throw error;
  }
}
