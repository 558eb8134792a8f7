package io.hydrant.node.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.hydrant.engine.repair.RepairStep.Outcome;
import io.hydrant.engine.repair.RepairStep.Progress;
import io.hydrant.engine.replica.RepairProgress;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RepairMeterTest {
  private long seconds;
  private final RepairMeter meter = new RepairMeter(() -> seconds * 1_000_000_000L);

  private void step(long fetched, long tractsDone, long tractsTotal, long bytesDone, long known) {
    meter.stepped(new Progress(Outcome.WORKED, fetched, tractsDone, tractsTotal, bytesDone, known));
  }

  @Test
  void countsFromTheFirstLackToTheLast() {
    assertFalse(meter.get().isActive());
    step(0, 0, 10, 0, 500);
    assertEquals(new RepairProgress(0, 10, 0, 500, 0), meter.get());
    step(200, 2, 10, 200, 500);
    assertEquals(new RepairProgress(2, 10, 200, 1_000, 200), meter.get(), "the rest is alike");
    step(0, 10, 10, 300, 300);
    meter.stepped(new Progress(Outcome.DONE, 0, 0, 0, 0, 0));
    assertEquals(RepairProgress.NONE, meter.get());
    assertEquals(200, meter.fetchedBytes());
  }

  @Test
  void theRateIsThatOfTheLastTenSeconds() {
    for (seconds = 0; seconds < 4; seconds++) {
      step(100, 1 + seconds, 100, 100 * (1 + seconds), 0);
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
