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
  private boolean growing = true;
  private final IngestBrake brake =
      new IngestBrake(
          new IngestBrake.Room() {
            @Override
            public long bytes() {
              looks++;
              return room;
            }

            @Override
            public boolean isGrowing() {
              return growing;
            }
          },
          SLOW,
          RATE,
          () -> now);

  /** Stages for so long what it may; returns how much that was. */
  private long stagedIn(long nanos) throws IOException {
    long end = now + nanos;
    long bytes = 0;
    long slot = 0;
    while (now < end) {
      long wait = brake.waitNanos(slot);
      now += wait;
      if (wait == 0) {
        slot = brake.staged(MIB);
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
    long slot = brake.staged(100 * MIB);
    assertEquals(50_000_000, brake.waitNanos(slot));
    room = SLOW;
    assertEquals(0, brake.waitNanos(slot));
    room = SLOW / 2;
    now += SECOND;
    assertEquals(0, brake.waitNanos(slot), "nothing is owed from before");
  }

  @Test
  void whatWasStagedBeforeRoomWasLowIsNotPaidFor() throws IOException {
    long slot = brake.staged(1_000 * MIB);
    assertEquals(0, brake.waitNanos(slot));
    now += SECOND;
    room = 0;
    assertEquals(0, brake.waitNanos(slot));
  }

  @Test
  void streamsGoOnInTheOrderInWhichTheyStaged() throws IOException {
    room = 0;
    long first = brake.staged(4 * MIB);
    long[] slots = new long[8];
    for (int i = 0; i < slots.length; i++) {
      slots[i] = brake.staged(4 * MIB);
    }
    long began = now;
    for (int i = 0; i < slots.length; i++) {
      for (long wait = brake.waitNanos(slots[i]); wait > 0; wait = brake.waitNanos(slots[i])) {
        now += wait;
        assertEquals(0, brake.waitNanos(i == 0 && now - began < SECOND ? 0 : first));
        if (i + 1 < slots.length) {
          assertTrue(brake.waitNanos(slots[i + 1]) > 0, "nobody gets ahead");
        }
      }
      assertEquals((i + 2) * SECOND, now - began, SECOND / 20.0, "4 MiB a second, " + i);
    }
  }

  @Test
  void aNewCheckpointIsHeldBackWhileRoomIsMadeForIt() throws IOException {
    room = 1;
    assertEquals(0, brake.holdBackNanos(0), "there is room");
    room = 0;
    assertEquals(50_000_000, brake.holdBackNanos(0));
    assertEquals(50_000_000, brake.holdBackNanos(5 * SECOND - 1));
    assertEquals(0, brake.holdBackNanos(5 * SECOND), "long enough");
    growing = false;
    assertEquals(0, brake.holdBackNanos(0), "nothing to wait for");
    assertEquals(0, IngestBrake.NONE.holdBackNanos(0));
  }

  @Test
  void itCanBeOff() throws IOException {
    assertEquals(0, IngestBrake.NONE.waitNanos(IngestBrake.NONE.staged(Long.MAX_VALUE / 2)));
  }
}
