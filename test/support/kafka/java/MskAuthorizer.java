import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.acl.AccessControlEntryFilter;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourcePatternFilter;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.metadata.authorizer.StandardAuthorizer;
import org.apache.kafka.server.authorizer.Action;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;
import org.apache.kafka.server.authorizer.AuthorizationResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Authorization as on MSK, where IAM and Kafka's ACLs know nothing of each other.
 *
 * <p>The rights of an IAM principal (its name is an ARN) are kept as ACLs but read as IAM reads a policy: each
 * operation by itself. Kafka would let READ imply DESCRIBE, and WRITE on any topic stand for IDEMPOTENT_WRITE. An
 * action that the service documents as needing another one needs it here too.
 *
 * <p>For everybody else Kafka's own rules hold, and the ACLs of IAM principals do not count as ACLs of a resource.
 *
 * @see <a href="https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html">actions and what they need</a>
 */
public final class MskAuthorizer extends StandardAuthorizer {
  private static final Logger LOG = LoggerFactory.getLogger("fixture.authorizer");
  private static final String IAM_PREFIX = "User:arn:";

  /** What IAM principals were let do, each thing once. */
  private final Set<String> uses = ConcurrentHashMap.newKeySet();

  private boolean allowEveryone;

  @Override
  public void configure(Map<String, ?> configs) {
    super.configure(configs);
    allowEveryone = "true".equals(String.valueOf(configs.get(ALLOW_EVERYONE_IF_NO_ACL_IS_FOUND_CONFIG)));
  }

  @Override
  public List<AuthorizationResult> authorize(AuthorizableRequestContext context, List<Action> actions) {
    if (isIam(context)) {
      return actions.stream().map(action -> authorizeIam(context.principal().toString(), action)).toList();
    }
    return actions.stream()
        .map(action -> allowEveryone && hasOnlyIamAcls(action)
            ? AuthorizationResult.ALLOWED
            : super.authorize(context, List.of(action)).get(0))
        .toList();
  }

  /** Kafka asks this for idempotent producers without IDEMPOTENT_WRITE; IAM has no such second way. */
  @Override
  public AuthorizationResult authorizeByResourceType(AuthorizableRequestContext context, AclOperation op, ResourceType type) {
    return isIam(context) ? AuthorizationResult.DENIED : super.authorizeByResourceType(context, op, type);
  }

  private static boolean isIam(AuthorizableRequestContext context) {
    return context.principal().toString().startsWith(IAM_PREFIX);
  }

  private AuthorizationResult authorizeIam(String principal, Action action) {
    AclOperation needed = needs(action.operation());
    boolean allowed = allows(principal, action.resourcePattern(), action.operation())
        && (needed == null || allows(principal, action.resourcePattern(), needed));
    if (allowed) {
      logUse(principal, action.operation(), action.resourcePattern());
      if (needed != null) logUse(principal, needed, action.resourcePattern());
    } else if (action.logIfDenied()) {
      LOG.info("{} may not {} {}", principal, action.operation(), action.resourcePattern());
    }
    return allowed ? AuthorizationResult.ALLOWED : AuthorizationResult.DENIED;
  }

  private void logUse(String principal, AclOperation operation, ResourcePattern resource) {
    String use = principal + " uses " + operation + " " + resource.resourceType() + " " + resource.name();
    if (uses.add(use)) LOG.info(use);
  }

  private static AclOperation needs(AclOperation operation) {
    return switch (operation) {
      case READ, WRITE, ALTER, DELETE -> AclOperation.DESCRIBE;
      case ALTER_CONFIGS -> AclOperation.DESCRIBE_CONFIGS;
      default -> null;
    };
  }

  private boolean allows(String principal, ResourcePattern resource, AclOperation operation) {
    boolean allowed = false;
    for (AclBinding acl : matching(resource, principal, operation)) {
      if (acl.entry().permissionType() == AclPermissionType.DENY) return false;
      allowed = true;
    }
    return allowed;
  }

  private boolean hasOnlyIamAcls(Action action) {
    for (AclBinding acl : matching(action.resourcePattern(), null, AclOperation.ANY)) {
      if (!acl.entry().principal().startsWith(IAM_PREFIX)) return false;
    }
    return true;
  }

  private Iterable<AclBinding> matching(ResourcePattern resource, String principal, AclOperation operation) {
    return acls(new AclBindingFilter(
        new ResourcePatternFilter(resource.resourceType(), resource.name(), PatternType.MATCH),
        new AccessControlEntryFilter(principal, null, operation, AclPermissionType.ANY)));
  }
}
