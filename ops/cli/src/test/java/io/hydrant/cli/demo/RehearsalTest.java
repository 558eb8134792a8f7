package io.hydrant.cli.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.cli.output.Console;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The launcher throws away what it says, and makes a poorer cache if it is broken off. */
@Timeout(60)
final class RehearsalTest {
  @Test
  void isPlayedToItsEnd() throws Exception {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(said, true, UTF_8);
    Rehearsal.run(new Console(stream, stream, false), Duration.ofMillis(50));
    // Thrown if a step fails; and the last of the commands has verified what was replayed.
    assertTrue(said.toString(UTF_8).contains(" checkpoints, "), () -> said.toString(UTF_8));
  }
}
