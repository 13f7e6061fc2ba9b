import type { DescribeOrganizationConfigurationCommandOutput, ListMembersCommandOutput } from '@aws-sdk/client-macie2';
import type { ListAccountsCommandOutput } from '@aws-sdk/client-organizations';
import { isAccessDenied, isTransient } from '../shared/aws-errors';
import type { AwsError } from '../shared/aws-errors';
import type { Clock } from '../shared/clock';
import type { CustomResource } from '../shared/custom-resource';
import { explained, isWorthWaitingOnceOn } from '../shared/macie-denial';
import { Patience } from '../shared/patience';

export interface Properties {
  readonly AutoEnable: string;
  readonly AddMembers: string;
  readonly ExcludedAccountIds?: readonly string[];
}

export interface OrganizationCalls {
  read(): Promise<DescribeOrganizationConfigurationCommandOutput>;
  update(autoEnable: boolean): Promise<unknown>;
  members(nextToken?: string): Promise<ListMembersCommandOutput>;
  add(accountId: string, email: string): Promise<unknown>;
  accounts(nextToken?: string): Promise<ListAccountsCommandOutput>;
}

const PATIENCE_MS = 120_000;

/** Kept of the quarter of an hour that a function has. */
const WORK_MS = 13 * 60_000;

/** Macie takes a member a second, more or less. */
const PAUSE_MS = 1_000;

/** Members that work, or would as soon as their account is let. */
const THERE = new Set(['Enabled', 'Paused', 'Created', 'RegionDisabled', 'AccountSuspended']);

/**
 * `Custom::MacieOrganization`: accounts of the organization are members, new ones by themselves.
 *
 * Who is in the organization, and by which mail address, is asked when it is deployed. Nothing is undone: an account that
 * is no member any more would be without Macie's eyes.
 */
export function organization(service: OrganizationCalls, clock: Clock): CustomResource<Properties> {
  return {
    async ensure(event) {
      const started = clock.now();
      const { AutoEnable, AddMembers, ExcludedAccountIds = [] } = event.ResourceProperties;
      const patience = new Patience(clock, PATIENCE_MS);
      const isWorthWaiting = (error: AwsError) =>
        isWorthWaitingOnceOn(error) || isAccessDenied(error) || isTransient(error);
      const [, , , region, account] = event.StackId.split(':');
      try {
        const { autoEnable } = await patience.call(() => service.read(), isWorthWaiting);
        const wanted = AutoEnable === 'true';
        if (autoEnable !== wanted) await patience.call(() => service.update(wanted), isWorthWaiting);
        if (AddMembers === 'true') {
          const members = new Set(await all((token) => patience.call(() => service.members(token), isWorthWaiting)));
          const accounts = await everyAccount((token) => patience.call(() => service.accounts(token), isWorthWaiting));
          const excluded = new Set([account, ...ExcludedAccountIds]);
          const missing = accounts.filter(({ Id }) => !members.has(Id) && !excluded.has(Id));
          for (const [index, { Id, Email }] of missing.entries()) {
            if (clock.now() - started > WORK_MS) {
              throw new Error(
                `${missing.length - index} of ${missing.length} accounts are left: deploy again to go on`,
              );
            }
            if (index > 0) await clock.sleep(PAUSE_MS);
            await new Patience(clock, PATIENCE_MS)
              .call(() => service.add(Id, Email), isTransient)
              .catch((error: AwsError) => {
                if (error.name !== 'ConflictException') throw nameless(error, Id);
              });
          }
          console.log(JSON.stringify({ membersAdded: missing.length }));
        }
      } catch (error) {
        throw explained(error as AwsError);
      }
      return { physicalResourceId: `macie-organization/${account}/${region}` };
    },
  };
}

/** Words of the service could repeat the mail address. */
function nameless({ name }: AwsError, accountId: string): Error {
  return Object.assign(new Error(`account ${accountId} could not be made a member`), { name });
}

async function all(page: (token?: string) => Promise<ListMembersCommandOutput>): Promise<string[]> {
  const found: string[] = [];
  let token: string | undefined;
  do {
    const { members = [], nextToken } = await page(token);
    found.push(
      ...members.flatMap(({ accountId, relationshipStatus }) =>
        THERE.has(relationshipStatus ?? '') && accountId ? [accountId] : [],
      ),
    );
    token = nextToken;
  } while (token);
  return found;
}

async function everyAccount(page: (token?: string) => Promise<ListAccountsCommandOutput>) {
  const found: { readonly Id: string; readonly Email: string }[] = [];
  let token: string | undefined;
  do {
    const { Accounts = [], NextToken } = await page(token);
    for (const { Id, Email, State } of Accounts) if (State === 'ACTIVE') found.push({ Id: Id!, Email: Email! });
    token = NextToken;
  } while (token);
  return found;
}
