package io.hydrant.engine.replica;

import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Whose word counts. Two sets while voters are changed, from the check of a replacement until the
 * change is applied: a commit needs its holders in both, or it could be acknowledged by replicas of
 * which the other set knows too few (PROTOCOL R17).
 *
 * @param voters never empty
 * @param alsoNeeded the voters before or after the change; empty if none is under way
 */
public record Voters(Set<String> voters, Set<String> alsoNeeded) {
  public Voters {
    if (voters.isEmpty()) {
      throw new IllegalArgumentException("a group has voters");
    }
    // Sorted: the order in which Set.copyOf is walked differs from process to process.
    voters = Collections.unmodifiableSortedSet(new TreeSet<>(voters));
    alsoNeeded = Collections.unmodifiableSortedSet(new TreeSet<>(alsoNeeded));
  }

  /** While nothing is changed. */
  public static Voters of(Set<String> voters) {
    return new Voters(voters, Set.of());
  }

  /** Whether these are a majority, of both sets. */
  public boolean isMajority(Set<String> nodes) {
    return inBoth(set -> 2 * count(set, nodes) > set.size());
  }

  /** Whether nobody is missing among these, of either set. */
  public boolean isAll(Set<String> nodes) {
    return inBoth(nodes::containsAll);
  }

  /**
   * The greatest value that a majority has reached, in both sets.
   *
   * @param reached by node; who is not there has reached 0
   */
  public long reachedByMajority(Map<String, Long> reached) {
    long most = reachedBy(voters, reached);
    return alsoNeeded.isEmpty() ? most : Math.min(most, reachedBy(alsoNeeded, reached));
  }

  private static long reachedBy(Set<String> set, Map<String, Long> reached) {
    List<Long> descending =
        set.stream()
            .map(node -> reached.getOrDefault(node, 0L))
            .sorted(Comparator.reverseOrder())
            .toList();
    return descending.get(set.size() / 2);
  }

  private boolean inBoth(Predicate<Set<String>> holds) {
    return holds.test(voters) && (alsoNeeded.isEmpty() || holds.test(alsoNeeded));
  }

  private static long count(Set<String> set, Set<String> nodes) {
    return set.stream().filter(nodes::contains).count();
  }
}
