package io.hydrant.codecs;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.hydrant.engine.codec.MalformedPageException;
import io.hydrant.engine.codec.PageCodec;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * Decodes zstd frames (RFC 8878), and encodes pages as such.
 *
 * <p>A page is exactly one frame that states its content size, and the size is the page's. It is
 * decoded in one call straight into the page: zstd then needs no window of its own, so a frame that
 * asks for a huge one costs nothing, and it never writes behind the room it is given. Frames that
 * need a dictionary fail; skippable frames and bytes behind the frame are refused.
 *
 * <p>Safe for use by many threads: contexts (about 100 KiB of native memory each) are pooled, not
 * bound to threads, because virtual threads come and go.
 */
public final class ZstdPageCodec implements PageCodec, AutoCloseable {
  /** More idle contexts than threads that can decode at once are of no use. */
  private static final int IDLE_MAX = 64;

  /** Pages are compressed by one thread as a rule. */
  private static final int ENCODERS_IDLE_MAX = 2;

  /** Smallest frame: magic, descriptor, content size, block header. */
  private static final int FRAME_BYTES_MIN = 9;

  /** Little-endian; skippable frames begin otherwise. */
  private static final int FRAME_MAGIC = 0xFD2FB528;

  /** Of pages that are written once and read for long: the library's own choice. */
  private static final int LEVEL = 3;

  private final ArrayBlockingQueue<ZstdDecompressCtx> idle = new ArrayBlockingQueue<>(IDLE_MAX);
  private final ArrayBlockingQueue<ZstdCompressCtx> idleEncoders =
      new ArrayBlockingQueue<>(ENCODERS_IDLE_MAX);
  private volatile boolean closed;

  @Override
  public void decodeZstd(ByteBuffer encoded, ByteBuffer page) throws MalformedPageException {
    if (closed) {
      throw new IllegalStateException("the codec is closed");
    }
    if (encoded.isReadOnly() && !encoded.isDirect()) {
      // The array behind it is out of reach.
      byte[] copy = new byte[encoded.remaining()];
      encoded.duplicate().get(copy);
      decodeZstd(ByteBuffer.wrap(copy), page);
      return;
    }
    requireOneFrame(encoded, page.remaining());
    ZstdDecompressCtx pooled = idle.poll();
    ZstdDecompressCtx context = pooled != null ? pooled : new ZstdDecompressCtx();
    int decoded;
    try {
      decoded = decode(context, encoded, page);
    } catch (ZstdException e) {
      throw new MalformedPageException("zstd frame does not decode: " + e.getMessage());
    } finally {
      if (closed || !idle.offer(context)) {
        context.close();
      }
    }
    if (decoded != page.remaining()) {
      throw new MalformedPageException(
          "zstd frame decodes to %d bytes, the page has %d".formatted(decoded, page.remaining()));
    }
    page.position(page.limit());
  }

  @Override
  public boolean encodeZstd(ByteBuffer page, ByteBuffer encoded) {
    if (closed) {
      throw new IllegalStateException("the codec is closed");
    }
    ZstdCompressCtx pooled = idleEncoders.poll();
    ZstdCompressCtx context = pooled != null ? pooled : newEncoder();
    try {
      int length =
          context.compressDirectByteBuffer(
              encoded,
              encoded.position(),
              encoded.remaining(),
              page,
              page.position(),
              page.remaining());
      encoded.position(encoded.position() + length);
      return true;
    } catch (ZstdException e) {
      if (e.getErrorCode() == Zstd.errDstSizeTooSmall()) {
        return false;
      }
      throw new IllegalStateException("zstd does not compress a page: " + e.getMessage(), e);
    } finally {
      if (closed || !idleEncoders.offer(context)) {
        context.close();
      }
    }
  }

  private static ZstdCompressCtx newEncoder() {
    return new ZstdCompressCtx().setLevel(LEVEL).setContentSize(true).setChecksum(false);
  }

  private static void requireOneFrame(ByteBuffer encoded, int pageBytes)
      throws MalformedPageException {
    int length = encoded.remaining();
    if (length < FRAME_BYTES_MIN) {
      throw new MalformedPageException("%d bytes are no zstd frame".formatted(length));
    }
    int at = encoded.position();
    int magic = 0;
    for (int i = 0; i < Integer.BYTES; i++) {
      magic |= (encoded.get(at + i) & 0xff) << (Byte.SIZE * i);
    }
    if (magic != FRAME_MAGIC) {
      throw new MalformedPageException("zstd frame has the magic number %08x".formatted(magic));
    }
    long content = contentSize(encoded, at, length);
    if (content != pageBytes) {
      throw new MalformedPageException(
          content < 0
              ? "zstd frame does not state its content size"
              : "zstd frame states %d bytes, the page has %d".formatted(content, pageBytes));
    }
    long frame = frameSize(encoded, at, length);
    if (frame != length) {
      throw new MalformedPageException("%d bytes follow the zstd frame".formatted(length - frame));
    }
  }

  private static long contentSize(ByteBuffer encoded, int at, int length) {
    return encoded.isDirect()
        ? Zstd.getDirectByteBufferFrameContentSize(encoded, at, length)
        : Zstd.getFrameContentSize(encoded.array(), encoded.arrayOffset() + at, length);
  }

  /** The library tells errors by exception for arrays and by number for direct buffers. */
  private static long frameSize(ByteBuffer encoded, int at, int length)
      throws MalformedPageException {
    try {
      long size =
          encoded.isDirect()
              ? Zstd.findDirectByteBufferFrameCompressedSize(encoded, at, length)
              : Zstd.findFrameCompressedSize(encoded.array(), encoded.arrayOffset() + at, length);
      if (!Zstd.isError(size)) {
        return size;
      }
      throw new MalformedPageException("zstd frame is cut: " + Zstd.getErrorName(size));
    } catch (ZstdException e) {
      throw new MalformedPageException("zstd frame is cut: " + e.getMessage());
    }
  }

  private static int decode(ZstdDecompressCtx context, ByteBuffer encoded, ByteBuffer page) {
    int from = encoded.position();
    int length = encoded.remaining();
    int to = page.position();
    int room = page.remaining();
    if (encoded.isDirect()) {
      return page.isDirect()
          ? context.decompressDirectByteBuffer(page, to, room, encoded, from, length)
          : context.decompressDirectByteBufferToByteArray(
              page.array(), page.arrayOffset() + to, room, encoded, from, length);
    }
    byte[] array = encoded.array();
    int offset = encoded.arrayOffset() + from;
    return page.isDirect()
        ? context.decompressByteArrayToDirectByteBuffer(page, to, room, array, offset, length)
        : context.decompressByteArray(
            page.array(), page.arrayOffset() + to, room, array, offset, length);
  }

  /** Frees the idle contexts; those in use free themselves. */
  @Override
  public void close() {
    closed = true;
    for (ZstdDecompressCtx context = idle.poll(); context != null; context = idle.poll()) {
      context.close();
    }
    for (ZstdCompressCtx context = idleEncoders.poll();
        context != null;
        context = idleEncoders.poll()) {
      context.close();
    }
  }
}
