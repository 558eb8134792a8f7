package io.hydrant.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * A minute of mixed faults against three real servers. In a process of its own, because its clients
 * need names that only a hosts file gives, and alone in its surefire execution, after all others.
 */
class ShortChaosTest {
  private static final int SECONDS = 60;
  private static final long SEED = 2026;
  private static final int MINUTES_MAX = 15;

  @Test
  void nothingAcknowledgedIsLostInAMinuteOfFaults() throws Exception {
    Path root = Path.of("..").toRealPath();
    Path log = Files.createDirectories(Path.of("target")).resolve("short-chaos.log");
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "@" + root.resolve("ops/jvm.options"),
            "-Xmx1g",
            "-Dhydrant.chaos.root=" + root,
            "-Djdk.net.hosts.file=" + root.resolve("chaos/client-hosts"),
            "-cp",
            System.getProperty("java.class.path"),
            ChaosMain.class.getName(),
            "--seconds",
            Integer.toString(SECONDS),
            "--seed",
            Long.toString(SEED));
    Process run =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    if (!run.waitFor(MINUTES_MAX, TimeUnit.MINUTES)) {
      run.destroy(); // its hooks end the servers
      run.waitFor();
    }
    assertEquals(0, run.exitValue(), () -> tail(log));
  }

  private static String tail(Path log) {
    try {
      List<String> lines = Files.readAllLines(log);
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 80), lines.size()));
    } catch (java.io.IOException e) {
      return e.toString();
    }
  }
}
