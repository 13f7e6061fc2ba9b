import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { IMskCluster } from '../cluster';
import { validationError } from '../private/errors';
import type { IKafkaTopic } from './kafka-topic';

/**
 * A client knows one broker string, so its topics are of one cluster.
 *
 * @returns that cluster
 */
export function requireOneCluster(scope: IConstruct, topics: IKafkaTopic[]): IMskCluster {
  const [first, ...others] = topics;
  if (first === undefined) {
    throw validationError('TopicsMissing', 'the list of topics is empty: name at least one', scope);
  }
  const arn = ({ cluster }: IKafkaTopic) => JSON.stringify(Stack.of(scope).resolve(cluster.clusterArn));
  const stranger = others.find((topic) => topic.cluster !== first.cluster && arn(topic) !== arn(first));
  if (stranger) {
    throw validationError(
      'TopicOfOtherCluster',
      `the topic '${stranger.node.path}' is in another cluster than '${first.node.path}', and a client connects to one: make ` +
        'a client for each',
      scope,
    );
  }
  return first.cluster;
}
