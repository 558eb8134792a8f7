package io.hydrant.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.hydrant.v1.PageEncoding;
import io.hydrant.v1.Pages;
import java.nio.ByteBuffer;

/**
 * One batch in the making: ascending pages of one tract, at most 1 MiB of decoded content (or a
 * single larger page). Zero pages and pages that are not kept count with their decoded size.
 *
 * <p>The content is a list of pieces: slices of the caller's array (no copy), or of chunks of this
 * builder into which pages were gathered (one copy). Neighbouring slices are joined, so that a
 * batch of adjacent raw pages is one piece. Chunks are never used again: what was handed to gRPC
 * stays unchanged.
 */
final class BatchBuilder {
  static final int CONTENT_BYTES_MAX = 1 << 20;

  /** A one-page checkpoint allocates this much; chunks double up to the larger bound. */
  private static final int CHUNK_BYTES_MIN = 16 << 10;

  private static final int CHUNK_BYTES_MAX = 256 << 10;

  private final int region;
  private final long tract;
  private final int pageBytes;
  private final Pages.Builder message = Pages.newBuilder();
  private final byte[] encodings;
  private final int[] lengths;
  private int count;
  private boolean lengthsNeeded;
  private long lastPage = -1;

  private ByteString data = ByteString.EMPTY;
  private byte[] piece = new byte[0];
  private int pieceStart;
  private int pieceEnd;

  private byte[] chunk = piece;
  private int chunkPosition;
  private int nextChunkBytes = CHUNK_BYTES_MIN;

  BatchBuilder(int region, long tract, int pageBytes) {
    this.region = region;
    this.tract = tract;
    this.pageBytes = pageBytes;
    int pagesMax = Math.max(1, CONTENT_BYTES_MAX / pageBytes);
    this.encodings = new byte[pagesMax];
    this.lengths = new int[pagesMax];
    message.setRegion(region);
  }

  boolean accepts(int otherRegion, long otherTract, long page) {
    return otherRegion == region
        && otherTract == tract
        && page > lastPage
        && count < encodings.length;
  }

  int region() {
    return region;
  }

  int count() {
    return count;
  }

  void addZero(long page) {
    add(page, PageEncoding.PAGE_ENCODING_ZERO_VALUE, 0, 0);
  }

  void addNotKept(long page) {
    add(page, PageEncoding.PAGE_ENCODING_NOT_KEPT_VALUE, 0, 0);
  }

  /** Adds a raw page that stays where it is until the batch is sent. */
  void addRaw(long page, int checksum, byte[] array, int offset) {
    add(page, PageEncoding.PAGE_ENCODING_RAW_VALUE, pageBytes, checksum);
    append(array, offset, pageBytes);
  }

  /** Copies a compressed page. */
  void addZstd(long page, int checksum, byte[] frame, int length) {
    add(page, PageEncoding.PAGE_ENCODING_ZSTD_VALUE, length, checksum);
    lengthsNeeded = true;
    ensureRoom(length);
    System.arraycopy(frame, 0, chunk, chunkPosition, length);
    append(chunk, chunkPosition, length);
    chunkPosition += length;
  }

  /**
   * Copies a page into the chunk without adding it yet: {@link #gathered} and {@link
   * #gatheredOffset} say where it stands, {@link #keepGathered} adds it.
   */
  void gather(ByteBuffer content) {
    ensureRoom(pageBytes);
    content.get(content.position(), chunk, chunkPosition, pageBytes);
  }

  byte[] gathered() {
    return chunk;
  }

  int gatheredOffset() {
    return chunkPosition;
  }

  void keepGathered(long page, int checksum) {
    addRaw(page, checksum, chunk, chunkPosition);
    chunkPosition += pageBytes;
  }

  Pages build() {
    closePiece();
    message.setEncoding(UnsafeByteOperations.unsafeWrap(encodings, 0, count));
    if (lengthsNeeded) {
      for (int row = 0; row < count; row++) {
        message.addLength(lengths[row]);
      }
    }
    return message.setData(data).build();
  }

  private void add(long page, int encoding, int length, int checksum) {
    message.addPage(page).addChecksum(checksum);
    encodings[count] = (byte) encoding;
    lengths[count] = length;
    count++;
    lastPage = page;
  }

  private void append(byte[] array, int offset, int length) {
    if (array == piece && offset == pieceEnd) {
      pieceEnd += length;
      return;
    }
    closePiece();
    piece = array;
    pieceStart = offset;
    pieceEnd = offset + length;
  }

  private void closePiece() {
    if (pieceEnd > pieceStart) {
      data = data.concat(UnsafeByteOperations.unsafeWrap(piece, pieceStart, pieceEnd - pieceStart));
      pieceStart = pieceEnd;
    }
  }

  private void ensureRoom(int bytes) {
    if (chunk.length - chunkPosition >= bytes) {
      return;
    }
    chunk = new byte[Math.max(bytes, nextChunkBytes)];
    chunkPosition = 0;
    nextChunkBytes = Math.min(2 * nextChunkBytes, CHUNK_BYTES_MAX);
  }
}
