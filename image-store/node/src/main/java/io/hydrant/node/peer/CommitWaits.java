package io.hydrant.node.peer;

import io.hydrant.node.pace.CalmWatch;
import io.hydrant.node.pace.YieldingPace;
import io.hydrant.peer.v1.Inventory;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How long the ends of checkpoints wait until enough replicas hold them: measured by the leader,
 * told to all with its inventory, and what repair stands back for, wherever it is made. It shows
 * whatever is short, cores, disks or the network, and on whichever machine.
 */
final class CommitWaits {
  private final CalmWatch watch = new CalmWatch();
  private final YieldingPace repair;
  private final LongSupplier oldest;
  private final LongSupplier nanoTime;

  /**
   * @param oldest how long the end waits that has waited longest; 0 if none does
   */
  CommitWaits(YieldingPace repair, LongSupplier oldest, LongSupplier nanoTime) {
    this.repair = repair;
    this.oldest = oldest;
    this.nanoTime = nanoTime;
  }

  /** The leader has what makes a checkpoint committed. */
  void held(long waitedNanos) {
    watch.took(waitedNanos, nanoTime.getAsLong());
  }

  /** What the leader says; others say nothing of it. */
  Inventory with(Inventory inventory) {
    CalmWatch.Word word = word();
    return word.equals(CalmWatch.Word.NOTHING)
        ? inventory
        : inventory.toBuilder()
            .setCommitWaitMicros(TimeUnit.NANOSECONDS.toMicros(word.recentNanos()))
            .setCalmWaitMicros(TimeUnit.NANOSECONDS.toMicros(word.calmNanos()))
            .build();
  }

  private CalmWatch.Word word() {
    return watch.word(oldest.getAsLong(), nanoTime.getAsLong());
  }

  /** From time to time, on the leader: it may repair itself. */
  void hearOneself() {
    hear(word());
  }

  /** What another member says. */
  void heard(Inventory inventory) {
    hear(
        new CalmWatch.Word(
            TimeUnit.MICROSECONDS.toNanos(inventory.getCommitWaitMicros()),
            TimeUnit.MICROSECONDS.toNanos(inventory.getCalmWaitMicros())));
  }

  private void hear(CalmWatch.Word word) {
    if (word.calmNanos() > 0) {
      repair.heard(word, nanoTime.getAsLong());
    }
  }
}
