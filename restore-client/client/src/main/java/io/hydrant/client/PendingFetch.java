package io.hydrant.client;

import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.ReadClass;
import java.util.concurrent.CompletableFuture;

/** A fetch on its way. Its answer is not checked yet. */
final class PendingFetch {
  final ReadClass readClass;
  final int region;
  final long[] pages;
  final long deadlineNanos;
  final CompletableFuture<FetchResponse> answer = new CompletableFuture<>();

  /** Guarded by the fetcher's lock. */
  int attempts;

  /** Guarded by the fetcher's lock. */
  long id;

  /** When it was asked last, in terms of {@link System#nanoTime}; guarded by the fetcher's lock. */
  long sentNanos;

  /**
   * @param deadlineNanos in terms of {@link System#nanoTime}
   */
  PendingFetch(ReadClass readClass, int region, long[] pages, long deadlineNanos) {
    this.readClass = readClass;
    this.region = region;
    this.pages = pages;
    this.deadlineNanos = deadlineNanos;
  }
}
