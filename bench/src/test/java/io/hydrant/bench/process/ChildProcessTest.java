package io.hydrant.bench.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildProcessTest {
  private static final long MIB = 1 << 20;

  /** On the project's own disk: a temporary directory in memory has no write_bytes. */
  @TempDir Path temporary;

  private Path disk() {
    return Path.of("target/child-process-test").toAbsolutePath();
  }

  @Test
  void bytesWrittenByAShutdownAreCountedThoughTheProcessIsGone() throws Exception {
    String file = disk().resolve("written").toString();
    String script =
        "trap 'dd if=/dev/zero of=%s bs=1M count=8 conv=fsync; rm %s; exit 0' TERM;"
                .formatted(file, file)
            + " echo up; while :; do sleep 0.05; done";
    ChildProcess child = ChildProcess.start("writer", disk(), List.of("/bin/sh", "-c", script));
    while (!child.logTail().contains("up")) {
      Thread.sleep(5);
    }
    ProcessAccounts before = child.accounts();
    ProcessAccounts whole = child.stop();
    assertEquals(0, child.exitCode());
    long written = whole.since(before).writeBytes();
    assertTrue(written >= 8 * MIB && written < 9 * MIB, "written " + written);
    assertFalse(child.alive());
  }

  @Test
  void aKilledProcessHasAccountsToo() throws Exception {
    ChildProcess child =
        ChildProcess.start("spinner", temporary, List.of("/bin/sh", "-c", "while :; do :; done"));
    double least = 0.05;
    while (child.accounts().cpuSeconds() < least) {
      Thread.sleep(5);
    }
    assertTrue(child.peakResidentBytes() > 0);
    ProcessAccounts whole = child.kill();
    assertTrue(whole.cpuSeconds() >= least, "cpu " + whole.cpuSeconds());
    assertFalse(child.alive());
  }

  /** What a run that is ended by a signal does in the end, while its hooks run. */
  static final class ToldToEnd {
    public static void main(String[] arguments) throws Exception {
      Path directory = Path.of(arguments[0]);
      ChildProcess child = ChildProcess.start("child", directory, List.of("sleep", "60"));
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(() -> {
                try {
                  child.kill();
                  System.out.println("ended, code " + child.exitCode());
                  ChildProcess.start("late", directory, List.of("sleep", "60"));
                } catch (IOException | InterruptedException | RuntimeException e) {
                  System.out.println(e);
                }
              }));
      System.exit(0);
    }
  }

  @Test
  void aRunThatIsToldToEndEndsItsProcessesAndDoesNotHideWhy() throws Exception {
    ChildProcess run =
        ChildProcess.start(
            "run",
            temporary,
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                ToldToEnd.class.getName(),
                temporary.toString()));
    run.awaitEnd();
    assertEquals(
        """
        ended, code 137
        java.io.IOException: late is not started: this process was told to end\
        """,
        run.logTail());
  }

  @Test
  void theEndOfTheLogIsThereForMessages() throws Exception {
    ChildProcess child =
        ChildProcess.start(
            "failing", temporary, List.of("/bin/sh", "-c", "echo no disk >&2; exit 7"));
    child.awaitEnd();
    assertEquals(7, child.exitCode());
    assertEquals("no disk", child.logTail());
  }

  @Test
  void aMissingProgramIsAFailureOfTheProcess() throws Exception {
    ChildProcess child = ChildProcess.start("missing", temporary, List.of("/nowhere/program"));
    child.awaitEnd();
    assertEquals(127, child.exitCode());
  }

  @Test
  void launchFlagsMustBeThere() {
    IllegalArgumentException missing =
        assertThrows(IllegalArgumentException.class, () -> JvmCommand.asThisProcess(temporary));
    assertTrue(String.valueOf(missing.getMessage()).contains("ops/jvm.options"));
  }

  @Test
  void aJvmIsStartedWithTheSharedFlagsFirst() throws IOException {
    JvmCommand jvm = jvm(Optional.empty());
    assertEquals(
        List.of("/jdk/bin/java", "@/ops/jvm.options", "-Xmx1g", "-cp", "a:b", "Main", "x"),
        jvm.of(List.of("-Xmx1g"), "Main", List.of("x")));
  }

  private static JvmCommand jvm(Optional<Path> launcher) {
    return new JvmCommand(Path.of("/jdk/bin/java"), Path.of("/ops/jvm.options"), "a:b", launcher);
  }

  @Test
  void aServerIsStartedAsTheLauncherDoes() throws IOException {
    assertEquals("a:b", jvm(Optional.empty()).hydrant(List.of(), List.of("server")).get(3));
    JvmCommand jvm = jvm(Optional.of(temporary));
    String jar = temporary.resolve("hydrant-cli.jar").toString();
    assertEquals(
        List.of("-Xmx1g", "-cp", jar, "io.hydrant.cli.Main", "server"),
        jvm.hydrant(List.of("-Xmx1g"), List.of("server")).subList(2, 7));
    Path cache = Files.writeString(temporary.resolve("hydrant-cli.aot"), "cache");
    assertTrue(jvm.hydrant(List.of(), List.of("server")).contains("-XX:AOTCache=" + cache));
  }
}
