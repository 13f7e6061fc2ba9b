package io.github.cdkmskmacie.flink;

import com.amazonaws.services.kinesisanalytics.runtime.KinesisAnalyticsRuntime;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.StreamSupport;

/**
 * What the application is told by its property groups.
 *
 * <ul>
 *   <li>{@code sql.00}, {@code sql.01}, …: statements by {@code number.line.part}, for example {@code 003.12.00}; a
 *       property holds 2048 characters, so longer statements come in parts
 *   <li>{@code variables}: what {@code ${name}} in a statement stands for
 *   <li>{@code options}: configuration of Flink
 * </ul>
 *
 * @param statements in the order of their numbers
 */
record Properties(List<Statement> statements, Map<String, String> variables, Map<String, String> options) {
    private static final String SQL = "sql.";

    /** Of the application that this process runs. */
    static Properties ofApplication() throws IOException {
        return of(strings(KinesisAnalyticsRuntime.getApplicationProperties()));
    }

    /** From a file with property groups, as the service writes them. */
    static Properties read(Path file) throws IOException {
        return of(strings(KinesisAnalyticsRuntime.getApplicationProperties(file.toString())));
    }

    /** Of all applications with SQL in a CloudFormation template, by their logical ids. */
    static Map<String, Properties> readTemplate(Path file) throws IOException {
        Map<String, Properties> applications = new TreeMap<>();
        new ObjectMapper().readTree(file.toFile()).path("Resources").fields().forEachRemaining(resource -> {
            Map<String, Map<String, String>> groups = new TreeMap<>();
            JsonNode list = resource.getValue().at(
                    "/Properties/ApplicationConfiguration/EnvironmentProperties/PropertyGroups");
            list.forEach(group -> {
                Map<String, String> values = new TreeMap<>();
                group.path("PropertyMap").fields().forEachRemaining(
                        property -> values.put(property.getKey(), text(property.getValue())));
                groups.put(group.path("PropertyGroupId").asText(), values);
            });
            if (groups.keySet().stream().anyMatch(id -> id.startsWith(SQL))) {
                applications.put(resource.getKey(), of(groups));
            }
        });
        if (applications.isEmpty()) {
            throw new SqlException("there is no application with SQL in " + file);
        }
        return applications;
    }

    private static Properties of(Map<String, Map<String, String>> groups) {
        Map<Integer, Integer> lines = new TreeMap<>();
        Map<Integer, String> texts = new TreeMap<>();
        groups.forEach((id, values) -> {
            if (id.startsWith(SQL)) {
                values.forEach((key, part) -> {
                    String[] place = key.split("\\.");
                    lines.put(Integer.valueOf(place[0]), Integer.valueOf(place[1]));
                    texts.merge(Integer.valueOf(place[0]), part, String::concat);
                });
            }
        });
        List<Statement> statements = new ArrayList<>();
        texts.forEach((number, text) -> statements.add(new Statement(number, lines.get(number), text)));
        if (statements.isEmpty()) {
            throw new SqlException("the property groups hold no SQL, only " + groups.keySet());
        }
        return new Properties(
                statements, groups.getOrDefault("variables", Map.of()), groups.getOrDefault("options", Map.of()));
    }

    /** In the order of their keys, so that parts follow each other. */
    private static Map<String, Map<String, String>> strings(Map<String, java.util.Properties> groups) {
        Map<String, Map<String, String>> all = new TreeMap<>();
        groups.forEach((id, properties) -> {
            Map<String, String> values = new TreeMap<>();
            properties.stringPropertyNames().forEach(name -> values.put(name, properties.getProperty(name)));
            all.put(id, values);
        });
        return all;
    }

    /** What only CloudFormation knows is written as {@code unknown}. */
    private static String text(JsonNode value) {
        JsonNode join = value.path("Fn::Join");
        if (join.isArray()) {
            List<String> parts = elements(join.get(1)).map(Properties::text).toList();
            return String.join(join.get(0).asText(), parts);
        }
        return value.isValueNode() ? value.asText() : "unknown";
    }

    private static java.util.stream.Stream<JsonNode> elements(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }
}
