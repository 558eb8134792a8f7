package io.hydrant.node;

import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.clean.SegmentsInUse;
import io.hydrant.engine.replica.Copies;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.node.api.ServerService;
import io.hydrant.node.cluster.ClusterView;
import io.hydrant.node.ingest.CheckpointService;
import io.hydrant.node.restore.RestoreService;
import io.hydrant.node.scrub.ScrubLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** All figures of a node; docs/stats.md has the same names, a test compares. */
record NodeStats(
    ImageStore store,
    NodeEvents events,
    CheckpointService checkpoints,
    RestoreService restores,
    ScrubLoop scrub,
    GroupWiring.Group group)
    implements ServerService.StatsSource {
  private static final PeerLife NOBODY = new PeerLife("self", 0);

  /** Of a store that is closed. */
  private static final SegmentsInUse NONE = new SegmentsInUse(List.of(), 0, 0, 0, 0);

  @Override
  public Map<String, Long> counters() {
    Map<String, Long> counters = new TreeMap<>(store.counters());
    events.addTo(counters);
    checkpoints.counters().addTo(counters);
    restores.counters().addTo(counters);
    scrub.addCounters(counters);
    return counters;
  }

  @Override
  public Map<String, Long> gauges() {
    Map<String, Long> gauges = new TreeMap<>(store.gauges());
    gauges.put("ingest_stream_count", (long) checkpoints.streamCount());
    gauges.put("restore_stream_count", (long) restores.streamCount());
    long sessions = 0;
    long retained = 0;
    long lost = 0;
    for (ImageState image : store.catalog().images()) {
      sessions += image.sessions().size();
      retained += image.committed().size();
      lost += image.damaged().size();
    }
    gauges.put("restore_session_count", sessions);
    gauges.put("retained_checkpoint_count", retained);
    gauges.put("lost_page_count", lost);
    scrub.addGauges(gauges);
    Copies copies = group.view().map(ClusterView::copies).orElse(new Copies(0, 0));
    gauges.put("single_copy_bytes", copies.singleBytes());
    gauges.put("unreached_bytes", copies.noneBytes());
    gauges.put("clock_off_millis", group.view().map(ClusterView::clockOffMillis).orElse(0L));
    InventoryView own = group.stock().inventory(NOBODY);
    gauges.put("missing_bytes", own.lacking().bytes());
    gauges.put("missing_tract_count", own.lacking().tracts());
    gauges.put("free_bytes", own.space().freeBytes());
    SegmentsInUse segments = segments();
    gauges.put("live_bytes", segments.liveBytes());
    gauges.put("segment_bytes", segments.allocatedBytes());
    gauges.put("dead_segment_bytes", segments.deadBytes());
    gauges.put("room_bytes", segments.roomBytes());
    Runtime runtime = Runtime.getRuntime();
    gauges.put("heap_used_bytes", runtime.totalMemory() - runtime.freeMemory());
    gauges.put("heap_max_bytes", runtime.maxMemory());
    return gauges;
  }

  private SegmentsInUse segments() {
    try {
      return store.cleaner().look().orElse(NONE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
