package io.hydrant.node.ingest;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.Quota;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.SpaceAccount;
import io.hydrant.engine.store.SpaceAccount.Known;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds images to their quotas, where this replica leads. Courtesy before the log (PROTOCOL R1):
 * what an image takes differs from replica to replica, so no entry is decided by it.
 *
 * <p>Of what an image takes there are two upper bounds that cost nothing, of which the lower one
 * counts: all that its maps point to, and what was counted a while ago with what was published
 * since. Staged bytes of all its open checkpoints come on top, so what is admitted here never makes
 * an image exceed its quota, whichever of them commit. The first bound has what nothing retained
 * shows any more, hence where little is left by the bounds, an image is counted row by row: on
 * another thread, while whoever asks waits, and so seldom that at most half of that thread's time
 * goes into it. Refusals are therefore right but for what was freed since the last count. Safe from
 * any thread.
 */
public final class Quotas {
  /**
   * With less than this left, an image is counted: several times what one message brings at most (a
   * page of 2 MiB), so that whoever was told to go on has that much.
   */
  static final long NEAR_BYTES = 8L << 20;

  /** What was counted so lately is as good as counting again: retirement takes as long. */
  static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Then a count is forgotten: repair may have brought what it does not know of. */
  static final long KEPT_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Counts that met bytes on their way are made again, so often at most. */
  private static final int TRIES = 3;

  /** In place of what an image needs: it is not there any more, or its maps cannot be read. */
  private static final long NOT_COUNTED = -1;

  private static final Logger LOG = LoggerFactory.getLogger(Quotas.class);
  private static final CompletableFuture<Boolean> KNOWN = CompletableFuture.completedFuture(true);

  private final Catalog catalog;
  private final SpaceAccount space;
  private final Executor executor;
  private final LongSupplier nanoTime;
  private final Map<ImageId, Count> counts = new ConcurrentHashMap<>();
  private final Map<ImageId, CompletableFuture<Boolean>> counting = new ConcurrentHashMap<>();

  /** Bytes by image that are admitted and not staged yet. Its own lock. */
  private final Map<ImageId, Long> reserved = new HashMap<>();

  /**
   * @param space what images take here
   * @param executor for counting, one image at a time
   */
  public Quotas(Catalog catalog, SpaceAccount space, Executor executor, LongSupplier nanoTime) {
    this.catalog = catalog;
    this.space = space;
    this.executor = executor;
    this.nanoTime = nanoTime;
  }

  /**
   * A count that has ended.
   *
   * @param neededBytes or {@link #NOT_COUNTED}
   * @param published as it was before it began: what came later it may have missed
   */
  private record Count(long neededBytes, long published, long endedNanos, long tookNanos) {
    boolean isFresh(long now) {
      return now - endedNanos <= Math.max(FRESH_NANOS, tookNanos);
    }

    boolean isKept(long now) {
      return now - endedNanos <= Math.max(KEPT_NANOS, tookNanos);
    }
  }

  /**
   * What an image takes, at most.
   *
   * @param retained by its retained checkpoints
   * @param staged by those that may still commit, and what is about to be staged
   */
  private record Taken(long retained, long staged) {}

  /**
   * Completes when enough is known of what an image takes to admit more of it or to refuse it: at
   * once, unless it has to be counted first. Then not in the caller, and never with a failure.
   */
  CompletableFuture<Boolean> known(ImageId id) {
    Optional<Quota> quota = catalog.image(id).flatMap(ImageState::quota);
    if (quota.isEmpty() || left(id, quota.get()) >= NEAR_BYTES || isCounted(id)) {
      return KNOWN;
    }
    CompletableFuture<Boolean> mine = new CompletableFuture<>();
    CompletableFuture<Boolean> others = counting.putIfAbsent(id, mine);
    if (others != null) {
      return others;
    }
    try {
      executor.execute(() -> {
        try {
          count(id);
        } finally {
          ended(id, mine);
        }
      });
    } catch (RejectedExecutionException e) {
      ended(id, mine); // The server stops: what is known without counting decides.
    }
    return mine;
  }

  private void ended(ImageId id, CompletableFuture<Boolean> mine) {
    counting.remove(id);
    mine.complete(true);
  }

  private long left(ImageId id, Quota quota) {
    Taken taken = taken(id);
    return quota.bytes() - taken.retained() - taken.staged();
  }

  private boolean isCounted(ImageId id) {
    Count count = counts.get(id);
    return count != null && count.isFresh(nanoTime.getAsLong());
  }

  private void count(ImageId id) {
    long began = nanoTime.getAsLong();
    counts.values().removeIf(count -> !count.isKept(began));
    long needed;
    long published;
    try {
      int tries = 0;
      Known before;
      Known after;
      do {
        before = space.known(id);
        needed =
            space.of(id).map(bytes -> bytes.liveBytes() + bytes.historyBytes()).orElse(NOT_COUNTED);
        after = space.known(id);
        tries++;
      } while (tries < TRIES && isMet(before, after));
      published = before.publishedBytes();
    } catch (IOException e) {
      // What is known without counting goes on to be held against the quota.
      LOG.warn("what {} takes cannot be counted: it is held to its quota by an upper bound", id, e);
      needed = NOT_COUNTED;
      published = 0;
    }
    long ended = nanoTime.getAsLong();
    counts.put(id, new Count(needed, published, ended, ended - began));
  }

  /** Whether bytes went into the maps meanwhile: the count may have met them, or not. */
  private static boolean isMet(Known before, Known after) {
    return before.moving() || after.moving() || before.publishedBytes() != after.publishedBytes();
  }

  private Taken taken(ImageId id) {
    Known known = space.known(id);
    @Nullable Count count = counts.get(id);
    long retained = known.mappedBytes();
    if (count != null && count.neededBytes() != NOT_COUNTED && count.isKept(nanoTime.getAsLong())) {
      retained =
          Math.min(retained, count.neededBytes() + known.publishedBytes() - count.published());
    }
    return new Taken(retained, known.stagedBytes());
  }

  /**
   * Refuses a new checkpoint of an image that takes its quota already. To be asked when {@link
   * #known} says so.
   */
  void requireRoom(ImageId id) throws Refusal {
    Optional<ImageState> image = catalog.image(id);
    Optional<Quota> quota = image.flatMap(ImageState::quota);
    if (quota.isEmpty()) {
      return;
    }
    long retained = taken(id).retained();
    if (retained >= quota.get().bytes()) {
      throw refusal(
          "new checkpoint refused: %s takes %d bytes of its quota of %d"
              .formatted(label(image.get()), retained, quota.get().bytes()),
          image.get());
    }
  }

  /**
   * Admits bytes that are to be staged for a checkpoint, or refuses them. Nobody else is admitted
   * in their place until they are {@link #release released}: then they are staged, or never will
   * be.
   *
   * @return whether they must be released
   */
  boolean reserve(CheckpointKey key, long bytes) throws Refusal {
    Optional<ImageState> image = catalog.image(key.image());
    Optional<Quota> quota = image.flatMap(ImageState::quota);
    if (quota.isEmpty()) {
      return false;
    }
    synchronized (reserved) {
      Taken taken = taken(key.image());
      long staged = taken.staged() + reserved.getOrDefault(key.image(), 0L);
      if (taken.retained() + staged + bytes > quota.get().bytes()) {
        throw refusal(
            "%s refused: %s takes %d bytes and %d more are staged, so that with the next %d it would exceed its quota of %d"
                .formatted(
                    key.checkpoint(),
                    label(image.get()),
                    taken.retained(),
                    staged,
                    bytes,
                    quota.get().bytes()),
            image.get());
      }
      reserved.merge(key.image(), bytes, Long::sum);
    }
    return true;
  }

  /** What was reserved is staged by now, or will not be. */
  void release(ImageId image, long bytes) {
    synchronized (reserved) {
      reserved.computeIfPresent(image, (_, sum) -> sum == bytes ? null : sum - bytes);
    }
  }

  private static Refusal refusal(String what, ImageState image) {
    return new Refusal(
        Rejection.QUOTA_EXCEEDED,
        "%s; raise it (hydrant image set-quota %s SIZE), keep fewer checkpoints (hydrant image set-retention), or delete the image"
            .formatted(what, image.name()));
  }

  private static String label(ImageState image) {
    return "image '%s' (uid %d)".formatted(image.name(), image.id().value());
  }
}
