import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerExtensionsValidatorCallback;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The broker's side of MSK IAM: whichever mechanism brings it, a client shows a presigned request for {@code
 * kafka-cluster:Connect}, and its signature is checked with the secret of the caller. The OAUTHBEARER token is its URL
 * in base64url; AWS_MSK_IAM sends its parameters as JSON.
 *
 * <p>JAAS options: {@code region} of the cluster, {@code users.file} with {@code KEY.secret}, {@code KEY.token} (for
 * temporary credentials), {@code KEY.principal} and {@code KEY.connect} per access key. The file is read at each
 * attempt, so callers can be added while the broker runs.
 *
 * @see <a href="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html">SigV4</a>
 */
public final class MskIamCallbackHandler implements AuthenticateCallbackHandler {
  private static final Logger LOG = LoggerFactory.getLogger("fixture.iam");
  private static final DateTimeFormatter AMZ_DATE = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'");
  private static final int LONGEST_LIFE_SECONDS = 900;

  private String region;
  private Path users;

  @Override
  public void configure(Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> jaas) {
    Map<String, ?> options = jaas.get(0).getOptions();
    region = (String) options.get("region");
    users = Path.of((String) options.get("users.file"));
  }

  @Override
  public void close() {}

  @Override
  public void handle(Callback[] callbacks) throws UnsupportedCallbackException {
    for (Callback callback : callbacks) {
      if (callback instanceof OAuthBearerValidatorCallback validator) {
        validator.token(granted(() -> checkUrl(validator.tokenValue())));
      } else if (callback instanceof OAuthBearerExtensionsValidatorCallback extensions) {
        extensions.inputExtensions().map().keySet().forEach(extensions::valid);
      } else if (callback instanceof MskIamSaslServer.RequestCallback request) {
        request.principal = granted(() -> check(request.host, encoded(request.parameters), "")).principalName();
      } else {
        throw new UnsupportedCallbackException(callback);
      }
    }
  }

  private static OAuthBearerToken granted(Callable<OAuthBearerToken> check) {
    try {
      return check.call();
    } catch (Exception e) {
      LOG.info("refused: {}", e.toString());
      // Thrown, not reported to the callback: some clients take the challenge that a reported error becomes for success.
      throw new SaslAuthenticationException("[" + UUID.randomUUID() + "]: Access denied");
    }
  }

  private OAuthBearerToken checkUrl(String value) throws Exception {
    URI url = URI.create(new String(Base64.getUrlDecoder().decode(value), StandardCharsets.UTF_8));
    TreeMap<String, String> encoded = new TreeMap<>();
    for (String pair : url.getRawQuery().split("&")) {
      int equals = pair.indexOf('=');
      encoded.put(pair.substring(0, equals), pair.substring(equals + 1));
    }
    String host = "kafka." + region + ".amazonaws.com";
    require(Set.of(host, host + ".cn").contains(url.getHost()), "host " + url.getHost());
    return check(url.getHost(), encoded, value);
  }

  /** As SigV4 encodes a query. */
  private static TreeMap<String, String> encoded(Map<String, String> parameters) {
    TreeMap<String, String> encoded = new TreeMap<>();
    parameters.forEach((name, value) -> encoded.put(name,
        URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20").replace("*", "%2A").replace("%7E", "~")));
    return encoded;
  }

  private OAuthBearerToken check(String host, TreeMap<String, String> encoded, String value) throws Exception {
    Map<String, String> query = encoded.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, e -> URLDecoder.decode(e.getValue(), StandardCharsets.UTF_8)));

    require("kafka-cluster:Connect".equals(query.get("Action")), "action");
    require("host".equals(query.get("X-Amz-SignedHeaders")), "signed headers");
    String[] credential = query.get("X-Amz-Credential").split("/");
    require(credential.length == 5, "credential scope");
    String key = credential[0];
    String scope = String.join("/", credential[1], region, "kafka-cluster", "aws4_request");
    require(query.get("X-Amz-Credential").equals(key + "/" + scope), "credential scope of another Region or service");

    String date = query.get("X-Amz-Date");
    Instant signed = LocalDateTime.parse(date, AMZ_DATE).toInstant(ZoneOffset.UTC);
    long life = Long.parseLong(query.get("X-Amz-Expires"));
    require(date.startsWith(credential[1]), "date of the scope");
    require(life > 0 && life <= LONGEST_LIFE_SECONDS, "life time of " + life + " s");
    require(Instant.now().isBefore(signed.plusSeconds(life)), "expired");
    require(Instant.now().plusSeconds(300).isAfter(signed), "signed in the future");

    Properties known = new Properties();
    try (var reader = Files.newBufferedReader(users)) {
      known.load(reader);
    }
    String secret = known.getProperty(key + ".secret");
    require(secret != null, "unknown access key " + key);
    require(known.getProperty(key + ".token", "").equals(query.getOrDefault("X-Amz-Security-Token", "")), "session token");

    // AWS's own signers add User-Agent after signing.
    String canonicalQuery = encoded.entrySet().stream()
        .filter(e -> !e.getKey().equals("X-Amz-Signature") && !e.getKey().equals("User-Agent"))
        .map(e -> e.getKey() + "=" + e.getValue())
        .collect(Collectors.joining("&"));
    String request = String.join("\n", "GET", "/", canonicalQuery, "host:" + host, "", "host", sha256(""));
    String toSign = String.join("\n", "AWS4-HMAC-SHA256", date, scope, sha256(request));
    byte[] signingKey = ("AWS4" + secret).getBytes(StandardCharsets.UTF_8);
    for (String part : scope.split("/")) signingKey = hmac(signingKey, part);
    require(HexFormat.of().formatHex(hmac(signingKey, toSign)).equals(query.get("X-Amz-Signature")), "signature");

    String principal = known.getProperty(key + ".principal");
    require("true".equals(known.getProperty(key + ".connect")), principal + " has no kafka-cluster:Connect");
    return new Token(value, principal, signed.toEpochMilli(), signed.plusSeconds(life).toEpochMilli());
  }

  private static void require(boolean holds, String what) {
    if (!holds) throw new IllegalArgumentException(what);
  }

  private static byte[] hmac(byte[] key, String text) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String sha256(String text) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  private record Token(String value, String principalName, Long startTimeMs, long lifetimeMs) implements OAuthBearerToken {
    @Override
    public Set<String> scope() {
      return Set.of();
    }
  }
}
