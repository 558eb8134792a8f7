package io.hydrant.pager.uffd;

import java.util.List;

/**
 * Where the regions of an image lie in the memory of the process that runs the machine.
 *
 * @param pieces each a part of one region; together all of what the machine can touch
 */
public record GuestMemory(List<Piece> pieces) {
  /**
   * @param address where it begins
   * @param bytes its length
   * @param region of the image
   * @param offset where it begins in the region, in bytes
   * @param pageBytes of the kernel there: 4,096, or that of huge pages
   */
  public record Piece(long address, long bytes, int region, long offset, int pageBytes) {
    public Piece {
      if (bytes <= 0
          || pageBytes < 4_096
          || Integer.bitCount(pageBytes) != 1
          || address % pageBytes != 0
          || offset % pageBytes != 0
          || bytes % pageBytes != 0) {
        throw new IllegalArgumentException(
            "a piece of memory at 0x%x, %d bytes, offset %d: not whole pages of %d bytes"
                .formatted(address, bytes, offset, pageBytes));
      }
    }

    boolean contains(long at) {
      return at >= address && at < address + bytes;
    }
  }

  public GuestMemory {
    pieces = List.copyOf(pieces);
    if (pieces.isEmpty()) {
      throw new IllegalArgumentException("a machine without memory");
    }
  }
}
