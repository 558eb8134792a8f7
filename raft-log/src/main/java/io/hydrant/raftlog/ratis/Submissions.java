package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.RaftLogConfig.Bounds;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The submissions that wait for their answers: bounded in number and bytes, each with a deadline.
 */
final class Submissions {
  private final Bounds bounds;
  private final long timeoutNanos;
  private final AtomicInteger commands = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();
  private final Set<Submission> waiting = ConcurrentHashMap.newKeySet();

  Submissions(Bounds bounds, long timeoutNanos) {
    this.bounds = bounds;
    this.timeoutNanos = timeoutNanos;
  }

  /** Null if too much is outstanding. What is admitted must be released. */
  @Nullable Submission admit(int size) {
    boolean admitted =
        commands.incrementAndGet() <= bounds.outstandingCommandsMax()
            & bytes.addAndGet(size) <= bounds.outstandingBytesMax();
    if (!admitted) {
      commands.decrementAndGet();
      bytes.addAndGet(-size);
      return null;
    }
    Submission submission = new Submission(size, System.nanoTime() + timeoutNanos);
    waiting.add(submission);
    // Not before: until somebody has told the answer, it has a deadline.
    submission.answer().whenComplete((_, _) -> waiting.remove(submission));
    return submission;
  }

  /** Once per admitted one, when the log has let go of it; an overdue one counts until then. */
  void release(Submission submission) {
    commands.decrementAndGet();
    bytes.addAndGet(-submission.bytes());
  }

  void failOverdue() {
    long now = System.nanoTime();
    for (Submission submission : waiting) {
      if (submission.isOverdue(now)) {
        String message =
            "no answer within "
                + timeoutNanos / 1_000_000
                + " ms: the command may still be applied";
        submission.failUnknown(message, new TimeoutException(message));
      }
    }
  }

  void failAll(String message, Throwable cause) {
    waiting.forEach(submission -> submission.failUnknown(message, cause));
  }
}
