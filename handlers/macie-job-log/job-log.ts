import { isAccessDenied, isTransient } from '../shared/aws-errors';
import type { AwsError } from '../shared/aws-errors';
import type { Clock } from '../shared/clock';
import type { CustomResource } from '../shared/custom-resource';
import { Patience } from '../shared/patience';

export interface Properties {
  readonly LogGroupName: string;
  /** For a group that is made here; that of one which is there already is somebody's choice. */
  readonly RetentionInDays?: string;
}

export interface Calls {
  create(logGroupName: string): Promise<unknown>;
  retain(logGroupName: string, days: number): Promise<unknown>;
}

const PATIENCE_MS = 60_000;

/** The policy of the function is as young as the resource; `OperationAbortedException`: somebody else is at it. */
function isWorthWaiting(error: AwsError): boolean {
  return isAccessDenied(error) || isTransient(error) || error.name === 'OperationAbortedException';
}

/**
 * `Custom::MacieJobLog`: the log group of classification jobs is there.
 *
 * Macie makes it with the first job, and uses the one that is there. It holds the history of all jobs of the account, so
 * it outlives this resource: `AWS::Logs::LogGroup` would fail where it is there, and delete it.
 */
export function jobLog(calls: Calls, clock: Clock): CustomResource<Properties> {
  return {
    async ensure({ ResourceProperties: { LogGroupName: logGroupName, RetentionInDays } }) {
      const patience = new Patience(clock, PATIENCE_MS);
      const isNew = await patience
        .call(() => calls.create(logGroupName), isWorthWaiting)
        .then(() => true)
        .catch((error: AwsError) => {
          if (error.name === 'ResourceAlreadyExistsException') return false;
          throw error;
        });
      if (isNew && RetentionInDays !== undefined) {
        await patience.call(() => calls.retain(logGroupName, Number(RetentionInDays)), isWorthWaiting);
      }
      return { physicalResourceId: logGroupName };
    },
  };
}
