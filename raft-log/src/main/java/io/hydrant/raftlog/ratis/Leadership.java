package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.ReplicatedStateMachine;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

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
  private volatile boolean leader;

  /** By the teller alone. */
  private boolean told;

  /** By the teller alone. */
  private long term;

  /**
   * @param teller runs one task after the other
   */
  Leadership(ReplicatedStateMachine machine, Executor teller) {
    this.machine = machine;
    this.teller = teller;
  }

  boolean isLeader() {
    return leader;
  }

  void gained(long newTerm, BooleanSupplier stillLeads) {
    teller.execute(() -> {
      if (!told && stillLeads.getAsBoolean()) {
        told = true;
        term = newTerm;
        leader = true;
        machine.leadershipChanged(true, newTerm);
      }
    });
  }

  void lost() {
    leader = false;
    teller.execute(() -> {
      leader = false; // a gain may have been told in between
      if (told) {
        told = false;
        machine.leadershipChanged(false, term);
      }
    });
  }
}
