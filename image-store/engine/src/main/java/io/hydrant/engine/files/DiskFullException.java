package io.hydrant.engine.files;

import java.io.IOException;

/** No space on the device: a rejection, not a fault. */
public final class DiskFullException extends IOException {
  private static final long serialVersionUID = 1L;

  public DiskFullException(String message) {
    super(message);
  }
}
