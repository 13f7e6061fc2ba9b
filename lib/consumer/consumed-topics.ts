import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { IMskCluster } from '../cluster';
import { validationError } from '../private/errors';
import type { IKafkaTopic } from '../topic';

/** Checks what a client of one cluster reads, and as which group. */
export function requireConsumer(
  scope: Construct,
  cluster: IMskCluster,
  topics: IKafkaTopic[],
  consumerGroup: string,
): void {
  requireTopicsOf(scope, cluster, topics);
  if (!Token.isUnresolved(consumerGroup) && !/^[\w.-]{1,255}$/.test(consumerGroup)) {
    throw validationError(
      'ConsumerGroupName',
      `\`consumerGroup\` is '${consumerGroup}': use 1 to 255 letters, digits, '.', '_' and '-'; of other names the service ` +
        'reports no lag',
      scope,
    );
  }
}

/** A client knows one broker string. */
export function requireTopicsOf(scope: Construct, cluster: IMskCluster, topics: IKafkaTopic[]): void {
  const stranger = topics.find((topic) => !sameCluster(scope, topic.cluster, cluster));
  if (stranger) {
    throw validationError(
      'TopicOfOtherCluster',
      `the topic '${stranger.node.path}' is in another cluster than '${cluster.node.path}', and a client connects to one: ` +
        'make a client for each',
      scope,
    );
  }
}

function sameCluster(scope: Construct, one: IMskCluster, other: IMskCluster): boolean {
  const arn = ({ clusterArn }: IMskCluster) => JSON.stringify(Stack.of(scope).resolve(clusterArn));
  return one === other || arn(one) === arn(other);
}
