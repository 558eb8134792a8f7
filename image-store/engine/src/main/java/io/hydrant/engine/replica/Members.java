package io.hydrant.engine.replica;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * Who belongs to the group, as a replica's log has it, committed or not.
 *
 * @param voters elect and commit; never empty
 * @param oldVoters empty unless a change is under way
 * @param listeners get every entry and all bytes, and never count
 */
public record Members(Set<String> voters, Set<String> oldVoters, Set<String> listeners) {
  public Members {
    voters = sorted(voters);
    oldVoters = sorted(oldVoters);
    listeners = sorted(listeners);
  }

  private static Set<String> sorted(Set<String> names) {
    return Collections.unmodifiableSortedSet(new TreeSet<>(names));
  }

  public boolean isStable() {
    return oldVoters.isEmpty();
  }

  /** Whose word counts, by the log alone. */
  public Voters counting() {
    return new Voters(voters, oldVoters);
  }

  boolean isVoter(String node) {
    return voters.contains(node) || oldVoters.contains(node);
  }
}
