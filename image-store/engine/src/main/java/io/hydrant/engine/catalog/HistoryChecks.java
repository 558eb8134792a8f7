package io.hydrant.engine.catalog;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.DamagedPages;
import io.hydrant.engine.model.Epoch;
import java.util.Optional;
import java.util.SortedMap;

/** The invariants of {@link CheckpointHistory}, for one that was read from bytes. */
final class HistoryChecks {
  private HistoryChecks() {}

  /**
   * Lines end, stay within their bound, and every checkpoint lies on the one that its base says.
   */
  static void checkBranches(Branches branches, SortedMap<CheckpointId, CheckpointInfo> committed)
      throws MalformedCatalogException {
    int[] runs = new int[branches.size()];
    for (int branch = 0; branch < runs.length; branch++) {
      long base = branches.base(branch);
      int below = base == Branches.FULL ? -1 : branches.branchOf(base);
      require(
          base == Branches.FULL || below >= 0, "branch %d on no branch", branches.start(branch));
      runs[branch] = below < 0 ? 1 : runs[below] + 1;
      require(
          runs[branch] <= CatalogLimits.LINE_RUNS_MAX,
          "the line of %d has %d runs",
          branches.start(branch),
          runs[branch]);
    }
    for (CheckpointInfo info : committed.values()) {
      long id = info.id().value();
      long base = info.base().map(CheckpointId::value).orElse(Branches.FULL);
      int branch = branches.branchOf(id);
      require(branch >= 0, "checkpoint %d is on no branch", id);
      boolean fits =
          branches.start(branch) == id
              ? base == branches.base(branch)
              : base >= branches.start(branch);
      require(fits, "checkpoint %d on base %d does not fit its branch", id, base);
    }
    require(branches.neededBy(committed).size() == branches.size(), "a branch without checkpoints");
  }

  static void check(CheckpointHistory history, Epoch epoch) throws MalformedCatalogException {
    SortedMap<CheckpointId, CheckpointInfo> committed = history.committed();
    require(history.head().isPresent() == !committed.isEmpty(), "head without checkpoints");
    require(
        history.head().isEmpty() || committed.containsKey(history.head().get()),
        "the head is not retained");
    for (CheckpointId id : committed.keySet()) {
      require(!history.aborted().contains(id.value()), "%s committed and aborted", id);
    }
    checkOpen(history, epoch);
    checkDamaged(history);
    checkNewest(history);
    for (RetiredCheckpoint retired : history.remembered()) {
      require(
          history.fate(retired.id()) == ImageState.Fate.RETIRED,
          "%s remembered, but not retired",
          retired.id());
    }
  }

  private static void checkOpen(CheckpointHistory history, Epoch epoch)
      throws MalformedCatalogException {
    Optional<CheckpointId> below = Optional.empty();
    for (CheckpointInfo info : history.open().values()) {
      boolean onHead = info.base().isEmpty() || info.base().equals(history.head());
      require(below.isEmpty() ? onHead : info.base().equals(below), "%s on no base", info.id());
      require(info.epoch().equals(epoch), "%s is open under an old epoch", info.id());
      require(
          !history.aborted().contains(info.id().value())
              && (history.committed().isEmpty()
                  || info.id().compareTo(history.committed().lastKey()) > 0),
          "%s is open and final",
          info.id());
      below = Optional.of(info.id());
    }
  }

  /** They lie on retained lines, so that retiring takes them away. */
  private static void checkDamaged(CheckpointHistory history) throws MalformedCatalogException {
    DamagedPages damaged = history.retained().damaged();
    require(damaged.size() <= CatalogLimits.DAMAGED_PAGES_MAX, "%d pages damaged", damaged.size());
    for (DamagedPages.Place place : damaged.places()) {
      require(
          DamageCommands.isFit(history.fate(new CheckpointId(place.checkpoint())))
              && history
                  .retained()
                  .regionsOn(place.checkpoint())
                  .filter(regions ->
                      DamageCommands.arePages(
                          regions, place.region(), place.tract(), damaged.at(place)))
                  .isPresent(),
          "no pages can be damaged at %s",
          place);
    }
  }

  /** The newest committed id is retained: whatever is above it was aborted or is open. */
  private static void checkNewest(CheckpointHistory history) throws MalformedCatalogException {
    long last = history.retained().last().map(CheckpointId::value).orElse(0L);
    long others = history.open().size();
    long[] aborted = history.aborted().toPairs();
    for (int i = 0; i < aborted.length; i += 2) {
      others += Math.max(0, aborted[i + 1] - Math.max(last, aborted[i] - 1));
    }
    require(others == history.next() - 1 - last, "ids above %d are of no fate", last);
  }

  private static void require(boolean holds, String message, Object... arguments)
      throws MalformedCatalogException {
    ByteReader.check(holds, message, arguments);
  }
}
