package io.hydrant.index.rocksdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A flush whose process dies is there whole or not at all. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class InterruptedFlushTest {
  private static final int KILLS = 4;

  @TempDir Path temporary;

  @Test
  void whatWasWrittenButNotFlushedIsGone() throws Exception {
    Path directory = temporary.resolve("index");
    Path output = temporary.resolve("output");
    assertEquals(9, start(directory, output, 4).waitFor());
    assertEquals(3, lastRound(output));
    assertEquals(3, roundOfAllRows(directory));
  }

  @Test
  void killedProcessLeavesTheLastFlushOrTheOneUnderWay() throws Exception {
    long seed = Long.getLong("hydrant.seed", System.nanoTime());
    Random random = new Random(seed);
    for (int kill = 0; kill < KILLS; kill++) {
      Path directory = temporary.resolve("kill" + kill);
      Path output = temporary.resolve("output" + kill);
      Process process = start(directory, output, 0);
      while (lastRound(output) == 0) {
        assertTrue(process.isAlive());
        Thread.sleep(5);
      }
      Thread.sleep(random.nextInt(150));
      process.destroyForcibly().waitFor();
      int returned = lastRound(output);
      int found = roundOfAllRows(directory);
      assertTrue(
          found == returned || found == returned + 1,
          "flush %d had returned, %d is there (seed %d)".formatted(returned, found, seed));
    }
  }

  private static Process start(Path directory, Path output, int dieInRound) throws IOException {
    String java =
        System.getProperty("java.home") + File.separator + "bin" + File.separator + "java";
    return new ProcessBuilder(
            java,
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            DyingProcess.class.getName(),
            directory.toString(),
            Integer.toString(dieInRound))
        .redirectOutput(output.toFile())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** The number on the last whole line; 0 if there is none. */
  private static int lastRound(Path output) throws IOException {
    String text = Files.readString(output);
    String whole = text.substring(0, text.lastIndexOf('\n') + 1);
    return whole.lines().mapToInt(Integer::parseInt).reduce(0, (_, line) -> line);
  }

  private static int roundOfAllRows(Path directory) throws IOException {
    int[] round = {-1};
    int[] rows = {0};
    try (RocksDbPageIndex index = RocksDbPageIndex.open(directory, DyingProcess.CONFIG)) {
      for (byte prefix = 0; prefix < 2; prefix++) {
        index.scan(
            new byte[] {prefix},
            (_, value) -> {
              int one = ByteBuffer.wrap(value).getInt();
              assertTrue(round[0] == -1 || round[0] == one, "rounds " + round[0] + " and " + one);
              round[0] = one;
              rows[0]++;
              return true;
            });
      }
    }
    assertEquals(DyingProcess.ROWS, rows[0]);
    return round[0];
  }
}
