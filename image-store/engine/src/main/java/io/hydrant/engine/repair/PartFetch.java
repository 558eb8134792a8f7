package io.hydrant.engine.repair;

import io.hydrant.engine.index.RowsAt;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.TractRows;
import io.hydrant.engine.store.TractCopy;
import io.hydrant.engine.store.TractExtract;
import io.hydrant.engine.store.TractExtract.AsOf;
import io.hydrant.engine.store.TractHoles;
import java.io.IOException;
import java.util.BitSet;
import java.util.Optional;

/**
 * Makes one tract of what is here and what a source has of it, where neither has all: every
 * checkpoint on the line that one leaves out is in the other's rows. There is no digest to hold the
 * result against: it rests on both sides' accounts of what they lack, which are exact (PROTOCOL
 * R10), and on the pages' checksums.
 */
final class PartFetch {
  private final TractExtract extract;

  PartFetch(TractExtract extract) {
    this.extract = extract;
  }

  /** Whether a part that a source has makes a whole with what is here. */
  boolean isWanted(AsOf asOf, TractSummary part) {
    return asOf.has(part.region(), part.tract())
        && extract.holes(asOf, part.region(), part.tract()).complements(part.holes());
  }

  /** How a source is asked. */
  @FunctionalInterface
  interface Question<E extends Exception> {
    RepairedTract ask(BitSet have) throws RepairRefusal, E;
  }

  /**
   * @param source gives the part, but for the pages that are here
   * @return empty if both together are not all of it (any more), or do not fit
   */
  <E extends Exception> Optional<TractCopy> fetch(
      CheckpointKey key, TractSummary part, Question<E> source)
      throws RepairRefusal, IOException, E {
    Optional<AsOf> found = extract.retained(key);
    if (found.isEmpty() || !isWanted(found.get(), part)) {
      return Optional.empty();
    }
    AsOf asOf = found.get();
    TractHoles holes = extract.holes(asOf, part.region(), part.tract()); // before the rows
    RowsAt own = extract.rows(asOf, part.region(), part.tract());
    int pages = asOf.pagesOf(part.region(), part.tract());
    BitSet all = new BitSet();
    all.set(0, pages);
    RepairedTract theirs = source.ask(all);
    Optional<JoinedRows> joined = join(asOf, part, own, theirs, holes);
    if (joined.isEmpty()) {
      return Optional.empty();
    }
    BitSet have = have(asOf, part, joined.get(), pages);
    if (!RepairedTract.toSend(theirs.rows(), have).isEmpty()) {
      theirs = source.ask(have);
      joined = join(asOf, part, own, theirs, holes);
      if (joined.isEmpty() || !have.equals(have(asOf, part, joined.get(), pages))) {
        return Optional.empty(); // what the source has was changed meanwhile
      }
    }
    TractCopy copy = copy(theirs, own, joined.get());
    return extract.isSound(asOf, copy) ? Optional.of(copy) : Optional.empty();
  }

  private Optional<JoinedRows> join(
      AsOf asOf, TractSummary part, RowsAt own, RepairedTract theirs, TractHoles holes) {
    int pages = asOf.pagesOf(part.region(), part.tract());
    if (!holes.complements(theirs.holes()) || !isOnLine(asOf, theirs.rows())) {
      return Optional.empty();
    }
    BitSet good = new BitSet();
    for (int row = 0; row < own.rows().size(); row++) {
      long address = own.addresses()[row];
      boolean bad = address != 0 && extract.isBad(asOf, part.region(), part.tract(), address);
      good.set(own.rows().table().pageInTract(row), !bad);
    }
    return JoinedRows.of(own.rows(), theirs.rows(), pages, good)
        .filter(rows ->
            rows.isWhole(pages)
                || extract.isWhole(
                    asOf,
                    part.region(),
                    part.tract(),
                    new RowsAt(rows.rows(), new long[rows.rows().size()], false)));
  }

  private static boolean isOnLine(AsOf asOf, TractRows rows) {
    for (int row = 0; row < rows.size(); row++) {
      if (!asOf.line().contains(rows.version(row))) {
        return false;
      }
    }
    return rows.zeroVersion() == 0 || asOf.line().contains(rows.zeroVersion());
  }

  /** Pages whose bytes are not asked for: they are here, or nobody has them any more. */
  private BitSet have(AsOf asOf, TractSummary part, JoinedRows joined, int pages) {
    BitSet have = new BitSet();
    have.set(0, pages);
    BitSet theirs = joined.theirs();
    for (int row = theirs.nextSetBit(0); row >= 0; row = theirs.nextSetBit(row + 1)) {
      have.clear(joined.rows().table().pageInTract(row));
    }
    have.or(extract.lost(asOf, part.region(), part.tract(), joined.rows()));
    return have;
  }

  private static TractCopy copy(RepairedTract theirs, RowsAt own, JoinedRows joined) {
    BitSet sent = new BitSet();
    for (int row = theirs.sent().nextSetBit(0); row >= 0; row = theirs.sent().nextSetBit(row + 1)) {
      sent.set(joined.rows().rowOf(theirs.rows().table().pageInTract(row)));
    }
    return new TractCopy(
        theirs.asOf(),
        theirs.region(),
        theirs.tract(),
        joined.rows(),
        sent,
        theirs.data(),
        Optional.of(new TractCopy.Joined(theirs.holes(), own.rows().digest())));
  }
}
