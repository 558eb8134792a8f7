package io.hydrant.node;

import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.node.api.ServerService;
import io.hydrant.node.ingest.CheckpointService;
import io.hydrant.node.restore.RestoreService;
import java.util.Map;
import java.util.TreeMap;

/** All figures of a node; docs/stats.md has the same names, a test compares. */
record NodeStats(
    ImageStore store, NodeEvents events, CheckpointService checkpoints, RestoreService restores)
    implements ServerService.StatsSource {
  @Override
  public Map<String, Long> counters() {
    Map<String, Long> counters = new TreeMap<>(store.counters());
    events.addTo(counters);
    checkpoints.counters().addTo(counters);
    restores.counters().addTo(counters);
    return counters;
  }

  @Override
  public Map<String, Long> gauges() {
    Map<String, Long> gauges = new TreeMap<>(store.gauges());
    gauges.put("ingest_stream_count", (long) checkpoints.streamCount());
    gauges.put("restore_stream_count", (long) restores.streamCount());
    long sessions = 0;
    long retained = 0;
    for (ImageState image : store.catalog().images()) {
      sessions += image.sessions().size();
      retained += image.committed().size();
    }
    gauges.put("restore_session_count", sessions);
    gauges.put("retained_checkpoint_count", retained);
    Runtime runtime = Runtime.getRuntime();
    gauges.put("heap_used_bytes", runtime.totalMemory() - runtime.freeMemory());
    gauges.put("heap_max_bytes", runtime.maxMemory());
    return gauges;
  }
}
