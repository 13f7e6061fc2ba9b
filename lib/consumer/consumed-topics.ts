import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { IMskCluster } from '../cluster';
import { validationError } from '../private/errors';
import type { IKafkaTopic } from '../topic';
import { requireTopicsOf } from '../topic/one-cluster';

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
