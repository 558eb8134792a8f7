package io.hydrant.engine.segment;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Whether the log may still be used. The first failure of a write or a sync is final (PROTOCOL
 * R13): nothing that follows could say what is on the device. Safe for use by many threads.
 */
final class FailStop {
  private volatile @Nullable Throwable failure;
  private volatile boolean closed;

  void requireUsable() throws IOException {
    Throwable cause = failure;
    if (cause != null) {
      throw new IOException(
          "the segment log has stopped after a failed write or sync; restart to recover", cause);
    }
    if (closed) {
      throw new IOException("the segment log is closed");
    }
  }

  boolean hasFailed() {
    return failure != null;
  }

  /** True the first time. */
  boolean close() {
    boolean first = !closed;
    closed = true;
    return first;
  }

  /** Remembers the first failure, and gives this one back to be thrown. */
  IOException fail(Throwable failed) {
    if (failure == null) {
      failure = failed;
    }
    return switch (failed) {
      case IOException exception -> exception;
      case RuntimeException exception -> throw exception;
      case Error error -> throw error;
      default -> new IOException(failed);
    };
  }
}
