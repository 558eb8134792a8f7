package io.hydrant.node.pace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class BytePaceTest {
  private static final long SECOND = 1_000_000_000L;

  private final BytePace pace = new BytePace(1_000, 0);

  @Test
  void whatIsFetchedIsPaidForAfterwards() {
    assertEquals(0, pace.waitNanos(0, false, 0));
    assertEquals(SECOND / 2, pace.waitNanos(500, false, 0));
    assertEquals(SECOND, pace.waitNanos(500, false, 0), "whichever thread fetches");
    assertEquals(0, pace.waitNanos(0, false, SECOND));
  }

  @Test
  void aPauseEarnsAQuarterOfASecond() {
    assertEquals(0, pace.waitNanos(250, false, 100 * SECOND));
    assertEquals(SECOND, pace.waitNanos(1_000, false, 100 * SECOND));
  }

  @Test
  void halfIsLeftToWhatIsUrgent() {
    assertEquals(2 * SECOND, pace.waitNanos(1_000, true, 0));
  }
}
