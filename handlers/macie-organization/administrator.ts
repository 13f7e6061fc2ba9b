import { createHash } from 'node:crypto';
import type {
  EnableOrganizationAdminAccountCommandInput,
  ListOrganizationAdminAccountsCommandOutput,
} from '@aws-sdk/client-macie2';
import { isAccessDenied, isTransient } from '../shared/aws-errors';
import type { AwsError } from '../shared/aws-errors';
import type { Clock } from '../shared/clock';
import type { CustomResource } from '../shared/custom-resource';
import { Patience } from '../shared/patience';

export interface Properties {
  readonly AdministratorAccountId: string;
}

export interface Administrators {
  list(): Promise<ListOrganizationAdminAccountsCommandOutput>;
  enable(input: EnableOrganizationAdminAccountCommandInput): Promise<unknown>;
  disable(adminAccountId: string): Promise<unknown>;
}

const PATIENCE_MS = 120_000;

/** Nothing of Macie has to be on in the management account, so a denial is one of IAM, which learns late. */
function isWorthWaiting(error: AwsError): boolean {
  return isAccessDenied(error) || isTransient(error);
}

/**
 * `Custom::MacieDelegatedAdministrator`: one account of the organization looks after Macie in this Region.
 *
 * There is one such account. Another one that somebody has named is never replaced: its members would fall apart.
 */
export function delegatedAdministrator(service: Administrators, clock: Clock): CustomResource<Properties> {
  return {
    async ensure(event) {
      const adminAccountId = event.ResourceProperties.AdministratorAccountId;
      const patience = new Patience(clock, PATIENCE_MS);
      const current = () => patience.call(() => currentOf(service), isWorthWaiting);
      let named = await current();
      if (named === undefined) {
        const { StackId, LogicalResourceId, RequestId } = event;
        const clientToken = createHash('sha256').update([StackId, LogicalResourceId, RequestId].join()).digest('hex');
        try {
          // A ValidationException passes: the organization has to hear of the service first.
          await patience.call(
            () => service.enable({ adminAccountId, clientToken: clientToken.slice(0, 32) }),
            (error) => isWorthWaiting(error) || error.name === 'ValidationException',
          );
          named = adminAccountId;
        } catch (error) {
          if ((error as AwsError).name !== 'ConflictException') throw error;
          named = await current(); // somebody was faster, or our own answer got lost
        }
      }
      if (named !== adminAccountId) {
        throw new Error(
          `account ${named} is the administrator of Macie for this organization and Region; ` +
            `take it back there before ${adminAccountId} is named, and the members are kept as accounts of their own`,
        );
      }
      const [, , , region] = event.StackId.split(':');
      return { physicalResourceId: `macie-administrator/${adminAccountId}/${region}` };
    },

    async remove(event) {
      const { AdministratorAccountId } = event.ResourceProperties;
      const patience = new Patience(clock, PATIENCE_MS);
      const named = await patience.call(() => currentOf(service), isWorthWaiting);
      if (named !== AdministratorAccountId) return;
      await patience
        .call(() => service.disable(AdministratorAccountId), isWorthWaiting)
        .catch((error: AwsError) => {
          if (error.name !== 'ResourceNotFoundException') throw error;
        });
    },
  };
}

async function currentOf(service: Administrators): Promise<string | undefined> {
  const { adminAccounts = [] } = await service.list();
  return adminAccounts.find(({ status }) => status === 'ENABLED')?.accountId;
}
