import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { ClusterIdentity, Resolve, Statement, Template } from '../kafka';
import { resourcesOf, roleStatements } from '../kafka';

export type Decision = 'Allowed' | 'ExplicitlyDenied' | 'ImplicitlyDenied';

export interface RoleOptions {
  readonly roleId: string;
  readonly identity: Pick<ClusterIdentity, 'partition' | 'account'>;
  readonly resolve: Resolve;
}

/** Asks an IAM simulator what a role of a template may do, with all that the template attaches to it. */
export class SimulatedRole {
  readonly statements: readonly Statement[];
  private readonly principal: string;
  private readonly account: string;

  constructor(template: Template, { roleId, identity, resolve }: RoleOptions) {
    this.statements = roleStatements(template, roleId).map((statement) => resolve(statement));
    this.account = identity.account;
    this.principal = `arn:${identity.partition}:iam::${identity.account}:role/${roleId}`;
  }

  /** Throws where the question makes no sense, such as an action on a resource of another kind. */
  async decide(action: string, resource: string, contextVariables: Record<string, string> = {}): Promise<Decision> {
    const answer = await runSimulation(
      {
        request: {
          principal: this.principal,
          action,
          resource: { resource, accountId: this.account },
          contextVariables,
        },
        identityPolicies: [{ name: 'attached', policy: { Version: '2012-10-17', Statement: this.statements } }],
        serviceControlPolicies: [],
        resourceControlPolicies: [],
      },
      {},
    );
    if (answer.resultType === 'error') {
      throw new Error(`${action} on ${resource}: ${JSON.stringify(answer.errors)}`);
    }
    return answer.overallResult;
  }
}

/** The role of a function of a template. */
export function roleIdOf(template: Template, functionId: string): string {
  const role = template.Resources[functionId]?.Properties?.Role?.['Fn::GetAtt']?.[0];
  if (!resourcesOf(template, 'AWS::IAM::Role').some(([id]) => id === role)) {
    throw new Error(`${functionId} is no function with a role of the template`);
  }
  return role;
}
