package io.hydrant.testkit.raft;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Who elects and commits.
 *
 * @param oldVoters empty unless a change is under way: then a majority of these is needed as well
 * @param listeners get every entry and never count
 */
public record RaftMembers(
    SortedSet<String> voters, SortedSet<String> oldVoters, SortedSet<String> listeners) {
  public RaftMembers {
    voters = Collections.unmodifiableSortedSet(new TreeSet<>(voters));
    oldVoters = Collections.unmodifiableSortedSet(new TreeSet<>(oldVoters));
    listeners = Collections.unmodifiableSortedSet(new TreeSet<>(listeners));
  }

  /** While nothing is changed. */
  public static RaftMembers of(Set<String> voters) {
    return new RaftMembers(new TreeSet<>(voters), new TreeSet<>(), new TreeSet<>());
  }

  public boolean isStable() {
    return oldVoters.isEmpty();
  }

  /** Everybody who gets entries. */
  public SortedSet<String> all() {
    SortedSet<String> all = new TreeSet<>(voters);
    all.addAll(oldVoters);
    all.addAll(listeners);
    return all;
  }

  /** Whether it may vote and stand: one that joins does not before the change is over. */
  boolean mayVote(String node) {
    return isStable() ? voters.contains(node) : oldVoters.contains(node);
  }

  /** Whether those of whom this holds are a majority, of both sets. */
  boolean isMajority(Predicate<String> holds) {
    return isMajority(voters, holds) && (isStable() || isMajority(oldVoters, holds));
  }

  private static boolean isMajority(Set<String> set, Predicate<String> holds) {
    return 2 * set.stream().filter(holds).count() > set.size();
  }

  /** The greatest index that a majority has, of both sets. */
  long reachedByMajority(Map<String, Long> reached) {
    long best = 0;
    for (long candidate : reached.values()) {
      if (candidate > best && isMajority(node -> reached.getOrDefault(node, 0L) >= candidate)) {
        best = candidate;
      }
    }
    return best;
  }
}
