package io.github.cdkmskmacie.flink;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One statement of the SQL.
 *
 * @param number which statement it is, from 1
 * @param line the line of the SQL that it begins on, from 1
 * @param text as it was written, with {@code ${name}} for variables
 */
record Statement(int number, int line, String text) {
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([^}]*)}");
    private static final Pattern SET =
            Pattern.compile("SET\\s+'([^']+)'\\s*=\\s*'([^']*)'", Pattern.CASE_INSENSITIVE);
    private static final Pattern INSERT = Pattern.compile("INSERT\\s.*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern POSITION = Pattern.compile("line (\\d+), column (\\d+)");

    boolean isInsert() {
        return INSERT.matcher(text).matches();
    }

    /** {@code SET 'key' = 'value'}, which is no statement of Flink's table environment but of its SQL client. */
    Map.Entry<String, String> setting(Map<String, String> variables) {
        Matcher set = SET.matcher(resolved(variables));
        return set.matches() ? Map.entry(set.group(1), set.group(2)) : null;
    }

    String resolved(Map<String, String> variables) {
        return VARIABLE.matcher(text).replaceAll(match -> {
            String value = variables.get(match.group(1));
            if (value == null) {
                throw new IllegalArgumentException(
                        "there is no variable '" + match.group(1) + "', only " + variables.keySet());
            }
            return Matcher.quoteReplacement(value);
        });
    }

    /** Says where and why it failed. What variables stand for is not said: it may be secret. */
    SqlException failure(Throwable error, Map<String, String> variables) {
        String reason = SqlException.reason(error);
        for (Map.Entry<String, String> variable : variables.entrySet()) {
            if (!variable.getValue().isBlank()) {
                reason = reason.replace(variable.getValue(), "${" + variable.getKey() + "}");
            }
        }
        // Flink counts from the beginning of the statement, its author from the beginning of the file.
        reason = POSITION.matcher(reason)
                .replaceAll(at -> "line " + (Integer.parseInt(at.group(1)) + line - 1) + ", column " + at.group(2));
        return new SqlException("statement " + number + ", which begins on line " + line + ", failed: " + reason
                + "\n--- statement " + number + " ---\n" + text);
    }
}
