import java.util.Map;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.server.policy.AlterConfigPolicy;

/** Refuses a change of settings that the kind of cluster would not take. */
public final class MskAlterConfigPolicy implements AlterConfigPolicy {
  private TopicRules rules;

  @Override
  public void configure(Map<String, ?> configs) {
    rules = new TopicRules(configs);
  }

  @Override
  public void validate(RequestMetadata request) {
    if (request.resource().type() == ConfigResource.Type.TOPIC) {
      if (TopicRules.isInternal(request.resource().name())) return;
      rules.checkSettings(request.configs());
      if (!isCreation()) rules.checkUpdate(request.configs());
    } else if (request.resource().type() == ConfigResource.Type.BROKER) {
      rules.checkBrokerSettings(request.configs());
    }
  }

  /** Kafka asks this policy about the settings of a new topic too and does not say so; only its own stack tells. */
  private static boolean isCreation() {
    return StackWalker.getInstance().walk(frames -> frames.anyMatch(frame -> frame.getMethodName().equals("createTopics")));
  }

  @Override
  public void close() {}
}
