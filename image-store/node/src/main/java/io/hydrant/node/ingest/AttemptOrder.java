package io.hydrant.node.ingest;

import io.hydrant.node.ingest.Attempt.State;
import java.util.Collection;
import java.util.List;

/** When an attempt's entries may be proposed: decisions only. */
final class AttemptOrder {
  /** The catalog's bound of open checkpoints, less the one that is to be opened. */
  private static final int OTHERS_OPEN_MAX = 1;

  private AttemptOrder() {}

  /**
   * Whether the catalog will find room for one more when it comes to this Open. If the oldest of
   * those before waits for messages, which may stand behind this one's, it is the catalog that says
   * no.
   *
   * @param earlier attempts with lower numbers, in their order
   */
  static boolean mayOpen(Attempt attempt, Collection<Attempt> earlier) {
    Attempt base = attempt.base();
    if (base != null && base.isBeforeOpen()) {
      return false;
    }
    List<Attempt> unproposed =
        earlier.stream()
            .filter(other -> other.isUnproposed() && sameImage(other, attempt))
            .toList();
    return unproposed.size() <= OTHERS_OPEN_MAX || unproposed.getFirst().is(State.OPEN);
  }

  /** Commits go base first. */
  static boolean mayCommit(Attempt attempt) {
    Attempt base = attempt.base();
    return base == null || !base.isUnproposed();
  }

  static boolean sameImage(Attempt one, Attempt other) {
    return one.open.image().equals(other.open.image());
  }
}
