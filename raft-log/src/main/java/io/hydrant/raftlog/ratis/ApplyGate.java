package io.hydrant.raftlog.ratis;

/** One at a time: an entry is applied, a snapshot is asked for, or state is installed. */
final class ApplyGate {
  private boolean taken;
  private boolean shut;

  /**
   * Waits until it is free.
   *
   * @return false if it was not, and the replica is closing: then nothing may be done any more
   */
  synchronized boolean enter() {
    boolean interrupted = false;
    while (taken && !shut) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true; // Ratis interrupts its updater only when it closes
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (taken) {
      return false;
    }
    taken = true;
    return true;
  }

  synchronized void leave() {
    taken = false;
    notifyAll();
  }

  /** From here on nobody waits. */
  synchronized void shut() {
    shut = true;
    notifyAll();
  }
}
