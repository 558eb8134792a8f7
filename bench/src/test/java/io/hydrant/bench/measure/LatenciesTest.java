package io.hydrant.bench.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LatenciesTest {
  @Test
  void percentilesAreTheNearestRanksOfWhatWasMeasured() {
    Latencies latencies = new Latencies();
    for (int i = 200; i >= 1; i--) {
      latencies.add(i);
    }
    assertEquals(100, latencies.percentileNanos(50));
    assertEquals(198, latencies.percentileNanos(99));
    assertEquals(200, latencies.percentileNanos(100));
    assertEquals(1, latencies.percentileNanos(0.001));
    assertEquals(198e-6, latencies.percentileMillis(99));
    assertEquals(0.198, latencies.percentileMicros(99));
  }

  @Test
  void keepsEveryLatencyBeyondItsFirstCapacity() {
    SplittableRandom random = new SplittableRandom(3);
    long[] values = random.longs(5_000, 0, 1_000_000).toArray();
    Latencies first = new Latencies();
    Latencies second = new Latencies();
    for (int i = 0; i < values.length; i++) {
      (i % 2 == 0 ? first : second).add(values[i]);
    }
    first.addAll(second);
    Arrays.sort(values);
    assertEquals(5_000, first.count());
    assertEquals(values[4_949], first.percentileNanos(99));
  }

  @Test
  void refusesWhatHasNoAnswer() {
    Latencies latencies = new Latencies();
    assertThrows(IllegalStateException.class, () -> latencies.percentileNanos(50));
    assertThrows(IllegalArgumentException.class, () -> latencies.add(-1));
    latencies.add(7);
    assertThrows(IllegalArgumentException.class, () -> latencies.percentileNanos(0));
    assertThrows(IllegalArgumentException.class, () -> latencies.percentileNanos(Double.NaN));
  }
}
