package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.NotLeaderException;
import io.hydrant.raftlog.UnknownOutcomeException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Read index by an entry that changes nothing (Ongaro, Consensus: Bridging Theory and Practice,
 * 6.4, the way without heartbeats): once it is applied here, so is all that was acknowledged before
 * it was appended, and a leader that was deposed unawares cannot commit it.
 *
 * <p>One entry serves all who ask before it is appended, and the next follows when it is answered:
 * so their number is bounded by the log's latency, not by the number of readers.
 *
 * <p>Why not Ratis' own: 3.3.0 answers without a heartbeat while its commit index is one that
 * heartbeats have confirmed before ({@code ReadIndexHeartbeats.addAppendEntriesListener}), and lets
 * a read join heartbeats that were sent before it began. A leader that was cut off served what was
 * outdated until it noticed. Safe for use by many threads.
 */
final class ReadBarrier {
  private final Supplier<? extends CompletableFuture<?>> append;
  private final LongSupplier applied;
  private final Executor teller;

  private boolean underWay;
  private @Nullable CompletableFuture<Long> waiting;

  /**
   * @param append appends such an entry; completes when it is applied here
   * @param applied index of the last entry that is
   * @param teller tells the answers, and appends what follows: the thread that applies has other
   *     things to do
   */
  ReadBarrier(
      Supplier<? extends CompletableFuture<?>> append, LongSupplier applied, Executor teller) {
    this.append = append;
    this.applied = applied;
    this.teller = teller;
  }

  CompletableFuture<Long> read() {
    CompletableFuture<Long> mine;
    boolean begin;
    synchronized (this) {
      mine = waiting;
      if (mine == null) {
        mine = new CompletableFuture<>();
        waiting = mine;
      }
      begin = !underWay;
      underWay = true;
    }
    if (begin) {
      next();
    }
    return mine.copy();
  }

  /** Whether the entry is applied some day is all the same: a read changes nothing. */
  private static Throwable readFailure(Throwable failure) {
    return failure instanceof UnknownOutcomeException ? new NotLeaderException("") : failure;
  }

  /** Without the lock: whoever appends may be answered at once. */
  private void next() {
    CompletableFuture<Long> readers;
    synchronized (this) {
      readers = waiting;
      waiting = null;
      underWay = readers != null;
    }
    if (readers == null) {
      return;
    }
    CompletableFuture<?> entry;
    try {
      entry = append.get();
    } catch (RuntimeException e) {
      entry = CompletableFuture.failedFuture(e);
    }
    entry.whenCompleteAsync(
        (_, failure) -> {
          next();
          if (failure == null) {
            readers.complete(applied.getAsLong());
          } else {
            readers.completeExceptionally(readFailure(failure));
          }
        },
        teller);
  }
}
