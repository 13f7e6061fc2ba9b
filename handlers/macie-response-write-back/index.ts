import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchUpdateFindingsCommand, GetFindingsCommand, SecurityHubClient } from '@aws-sdk/client-securityhub';
import type { StringFilter } from '@aws-sdk/client-securityhub';
import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { clientSettings } from '../shared/client-settings';
import { systemClock } from '../shared/clock';
import { Claims } from '../shared/response-claims';
import { Ledger } from '../shared/response-ledger';
import { discreet, report } from '../shared/response-log';
import type { WriteBack } from '../shared/response-write-back';
import { writeBack } from './write-back';
import type { WriterParts } from './write-back';

const { CLAIMS_TABLE = '', LEDGER_TABLE = '' } = process.env;

const dynamo = new DynamoDBClient(clientSettings);
const securityHub = new SecurityHubClient(clientSettings);
const equal = (Value: string): StringFilter[] => [{ Value, Comparison: 'EQUALS' }];

const parts: WriterParts = {
  claims: new Claims(dynamo, CLAIMS_TABLE, systemClock),
  ledger: new Ledger(dynamo, LEDGER_TABLE),
  async findings(accountId, findingId) {
    const Filters = { ProductName: equal('Macie'), AwsAccountId: equal(accountId), Id: equal(findingId) };
    const { Findings = [] } = await securityHub.send(new GetFindingsCommand({ Filters }));
    return Findings;
  },
  update: (input) => securityHub.send(new BatchUpdateFindingsCommand(input)),
};

/** What failed or is not there yet comes back to the queue, and after some hours to its dead letters. */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const batchItemFailures: SQSBatchItemFailure[] = [];
  for (const { messageId, body } of Records) {
    const wanted = JSON.parse(body) as WriteBack;
    const ids = { caseId: wanted.caseId, messageId };
    try {
      const outcome = await writeBack(wanted, parts);
      report({ [`WriteBack${outcome}`]: 1 }, { ...ids, outcome });
    } catch (error) {
      report({ WriteBackFailed: 1 }, { ...ids, error: discreet(error, 'writing back').message });
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
}
