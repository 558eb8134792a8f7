package io.hydrant.node.restore;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.store.PageBatch;
import io.hydrant.v1.Pages;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Batches as messages. */
final class PageMessages {
  private PageMessages() {}

  /**
   * @param data from position to limit; the message refers to it, it is not copied
   */
  static Pages.Builder pages(int region, PageBatch batch, ByteBuffer data) {
    Pages.Builder pages = Pages.newBuilder().setRegion(region);
    int size = batch.size();
    boolean lengths = false;
    for (int row = 0; row < size; row++) {
      pages.addPage(batch.pages()[row]);
      pages.addChecksum(batch.checksums()[row]);
      lengths |= batch.encodings()[row] == PageEncoding.ZSTD.code();
    }
    if (lengths) {
      for (int row = 0; row < size; row++) {
        pages.addLength(batch.lengths()[row]);
      }
    }
    ByteString bytes =
        data.hasRemaining() ? UnsafeByteOperations.unsafeWrap(data) : ByteString.EMPTY;
    return pages
        .setEncoding(UnsafeByteOperations.unsafeWrap(batch.encodings(), 0, size))
        .setData(bytes);
  }

  /** Without the rows that have no bytes; the bytes stay as they are. */
  static PageBatch withContent(PageBatch batch) {
    int kept = 0;
    long[] pages = new long[batch.size()];
    byte[] encodings = new byte[batch.size()];
    int[] lengths = new int[batch.size()];
    int[] checksums = new int[batch.size()];
    for (int row = 0; row < batch.size(); row++) {
      if (batch.lengths()[row] > 0) {
        pages[kept] = batch.pages()[row];
        encodings[kept] = batch.encodings()[row];
        lengths[kept] = batch.lengths()[row];
        checksums[kept++] = batch.checksums()[row];
      }
    }
    return new PageBatch(
        Arrays.copyOf(pages, kept),
        Arrays.copyOf(encodings, kept),
        Arrays.copyOf(lengths, kept),
        Arrays.copyOf(checksums, kept));
  }
}
