import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.StatementSet;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

/** What anybody would write to run the statements of a file. */
public final class BareSql {
  public static void main(String[] args) throws Exception {
    StreamTableEnvironment tables =
        StreamTableEnvironment.create(StreamExecutionEnvironment.getExecutionEnvironment());
    StatementSet job = tables.createStatementSet();
    for (String statement : Files.readString(Path.of(args[0])).split(";\n")) {
      if (statement.strip().startsWith("INSERT")) {
        job.addInsertSql(statement);
      } else {
        tables.executeSql(statement);
      }
    }
    job.execute();
  }

  private BareSql() {}
}
