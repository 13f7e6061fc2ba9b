import { createHash } from 'crypto';
import { Stack } from 'aws-cdk-lib';
import { AclOperation, AclResource, KafkaAcl, ResourcePattern } from '../cluster';
import type { KafkaPrincipal } from '../cluster';
import type { IKafkaTopic } from './kafka-topic';

/**
 * Rights on one topic for clients that come by user name or certificate, in Kafka's own access control. The twins of
 * `TopicGrants`, which are for IAM.
 */
export class TopicAcls {
  /** ACLs on a topic, created here or elsewhere. */
  public static fromTopic(topic: IKafkaTopic): TopicAcls {
    return new TopicAcls(topic);
  }

  private constructor(private readonly topic: IKafkaTopic) {}

  /** Lets the principal write to the topic. */
  public produce(principal: KafkaPrincipal): KafkaAcl {
    return this.allow('Produce', principal, this.onTopic(), [AclOperation.WRITE, AclOperation.DESCRIBE]);
  }

  /**
   * Lets the principal read the topic as a member of a consumer group.
   *
   * @param consumerGroup the name of the group: the `group.id` of the client
   */
  public consume(principal: KafkaPrincipal, consumerGroup: string): KafkaAcl {
    const group = AclResource.consumerGroup(ResourcePattern.literal(consumerGroup));
    // Kafka asks for both: with the one on the topic alone, the client can not join its group.
    this.allow('Group', principal, group, [AclOperation.READ], consumerGroup);
    return this.allow('Consume', principal, this.onTopic(), [AclOperation.READ, AclOperation.DESCRIBE], consumerGroup);
  }

  private onTopic(): AclResource {
    return AclResource.topic(ResourcePattern.literal(this.topic.topicName));
  }

  /** Asked for twice, it is there once. */
  private allow(
    verb: string,
    principal: KafkaPrincipal,
    resource: AclResource,
    operations: AclOperation[],
    more?: string,
  ): KafkaAcl {
    const { topic } = this;
    const what: unknown = Stack.of(topic).resolve([principal.principal, more]);
    const id = `${verb}${createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 8)}`;
    return (
      (topic.node.tryFindChild(id) as KafkaAcl | undefined) ??
      new KafkaAcl(topic, id, { cluster: topic.cluster, principal, resource, operations })
    );
  }
}
