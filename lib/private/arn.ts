import { Fn, Token } from 'aws-cdk-lib';

/** What a `kafka-cluster` action can be about, besides the cluster itself. */
export type ClusterResource = 'topic' | 'group' | 'transactional-id';

/**
 * The ARN of something inside a cluster: `arn:…:cluster/NAME/UUID` becomes `arn:…:topic/NAME/UUID/RESOURCE`.
 *
 * The UUID is known to CloudFormation only, hence splitting and joining instead of string methods. With a literal ARN
 * the result is a literal.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html
 */
export function arnInCluster(clusterArn: string, type: ClusterResource, name: string): string {
  const parts = Fn.split(':cluster/', clusterArn, 2);
  const separator = `:${type}/`;
  const prefix = Token.isUnresolved(clusterArn) ? Fn.join(separator, parts) : parts.join(separator);
  return `${prefix}/${name}`;
}
