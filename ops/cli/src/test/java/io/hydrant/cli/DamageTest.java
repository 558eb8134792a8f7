package io.hydrant.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.node.HydrantNode;
import io.hydrant.node.config.NodeConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bytes that rot in the store are named by verify, and never get into a restored file. */
class DamageTest {
  private static final int PAGE_BYTES = 4096;
  private static final int PAGES = 4096;

  @TempDir Path directory;

  @Test
  void verifyNamesEveryDamagedPageAndRestoreRefuses() throws IOException {
    byte[] memory = new byte[PAGES * PAGE_BYTES];
    new Random(1).nextBytes(memory);
    Path file = Files.write(directory.resolve("memory.raw"), memory);
    Path data = directory.resolve("data");
    try (HydrantNode node = HydrantNode.start(NodeConfig.embedded(data))) {
      String server = "127.0.0.1:" + node.port();
      Ran.hydrant("image", "create", "rotten", "--server", server).succeeded();
      Ran.hydrant("checkpoint", "push", "rotten", file.toString(), "--server", server).succeeded();
      rot(data, memory, 17);
      rot(data, memory, 3000);
      Ran verify = Ran.hydrant("verify", "rotten", "--json", "--server", server);
      assertEquals(ExitCode.DAMAGED.code(), verify.exitCode(), verify.toString());
      assertEquals("2", verify.json("damaged_count"));
      assertTrue(verify.out().contains("\"page\": 17,"), verify.out());
      assertTrue(verify.out().contains("\"page\": 3000,"), verify.out());
      Path target = directory.resolve("back.raw");
      Ran.hydrant("restore", "rotten", target.toString(), "--server", server)
          .failed(ExitCode.DAMAGED, "page 17", "--full");
      assertFalse(Files.exists(target));
    }
  }

  @Test
  void scrubNamesEveryDamagedPageAndDoctorSaysWhatToDo() throws IOException {
    byte[] memory = new byte[PAGES * PAGE_BYTES];
    new Random(2).nextBytes(memory);
    Path file = Files.write(directory.resolve("memory.raw"), memory);
    Path data = directory.resolve("data");
    try (HydrantNode node = HydrantNode.start(NodeConfig.embedded(data))) {
      String server = "127.0.0.1:" + node.port();
      Ran.hydrant("image", "create", "rotten", "--server", server).succeeded();
      Ran.hydrant("checkpoint", "push", "rotten", file.toString(), "--server", server).succeeded();
      Ran healthy = Ran.hydrant("scrub", "--server", server).succeeded();
      assertTrue(healthy.out().contains("nothing bad"), healthy.out());
      assertTrue(healthy.out().contains("verified 4,096 pages"), healthy.out());
      Ran.hydrant("doctor", "--server", server).succeeded();
      rot(data, memory, 17);
      rot(data, memory, 3000);
      Ran scrub = Ran.hydrant("scrub", "--json", "--wait", "1", "--server", server);
      assertEquals(ExitCode.DAMAGED.code(), scrub.exitCode(), scrub.toString());
      assertEquals("2", scrub.json("bad_page_count"));
      assertTrue(scrub.out().contains("\"page\": 17,"), scrub.out());
      assertTrue(scrub.out().contains("\"page\": 3000,"), scrub.out());
      assertTrue(scrub.out().contains("\"image\": \"rotten\""), scrub.out());
      assertTrue(scrub.out().contains("\"state\": \"no other copy\""), scrub.out());
      Ran again = Ran.hydrant("scrub", "--last", "--server", server);
      assertEquals(ExitCode.DAMAGED.code(), again.exitCode(), again.toString());
      assertTrue(again.out().contains("no other copy"), again.out());
      Ran doctor = Ran.hydrant("doctor", "--server", server);
      assertEquals(ExitCode.DAMAGED.code(), doctor.exitCode(), doctor.toString());
      assertTrue(doctor.out().contains(" pages"), doctor.out());
      assertTrue(doctor.out().contains("ops/runbooks/damage.md"), doctor.out());
    }
  }

  /**
   * An image whose newest checkpoint lacks a page cannot go on from it: it would never be whole.
   */
  @Test
  void whatIsLostForEverMakesTheNextCheckpointFull() throws Exception {
    byte[] memory = new byte[PAGES * PAGE_BYTES];
    new Random(3).nextBytes(memory);
    Path file = Files.write(directory.resolve("memory.raw"), memory);
    Path data = directory.resolve("data");
    try (HydrantNode node = HydrantNode.start(NodeConfig.embedded(data))) {
      String server = "127.0.0.1:" + node.port();
      Ran.hydrant("image", "create", "rotten", "--server", server).succeeded();
      Ran.hydrant("checkpoint", "push", "rotten", file.toString(), "--server", server).succeeded();
      rot(data, memory, 17);
      Ran.hydrant("scrub", "--server", server);
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (!Ran.hydrant("doctor", "--server", server).out().contains("1 pages of retained")) {
        assertTrue(System.nanoTime() < end, "the page was never said to be lost");
        Thread.sleep(200);
      }
      String source = file.toString();
      Ran.hydrant("checkpoint", "push", "rotten", source, "--server", server)
          .failed(ExitCode.DAMAGED, "--full");
      Ran.hydrant("checkpoint", "push", "rotten", source, "--full", "--server", server).succeeded();
      Path target = directory.resolve("back.raw");
      Ran.hydrant("restore", "rotten", target.toString(), "--server", server).succeeded();
      assertArrayEquals(memory, Files.readAllBytes(target));
    }
  }

  /** Changes one bit of a page where it is stored. */
  private static void rot(Path data, byte[] memory, int page) throws IOException {
    try (Stream<Path> files = Files.walk(data)) {
      for (Path segment : files.filter(each -> each.toString().endsWith(".hyd")).toList()) {
        byte[] bytes = Files.readAllBytes(segment);
        for (int at = 0; at + PAGE_BYTES <= bytes.length; at += 4) {
          int begin = page * PAGE_BYTES;
          if (Arrays.equals(bytes, at, at + PAGE_BYTES, memory, begin, begin + PAGE_BYTES)) {
            flip(segment, at + 1000);
            return;
          }
        }
      }
    }
    throw new AssertionError("page " + page + " is in no segment");
  }

  private static void flip(Path file, long offset) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      channel.read(one, offset);
      one.put(0, (byte) (one.get(0) ^ 1));
      channel.write(one.flip(), offset);
    }
  }
}
