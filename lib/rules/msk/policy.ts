import { UNKNOWN } from '../resolve';
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

const POLICY_BYTES = 20 * 1024;

export const policySize: Rule = {
  id: 'MSK-POLICY-SIZE',
  title: 'A cluster policy has at most 20 KB',
  remedy: 'Let whole accounts in and leave the rest to their own policies, or name patterns instead of each topic',
  basis: 'service',
  severity: 'error',
  appliesTo: [CLUSTER_POLICY],
  sources: ['https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-policy.html'],
  check(policy) {
    const document = policy.read('Policy');
    const bytes = document === undefined ? 0 : leastBytes(document);
    if (bytes <= POLICY_BYTES) {
      return [];
    }
    const message = `the policy has ${bytes} bytes or more`;
    return [{ path: 'Policy', message, fix: `use at most ${POLICY_BYTES}` }];
  },
};

/** The bytes of a document in which an unknown part counts for nothing. */
function leastBytes(document: unknown): number {
  const text = JSON.stringify(document, (_, value: unknown) => (value === UNKNOWN ? 0 : value)) ?? '';
  return Buffer.byteLength(text);
}
