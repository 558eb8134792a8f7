package io.hydrant.engine.catalog;

import static io.hydrant.engine.catalog.ByteReader.check;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.DamagedPages;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the checkpoints of one image; {@link HistoryChecks} holds their invariants. */
final class HistoryDecoding {
  private final ByteReader in;
  private final int version;
  private final EntryPosition applied;
  private final long millis;
  private final Epoch epoch;

  HistoryDecoding(ByteReader in, int version, EntryPosition applied, long millis, Epoch epoch) {
    this.in = in;
    this.version = version;
    this.applied = applied;
    this.millis = millis;
    this.epoch = epoch;
  }

  CheckpointHistory history() throws MalformedCatalogException {
    long counted = CatalogDecoding.entries(applied);
    long next = in.i64("next checkpoint", 1, Math.min(CheckpointId.MAX, counted) + 1);
    long head = in.i64("head", 0, next - 1);
    List<RegionTable> tables = tables();
    Branches branches = branches(next);
    SortedArrayMap<CheckpointId, CheckpointInfo> committed = committed(next, tables);
    DamagedPages damaged = damaged();
    SortedArrayMap<CheckpointId, CheckpointInfo> open = open(next, tables);
    IdRanges aborted = aborted(next);
    HistoryChecks.checkBranches(branches, committed);
    CheckpointHistory history =
        new CheckpointHistory(
            next,
            idOrNone(head),
            open,
            RetainedCheckpoints.of(committed, branches, damaged),
            aborted,
            remembered(next));
    HistoryChecks.check(history, epoch);
    return history;
  }

  private List<RegionTable> tables() throws MalformedCatalogException {
    int count = in.count("region tables", CatalogFormat.TABLE_BYTES_MIN, Integer.MAX_VALUE);
    List<RegionTable> tables = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      tables.add(table());
    }
    return tables;
  }

  private RegionTable table() throws MalformedCatalogException {
    int count = in.u16("regions");
    check(count <= CatalogLimits.REGIONS_MAX, "%d regions", count);
    List<RegionSpec> regions = new ArrayList<>(count);
    try {
      for (int i = 0; i < count; i++) {
        regions.add(
            new RegionSpec(
                in.text("region name"),
                RegionKind.ofCode(in.u8("region kind")),
                in.i32("page size"),
                in.i64("region length")));
      }
      return new RegionTable(regions);
    } catch (IllegalArgumentException e) {
      throw new MalformedCatalogException("region table: " + e.getMessage());
    }
  }

  private Branches branches(long next) throws MalformedCatalogException {
    int count = in.count("branches", CatalogFormat.BRANCH_BYTES, Integer.MAX_VALUE);
    long[] starts = new long[count];
    long[] bases = new long[count];
    for (int i = 0; i < count; i++) {
      starts[i] = in.i64("branch", i == 0 ? 1 : starts[i - 1] + 1, next - 1);
      bases[i] = in.i64("branch base", Branches.FULL, starts[i] - 1);
    }
    return Branches.of(starts, bases);
  }

  private SortedArrayMap<CheckpointId, CheckpointInfo> committed(
      long next, List<RegionTable> tables) throws MalformedCatalogException {
    int count = in.count("checkpoints", CatalogFormat.COMMITTED_BYTES, Integer.MAX_VALUE);
    List<CheckpointInfo> infos = new ArrayList<>(count);
    long low = 1;
    long lowIndex = 0;
    for (int i = 0; i < count; i++) {
      CheckpointInfo open = checkpoint(low, next, tables);
      CheckpointInfo.CommitInfo commit = commit(lowIndex);
      infos.add(
          new CheckpointInfo(
              open.id(),
              open.base(),
              open.kind(),
              open.epoch(),
              open.regions(),
              Optional.of(commit)));
      low = open.id().value() + 1;
      lowIndex = commit.index() + 1;
    }
    return SortedArrayMap.ofAscending(infos, CheckpointInfo::id, count);
  }

  private CheckpointInfo.CommitInfo commit(long lowIndex) throws MalformedCatalogException {
    Command.Content content =
        new Command.Content(
            digest(),
            in.i64("patches"),
            in.i64("pages"),
            in.i64("data bytes"),
            in.i64("slim bytes"));
    return new CheckpointInfo.CommitInfo(
        content, in.i64("commit time", 0, millis), in.i64("commit", lowIndex, applied.index()));
  }

  private SortedArrayMap<CheckpointId, CheckpointInfo> open(long next, List<RegionTable> tables)
      throws MalformedCatalogException {
    int count =
        in.count("open checkpoints", CatalogFormat.OPEN_BYTES, CatalogLimits.OPEN_CHECKPOINTS_MAX);
    List<CheckpointInfo> infos = new ArrayList<>(count);
    long low = 1;
    for (int i = 0; i < count; i++) {
      CheckpointInfo info = checkpoint(low, next, tables);
      infos.add(info);
      low = info.id().value() + 1;
    }
    return SortedArrayMap.ofAscending(infos, CheckpointInfo::id, count);
  }

  private CheckpointInfo checkpoint(long low, long next, List<RegionTable> tables)
      throws MalformedCatalogException {
    long id = in.i64("checkpoint", low, next - 1);
    long base = in.i64("base", 0, id - 1);
    int code = in.u8("checkpoint kind");
    CheckpointKind kind = base == 0 ? CheckpointKind.FULL : CheckpointKind.INCREMENTAL;
    check(code == kind.code(), "checkpoint %d: kind %d on base %d", id, code, base);
    Epoch writer = new Epoch(in.i64("checkpoint epoch", 1, epoch.value()));
    int table = in.i32("region table");
    check(table >= 0 && table < tables.size(), "checkpoint %d: region table %d", id, table);
    return new CheckpointInfo(
        new CheckpointId(id), idOrNone(base), kind, writer, tables.get(table), Optional.empty());
  }

  /** {@link HistoryChecks} sees to it that they can be. */
  private DamagedPages damaged() throws MalformedCatalogException {
    DamagedPages damaged = DamagedPages.NONE;
    if (version < CatalogFormat.DAMAGED_SINCE) {
      return damaged;
    }
    int count =
        in.count(
            "damaged places", CatalogFormat.DAMAGED_BYTES_MIN, CatalogLimits.DAMAGED_PAGES_MAX);
    for (int i = 0; i < count; i++) {
      DamagedPages.Place place =
          new DamagedPages.Place(
              in.i32("damaged region"),
              in.i32("damaged tract"),
              in.i64("damaged checkpoint", 1, CheckpointId.MAX));
      int size =
          in.count(
              "damaged pages", CatalogFormat.DAMAGED_PAGE_BYTES, CatalogLimits.DAMAGED_PAGES_MAX);
      List<Integer> pages = new ArrayList<>(size);
      for (int page = 0; page < size; page++) {
        pages.add(in.u16("damaged page"));
      }
      damaged = damaged.plus(place, pages);
    }
    return damaged;
  }

  private IdRanges aborted(long next) throws MalformedCatalogException {
    int count = in.count("aborted ranges", CatalogFormat.RANGE_BYTES, Integer.MAX_VALUE / 2);
    long[] pairs = new long[2 * count];
    long low = 1;
    for (int i = 0; i < pairs.length; i += 2) {
      pairs[i] = in.i64("aborted from", low, next - 1);
      pairs[i + 1] = in.i64("aborted to", pairs[i], next - 1);
      low = pairs[i + 1] + 2;
    }
    return IdRanges.of(pairs);
  }

  private List<RetiredCheckpoint> remembered(long next) throws MalformedCatalogException {
    int count =
        in.count(
            "retired checkpoints",
            CatalogFormat.REMEMBERED_BYTES,
            CatalogLimits.RETIRED_REMEMBERED_MAX);
    List<RetiredCheckpoint> remembered = new ArrayList<>(count);
    long low = 1;
    for (int i = 0; i < count; i++) {
      long id = in.i64("retired checkpoint", low, next - 1);
      long index = in.i64("retired commit", 0, applied.index());
      remembered.add(new RetiredCheckpoint(new CheckpointId(id), digest(), index));
      low = id + 1;
    }
    return List.copyOf(remembered);
  }

  private Digest digest() throws MalformedCatalogException {
    return Digest.of(in.raw(Digest.BYTES, "digest"));
  }

  private static Optional<CheckpointId> idOrNone(long value) {
    return value == 0 ? Optional.empty() : Optional.of(new CheckpointId(value));
  }
}
