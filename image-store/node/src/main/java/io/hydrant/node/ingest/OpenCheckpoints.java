package io.hydrant.node.ingest;

import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.model.CheckpointKey;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who is at work on which open checkpoint of this node, and since when nobody was. Local knowledge:
 * it decides when an Abort is proposed, never what is freed (PROTOCOL R9). Safe from any thread.
 */
public final class OpenCheckpoints {
  private final ConcurrentHashMap<CheckpointKey, Live> lives = new ConcurrentHashMap<>();
  private final LongSupplier nanoTime;

  public OpenCheckpoints(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** One open checkpoint. */
  static final class Live {
    private final LongSupplier nanoTime;
    private volatile long activeNanos;
    private volatile boolean streaming;
    private @Nullable CompletableFuture<Outcome> commit;

    private Live(LongSupplier nanoTime) {
      this.nanoTime = nanoTime;
      this.activeNanos = nanoTime.getAsLong();
    }

    /** A sign of life. */
    void touch() {
      activeNanos = nanoTime.getAsLong();
    }

    /** The stream has its commit: whoever settles the checkpoint waits for its outcome. */
    synchronized void committing() {
      touch();
      commit = new CompletableFuture<>();
    }

    /** What became of the stream's commit. */
    synchronized void settled(Outcome outcome) {
      if (commit != null) {
        commit.complete(outcome);
      }
      detach();
    }

    /** The stream does not know what became of its commit, or gave it up: others may settle it. */
    synchronized void unknown(Throwable why) {
      if (commit != null) {
        commit.completeExceptionally(why);
      }
      detach();
    }

    /** The stream is gone. */
    void detach() {
      streaming = false;
      touch();
    }
  }

  /** A stream begins to write a checkpoint. */
  Live begin(CheckpointKey key) {
    return lives.compute(
        key,
        (_, known) -> {
          Live live = known == null ? new Live(nanoTime) : known;
          live.streaming = true;
          live.touch();
          return live;
        });
  }

  /** The checkpoint is final, or given up by its stream for good. */
  void end(CheckpointKey key) {
    lives.remove(key);
  }

  /**
   * Commits or aborts a checkpoint that no stream is at work on, once however often it is asked
   * for.
   *
   * @param attempt proposes what is needed
   * @return the outcome; null while a stream is at work and has not sent its commit
   */
  @Nullable CompletableFuture<Outcome> settle(
      CheckpointKey key, Supplier<CompletableFuture<Outcome>> attempt) {
    Live live = lives.computeIfAbsent(key, _ -> new Live(nanoTime));
    synchronized (live) {
      CompletableFuture<Outcome> running = live.commit;
      if (running != null && !running.isCompletedExceptionally()) {
        return running;
      }
      if (live.streaming) {
        return null;
      }
      live.touch();
      CompletableFuture<Outcome> settling = attempt.get();
      live.commit = settling;
      return settling;
    }
  }

  /**
   * How long there was no sign of life; the first question about an id begins the time. A stream
   * that writes the checkpoint is one, whether it sends or not: if its peer is gone, HTTP/2's
   * keep-alive ends it.
   */
  public long silentNanos(CheckpointKey key) {
    Live live = lives.computeIfAbsent(key, _ -> new Live(nanoTime));
    return live.streaming ? 0 : nanoTime.getAsLong() - live.activeNanos;
  }

  /** The time of silence begins anew for all: this process did not run, so it heard nothing. */
  public void restart() {
    lives.values().forEach(Live::touch);
  }

  /** Forgets all that are not open any more, unless a stream says so itself. */
  public void retain(Set<CheckpointKey> open) {
    for (CheckpointKey known : lives.keySet()) {
      lives.computeIfPresent(
          known, (key, live) -> live.streaming || open.contains(key) ? live : null);
    }
  }
}
