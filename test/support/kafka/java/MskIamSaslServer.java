import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.Provider;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.sasl.SaslException;
import javax.security.sasl.SaslServer;
import javax.security.sasl.SaslServerFactory;
import org.apache.kafka.common.errors.SaslAuthenticationException;

/**
 * The server of the mechanism AWS_MSK_IAM: one message with the parameters of a presigned request, one answer.
 *
 * @see <a href="https://github.com/aws/aws-msk-iam-auth#details">the mechanism</a>
 */
public final class MskIamSaslServer implements SaslServer {
  static final String MECHANISM = "AWS_MSK_IAM";
  private static final String VERSION = "2020_10_22";
  private static final Map<String, String> SIGNED = Map.of(
      "action", "Action",
      "x-amz-algorithm", "X-Amz-Algorithm",
      "x-amz-credential", "X-Amz-Credential",
      "x-amz-date", "X-Amz-Date",
      "x-amz-expires", "X-Amz-Expires",
      "x-amz-security-token", "X-Amz-Security-Token",
      "x-amz-signedheaders", "X-Amz-SignedHeaders",
      "x-amz-signature", "X-Amz-Signature");

  private final CallbackHandler handler;
  private String principal;

  private MskIamSaslServer(CallbackHandler handler) {
    this.handler = handler;
  }

  @Override
  public byte[] evaluateResponse(byte[] response) throws SaslException {
    try {
      Map<String, String> payload = new ObjectMapper().readValue(response, new TypeReference<>() {});
      if (!VERSION.equals(payload.get("version"))) {
        throw new SaslAuthenticationException("version " + payload.get("version"));
      }
      Map<String, String> parameters = new HashMap<>();
      SIGNED.forEach((sent, signed) -> {
        if (payload.containsKey(sent)) parameters.put(signed, payload.get(sent));
      });
      RequestCallback request = new RequestCallback(payload.get("host"), parameters);
      handler.handle(new Callback[] {request});
      principal = request.principal;
    } catch (IOException | UnsupportedCallbackException e) {
      throw new SaslException("no payload of " + MECHANISM, e);
    }
    String answer = "{\"version\":\"" + VERSION + "\",\"request-id\":\"" + UUID.randomUUID() + "\"}";
    return answer.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public boolean isComplete() {
    return principal != null;
  }

  @Override
  public String getAuthorizationID() {
    return principal;
  }

  @Override
  public String getMechanismName() {
    return MECHANISM;
  }

  @Override
  public Object getNegotiatedProperty(String name) {
    return null;
  }

  @Override
  public byte[] unwrap(byte[] incoming, int offset, int length) {
    throw new IllegalStateException("no security layer");
  }

  @Override
  public byte[] wrap(byte[] outgoing, int offset, int length) {
    throw new IllegalStateException("no security layer");
  }

  @Override
  public void dispose() {}

  /** Asks who may connect with a request. */
  static final class RequestCallback implements Callback {
    final String host;
    final Map<String, String> parameters;
    String principal;

    RequestCallback(String host, Map<String, String> parameters) {
      this.host = host;
      this.parameters = parameters;
    }
  }

  /** Java looks for it by name. */
  public static final class Factory implements SaslServerFactory {
    @Override
    public SaslServer createSaslServer(
        String mechanism, String protocol, String server, Map<String, ?> properties, CallbackHandler handler) {
      return MECHANISM.equals(mechanism) ? new MskIamSaslServer(handler) : null;
    }

    @Override
    public String[] getMechanismNames(Map<String, ?> properties) {
      return new String[] {MECHANISM};
    }
  }

  /** Makes the mechanism known to this JVM. */
  static final class Mechanism extends Provider {
    private static final long serialVersionUID = 1L;

    Mechanism() {
      super("fixture", "1", "SASL server of " + MECHANISM);
      put("SaslServerFactory." + MECHANISM, Factory.class.getName());
    }
  }
}
