package io.hydrant.node.housekeeping;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.node.replication.Proposals;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/**
 * Has the replicas compare what they have from time to time (PROTOCOL R24), if anything was applied
 * since they did so last: the leader proposes a DigestAt.
 */
public final class DigestRounds {
  private final Proposals proposals;
  private final LongSupplier applied;
  private final Duration every;
  private final LongSupplier nanoTime;
  private final AtomicBoolean pending = new AtomicBoolean();
  private volatile long askedIndex;
  private long roundNanos;

  /**
   * @param applied index of the last applied entry; any thread
   * @param every zero: never
   */
  public DigestRounds(
      Proposals proposals, LongSupplier applied, Duration every, LongSupplier nanoTime) {
    this.proposals = proposals;
    this.applied = applied;
    this.every = every;
    this.nanoTime = nanoTime;
    this.roundNanos = nanoTime.getAsLong();
  }

  /** Looks once; one thread. */
  public void step() {
    long now = nanoTime.getAsLong();
    if (every.isZero() || now - roundNanos < every.toNanos()) {
      return;
    }
    roundNanos = now;
    if (proposals.leads()
        && applied.getAsLong() > askedIndex
        && pending.compareAndSet(false, true)) {
      proposals
          .propose(new Command.DigestAt())
          .whenComplete((outcome, _) -> {
            if (outcome instanceof Outcome.DigestAsked asked) {
              askedIndex = asked.index();
            }
            pending.set(false);
          });
    }
  }
}
