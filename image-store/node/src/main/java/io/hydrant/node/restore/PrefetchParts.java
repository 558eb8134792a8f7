package io.hydrant.node.restore;

import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.store.PageBatch;
import io.hydrant.engine.store.PageReader;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.node.api.ApiException;
import io.hydrant.node.restore.PacedStream.Parts;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.Pages;
import io.hydrant.v1.PrefetchRequest;
import io.hydrant.v1.ReadClass;
import io.hydrant.v1.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The pages of a prefetch in messages of about 1 MiB: long runs as they lie, short ones gathered.
 */
final class PrefetchParts implements Parts<Pages> {
  /** A plan of single pages for a window of a few GiB; more comes in another call. */
  static final int RANGES_MAX = 65_536;

  /** Pages looked at in one go while only zeros come, before other streams have their turn. */
  private static final long SKIP_PAGES_MAX = 65_536;

  private final RestoreReads reads;
  private final ReadPoint point;
  private final ReadClass readClass;
  private final List<PageRange> ranges;
  private final boolean skipZero;

  private int range;
  private long page;

  PrefetchParts(RestoreReads reads, ReadPoint point, PrefetchRequest request) {
    this.reads = reads;
    this.point = point;
    this.readClass = request.getReadClass();
    this.ranges = request.getRangeList();
    this.skipZero = request.getSkipZero();
    check(point.checkpoint().regions());
    if (!ranges.isEmpty()) {
      page = ranges.getFirst().getFirstPage();
    }
  }

  private void check(RegionTable regions) {
    if (!RestoreCounters.isGiven(readClass)) {
      throw ApiException.invalid("read_class must be given");
    }
    if (ranges.size() > RANGES_MAX) {
      throw new ApiException(
          Reason.REASON_LIMIT_EXCEEDED,
          "%d ranges; a Prefetch has at most %d, use several".formatted(ranges.size(), RANGES_MAX));
    }
    for (PageRange wanted : ranges) {
      check(regions, wanted);
    }
  }

  /** Refuses a range that is not within its region. */
  static void check(RegionTable regions, PageRange range) {
    if (!regions.has(range.getRegion())) {
      throw ApiException.invalid(
          "range.region: there is no region %s; the checkpoint has %d"
              .formatted(Integer.toUnsignedString(range.getRegion()), regions.size()));
    }
    RegionSpec region = regions.get(range.getRegion());
    long first = range.getFirstPage();
    long count = range.getPageCount();
    if (first < 0 || count < 1 || first > region.pages() - count) {
      throw ApiException.invalid(
          "range: pages %s to %s are not within region '%s', which has %d"
              .formatted(
                  Long.toUnsignedString(first),
                  Long.toUnsignedString(first + count - 1),
                  region.name(),
                  region.pages()));
    }
  }

  @Override
  public boolean hasNext() {
    return range < ranges.size();
  }

  @Override
  public @Nullable Pages next() throws Refusal, IOException {
    return isShort() ? gathered() : run();
  }

  private RegionSpec region() {
    return point.checkpoint().regions().get(ranges.get(range).getRegion());
  }

  private static int pagesMax(RegionSpec region) {
    return Math.clamp(PageReader.BYTES_MAX / region.pageBytes(), 1, PageReader.PAGES_MAX);
  }

  private static long end(PageRange range) {
    return range.getFirstPage() + range.getPageCount();
  }

  /** What is left of the range does not fill a message, and there are others behind. */
  private boolean isShort() {
    return range + 1 < ranges.size() && end(ranges.get(range)) - page < pagesMax(region());
  }

  private @Nullable Pages run() throws Refusal, IOException {
    PageRange wanted = ranges.get(range);
    RegionSpec region = region();
    long end = Math.min(end(wanted), page + SKIP_PAGES_MAX);
    ByteBuffer target = reads.buffer(pagesMax(region) * region.pageBytes());
    PageReader.RangePart part =
        reads.pages().readRange(point, wanted.getRegion(), page, end, skipZero, target);
    if (part.nextPage() <= page) {
      throw new IllegalStateException("a range read does not advance at page " + page);
    }
    page = part.nextPage();
    if (page == end(wanted)) {
      toNextRange();
    }
    return message(wanted.getRegion(), part.batch(), target);
  }

  private @Nullable Pages gathered() throws Refusal, IOException {
    int number = ranges.get(range).getRegion();
    RegionSpec region = region();
    long[] wanted = new long[pagesMax(region)];
    int count = 0;
    while (count < wanted.length
        && range < ranges.size()
        && ranges.get(range).getRegion() == number) {
      wanted[count++] = page++;
      if (page == end(ranges.get(range))) {
        toNextRange();
      }
    }
    ByteBuffer target = reads.buffer(wanted.length * region.pageBytes());
    PageBatch batch = reads.pages().read(point, number, Arrays.copyOf(wanted, count), target);
    return message(number, skipZero ? PageMessages.withContent(batch) : batch, target);
  }

  private void toNextRange() {
    range++;
    if (range < ranges.size()) {
      page = ranges.get(range).getFirstPage();
    }
  }

  private @Nullable Pages message(int region, PageBatch batch, ByteBuffer target) throws Refusal {
    reads.sessions().requireLive(point.session().id());
    if (batch.size() == 0) {
      return null;
    }
    target.flip();
    reads.counters().served(readClass, batch.size(), target.remaining());
    return PageMessages.pages(region, batch, target).build();
  }
}
