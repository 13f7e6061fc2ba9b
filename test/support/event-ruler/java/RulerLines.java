import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import software.amazon.event.ruler.JsonRuleCompiler;
import software.amazon.event.ruler.Machine;

/**
 * EventBridge's matching engine, one JSON object a line.
 *
 * <p>In: {@code {"id", "pattern", "event"}}, or without {@code event} to check the pattern only. Out: {@code {"id"}}
 * with {@code "error"} (the pattern is invalid), {@code "match"}, or neither (the pattern is valid). Ends with its
 * input.
 */
public final class RulerLines {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** By its text: what is wrong with a pattern, or a machine that knows nothing else. */
  private record Compiled(String error, Machine machine) {}

  private final Map<String, Compiled> patterns = new HashMap<>();

  public static void main(String[] args) throws Exception {
    RulerLines ruler = new RulerLines();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
    for (String line; (line = in.readLine()) != null; ) {
      out.println(ruler.answer(JSON.readTree(line)));
      // Many questions at once get their answers in few writes, a single one at once.
      if (!in.ready()) out.flush();
    }
  }

  private ObjectNode answer(JsonNode question) throws Exception {
    ObjectNode answer = JSON.createObjectNode();
    answer.set("id", question.get("id"));
    String text = question.get("pattern").toString();
    Compiled pattern = patterns.get(text);
    if (pattern == null) {
      pattern = compile(text);
      patterns.put(text, pattern);
    }
    if (pattern.error() != null) {
      answer.put("error", pattern.error());
    } else if (question.has("event")) {
      answer.put("match", !pattern.machine().rulesForJSONEvent(question.get("event").toString()).isEmpty());
    }
    return answer;
  }

  /** Not by RuleCompiler, which does not know {@code $or}. */
  private static Compiled compile(String text) throws IOException {
    String error = JsonRuleCompiler.check(text);
    if (error != null) return new Compiled(error, null);
    Machine machine = Machine.builder().build();
    machine.addRule("rule", text);
    return new Compiled(null, machine);
  }
}
