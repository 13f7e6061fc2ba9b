import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { warnOfForeignTopic } from './foreign-topic';

/** Where objects come from the topics of a cluster. */
export interface FindingLanding {
  /** The name of the bucket. */
  readonly bucketName: string;

  /** What the keys of the objects begin with, up to the name of the topic. */
  readonly keyPrefix: string;
}

/** How people are told of findings. */
export interface FindingMessageOptions {
  /**
   * Where messages go: a standard topic that people and chat channels subscribe to.
   *
   * Mail gets text; whoever subscribes by HTTPS, as Amazon Q Developer does for chat, gets its JSON.
   *
   * @see https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
   */
  readonly topic: sns.ITopic;

  /**
   * Whether messages say the keys of objects, which can be as sensitive as what is inside.
   *
   * @default false
   */
  readonly showObjectKeys?: boolean;

  /**
   * Where objects come from topics, whose names and hours messages then say.
   *
   * @default - nowhere
   */
  readonly landings?: FindingLanding[];
}

export function messageEnvironment(scope: Construct, options: FindingMessageOptions): Record<string, string> {
  const landings = options.landings?.map(({ bucketName, keyPrefix }) => ({ bucket: bucketName, prefix: keyPrefix }));
  return {
    TOPIC_ARN: options.topic.topicArn,
    ...(options.showObjectKeys ? { SHOW_OBJECT_KEYS: 'true' } : {}),
    ...(landings ? { LANDINGS: Stack.of(scope).toJsonString(landings) } : {}),
  };
}

export function messageStatements(scope: Construct, { topic }: FindingMessageOptions): iam.PolicyStatement[] {
  warnOfForeignTopic(scope, topic);
  return [
    new iam.PolicyStatement({ actions: ['sns:Publish'], resources: [topic.topicArn] }),
    ...(topic.masterKey
      ? [
          new iam.PolicyStatement({
            actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
            resources: [topic.masterKey.keyArn],
          }),
        ]
      : []),
  ];
}
