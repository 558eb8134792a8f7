package io.hydrant.bench.kill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.hydrant.bench.data.PageSet;
import io.hydrant.client.trace.MemoryImage;
import io.hydrant.client.trace.Trace;
import java.io.IOException;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class TraceStepsTest {
  private final TraceSteps steps;

  TraceStepsTest() throws IOException {
    steps = new TraceSteps(Trace.bundled("redis-window-16m"));
  }

  private static void apply(MemoryImage memory, TraceSteps.Step step) {
    PageSet set =
        switch (step) {
          case TraceSteps.Step.Full full -> full.pages();
          case TraceSteps.Step.Incremental incremental -> incremental.pages();
        };
    for (int row = 0; row < set.size(); row++) {
      memory.put(set.pages()[row], set.page(row));
    }
  }

  @Test
  void everyWayThroughTheTraceEndsAtItsMemories() {
    MemoryImage memory = steps.emptyMemory();
    apply(memory, steps.begin());
    assertEquals(steps.sha256(0), memory.sha256());
    int at = 0;
    for (int to : new int[] {1, 4, 5, 9, 15}) {
      TraceSteps.Step step = steps.union(at, to);
      apply(memory, step);
      assertEquals(to, step.number());
      assertEquals(steps.sha256(to), memory.sha256());
      at = to;
    }
    assertEquals(15, steps.last());
  }

  @Test
  void aUnionNamesEveryPageOnceAscending() {
    TraceSteps.Step.Incremental union = (TraceSteps.Step.Incremental) steps.union(2, 6);
    long[] pages = union.pages().pages();
    assertArrayEquals(LongStream.of(pages).distinct().sorted().toArray(), pages);
  }

  @Test
  void thereIsNoWayBack() {
    assertThrows(IllegalArgumentException.class, () -> steps.union(3, 3));
    assertThrows(IllegalArgumentException.class, () -> steps.union(-1, 3));
    assertThrows(IllegalArgumentException.class, () -> steps.union(3, 16));
  }
}
