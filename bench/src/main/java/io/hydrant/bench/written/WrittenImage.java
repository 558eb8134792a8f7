package io.hydrant.bench.written;

import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.data.PageSet;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What every checkpoint of an image shows that was acknowledged. All pages of an image come from
 * one pool, and every image has a pool of its own, so that no mix of two goes unnoticed. Safe for
 * use by many threads.
 */
public final class WrittenImage {
  private final String name;
  private final PagePool pool;
  private final NavigableMap<Long, Shown> checkpoints = new TreeMap<>();

  /**
   * What one checkpoint shows; not to be changed.
   *
   * @param content by page of the image: the page of the pool
   * @param writers by page of the image: the checkpoint that wrote it
   */
  public record Shown(int[] content, long[] writers) {}

  public WrittenImage(String name, PagePool pool) {
    this.name = name;
    this.pool = pool;
  }

  public String name() {
    return name;
  }

  public PagePool pool() {
    return pool;
  }

  public long bytes() {
    return (long) pool.pages() * PagePool.PAGE_BYTES;
  }

  /** The whole pool, page by page, was acknowledged as a full checkpoint. */
  public synchronized void full(long checkpoint) {
    int[] content = new int[pool.pages()];
    long[] writers = new long[pool.pages()];
    for (int page = 0; page < content.length; page++) {
      content[page] = page;
      writers[page] = checkpoint;
    }
    checkpoints.put(checkpoint, new Shown(content, writers));
  }

  /** Pages of the pool were acknowledged as a checkpoint on the newest one. */
  public synchronized void increment(long checkpoint, PageSet set) {
    Shown base = checkpoints.lastEntry().getValue();
    int[] content = base.content().clone();
    long[] writers = base.writers().clone();
    int first = set.content().position() / PagePool.PAGE_BYTES;
    for (int row = 0; row < set.size(); row++) {
      int page = (int) set.pages()[row];
      content[page] = first + row;
      writers[page] = checkpoint;
    }
    checkpoints.put(checkpoint, new Shown(content, writers));
  }

  /** Ascending. */
  public synchronized List<Long> checkpoints() {
    return new ArrayList<>(checkpoints.keySet());
  }

  /** The newest one; 0: none yet. */
  public synchronized long newest() {
    return checkpoints.isEmpty() ? 0 : checkpoints.lastKey();
  }

  public synchronized Shown shown(long checkpoint) {
    Shown shown = checkpoints.get(checkpoint);
    if (shown == null) {
      throw new IllegalArgumentException(
          "%s: checkpoint %d was not acknowledged".formatted(name, checkpoint));
    }
    return shown;
  }

  /** Forgets those that retention must have retired: all but the newest so many. */
  public synchronized void keepLast(int count) {
    while (checkpoints.size() > count) {
      checkpoints.pollFirstEntry();
    }
  }
}
