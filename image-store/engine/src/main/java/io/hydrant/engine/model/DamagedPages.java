package io.hydrant.engine.model;

import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongPredicate;

/**
 * Pages of an image of which no replica has good bytes any more (PROTOCOL R24): immutable. Whoever
 * would read one of these versions, or an older one in its place, is told that the page is damaged.
 */
public final class DamagedPages {
  public static final DamagedPages NONE = new DamagedPages(new TreeMap<>(), 0);

  private final SortedMap<Place, int[]> pages;
  private final int size;

  private DamagedPages(SortedMap<Place, int[]> pages, int size) {
    this.pages = pages;
    this.size = size;
  }

  /**
   * What one checkpoint wrote into one tract.
   *
   * @param checkpoint that wrote these versions
   */
  public record Place(int region, int tract, long checkpoint) implements Comparable<Place> {
    private static final Comparator<Place> ORDER =
        Comparator.comparingInt(Place::region)
            .thenComparingInt(Place::tract)
            .thenComparingLong(Place::checkpoint);

    @Override
    public int compareTo(Place other) {
      return ORDER.compare(this, other);
    }
  }

  public boolean isEmpty() {
    return pages.isEmpty();
  }

  /** Number of page versions. */
  public int size() {
    return size;
  }

  /** Ascending. */
  public Collection<Place> places() {
    return Collections.unmodifiableCollection(pages.keySet());
  }

  /** Pages within the tract, ascending; empty if none of them is. */
  public List<Integer> at(Place place) {
    int[] at = pages.get(place);
    return at == null ? List.of() : Arrays.stream(at).boxed().toList();
  }

  /** With these pages, within the tract. */
  public DamagedPages plus(Place place, List<Integer> more) {
    int[] before = pages.getOrDefault(place, new int[0]);
    int[] after =
        java.util.stream.IntStream.concat(
                Arrays.stream(before), more.stream().mapToInt(Integer::intValue))
            .sorted()
            .distinct()
            .toArray();
    if (after.length == before.length) {
      return this;
    }
    SortedMap<Place, int[]> grown = new TreeMap<>(pages);
    grown.put(place, after);
    return new DamagedPages(grown, size + after.length - before.length);
  }

  /** Without what checkpoints wrote that nothing retained builds on. */
  public DamagedPages neededBy(LongPredicate onRetainedLine) {
    if (pages.isEmpty()) {
      return this;
    }
    SortedMap<Place, int[]> left = new TreeMap<>(pages);
    left.keySet().removeIf(place -> !onRetainedLine.test(place.checkpoint()));
    return left.size() == pages.size()
        ? this
        : new DamagedPages(left, left.values().stream().mapToInt(at -> at.length).sum());
  }

  /** Whether this version of the page is damaged. */
  public boolean has(int region, int tract, int pageInTract, long checkpoint) {
    return !pages.isEmpty()
        && isAmong(pages.get(new Place(region, tract, checkpoint)), pageInTract);
  }

  /**
   * The checkpoint of the newest damaged version of a page on a line; 0 if there is none. What a
   * map has that is older than that, or of the same checkpoint, must not be served.
   */
  public long newestOn(Line line, int region, int tract, int pageInTract) {
    if (pages.isEmpty()) {
      return 0;
    }
    long newest = 0;
    SortedMap<Place, int[]> ofTract =
        pages.subMap(new Place(region, tract, 0), new Place(region, tract, Long.MAX_VALUE));
    for (SortedMap.Entry<Place, int[]> entry : ofTract.entrySet()) {
      long checkpoint = entry.getKey().checkpoint();
      if (line.contains(checkpoint) && isAmong(entry.getValue(), pageInTract)) {
        newest = checkpoint;
      }
    }
    return newest;
  }

  private static boolean isAmong(int @org.jspecify.annotations.Nullable [] at, int page) {
    return at != null && Arrays.binarySearch(at, page) >= 0;
  }

  /** The newest checkpoint on the line of which something is damaged. */
  public Optional<CheckpointId> newestOn(Line line) {
    return pages.keySet().stream()
        .mapToLong(Place::checkpoint)
        .filter(line::contains)
        .max()
        .stream()
        .mapToObj(CheckpointId::new)
        .findFirst();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof DamagedPages damaged
        && size == damaged.size
        && pages.keySet().equals(damaged.pages.keySet())
        && pages.entrySet().stream()
            .allMatch(entry -> Arrays.equals(entry.getValue(), damaged.pages.get(entry.getKey())));
  }

  @Override
  public int hashCode() {
    return 31 * pages.keySet().hashCode() + size;
  }

  @Override
  public String toString() {
    return size + " damaged pages in " + pages.keySet();
  }
}
