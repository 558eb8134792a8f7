package io.hydrant.engine.repair;

import io.hydrant.engine.index.RowsAt;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.SlimReader;
import io.hydrant.engine.store.TractExtract;
import io.hydrant.engine.store.TractExtract.AsOf;
import io.hydrant.engine.store.TractHoles;
import io.hydrant.engine.store.TractSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** What this replica gives to others (PROTOCOL R16, R23). Any thread; blocks on the device. */
public final class LocalRepairSource implements RepairSource {
  private final String node;
  private final TractExtract extract;

  /**
   * @param node this replica's name
   */
  public LocalRepairSource(String node, ImageStore store) {
    this.node = node;
    this.extract = store.extract();
  }

  @Override
  public String node() {
    return node;
  }

  @Override
  public TractList list(CheckpointKey key, TractSet only) throws RepairRefusal, IOException {
    AsOf asOf = require(key);
    List<TractSummary> tracts = new ArrayList<>();
    List<TractSummary> parts = new ArrayList<>();
    RegionTable regions = asOf.checkpoint().regions();
    for (int region = 0; region < regions.size(); region++) {
      for (int tract = 0; tract < regions.get(region).tracts(); tract++) {
        if (!only.has(region, tract)) {
          continue;
        }
        TractHoles holes = extract.holes(asOf, region, tract);
        if (holes.unknown()) {
          continue;
        }
        RowsAt rows = extract.rows(asOf, region, tract);
        TractSummary summary = TractSummary.of(region, tract, rows.rows(), holes);
        if (summary.isPart()) {
          parts.add(summary);
        } else if (extract.isWhole(asOf, region, tract, rows)) {
          tracts.add(summary);
        }
      }
    }
    Optional<SlimSummary> slim = only.hasSlim() ? slimSummary(asOf) : Optional.empty();
    require(key); // else what was read may have lost rows
    return new TractList(extract.applied(), tracts, parts, slim);
  }

  private Optional<SlimSummary> slimSummary(AsOf asOf) throws IOException {
    return extract.isSlimHere(asOf)
        ? extract.slimChunks(asOf).map(LocalRepairSource::summary)
        : Optional.empty();
  }

  static SlimSummary summary(List<SlimReader.Chunk> chunks) {
    return new SlimSummary(
        chunks.stream().mapToLong(SlimReader.Chunk::length).sum(),
        chunks.stream().map(SlimReader.Chunk::checksum).toList());
  }

  @Override
  public RepairedTract tract(CheckpointKey key, int region, int tract, BitSet have)
      throws RepairRefusal, IOException {
    return read(key, region, tract, have, false);
  }

  @Override
  public RepairedTract part(CheckpointKey key, int region, int tract, BitSet have)
      throws RepairRefusal, IOException {
    return read(key, region, tract, have, true);
  }

  private RepairedTract read(CheckpointKey key, int region, int tract, BitSet have, boolean orPart)
      throws RepairRefusal, IOException {
    for (int attempt = 0; attempt < TractExtract.LOOKUPS_MAX; attempt++) {
      AsOf asOf = require(key);
      TractHoles holes =
          asOf.has(region, tract) ? extract.holes(asOf, region, tract) : TractHoles.NONE;
      if (!asOf.has(region, tract) || holes.unknown() || !orPart && !holes.isNone()) {
        throw notHere(key, "region %d tract %d".formatted(region, tract));
      }
      RowsAt rows = extract.rows(asOf, region, tract);
      require(key);
      if (!holes.equals(extract.holes(asOf, region, tract))) {
        continue; // what the rows leave out must be known exactly
      }
      if (holes.isNone() && !extract.isWhole(asOf, region, tract, rows)) {
        throw RepairRefusal.damaged(
            extract.applied(),
            "%s, region %d tract %d: not every page has a record".formatted(key, region, tract));
      }
      BitSet sent = RepairedTract.toSend(rows.rows(), have);
      Optional<ByteBuffer> data = bytes(asOf, region, tract, rows, sent);
      if (data.isPresent()) {
        return new RepairedTract(
            key, region, tract, extract.applied(), rows.rows(), sent, data.get(), holes);
      }
    }
    throw RepairRefusal.overloaded(
        extract.applied(), key + ": the pages move faster than they can be read");
  }

  private Optional<ByteBuffer> bytes(AsOf asOf, int region, int tract, RowsAt rows, BitSet sent)
      throws RepairRefusal, IOException {
    try {
      return extract.bytes(asOf, region, tract, rows, sent);
    } catch (TractExtract.DamagedRows damaged) {
      throw RepairRefusal.damaged(
          extract.applied(), "%s: %s".formatted(asOf.key(), damaged.getMessage()));
    }
  }

  @Override
  public SlimState slim(CheckpointKey key) throws RepairRefusal, IOException {
    AsOf asOf = require(key);
    Optional<List<SlimReader.Chunk>> chunks =
        extract.isSlimHere(asOf) ? extract.slimChunks(asOf) : Optional.empty();
    require(key);
    if (chunks.isEmpty()) {
      throw notHere(key, "slim state");
    }
    List<SlimState.Chunk> read = new ArrayList<>();
    for (SlimReader.Chunk chunk : chunks.get()) {
      try {
        read.add(
            new SlimState.Chunk(chunk.offset(), chunk.checksum(), extract.slimBytes(asOf, chunk)));
      } catch (TractExtract.DamagedRows damaged) {
        require(key); // a retired one's segment may be gone
        throw RepairRefusal.damaged(
            extract.applied(), "%s: %s".formatted(key, damaged.getMessage()));
      }
    }
    return new SlimState(key, extract.applied(), read);
  }

  private AsOf require(CheckpointKey key) throws RepairRefusal {
    Optional<AsOf> found = extract.retained(key);
    if (found.isPresent()) {
      return found.get();
    }
    long index = extract.applied(); // after the look: at this entry, or the next, it is so
    throw extract.isToCome(key)
        ? RepairRefusal.behind(index, "%s is not committed here yet".formatted(key))
        : RepairRefusal.gone(index, "%s is not retained any more".formatted(key));
  }

  private RepairRefusal notHere(CheckpointKey key, String what) {
    return RepairRefusal.notHere(
        extract.applied(), "%s, %s: not (all) on this replica either".formatted(key, what));
  }
}
