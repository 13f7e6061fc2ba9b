import { Stack, Validations } from 'aws-cdk-lib';
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
   * The grantee with its statements redirected to one policy per grantee and `key`; the grantee itself where it has no
   * policies (a service, an account).
   *
   * @param scope who owns the policy; a grant called directly puts it below the grantee
   */
  public static redirect(grantee: iam.IGrantable, key: string, scope?: Construct): iam.IGrantable {
    const principal = grantee.grantPrincipal;
    if (principal instanceof iam.UnknownPrincipal) {
      return new OwnPolicyPrincipal(principal); // By itself it would say that all was done.
    }
    if (principal instanceof OwnPolicyPrincipal || !isPolicyHolder(principal)) {
      return grantee;
    }
    const owner = scope ?? principal;
    const policy = (owner.node.tryFindChild(key) as OwnPolicy | undefined) ?? new OwnPolicy(owner, key);
    if (!policy.attached) {
      principal.attachInlinePolicy(policy);
    }
    if (policy.attached) {
      return new OwnPolicyPrincipal(principal, policy);
    }
    // An immutable role or one of another account swallows the call: an unattached policy must not be synthesized.
    owner.node.tryRemoveChild(key);
    return new OwnPolicyPrincipal(principal);
  }

  public readonly grantPrincipal: iam.IPrincipal = this;

  /** What could not be added: somebody else has to. */
  public readonly refused: iam.PolicyStatement[] = [];

  private constructor(
    private readonly principal: iam.IPrincipal,
    private readonly policy?: OwnPolicy,
  ) {}

  public get assumeRoleAction(): string {
    return this.principal.assumeRoleAction;
  }

  public get policyFragment(): iam.PrincipalPolicyFragment {
    return this.principal.policyFragment;
  }

  public get principalAccount(): string | undefined {
    return this.principal.principalAccount;
  }

  public addToPrincipalPolicy(statement: iam.PolicyStatement): iam.AddToPrincipalPolicyResult {
    if (this.policy === undefined) {
      this.refused.push(statement);
      return { statementAdded: false };
    }
    this.policy.addStatements(statement);
    return { statementAdded: true, policyDependable: this.policy };
  }
}

/** Principals of the CDK that are no constructs say who they are. */
interface Named {
  toString(): string;
}

/** Says the statements that could not be added in full: somebody else has to add them. */
export function warnNotAdded(scope: IConstruct, grantee: iam.IGrantable, statements: iam.PolicyStatement[]): void {
  const principal = grantee.grantPrincipal;
  const holder = principal instanceof iam.UnknownPrincipal ? grantee : principal;
  const who = Construct.isConstruct(holder) ? holder.node.path : (holder as Named).toString();
  const json: unknown = Stack.of(scope).resolve(statements.map((statement) => statement.toStatementJson() as unknown));
  Validations.of(scope).addWarning(
    'cdk-msk-macie:MSK-GRANT-NOT-ADDED',
    `the policies of '${who}' can not be changed from here; add to them: ${JSON.stringify(json)}`,
  );
}

/** Says what the policy of a cluster that is not this app's has to allow. */
export function warnPolicyNotChanged(cluster: IConstruct, statement: iam.PolicyStatement): void {
  const json: unknown = Stack.of(cluster).resolve(statement.toStatementJson() as unknown);
  Validations.of(cluster).addWarning(
    'cdk-msk-macie:MSK-CLUSTER-POLICY-NOT-CHANGED',
    `the policy of the cluster '${cluster.node.path}' can not be changed from here; add to it: ${JSON.stringify(json)}`,
  );
}
