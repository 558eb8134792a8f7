package io.hydrant.engine.replica;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * What makes a replacement safe (PROTOCOL R17), apart from its course, so that a simulation can
 * show that it is needed.
 */
public interface ReplacementRule {
  /** The rule. */
  ReplacementRule PAGES = new Pages();

  /**
   * Whose holders a commit needs from the barrier on until the change is applied.
   *
   * @param present the voters by the log, before the change or in its midst
   * @param then the voters after it
   */
  Voters counting(Voters present, Set<String> then);

  /**
   * Whether these may be made the voters.
   *
   * @param then the joiner is among them
   * @param barrier log index: what was committed before it may have been counted without the joiner
   */
  boolean mayVote(Set<String> then, String joiner, long barrier, ReplacementCheck.Seen seen);

  /**
   * Joiner and a majority of the new voters have, by their own words in their present lives, every
   * page up to the barrier; behind it both sets were counted. So whichever of the new voters is
   * lost next, another one has what was acknowledged.
   */
  final class Pages implements ReplacementRule {
    private Pages() {}

    @Override
    public Voters counting(Voters present, Set<String> then) {
      return present.alsoNeeded().isEmpty() ? new Voters(present.voters(), then) : present;
    }

    @Override
    public boolean mayVote(
        Set<String> then, String joiner, long barrier, ReplacementCheck.Seen seen) {
      Set<String> holding = new HashSet<>();
      for (String node : then) {
        if (Optional.ofNullable(seen.inventories().get(node))
            .filter(view -> view.holdMark() >= barrier)
            .isPresent()) {
          holding.add(node);
        }
      }
      return holding.contains(joiner) && Voters.of(then).isMajority(holding);
    }
  }
}
