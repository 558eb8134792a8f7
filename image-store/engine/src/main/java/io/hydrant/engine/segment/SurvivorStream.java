package io.hydrant.engine.segment;

import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.model.Address;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Where survivors go: segments of their own, the first of which is begun when something survives.
 * Safe for use by many threads.
 */
final class SurvivorStream {
  private final SegmentFactory factory;
  private final SegmentRegistry registry;
  private final FailStop failStop;
  private final IntSupplier begunBeside;
  private final int firstNumber;
  private final ReentrantLock opening = new ReentrantLock();
  private volatile @Nullable SegmentAppender appender;

  /**
   * @param begunBeside tells it for the header of each segment
   * @param firstNumber that no segment has had
   */
  SurvivorStream(
      SegmentFactory factory,
      SegmentRegistry registry,
      FailStop failStop,
      IntSupplier begunBeside,
      int firstNumber) {
    this.factory = factory;
    this.registry = registry;
    this.failStop = failStop;
    this.begunBeside = begunBeside;
    this.firstNumber = firstNumber;
  }

  Appended append(LogRecord record, ByteBuffer payload, Consumer<Appended> note)
      throws IOException {
    SegmentAppender open = appender;
    return (open == null ? open() : open).append(record, payload, AppendUse.CLEANING, note);
  }

  private SegmentAppender open() throws IOException {
    opening.lock();
    try {
      failStop.requireUsable();
      SegmentAppender open = appender;
      if (open == null) {
        open = begin();
        appender = open;
      }
      return open;
    } finally {
      opening.unlock();
    }
  }

  private SegmentAppender begin() throws IOException {
    try {
      OpenSegment first = factory.prepare(firstNumber, AppendUse.CLEANING, begunBeside.getAsInt());
      factory.publish(first);
      return new SegmentAppender(
          factory, registry, failStop, AppendUse.CLEANING, begunBeside, first);
    } catch (DiskFullException full) {
      throw full; // Nothing is left behind: there may be room later.
    } catch (Throwable failed) {
      throw failStop.fail(failed);
    }
  }

  void sync() throws IOException {
    SegmentAppender open = appender;
    if (open != null) {
      open.sync();
    }
  }

  /** Packed address up to which everything is durable: behind all segments of earlier lives. */
  long durable() {
    SegmentAppender open = appender;
    return open == null ? new Address(firstNumber, 0).packed() : open.durable();
  }

  long freeBytes() {
    SegmentAppender open = appender;
    return open == null ? 0 : open.freeBytes(true);
  }

  /** Writes everything and seals the open segment. */
  void seal() throws IOException {
    SegmentAppender open = appender;
    if (open != null) {
      open.seal();
    }
  }
}
