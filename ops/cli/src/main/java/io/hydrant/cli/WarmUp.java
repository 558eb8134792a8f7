package io.hydrant.cli;

import io.hydrant.cli.output.Console;
import java.io.OutputStream;
import java.io.PrintStream;

/**
 * Touches what every command needs, while the launcher has the JVM record its classes for a fast
 * start.
 */
public final class WarmUp {
  private WarmUp() {}

  public static void main(String[] arguments) {
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
    Console console = new Console(nowhere, nowhere, false);
    Main.run(console, "--version");
    Main.run(console, "image", "list", "--help");
    // Nobody listens there: the network library is loaded all the same.
    Main.run(console, "image", "list", "--server", "127.0.0.1:1");
  }
}
