package io.hydrant.raftlog;

import java.io.IOException;

/**
 * The log says that this replica is no member any more: it must not start, and never will again.
 */
public final class RemovedFromGroupException extends IOException {
  private static final long serialVersionUID = 1L;

  public RemovedFromGroupException(String message) {
    super(message);
  }
}
