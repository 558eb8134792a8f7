package io.hydrant.node.cluster;

import java.io.IOException;

/** The other nodes do not take this one: it must not start. The message says why. */
public final class RefusedByGroupException extends IOException {
  private static final long serialVersionUID = 1L;

  public RefusedByGroupException(String message) {
    super(message);
  }
}
