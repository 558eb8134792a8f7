package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Rejection;

/** A request that was refused: nothing changed. The message says what happened and what to do. */
public final class Refusal extends Exception {
  private static final long serialVersionUID = 1L;

  private final Rejection rejection;

  public Refusal(Rejection rejection, String message) {
    super(message, null, false, false);
    this.rejection = rejection;
  }

  public Rejection rejection() {
    return rejection;
  }
}
