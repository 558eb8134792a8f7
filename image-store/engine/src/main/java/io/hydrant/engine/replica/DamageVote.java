package io.hydrant.engine.replica;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Whether pages may be marked damaged (PROTOCOL R24): only after every voter has answered, in its
 * present life, that it has no good bytes of them. A voter that is silent may have the last good
 * copy: then the pages wait, until it speaks, or until an operator declares it dead. Pure; one vote
 * for one version of a page. Not safe for use by many threads.
 */
public final class DamageVote {
  private final Map<String, Answer> answers = new TreeMap<>();

  /** What a replica says of the pages. */
  public enum Answer {
    /** It has all of them, verified. */
    GOOD,
    /** It has none: bad bytes, or nothing, and nothing of them is on its way. */
    NONE,
    /** It has them, and its device does not give them now: perhaps it does later. */
    UNREADABLE,
    /** It cannot say: it has not applied their commit, or is receiving them. */
    UNKNOWN
  }

  /** What follows from the answers. */
  public sealed interface Decision {
    /** Every voter has none: to be proposed. */
    record Mark() implements Decision {}

    /** A replica has them: to be fetched from there. */
    record Fetch(String node) implements Decision {}

    /**
     * Somebody has to be asked, perhaps again.
     *
     * @param missing voters that have not said that they have none
     */
    record Wait(Set<String> missing) implements Decision {}
  }

  /** A replica answers, in the life in which it is now; what it said before counts for nothing. */
  public void answered(String node, Answer answer) {
    answers.put(node, answer);
  }

  /**
   * As of now. Also who does not vote may have a good copy, but need not be asked.
   *
   * @param needed whose word is needed: every voter, but for one that an operator has declared dead
   *     for ever
   * @param patient whether what could not be read was tried for long enough to be given up
   */
  public Decision decide(Set<String> needed, boolean patient) {
    Optional<String> good =
        answers.entrySet().stream()
            .filter(entry -> entry.getValue() == Answer.GOOD)
            .map(Map.Entry::getKey)
            .findFirst();
    if (good.isPresent()) {
      return new Decision.Fetch(good.get());
    }
    Set<String> missing = new TreeSet<>(needed);
    answers.forEach((node, answer) -> {
      if (answer == Answer.NONE || patient && answer == Answer.UNREADABLE) {
        missing.remove(node);
      }
    });
    return missing.isEmpty() ? new Decision.Mark() : new Decision.Wait(missing);
  }
}
