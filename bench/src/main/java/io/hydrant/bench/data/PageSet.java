package io.hydrant.bench.data;

import java.nio.ByteBuffer;
import java.util.stream.LongStream;

/**
 * Pages of one region and what is in them.
 *
 * @param pages ascending
 * @param content of the pages one after the other, from position to limit
 */
public record PageSet(long[] pages, ByteBuffer content) {
  public PageSet {
    if (content.remaining() != pages.length * PagePool.PAGE_BYTES) {
      throw new IllegalArgumentException(
          pages.length + " pages with " + content.remaining() + " bytes");
    }
  }

  /** Pages {@code first} to {@code first + count - 1}; content by {@code first}. */
  public static PageSet run(PagePool pool, long first, int count) {
    return new PageSet(LongStream.range(first, first + count).toArray(), pool.run(first, count));
  }

  /**
   * Random pages with random content of the pool.
   *
   * @param pageCount of the region chosen from
   */
  public static PageSet scattered(PagePool pool, PageChoice choice, int count, long pageCount) {
    return new PageSet(choice.distinct(count, pageCount), pool.run(choice.place(), count));
  }

  public int size() {
    return pages.length;
  }

  public long bytes() {
    return (long) pages.length * PagePool.PAGE_BYTES;
  }

  /** The content of the page in a row. */
  public ByteBuffer page(int row) {
    int at = content.position() + row * PagePool.PAGE_BYTES;
    return content.duplicate().position(at).limit(at + PagePool.PAGE_BYTES);
  }
}
