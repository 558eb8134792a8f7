package io.hydrant.cli;

import io.hydrant.cli.demo.Rehearsal;
import io.hydrant.cli.output.Console;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;

/**
 * Touches what every command needs, while the launcher has the JVM record its classes for a fast
 * start.
 */
public final class WarmUp {
  /** With each leader: long enough that what is hot shows. */
  private static final Duration WORK = Duration.ofSeconds(2);

  /** Many times what it takes: the launcher waits for it. */
  private static final Duration ALL_MAX = Duration.ofMinutes(3);

  private WarmUp() {}

  public static void main(String[] arguments) {
    Thread.ofPlatform().daemon().start(WarmUp::endInTime);
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
    Console console = new Console(nowhere, nowhere, false);
    Main.run(console, "--version");
    Main.run(console, "image", "list", "--help");
    // Nobody listens there: the network library is loaded all the same.
    Main.run(console, "image", "list", "--server", "127.0.0.1:1");
    Logging.forServer(false);
    rehearse(console);
    System.exit(0); // whatever a rehearsal that was broken off has left running
  }

  private static void endInTime() {
    try {
      Thread.sleep(ALL_MAX);
      Runtime.getRuntime().halt(1);
    } catch (InterruptedException e) {
      // ends with the process
    }
  }

  /** Without it the record has less, and is good all the same. */
  private static void rehearse(Console console) {
    try {
      Rehearsal.run(console, WORK);
    } catch (Throwable e) { // a native library that cannot be loaded is an Error
      console.err().println("the rehearsal was broken off: " + e);
    }
  }
}
