package io.hydrant.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.cli.output.Console;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a command line did, run in this process. */
record Ran(int exitCode, String out, String err) {
  private static final String INDENTED_STACK_FRAME = "\tat ";

  static Ran hydrant(String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Console console =
        new Console(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false);
    int exitCode = Main.run(console, arguments);
    return new Ran(
        exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  Ran succeeded() {
    assertEquals(0, exitCode, toString());
    return this;
  }

  /**
   * Failed as it must: with this code, saying all of this in at most a few lines, without a stack
   * trace.
   */
  Ran failed(ExitCode expected, String... said) {
    assertEquals(expected.code(), exitCode, toString());
    for (String each : said) {
      assertTrue(err.contains(each), () -> "'" + each + "' is missing in: " + this);
    }
    assertTrue(err.startsWith("hydrant: "), toString());
    assertTrue(!err.contains(INDENTED_STACK_FRAME), toString());
    assertEquals("", out, "a failed command prints no result");
    return this;
  }

  /** The first member of that name in JSON output. */
  String json(String name) {
    Matcher member =
        Pattern.compile("\"" + name + "\": ?(?:\"([^\"]*)\"|([^,}\\s]+))").matcher(out);
    assertTrue(member.find(), () -> name + " is missing in: " + this);
    return member.group(1) != null ? member.group(1) : member.group(2);
  }
}
