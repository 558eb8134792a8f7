package io.hydrant.node.housekeeping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.node.FakeProposals;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class SnapshotNudgeTest {
  private final AtomicLong nanos = new AtomicLong(1_000);
  private final FakeProposals log = new FakeProposals(new Catalog());
  private boolean due;
  private final SnapshotNudge nudge = new SnapshotNudge(log, () -> due, nanos::get);

  private int after(Duration duration) {
    nanos.addAndGet(duration.toNanos());
    nudge.step();
    return log.take().size();
  }

  @Test
  void proposesOnceASecondWhileASnapshotIsDue() {
    assertEquals(0, after(Duration.ofSeconds(1)));
    due = true;
    assertEquals(0, after(Duration.ofMillis(900)));
    nanos.addAndGet(Duration.ofMillis(100).toNanos());
    nudge.step();
    assertTrue(log.apply(log.take().getFirst()) instanceof Outcome.Rejected, "changes nothing");
    assertEquals(0, after(Duration.ofMillis(900)));
    assertEquals(1, after(Duration.ofMillis(100)));
    log.leads = false;
    assertEquals(0, after(Duration.ofSeconds(1)));
  }

  @Test
  void waitsForTheAnswer() {
    due = true;
    log.silent = true;
    assertEquals(1, after(Duration.ofSeconds(1)));
    assertEquals(0, after(Duration.ofSeconds(1)));
  }
}
