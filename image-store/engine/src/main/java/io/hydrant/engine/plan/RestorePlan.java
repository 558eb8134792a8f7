package io.hydrant.engine.plan;

import java.util.ArrayList;
import java.util.List;

/**
 * What restores of an image have touched, by how long ago: the pages of the newest restore first,
 * in the order of their first touch, then those that only the one before touched, and so on. Within
 * {@link #WINDOW_PAGES} pages the order is that of their numbers: they travel in one message.
 *
 * <p>Recording what one start touches and reading it ahead of the next is REAP's idea (Ustiugov et
 * al., ASPLOS 2021, section 5); that the record must outlive restores in which nothing of it
 * faults, because all of it was there, is why pages age instead of being replaced.
 *
 * @param ages runs by age; none is in two of them
 */
public record RestorePlan(List<List<PageRun>> ages) {
  /** What one message of a prefetch holds, of small pages. */
  public static final int WINDOW_PAGES = 256;

  /** A page that so many restores did not touch is forgotten. */
  public static final int AGES = 3;

  /** Nothing is known. */
  public static final RestorePlan NONE = new RestorePlan(List.of());

  public RestorePlan {
    if (ages.size() > AGES) {
      throw new IllegalArgumentException("a plan of %d ages".formatted(ages.size()));
    }
    ages = ages.stream().map(List::copyOf).toList();
  }

  /** All of it, in the order in which it is wanted. */
  public List<PageRun> runs() {
    List<PageRun> runs = new ArrayList<>();
    ages.forEach(runs::addAll);
    return runs;
  }

  public boolean isEmpty() {
    return ages.stream().allMatch(List::isEmpty);
  }

  public long pageCount() {
    return ages.stream().flatMap(List::stream).mapToLong(PageRun::count).sum();
  }
}
