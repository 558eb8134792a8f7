package io.hydrant.node;

import io.hydrant.node.replication.StoreStateMachine;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Tells those who were made later, too, whether this replica leads. Safe from any thread. */
final class Leadership implements StoreStateMachine.LeadershipListener {
  private final List<Consumer<Boolean>> listeners = new ArrayList<>();
  private boolean leads;

  /**
   * @param listener is told now, and of each change; must not block
   */
  synchronized void tell(Consumer<Boolean> listener) {
    listeners.add(listener);
    listener.accept(leads);
  }

  @Override
  public synchronized void changed(boolean leader, long term) {
    leads = leader;
    listeners.forEach(listener -> listener.accept(leader));
  }
}
