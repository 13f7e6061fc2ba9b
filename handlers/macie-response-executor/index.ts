import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { clientSettings } from '../shared/client-settings';
import { systemClock } from '../shared/clock';
import { Claims } from '../shared/response-claims';
import { Ledger } from '../shared/response-ledger';
import { discreet, report } from '../shared/response-log';
import { bucketTags } from './bucket-tags';
import type { Action } from './change';
import { Executor } from './executor';
import type { StepEvent } from './executor';
import { objectTags } from './object-tags';
import type { S3For } from './objects';
import { publicAccessBlock } from './public-access';
import { copyAction, moveAction } from './quarantine';
import type { QuarantineOptions } from './quarantine';

const {
  ACCOUNT = '',
  ACTION = '',
  CLAIMS_TABLE = '',
  LEDGER_TABLE = '',
  MEMBER_ROLE,
  OPTIONS = '{}',
  ROLE = '',
} = process.env;

const dynamo = new DynamoDBClient(clientSettings);
const claims = new Claims(dynamo, CLAIMS_TABLE, systemClock);
// Copies are compared here, by bytes or by what the service itself computed of both.
const s3Settings = { maxAttempts: 1, responseChecksumValidation: 'WHEN_REQUIRED' } as const;
const s3 = new S3Client(s3Settings);
const sts = new STSClient(clientSettings);

/** The buckets of the own account with the function's role, those of a member with the role that it offers. */
const s3For: S3For = async ({ accountId }) => {
  if (accountId === ACCOUNT) return s3;
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({ RoleArn: MEMBER_ROLE?.replace('ACCOUNT', accountId), RoleSessionName: 'macie-response' }),
  );
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken } = Credentials ?? {};
  const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  return new S3Client({ ...s3Settings, credentials });
};

const quarantined = () => ({
  ...(JSON.parse(OPTIONS) as QuarantineOptions),
  s3For,
  ownAccount: ACCOUNT,
  clock: systemClock,
});

const ACTIONS: Record<string, () => Action> = {
  RESTRICT: () => objectTags('RESTRICT', s3For, () => ({ 'macie-response:restricted': 'true' })),
  TAG: () =>
    objectTags('TAG', s3For, ({ severity, found }) => ({
      'macie-response:severity': severity,
      'macie-response:found': found,
    })),
  TAG_BUCKET: () => bucketTags(s3For, claims),
  COPY: () => copyAction(quarantined()),
  MOVE: () => moveAction(quarantined()),
  BLOCK_PUBLIC_ACCESS: () => publicAccessBlock(s3For, claims),
};

const executor = new Executor({
  action: ACTIONS[ACTION](),
  claims,
  ledger: new Ledger(dynamo, LEDGER_TABLE),
  clock: systemClock,
  actor: ROLE,
});

export async function handler(event: StepEvent): Promise<{ outcome: string }> {
  const { caseId, step, undo } = event;
  try {
    const { outcome } = await executor.run(event);
    report({ [`Step${outcome}`]: 1 }, { caseId, step: String(step), phase: undo ? 'UNDO' : 'APPLY', outcome });
    return { outcome };
  } catch (error) {
    throw discreet(error, ACTION);
  }
}
