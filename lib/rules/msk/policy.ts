import type { Rule } from '../rule';
import { CLUSTER_POLICY, templateReference } from './cluster-facts';

export const policySingle: Rule = {
  id: 'MSK-POLICY-SINGLE',
  title: 'A cluster has one cluster policy',
  remedy: 'Merge the statements into one policy',
  basis: 'service',
  severity: 'error',
  appliesTo: [CLUSTER_POLICY],
  sources: [
    templateReference('aws-resource-msk-clusterpolicy'),
    'https://github.com/hashicorp/terraform-provider-aws/issues/35538',
  ],
  check(policy, facts) {
    const cluster = policy.identity('ClusterArn');
    const same = facts
      .ofType(CLUSTER_POLICY)
      .filter((other) => other.coexistsWith(policy) && other.identity('ClusterArn') === cluster);
    if (cluster === undefined || same[0] === policy) {
      return [];
    }
    const message = `the cluster has a policy already, ${same[0].logicalId}`;
    return [{ path: 'ClusterArn', message, fix: 'merge the statements of both into one policy' }];
  },
};
