package io.hydrant.client;

import io.hydrant.v1.Pages;
import io.hydrant.v1.Region;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The answer to one fetch: the pages in the order they were asked for, all of them checked. */
public final class FetchedPages {
  private static final byte[] ZEROS = new byte[Regions.PAGE_BYTES_MAX];

  private final int region;
  private final int pageBytes;
  private final long[] pages;
  private final PageOutcome[] outcomes;
  private final byte[] @Nullable [] arrays;
  private final int[] offsets;

  private FetchedPages(int region, int pageBytes, long[] pages) {
    this.region = region;
    this.pageBytes = pageBytes;
    this.pages = pages;
    this.outcomes = new PageOutcome[pages.length];
    this.arrays = new byte[pages.length][];
    this.offsets = new int[pages.length];
  }

  /**
   * Checks an answer.
   *
   * @param asked page numbers in the order asked
   */
  static FetchedPages of(
      SessionSource source, PageVerifier verifier, Pages answer, int region, long[] asked) {
    Region spec = source.region(region);
    if (answer.getPageCount() != asked.length) {
      throw new ProtocolViolationException(
          "%s: the server answered %d pages instead of %d"
              .formatted(source.name(), answer.getPageCount(), asked.length),
          null);
    }
    FetchedPages fetched = new FetchedPages(region, spec.getPageBytes(), asked);
    try {
      verifier.check(source.name(), answer, region, spec, fetched.new Filler(source.name()));
    } catch (IOException e) {
      throw new IllegalStateException("no sink here that could fail", e);
    }
    return fetched;
  }

  public int region() {
    return region;
  }

  public int size() {
    return pages.length;
  }

  public long page(int row) {
    return pages[row];
  }

  public PageOutcome outcome(int row) {
    return outcomes[row];
  }

  public FetchedPage get(int row) {
    long page = pages[row];
    byte[] array = arrays[row];
    if (array != null) {
      ByteBuffer content = ByteBuffer.wrap(array, offsets[row], pageBytes);
      return new FetchedPage.Found(page, content.slice().asReadOnlyBuffer());
    }
    return outcomes[row] == PageOutcome.ZERO
        ? new FetchedPage.Zero(page)
        : new FetchedPage.NotKept(page);
  }

  /** Writes one page of bytes: the content, or zeros for a page that has none by its outcome. */
  public void copyTo(int row, ByteBuffer target) {
    byte[] array = arrays[row];
    if (array != null) {
      target.put(array, offsets[row], pageBytes);
    } else {
      target.put(ZEROS, 0, pageBytes);
    }
  }

  @Override
  public String toString() {
    return "pages " + Arrays.toString(pages) + " of region " + region;
  }

  private final class Filler implements PageVerifier.Rows {
    private final String source;
    private int current;

    private Filler(String source) {
      this.source = source;
    }

    @Override
    public void expect(int row, long page) {
      if (page != pages[row]) {
        throw new ProtocolViolationException(
            "%s: the server answered page %d of region %d where page %d was asked for"
                .formatted(source, page, region, pages[row]),
            null);
      }
      current = row;
    }

    @Override
    public void content(long page, byte[] array, int offset) {
      outcomes[current] = PageOutcome.FOUND;
      arrays[current] = array;
      offsets[current] = offset;
    }

    @Override
    public void zero(long page) {
      outcomes[current] = PageOutcome.ZERO;
    }

    @Override
    public void notKept(long page) {
      outcomes[current] = PageOutcome.NOT_KEPT;
    }
  }
}
