package io.hydrant.node.api;

import io.hydrant.v1.Reason;
import java.util.concurrent.atomic.AtomicInteger;

/** Bounds how many streams of a kind there are at once. */
public final class StreamGate {
  private final String kind;
  private final String limit;
  private final int streamsMax;
  private final AtomicInteger streams = new AtomicInteger();

  /**
   * @param kind for the message
   * @param limit its name in docs/limits.md
   */
  public StreamGate(String kind, String limit, int streamsMax) {
    this.kind = kind;
    this.limit = limit;
    this.streamsMax = streamsMax;
  }

  /** Counts one in; it must {@link #leave} once. */
  public void enter() {
    if (streams.incrementAndGet() > streamsMax) {
      streams.decrementAndGet();
      throw new ApiException(
          Reason.REASON_OVERLOADED,
          "%d %s streams are open, as many as this server allows (%s): close some, or retry with backoff"
              .formatted(streamsMax, kind, limit));
    }
  }

  public void leave() {
    streams.decrementAndGet();
  }

  public int count() {
    return streams.get();
  }

  /** The bound. */
  public int streamsMax() {
    return streamsMax;
  }
}
