package io.hydrant.engine.catalog;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.DamagedPages;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.model.SessionId;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes a catalog as canonical bytes; {@link CatalogDecoding} reads them. */
final class CatalogEncoding {
  private final ByteWriter out = new ByteWriter();

  private CatalogEncoding() {}

  static byte[] encode(FrozenCatalog catalog) {
    CatalogEncoding encoding = new CatalogEncoding();
    encoding.catalog(catalog);
    return encoding.out.toBytes();
  }

  private void catalog(FrozenCatalog catalog) {
    out.i64(CatalogFormat.MAGIC).u16(CatalogFormat.VERSION).u16(CatalogFormat.READABLE_SINCE);
    out.i64(catalog.applied().term()).i64(catalog.applied().index());
    out.i64(catalog.millis()).i64(catalog.nextImage());
    out.u32(catalog.images().size());
    catalog.images().forEach(this::image);
    out.checksum();
  }

  private void image(ImageRecord image) {
    ImageRecord.Origin origin = image.origin();
    out.i64(origin.id().value()).text(origin.name().getBytes(StandardCharsets.US_ASCII));
    out.uuid(origin.request().value()).i64(origin.createdMillis());
    out.u8(origin.durability().code());
    out.u32(image.keepLast()).u8(image.deleting() ? CatalogFormat.DELETING_FLAG : 0);
    ages(image.retention());
    out.i64(image.quota().map(Quota::bytes).orElse(CatalogFormat.NO_QUOTA));
    out.i64(image.plan().version());
    byte[] plan = image.plan().bytes();
    out.u32(plan.length).raw(plan);
    ImageRecord.Ownership ownership = image.ownership();
    out.i64(ownership.epoch().value()).uuid(ownership.token().value());
    out.i64(ownership.session().map(SessionId::value).orElse(CatalogFormat.NO_SESSION));
    out.i64(image.changedIndex());
    history(image.history());
    out.u32(image.sessions().size());
    image.sessions().values().forEach(this::session);
    out.u32(image.names().size());
    image
        .names()
        .forEach((name, id) -> out.text(name.getBytes(StandardCharsets.US_ASCII)).i64(id.value()));
  }

  private void ages(RetentionPolicy retention) {
    out.i64(retention.keepForMillis().orElse(CatalogFormat.NO_AGE));
    out.u32(retention.tiers().size());
    for (RetentionPolicy.Tier tier : retention.tiers()) {
      out.i64(tier.windowMillis()).i64(tier.spacingMillis());
    }
  }

  private void history(CheckpointHistory history) {
    out.i64(history.next()).i64(history.head().map(CheckpointId::value).orElse(0L));
    Map<RegionTable, Integer> tables = tables(history);
    out.u32(tables.size());
    tables.keySet().forEach(this::table);
    Branches branches = history.retained().branches();
    out.u32(branches.size());
    for (int branch = 0; branch < branches.size(); branch++) {
      out.i64(branches.start(branch)).i64(branches.base(branch));
    }
    out.u32(history.committed().size());
    history.committed().values().forEach(info -> committed(info, tables));
    damaged(history.retained().damaged());
    out.u32(history.open().size());
    history.open().values().forEach(info -> checkpoint(info, tables));
    long[] aborted = history.aborted().toPairs();
    out.u32(aborted.length / 2);
    for (long id : aborted) {
      out.i64(id);
    }
    out.u32(history.remembered().size());
    for (RetiredCheckpoint retired : history.remembered()) {
      out.i64(retired.id().value()).i64(retired.index()).raw(retired.digest().toBytes());
    }
  }

  /**
   * Distinct region tables in the order in which the checkpoints, committed ones first, need them.
   */
  private static Map<RegionTable, Integer> tables(CheckpointHistory history) {
    Map<RegionTable, Integer> tables = new LinkedHashMap<>();
    RegionTable previous = null;
    for (var checkpoints : List.of(history.committed(), history.open())) {
      for (CheckpointInfo info : checkpoints.values()) {
        // Increments share their base's table: no need to hash it for each.
        if (info.regions() != previous) {
          tables.putIfAbsent(info.regions(), tables.size());
          previous = info.regions();
        }
      }
    }
    return tables;
  }

  private void table(RegionTable table) {
    out.u16(table.size());
    for (RegionSpec region : table.regions()) {
      out.text(region.name().getBytes(StandardCharsets.UTF_8)).u8(region.kind().code());
      out.u32(region.pageBytes()).i64(region.lengthBytes());
    }
  }

  private void checkpoint(CheckpointInfo info, Map<RegionTable, Integer> tables) {
    out.i64(info.id().value()).i64(info.base().map(CheckpointId::value).orElse(0L));
    out.u8(info.kind().code()).i64(info.epoch().value());
    out.u32(tables.getOrDefault(info.regions(), -1));
  }

  private void committed(CheckpointInfo info, Map<RegionTable, Integer> tables) {
    checkpoint(info, tables);
    CheckpointInfo.CommitInfo commit = info.commit().orElseThrow();
    Command.Content content = commit.content();
    out.raw(content.digest().toBytes()).i64(content.patches()).i64(content.pages());
    out.i64(content.dataBytes()).i64(content.slimBytes());
    out.i64(commit.committedMillis()).i64(commit.index());
  }

  private void damaged(DamagedPages damaged) {
    out.u32(damaged.places().size());
    for (DamagedPages.Place place : damaged.places()) {
      out.u32(place.region()).u32(place.tract()).i64(place.checkpoint());
      List<Integer> pages = damaged.at(place);
      out.u32(pages.size());
      pages.forEach(out::u16);
    }
  }

  private void session(SessionInfo session) {
    out.i64(session.id().value()).i64(session.checkpoint().value()).u32(session.leaseMillis());
    out.i64(session.renewals()).uuid(session.request().value());
  }
}
