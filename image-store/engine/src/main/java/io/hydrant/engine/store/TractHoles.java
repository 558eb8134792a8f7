package io.hydrant.engine.store;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which checkpoints on the line of a retained one a replica's rows of a tract leave out: of every
 * other checkpoint on that line it has what changed the tract, the newest version of each page at
 * least.
 *
 * @param unknown it may be any of them, and rows that are here may be wrong
 * @param missing ids, ascending
 */
public record TractHoles(boolean unknown, SortedSet<Long> missing) {
  public static final TractHoles NONE = new TractHoles(false, new TreeSet<>());

  static final TractHoles UNKNOWN = new TractHoles(true, new TreeSet<>());

  public TractHoles {
    missing = Collections.unmodifiableSortedSet(new TreeSet<>(missing));
  }

  /** Of holes that are known one by one. */
  public static TractHoles of(Iterable<Long> ids) {
    TreeSet<Long> missing = new TreeSet<>();
    ids.forEach(missing::add);
    return new TractHoles(false, missing);
  }

  /** Whether the tract is here. */
  public boolean isNone() {
    return !unknown && missing.isEmpty();
  }

  /**
   * Whether what is left out in one place is there in the other: then the newer of both versions of
   * each page is the newest one. Rows that may be wrong are not mixed with any.
   */
  public boolean complements(TractHoles other) {
    return !unknown && !other.unknown && Collections.disjoint(missing, other.missing);
  }
}
