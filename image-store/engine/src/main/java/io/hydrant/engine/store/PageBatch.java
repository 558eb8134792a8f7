package io.hydrant.engine.store;

/**
 * Pages that were read: row i is the i-th page asked for (or found, in a range). The encoded bytes
 * follow each other in the buffer that the reader was given; every one has passed its checksum.
 *
 * @param pages page numbers in the region
 * @param encodings codes of {@link io.hydrant.engine.model.PageEncoding}
 * @param lengths encoded bytes
 * @param checksums as the protector made them
 */
public record PageBatch(long[] pages, byte[] encodings, int[] lengths, int[] checksums) {
  public int size() {
    return pages.length;
  }
}
