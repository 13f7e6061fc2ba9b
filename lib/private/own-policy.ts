import * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { Construct } from 'constructs';

/** Roles, users and groups: whoever an inline policy can be attached to. */
interface PolicyHolder extends iam.IPrincipal, IConstruct {
  attachInlinePolicy(policy: iam.Policy): void;
}

function isPolicyHolder(principal: iam.IPrincipal): principal is PolicyHolder {
  return Construct.isConstruct(principal) && 'attachInlinePolicy' in principal;
}

/** A policy that knows whether anybody holds it. */
class OwnPolicy extends iam.Policy {
  public attached = false;

  public override attachToRole(role: iam.IRole): void {
    super.attachToRole(role);
    this.attached = true;
  }

  public override attachToUser(user: iam.IUser): void {
    super.attachToUser(user);
    this.attached = true;
  }

  public override attachToGroup(group: iam.IGroup): void {
    super.attachToGroup(group);
    this.attached = true;
  }
}

/**
 * Stands in for a principal and collects what is granted to it in one policy of ours.
 *
 * A role's default policy belongs to the role's stack and to everybody who grants anything; a statement about a
 * cluster in it makes the role wait for the cluster and, over two stacks, a cycle. A policy of its own depends on the
 * cluster without pulling the role along.
 */
export class OwnPolicyPrincipal implements iam.IPrincipal {
  /**
   * The grantee with its statements redirected to one policy per grantee and `key`; the grantee itself where it takes
   * no inline policy (a service, another account).
   *
   * @param scope who owns the policy; a grant called directly puts it below the grantee
   */
  public static redirect(grantee: iam.IGrantable, key: string, scope?: Construct): iam.IGrantable {
    const principal = grantee.grantPrincipal;
    if (principal instanceof OwnPolicyPrincipal || !isPolicyHolder(principal)) {
      return grantee;
    }
    const owner = scope ?? principal;
    const existing = owner.node.tryFindChild(key) as OwnPolicy | undefined;
    return new OwnPolicyPrincipal(principal, existing ?? new OwnPolicy(owner, key));
  }

  public readonly assumeRoleAction: string;
  public readonly grantPrincipal: iam.IPrincipal = this;
  public readonly policyFragment: iam.PrincipalPolicyFragment;
  public readonly principalAccount: string | undefined;

  private constructor(
    private readonly holder: PolicyHolder,
    private readonly policy: OwnPolicy,
  ) {
    this.assumeRoleAction = holder.assumeRoleAction;
    this.policyFragment = holder.policyFragment;
    this.principalAccount = holder.principalAccount;
    if (!policy.attached) {
      holder.attachInlinePolicy(policy);
    }
    if (!policy.attached) {
      // An immutable role or one of another account swallows the call: an unattached policy must not be synthesized.
      policy.node.scope?.node.tryRemoveChild(policy.node.id);
    }
  }

  public addToPrincipalPolicy(statement: iam.PolicyStatement): iam.AddToPrincipalPolicyResult {
    if (!this.policy.attached) {
      return { statementAdded: false };
    }
    this.policy.addStatements(statement);
    return { statementAdded: true, policyDependable: this.policy };
  }

  /** @deprecated the interface of the CDK still asks for it */
  public addToPolicy(statement: iam.PolicyStatement): boolean {
    return this.addToPrincipalPolicy(statement).statementAdded;
  }

  /** Where a warning about this principal belongs. */
  public get construct(): IConstruct {
    return this.holder;
  }
}
