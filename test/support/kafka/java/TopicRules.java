import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the kind of cluster lets a client do to topics, from properties of the broker named {@code fixture.*}. An empty
 * or missing property means no limit. The service answers INVALID_REQUEST, so that is what is thrown.
 */
final class TopicRules {
  private static final Logger LOG = LoggerFactory.getLogger("fixture.rules");

  private final String profile;
  private final Set<String> topicKeys;
  private final Set<String> frozenKeys;
  private final Set<String> brokerKeys;
  private final boolean brokerKeysLimited;
  private final Integer replicationFactor;
  private final Integer maxPartitions;
  private final Integer maxCompactedPartitions;
  private final Integer maxMessageBytes;

  TopicRules(Map<String, ?> broker) {
    profile = text(broker, "profile");
    topicKeys = words(broker, "topic.keys");
    frozenKeys = words(broker, "topic.keys.frozen");
    brokerKeys = words(broker, "broker.keys");
    brokerKeysLimited = broker.get("fixture.broker.keys") != null;
    replicationFactor = number(broker, "topic.replication.factor");
    maxPartitions = number(broker, "topic.max.partitions");
    maxCompactedPartitions = number(broker, "topic.max.compacted.partitions");
    maxMessageBytes = number(broker, "topic.max.message.bytes");
  }

  /** The brokers' own topics are made by the same request as everybody's. */
  static boolean isInternal(String topic) {
    return topic.equals("__consumer_offsets") || topic.equals("__transaction_state");
  }

  void checkSettings(Map<String, String> settings) {
    for (String key : settings.keySet()) {
      require(topicKeys.isEmpty() || topicKeys.contains(key), key + " cannot be set on a topic");
    }
    String size = settings.get("max.message.bytes");
    require(maxMessageBytes == null || size == null || Long.parseLong(size) <= maxMessageBytes,
        "max.message.bytes " + size + " is above " + maxMessageBytes);
  }

  void checkUpdate(Map<String, String> settings) {
    for (String key : settings.keySet()) {
      require(!frozenKeys.contains(key), key + " can be set only when a topic is created");
    }
  }

  void checkBrokerSettings(Map<String, String> settings) {
    for (String key : settings.keySet()) {
      require(!brokerKeysLimited || brokerKeys.contains(key), key + " cannot be set on a broker");
    }
  }

  void checkShape(int partitions, int replicas, boolean assigned, Map<String, String> settings) {
    require(replicationFactor == null || !assigned, "replicas cannot be assigned by hand");
    require(replicationFactor == null || replicas == replicationFactor,
        "replication factor " + replicas + " is not " + replicationFactor);
    boolean compacted = settings.getOrDefault("cleanup.policy", "").contains("compact");
    Integer most = compacted ? maxCompactedPartitions : maxPartitions;
    require(most == null || partitions <= most, partitions + " partitions are more than " + most);
  }

  private void require(boolean holds, String what) {
    if (holds) return;
    LOG.info("{}: {}", profile, what); // Few clients show what comes with an error code.
    throw new InvalidRequestException(profile + ": " + what);
  }

  private static String text(Map<String, ?> broker, String name) {
    Object value = broker.get("fixture." + name);
    return value == null ? "" : value.toString();
  }

  private static Set<String> words(Map<String, ?> broker, String name) {
    return Arrays.stream(text(broker, name).split(",")).filter(word -> !word.isEmpty()).collect(Collectors.toSet());
  }

  private static Integer number(Map<String, ?> broker, String name) {
    String value = text(broker, name);
    return value.isEmpty() ? null : Integer.valueOf(value);
  }
}
