package io.github.cdkmskmacie.flink;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.StatementSet;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the SQL of the application's property groups, all {@code INSERT}s as one job.
 *
 * <p>{@code --properties FILE} reads the groups from a file. {@code --explain FILE} plans the SQL of all applications of a
 * CloudFormation template, and runs nothing: neither Kafka nor AWS is asked for anything.
 */
public final class SqlRunner {
    private static final Logger LOG = LoggerFactory.getLogger(SqlRunner.class);

    public static void main(String[] args) throws IOException {
        String mode = args.length == 2 ? args[0] : "";
        if (args.length > 0 && !mode.equals("--explain") && !mode.equals("--properties")) {
            throw new SqlException("usage: [--properties FILE | --explain TEMPLATE]");
        }
        if (mode.equals("--explain")) {
            explain(Path.of(args[1]));
            return;
        }
        StatementSet job = prepare(args.length == 0 ? Properties.ofApplication() : Properties.read(Path.of(args[1])));
        TableResult result = job.execute();
        result.getJobClient().ifPresent(client -> LOG.info("Started job {}", client.getJobID()));
    }

    private static void explain(Path template) throws IOException {
        for (Map.Entry<String, Properties> application : Properties.readTemplate(template).entrySet()) {
            try {
                System.out.println(prepare(application.getValue()).explain());
            } catch (SqlException error) {
                throw new SqlException(application.getKey() + ": " + error.getMessage());
            }
            int statements = application.getValue().statements().size();
            System.out.println("OK: " + statements + " statements of " + application.getKey());
        }
    }

    private static StatementSet prepare(Properties properties) {
        TableEnvironment tables = StreamTableEnvironment.create(
                StreamExecutionEnvironment.getExecutionEnvironment(), EnvironmentSettings.inStreamingMode());
        properties.options().forEach(tables.getConfig()::set);
        Map<String, String> variables = properties.variables();
        StatementSet job = tables.createStatementSet();
        List<Statement> inserts = new ArrayList<>();
        for (Statement statement : properties.statements()) {
            try {
                Map.Entry<String, String> setting = statement.setting(variables);
                if (setting != null) {
                    tables.getConfig().set(setting.getKey(), setting.getValue());
                } else if (statement.isInsert()) {
                    job.addInsertSql(statement.resolved(variables));
                    inserts.add(statement);
                } else {
                    tables.executeSql(statement.resolved(variables));
                }
            } catch (RuntimeException error) {
                throw statement.failure(error, variables);
            }
        }
        if (inserts.isEmpty()) {
            throw new SqlException("none of the " + properties.statements().size() + " statements is an INSERT");
        }
        // Some mistakes show when a statement is planned. Each by itself, or nobody would know which one it is.
        for (Statement insert : inserts) {
            try {
                tables.explainSql(insert.resolved(variables));
            } catch (RuntimeException error) {
                throw insert.failure(error, variables);
            }
        }
        return job;
    }

    private SqlRunner() {}
}
