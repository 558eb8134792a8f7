package io.hydrant.node.peer;

import io.hydrant.node.pace.CalmWatch;
import io.hydrant.node.pace.YieldingPace;
import io.hydrant.peer.v1.Inventory;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * How long the ends of checkpoints wait until enough replicas hold them: measured by the leader,
 * told to all with its inventory, and what repair stands back for, wherever it is made. It shows
 * whatever is short, cores, disks or the network, and on whichever machine.
 */
final class CommitWaits {
  private final YieldingPace repair;
  private final Supplier<CalmWatch.Word> own;
  private final LongSupplier nanoTime;

  /**
   * @param own what this member has seen, if it leads; else {@link CalmWatch.Word#NOTHING}
   */
  CommitWaits(YieldingPace repair, Supplier<CalmWatch.Word> own, LongSupplier nanoTime) {
    this.repair = repair;
    this.own = own;
    this.nanoTime = nanoTime;
  }

  /** What the leader says; others say nothing of it. */
  Inventory with(Inventory inventory) {
    CalmWatch.Word word = own.get();
    return word.equals(CalmWatch.Word.NOTHING)
        ? inventory
        : inventory.toBuilder()
            .setCommitWaitMicros(TimeUnit.NANOSECONDS.toMicros(word.recentNanos()))
            .setCalmWaitMicros(TimeUnit.NANOSECONDS.toMicros(word.calmNanos()))
            .build();
  }

  /** From time to time, on the leader: it may repair itself. */
  void hearOneself() {
    hear(own.get());
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
