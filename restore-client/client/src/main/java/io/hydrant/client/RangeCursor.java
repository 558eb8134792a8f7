package io.hydrant.client;

import io.hydrant.v1.PageRange;
import java.util.ArrayList;
import java.util.List;

/** Where a read of ranges, in the order given, has come to. */
final class RangeCursor {
  private final List<PageRange> ranges;
  private int index;
  private long next;

  RangeCursor(List<PageRange> ranges) {
    this.ranges = List.copyOf(ranges);
    enter(0);
  }

  /** Moves behind a page; false if it is not the next one. */
  boolean take(int region, long page) {
    if (isAtEnd() || ranges.get(index).getRegion() != region || page != next) {
      return false;
    }
    step();
    return true;
  }

  /** Moves behind a page, passing over those before it; false if it does not come any more. */
  boolean skipTo(int region, long page) {
    int seenIndex = index;
    long seenNext = next;
    while (!isAtEnd()) {
      PageRange range = ranges.get(index);
      long end = range.getFirstPage() + range.getPageCount();
      if (range.getRegion() == region && page >= next && page < end) {
        next = page;
        step();
        return true;
      }
      enter(index + 1);
    }
    index = seenIndex;
    next = seenNext;
    return false;
  }

  boolean isAtEnd() {
    return index >= ranges.size();
  }

  /** What has not been read. */
  List<PageRange> rest() {
    List<PageRange> rest = new ArrayList<>();
    for (int i = index; i < ranges.size(); i++) {
      PageRange range = ranges.get(i);
      long first = i == index ? next : range.getFirstPage();
      long count = range.getFirstPage() + range.getPageCount() - first;
      rest.add(range.toBuilder().setFirstPage(first).setPageCount(count).build());
    }
    return rest;
  }

  private void step() {
    PageRange range = ranges.get(index);
    next++;
    if (next == range.getFirstPage() + range.getPageCount()) {
      enter(index + 1);
    }
  }

  private void enter(int i) {
    index = i;
    next = i < ranges.size() ? ranges.get(i).getFirstPage() : 0;
  }
}
