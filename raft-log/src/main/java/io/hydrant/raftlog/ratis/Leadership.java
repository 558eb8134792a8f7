package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.ReplicatedStateMachine;
import java.util.function.BooleanSupplier;

/**
 * Tells the state machine of changes in one order, though Ratis tells of gain and loss on different
 * threads.
 *
 * <p>Gain counts when everything of earlier terms is applied. Ratis leaves the role before it tells
 * of the loss, so a gain that is told late is recognised by the role.
 */
final class Leadership {
  private final ReplicatedStateMachine machine;
  private volatile boolean leader;
  private long term;

  Leadership(ReplicatedStateMachine machine) {
    this.machine = machine;
  }

  boolean isLeader() {
    return leader;
  }

  synchronized void gained(long newTerm, BooleanSupplier stillLeads) {
    if (!leader && stillLeads.getAsBoolean()) {
      leader = true;
      term = newTerm;
      machine.leadershipChanged(true, newTerm);
    }
  }

  synchronized void lost() {
    if (leader) {
      leader = false;
      machine.leadershipChanged(false, term);
    }
  }
}
