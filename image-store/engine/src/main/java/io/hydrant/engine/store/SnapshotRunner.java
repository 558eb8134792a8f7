package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.index.PageMaps;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.segment.SegmentLog;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Decides when a snapshot is taken, and has it written in the background, one at a time.
 *
 * <p>A full disk is no fault (PROTOCOL R13): the capture is kept and written again later, since
 * what it holds is neither dirty nor in the index. Until then new checkpoints are refused. Any
 * other failure is final.
 */
final class SnapshotRunner {
  /**
   * Entries between two attempts to write a capture for which there was no room: doubled up to the
   * most.
   */
  private static final int RETRY_ENTRIES_MIN = 16;

  private static final int RETRY_ENTRIES_MAX = 4_096;

  private final Snapshots snapshots;
  private final SnapshotPolicy policy;
  private final Catalog catalog;
  private final SegmentLog log;
  private final PageMaps maps;
  private final HoldMark holdMark;
  private final Executor executor;
  private final StoreEvents events;
  private final boolean never;

  private volatile CompletableFuture<EntryPosition> pending;
  private volatile EntryPosition position;

  /** Of the last install that is durable. */
  private volatile EntryPosition installed;

  /** A capture that found the disk full. */
  private volatile Snapshots.@Nullable Capture stalled;

  private volatile boolean roomWhenStalled;

  /** Something died whose segments only a snapshot gives back, and the disk is nearly full. */
  private volatile boolean spaceWanted;

  private int retryEntries = RETRY_ENTRIES_MIN;
  private int entriesToRetry;

  SnapshotRunner(ImageStoreConfig config, ImageStorePorts ports, StoreParts parts) {
    this.snapshots = Snapshots.of(config, parts, ports.events());
    this.policy = new SnapshotPolicy(config);
    this.catalog = parts.catalog();
    this.log = parts.log();
    this.maps = parts.maps();
    this.holdMark = parts.holdMark();
    this.executor = ports.snapshots();
    this.events = ports.events();
    this.never = config.snapshots().equals(ImageStoreConfig.SnapshotBounds.NEVER);
    this.position = parts.position();
    this.installed = parts.installed();
    this.pending = CompletableFuture.completedFuture(position);
    policy.taken(position, log.appended());
  }

  /** Position of the last durable snapshot. Any thread. */
  EntryPosition position() {
    return position;
  }

  /** Whether the last durable snapshot is of what an install brought, and of no entry since. */
  boolean isInstalled() {
    return position.index() >= 0 && position.equals(installed);
  }

  /** Whether a snapshot waits for room. Any thread. */
  boolean isStalled() {
    return stalled != null;
  }

  /**
   * The next snapshot is due as soon as none is under way. Within a change of the {@link
   * StoreWriter}.
   */
  void wantSpace() {
    spaceWanted = true;
  }

  /** Whether the next entry, whatever it is, would start a snapshot. Any thread. */
  boolean isDue() {
    if (!pending.isDone() || pending.isCompletedExceptionally()) {
      return false;
    }
    return stalled != null ? isRoomBack() : isWanted();
  }

  /**
   * A repair counts when the index has it, and a quiet group has no other reason to flush. A state
   * that no entry has made is none to go back to.
   */
  private boolean isWanted() {
    return !never
        && !catalog.applied().equals(EntryPosition.NONE)
        && (spaceWanted || isDueByPolicy() || holdMark.wouldRise());
  }

  /** Whether there is nothing to write that the last snapshot has not. */
  private boolean isNothingNew() {
    return never || position.equals(catalog.applied()) && !holdMark.isRepairedSinceCapture();
  }

  private boolean isDueByPolicy() {
    return policy.isDue(catalog.applied(), log.appended(), maps.dirtyBytes());
  }

  private boolean isRoomBack() {
    return !roomWhenStalled && hasRoom();
  }

  private boolean hasRoom() {
    try {
      return log.hasRoom(ImageStore.ADMIT_BYTES);
    } catch (IOException _) {
      return false;
    }
  }

  /** Behind every entry, within its change. */
  void takeIfDue() {
    if (!pending.isDone() || pending.isCompletedExceptionally()) {
      return;
    }
    Snapshots.Capture again = stalled;
    if (again != null) {
      if (--entriesToRetry <= 0 || isRoomBack()) {
        start(again);
      }
    } else if (isWanted()) {
      start(capture(false));
    }
  }

  /** Starts one unless one is under way, or there is nothing new. Within a change. */
  CompletableFuture<EntryPosition> take() {
    Snapshots.Capture again = stalled;
    boolean idle = pending.isDone() && !pending.isCompletedExceptionally();
    if (idle && again != null) {
      return start(again);
    }
    if (idle && !isNothingNew()) {
      return start(capture(false));
    }
    return pending.thenApply(_ -> position);
  }

  private Snapshots.Capture capture(boolean ofInstall) {
    Snapshots.Capture capture = snapshots.capture(catalog, ofInstall);
    policy.taken(capture.position().applied(), capture.position().scanStart());
    spaceWanted = false;
    return capture;
  }

  private CompletableFuture<EntryPosition> start(Snapshots.Capture capture) {
    CompletableFuture<EntryPosition> done = new CompletableFuture<>();
    pending = done;
    executor.execute(() -> write(capture, done));
    return done;
  }

  private void written(Snapshots.Capture capture) throws IOException {
    position = snapshots.write(capture, position);
    if (capture.installed()) {
      installed = position;
    }
  }

  private void write(Snapshots.Capture capture, CompletableFuture<EntryPosition> done) {
    try {
      written(capture);
      stalled = null;
      retryEntries = RETRY_ENTRIES_MIN;
      done.complete(position);
    } catch (DiskFullException _) {
      roomWhenStalled = hasRoom();
      entriesToRetry = retryEntries;
      retryEntries = Math.min(2 * retryEntries, RETRY_ENTRIES_MAX);
      stalled = capture;
      done.complete(position);
    } catch (Throwable e) {
      // What was set aside for this flush is neither dirty nor in the index: only a restart puts it
      // right.
      events.on(new StoreEvent.Fault(e));
      done.completeExceptionally(e);
      if (e instanceof Error error) {
        throw error;
      }
    }
  }

  /**
   * Waits for the snapshot under way, and writes one that found no room. Within a change: no other
   * begins until it ends.
   *
   * @throws DiskFullException if there is still no room
   */
  void drain() throws IOException {
    pending.handle((_, _) -> null).join();
    if (pending.isCompletedExceptionally()) {
      throw new IOException("a snapshot failed: the store must be opened again");
    }
    Snapshots.Capture again = stalled;
    if (again != null) {
      written(again);
      stalled = null;
      retryEntries = RETRY_ENTRIES_MIN;
    }
  }

  /**
   * Writes a snapshot of what an install has brought, in the caller, after {@link #drain}. Within a
   * change.
   *
   * @return false if there is no room: it waits, as any that finds none
   */
  boolean writeInstalled() throws IOException {
    Snapshots.Capture capture = capture(true);
    try {
      written(capture);
      return true;
    } catch (DiskFullException _) {
      roomWhenStalled = hasRoom();
      entriesToRetry = retryEntries;
      stalled = capture;
      return false;
    }
  }

  /**
   * Waits for the snapshot under way, and takes a last one. Once nothing is applied any more.
   *
   * @param whole whether the state may be captured
   */
  void finish(boolean whole) throws IOException {
    pending.handle((_, _) -> null).join();
    if (!whole || pending.isCompletedExceptionally()) {
      return;
    }
    try {
      Snapshots.Capture again = stalled;
      if (again != null) {
        written(again);
        stalled = null;
      }
      if (!isNothingNew()) {
        position = snapshots.write(snapshots.capture(catalog), position);
      }
    } catch (DiskFullException _) {
      // The replay after the next start does what this snapshot would have saved it.
    }
  }
}
