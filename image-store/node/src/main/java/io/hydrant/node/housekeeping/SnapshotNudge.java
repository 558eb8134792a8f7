package io.hydrant.node.housekeeping;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.model.SessionId;
import io.hydrant.node.replication.Proposals;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Sees to it that a snapshot that is due is taken although no entry comes: snapshots are taken
 * while entries are applied, but a long staging without a commit fills the segment log, which a
 * restart would have to scan, with hardly an entry; and on a full disk, space is freed so. Then the
 * leader proposes one that changes nothing: a renewal of a session that does not exist, which is
 * applied and refused.
 */
public final class SnapshotNudge {
  private static final long EVERY_NANOS = Duration.ofSeconds(1).toNanos();

  /** A session's number is the index of its Pin; nobody's log gets that far. */
  public static final Command HARMLESS = new Command.Renew(new SessionId(Long.MAX_VALUE));

  private final Proposals proposals;
  private final BooleanSupplier due;
  private final LongSupplier nanoTime;
  private final AtomicBoolean pending = new AtomicBoolean();
  private long nudgedNanos;

  /**
   * @param due whether the next entry would do work that waits; any thread
   */
  public SnapshotNudge(Proposals proposals, BooleanSupplier due, LongSupplier nanoTime) {
    this.proposals = proposals;
    this.due = due;
    this.nanoTime = nanoTime;
    this.nudgedNanos = nanoTime.getAsLong();
  }

  /** Looks once; one thread. */
  public void step() {
    long now = nanoTime.getAsLong();
    if (now - nudgedNanos < EVERY_NANOS || !proposals.leads()) {
      return;
    }
    nudgedNanos = now;
    if (due.getAsBoolean() && pending.compareAndSet(false, true)) {
      proposals.propose(HARMLESS).whenComplete((_, _) -> pending.set(false));
    }
  }
}
