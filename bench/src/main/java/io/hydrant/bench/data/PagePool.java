package io.hydrant.bench.data;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/**
 * Incompressible pages, made ahead from a seed. Images larger than the pool repeat its pages at
 * other places: nothing in the store can gain from that, since no page is compared with another one
 * and every checksum covers the page's number.
 */
public final class PagePool {
  public static final int PAGE_BYTES = 4096;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final byte[] content;

  public PagePool(long seed, int pages) {
    content = new byte[Math.multiplyExact(pages, PAGE_BYTES)];
    SplittableRandom random = new SplittableRandom(seed);
    for (int offset = 0; offset < content.length; offset += Long.BYTES) {
      LONGS.set(content, offset, random.nextLong());
    }
  }

  public int pages() {
    return content.length / PAGE_BYTES;
  }

  /**
   * Pages in one piece, not copied: not to be written to.
   *
   * @param place any number; other places give other pages as far as the pool reaches
   * @param pages at most {@link #pages}
   */
  public ByteBuffer run(long place, int pages) {
    int first = (int) Math.floorMod(place, (long) pages() - pages + 1);
    return ByteBuffer.wrap(content, first * PAGE_BYTES, pages * PAGE_BYTES);
  }

  /** The array behind all runs: where a run's position says where it begins. */
  public byte[] array() {
    return content;
  }
}
