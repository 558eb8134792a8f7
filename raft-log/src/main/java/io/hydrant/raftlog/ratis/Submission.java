package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.UnknownOutcomeException;
import java.util.concurrent.CompletableFuture;

/** One submitted command that waits for its answer. */
final class Submission {
  private final CompletableFuture<byte[]> answer = new CompletableFuture<>();
  private final int bytes;
  private final long deadlineNanos;
  private volatile boolean appended;

  /**
   * @param deadlineNanos on the clock of {@link System#nanoTime}
   */
  Submission(int bytes, long deadlineNanos) {
    this.bytes = bytes;
    this.deadlineNanos = deadlineNanos;
  }

  CompletableFuture<byte[]> answer() {
    return answer;
  }

  int bytes() {
    return bytes;
  }

  boolean isOverdue(long nowNanos) {
    return nowNanos - deadlineNanos > 0;
  }

  /** From here on a refusal proves nothing: the entry may be committed later, here or elsewhere. */
  void markAppended() {
    appended = true;
  }

  boolean isAppended() {
    return appended;
  }

  void complete(byte[] reply) {
    answer.complete(reply);
  }

  void fail(Exception cause) {
    answer.completeExceptionally(cause);
  }

  void failUnknown(String message, Throwable cause) {
    answer.completeExceptionally(new UnknownOutcomeException(message, cause));
  }
}
