package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.index.ImageUsage;
import io.hydrant.engine.index.PageMaps;
import io.hydrant.engine.index.Retained;
import io.hydrant.engine.index.RowsAt;
import io.hydrant.engine.index.SegmentUsage;
import io.hydrant.engine.index.TractMap;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.model.TractRows;
import io.hydrant.engine.segment.AppendUse;
import io.hydrant.engine.segment.Appended;
import io.hydrant.engine.segment.SegmentLog;
import io.hydrant.engine.store.SlimReader.Chunk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Puts into this store what another replica gave (PROTOCOL R14, R16):
 *
 * <pre>
 * 1 append the bytes as MOVED records      nothing points to them: a crash leaves dead bytes
 * 2 sync the segment log                   durable
 * 3 merge, as one change                   on the map as it is then; nothing if it is not retained any more
 * 4 prove, in the same change              if the merged map says what the other's says: here from now on
 * </pre>
 *
 * Recovery ignores the records: what was merged and not flushed is missing again, and is compared
 * anew. Any thread; step 2 waits for the disk, and no lock is held meanwhile.
 */
public final class TractRepair {
  private final Catalog catalog;
  private final SegmentLog log;
  private final PageMaps maps;
  private final SlimRows slims;
  private final SegmentUsage usage;
  private final MissingTracts missing;
  private final Staging staging;
  private final MovedWriter moved;
  private final TractExtract extract;
  private final StoreWriter writer;

  TractRepair(StoreParts parts, TractExtract extract, StoreWriter writer) {
    this.catalog = parts.catalog();
    this.log = parts.log();
    this.maps = parts.maps();
    this.slims = parts.slims();
    this.usage = parts.usage();
    this.missing = parts.missing();
    this.staging = parts.staging();
    this.moved = new MovedWriter(parts.log(), parts.moved(), AppendUse.INGEST);
    this.extract = extract;
    this.writer = writer;
  }

  /**
   * Makes copies of tracts durable and visible.
   *
   * @return how many of them are here now, all of their pages good; the others are not retained any
   *     more, or pages that were here when the copy was asked for are not
   * @throws io.hydrant.engine.files.DiskFullException if there is no room for the bytes
   */
  public int publish(List<TractCopy> copies) throws IOException {
    List<MovedWriter.Placed> placed = new ArrayList<>();
    try {
      for (TractCopy copy : copies) {
        placed.add(moved.append(copy, pageBytes(copy)));
      }
      if (placed.stream().anyMatch(MovedWriter.Placed::hasBytes)) {
        log.sync();
      }
      int proven = 0;
      for (MovedWriter.Placed one : placed) {
        proven += writer.tryChange(() -> merge(one)).orElse(false) ? 1 : 0;
      }
      return proven;
    } finally {
      placed.forEach(moved::release);
    }
  }

  private int pageBytes(TractCopy copy) {
    return extract
        .retained(copy.asOf())
        .filter(asOf -> asOf.has(copy.region(), copy.tract()))
        .map(asOf -> asOf.region(copy.region()).pageBytes())
        .orElse(0);
  }

  /** Within a change; returns whether the tract is here now. */
  private boolean merge(MovedWriter.Placed placed) throws IOException {
    TractCopy copy = placed.copy();
    Optional<TractExtract.AsOf> found = extract.retained(copy.asOf());
    if (found.isEmpty() || !found.get().has(copy.region(), copy.tract())) {
      return false;
    }
    ImageState image = catalog.image(copy.asOf().image()).orElseThrow();
    TractKey key = new TractKey(image.id(), copy.region(), copy.tract());
    Line line = found.get().line();
    int pages = found.get().region(copy.region()).pagesOfTract(copy.tract());
    TractMap before = current(key);
    if (copy.joined().isPresent()
        && !isJoinedStill(found.get(), copy, before.rowsAt(line, pages))) {
      return false;
    }
    ImageUsage imageUsage = usage.image(image.id());
    TractMap after =
        before.mergeRepaired(
            line,
            pages,
            copy.rows(),
            placed.addresses(),
            address -> missing.damaged().isBad(key, address),
            Retained.of(image.retainedLines()),
            imageUsage);
    if (after != before) {
      maps.put(key, after);
    }
    missing.repaired(key, after);
    RowsAt own = after.rowsAt(line, pages);
    BitSet lost = extract.lost(found.get(), copy.region(), copy.tract(), copy.rows());
    if (!isSame(own, copy.rows(), pages, lost)) {
      return false;
    }
    SortedMap<Long, TractSet> byChange = new TreeMap<>();
    byChange.put(copy.rows().lastChange(), TractSet.NONE.plus(copy.region(), copy.tract()));
    proveWithAncestors(image, copy.asOf().checkpoint(), byChange);
    return missing.damaged().of(key).isEmpty() || isGoodAsOf(key, own);
  }

  /**
   * Whether the rows of both replicas together are all of the tract still: here are those that were
   * joined, and nothing is left out on both sides. Between, a late checkpoint may have filled a
   * hole, or what is here may have become unknown.
   */
  private boolean isJoinedStill(TractExtract.AsOf asOf, TractCopy copy, RowsAt own) {
    TractCopy.Joined joined = copy.joined().orElseThrow();
    TractHoles holes = extract.holes(asOf, copy.region(), copy.tract());
    return holes.complements(joined.theirs())
        && own.rows().digest().equals(joined.own())
        && (!holes.isNone() || copy.rows().digest().equals(joined.own()));
  }

  /** Whether all pages are the same, but for those that no replica has any more. */
  private static boolean isSame(RowsAt own, TractRows theirs, int pages, BitSet lost) {
    if (own.whole() && own.rows().digest().equals(theirs.digest())) {
      return true;
    }
    for (int page = lost.isEmpty() ? -1 : lost.nextClearBit(0);
        page >= 0 && page < pages;
        page = lost.nextClearBit(page + 1)) {
      int mine = own.rows().rowOf(page);
      int their = theirs.rowOf(page);
      boolean same =
          mine >= 0 && their >= 0
              ? own.rows().isSame(mine, theirs, their)
              : mine < 0 && their < 0 && own.rows().zeroVersion() == theirs.zeroVersion();
      if (!same) {
        return false;
      }
    }
    return !lost.isEmpty();
  }

  private boolean isGoodAsOf(TractKey key, RowsAt own) {
    for (long address : own.addresses()) {
      if (address != 0 && missing.damaged().isBad(key, address)) {
        return false;
      }
    }
    return true;
  }

  private TractMap current(TractKey key) throws IOException {
    TractMap map = maps.get(key);
    return map == null ? TractMap.empty() : map;
  }

  /**
   * Says that tracts are here as of a checkpoint, whose digests were found equal to another
   * replica's, and as of the older ones on its line that came after the tract's last change: they
   * show the same.
   *
   * @param byChange tracts, perhaps with the slim state, by the tract's last change
   */
  public void prove(CheckpointKey asOf, SortedMap<Long, TractSet> byChange) throws IOException {
    writer.changeIfUsable(() -> {
      Optional<ImageState> image = catalog.image(asOf.image());
      if (image.isPresent() && image.get().committed().containsKey(asOf.checkpoint())) {
        proveWithAncestors(image.get(), asOf.checkpoint(), byChange);
      }
    });
  }

  private void proveWithAncestors(
      ImageState image, CheckpointId asOf, SortedMap<Long, TractSet> byChange) {
    Line line = image.line(asOf);
    SortedMap<Long, TractSet> proofs = new TreeMap<>();
    for (CheckpointInfo checkpoint : image.committed().values()) {
      long id = checkpoint.id().value();
      if (!line.contains(id) || !missing.mayLack(image.id(), id)) {
        continue;
      }
      TractSet same = TractSet.NONE;
      for (TractSet tracts : byChange.headMap(id + 1).values()) {
        same = same.plus(tracts);
      }
      if (!same.isEmpty()) {
        proofs.put(id, same.within(checkpoint.regions()));
      }
    }
    if (!proofs.isEmpty()) {
      missing.proven(image.id(), proofs);
      tidyIfWhole(image, asOf);
    }
  }

  private void tidyIfWhole(ImageState image, CheckpointId asOf) {
    CheckpointInfo checkpoint = image.committed().get(asOf);
    if (checkpoint != null
        && missing.notHere(image.id(), image.line(asOf), checkpoint.regions()).isEmpty()) {
      missing.tidy(image).forEach(staging::forget);
    }
  }

  /**
   * Makes a copy of a slim state durable and visible, and proves it.
   *
   * @param chunks offset, checksum and bytes of each, in order; verified
   * @return whether it is here now; not if the checkpoint is not retained any more
   */
  public boolean publishSlim(CheckpointKey asOf, List<SlimCopy> chunks) throws IOException {
    List<Appended> placed = new ArrayList<>();
    try {
      for (int number = 0; number < chunks.size(); number++) {
        placed.add(moved.append(asOf, number, chunks.get(number)));
      }
      if (!placed.isEmpty()) {
        log.sync();
      }
      return writer.tryChange(() -> putSlim(asOf, chunks, placed)).orElse(false);
    } finally {
      placed.forEach(moved::release);
    }
  }

  /**
   * @param offset of the first byte in the slim state
   * @param bytes from position to limit
   */
  public record SlimCopy(long offset, int checksum, ByteBuffer bytes) {
    /** Whether the bytes are what the protector made the checksum of. */
    public boolean isSound() {
      return SlimChecksum.of(offset, bytes) == checksum;
    }
  }

  private boolean putSlim(CheckpointKey asOf, List<SlimCopy> copies, List<Appended> placed)
      throws IOException {
    if (extract.retained(asOf).isEmpty()) {
      return false;
    }
    ImageUsage imageUsage = usage.image(asOf.image());
    for (Chunk chunk : slims.get(asOf).orElse(List.of())) {
      imageUsage.add(Address.ofPacked(chunk.address()).segment(), -chunk.length());
    }
    List<Chunk> chunks = new ArrayList<>();
    for (int number = 0; number < copies.size(); number++) {
      SlimCopy copy = copies.get(number);
      Address address = placed.get(number).payload();
      chunks.add(
          new Chunk(copy.offset(), copy.bytes().remaining(), copy.checksum(), address.packed()));
      imageUsage.add(address.segment(), copy.bytes().remaining());
    }
    slims.put(asOf, chunks);
    missing.repairedSlim(asOf);
    missing.proven(
        asOf.image(), new TreeMap<>(Map.of(asOf.checkpoint().value(), TractSet.NONE.plusSlim())));
    tidyIfWhole(catalog.image(asOf.image()).orElseThrow(), asOf.checkpoint());
    return true;
  }
}
