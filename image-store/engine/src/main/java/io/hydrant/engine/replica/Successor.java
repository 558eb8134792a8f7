package io.hydrant.engine.replica;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Who should lead instead (PROTOCOL R8): whoever has the most, and room for more. */
public final class Successor {
  /** Hold marks that differ by less are equal: they were said at different times. */
  static final long NEAR_ENTRIES = 1_000;

  private Successor() {}

  /**
   * The best of those that are there: one with room before one without, then the highest hold mark,
   * then the most free bytes.
   *
   * @param self who leads now
   * @param voters of the group
   * @param seen what those that are there have, by node
   */
  public static Optional<String> of(
      String self, Set<String> voters, Map<String, InventoryView> seen) {
    List<InventoryView> candidates =
        seen.values().stream()
            .filter(view -> voters.contains(view.node()) && !view.node().equals(self))
            .toList();
    long best = candidates.stream().mapToLong(InventoryView::holdMark).max().orElse(0);
    return candidates.stream()
        .max(
            Comparator.comparing((InventoryView view) -> !view.space().nearlyFull())
                .thenComparing(view -> Math.min(view.holdMark(), best - NEAR_ENTRIES))
                .thenComparing(view -> view.space().freeBytes())
                .thenComparing(InventoryView::holdMark)
                .thenComparing(InventoryView::node))
        .map(InventoryView::node);
  }

  /** As {@link #of}, of those that have room and lack nothing: for a leader that has none. */
  public static Optional<String> withRoom(
      String self, Set<String> voters, Map<String, InventoryView> seen) {
    return of(self, voters, seen)
        .filter(node -> {
          InventoryView view = seen.get(node);
          return view != null && !view.space().nearlyFull() && view.lacking().isNothing();
        });
  }
}
