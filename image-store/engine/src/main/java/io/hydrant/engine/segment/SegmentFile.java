package io.hydrant.engine.segment;

import io.hydrant.engine.files.StoreFile;
import io.hydrant.engine.files.StoreFiles;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The file of one segment for those who read it: its handle, opened on demand, and its pins.
 *
 * <p>Two counts, because they end differently: a <i>use</i> lasts one read and keeps the handle
 * open; a <i>pin</i> lasts as long as its owner likes and keeps the file from being recycled.
 */
final class SegmentFile {
  /** Set in {@link #pins} by {@link #release}: no new pins. */
  private static final int RELEASED = 1 << 31;

  private final SegmentHeader header;
  private volatile String name;
  private final AtomicInteger pins = new AtomicInteger();

  private @Nullable StoreFile handle;
  private int uses;
  private boolean retired;
  private volatile long lastUse;

  SegmentFile(SegmentHeader header, String name) {
    this.header = header;
    this.name = name;
  }

  SegmentHeader header() {
    return header;
  }

  int number() {
    return header.number();
  }

  String name() {
    return name;
  }

  /** The file was renamed. */
  void named(String newName) {
    this.name = newName;
  }

  /** False once it was released. */
  boolean pin() {
    int current = pins.get();
    while (current >= 0) {
      int seen = pins.compareAndExchange(current, current + 1);
      if (seen == current) {
        return true;
      }
      current = seen;
    }
    return false;
  }

  /**
   * @return true if this was the last pin of a released segment: the caller retires it
   */
  boolean unpin() {
    int left = pins.decrementAndGet();
    if ((left & ~RELEASED) == ~RELEASED) {
      throw new IllegalStateException("segment %d was not pinned".formatted(number()));
    }
    return left == RELEASED;
  }

  /**
   * @return true if nobody has it pinned: the caller retires it
   * @throws IllegalArgumentException if it was released before
   */
  boolean release() {
    int before = pins.getAndUpdate(count -> count | RELEASED);
    if (before < 0) {
      throw new IllegalArgumentException("segment %d was released before".formatted(number()));
    }
    return before == 0;
  }

  boolean isReleased() {
    return pins.get() < 0;
  }

  synchronized StoreFile beginUse(StoreFiles files, long tick) throws IOException {
    if (retired) {
      throw new IllegalStateException(
          "segment %d is gone: pin a segment before reading it".formatted(number()));
    }
    StoreFile current = handle;
    if (current == null) {
      current = files.open(name);
      handle = current;
    }
    uses++;
    lastUse = tick;
    return current;
  }

  synchronized void endUse() {
    uses--;
    if (uses == 0) {
      notifyAll();
    }
  }

  synchronized boolean isIdle() {
    return uses == 0;
  }

  long lastUse() {
    return lastUse;
  }

  synchronized boolean closeIfIdle() throws IOException {
    if (uses > 0) {
      return false;
    }
    closeHandle();
    return true;
  }

  /** Waits for reads under way, then closes for good. */
  synchronized void retire() throws IOException {
    retired = true;
    boolean interrupted = false;
    while (uses > 0) {
      try {
        wait();
      } catch (InterruptedException later) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    closeHandle();
  }

  /** Closes at once and for good. */
  synchronized void abandon() throws IOException {
    retired = true;
    closeHandle();
  }

  private void closeHandle() throws IOException {
    StoreFile current = handle;
    handle = null;
    if (current != null) {
      current.close();
    }
  }
}
