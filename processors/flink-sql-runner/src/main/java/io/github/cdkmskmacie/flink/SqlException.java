package io.github.cdkmskmacie.flink;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** SQL that can not run. It has no cause: Flink's own exceptions repeat table options, which may hold secrets. */
final class SqlException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SqlException(String message) {
        super(message);
    }

    /** All that the exception and its causes say, the root of the trouble first. */
    static String reason(Throwable error) {
        List<String> messages = new ArrayList<>();
        for (Throwable each = error; each != null; each = each.getCause()) {
            String message = each.getMessage() == null ? each.getClass().getName() : each.getMessage().strip();
            if (messages.stream().noneMatch(known -> known.contains(message))) {
                messages.add(message);
            }
        }
        Collections.reverse(messages);
        return String.join(" <- ", messages);
    }
}
