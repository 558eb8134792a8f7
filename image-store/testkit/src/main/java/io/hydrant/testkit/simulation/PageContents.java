package io.hydrant.testkit.simulation;

import io.hydrant.engine.codec.MalformedPageException;
import io.hydrant.engine.codec.PageCodec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Page contents that are told by one number: {@link #ZERO}, {@link #NOT_KEPT}, or a seed. A model
 * that keeps seeds instead of pages holds a thousand checkpoints in little memory.
 */
public final class PageContents implements PageCodec {
  public static final long ZERO = 0;
  public static final long NOT_KEPT = -1;

  /** The stand-in for a compressed page: its seed. */
  public static final int ENCODED_BYTES = 12;

  private static final int MARK = 0x5eed;
  private static final long FACTOR = 6364136223846793005L;
  private static final long ADDEND = 1442695040888963407L;
  private static final int SHIFT = 29;

  /** The page of a seed: never all zeros. */
  public static ByteBuffer page(long seed, int pageBytes) {
    ByteBuffer page = ByteBuffer.allocate(pageBytes).order(ByteOrder.LITTLE_ENDIAN);
    if (seed == ZERO || seed == NOT_KEPT) {
      return page;
    }
    long state = seed;
    while (page.hasRemaining()) {
      state = state * FACTOR + ADDEND;
      page.putLong(state ^ (state >>> SHIFT));
    }
    return page.flip();
  }

  /** A seed in the form that {@link #decodeZstd} takes. */
  public static ByteBuffer encoded(long seed) {
    return ByteBuffer.allocate(ENCODED_BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(MARK)
        .putLong(seed)
        .flip();
  }

  @Override
  public void decodeZstd(ByteBuffer encoded, ByteBuffer page) throws MalformedPageException {
    ByteBuffer frame = encoded.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    if (frame.remaining() != ENCODED_BYTES || frame.getInt() != MARK) {
      throw new MalformedPageException("not an encoded seed");
    }
    page.put(page(frame.getLong(), page.remaining()));
  }

  /** Finds the seed; what is not the page of one does not get smaller. */
  @Override
  public boolean encodeZstd(ByteBuffer page, ByteBuffer encoded) {
    long first = page.duplicate().order(ByteOrder.LITTLE_ENDIAN).getLong();
    long seed = (unshifted(first) - ADDEND) * inverse(FACTOR);
    if (encoded.remaining() < ENCODED_BYTES || !page(seed, page.remaining()).equals(page)) {
      return false;
    }
    encoded.put(encoded(seed));
    return true;
  }

  /** The number that, combined with itself shifted, gives this one. */
  private static long unshifted(long mixed) {
    long state = mixed;
    for (int known = SHIFT; known < Long.SIZE; known += SHIFT) {
      state = mixed ^ (state >>> SHIFT);
    }
    return state;
  }

  /** Of an odd number, modulo 2^64: Newton's iteration doubles the right digits. */
  private static long inverse(long odd) {
    long inverse = odd;
    for (int right = 3; right < Long.SIZE; right *= 2) {
      inverse *= 2 - odd * inverse;
    }
    return inverse;
  }
}
