package io.hydrant.testkit.index;

import io.hydrant.engine.index.PageIndex;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A page index in memory for simulation: deterministic, without threads or time.
 *
 * <p>What survives a crash is the last completed flush or, of one that was interrupted, that one
 * whole or the one before, as the crash decides:
 *
 * <pre>
 * flush:  begin ── beforeFlush ── durable ── afterFlush ── return
 *               interrupted here: old or new    interrupted here: new
 * </pre>
 *
 * A hook interrupts by throwing; hooks are where a crash sweep counts its I/O calls. After an
 * interrupted flush or a crash, this object refuses everything, as a dead process would; {@link
 * #crash} gives the next process's view.
 */
public final class MemoryPageIndex implements PageIndex {
  private final FlushHook beforeFlush;
  private final FlushHook afterFlush;
  private final AtomicLong gets = new AtomicLong();
  private final AtomicLong flushes = new AtomicLong();

  /** Never changed once it is here: readers of one state go on while the next is made. */
  private volatile NavigableMap<byte[], byte[]> rows;

  /** What an interrupted flush would have made of the rows. */
  private @Nullable NavigableMap<byte[], byte[]> inFlight;

  private volatile State state = State.OPEN;

  private enum State {
    OPEN,
    INTERRUPTED,
    CRASHED,
    CLOSED
  }

  /** Runs beside a flush; whatever it throws interrupts the flush and goes to its caller. */
  @FunctionalInterface
  public interface FlushHook {
    void run() throws IOException;
  }

  /** An empty index. */
  public MemoryPageIndex() {
    this(() -> {}, () -> {});
  }

  /** An empty index with hooks that every later incarnation keeps. */
  public MemoryPageIndex(FlushHook beforeFlush, FlushHook afterFlush) {
    this(beforeFlush, afterFlush, new TreeMap<>(Arrays::compareUnsigned));
  }

  private MemoryPageIndex(
      FlushHook beforeFlush, FlushHook afterFlush, NavigableMap<byte[], byte[]> rows) {
    this.beforeFlush = beforeFlush;
    this.afterFlush = afterFlush;
    this.rows = rows;
  }

  /**
   * The process dies.
   *
   * @param keepInFlight what becomes of a flush that was interrupted before it was durable
   * @return the index as the next process finds it
   */
  public synchronized MemoryPageIndex crash(boolean keepInFlight) {
    state = State.CRASHED;
    NavigableMap<byte[], byte[]> survived = keepInFlight && inFlight != null ? inFlight : rows;
    return new MemoryPageIndex(beforeFlush, afterFlush, survived);
  }

  /**
   * The next process's view after a clean close.
   *
   * @throws IllegalStateException if it was not closed
   */
  public synchronized MemoryPageIndex reopen() {
    if (state != State.CLOSED) {
      throw new IllegalStateException("the page index was not closed; it is " + state);
    }
    return new MemoryPageIndex(beforeFlush, afterFlush, rows);
  }

  /** Gets since this incarnation was opened. */
  public long gets() {
    return gets.get();
  }

  /** Completed flushes since this incarnation was opened. */
  public long flushes() {
    return flushes.get();
  }

  /** Number of rows. */
  public int size() {
    return rows.size();
  }

  @Override
  public byte @Nullable [] get(byte[] key) {
    requireOpen();
    gets.incrementAndGet();
    byte[] value = rows.get(key);
    return value == null ? null : value.clone();
  }

  @Override
  public void scan(byte[] prefix, Visitor visitor) throws IOException {
    requireOpen();
    for (Map.Entry<byte[], byte[]> row : rows.tailMap(prefix, true).entrySet()) {
      if (!startsWith(row.getKey(), prefix)
          || !visitor.row(row.getKey().clone(), row.getValue().clone())) {
        return;
      }
    }
  }

  @Override
  public void flush(List<Change> changes) throws IOException {
    requireOpen();
    NavigableMap<byte[], byte[]> next = new TreeMap<>(rows);
    for (Change change : changes) {
      apply(change, next);
    }
    begin(next);
    boolean completed = false;
    try {
      beforeFlush.run();
      makeDurable(next);
      afterFlush.run();
      completed = true;
    } finally {
      end(completed);
    }
  }

  private synchronized void begin(NavigableMap<byte[], byte[]> next) {
    inFlight = next;
  }

  /**
   * A crash may have come from another thread while the hook ran: then nothing happens any more.
   */
  private synchronized void makeDurable(NavigableMap<byte[], byte[]> next) {
    requireOpen();
    rows = next;
    inFlight = null;
  }

  private synchronized void end(boolean completed) {
    if (completed) {
      flushes.incrementAndGet();
    } else if (state == State.OPEN) {
      state = State.INTERRUPTED;
    }
  }

  private static void apply(Change change, NavigableMap<byte[], byte[]> rows) {
    switch (change) {
      case Change.Put(byte[] key, byte[] value) -> rows.put(key.clone(), value.clone());
      case Change.Delete(byte[] key) -> rows.remove(key);
      case Change.DeletePrefix(byte[] prefix) -> {
        if (prefix.length == 0) {
          throw new IllegalArgumentException("the empty prefix would delete everything");
        }
        rows.tailMap(prefix, true).keySet().removeIf(key -> startsWith(key, prefix));
      }
    }
  }

  @Override
  public synchronized void close() {
    if (state == State.OPEN) {
      state = State.CLOSED;
    }
  }

  private void requireOpen() {
    State now = state;
    if (now != State.OPEN) {
      throw new IllegalStateException("the page index is not open any more; it is " + now);
    }
  }

  private static boolean startsWith(byte[] key, byte[] prefix) {
    return key.length >= prefix.length
        && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
  }
}
