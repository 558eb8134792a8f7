package io.hydrant.engine.index;

import java.util.Arrays;

/**
 * Where copies of a tract's page versions lie, and how they are encoded, made by cleaning and
 * consolidation: columns, so that a tract costs a handful of arrays and no object a page.
 */
public final class Relocation {
  private final int[] pages;
  private final long[] versions;
  private final long[] from;
  private final long[] to;
  private final byte[] encodings;
  private final int[] lengths;
  private int size;

  /**
   * @param rowsMax most copies that will be added
   */
  public Relocation(int rowsMax) {
    this.pages = new int[rowsMax];
    this.versions = new long[rowsMax];
    this.from = new long[rowsMax];
    this.to = new long[rowsMax];
    this.encodings = new byte[rowsMax];
    this.lengths = new int[rowsMax];
  }

  /**
   * Adds a copy.
   *
   * @param page within the tract
   * @param version checkpoint that wrote it
   * @param copiedFrom packed address
   * @param copiedTo packed address
   * @param encodingCode of the copy, which may be compressed where what was copied is not
   * @param length of the copy
   */
  public void add(
      int page, long version, long copiedFrom, long copiedTo, int encodingCode, int length) {
    pages[size] = page;
    versions[size] = version;
    from[size] = copiedFrom;
    to[size] = copiedTo;
    encodings[size] = (byte) encodingCode;
    lengths[size] = length;
    size++;
  }

  public int size() {
    return size;
  }

  int page(int copy) {
    return pages[copy];
  }

  long version(int copy) {
    return versions[copy];
  }

  long from(int copy) {
    return from[copy];
  }

  long to(int copy) {
    return to[copy];
  }

  int encodingCode(int copy) {
    return encodings[copy];
  }

  int length(int copy) {
    return lengths[copy];
  }

  @Override
  public String toString() {
    return "%d copies of pages %s".formatted(size, Arrays.toString(Arrays.copyOf(pages, size)));
  }
}
