import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { isAccessDenied, isTransient } from '../shared/aws-errors';
import type { AwsError } from '../shared/aws-errors';
import { clientSettings } from '../shared/client-settings';
import { systemClock } from '../shared/clock';
import { Patience } from '../shared/patience';
import { rotate } from './rotation';
import type { Credentials, RotationEvent, Secrets } from './rotation';

const client = new SecretsManagerClient(clientSettings);

/** Secrets Manager repeats a rotation that failed; the little things need not come to that. */
const PATIENCE_MS = 30_000;

const secretsWith = (patience: Patience): Secrets => {
  const patiently = <T>(call: () => Promise<T>) =>
    patience.call(call, (error) => isAccessDenied(error) || isTransient(error));
  return {
    describe: async (SecretId) => {
      const command = new DescribeSecretCommand({ SecretId });
      const { RotationEnabled, VersionIdsToStages, Tags } = await patiently(() => client.send(command));
      return {
        rotationEnabled: RotationEnabled === true,
        versions: VersionIdsToStages ?? {},
        tags: Object.fromEntries((Tags ?? []).map(({ Key, Value }) => [Key!, Value!])),
      };
    },

    read: async (SecretId, VersionStage, VersionId) => {
      try {
        const command = new GetSecretValueCommand({ SecretId, VersionStage, VersionId });
        const value = await patiently(() => client.send(command));
        const credentials = JSON.parse(value.SecretString!) as Credentials;
        return { credentials, versionId: value.VersionId!, created: value.CreatedDate!.getTime() };
      } catch (error) {
        if ((error as AwsError).name === 'ResourceNotFoundException') return undefined;
        throw error;
      }
    },

    put: async (SecretId, ClientRequestToken, credentials, stage) => {
      const SecretString = JSON.stringify(credentials);
      const input = { SecretId, ClientRequestToken, SecretString, VersionStages: [stage] };
      await patiently(() => client.send(new PutSecretValueCommand(input)));
    },

    moveCurrent: async (SecretId, MoveToVersionId, RemoveFromVersionId) => {
      const move = { SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId, RemoveFromVersionId };
      await patiently(() => client.send(new UpdateSecretVersionStageCommand(move)));
    },
  };
};

export const handler = async (event: RotationEvent): Promise<void> => {
  // Neither names nor values: the ARN says enough.
  console.log(JSON.stringify({ secret: event.SecretId, step: event.Step }));
  await rotate(event, secretsWith(new Patience(systemClock, PATIENCE_MS)), systemClock);
};
