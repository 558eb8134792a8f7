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

  /** The page of a seed: never all zeros. */
  public static ByteBuffer page(long seed, int pageBytes) {
    ByteBuffer page = ByteBuffer.allocate(pageBytes).order(ByteOrder.LITTLE_ENDIAN);
    if (seed == ZERO || seed == NOT_KEPT) {
      return page;
    }
    long state = seed;
    while (page.hasRemaining()) {
      state = state * 6364136223846793005L + 1442695040888963407L;
      page.putLong(state ^ (state >>> 29));
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
}
