import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { IMskCluster } from '../cluster';
import { resourcesOf } from '../cluster/cluster';
import { validationError } from '../private/errors';
import type { IKafkaTopic } from './kafka-topic';

/** Whether the two can be one cluster: an ARN that only the deployment knows may be that of any. */
export function sameCluster(one: IMskCluster, other: IMskCluster): boolean {
  const [here, there] = [one, other].map((cluster) => resourcesOf(cluster)[0] ?? cluster.clusterArn);
  return here === there || Token.isUnresolved(here) || Token.isUnresolved(there);
}

/** A client knows one broker string: a topic of another cluster would be looked for where it is not. */
export function requireTopicsOf(scope: IConstruct, cluster: IMskCluster, topics: IKafkaTopic[]): void {
  const stranger = topics.find((topic) => !sameCluster(topic.cluster, cluster));
  if (stranger) {
    throw validationError(
      'TopicOfOtherCluster',
      `the topic '${stranger.node.path}' is in another cluster than '${cluster.node.path}', and a client connects to one: ` +
        'make a client for each',
      scope,
    );
  }
}

/** @returns the one cluster of the topics */
export function requireOneCluster(scope: IConstruct, topics: IKafkaTopic[]): IMskCluster {
  const [first] = topics;
  if (first === undefined) {
    throw validationError('TopicsMissing', 'the list of topics is empty: name at least one', scope);
  }
  requireTopicsOf(scope, first.cluster, topics);
  return first.cluster;
}
