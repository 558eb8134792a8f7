package io.hydrant.node.scrub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ScrubPaceTest {
  private static final long MAX = 100L << 20;

  @Test
  void aPassIsSpreadOverTheTimeThatIsLeft() {
    ScrubPace pace = new ScrubPace(MAX, 0);
    assertEquals(10L << 20, pace.rate(1L << 30, TimeUnit.SECONDS.toNanos(102)), 1 << 17);
  }

  @Test
  void whoIsLateGoesAsFastAsAllowed() {
    ScrubPace pace = new ScrubPace(MAX, 0);
    assertEquals(MAX, pace.rate(1L << 40, TimeUnit.SECONDS.toNanos(10)));
    assertEquals(MAX, pace.rate(1L << 30, -5));
  }

  @Test
  void aSmallStoreIsNotSpreadOverAWeek() {
    ScrubPace pace = new ScrubPace(MAX, 0);
    assertEquals(ScrubPace.BYTES_PER_SECOND_MIN, pace.rate(1L << 20, TimeUnit.DAYS.toNanos(6)));
    assertEquals(ScrubPace.BYTES_PER_SECOND_MIN, pace.rate(0, TimeUnit.DAYS.toNanos(6)));
  }

  @Test
  void bytesArePaidForAndPausesEarnNothing() {
    ScrubPace pace = new ScrubPace(MAX, 0);
    long second = TimeUnit.SECONDS.toNanos(1);
    assertEquals(second, pace.waitNanos(MAX, MAX, 0), 1_000);
    assertEquals(2 * second, pace.waitNanos(MAX, MAX, 0), 1_000);
    assertEquals(second / 2, pace.waitNanos(MAX / 2, MAX, 100 * second), 1_000);
    assertTrue(pace.waitNanos(0, MAX, 200 * second) == 0);
  }
}
