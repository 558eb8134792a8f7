package io.hydrant.engine.store;

import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.TractRows;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * Reads pages of pinned checkpoints: one index lookup a tract, at most one device read a page,
 * neighbours in one read; every page with content has passed its checksum before it is returned.
 * Safe from many threads; blocks on the device.
 */
public interface PageReader {
  /** Pages of one request. */
  int PAGES_MAX = 256;

  /** Encoded bytes of one request. */
  int BYTES_MAX = 1 << 20;

  /**
   * Reads the given pages of a region, in any order.
   *
   * @param target receives the encoded bytes in the order asked; use {@link #targetBytes}; its
   *     position moves
   * @throws Refusal NOT_HERE, DAMAGED, INVALID (page beyond the region), LIMIT_EXCEEDED
   */
  PageBatch read(ReadPoint point, int region, long[] pages, ByteBuffer target)
      throws Refusal, IOException;

  /**
   * Reads pages of a run from {@code firstPage} on, as many as fit into {@code target} and {@link
   * #PAGES_MAX}.
   *
   * @param skipZero leave out pages that are zero or not kept
   * @return the batch and where to go on
   */
  RangePart readRange(
      ReadPoint point,
      int region,
      long firstPage,
      long endPage,
      boolean skipZero,
      ByteBuffer target)
      throws Refusal, IOException;

  /** Outcome and checksum of pages of a run, without reading their content. */
  PageBatch describe(ReadPoint point, int region, long firstPage, int count)
      throws Refusal, IOException;

  /**
   * What is known of the pages of a tract, without reading any.
   *
   * @throws Refusal NOT_HERE
   */
  Known known(ReadPoint point, int region, int tract) throws Refusal, IOException;

  /**
   * @param rows outcome, checksum and version of each page; what has neither a row nor a
   *     declaration is not accounted for
   * @param lost pages of which no replica has good bytes, whatever the rows say: an older version
   *     may stand there
   */
  record Known(TractRows rows, BitSet lost) {}

  /** Room that a request for {@code pages} pages may need. */
  static int targetBytes(RegionSpec region, int pages) {
    return Math.multiplyExact(region.pageBytes(), pages);
  }

  /** Pages of a run, and the first page not looked at yet. */
  record RangePart(PageBatch batch, long nextPage) {}
}
