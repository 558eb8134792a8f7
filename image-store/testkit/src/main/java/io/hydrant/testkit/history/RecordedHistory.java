package io.hydrant.testkit.history;

import io.hydrant.testkit.history.Operation.Acquire;
import io.hydrant.testkit.history.Operation.Commit;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a {@link HistoryFile} holds, cut off or not. A line without an end is dropped: it was being
 * written when the writer died. What was begun and has no answer is an operation whose outcome is
 * unknown.
 *
 * @param remarks in the order in which they were made
 * @param ended whether the writer ended it; if not, it was cut off
 */
public record RecordedHistory(History history, List<Remark> remarks, boolean ended) {
  /** Name of the file in a run's directory. */
  public static final String FILE_NAME = "history.txt";

  public RecordedHistory {
    remarks = List.copyOf(remarks);
  }

  /** Something that is not an operation. */
  public record Remark(String kind, String text) {}

  /** A file that is no history, or was damaged in its middle. */
  public static final class MalformedException extends IOException {
    private static final long serialVersionUID = 1L;

    MalformedException(String message) {
      super(message);
    }
  }

  /**
   * @throws MalformedException naming file, line and reason
   */
  public static RecordedHistory read(Path path) throws IOException {
    Reading reading = new Reading();
    long number = 0;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(path))) {
      for (Optional<String> line = line(in); line.isPresent(); line = line(in)) {
        number++;
        try {
          reading.take(number, line.get());
        } catch (IllegalArgumentException e) {
          throw new MalformedException("%s, line %d: %s".formatted(path, number, e.getMessage()));
        }
      }
    }
    if (number == 0) {
      throw new MalformedException(path + " is empty");
    }
    return reading.end();
  }

  /** The next line that has an end. */
  private static Optional<String> line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int each = in.read(); each >= 0; each = in.read()) {
      if (each == '\n') {
        return Optional.of(line.toString(StandardCharsets.UTF_8));
      }
      line.write(each);
    }
    return Optional.empty();
  }

  private static final class Reading {
    private final Map<String, Integer> keepLast = new HashMap<>();
    private final List<Operation> operations = new ArrayList<>();
    private final List<Remark> remarks = new ArrayList<>();

    /** Begun and not answered, by {@link #change}. */
    private final Map<List<Object>, Operation> open = new LinkedHashMap<>();

    private Optional<Quiet> quiet = Optional.empty();
    private boolean ended;

    void take(long number, String line) {
      if (number == 1) {
        if (!line.equals(HistoryFile.HEADER)) {
          throw new IllegalArgumentException("this is no history of a version that is known");
        }
        return;
      }
      if (ended) {
        throw new IllegalArgumentException("a line behind the end");
      }
      int tab = line.indexOf('\t');
      String rest = line.substring(tab + 1);
      switch (tab < 0 ? line : line.substring(0, tab)) {
        case "image" -> {
          String[] fields = fields(rest, 2);
          keepLast.put(HistoryLine.unescaped(fields[0]), Integer.parseInt(fields[1]));
        }
        case "begun" -> {
          Operation operation = HistoryLine.parse(rest);
          open.put(change(operation), operation);
        }
        case "did" -> {
          Operation operation = HistoryLine.parse(rest);
          open.remove(change(operation));
          operations.add(operation);
        }
        case "quiet" -> quiet = Optional.of(quiet(rest));
        case "remark" -> {
          String[] fields = fields(rest, 2);
          remarks.add(new Remark(fields[0], HistoryLine.unescaped(fields[1])));
        }
        case "end" -> ended = true;
        default -> throw new IllegalArgumentException("a line of no known kind: " + line);
      }
    }

    private static String[] fields(String line, int count) {
      String[] fields = line.split("\t", -1);
      if (fields.length != count) {
        throw new IllegalArgumentException("%d fields and not %d".formatted(fields.length, count));
      }
      return fields;
    }

    private static Quiet quiet(String line) {
      String[] fields = line.split("\t", -1);
      TreeMap<String, Long> marks = new TreeMap<>();
      for (int field = 1; field < fields.length; field++) {
        int equals = fields[field].lastIndexOf('=');
        if (equals < 0) {
          throw new IllegalArgumentException("a hold mark '%s'".formatted(fields[field]));
        }
        marks.put(
            HistoryLine.unescaped(fields[field].substring(0, equals)),
            Long.parseLong(fields[field].substring(equals + 1)));
      }
      return new Quiet(Long.parseLong(fields[0]), marks);
    }

    /** What a change is known by, until it has its answer. */
    private static List<Object> change(Operation operation) {
      return switch (operation) {
        case Commit commit -> List.of("commit", commit.image(), commit.attempt());
        case Acquire acquire -> List.of("acquire", acquire.image(), acquire.process());
        case Operation.ListAll _, Operation.Pin _, Operation.ReadHead _, Operation.Restore _ ->
            List.of();
      };
    }

    RecordedHistory end() {
      operations.addAll(open.values());
      return new RecordedHistory(new History(keepLast, operations, quiet), remarks, ended);
    }
  }
}
