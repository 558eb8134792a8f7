package io.hydrant.node.replication;

import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.raft.v1.RegionEntry;
import java.util.List;

/** Regions as the log's entries, and messages between replicas, carry them. */
public final class RegionEntries {
  private RegionEntries() {}

  public static List<RegionEntry> of(RegionTable regions) {
    return regions.regions().stream()
        .map(region ->
            RegionEntry.newBuilder()
                .setName(region.name())
                .setKind(region.kind().code())
                .setPageBytes(region.pageBytes())
                .setLengthBytes(region.lengthBytes())
                .build())
        .toList();
  }

  /**
   * @throws IllegalArgumentException if one of them is none
   */
  public static List<RegionSpec> read(List<RegionEntry> entries) {
    return entries.stream()
        .map(region ->
            new RegionSpec(
                region.getName(),
                RegionKind.ofCode(region.getKind()),
                region.getPageBytes(),
                region.getLengthBytes()))
        .toList();
  }
}
