package io.hydrant.engine.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

final class ClockCheckTest {
  @Test
  void oneOfThreeIsWrong() {
    List<Long> clocks = List.of(0L, 60_000L, 60_100L);
    assertEquals(-60_000, ClockCheck.offMillis(0, clocks));
    assertEquals(0, ClockCheck.offMillis(60_000, clocks));
    assertTrue(ClockCheck.isOff(-60_000));
    assertEquals(0, ClockCheck.offMillis(0, List.of(0L, 3L, -9_000_000L)));
  }

  @Test
  void ofTwoNeitherIsRight() {
    assertEquals(-10_000, ClockCheck.offMillis(0, List.of(0L, 20_000L)));
    assertEquals(10_000, ClockCheck.offMillis(20_000, List.of(0L, 20_000L)));
  }

  @Test
  void nobodyToCompareWith() {
    assertEquals(0, ClockCheck.offMillis(5, List.of(5L)));
    assertEquals(0, ClockCheck.offMillis(5, List.of()));
  }

  @Test
  void fiveSecondsAreAllowed() {
    assertFalse(ClockCheck.isOff(5_000));
    assertFalse(ClockCheck.isOff(-5_000));
    assertTrue(ClockCheck.isOff(5_001));
  }
}
