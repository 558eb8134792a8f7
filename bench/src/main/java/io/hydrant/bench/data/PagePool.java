package io.hydrant.bench.data;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
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

  /** Below half a G1 region of the launch flags, so that no chunk is a humongous object. */
  private static final int CHUNK_BYTES = 1 << 20;

  private static final int PAGES_PER_CHUNK = CHUNK_BYTES / PAGE_BYTES;
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final byte[][] chunks;

  /**
   * @param pages a multiple of 256
   */
  public PagePool(long seed, int pages) {
    if (pages <= 0 || pages % PAGES_PER_CHUNK != 0) {
      throw new IllegalArgumentException("pages must be a multiple of " + PAGES_PER_CHUNK);
    }
    chunks = new byte[pages / PAGES_PER_CHUNK][CHUNK_BYTES];
    SplittableRandom random = new SplittableRandom(seed);
    for (byte[] chunk : chunks) {
      for (int offset = 0; offset < CHUNK_BYTES; offset += Long.BYTES) {
        LONGS.set(chunk, offset, random.nextLong());
      }
    }
  }

  public int pages() {
    return chunks.length * PAGES_PER_CHUNK;
  }

  /** The array that holds page {@code index}, at {@link #offset}. Not to be written to. */
  public byte[] array(long index) {
    return chunks[(int) (wrapped(index) / PAGES_PER_CHUNK)];
  }

  public int offset(long index) {
    return (int) (wrapped(index) % PAGES_PER_CHUNK) * PAGE_BYTES;
  }

  /** Page {@code index} (any number; the pool repeats) from position to limit. */
  public ByteBuffer page(long index) {
    return ByteBuffer.wrap(array(index), offset(index), PAGE_BYTES);
  }

  /** As many pages from {@code index} on as lie in one piece, at most {@code pages}; not copied. */
  public ByteString run(long index, int pages) {
    int offset = offset(index);
    int length = Math.min(pages * PAGE_BYTES, CHUNK_BYTES - offset);
    return UnsafeByteOperations.unsafeWrap(array(index), offset, length);
  }

  private long wrapped(long index) {
    return Math.floorMod(index, (long) pages());
  }
}
