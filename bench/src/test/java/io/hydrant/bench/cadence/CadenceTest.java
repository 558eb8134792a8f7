package io.hydrant.bench.cadence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.data.PageSet;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CadenceTest {
  private static final long MILLI = 1_000_000;

  @TempDir Path directory;

  @Test
  void lateByMoreThanAnIntervalIsMissedAndRunsAreCounted() {
    Cadence cadence = new Cadence(Duration.ofMillis(25));
    for (long millis : new long[] {1, 25, 26, 30, 2, 27, 1, 1}) {
      cadence.ended(millis * MILLI);
    }
    assertEquals(37.5, cadence.missedPercent());
    assertEquals(2, cadence.longestRun());
    assertEquals(30, cadence.millis(100));
    cadence.failed();
    cadence.failed();
    cadence.failed();
    assertEquals(3, cadence.longestRun());
    assertEquals(11, cadence.due());
    assertEquals(8, cadence.ended());
  }

  @Test
  void aMomentIsDueWhateverBecameOfTheOneBefore() {
    Clockwork clockwork = new Clockwork(Duration.ofMillis(2));
    long first = clockwork.await(0);
    assertTrue(System.nanoTime() >= first);
    assertEquals(first + 6 * MILLI, clockwork.await(3));
    // Long past: at once.
    assertEquals(first + 2 * MILLI, clockwork.await(1));
  }

  @Test
  void aSyntheticGuestDirtiesWhatItIsSaidTo() {
    PagePool pool = new PagePool(4, 2_048);
    SyntheticStream stream =
        new SyntheticStream("HPC-C", Duration.ofMillis(25), 1_700_000, pool, 11);
    PageSet set = stream.pages(3);
    assertEquals(1_700_000 / 4096, set.size());
    assertEquals(set, stream.pages(3 + stream.distinct()));
    assertEquals("HPC-C, 1.7 MB every 25 ms", stream.name());
    long last = -1;
    for (long page : set.pages()) {
      assertTrue(page > last && page < stream.imageBytes() / 4096);
      last = page;
    }
  }

  @Test
  void theBareLoopWorksThroughItsTime() throws Exception {
    Cadence cadence =
        BareLoop.run(directory, Duration.ofMillis(5), 10_000, Duration.ofMillis(40), 1 << 20);
    assertEquals(8, cadence.due());
  }
}
