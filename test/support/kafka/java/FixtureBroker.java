import java.io.IOException;
import java.security.Security;

/**
 * A Kafka node for tests: {@code FixtureBroker server.properties [arguments of StorageTool format]}.
 *
 * <p>Formatting in the JVM that then runs the node saves one start. Standard input is a life line: its other end
 * closes when the process that started the node ends, however it ended, and the node goes with it.
 */
public final class FixtureBroker {
  public static void main(String[] args) {
    Thread lifeLine = new Thread(FixtureBroker::haltWithParent, "life-line");
    lifeLine.setDaemon(true);
    lifeLine.start();
    Security.addProvider(new MskIamSaslServer.Mechanism());

    if (args.length > 1) {
      String[] format = new String[args.length + 2];
      format[0] = "format";
      format[1] = "--config";
      System.arraycopy(args, 0, format, 2, args.length);
      int status = kafka.tools.StorageTool.execute(format, System.out);
      if (status != 0) System.exit(status);
    }
    kafka.Kafka.main(new String[] {args[0]});
  }

  private static void haltWithParent() {
    try {
      while (System.in.read() >= 0) {}
    } catch (IOException e) {
      // As good as the end of the stream.
    }
    Runtime.getRuntime().halt(1);
  }
}
