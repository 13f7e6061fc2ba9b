import type { ResourcePattern } from './resource-pattern';

/** What an ACL of Kafka is about. */
export class AclResource {
  /** Topics. */
  public static topic(pattern: ResourcePattern): AclResource {
    return new AclResource('TOPIC', pattern);
  }

  /** Consumer groups. */
  public static consumerGroup(pattern: ResourcePattern): AclResource {
    return new AclResource('GROUP', pattern);
  }

  /** Transactional ids of producers. */
  public static transactionalId(pattern: ResourcePattern): AclResource {
    return new AclResource('TRANSACTIONAL_ID', pattern);
  }

  /** The cluster as a whole. */
  public static cluster(): AclResource {
    return new AclResource('CLUSTER');
  }

  private constructor(
    /** The type as Kafka names it. */
    public readonly resourceType: string,
    /** Which of them; none for the cluster. */
    public readonly pattern?: ResourcePattern,
  ) {}
}
