package io.hydrant.pager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.client.Regions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Who may put a page there. */
final class ResidencyTest {
  private static final int PAGES = 1_000;

  private final Residency residency =
      new Residency(
          List.of(
              Regions.memory("a", 32L * Regions.PAGE_BYTES),
              Regions.memory("b", (long) PAGES * Regions.PAGE_BYTES)));

  @Test
  void aPageIsPutThereOnce() {
    assertEquals(PAGES + 32, residency.absentCount());
    assertTrue(residency.isAbsent(1, 999));
    assertTrue(residency.claim(1, 999));
    assertFalse(residency.claim(1, 999));
    assertFalse(residency.isAbsent(1, 999) || residency.isPresent(1, 999));
    residency.giveUp(1, 999);
    assertTrue(residency.isAbsent(1, 999) && residency.claim(1, 999));
    residency.arrived(1, 999);
    residency.arrived(1, 999);
    residency.giveUp(1, 999);
    assertTrue(residency.isPresent(1, 999));
    assertFalse(residency.claim(1, 999));
    assertEquals(PAGES + 31, residency.absentCount());
    assertTrue(residency.isAbsent(1, 998) && residency.isAbsent(0, 31));
  }

  @Test
  void manyAtOnceGetEachPageOnce() throws Exception {
    AtomicInteger claimed = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int page = 0; page < PAGES; page++) {
                  if (residency.claim(1, page)) {
                    claimed.incrementAndGet();
                    residency.arrived(1, page);
                  }
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(PAGES, claimed.get());
    assertEquals(32, residency.absentCount());
  }
}
