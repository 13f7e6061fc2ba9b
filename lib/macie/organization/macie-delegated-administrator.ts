import { RemovalPolicy, Token } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { HandledResource } from '../../private/custom-resource';
import { checkAtSynth } from '../../private/checks';
import { validationError } from '../../private/errors';
import { injectable } from '../../private/injectable';
import { MACIE } from '../../private/macie-service-role';
import { requireOnly } from '../../private/singleton';

/** Who looks after Macie for an organization. */
export interface MacieDelegatedAdministratorProps {
  /** The account, by its twelve digits: one of the organization, the same in every Region, and not the managing one. */
  readonly administratorAccountId: string;

  /**
   * What becomes of the designation when the construct is removed.
   *
   * `DESTROY` takes it back: its members are accounts of their own again, with Macie on.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Makes an account of the organization the administrator of Macie in the Region of the stack.
 *
 * The first of three parts, for the management account: it designates, and turns Macie on in the account that it names.
 * The second is `MacieOrganization` in that account. Members do nothing. Where another account is designated already,
 * the deployment fails and names it.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/accounts-mgmt-ao-integrate.html
 */
@injectable
export class MacieDelegatedAdministrator extends Construct {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.MacieDelegatedAdministrator';

  constructor(scope: Construct, id: string, props: MacieDelegatedAdministratorProps) {
    super(scope, id);
    requireOnly(
      this,
      'MACIE-ADMINISTRATOR-SINGLE',
      'designations of the administrator of Macie in one Region',
      (other) => other instanceof MacieDelegatedAdministrator,
    );
    const { administratorAccountId } = props;
    if (!Token.isUnresolved(administratorAccountId) && !/^\d{12}$/.test(administratorAccountId)) {
      throw validationError(
        'MACIE-ADMINISTRATOR-ACCOUNT',
        `administratorAccountId is '${administratorAccountId}'; it has to be the twelve digits of an account`,
        this,
      );
    }
    const forMacie = { StringEquals: { 'organizations:ServicePrincipal': MACIE } };
    const { resource } = new HandledResource(this, 'Resource', {
      handler: 'macie-organization',
      resourceType: 'Custom::MacieDelegatedAdministrator',
      properties: { AdministratorAccountId: administratorAccountId },
      // None of these knows a resource but the third, which knows all accounts.
      statements: [
        new iam.PolicyStatement({
          actions: [
            'macie2:DisableOrganizationAdminAccount',
            'macie2:EnableOrganizationAdminAccount',
            'macie2:ListOrganizationAdminAccounts',
            'organizations:DescribeOrganization',
            'organizations:ListAWSServiceAccessForOrganization',
          ].slice(props.removalPolicy === RemovalPolicy.DESTROY ? 0 : 1),
          resources: ['*'],
        }),
        new iam.PolicyStatement({
          actions: [
            'organizations:EnableAWSServiceAccess',
            'organizations:RegisterDelegatedAdministrator',
            ...(props.removalPolicy === RemovalPolicy.DESTROY
              ? ['organizations:DeregisterDelegatedAdministrator']
              : []),
          ],
          resources: ['*'],
          conditions: forMacie,
        }),
      ],
    });
    const cfn = resource.node.defaultChild as CfnResource;
    cfn.applyRemovalPolicy(props.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    checkAtSynth(this, [{ resource: cfn }]);
  }
}
