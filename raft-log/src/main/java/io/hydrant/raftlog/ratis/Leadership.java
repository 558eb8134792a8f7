package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.ReplicatedStateMachine;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Tells the state machine of changes in one order, though Ratis tells of gain and loss on different
 * threads, and of the loss under its own lock.
 *
 * <p>Gain counts when everything of earlier terms is applied. Ratis leaves the role before it tells
 * of the loss, so a gain that is told late is recognised by the role.
 */
final class Leadership {
  private final ReplicatedStateMachine machine;
  private final Executor teller;
  private final Consumer<Throwable> failed;
  private final AtomicLong losses = new AtomicLong();
  private volatile boolean leader;

  /** By the teller alone. */
  private boolean told;

  /** By the teller alone. */
  private long term;

  /**
   * @param teller runs one task after the other
   * @param failed hears what the state machine throws: one that has half heard of it is no leader
   */
  Leadership(ReplicatedStateMachine machine, Executor teller, Consumer<Throwable> failed) {
    this.machine = machine;
    this.teller = teller;
    this.failed = failed;
  }

  boolean isLeader() {
    return leader;
  }

  void gained(long newTerm, BooleanSupplier stillLeads) {
    long before = losses.get();
    tell(() -> {
      if (!told && stillLeads.getAsBoolean() && losses.get() == before) {
        told = true;
        term = newTerm;
        leader = true;
        if (losses.get() != before) {
          leader = false; // and the loss is told next
        }
        machine.leadershipChanged(true, newTerm);
      }
    });
  }

  void lost() {
    losses.incrementAndGet();
    leader = false;
    tell(() -> {
      if (told) {
        told = false;
        machine.leadershipChanged(false, term);
      }
    });
  }

  private void tell(Runnable change) {
    teller.execute(() -> {
      try {
        change.run();
      } catch (Throwable e) { // an Error as well: one that has half heard of it is no leader
        failed.accept(e);
      }
    });
  }
}
