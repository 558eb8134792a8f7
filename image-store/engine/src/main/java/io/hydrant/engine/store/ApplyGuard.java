package io.hydrant.engine.store;

/**
 * Says whether what is in memory is the state after a whole entry. The catalog's position advances
 * before an entry's effects are performed, so a snapshot taken in between, or after effects that
 * failed, would make half an entry durable for ever (PROTOCOL R15). Safe from any thread.
 *
 * <pre>
 * whole    begin -> partial    close -> closed, may be captured
 * partial  end -> whole        close -> closed, must not be captured; begin: refused
 * closed   begin: refused
 * </pre>
 */
final class ApplyGuard {
  private enum State {
    WHOLE,
    PARTIAL,
    CLOSED
  }

  private State state = State.WHOLE;

  /** The state is about to change, or to be captured. To be ended on a normal return only. */
  synchronized void begin() {
    switch (state) {
      case WHOLE -> state = State.PARTIAL;
      case PARTIAL ->
          throw new IllegalStateException(
              "an entry was applied in part only: the store must be closed and opened again");
      case CLOSED -> throw new IllegalStateException("the store is closed");
    }
  }

  synchronized void end() {
    if (state == State.PARTIAL) {
      state = State.WHOLE;
    }
  }

  synchronized boolean isClosed() {
    return state == State.CLOSED;
  }

  /** Closes; returns whether the state is that after a whole entry. */
  synchronized boolean close() {
    boolean whole = state == State.WHOLE;
    state = State.CLOSED;
    return whole;
  }
}
