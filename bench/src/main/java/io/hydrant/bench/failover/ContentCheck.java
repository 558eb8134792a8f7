package io.hydrant.bench.failover;

import io.hydrant.bench.data.PagePool;
import io.hydrant.client.PageSink;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Compares what is restored with what was acknowledged, page by page. */
public final class ContentCheck implements PageSink {
  private final ByteBuffer pool;
  private final int[] content;
  private long seen;
  private long different;
  private @Nullable String first;

  /**
   * @param content by page of the image: the page of the pool that it must show
   */
  public ContentCheck(PagePool pool, int[] content) {
    this.pool = ByteBuffer.wrap(pool.array());
    this.content = content;
  }

  @Override
  public void found(int region, long firstPage, ByteBuffer pages) {
    int count = pages.remaining() / PagePool.PAGE_BYTES;
    for (int i = 0; i < count; i++) {
      int page = (int) firstPage + i;
      ByteBuffer is = pages.slice(pages.position() + i * PagePool.PAGE_BYTES, PagePool.PAGE_BYTES);
      ByteBuffer must = pool.slice(content[page] * PagePool.PAGE_BYTES, PagePool.PAGE_BYTES);
      seen++;
      if (!is.equals(must)) {
        wrong("page " + page + " does not show what was acknowledged last");
      }
    }
  }

  @Override
  public void zero(int region, long firstPage, long pageCount) {
    wrong("page " + firstPage + " is zero");
  }

  @Override
  public void notKept(int region, long firstPage, long pageCount) {
    wrong("page " + firstPage + " is not kept");
  }

  private void wrong(String what) {
    different++;
    if (first == null) {
      first = what;
    }
  }

  /** Empty if every page is as it must be. */
  public Optional<String> wrong() {
    if (first != null) {
      return Optional.of("%s; %d pages are wrong".formatted(first, different));
    }
    return seen == content.length
        ? Optional.empty()
        : Optional.of("%d of %d pages were restored".formatted(seen, content.length));
  }
}
