import { Resource, Validations } from 'aws-cdk-lib';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { validationError } from '../../private/errors';

/** A topic that the app does not own may be encrypted with a key that nobody here knows of. */
export function warnOfForeignTopic(scope: Construct, topic: sns.ITopic): void {
  if (topic.fifo) {
    throw validationError(
      'TopicFifo',
      `${topic.node.path} is a FIFO topic, which sends no mail; use a standard one`,
      scope,
    );
  }
  if (!Resource.isResource(topic) || Resource.isOwnedResource(topic) || topic.masterKey) return;
  Validations.of(scope).addWarning(
    'cdk-msk-macie:MACIE-TOPIC-KEY',
    `if the topic ${topic.node.path} is encrypted, import it by Topic.fromTopicAttributes with its keyArn, ` +
      'or let the function use its key: kms:Decrypt and kms:GenerateDataKey',
  );
}
