import { callAws, SERVICES } from '../shared/aws-call';
import { isAccessDenied, isTransient } from '../shared/aws-errors';
import type { AwsError } from '../shared/aws-errors';
import { systemClock } from '../shared/clock';
import { Patience } from '../shared/patience';
import { rotate } from './rotation';
import type { Credentials, RotationEvent, Secrets } from './rotation';

interface Description {
  readonly RotationEnabled?: boolean;
  readonly VersionIdsToStages?: Record<string, string[]>;
  readonly Tags?: { readonly Key: string; readonly Value: string }[];
}

interface Value {
  readonly SecretString: string;
  readonly VersionId: string;
  /** Seconds since 1970. */
  readonly CreatedDate: number;
}

/** Secrets Manager repeats a rotation that failed; the little things need not come to that. */
const PATIENCE_MS = 30_000;

const secretsWith = (patience: Patience): Secrets => {
  const call = <T>(operation: string, input: object) =>
    patience.call(
      () => callAws(SERVICES.secretsmanager, operation, input) as Promise<T>,
      (error) => isAccessDenied(error) || isTransient(error),
    );
  return {
    describe: async (SecretId) => {
      const { RotationEnabled, VersionIdsToStages, Tags } = await call<Description>('DescribeSecret', { SecretId });
      return {
        rotationEnabled: RotationEnabled === true,
        versions: VersionIdsToStages ?? {},
        tags: Object.fromEntries((Tags ?? []).map(({ Key, Value }) => [Key, Value])),
      };
    },

    read: async (SecretId, VersionStage, VersionId) => {
      try {
        const value = await call<Value>('GetSecretValue', { SecretId, VersionStage, VersionId });
        const credentials = JSON.parse(value.SecretString) as Credentials;
        return { credentials, versionId: value.VersionId, created: value.CreatedDate * 1000 };
      } catch (error) {
        if ((error as AwsError).name === 'ResourceNotFoundException') return undefined;
        throw error;
      }
    },

    put: async (SecretId, ClientRequestToken, credentials, stage) => {
      const SecretString = JSON.stringify(credentials);
      await call('PutSecretValue', { SecretId, ClientRequestToken, SecretString, VersionStages: [stage] });
    },

    moveCurrent: async (SecretId, MoveToVersionId, RemoveFromVersionId) => {
      const move = { SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId, RemoveFromVersionId };
      await call('UpdateSecretVersionStage', move);
    },
  };
};

export const handler = async (event: RotationEvent): Promise<void> => {
  // Neither names nor values: the ARN says enough.
  console.log(JSON.stringify({ secret: event.SecretId, step: event.Step }));
  await rotate(event, secretsWith(new Patience(systemClock, PATIENCE_MS)), systemClock);
};
