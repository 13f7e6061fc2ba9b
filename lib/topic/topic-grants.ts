import type * as iam from 'aws-cdk-lib/aws-iam';
import { ResourcePattern } from '../cluster';
import type { IKafkaTopic } from './kafka-topic';

/** IAM permissions on one topic. They touch IAM only: the network is opened from the client's side. */
export class TopicGrants {
  /** Permissions on a topic, created here or elsewhere. */
  public static fromTopic(topic: IKafkaTopic): TopicGrants {
    return new TopicGrants(topic);
  }

  private constructor(private readonly topic: IKafkaTopic) {}

  /** Lets the grantee write to the topic. */
  public produce(grantee: iam.IGrantable): iam.Grant {
    return this.topic.cluster.grants.produce(grantee, ResourcePattern.literal(this.topic.topicName));
  }

  /**
   * Lets the grantee read the topic as a member of a consumer group.
   *
   * @param consumerGroup the name of the group: the `group.id` of the client
   */
  public consume(grantee: iam.IGrantable, consumerGroup: string): iam.Grant {
    return this.topic.cluster.grants.consume(
      grantee,
      ResourcePattern.literal(this.topic.topicName),
      ResourcePattern.literal(consumerGroup),
    );
  }
}
