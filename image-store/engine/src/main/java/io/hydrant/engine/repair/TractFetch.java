package io.hydrant.engine.repair;

import io.hydrant.engine.index.RowsAt;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.TractRows;
import io.hydrant.engine.repair.RepairRounds.Claim;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.SlimReader;
import io.hydrant.engine.store.TractCopy;
import io.hydrant.engine.store.TractExtract;
import io.hydrant.engine.store.TractExtract.AsOf;
import io.hydrant.engine.store.TractRepair;
import io.hydrant.engine.store.TractSet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Carries out the claims of a {@link RepairStep}. Safe for use by many threads. */
final class TractFetch {
  private final TractExtract extract;
  private final TractRepair repair;
  private final PartFetch parts;

  TractFetch(ImageStore store) {
    this.extract = store.extract();
    this.repair = store.repair();
    this.parts = new PartFetch(extract);
  }

  /**
   * @param done tracts that are here now, and slim states
   * @param bytes fetched
   * @param compare to be compared next
   * @param fetch to be fetched next
   * @param slim whether the slim state is to be fetched next
   * @param sourceFailed nothing more is to be asked of the source
   */
  record Result(
      long done,
      long bytes,
      List<TractSummary> compare,
      List<TractSummary> fetch,
      boolean slim,
      boolean sourceFailed) {
    static final Result NOTHING = new Result(0, 0, List.of(), List.of(), false, false);
    static final Result FAILED = new Result(0, 0, List.of(), List.of(), false, true);

    static Result of(long done, long bytes) {
      return new Result(done, bytes, List.of(), List.of(), false, false);
    }

    Result withSourceFailed() {
      return new Result(done, bytes, compare, fetch, slim, true);
    }
  }

  /** What is asked of a source: its failure is not this replica's. */
  @FunctionalInterface
  private interface Question<T> {
    T ask() throws RepairRefusal, IOException;
  }

  /** The source cannot be asked. */
  private static final class Unreachable extends Exception {
    private static final long serialVersionUID = 1L;

    Unreachable(Exception cause) {
      super(cause);
    }
  }

  private static <T> T ask(Question<T> question) throws RepairRefusal, Unreachable {
    try {
      return question.ask();
    } catch (IOException | IllegalArgumentException e) {
      throw new Unreachable(e); // what came may make no sense: that is no fault of this replica's
    }
  }

  Result list(Claim.List claim) throws IOException {
    CheckpointKey key = claim.work().task().asOf();
    TractList list;
    try {
      list = ask(() -> claim.work().source().list(key, claim.wanted()));
    } catch (RepairRefusal | Unreachable _) {
      return Result.FAILED;
    }
    List<TractSummary> tracts =
        list.tracts().stream()
            .filter(one -> claim.wanted().has(one.region(), one.tract()))
            .toList();
    boolean damage = RepairRounds.isDamage(claim.work().task());
    boolean slim = claim.wanted().hasSlim() && list.slim().isPresent();
    long done = 0;
    if (slim && !damage && isOwnSlim(key, list.slim().get())) {
      repair.prove(key, byChange(key.checkpoint().value(), TractSet.NONE.plusSlim()));
      slim = false;
      done = 1;
    }
    List<TractSummary> fetch = partsOf(list, claim.wanted(), key);
    if (damage) {
      // What is bad has the right digest all the same: that says nothing of the bytes.
      fetch.addAll(0, tracts);
    }
    return new Result(done, 0, damage ? List.of() : tracts, fetch, slim, false);
  }

  /** Those that are wanted, and make a whole with what is here. */
  private List<TractSummary> partsOf(TractList list, TractSet wanted, CheckpointKey key) {
    List<TractSummary> fits = new ArrayList<>();
    Optional<AsOf> asOf = list.parts().isEmpty() ? Optional.empty() : extract.retained(key);
    for (TractSummary part : asOf.isEmpty() ? List.<TractSummary>of() : list.parts()) {
      if (wanted.has(part.region(), part.tract()) && parts.isWanted(asOf.get(), part)) {
        fits.add(part);
      }
    }
    return fits;
  }

  private boolean isOwnSlim(CheckpointKey key, SlimSummary theirs) throws IOException {
    Optional<AsOf> asOf = extract.retained(key);
    Optional<List<SlimReader.Chunk>> own =
        asOf.isEmpty() ? Optional.empty() : extract.slimChunks(asOf.get());
    return own.isPresent() && LocalRepairSource.summary(own.get()).equals(theirs);
  }

  private static SortedMap<Long, TractSet> byChange(long change, TractSet tracts) {
    SortedMap<Long, TractSet> byChange = new TreeMap<>();
    byChange.put(change, tracts);
    return byChange;
  }

  Result compare(Claim.Compare claim) throws IOException {
    CheckpointKey key = claim.work().task().asOf();
    Optional<AsOf> asOf = extract.retained(key);
    if (asOf.isEmpty()) {
      return Result.FAILED;
    }
    SortedMap<Long, TractSet> equal = new TreeMap<>();
    List<TractSummary> others = new ArrayList<>();
    for (TractSummary tract : claim.tracts()) {
      if (!asOf.get().has(tract.region(), tract.tract())) {
        continue;
      }
      RowsAt own = extract.rows(asOf.get(), tract.region(), tract.tract());
      if (own.whole() && own.rows().digest().equals(tract.digest())) {
        equal.merge(
            own.rows().lastChange(),
            TractSet.NONE.plus(tract.region(), tract.tract()),
            TractSet::plus);
      } else {
        others.add(tract);
      }
    }
    repair.prove(key, equal);
    return new Result(claim.tracts().size() - others.size(), 0, List.of(), others, false, false);
  }

  Result fetch(Claim.Fetch claim) throws IOException {
    CheckpointKey key = claim.work().task().asOf();
    List<TractCopy> copies = new ArrayList<>();
    long bytes = 0;
    boolean failed = false;
    for (TractSummary tract : claim.tracts()) {
      try {
        Optional<TractCopy> copy = fetch(claim.work().source(), key, tract);
        if (copy.isPresent()) {
          copies.add(copy.get());
          bytes += copy.get().data().remaining();
        }
      } catch (RepairRefusal refusal) {
        switch (refusal.kind()) {
          case NOT_HERE, DAMAGED -> {} // another source may have it
          case GONE, BEHIND, OVERLOADED -> failed = true;
        }
      } catch (Unreachable _) {
        failed = true;
      }
      if (failed) {
        break;
      }
    }
    Result result = Result.of(repair.publish(copies), bytes);
    return failed ? result.withSourceFailed() : result;
  }

  /** Empty if the checkpoint is not retained any more, or what came is not what was promised. */
  private Optional<TractCopy> fetch(RepairSource source, CheckpointKey key, TractSummary summary)
      throws RepairRefusal, Unreachable, IOException {
    if (summary.isPart()) {
      PartFetch.Question<Unreachable> question =
          have -> ask(() -> source.part(key, summary.region(), summary.tract(), have));
      return parts.fetch(key, summary, question);
    }
    Optional<AsOf> asOf = extract.retained(key);
    if (asOf.isEmpty() || !asOf.get().has(summary.region(), summary.tract())) {
      return Optional.empty();
    }
    RowsAt own = extract.rows(asOf.get(), summary.region(), summary.tract());
    BitSet have = new BitSet();
    if (own.rows().dataBytes() > 0 || extract.mayBeLost(asOf.get())) {
      BitSet all = new BitSet();
      all.set(0, asOf.get().pagesOf(summary.region(), summary.tract()));
      RepairedTract theirs = tract(source, key, summary, all);
      if (!theirs.rows().digest().equals(summary.digest())) {
        return Optional.empty();
      }
      have = good(asOf.get(), summary, own, theirs.rows());
      if (RepairedTract.toSend(theirs.rows(), have).isEmpty()) {
        return Optional.of(copy(theirs));
      }
    }
    RepairedTract theirs = tract(source, key, summary, have);
    return theirs.rows().digest().equals(summary.digest())
            && extract.isSound(asOf.get(), copy(theirs))
        ? Optional.of(copy(theirs))
        : Optional.empty();
  }

  private static RepairedTract tract(
      RepairSource source, CheckpointKey key, TractSummary summary, BitSet have)
      throws RepairRefusal, Unreachable {
    return ask(() -> source.tract(key, summary.region(), summary.tract(), have));
  }

  private static TractCopy copy(RepairedTract tract) {
    return new TractCopy(
        tract.asOf(),
        tract.region(),
        tract.tract(),
        tract.rows(),
        tract.sent(),
        tract.data(),
        Optional.empty());
  }

  /** Pages that are here just so, and not known to be bad; and those that nobody has any more. */
  private BitSet good(AsOf asOf, TractSummary summary, RowsAt own, TractRows theirs) {
    BitSet good = extract.lost(asOf, summary.region(), summary.tract(), theirs);
    for (int row = 0; row < own.rows().size(); row++) {
      int page = own.rows().table().pageInTract(row);
      int their = theirs.rowOf(page);
      if (their >= 0
          && own.rows().isSame(row, theirs, their)
          && !extract.isBad(asOf, summary.region(), summary.tract(), own.addresses()[row])) {
        good.set(page);
      }
    }
    return good;
  }

  Result slim(Claim.Slim claim) throws IOException {
    CheckpointKey key = claim.work().task().asOf();
    SlimState state;
    try {
      state = ask(() -> claim.work().source().slim(key));
    } catch (RepairRefusal | Unreachable _) {
      return Result.NOTHING;
    }
    long bytes = 0;
    List<TractRepair.SlimCopy> chunks = new ArrayList<>();
    for (SlimState.Chunk chunk : state.chunks()) {
      TractRepair.SlimCopy copy =
          new TractRepair.SlimCopy(chunk.offset(), chunk.checksum(), chunk.bytes());
      if (!copy.isSound()) {
        return Result.NOTHING;
      }
      bytes += chunk.bytes().remaining();
      chunks.add(copy);
    }
    return Result.of(repair.publishSlim(key, chunks) ? 1 : 0, bytes);
  }
}
