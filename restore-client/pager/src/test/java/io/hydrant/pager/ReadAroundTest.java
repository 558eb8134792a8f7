package io.hydrant.pager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.pager.ReadAround.Window;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** How far a fault reaches. */
final class ReadAroundTest {
  private static final long PAGES = 100_000;

  private final ReadAround around = new ReadAround(4, 64);

  @Test
  void growsWhereFaultsFollowEachOther() {
    Window window = around.around(0, 1_000, PAGES);
    assertEquals(new Window(0, 1_000, 1_004), window);
    for (int size = 8; size <= 64; size *= 2) {
      Window next = around.around(0, window.end(), PAGES);
      assertEquals(new Window(0, window.end(), window.end() + size), next);
      window = next;
    }
    assertEquals(64, around.around(0, window.end() + 3, PAGES).pages(), "no further");
  }

  @Test
  void goesDownwardsWithThem() {
    around.around(0, 1_003, PAGES);
    assertEquals(new Window(0, 992, 1_000), around.around(0, 999, PAGES));
    assertEquals(new Window(0, 976, 992), around.around(0, 991, PAGES));
  }

  @Test
  void severalStreamsDoNotDisturbEachOther() {
    around.around(0, 1_000, PAGES);
    around.around(0, 50_000, PAGES);
    around.around(1, 1_004, PAGES);
    assertEquals(8, around.around(0, 1_004, PAGES).pages());
    assertEquals(8, around.around(0, 50_004, PAGES).pages());
  }

  @Test
  void scatteredFaultsKeepItSmallAndItStaysWithinTheRegion() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 10_000; i++) {
      long page = random.nextLong(PAGES);
      Window window = around.around(0, page, PAGES);
      assertTrue(window.first() >= 0 && window.end() <= PAGES, window::toString);
      assertTrue(window.first() <= page && page < window.end(), window::toString);
    }
    assertEquals(new Window(0, 96, 99), new ReadAround(4, 64).around(0, 98, 99));
  }
}
