package io.hydrant.pager;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * Memory that is being restored. Each page is put there once, before the machine sees it, and never
 * after: what the machine has written since must stay. Called by several threads, each page by one.
 */
public interface PageTarget {
  /**
   * @param content one or more whole pages, from position to limit
   */
  void put(int region, long firstPage, ByteBuffer content) throws IOException;

  /** Pages that read as zeros. A target that begins as zeros has nothing to do. */
  void putZero(int region, long firstPage, long pageCount) throws IOException;

  /** Pages that are there from the start: another one has begun before. */
  default BitSet held(int region) {
    return new BitSet();
  }
}
