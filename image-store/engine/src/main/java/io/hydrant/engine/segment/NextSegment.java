package io.hydrant.engine.segment;

import io.hydrant.engine.files.DiskFullException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The segment that is made ready before it is needed: at most one. Safe for use by many threads.
 */
final class NextSegment {
  private final SegmentFactory factory;
  private final FailStop failStop;
  private final ReentrantLock preparing = new ReentrantLock();
  private final AtomicReference<@Nullable OpenSegment> prepared = new AtomicReference<>();

  NextSegment(SegmentFactory factory, FailStop failStop) {
    this.factory = factory;
    this.failStop = failStop;
  }

  boolean isReady() {
    return prepared.get() != null;
  }

  /** Takes it if there is one, and an append of this use may go to it. */
  Optional<OpenSegment> take(AppendUse use) throws IOException {
    OpenSegment ready = prepared.get();
    return ready != null && factory.isFor(use, ready) && prepared.compareAndSet(ready, null)
        ? Optional.of(ready)
        : Optional.empty();
  }

  /**
   * What of it an append of this use may fill.
   *
   * @param whole whether the reserve is
   */
  long freeBytes(AppendUse use, boolean whole) {
    OpenSegment ready = prepared.get();
    return ready == null ? 0 : ready.freeFor(use, whole);
  }

  /**
   * Makes a segment ready that this use may append to, unless one is.
   *
   * @param number tells the number; cannot change before this returns, since no segment can be
   *     begun without
   * @throws DiskFullException if there is no room; may be tried again
   */
  void prepare(IntSupplier number, AppendUse use) throws IOException {
    preparing.lock();
    try {
      failStop.requireUsable();
      OpenSegment ready = prepared.get();
      if (ready == null) {
        prepared.set(factory.prepare(number.getAsInt(), use));
      } else {
        factory.requireFor(use, ready);
      }
    } catch (DiskFullException full) {
      throw full;
    } catch (Throwable failed) {
      throw failStop.fail(failed);
    } finally {
      preparing.unlock();
    }
  }

  /** Early; whoever needs the segment will be told if there is no room. */
  void prepareAhead(IntSupplier number) throws IOException {
    try {
      prepare(number, AppendUse.INGEST);
    } catch (DiskFullException notYet) {
      return;
    }
  }

  /** Gives the file back if there is one. */
  void discard() throws IOException {
    preparing.lock();
    try {
      Optional<OpenSegment> unused = take(AppendUse.CLEANING);
      if (unused.isPresent()) {
        factory.discard(unused.get());
      }
    } finally {
      preparing.unlock();
    }
  }
}
