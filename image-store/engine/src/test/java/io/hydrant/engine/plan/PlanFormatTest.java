package io.hydrant.engine.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A plan comes back from its bytes, and nothing else does. */
final class PlanFormatTest {
  private static RestorePlan random(SplittableRandom random, int pages) {
    RestorePlan plan = RestorePlan.NONE;
    for (int restore = 0; restore < RestorePlan.AGES; restore++) {
      List<PageRun> touched = new ArrayList<>();
      for (int i = 0; i < pages; i++) {
        touched.add(
            new PageRun(random.nextInt(3), random.nextLong(1 << 20), random.nextLong(1, 4)));
      }
      plan = PlanLearning.learn(plan, touched, List.of());
    }
    return plan;
  }

  @Test
  void comesBack() throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 50; i++) {
      RestorePlan plan = random(random, random.nextInt(400));
      assertEquals(plan, PlanFormat.decode("test", PlanFormat.encode(plan)));
    }
    RestorePlan far =
        new RestorePlan(
            List.of(List.of(new PageRun(7, (1L << 43) + 1, 1), new PageRun(0, 0, 2)), List.of()));
    assertEquals(far, PlanFormat.decode("test", PlanFormat.encode(far)));
  }

  /** The layout of docs/formats/plan.md, byte by byte. */
  @Test
  void isAsItWasWritten() throws IOException {
    RestorePlan plan =
        new RestorePlan(
            List.of(
                List.of(new PageRun(0, 5, 1), new PageRun(0, 7, 3), new PageRun(2, 300, 1)),
                List.of(new PageRun(0, 4, 2))));
    String encoded = HexFormat.of().formatHex(PlanFormat.encode(plan));
    // Version, ages; runs, each distance with two flags, region, length; then the checksum.
    String body = "01" + "02" + "03" + "28" + "0901" + "e21202" + "01" + "2100";
    assertEquals(body, encoded.substring(0, body.length()));
    assertEquals(body.length() + 8, encoded.length());
    assertEquals(plan, PlanFormat.decode("test", HexFormat.of().parseHex(encoded)));
  }

  @Test
  void aLongOneIsCutAtItsEnd() throws IOException {
    RestorePlan plan = random(new SplittableRandom(2), 20_000);
    byte[] bytes = PlanFormat.encode(plan);
    assertTrue(bytes.length <= PlanFormat.BYTES_MAX, bytes.length + " bytes");
    assertTrue(bytes.length > PlanFormat.BYTES_MAX - 64, bytes.length + " bytes");
    List<PageRun> kept = PlanFormat.decode("test", bytes).runs();
    assertEquals(plan.runs().subList(0, kept.size()), kept);
    assertArrayEquals(bytes, PlanFormat.encode(PlanFormat.decode("test", bytes)));
  }

  @Test
  void otherBytesAreRefused() throws IOException {
    byte[] good = PlanFormat.encode(random(new SplittableRandom(3), 20));
    for (int i = 0; i < good.length; i++) {
      byte[] bad = good.clone();
      bad[i] ^= 4;
      assertThrows(IOException.class, () -> PlanFormat.decode("test", bad));
      byte[] shorter = java.util.Arrays.copyOf(good, i);
      assertThrows(IOException.class, () -> PlanFormat.decode("test", shorter));
    }
  }
}
