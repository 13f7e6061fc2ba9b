import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct, IDependable } from 'constructs';
import { OwnPolicyPrincipal, warnNotAdded } from '../private/own-policy';

/** The role that a service works with, and the policy of ours that it has to have before the service starts. */
export interface ServiceRole {
  readonly role: iam.IRole;

  /** Collects statements in a policy of the construct, not of the role. */
  readonly grantee: iam.IGrantable;

  /** That policy, whatever will be granted; none where the role can not be changed. */
  readonly policy: IDependable[];
}

/**
 * The role given, or one that only this service can take, only for resources of this account.
 *
 * @param sourceArn the resources that it is taken for, where the service names them
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
 */
export function serviceRole(
  scope: Construct,
  given: iam.IRole | undefined,
  service: string,
  sourceArn?: string,
): ServiceRole {
  const role =
    given ??
    new iam.Role(scope, 'Role', {
      assumedBy: new iam.ServicePrincipal(service, {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Stack.of(scope).account },
          ...(sourceArn === undefined ? {} : { ArnLike: { 'aws:SourceArn': sourceArn } }),
        },
      }),
    });
  const grantee = OwnPolicyPrincipal.redirect(role, 'Policy', scope);
  const policy = scope.node.tryFindChild('Policy');
  return { role, grantee, policy: policy ? [policy] : [] };
}

export function allow(
  grantee: iam.IGrantable,
  actions: string[],
  resourceArns: string[],
  conditions?: Record<string, Record<string, unknown>>,
): iam.Grant {
  return iam.Grant.addToPrincipal({ grantee, actions, resourceArns, conditions });
}

/** Says what a role that cannot be changed still has to be given. */
export function warnRefused(scope: Construct, { role, grantee }: ServiceRole): void {
  if (grantee instanceof OwnPolicyPrincipal && grantee.refused.length) {
    warnNotAdded(scope, role, grantee.refused);
  }
}
