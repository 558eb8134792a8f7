package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.codec.PageCodec;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.index.PageMaps;
import io.hydrant.engine.index.RowsAt;
import io.hydrant.engine.index.TractMap;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.DamagedPages;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.model.TractRows;
import io.hydrant.engine.segment.SegmentLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * Tracts as of retained checkpoints, read for another replica or to be compared with one: rows from
 * the maps, and verified bytes. Any thread.
 *
 * <p>What is read of a checkpoint counts only if it is still retained afterwards: the catalog says
 * that it is not before anything of it is taken out of a map. And it counts only once its commit
 * has had all its effects: the catalog says that it is committed before its pages are merged, or
 * noted as missing, and until then the maps have its base's pages in its place.
 */
public final class TractExtract {
  /**
   * How often a lookup that lost its segment is worth repeating: it was cleaned, and the new map
   * points elsewhere.
   */
  public static final int LOOKUPS_MAX = 8;

  private final Catalog catalog;
  private final PageMaps maps;
  private final MissingTracts missing;
  private final HoldMark settled;
  private final Fence fence;
  private final SegmentLog log;
  private final DamageNotes damage;
  private final LogSlimReader slims;
  private final PageCodec codec;

  TractExtract(
      StoreParts parts, Fence fence, DamageNotes damage, LogSlimReader slims, PageCodec codec) {
    this.fence = fence;
    this.catalog = parts.catalog();
    this.maps = parts.maps();
    this.missing = parts.missing();
    this.settled = parts.holdMark();
    this.log = parts.log();
    this.damage = damage;
    this.slims = slims;
    this.codec = codec;
  }

  /**
   * A checkpoint that is retained as of now.
   *
   * @param checkpoint as the catalog has it
   */
  public record AsOf(CheckpointKey key, CheckpointInfo checkpoint, Line line) {
    RegionSpec region(int region) {
      return checkpoint.regions().get(region);
    }

    /** Pages of a tract that it has. */
    public int pagesOf(int region, int tract) {
      return region(region).pagesOfTract(tract);
    }

    /** Whether it has such a tract. */
    public boolean has(int region, int tract) {
      return checkpoint.regions().has(region)
          && tract >= 0
          && tract < checkpoint.regions().get(region).tracts();
    }
  }

  /** Pages whose bytes are bad or cannot be read. */
  public static final class DamagedRows extends Exception {
    private static final long serialVersionUID = 1L;

    DamagedRows(String what) {
      super(what, null, false, false);
    }
  }

  /** Empty if it is not retained (any more), or not yet committed here. */
  public Optional<AsOf> retained(CheckpointKey key) {
    Optional<ImageState> image = catalog.image(key.image());
    CheckpointInfo checkpoint =
        image.map(state -> state.committed().get(key.checkpoint())).orElse(null);
    return image.isEmpty() || checkpoint == null || !isSettled(checkpoint)
        ? Optional.empty()
        : Optional.of(new AsOf(key, checkpoint, image.get().line(key.checkpoint())));
  }

  private boolean isSettled(CheckpointInfo committed) {
    return committed.commit().map(commit -> settled.isSettled(commit.index())).orElse(false);
  }

  /**
   * Whether it may be there to be read later: the entries that say so are not applied yet, or the
   * last one is being applied.
   */
  public boolean isToCome(CheckpointKey key) {
    return catalog
        .image(key.image())
        .map(image ->
            !image.fate(key.checkpoint()).isFinal()
                || image.committed().containsKey(key.checkpoint()))
        .orElseGet(() -> !catalog.isDropped(key.image()));
  }

  /** Log index of the last applied entry. */
  public long applied() {
    return catalog.applied().index();
  }

  /** Whether all of a tract is here as of a checkpoint. */
  public boolean isHere(AsOf asOf, int region, int tract) {
    return !fence.isUp() && missing.isHere(asOf.key().image(), asOf.line(), region, tract);
  }

  /**
   * What the rows of a tract leave out as of a checkpoint. Who asks this before it reads the {@link
   * #rows}, and hears the same afterwards, has rows that leave out no more.
   */
  public TractHoles holes(AsOf asOf, int region, int tract) {
    return fence.isUp()
        ? TractHoles.UNKNOWN
        : missing.holes(asOf.key().image(), asOf.line(), region, tract);
  }

  /**
   * The rows of a tract as the maps have them, whether they are all of it or not: who serves them
   * asks {@link #isHere} before, and {@link #retained} afterwards.
   */
  public RowsAt rows(AsOf asOf, int region, int tract) throws IOException {
    TractMap map = maps.get(new TractKey(asOf.key().image(), region, tract));
    return (map == null ? TractMap.empty() : map).rowsAt(asOf.line(), asOf.pagesOf(region, tract));
  }

  /**
   * Whether rows account for every page, but for those that no replica has any more (PROTOCOL R24).
   */
  public boolean isWhole(AsOf asOf, int region, int tract, RowsAt rows) {
    if (rows.whole()) {
      return true;
    }
    int pages = asOf.pagesOf(region, tract);
    BitSet gone = lost(asOf, region, tract, rows.rows());
    for (int page = 0; page < pages; page++) {
      if (rows.rows().rowOf(page) < 0 && !gone.get(page)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Pages of which no replica has good bytes as of a checkpoint: the newest version, whether it is
   * among the rows or not, was marked damaged (PROTOCOL R24).
   */
  public BitSet lost(AsOf asOf, int region, int tract, TractRows rows) {
    BitSet lost = new BitSet();
    DamagedPages marked = marked(asOf);
    for (int page = 0; !marked.isEmpty() && page < asOf.pagesOf(region, tract); page++) {
      long newest = marked.newestOn(asOf.line(), region, tract, page);
      int row = rows.rowOf(page);
      if (newest > 0 && newest >= (row < 0 ? rows.zeroVersion() : rows.version(row))) {
        lost.set(page);
      }
    }
    return lost;
  }

  /** Whether any page of the image was marked damaged. */
  public boolean mayBeLost(AsOf asOf) {
    return !marked(asOf).isEmpty();
  }

  private DamagedPages marked(AsOf asOf) {
    return catalog.image(asOf.key().image()).map(ImageState::damaged).orElse(DamagedPages.NONE);
  }

  /**
   * The bytes of some rows, verified.
   *
   * @param rows as {@link #rows} gave them
   * @param wanted rows with content, by number
   * @return the encoded pages one after the other; empty if a segment went meanwhile: the rows are
   *     to be asked for again
   * @throws DamagedRows if one is bad
   */
  public Optional<ByteBuffer> bytes(AsOf asOf, int region, int tract, RowsAt rows, BitSet wanted)
      throws DamagedRows, IOException {
    ByteBuffer data = ByteBuffer.allocate(length(rows, wanted));
    PageVerifier verifier = new PageVerifier(codec);
    int row = wanted.nextSetBit(0);
    while (row >= 0) {
      int end = runEnd(rows, wanted, row);
      if (!readRun(asOf, region, tract, rows, row, end, data)) {
        return Optional.empty();
      }
      verify(asOf, region, tract, rows, row, end, data, verifier);
      row = wanted.nextSetBit(end);
    }
    return Optional.of(data.flip());
  }

  private static int length(RowsAt rows, BitSet wanted) {
    int bytes = 0;
    for (int row = wanted.nextSetBit(0); row >= 0; row = wanted.nextSetBit(row + 1)) {
      bytes += rows.rows().table().length(row);
    }
    return bytes;
  }

  /** End of the wanted rows whose bytes follow each other on the device. */
  private static int runEnd(RowsAt rows, BitSet wanted, int from) {
    int end = from + 1;
    while (end < rows.rows().size()
        && wanted.get(end)
        && rows.addresses()[end]
            == rows.addresses()[end - 1] + rows.rows().table().length(end - 1)) {
      end++;
    }
    return end;
  }

  private static int runBytes(RowsAt rows, int from, int end) {
    PageTable table = rows.rows().table();
    return table.offset(end - 1) + table.length(end - 1) - table.offset(from);
  }

  private boolean readRun(
      AsOf asOf, int region, int tract, RowsAt rows, int from, int end, ByteBuffer data)
      throws DamagedRows, IOException {
    Address address = Address.ofPacked(rows.addresses()[from]);
    if (!log.pin(address.segment())) {
      return false;
    }
    try {
      data.limit(data.position() + runBytes(rows, from, end));
      log.read(address, data);
    } catch (CorruptionException e) {
      note(asOf, region, tract, rows, from, end);
      throw new DamagedRows("" + e.getMessage());
    } finally {
      data.limit(data.capacity());
      log.unpin(address.segment());
    }
    return true;
  }

  private void verify(
      AsOf asOf,
      int region,
      int tract,
      RowsAt rows,
      int from,
      int end,
      ByteBuffer data,
      PageVerifier verifier)
      throws DamagedRows, IOException {
    RegionSpec spec = asOf.region(region);
    int start = data.position() - runBytes(rows, from, end);
    ByteBuffer bytes = data.duplicate();
    for (int row = from; row < end; row++) {
      int length = rows.rows().table().length(row);
      String wrong =
          verifier.check(
              region,
              spec.pageOf(tract, rows.rows().table().pageInTract(row)),
              spec.pageBytes(),
              rows.rows().table().encoding(row),
              rows.rows().table().checksum(row),
              bytes,
              start,
              length);
      if (!wrong.isEmpty()) {
        Address address = Address.ofPacked(rows.addresses()[row]);
        note(asOf, region, tract, rows, row, row + 1);
        throw new DamagedRows(
            "%s at offset %d: %s".formatted(log.pathOf(address), address.offset(), wrong));
      }
      start += length;
    }
  }

  private void note(AsOf asOf, int region, int tract, RowsAt rows, int from, int end)
      throws IOException {
    int[] pages = new int[end - from];
    for (int i = 0; i < pages.length; i++) {
      pages[i] = rows.rows().table().pageInTract(from + i);
    }
    String where = "%s, region %d tract %d".formatted(asOf.key(), region, tract);
    damage.report(where, "%d pages from %d on".formatted(pages.length, pages[0]));
    damage.pages(
        new TractKey(asOf.key().image(), region, tract),
        pages,
        Arrays.copyOfRange(rows.addresses(), from, end));
  }

  /** Whether the bytes at an address are known to be bad. */
  public boolean isBad(AsOf asOf, int region, int tract, long address) {
    return missing.damaged().isBad(new TractKey(asOf.key().image(), region, tract), address);
  }

  /** Whether a copy is of the tract's pages, and all bytes in it are what their checksums say. */
  public boolean isSound(AsOf asOf, TractCopy copy) {
    RegionSpec spec = asOf.region(copy.region());
    PageTable table = copy.rows().table();
    if (table.size() > 0
        && table.pageInTract(table.size() - 1) >= spec.pagesOfTract(copy.tract())) {
      return false;
    }
    PageVerifier verifier = new PageVerifier(codec);
    ByteBuffer bytes = copy.data().duplicate();
    int start = bytes.position();
    for (int row = copy.sent().nextSetBit(0); row >= 0; row = copy.sent().nextSetBit(row + 1)) {
      String wrong =
          verifier.check(
              copy.region(),
              spec.pageOf(copy.tract(), table.pageInTract(row)),
              spec.pageBytes(),
              table.encoding(row),
              table.checksum(row),
              bytes,
              start,
              table.length(row));
      if (!wrong.isEmpty()) {
        return false;
      }
      start += table.length(row);
    }
    return true;
  }

  /** Whether the slim state of a checkpoint is here. */
  public boolean isSlimHere(AsOf asOf) {
    return !fence.isUp() && missing.isSlimHere(asOf.key());
  }

  /** The chunks of a slim state, if there is a record of it. */
  public Optional<List<SlimReader.Chunk>> slimChunks(AsOf asOf) throws IOException {
    return slims.stored(asOf.key());
  }

  /** The bytes of a chunk, verified. */
  public ByteBuffer slimBytes(AsOf asOf, SlimReader.Chunk chunk) throws DamagedRows, IOException {
    try {
      return slims.verifiedPinned(asOf.key(), chunk);
    } catch (CorruptionException e) {
      damage.slim(asOf.key());
      throw new DamagedRows("" + e.getMessage());
    }
  }
}
