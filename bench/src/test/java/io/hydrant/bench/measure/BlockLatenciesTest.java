package io.hydrant.bench.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class BlockLatenciesTest {
  @Test
  void percentilesOfBlocksAndOfAllOfThem() {
    BlockLatencies latencies = new BlockLatencies();
    latencies.add(new Round(0, false), 1_000_000_000);
    for (int block = 0; block < 3; block++) {
      for (int i = 1; i <= 100; i++) {
        latencies.add(new Round(block, true), (block * 100 + i) * 1_000L);
      }
    }
    assertEquals(List.of(50.0, 150.0, 250.0), latencies.micros(50).rounds());
    assertEquals(0.15, latencies.millis(50).median());
    assertEquals(297, latencies.microsOfAll(99).median());
    assertEquals(0.3, latencies.millisOfAll(100).median());
    assertEquals(300, latencies.count());
  }
}
