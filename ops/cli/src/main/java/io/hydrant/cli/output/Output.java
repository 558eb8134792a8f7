package io.hydrant.cli.output;

import java.io.PrintStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A command's voice, as the user has set it: words or JSON, quiet or not, with or without progress.
 */
public final class Output {
  /** What the user wants to see. */
  public enum Style {
    /** Words and progress. */
    FULL,
    /** Words without progress. */
    PLAIN,
    /** Results only. */
    QUIET
  }

  private final Console console;
  private final boolean json;
  private final Style style;

  public Output(Console console, boolean json, Style style) {
    this.console = console;
    this.json = json;
    this.style = style;
  }

  /** The result is wanted as JSON: nothing else may go to standard output. */
  public boolean isJson() {
    return json;
  }

  /** A line of a result in words; nothing if JSON is wanted. */
  public void line(String text) {
    if (!json) {
      console.out().println(text);
    }
  }

  public void line() {
    line("");
  }

  /** A formatted line of a result in words. */
  public void format(String format, Object... arguments) {
    line(String.format(Locale.ROOT, format, arguments));
  }

  public void table(Table table) {
    table.lines().forEach(this::line);
  }

  /** The result as one document; nothing if words are wanted. */
  public void document(Json document) {
    if (json) {
      console.out().println(document.pretty());
    }
  }

  /** One of many results, a document a line; nothing if words are wanted. */
  public void item(Json document) {
    if (json) {
      console.out().println(document);
    }
  }

  /** A remark that is no result: to standard error, unless quiet. */
  public void note(String text) {
    if (style != Style.QUIET) {
      console.err().println(text);
    }
  }

  /** Bytes to standard output as they are. */
  public PrintStream rawOut() {
    return console.out();
  }

  /** Shows how a task goes on, once it has taken long enough; ends with {@code close()}. */
  public Progress progress(String task, long bytesTotal) {
    @Nullable PrintStream target = console.terminal() && style == Style.FULL ? console.err() : null;
    return new Progress(target, task, bytesTotal);
  }
}
