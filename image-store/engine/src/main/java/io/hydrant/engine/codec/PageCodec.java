package io.hydrant.engine.codec;

import java.nio.ByteBuffer;

/**
 * Decodes compressed pages, and compresses them. Must be safe for use by many threads.
 *
 * <p>The engine's duty: it asks only for encodings that need decoding (today {@code ZSTD}) and
 * verifies the page's checksum afterwards. The codec's duty: any bytes give exactly a page or an
 * exception; it never writes behind the limit of {@code page} and allocates nothing that the
 * input's bytes could inflate.
 */
public interface PageCodec {
  /**
   * @param encoded one frame from position to limit; not changed
   * @param page receives the page: on return its position has moved to its limit
   * @throws MalformedPageException if the bytes are not a frame of exactly {@code page.remaining()}
   *     bytes
   */
  void decodeZstd(ByteBuffer encoded, ByteBuffer page) throws MalformedPageException;

  /**
   * The inverse, for pages that are seldom written.
   *
   * @param page a direct buffer, from position to limit; not changed
   * @param encoded a direct buffer; receives one frame: on return its position is behind it
   * @return false if the frame does not fit into {@code encoded}, whose content is then anything
   */
  boolean encodeZstd(ByteBuffer page, ByteBuffer encoded);
}
