package io.hydrant.client;

import io.hydrant.v1.PageRange;
import io.hydrant.v1.PlanPart;
import java.util.ArrayList;
import java.util.List;

/**
 * What is known of the pages that a restored machine will want, before it asks for any.
 *
 * @param version how often the image's plan was learned anew; 0: never
 * @param learned touched by earlier restores, in the order in which they are wanted
 * @param recentlyWritten written since the last full checkpoint, the newest first
 * @param zero known to be zero or not kept, ascending: these need not be fetched
 */
public record PagePlan(
    long version, List<PageRange> learned, List<PageRange> recentlyWritten, List<PageRange> zero) {
  public PagePlan {
    learned = List.copyOf(learned);
    recentlyWritten = List.copyOf(recentlyWritten);
    zero = List.copyOf(zero);
  }

  /** From a server's parts. */
  static final class Builder {
    private final SessionSource source;
    private final List<PageRange> learned = new ArrayList<>();
    private final List<PageRange> recentlyWritten = new ArrayList<>();
    private final List<PageRange> zero = new ArrayList<>();
    private long version;

    Builder(SessionSource source) {
      this.source = source;
    }

    void add(PlanPart part) {
      version = part.getVersion();
      try {
        for (PageRange range : part.getRangeList()) {
          source.requirePages(range.getRegion(), range.getFirstPage(), range.getPageCount());
        }
      } catch (IllegalArgumentException e) {
        throw new ProtocolViolationException("the server's restore plan: " + e.getMessage(), e);
      }
      switch (part.getKind()) {
        case PLAN_KIND_LEARNED -> learned.addAll(part.getRangeList());
        case PLAN_KIND_RECENTLY_WRITTEN -> recentlyWritten.addAll(part.getRangeList());
        case PLAN_KIND_ZERO -> zero.addAll(part.getRangeList());
        case PLAN_KIND_UNSPECIFIED, UNRECOGNIZED -> {} // of a newer server: only a hint
      }
    }

    PagePlan build() {
      return new PagePlan(version, learned, recentlyWritten, zero);
    }
  }
}
