package io.hydrant.client;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Takes pages that were read and checked, as runs of consecutive pages of one region. What a sink
 * throws ends the read and reaches its caller.
 */
public interface PageSink {
  /**
   * Pages with content.
   *
   * @param firstPage number of the first one
   * @param content one or more whole pages, from position to limit; read-only, and valid during the
   *     call only
   */
  void found(int region, long firstPage, ByteBuffer content) throws IOException;

  /** Pages known to be all zeros. Not called by reads that skip them. */
  void zero(int region, long firstPage, long pageCount) throws IOException;

  /**
   * Pages declared as not kept: they read as zeros by their protector's choice. Not called by reads
   * that skip them.
   */
  void notKept(int region, long firstPage, long pageCount) throws IOException;
}
