package io.hydrant.engine.replica;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Whether pages may be marked damaged (PROTOCOL R24): only after every voter has answered, in its
 * present life, that it has no good bytes of them. A voter that is silent may have the last good
 * copy: then the pages wait, until it speaks, or until an operator's replacement takes it out of
 * the voters. Pure; one vote for one set of page versions. Not safe for use by many threads.
 */
public final class DamageVote {
  private final Map<String, Answered> answers = new TreeMap<>();

  /** What a replica says of the pages. */
  public enum Answer {
    /** It has all of them, verified. */
    GOOD,
    /** It has none: bad bytes, or nothing, and nothing of them is on its way. */
    NONE,
    /** It cannot say: it has not applied their commit, or is receiving them. */
    UNKNOWN
  }

  private record Answered(PeerLife peer, Answer answer) {}

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

  /** A replica answers; what it said before counts for nothing. */
  public void answered(PeerLife peer, Answer answer) {
    answers.put(peer.node(), new Answered(peer, answer));
  }

  /** A replica is in a new life: what recovery found may be more, or less. */
  public void greeted(PeerLife peer) {
    answers.computeIfPresent(peer.node(), (_, last) -> last.peer().equals(peer) ? last : null);
  }

  /** As of now. Also who does not vote may have a good copy, but need not be asked. */
  public Decision decide(Voters voters) {
    Optional<String> good =
        answers.entrySet().stream()
            .filter(entry -> entry.getValue().answer() == Answer.GOOD)
            .map(Map.Entry::getKey)
            .findFirst();
    if (good.isPresent()) {
      return new Decision.Fetch(good.get());
    }
    Set<String> missing = new TreeSet<>(voters.voters());
    missing.addAll(voters.alsoNeeded());
    answers.forEach((node, last) -> {
      if (last.answer() == Answer.NONE) {
        missing.remove(node);
      }
    });
    return missing.isEmpty() ? new Decision.Mark() : new Decision.Wait(missing);
  }
}
