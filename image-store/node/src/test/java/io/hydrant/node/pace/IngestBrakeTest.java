package io.hydrant.node.pace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

final class IngestBrakeTest {
  private static final long MIB = 1 << 20;
  private static final long SLOW = 512 * MIB;
  private static final long RATE = 128 * MIB;
  private static final long SECOND = 1_000_000_000L;

  private long room = Long.MAX_VALUE;
  private int looks;
  private long now = -5;
  private final IngestBrake brake = new IngestBrake(this::room, SLOW, RATE, () -> now);

  private long room() {
    looks++;
    return room;
  }

  /** Stages for so long what it may; returns how much that was. */
  private long stagedIn(long nanos) throws IOException {
    long end = now + nanos;
    long bytes = 0;
    while (now < end) {
      long wait = brake.waitNanos();
      now += wait;
      if (wait == 0) {
        brake.staged(MIB);
        bytes += MIB;
        now += 100_000;
      }
    }
    return bytes;
  }

  private void assertRate(long expected) throws IOException {
    long bytes = stagedIn(20 * SECOND);
    assertEquals(expected, bytes / 20, expected / 20.0, () -> "at room " + room);
  }

  @Test
  void withEnoughRoomNothingWaitsAndRoomIsLookedAtSeldom() throws IOException {
    assertTrue(stagedIn(SECOND) > 9_000 * MIB);
    assertTrue(looks <= 101, "looks: " + looks);
  }

  @Test
  void theLessRoomTheSlower() throws IOException {
    room = SLOW - 1;
    assertRate(RATE);
    room = SLOW / 2;
    assertRate(RATE / 4);
    room = SLOW / 4;
    assertRate(RATE / 16);
    room = 0;
    assertRate(4 * MIB);
  }

  @Test
  void nobodyWaitsLongForRoomThatHasComeBack() throws IOException {
    room = 0;
    brake.staged(100 * MIB);
    assertEquals(50_000_000, brake.waitNanos());
    room = SLOW;
    assertEquals(0, brake.waitNanos());
    room = SLOW / 2;
    now += SECOND;
    assertEquals(0, brake.waitNanos(), "nothing is owed from before");
  }

  @Test
  void whatWasStagedBeforeRoomWasLowIsNotPaidFor() throws IOException {
    brake.staged(1_000 * MIB);
    assertEquals(0, brake.waitNanos());
    now += SECOND;
    room = 0;
    assertEquals(0, brake.waitNanos());
  }

  @Test
  void itCanBeOff() throws IOException {
    IngestBrake.NONE.staged(Long.MAX_VALUE / 2);
    assertEquals(0, IngestBrake.NONE.waitNanos());
  }
}
