package io.hydrant.node.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.hydrant.engine.replica.RepairProgress;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RepairMeterTest {
  private long seconds;
  private final RepairMeter meter = new RepairMeter(() -> seconds * 1_000_000_000L);

  @Test
  void countsFromTheFirstLackToTheLast() {
    assertFalse(meter.get().isActive());
    meter.left(10, 1_000);
    meter.done(2, 300, 200);
    assertEquals(new RepairProgress(2, 10, 300, 1_000, 200), meter.get());
    meter.left(9, 800);
    assertEquals(new RepairProgress(2, 11, 300, 1_100, 200), meter.get(), "more was found");
    meter.left(0, 0);
    assertEquals(RepairProgress.NONE, meter.get());
    meter.left(1, 10);
    assertEquals(0, meter.get().tractsDone(), "a repair of its own");
  }

  @Test
  void theRateIsThatOfTheLastTenSeconds() {
    meter.left(100, 10_000);
    for (seconds = 0; seconds < 4; seconds++) {
      meter.done(1, 100, 100);
    }
    assertEquals(100, meter.get().bytesPerSecond());
    assertEquals(Optional.of(Duration.ofSeconds(96)), meter.get().left());
    seconds = 13;
    assertEquals(10, meter.get().bytesPerSecond(), "one second of the four is left");
    seconds = 60;
    assertEquals(0, meter.get().bytesPerSecond());
    assertEquals(Optional.empty(), meter.get().left());
  }
}
