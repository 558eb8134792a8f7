package io.hydrant.node.data;

import java.io.IOException;

/** A data directory that the server must not use as it is. The message says what to do. */
public final class DataDirectoryException extends IOException {
  private static final long serialVersionUID = 1L;

  public DataDirectoryException(String message) {
    super(message);
  }

  public DataDirectoryException(String message, Throwable cause) {
    super(message, cause);
  }
}
