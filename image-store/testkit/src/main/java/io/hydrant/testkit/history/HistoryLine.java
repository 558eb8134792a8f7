package io.hydrant.testkit.history;

import io.hydrant.testkit.history.Operation.Acquire;
import io.hydrant.testkit.history.Operation.Acquired;
import io.hydrant.testkit.history.Operation.Commit;
import io.hydrant.testkit.history.Operation.Committed;
import io.hydrant.testkit.history.Operation.Head;
import io.hydrant.testkit.history.Operation.ListAll;
import io.hydrant.testkit.history.Operation.Listed;
import io.hydrant.testkit.history.Operation.Pin;
import io.hydrant.testkit.history.Operation.ReadHead;
import io.hydrant.testkit.history.Operation.Restore;
import io.hydrant.testkit.history.Result.Why;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.StringJoiner;
import java.util.function.Function;

/**
 * An operation as one line of text, and back: fields with tabs between. What a number may lack is
 * written as "-".
 *
 * <pre>
 * acquire  process invoked returned image seen-epoch                     RESULT(epoch:head)
 * commit   process invoked returned image attempt epoch BASE content id  RESULT(id:index)
 * head     process invoked returned image                                RESULT(epoch:id:index)
 * list     process invoked returned image                                RESULT(id:epoch:base,...)
 * pin      process invoked returned image session checkpoint             RESULT(checkpoint)
 * restore  process invoked returned image session                        RESULT(content)
 *
 * RESULT   ok VALUE | failed WHY | unknown
 * BASE     nothing | checkpoint:ID | attempt:NUMBER
 * </pre>
 */
final class HistoryLine {
  private static final String NONE = "-";
  private static final int FIELDS_MIN = 6;

  private final String[] fields;
  private int next;

  private HistoryLine(String[] fields) {
    this.fields = fields;
  }

  static String of(Operation operation) {
    return switch (operation) {
      case Acquire each ->
          line(
              "acquire",
              each,
              List.of(optional(each.seenEpoch())),
              value -> numbers(value.epoch(), value.head()),
              each.result());
      case Commit each ->
          line(
              "commit",
              each,
              List.of(
                  number(each.attempt()),
                  number(each.epoch()),
                  base(each.base()),
                  escaped(each.content()),
                  optional(each.id())),
              value -> numbers(value.id(), value.index()),
              each.result());
      case ReadHead each ->
          line(
              "head",
              each,
              List.of(),
              value -> numbers(value.epoch(), value.id(), value.index()),
              each.result());
      case ListAll each -> line("list", each, List.of(), HistoryLine::rows, each.result());
      case Pin each ->
          line(
              "pin",
              each,
              List.of(number(each.session()), optional(each.checkpoint())),
              HistoryLine::number,
              each.result());
      case Restore each ->
          line(
              "restore",
              each,
              List.of(number(each.session())),
              HistoryLine::escaped,
              each.result());
    };
  }

  private static <T> String line(
      String kind,
      Operation operation,
      List<String> own,
      Function<T, String> value,
      Result<T> result) {
    StringJoiner line = new StringJoiner("\t");
    line.add(kind)
        .add(escaped(operation.process()))
        .add(number(operation.during().invoked()))
        .add(number(operation.during().returned()))
        .add(escaped(operation.image()));
    own.forEach(line::add);
    switch (result) {
      case Result.Ok<T>(T ok) -> line.add("ok").add(value.apply(ok));
      case Result.Failed<T>(Why why) -> line.add("failed").add(why.name());
      case Result.Unknown<T> unknown -> line.add("unknown");
    }
    return line.toString();
  }

  /**
   * The operation of a line.
   *
   * @throws IllegalArgumentException it is none; the message says why
   */
  static Operation parse(String text) {
    String[] fields = text.split("\t", -1);
    if (fields.length < FIELDS_MIN) {
      throw new IllegalArgumentException("%d fields".formatted(fields.length));
    }
    HistoryLine line = new HistoryLine(fields);
    Operation operation = line.operation();
    if (line.next != fields.length) {
      throw new IllegalArgumentException(
          "%d fields and not %d".formatted(fields.length, line.next));
    }
    return operation;
  }

  private Operation operation() {
    String kind = field();
    String process = unescaped(field());
    Interval during = new Interval(whole(field()), whole(field()));
    String image = unescaped(field());
    return switch (kind) {
      case "acquire" ->
          new Acquire(
              process,
              during,
              image,
              optional(field()),
              result(value -> {
                long[] parts = wholes(value, 2);
                return new Acquired(parts[0], parts[1]);
              }));
      case "commit" ->
          new Commit(
              process,
              during,
              image,
              whole(field()),
              whole(field()),
              base(field()),
              unescaped(field()),
              optional(field()),
              result(value -> {
                long[] parts = wholes(value, 2);
                return new Committed(parts[0], parts[1]);
              }));
      case "head" ->
          new ReadHead(
              process,
              during,
              image,
              result(value -> {
                long[] parts = wholes(value, 3);
                return new Head(parts[0], parts[1], parts[2]);
              }));
      case "list" -> new ListAll(process, during, image, result(HistoryLine::listed));
      case "pin" ->
          new Pin(
              process,
              during,
              image,
              whole(field()),
              optional(field()),
              result(HistoryLine::whole));
      case "restore" ->
          new Restore(process, during, image, whole(field()), result(HistoryLine::unescaped));
      default -> throw new IllegalArgumentException("an operation '%s'".formatted(kind));
    };
  }

  private String field() {
    if (next == fields.length) {
      throw new IllegalArgumentException("only %d fields".formatted(fields.length));
    }
    return fields[next++];
  }

  private <T> Result<T> result(Function<String, T> value) {
    String told = field();
    return switch (told) {
      case "ok" -> new Result.Ok<>(value.apply(field()));
      case "failed" -> new Result.Failed<>(Why.valueOf(field()));
      case "unknown" -> new Result.Unknown<>();
      default -> throw new IllegalArgumentException("a result '%s'".formatted(told));
    };
  }

  private static String base(Base base) {
    return switch (base) {
      case Base.Nothing nothing -> "nothing";
      case Base.Checkpoint(long id) -> "checkpoint:" + id;
      case Base.Attempt(long number) -> "attempt:" + number;
    };
  }

  private static Base base(String text) {
    if (text.equals("nothing")) {
      return new Base.Nothing();
    }
    int colon = text.indexOf(':') + 1;
    long number = whole(text.substring(colon));
    return switch (text.substring(0, colon)) {
      case "checkpoint:" -> new Base.Checkpoint(number);
      case "attempt:" -> new Base.Attempt(number);
      default -> throw new IllegalArgumentException("a base '%s'".formatted(text));
    };
  }

  private static String rows(List<Listed> rows) {
    return String.join(
        ",", rows.stream().map(row -> numbers(row.id(), row.epoch(), row.base())).toList());
  }

  private static List<Listed> listed(String text) {
    List<Listed> rows = new ArrayList<>();
    for (String row : text.isEmpty() ? new String[0] : text.split(",", -1)) {
      long[] parts = wholes(row, 3);
      rows.add(new Listed(parts[0], parts[1], parts[2]));
    }
    return rows;
  }

  private static String number(long number) {
    return Long.toString(number);
  }

  private static String numbers(long... numbers) {
    StringJoiner text = new StringJoiner(":");
    for (long number : numbers) {
      text.add(number(number));
    }
    return text.toString();
  }

  private static String optional(OptionalLong number) {
    return number.isPresent() ? number(number.getAsLong()) : NONE;
  }

  private static OptionalLong optional(String text) {
    return text.equals(NONE) ? OptionalLong.empty() : OptionalLong.of(whole(text));
  }

  private static long whole(String text) {
    return Long.parseLong(text); // its exception is an IllegalArgumentException with the text
  }

  private static long[] wholes(String text, int count) {
    String[] parts = text.split(":", -1);
    if (parts.length != count) {
      throw new IllegalArgumentException("'%s' is not %d numbers".formatted(text, count));
    }
    long[] numbers = new long[count];
    for (int part = 0; part < count; part++) {
      numbers[part] = whole(parts[part]);
    }
    return numbers;
  }

  /** Without what ends a field or a line. */
  static String escaped(String text) {
    return text.replace("\\", "\\\\")
        .replace("\t", "\\t")
        .replace("\n", "\\n")
        .replace("\r", "\\r");
  }

  static String unescaped(String text) {
    if (text.indexOf('\\') < 0) {
      return text;
    }
    StringBuilder plain = new StringBuilder();
    for (int at = 0; at < text.length(); at++) {
      char each = text.charAt(at);
      if (each == '\\' && at + 1 < text.length()) {
        char meant = text.charAt(++at);
        plain.append(
            switch (meant) {
              case 't' -> '\t';
              case 'n' -> '\n';
              case 'r' -> '\r';
              default -> meant;
            });
      } else {
        plain.append(each);
      }
    }
    return plain.toString();
  }
}
