package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Rejection;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Keeps a replica that has drifted from serving, or stating, anything. Any thread. */
final class Fence {
  private volatile @Nullable String reason;

  /** For good: the first reason stays. */
  synchronized void raise(String why) {
    if (reason == null) {
      reason = why;
    }
  }

  boolean isUp() {
    return reason != null;
  }

  Optional<String> reason() {
    return Optional.ofNullable(reason);
  }

  /**
   * @throws Refusal NOT_HERE, so that whoever asks goes to another replica
   */
  void require() throws Refusal {
    String why = reason;
    if (why != null) {
      throw new Refusal(Rejection.NOT_HERE, "this replica is fenced: " + why);
    }
  }
}
