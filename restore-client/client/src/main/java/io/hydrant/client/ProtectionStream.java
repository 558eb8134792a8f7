package io.hydrant.client;

import io.hydrant.v1.CheckpointKind;
import io.hydrant.v1.OpenCheckpoint;
import io.hydrant.v1.Reason;
import io.hydrant.v1.Region;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Writes the checkpoints of one image under one epoch, one after the other over one connection; the
 * next may be opened while the one before is in flight, two at most at a time.
 *
 * <p><b>Bases.</b> An incremental checkpoint names the checkpoint since which its dirty pages were
 * tracked; the library never puts in another one. After a checkpoint that was not committed, send
 * the union of the dirty sets since the head, or a full checkpoint.
 *
 * <p><b>Broken connections.</b> Commits without an answer are settled with the store. Where there
 * are several servers, what was not committed is sent once more to the new leader, with the same
 * base and the same bytes under another id ({@link WriteOptions#replayBytes}): the application sees
 * a pause. Otherwise it fails (it certainly did not commit), and the next open connects anew.
 * {@link Reason#REASON_STALE_EPOCH} means that another protector took over: this one must stop.
 *
 * <p>Safe for use by several threads; each writer by one at a time.
 */
public final class ProtectionStream implements AutoCloseable {
  private final Connections connections;
  private final long imageUid;
  private final long epoch;
  private final WriteOptions options;
  private final AtomicReference<Base> newest;
  private @Nullable WriteCall call;
  private boolean closed;

  ProtectionStream(
      Connections connections, long imageUid, long epoch, WriteOptions options, Base newest) {
    this.connections = connections;
    this.imageUid = imageUid;
    this.epoch = epoch;
    this.options = options;
    this.newest = new AtomicReference<>(newest);
  }

  /**
   * What the next checkpoint builds on.
   *
   * @param head 0: nothing, it must be full
   */
  record Base(long head, List<Region> regions) {
    Base {
      regions = List.copyOf(regions);
    }

    static Base newer(Base one, Base other) {
      return other.head > one.head ? other : one;
    }
  }

  public long imageUid() {
    return imageUid;
  }

  public long epoch() {
    return epoch;
  }

  /** The newest checkpoint known to be committed; empty: the next one must be full. */
  public OptionalLong head() {
    long head = newest.get().head();
    return head == 0 ? OptionalLong.empty() : OptionalLong.of(head);
  }

  /**
   * Opens a checkpoint that accounts for every page of every region.
   *
   * @param regions the image's region table from now on
   */
  public CheckpointWriter openFull(List<Region> regions) {
    if (regions.isEmpty()) {
      throw new IllegalArgumentException("an image needs at least one region");
    }
    for (Region region : regions) {
      if (!Regions.isValid(region)) {
        throw new IllegalArgumentException(
            "region '%s': %d bytes of %d bytes a page; page sizes are powers of two from 4 KiB to 2 MiB, lengths a multiple of them"
                .formatted(region.getName(), region.getLengthBytes(), region.getPageBytes()));
      }
    }
    List<Region> table = List.copyOf(regions);
    OpenCheckpoint.Builder open = begin(CheckpointKind.CHECKPOINT_KIND_FULL).addAllRegions(table);
    return open(usableCall(), open, null, table);
  }

  /**
   * Opens a checkpoint of the pages that changed since a committed one.
   *
   * @param base the checkpoint since which they were tracked
   */
  public CheckpointWriter openIncremental(long base) {
    List<Region> regions = newest.get().regions();
    if (base <= 0 || regions.isEmpty()) {
      throw new RejectedException(
          Reason.REASON_SEND_FULL,
          "image %d has no checkpoint to build on: send a full one first".formatted(imageUid));
    }
    OpenCheckpoint.Builder open = begin(CheckpointKind.CHECKPOINT_KIND_INCREMENTAL).setBase(base);
    return open(usableCall(), open, null, regions);
  }

  /**
   * Opens a checkpoint of the pages that changed since the one of another writer of this stream,
   * which may be in flight. Where the connection broke in between, waits until the other's outcome
   * is settled.
   *
   * @throws HydrantException the other's failure: nothing can build on it
   */
  public CheckpointWriter openIncremental(CheckpointWriter previous) {
    WriteCall current = usableCall();
    OpenCheckpoint.Builder open = begin(CheckpointKind.CHECKPOINT_KIND_INCREMENTAL);
    if (previous.call() == current) {
      return open(current, open, previous.attempt(), previous.regions());
    }
    open.setBase(settled(previous).id());
    return open(usableCall(), open, null, previous.regions());
  }

  /** Aborts what has not asked for its commit; commits on their way are still answered. */
  @Override
  public synchronized void close() {
    closed = true;
    if (call != null) {
      call.finish();
    }
  }

  private CommittedCheckpoint settled(CheckpointWriter previous) {
    Deadlines deadlines = connections.config().deadlines();
    long limitMillis = deadlines.checkpoint().plus(deadlines.settle()).toMillis();
    try {
      return previous.attempt().outcome.get(limitMillis, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof HydrantException failure) {
        throw failure;
      }
      throw new IllegalStateException("unexpected outcome", e);
    } catch (TimeoutException e) {
      throw new IllegalStateException("the base was never committed: call commit on it first", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("waiting for the base's outcome: interrupted", e);
    }
  }

  private OpenCheckpoint.Builder begin(CheckpointKind kind) {
    return OpenCheckpoint.newBuilder().setImageUid(imageUid).setEpoch(epoch).setKind(kind);
  }

  private synchronized WriteCall usableCall() {
    if (closed) {
      throw new IllegalStateException("the protection stream is closed");
    }
    connections.requireOpen();
    WriteCall current = call;
    if (current == null || !current.isUsable()) {
      connections.members().leader().connectSoon();
      current = new WriteCall(connections, imageUid, epoch, options.replayBytes());
      call = current;
    }
    return current;
  }

  private CheckpointWriter open(
      WriteCall current,
      OpenCheckpoint.Builder open,
      @Nullable Attempt base,
      List<Region> regions) {
    Attempt attempt = current.open(open, base);
    CompletableFuture<CommittedCheckpoint> answer = new CompletableFuture<>();
    attempt.outcome.whenComplete((committed, failure) -> {
      if (failure != null) {
        answer.completeExceptionally(failure);
      } else {
        newest.accumulateAndGet(new Base(committed.id(), regions), Base::newer);
        answer.complete(committed);
      }
    });
    return new CheckpointWriter(current, attempt, regions, options, answer);
  }
}
