import { ArnFormat, Duration, Stack, Token } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { waitForSession } from '../after-session';
import type { IMacieSession } from '../macie-session';
import { HandledResource } from '../../private/custom-resource';
import { checkAtSynth } from '../../private/checks';
import { validationError } from '../../private/errors';
import { injectable } from '../../private/injectable';
import { requireOnly } from '../../private/singleton';

/** How the accounts of an organization become members. */
export interface MacieOrganizationProps {
  /**
   * Whether Macie is turned on in accounts that join the organization.
   *
   * @default true
   */
  readonly autoEnable?: boolean;

  /**
   * Whether all active accounts that the organization has when this is deployed become members.
   *
   * @default true
   */
  readonly addMembers?: boolean;

  /**
   * Accounts that are not made members, by their twelve digits; those that are members stay so.
   *
   * The management account can be one only after it has turned Macie on itself.
   *
   * @default - none
   */
  readonly excludedAccountIds?: string[];

  /**
   * The session that it waits for.
   *
   * @default - the session of the same stack, if there is one
   */
  readonly session?: IMacieSession;
}

/**
 * Makes the accounts of the organization members of Macie, and new ones by themselves.
 *
 * The second of three parts, for the account that `MacieDelegatedAdministrator` has named. Accounts and their mail
 * addresses are asked of the organization when it is deployed, so that none is in a template. Another deployment that
 * changes a property asks anew. Removing the construct undoes nothing.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/accounts-mgmt-ao-integrate.html
 */
@injectable
export class MacieOrganization extends Construct {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.MacieOrganization';

  constructor(scope: Construct, id: string, props: MacieOrganizationProps = {}) {
    super(scope, id);
    requireOnly(
      this,
      'MACIE-ORGANIZATION-SINGLE',
      'the members of one administrator and Region',
      (other) => other instanceof MacieOrganization,
    );
    const { autoEnable = true, addMembers = true, excludedAccountIds } = props;
    const wrong = excludedAccountIds?.find((account) => !Token.isUnresolved(account) && !/^\d{12}$/.test(account));
    if (wrong !== undefined) {
      throw validationError('MACIE-ORGANIZATION-ACCOUNT', `'${wrong}' is not the twelve digits of an account`, this);
    }
    const member = {
      service: 'macie2',
      resource: 'member',
      resourceName: '*',
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    };
    const { resource } = new HandledResource(this, 'Resource', {
      handler: 'macie-organization',
      resourceType: 'Custom::MacieOrganization',
      properties: { AutoEnable: autoEnable, AddMembers: addMembers, ExcludedAccountIds: excludedAccountIds },
      timeout: Duration.minutes(15),
      statements: [
        new iam.PolicyStatement({
          actions: [
            'macie2:DescribeOrganizationConfiguration',
            'macie2:UpdateOrganizationConfiguration',
            ...(addMembers ? ['macie2:ListMembers', 'organizations:ListAccounts'] : []),
          ],
          resources: ['*'], // none of these knows a resource
        }),
        ...(addMembers
          ? [
              new iam.PolicyStatement({
                actions: ['macie2:CreateMember'],
                resources: [Stack.of(this).formatArn(member)], // whose ids are those of accounts nobody knows yet
              }),
            ]
          : []),
      ],
    });
    const cfn = resource.node.defaultChild as CfnResource;
    waitForSession(cfn, props.session);
    checkAtSynth(this, [{ resource: cfn }]);
  }
}
