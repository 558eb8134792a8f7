package io.hydrant.node.cleaning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

final class CleaningThrottleTest {
  private static final long MIB = 1 << 20;
  private static final long SECOND = 1_000_000_000L;

  private long now = -7;
  private boolean busy;
  private double urgency;
  private int looks;
  private boolean closed;
  private long slept;

  private final CleaningThrottle throttle =
      new CleaningThrottle(100 * MIB, () -> busy, this::sleep, () -> now);

  private boolean sleep(long nanos) {
    assertTrue(nanos <= SECOND / 10, "it is looked again in between");
    slept += nanos;
    now += nanos;
    return !closed;
  }

  private double look() {
    looks++;
    return urgency;
  }

  private long sleptFor(long bytes) throws IOException {
    slept = 0;
    throttle.copied(bytes, this::look);
    return slept;
  }

  @Test
  void readingAndWritingArePaidForAndHalfIsLeftToClients() throws IOException {
    assertEquals(SECOND, sleptFor(50 * MIB), SECOND / 100.0);
    busy = true;
    assertEquals(2 * SECOND, sleptFor(50 * MIB), SECOND / 100.0);
    assertTrue(looks <= 31, "looks: " + looks);
  }

  @Test
  void theMoreUrgentTheLessItWaits() throws IOException {
    sleptFor(0);
    urgency = 0.75;
    now += SECOND;
    sleptFor(100 * MIB);
    assertEquals(SECOND / 2 - SECOND / 4, slept, SECOND / 50.0, "a quarter of a second was saved");
    urgency = 1;
    now += SECOND;
    assertEquals(0, sleptFor(1_000 * MIB));
  }

  @Test
  void roomThatFallsInTheMiddleOfAWaitEndsIt() throws IOException {
    CleaningThrottle itself =
        new CleaningThrottle(
            MIB,
            () -> false,
            nanos -> {
              slept += nanos;
              now += nanos;
              urgency = slept >= SECOND ? 1 : 0;
              return true;
            },
            () -> now);
    itself.copied(50 * MIB, this::look);
    assertEquals(SECOND, slept, SECOND / 5.0, "instead of a hundred");
    urgency = 0;
    slept = 0;
    now += SECOND;
    itself.copied(MIB / 2, this::look);
    assertTrue(slept <= SECOND, "nothing is owed from before: " + slept);
  }

  @Test
  void whoeverClosesItDoesNotWaitForIt() throws IOException {
    closed = true;
    assertTrue(sleptFor(1_000 * MIB) <= SECOND / 10);
  }
}
