import { Lazy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as msk from 'aws-cdk-lib/aws-msk';
import { Construct } from 'constructs';
import { checkAtSynth } from '../private/checks';
import type { IMskCluster } from './cluster';

/**
 * The policy of a cluster: there may be one, so everything that lets somebody in goes into it. Made when the first
 * statement is added.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/mvpc-cluster-owner-action-policy.html
 */
export class ClusterPolicy extends Construct {
  public static of(cluster: IMskCluster): ClusterPolicy {
    const id = 'ClusterPolicy';
    return (cluster.node.tryFindChild(id) as ClusterPolicy | undefined) ?? new ClusterPolicy(cluster, id);
  }

  public readonly resource: msk.CfnClusterPolicy;

  private readonly document = new iam.PolicyDocument({ assignSids: true });

  private constructor(cluster: IMskCluster, id: string) {
    super(cluster, id);
    this.resource = new msk.CfnClusterPolicy(this, 'Resource', {
      clusterArn: cluster.clusterArn,
      policy: Lazy.any({ produce: () => this.document }),
    });
    this.resource.node.addDependency(cluster.ready);
    checkAtSynth(this, [{ resource: this.resource }]);
  }

  public add(statement: iam.PolicyStatement): void {
    this.document.addStatements(statement);
  }
}
