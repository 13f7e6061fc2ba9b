import { ServiceError } from './server';
import type { Behaviours } from './server';

/** An organization as Macie sees it, from the management account and from that of the administrator. */
export class MacieOrganizationState {
  public administrator?: string;
  public autoEnable = false;
  public on = true;
  /** By account. */
  public readonly members = new Map<string, { status: string; email?: string }>();
  public accounts: { Id: string; Email: string; State: string }[] = [];

  public readonly macie: Behaviours = {
    ListOrganizationAdminAccounts: () => ({
      adminAccounts: this.administrator ? [{ accountId: this.administrator, status: 'ENABLED' }] : [],
    }),
    EnableOrganizationAdminAccount: ({ adminAccountId }) => {
      if (this.administrator) throw new ServiceError('ConflictException', 'there is an administrator');
      this.administrator = adminAccountId;
    },
    DisableOrganizationAdminAccount: ({ adminAccountId }) => {
      if (this.administrator !== adminAccountId) throw new ServiceError('ResourceNotFoundException', 'no such account');
      this.administrator = undefined;
    },
    DescribeOrganizationConfiguration: () => {
      if (!this.on) throw new ServiceError('AccessDeniedException', 'Macie is not enabled');
      return { autoEnable: this.autoEnable, maxAccountLimitReached: false };
    },
    UpdateOrganizationConfiguration: ({ autoEnable }) => {
      this.autoEnable = autoEnable;
    },
    ListMembers: ({ nextToken = '0', maxResults }) => {
      const all = [...this.members].map(([accountId, { status }]) => ({ accountId, relationshipStatus: status }));
      const end = Number(nextToken) + maxResults;
      return { members: all.slice(Number(nextToken), end), ...(end < all.length ? { nextToken: String(end) } : {}) };
    },
    CreateMember: ({ account: { accountId, email } }) => {
      if (this.members.get(accountId)?.status === 'Enabled') throw new ServiceError('ConflictException', 'is a member');
      this.members.set(accountId, { status: 'Enabled', email });
      return { arn: `arn:aws:macie2:eu-west-1:123456789012:member/${accountId}` };
    },
  };

  public readonly organizations: Behaviours = {
    ListAccounts: ({ NextToken = '0' }) => {
      const start = Number(NextToken);
      const page = this.accounts.slice(start, start + 2);
      return { Accounts: page, ...(start + 2 < this.accounts.length ? { NextToken: String(start + 2) } : {}) };
    },
  };
}
