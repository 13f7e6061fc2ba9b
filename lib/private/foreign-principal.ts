import { Stack, Token, TokenComparison } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { Construct } from 'constructs';
import { validationError } from './errors';

/** Whether a grantee certainly belongs to another account than what it is granted. */
export function isForeign(grantee: iam.IGrantable, resource: IConstruct): boolean {
  const { principalAccount } = grantee.grantPrincipal;
  return (
    principalAccount !== undefined &&
    Token.compareStrings(principalAccount, (resource as { env?: { account: string } }).env?.account ?? '') ===
      TokenComparison.DIFFERENT &&
    !Token.isUnresolved(principalAccount)
  );
}

/**
 * How the policy of a resource names a role or user of another account: by the account, and by its ARN in a condition.
 * A policy that named it as principal could not be written before it exists, and would name nobody once it was made anew.
 */
export function foreignPrincipal(grantee: iam.IGrantable, scope: IConstruct): ForeignPrincipal {
  const principal = grantee.grantPrincipal;
  const account = principal.principalAccount!;
  const arn = arnOf(principal);
  if (arn !== undefined && Token.isUnresolved(arn)) {
    throw validationError(
      'GranteeNameUnknown',
      `'${(principal as unknown as IConstruct).node.path}' is in another account, whose policies have to name it before it exists: ` +
        'give it a `roleName`',
      scope,
    );
  }
  return {
    principal: new iam.AccountPrincipal(account),
    // Those of an account with conditions say who of it: without them it would be everybody.
    conditions: arn === undefined ? principal.policyFragment.conditions : { ArnEquals: { 'aws:PrincipalArn': arn } },
  };
}

/** For a statement in the policy of a resource. */
export interface ForeignPrincipal {
  readonly principal: iam.IPrincipal;
  readonly conditions: iam.Conditions;
}

/** The ARN of a role or user, from its physical name where it is of this app; undefined for an account. */
function arnOf(principal: iam.IPrincipal): string | undefined {
  if (!Construct.isConstruct(principal)) {
    return undefined;
  }
  const { roleArn, roleName } = principal as unknown as Partial<iam.IRole>;
  if (roleArn !== undefined && !Token.isUnresolved(roleArn)) {
    return roleArn;
  }
  const name = (principal as unknown as { physicalName?: string }).physicalName ?? roleName;
  return Stack.of(principal).formatArn({
    service: 'iam',
    region: '',
    account: principal.principalAccount,
    resource: 'role',
    resourceName: name,
  });
}
