package io.hydrant.cli;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What must be done before this process ends, also by Ctrl-C or SIGTERM; changes while it works.
 * Closed, nothing must be done any more.
 */
final class AtExit implements AutoCloseable {
  /** May block, for as long as a process may take to end. */
  @FunctionalInterface
  interface Action {
    void run() throws IOException;
  }

  private final Thread hook = Thread.ofPlatform().name("at-exit").unstarted(this::run);
  private @Nullable Action action;

  AtExit() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** From now on this is what must be done, and nothing else. */
  synchronized void instead(Action next) {
    action = next;
  }

  /** A step that may change what must be done: this process does not end in the middle of it. */
  @FunctionalInterface
  interface Step<T> {
    T run() throws IOException;
  }

  /** Makes a step, which calls {@link #instead} if need be. */
  synchronized <T> T step(Step<T> step) throws IOException {
    return step.run();
  }

  private synchronized void run() {
    Action last = action;
    if (last != null) {
      try {
        last.run();
      } catch (IOException | RuntimeException e) {
        System.err.println("hydrant: " + e.getMessage());
      }
    }
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // it runs
    }
  }
}
