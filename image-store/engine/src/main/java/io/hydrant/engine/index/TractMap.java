package io.hydrant.engine.index;

import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.PageTable;
import java.io.IOException;
import java.util.List;

/** SKELETON: to be implemented. Immutable. */
public final class TractMap {
  /** {@link #find} found no record of the page on the line: an error to the reader, never zeros. */
  public static final int NONE = -1;

  /** {@link #find} found that the whole tract was declared zero. */
  public static final int ZERO_TRACT = -2;

  public static TractMap empty() {
    throw new UnsupportedOperationException();
  }

  /**
   * The map with a patch of a checkpoint merged in. Versions that no retained line needs any more are left out.
   *
   * @param payload where the first page's bytes lie
   * @param retained lines of all retained checkpoints, this one among them
   */
  public TractMap merge(
      long checkpoint, PageTable table, Address payload, List<Line> retained, SegmentUsage usage) {
    throw new UnsupportedOperationException();
  }

  /** The map with the whole tract zero as of a checkpoint. */
  public TractMap mergeZero(long checkpoint, List<Line> retained, SegmentUsage usage) {
    throw new UnsupportedOperationException();
  }

  /** Without the versions that no retained line needs; {@code this} if there are none. */
  public TractMap prune(List<Line> retained, SegmentUsage usage) {
    throw new UnsupportedOperationException();
  }

  /** Row of the newest version of a page on a line, or {@link #NONE} or {@link #ZERO_TRACT}. */
  public int find(int pageInTract, Line line) {
    throw new UnsupportedOperationException();
  }

  public int size() {
    throw new UnsupportedOperationException();
  }

  public int pageInTract(int row) {
    throw new UnsupportedOperationException();
  }

  public long checkpoint(int row) {
    throw new UnsupportedOperationException();
  }

  public int encodingCode(int row) {
    throw new UnsupportedOperationException();
  }

  /** Packed {@link Address}. */
  public long address(int row) {
    throw new UnsupportedOperationException();
  }

  public int length(int row) {
    throw new UnsupportedOperationException();
  }

  public int checksum(int row) {
    throw new UnsupportedOperationException();
  }

  /** Heap bytes, for the cache's bound. */
  public long heapBytes() {
    throw new UnsupportedOperationException();
  }

  public byte[] encode() {
    throw new UnsupportedOperationException();
  }

  /**
   * @throws io.hydrant.engine.files.CorruptionException if the bytes are not a tract map
   */
  public static TractMap decode(String source, byte[] bytes) throws IOException {
    throw new UnsupportedOperationException();
  }
}
