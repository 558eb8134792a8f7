package io.hydrant.client;

import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.ReadClass;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * A fetch on its way, to one member or, where that one takes long, to two. Its answer is not
 * checked yet. Guarded by the fetcher's lock, except what is final.
 */
final class PendingFetch {
  final ReadClass readClass;
  final int region;
  final long[] pages;
  final long deadlineNanos;
  final ReadRound round;
  final CompletableFuture<FetchResponse> answer = new CompletableFuture<>();

  int attempts;

  /** Where it waits for an answer. */
  final Map<FetchCall, Asked> waiting = new HashMap<>();

  /**
   * @param sentNanos in terms of {@link System#nanoTime}
   */
  record Asked(long id, long sentNanos) {}

  /**
   * @param deadlineNanos in terms of {@link System#nanoTime}
   */
  PendingFetch(ReadClass readClass, int region, long[] pages, long deadlineNanos, ReadRound round) {
    this.readClass = readClass;
    this.region = region;
    this.pages = pages;
    this.deadlineNanos = deadlineNanos;
    this.round = round;
  }

  void asked(FetchCall call, long id) {
    attempts++;
    waiting.put(call, new Asked(id, System.nanoTime()));
  }
}
