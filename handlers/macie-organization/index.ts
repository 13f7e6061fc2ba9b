import {
  CreateMemberCommand,
  DescribeOrganizationConfigurationCommand,
  DisableOrganizationAdminAccountCommand,
  EnableOrganizationAdminAccountCommand,
  ListMembersCommand,
  ListOrganizationAdminAccountsCommand,
  Macie2Client,
  UpdateOrganizationConfigurationCommand,
} from '@aws-sdk/client-macie2';
import { ListAccountsCommand, OrganizationsClient } from '@aws-sdk/client-organizations';
import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { clientSettings } from '../shared/client-settings';
import { systemClock } from '../shared/clock';
import { customResourceHandler } from '../shared/custom-resource';
import { delegatedAdministrator } from './administrator';
import { organization } from './organization';

const macie = new Macie2Client(clientSettings);
const organizations = new OrganizationsClient(clientSettings);

const administrator = customResourceHandler(
  delegatedAdministrator(
    {
      list: () => macie.send(new ListOrganizationAdminAccountsCommand({})),
      enable: (input) => macie.send(new EnableOrganizationAdminAccountCommand(input)),
      disable: (adminAccountId) => macie.send(new DisableOrganizationAdminAccountCommand({ adminAccountId })),
    },
    systemClock,
  ),
);

const members = customResourceHandler(
  organization(
    {
      read: () => macie.send(new DescribeOrganizationConfigurationCommand({})),
      update: (autoEnable) => macie.send(new UpdateOrganizationConfigurationCommand({ autoEnable })),
      members: (nextToken) => macie.send(new ListMembersCommand({ onlyAssociated: 'true', nextToken, maxResults: 25 })),
      add: (accountId, email) => macie.send(new CreateMemberCommand({ account: { accountId, email } })),
      accounts: (NextToken) => organizations.send(new ListAccountsCommand({ NextToken })),
    },
    systemClock,
  ),
);

export const handler = (event: CloudFormationCustomResourceEvent<never>, context: Context): Promise<void> =>
  event.ResourceType === 'Custom::MacieDelegatedAdministrator'
    ? administrator(event, context)
    : members(event, context);
