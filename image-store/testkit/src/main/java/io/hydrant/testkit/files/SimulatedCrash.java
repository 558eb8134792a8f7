package io.hydrant.testkit.files;

import org.jspecify.annotations.Nullable;

/**
 * The process died here. An Error, so that no code under test takes it for a failure that it can
 * handle.
 */
public final class SimulatedCrash extends Error {
  private static final long serialVersionUID = 1L;

  SimulatedCrash(String message) {
    super(message);
  }

  /** Whether a crash is at the bottom of what was thrown. */
  public static boolean isCauseOf(@Nullable Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof SimulatedCrash) {
        return true;
      }
    }
    return false;
  }
}
