package io.hydrant.cli;

import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/** Waits for answers of the client library. */
public final class Answers {
  private Answers() {}

  /** The answer; or what it failed with, as if the call had been made on this thread. */
  public static <T> T await(Future<T> answer) throws InterruptedException {
    try {
      return answer.get();
    } catch (ExecutionException | CompletionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException("unexpected failure", e.getCause());
    }
  }
}
