import java.util.Map;
import org.apache.kafka.server.policy.CreateTopicPolicy;

/** Refuses a topic that the kind of cluster would not take. */
public final class MskCreateTopicPolicy implements CreateTopicPolicy {
  private TopicRules rules;

  @Override
  public void configure(Map<String, ?> configs) {
    rules = new TopicRules(configs);
  }

  @Override
  public void validate(RequestMetadata request) {
    if (TopicRules.isInternal(request.topic())) return;
    boolean assigned = request.replicasAssignments() != null;
    int partitions = assigned ? request.replicasAssignments().size() : request.numPartitions();
    int replicas = assigned ? 0 : request.replicationFactor();
    rules.checkSettings(request.configs());
    rules.checkShape(partitions, replicas, assigned, request.configs());
  }

  @Override
  public void close() {}
}
