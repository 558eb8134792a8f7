package io.hydrant.chaos.load;

import io.hydrant.client.FetchedPages;
import io.hydrant.client.PageSink;
import io.hydrant.v1.Region;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalLong;

/** Takes an image's pages and keeps their sums. Safe for use by several threads. */
public final class RestoredMemory implements PageSink {
  private final PageSum pageSum = new PageSum();
  private final long[] sums;

  /** Of one region, as all images of a run have. */
  public RestoredMemory(List<Region> regions) {
    this.sums = new long[Math.toIntExact(regions.getFirst().getLengthBytes() / Guest.PAGE_BYTES)];
  }

  int pages() {
    return sums.length;
  }

  @Override
  public synchronized void found(int region, long firstPage, ByteBuffer content) {
    int count = content.remaining() / Guest.PAGE_BYTES;
    for (int row = 0; row < count; row++) {
      ByteBuffer page =
          content.slice(content.position() + row * Guest.PAGE_BYTES, Guest.PAGE_BYTES);
      sums[Math.toIntExact(firstPage + row)] = pageSum.of(firstPage + row, page);
    }
  }

  @Override
  public void zero(int region, long firstPage, long pageCount) {
    // Zero to begin with.
  }

  @Override
  public void notKept(int region, long firstPage, long pageCount) {
    throw new IllegalStateException("nobody declared page " + firstPage + " as not kept");
  }

  /** The name of the whole, as the protector gave it. */
  public synchronized String name(byte[] slim) {
    long sum = 0;
    for (long each : sums) {
      sum += each;
    }
    return PageSum.name(sum, slim);
  }

  /** The first page that is another one here. */
  synchronized OptionalLong difference(FetchedPages fetched) {
    ByteBuffer content = ByteBuffer.allocate(Guest.PAGE_BYTES);
    for (int row = 0; row < fetched.size(); row++) {
      content.clear();
      fetched.copyTo(row, content);
      content.flip();
      long page = fetched.page(row);
      if (pageSum.of(page, content) != sums[Math.toIntExact(page)]) {
        return OptionalLong.of(page);
      }
    }
    return OptionalLong.empty();
  }
}
