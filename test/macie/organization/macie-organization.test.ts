import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { MacieDelegatedAdministrator, MacieOrganization } from '../../../lib/macie';
import { app } from '../../support/fixtures';

function stackOf(): Stack {
  return new Stack(app(), 'Stack', { env: { account: '123456789012', region: 'eu-west-1' } });
}

describe('the organization', () => {
  test('[169] the management account designates, and keeps what it designated', () => {
    const stack = stackOf();
    new MacieDelegatedAdministrator(stack, 'Administrator', { administratorAccountId: '111111111111' });
    const template = Template.fromStack(stack);
    template.hasResource('Custom::MacieDelegatedAdministrator', {
      Properties: { AdministratorAccountId: '111111111111' },
      DeletionPolicy: 'RetainExceptOnCreate',
    });
    expect(JSON.stringify(template)).not.toContain('DisableOrganizationAdminAccount');
    expect(() => new MacieDelegatedAdministrator(stack, 'Other', { administratorAccountId: '1' })).toThrow(/SINGLE/);
    expect(() => new MacieDelegatedAdministrator(stackOf(), 'A', { administratorAccountId: '1' })).toThrow(
      /'1'; it has to be/,
    );
  });

  test('[170] [171] the administrator configures, with no mail address in the template', () => {
    const stack = stackOf();
    new MacieOrganization(stack, 'Organization', { excludedAccountIds: ['222222222222'] });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('Custom::MacieOrganization', {
      AutoEnable: true,
      AddMembers: true,
      ExcludedAccountIds: ['222222222222'],
    });
    expect(JSON.stringify(template)).not.toContain('@');
    expect(() => new MacieOrganization(stackOf(), 'O', { excludedAccountIds: ['x'] })).toThrow(
      /'x' is not the twelve digits/,
    );
  });

  test('[170] without members nothing may be asked of the organization', () => {
    const stack = stackOf();
    new MacieOrganization(stack, 'Organization', { addMembers: false });
    expect(JSON.stringify(Template.fromStack(stack))).not.toMatch(/organizations:|CreateMember/);
  });
});
