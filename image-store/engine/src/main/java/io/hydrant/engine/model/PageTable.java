package io.hydrant.engine.model;

/**
 * The rows of one patch: ascending pages of one tract with encoding, encoded length and checksum.
 * The encoded bytes of the pages follow each other in the patch's payload, so offsets are sums of
 * lengths.
 *
 * <p>Immutable by agreement: the arrays belong to the table once it is made.
 */
public final class PageTable {
  private final short[] pages;
  private final byte[] encodings;
  private final int[] offsets;
  private final int[] checksums;

  /**
   * @param pages page within the tract, ascending, 0 to 2,047
   * @param encodings codes of {@link PageEncoding}
   * @param lengths encoded bytes of each page
   * @param checksums {@link PageChecksum} of each page, 0 where the encoding has no content
   * @throws IllegalArgumentException if pages are not ascending, a code is unknown, a page without
   *     content has a length, or one with content has none
   */
  public PageTable(short[] pages, byte[] encodings, int[] lengths, int[] checksums) {
    int count = pages.length;
    if (encodings.length != count || lengths.length != count || checksums.length != count) {
      throw new IllegalArgumentException("columns of a page table differ in length");
    }
    int[] sums = new int[count + 1];
    for (int row = 0; row < count; row++) {
      if (row > 0 && pages[row] <= pages[row - 1] || pages[row] < 0) {
        throw new IllegalArgumentException("pages of a batch must ascend: row " + row);
      }
      if (!PageEncoding.isKnown(encodings[row])) {
        throw new IllegalArgumentException("unknown page encoding " + encodings[row]);
      }
      boolean content = PageEncoding.ofCode(encodings[row]).hasContent();
      if (content != (lengths[row] > 0) || lengths[row] > RegionSpec.PAGE_BYTES_MAX) {
        throw new IllegalArgumentException(
            "page row %d: length %d does not fit encoding %d"
                .formatted(row, lengths[row], encodings[row]));
      }
      sums[row + 1] = Math.addExact(sums[row], lengths[row]);
    }
    this.pages = pages;
    this.encodings = encodings;
    this.offsets = sums;
    this.checksums = checksums;
  }

  public int size() {
    return pages.length;
  }

  public int pageInTract(int row) {
    return pages[row];
  }

  public PageEncoding encoding(int row) {
    return PageEncoding.ofCode(encodings[row]);
  }

  public int encodingCode(int row) {
    return encodings[row];
  }

  /** Offset of the row's encoded bytes in the payload. */
  public int offset(int row) {
    return offsets[row];
  }

  public int length(int row) {
    return offsets[row + 1] - offsets[row];
  }

  public int checksum(int row) {
    return checksums[row];
  }

  /** Length of the payload. */
  public int payloadBytes() {
    return offsets[pages.length];
  }
}
