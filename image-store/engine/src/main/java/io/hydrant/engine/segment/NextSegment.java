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
  private final AppendUse use;
  private final IntSupplier begunBeside;
  private final ReentrantLock preparing = new ReentrantLock();
  private final AtomicReference<@Nullable OpenSegment> prepared = new AtomicReference<>();

  /**
   * @param begunBeside tells it for the header of each
   */
  NextSegment(SegmentFactory factory, FailStop failStop, AppendUse use, IntSupplier begunBeside) {
    this.factory = factory;
    this.failStop = failStop;
    this.use = use;
    this.begunBeside = begunBeside;
  }

  boolean isReady() {
    return prepared.get() != null;
  }

  /** Takes it if there is one. */
  Optional<OpenSegment> take() {
    return Optional.ofNullable(prepared.getAndSet(null));
  }

  long freeBytes() {
    OpenSegment ready = prepared.get();
    return ready == null ? 0 : ready.free();
  }

  /**
   * Makes a segment ready, unless one is.
   *
   * @param number tells the number; cannot change before this returns, since no segment can be
   *     begun without
   * @throws DiskFullException if there is no room; may be tried again
   */
  void prepare(IntSupplier number) throws IOException {
    preparing.lock();
    try {
      failStop.requireUsable();
      if (!isReady()) {
        prepared.set(factory.prepare(number.getAsInt(), use, begunBeside.getAsInt()));
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
      prepare(number);
    } catch (DiskFullException notYet) {
      return;
    }
  }

  /** Gives the file back if there is one. */
  void discard() throws IOException {
    preparing.lock();
    try {
      Optional<OpenSegment> unused = take();
      if (unused.isPresent()) {
        factory.discard(unused.get());
      }
    } finally {
      preparing.unlock();
    }
  }
}
