package io.hydrant.bench.process;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class GarbageLogTest {
  @Test
  void pausesAreSummedUp() {
    assertEquals(
        new GarbageLog(3, 410, 12.5, 17.75, 1),
        GarbageLog.parse(
            List.of(
                "[0.006s][info][gc] Using G1",
                "[0.900s][info][gc] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 23M->4M(512M) 1.250ms",
                "[1.200s][info][gc] GC(1) Concurrent Mark Cycle",
                "[1.300s][info][gc] GC(1) Pause Remark 300M->299M(512M) 4.000ms",
                "[2.000s][info][gc] GC(2) Pause Full (G1 Compaction Pause) 410M->90M(512M) 12.500ms")));
  }

  @Test
  void aJvmThatNeverCollectedHasNothingToTell() {
    assertEquals(new GarbageLog(0, 0, 0, 0, 0), GarbageLog.parse(List.of()));
  }
}
